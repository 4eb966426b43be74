/* lg_probe(): one request on one connection, a status or a line, and never longer than the timeout allows. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"
#include "server.h"

#define OK "HTTP/1.1 200 OK\r\n"

static struct lg_plan plan_for(const struct server *server)
{
	return (struct lg_plan){.url = server_url(server), .vus = 50, .ramp = MINUTE, .think = MINUTE};
}

static void assert_status(const struct lg_plan *plan, int status)
{
	char error[LG_ERROR_SIZE] = "untouched";
	int got = lg_probe(plan, error);

	if (got != status)
		fail_msg("want %d, got %d: %s", status, got, error);
	assert_string_equal(error, "untouched");
}

static void assert_refused(const struct lg_plan *plan, const char *words)
{
	char error[LG_ERROR_SIZE] = "";

	assert_int_equal(lg_probe(plan, error), -1);
	assert_says(error, words);
}

static void test_answers(void **state)
{
	static const struct {
		const char *text;
		int status;
		const char *method;
		enum ending ending;
	} answers[] = {
		{OK "Content-Length: 5\r\n\r\nhello", 200, NULL, STAYS},
		{OK "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 200, NULL, STAYS},
		{OK "\r\nup to the end", 200, NULL, CLOSES},
		{OK "Content-Length: 5\r\n\r\n", 200, "HEAD", STAYS},
		{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 204, NULL, STAYS},
		{"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, NULL, STAYS},
		{"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", 500, "POST", CLOSES},
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(answers); i++) {
		struct server *server = server_start(&(struct behaviour){
			.answer = answers[i / 2].text, .ending = answers[i / 2].ending, .drip = i % 2});
		struct lg_plan plan = plan_for(server);

		plan.method = answers[i / 2].method;
		assert_status(&plan, answers[i / 2].status);
		assert_int_equal(server_count(server, ACCEPTED), 1);
		assert_int_equal(server_count(server, REQUESTED), 1);
		server_stop(server);
	}
}

static void test_ipv6(void **state)
{
	struct server *server = server_start(&(struct behaviour){.ipv6 = true});
	struct lg_plan plan;

	(void)state;
	if (!server)
		return;
	plan = plan_for(server);
	assert_status(&plan, 200);
	server_stop(server);
}

static void test_upload(void **state)
{
	const size_t size = 24U << 20;
	char *body = malloc(size);
	struct server *server;
	struct lg_plan plan;

	(void)state;
	assert_non_null(body);
	for (size_t i = 0; i < size; i++)
		body[i] = (char)(i * 2654435761U >> 13);
	server = server_start(&(struct behaviour){.body = body, .body_size = size});
	plan = plan_for(server);
	plan.body = body;
	plan.body_size = size;
	assert_status(&plan, 200);
	assert_int_equal(server_faults(server), 0);
	server_stop(server);
	free(body);
}

/* The answer is there before the server has read the body, which it never will. */
static void test_answer_before_the_upload(void **state)
{
	const size_t size = 24U << 20;
	char *body = calloc(1, size);
	struct server *server = server_start(&(struct behaviour){
		.answer = "HTTP/1.1 413 Big\r\nContent-Length: 0\r\n\r\n", .early = true});
	struct lg_plan plan = plan_for(server);

	(void)state;
	plan.body = body;
	plan.body_size = size;
	assert_status(&plan, 413);
	server_stop(server);
	free(body);
}

static void assert_late(struct lg_plan *plan, const char *words)
{
	int64_t began = now_ns();

	plan->timeout = 60 * MS;
	assert_refused(plan, words);
	/* poll() counts whole milliseconds, and the last part of one may be cut off */
	assert_true(now_ns() - began >= plan->timeout - 1 * MS);
}

/* Whatever keeps coming, the time allowed is the time allowed. */
static void test_timeout(void **state)
{
	static const struct behaviour behaviours[] = {
		{.silent = true},
		{.answer = OK "Content-Length: 5\r\n\r\nhell"},
		{.answer = OK "\r\n", .endless = "more and more and more"},
		{.answer = OK "Transfer-Encoding: chunked\r\n\r\n", .endless = "1\r\nx\r\n"},
		{.early = true, .silent = true},
		{.early = true, .answer = OK "\r\n", .endless = "more and more and more"},
	};
	const size_t size = 24U << 20;
	char *body = calloc(1, size);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(behaviours); i++) {
		struct server *server = server_start(&behaviours[i]);
		struct lg_plan plan = plan_for(server);

		plan.body = body;
		plan.body_size = behaviours[i].early ? size : 0;
		assert_late(&plan, "no whole answer within");
		server_stop(server);
	}
	free(body);
}

/* In this thread: once something has come, more is always there. */
static _Thread_local bool flood, flooded;

ssize_t __real_recv(int fd, void *buffer, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags);

ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags)
{
	ssize_t n = flooded ? (ssize_t)size : __real_recv(fd, buffer, size, flags);

	if (flooded)
		memset(buffer, 'x', size);
	flooded = flood && n > 0;
	return n;
}

/* A server faster than we are never lets us wait: what it left unread in the socket stands for it. */
static void test_flood(void **state)
{
	struct server *server = server_start(&(struct behaviour){.answer = OK "\r\n", .endless = "more"});
	struct lg_plan plan = plan_for(server);

	(void)state;
	flood = true;
	assert_late(&plan, "no whole answer within");
	flood = flooded = false;
	server_stop(server);
}

static void test_not_connected(void **state)
{
	struct lg_plan plan = {.vus = 1};
	struct stuck stuck;
	char url[64], words[96];
	uint16_t port;
	int fd = refusing_socket(&port);

	(void)state;
	stuck_init(&stuck);
	plan.url = stuck.url;
	assert_late(&plan, "not connected within");
	stuck_release(&stuck);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
	plan.url = url;
	snprintf(words, sizeof words, "connect to 127.0.0.1:%u: Connection refused", port);
	assert_refused(&plan, words);
	close(fd);
}

static void test_broken(void **state)
{
	static const struct {
		struct behaviour behaviour;
		const char *words;
	} cases[] = {
		{{.answer = "", .ending = CLOSES}, "connection closed by the server before the answer"},
		{{.answer = "", .ending = RESETS}, "connection broke before the answer"},
		{{.answer = "H", .ending = CLOSES},
	         "connection closed by the server in the middle of the answer"},
		{{.answer = OK "\r\nbody", .ending = RESETS}, "connection broke in the middle of the answer"},
		{{.answer = "SSH-2.0-x\r\n"}, "protocol error: the answer does not start with 'HTTP/1.'"},
		{{.answer = OK, .endless = "X: y\r\n"}, "protocol error: too many headers"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct server *server = server_start(&cases[i].behaviour);
		struct lg_plan plan = plan_for(server);

		assert_refused(&plan, cases[i].words);
		assert_int_equal(server_count(server, REQUESTED), 1);
		server_stop(server);
	}
}

static void test_bad_plan(void **state)
{
	(void)state;
	assert_refused(&(struct lg_plan){.url = "nowhere", .vus = 1}, "no scheme");
	assert_refused(&(struct lg_plan){.url = "http://127.0.0.1/", .vus = 0}, "vus of 0");
}

/* ---- a dial function ----------------------------------------------------- */

static int dial_server(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	(void)host, (void)port;
	int pair[2];

	(void)error;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	server_adopt(context, pair[1]);
	return pair[0];
}

static int dial_nothing(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	(void)host, (void)port;
	if (context)
		snprintf(error, LG_ERROR_SIZE, "%s", (const char *)context);
	return -1;
}

static void test_dial(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {
		.url = "http://pod.test/", .vus = 1, .dial = dial_server, .dial_context = server};

	(void)state;
	assert_status(&plan, 200);
	assert_says(server_last_head(server), "\r\nHost: pod.test\r\n");
	plan.dial = dial_nothing;
	plan.dial_context = "the tunnel is gone";
	assert_refused(&plan, "the tunnel is gone");
	plan.dial_context = NULL;
	assert_refused(&plan, "cannot open a connection");
	server_stop(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_answers),       leaves_nothing(test_ipv6),
		leaves_nothing(test_upload),        leaves_nothing(test_answer_before_the_upload),
		leaves_nothing(test_timeout),       leaves_nothing(test_flood),
		leaves_nothing(test_not_connected), leaves_nothing(test_broken),
		leaves_nothing(test_bad_plan),      leaves_nothing(test_dial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
