/* Every way to end an answer, to carry a body up, and to reach the server, through the engine. */
#include "test.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"
#include "server.h"

#define OK    "HTTP/1.1 200 OK\r\n"
#define VUS   3
#define COUNT 30

struct answer {
	const char *text;
	unsigned class;
	bool reused;
	enum ending ending;
	const char *method;
};

static const struct answer answers[] = {
	{OK "Content-Length: 5\r\n\r\nhello", 2, true, STAYS, NULL},
	{OK "Content-Length: 0\r\n\r\n", 2, true, STAYS, NULL},
	{OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 2, true, STAYS, NULL},
	{OK "Transfer-Encoding: chunked\r\n\r\n1;x=y\r\nh\r\n0\r\nT: 1\r\n\r\n", 2, true, STAYS, NULL},
	{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\n" OK "Content-Length: 1\r\n\r\nx",
         2, true, STAYS, NULL},
	{"HTTP/1.1 204 No Content\r\n\r\n", 2, true, STAYS, NULL},
	{"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 3, true, STAYS, NULL},
	{OK "Content-Length: 9\r\n\r\n", 2, true, STAYS, "HEAD"},
	{OK "Transfer-Encoding: chunked\r\n\r\n", 2, true, STAYS, "HEAD"},
	{"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", 3, true, STAYS, "DELETE"},
	{"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", 4, true, STAYS, NULL},
	{"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno", 5, true, STAYS, "POST"},
	{"HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n", 0, true, STAYS, NULL},
	{"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", 2, true, STAYS, NULL},
	{"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 2, false, STAYS, NULL},
	{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", 1, false, STAYS, NULL},
	{OK "Connection: close\r\nContent-Length: 1\r\n\r\nx", 2, false, STAYS, NULL},
	{OK "Connection: close\r\nContent-Length: 1\r\n\r\nx", 2, false, CLOSES, NULL},
	{OK "Content-Length: 1\r\n\r\nx and more", 2, false, STAYS, NULL},
	{OK "\r\nup to the end", 2, false, CLOSES, NULL},
	{"HTTP/1.0 200 OK\r\n\r\nup to the end", 2, false, CLOSES, NULL},
	{OK "Transfer-Encoding: gzip\r\n\r\nup to the end", 2, false, CLOSES, "POST"},
	{OK "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n", 2, false, CLOSES, NULL},
};

static void run_answer(const struct answer *answer, bool drip)
{
	struct server *server = server_start(
		&(struct behaviour){.answer = answer->text, .ending = answer->ending, .drip = drip});
	struct lg_plan plan = {.url = server_url(server), .method = answer->method, .vus = VUS, .threads = 2};
	struct lg_result *result = load_run(&plan, COUNT);
	struct lg_counts sum = lg_counts_sum(result);

	if (sum.status[answer->class] != sum.requests)
		fail_msg("%s: %s", result->first_error, answer->text);
	assert_int_equal(sum.requests, server_count(server, ANSWERED));
	assert_int_equal(result->censored, 0);
	assert_int_equal(result->connections, answer->reused ? VUS : sum.requests);
	assert_int_equal(server_faults(server), 0);
	lg_result_free(result);
	server_stop(server);
}

static void test_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++)
		run_answer(&answers[i], false);
}

/* Cut anywhere on its way. Bytes past an answer may then come to a connection already closed. */
static void test_dripping(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++)
		if (!strstr(answers[i].text, "and more"))
			run_answer(&answers[i], true);
}

/* Far more than a socket or the engine's buffer holds, with each kind of end. */
static void run_large(const char *head, const char *tail, enum ending ending)
{
	enum { SIZE = 3000000 };
	size_t size = strlen(head) + SIZE + strlen(tail);
	char *text = malloc(size);
	struct server *server;
	struct lg_result *result;

	assert_non_null(text);
	memset(text, 'x', size);
	memcpy(text, head, strlen(head));
	memcpy(text + size - strlen(tail), tail, strlen(tail));
	server = server_start(&(struct behaviour){.answer = text, .answer_size = size, .ending = ending});
	result = load_run(&(struct lg_plan){.url = server_url(server), .vus = 2, .threads = 2}, 6);
	assert_int_equal(lg_counts_sum(result).failed, 0);
	assert_int_equal(lg_counts_sum(result).requests, server_count(server, ANSWERED));
	assert_int_equal(lg_counts_sum(result).bytes_received, server_count(server, ANSWERED) * size);
	lg_result_free(result);
	server_stop(server);
	free(text);
}

static void test_large_answers(void **state)
{
	(void)state;
	run_large(OK "Content-Length: 3000000\r\n\r\n", "", STAYS);
	run_large(OK "Transfer-Encoding: chunked\r\n\r\n2dc6c0\r\n", "\r\n0\r\n\r\n", STAYS);
	run_large(OK "\r\n", "", CLOSES);
}

static char *make_body(size_t size)
{
	char *body = malloc(size);

	assert_non_null(body);
	for (size_t i = 0; i < size; i++)
		body[i] = (char)(i * 2654435761U >> 13);
	return body;
}

static void upload(size_t size, const char *method)
{
	char *body = make_body(size);
	struct server *server = server_start(&(struct behaviour){.body = body, .body_size = size});
	struct lg_plan plan = {.url = server_url(server),
	                       .method = method,
	                       .body = body,
	                       .body_size = size,
	                       .vus = 2,
	                       .threads = 2};
	struct lg_result *result = load_run(&plan, 6);
	uint64_t requests = server_count(server, REQUESTED);

	assert_int_equal(server_faults(server), 0);
	assert_int_equal(lg_counts_sum(result).status[2], requests);
	assert_int_equal(lg_counts_sum(result).bytes_sent,
	                 requests * (strlen(server_last_head(server)) + size));
	assert_int_equal(result->connections, 2);
	assert_true(!strncmp(server_last_head(server), method ? method : "POST", 3));
	lg_result_free(result);
	server_stop(server);
	free(body);
}

static void test_uploads(void **state)
{
	(void)state;
	upload(1, NULL);
	upload(70000, "PUT");
	upload(8 << 20, NULL);
}

/* The server answers the head and never reads the body: that is an answer, and the connection is spent. */
static void test_answer_before_the_upload(void **state)
{
	const size_t size = 24U << 20;
	char *body = make_body(size);
	struct server *server = server_start(&(struct behaviour){
		.answer = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", .early = true});
	struct lg_plan plan = {.url = server_url(server), .body = body, .body_size = size, .vus = 2};
	struct lg_result *result = load_run(&plan, 6);

	(void)state;
	assert_int_equal(lg_counts_sum(result).status[4], lg_counts_sum(result).requests);
	assert_int_equal(lg_counts_sum(result).requests, server_count(server, ANSWERED));
	assert_int_equal(result->connections, lg_counts_sum(result).requests);
	assert_true(lg_counts_sum(result).bytes_sent < lg_counts_sum(result).requests * size);
	lg_result_free(result);
	server_stop(server);
	free(body);
}

/* ---- where it connects to ------------------------------------------------ */

/* Names of our own: "*.test" never leaves this process. */
int __real_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **ret);
void __real_freeaddrinfo(struct addrinfo *list);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **ret);
void __wrap_freeaddrinfo(struct addrinfo *list);

static struct sockaddr_in addresses[2];
static struct addrinfo two[2];
static unsigned lookups;

int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **ret)
{
	lookups++;
	if (strcmp(host, "two.test") != 0)
		return __real_getaddrinfo(host, service, hints, ret);
	for (int i = 0; i < 2; i++)
		two[i] = (struct addrinfo){.ai_family = AF_INET,
		                           .ai_socktype = SOCK_STREAM,
		                           .ai_addrlen = sizeof addresses[i],
		                           .ai_addr = (struct sockaddr *)&addresses[i],
		                           .ai_next = i ? NULL : &two[1]};
	*ret = two;
	return 0;
}

void __wrap_freeaddrinfo(struct addrinfo *list)
{
	if (list != two)
		__real_freeaddrinfo(list);
}

static void set_address(int index, uint16_t port)
{
	addresses[index] = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void assert_served(const struct lg_plan *plan, const struct server *server, const char *host)
{
	struct lg_result *result = load_run(plan, COUNT);

	assert_int_equal(lg_counts_sum(result).status[2], lg_counts_sum(result).requests);
	assert_int_equal(lg_counts_sum(result).requests, server_count(server, ANSWERED));
	assert_int_equal(result->connections, plan->vus);
	assert_says(server_last_head(server), host);
	lg_result_free(result);
}

static void test_address_families(void **state)
{
	char host[32];

	(void)state;
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		struct server *server = server_start(&(struct behaviour){.ipv6 = ipv6});

		if (!server && ipv6)
			return;
		snprintf(host, sizeof host, "\r\nHost: %s:%u\r\n", ipv6 ? "[::1]" : "127.0.0.1",
		         server_port(server));
		assert_served(&(struct lg_plan){.url = server_url(server), .vus = 3}, server, host);
		server_stop(server);
	}
}

static void test_name(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	char url[64], host[64];

	(void)state;
	snprintf(url, sizeof url, "http://localhost:%u", server_port(server));
	snprintf(host, sizeof host, "GET / HTTP/1.1\r\nHost: localhost:%u\r\n", server_port(server));
	assert_served(&(struct lg_plan){.url = url, .vus = 3}, server, host);
	server_stop(server);
}

/* One of two addresses refuses, whichever is tried first: no request fails for it. */
static void test_second_address(void **state)
{
	struct server *server = server_start(&(struct behaviour){.ending = CLOSES});
	struct lg_plan plan = {.url = "http://two.test/", .vus = 4, .threads = 2};
	struct lg_result *result;
	uint16_t refusing;
	int fd = refusing_socket(&refusing);

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint64_t before = server_count(server, ANSWERED);

		set_address(i, refusing);
		set_address(!i, server_port(server));
		result = load_run(&plan, COUNT);
		assert_int_equal(lg_counts_sum(result).status[2], lg_counts_sum(result).requests);
		assert_int_equal(lg_counts_sum(result).requests, server_count(server, ANSWERED) - before);
		lg_result_free(result);
	}
	close(fd);
	server_stop(server);
}

/*
 * The first address takes no connection: half the timeout is for it, half for the other.
 * Where the machine took that half away, again with more.
 */
static void test_address_that_hangs(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	uint64_t failed = 1;
	struct stuck stuck;

	(void)state;
	stuck_init(&stuck);
	set_address(0, stuck.port);
	set_address(1, server_port(server));
	for (int64_t timeout = 300 * MS; failed && timeout < 20 * SECOND; timeout *= 2) {
		struct lg_plan plan = {.url = "http://two.test/", .vus = 1, .timeout = timeout};
		struct lg_result *result = load_run(&plan, 1);

		failed = lg_counts_sum(result).failed;
		lg_result_free(result);
	}
	assert_int_equal(failed, 0);
	stuck_release(&stuck);
	server_stop(server);
}

/* Both serve: the connections are spread, half and half. */
static void test_two_servers(void **state)
{
	struct server *servers[2];
	struct lg_result *result;

	(void)state;
	for (int i = 0; i < 2; i++) {
		servers[i] = server_start(&(struct behaviour){0});
		set_address(i, server_port(servers[i]));
	}
	result = load_run(&(struct lg_plan){.url = "http://two.test/", .vus = 6, .threads = 3}, COUNT);
	for (int i = 0; i < 2; i++)
		assert_int_equal(server_count(servers[i], ACCEPTED), 3);
	assert_int_equal(lg_counts_sum(result).requests,
	                 server_count(servers[0], ANSWERED) + server_count(servers[1], ANSWERED));
	lg_result_free(result);
	server_stop(servers[0]);
	server_stop(servers[1]);
}

/* ---- a dial function ----------------------------------------------------- */

static int dial_server(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	(void)host, (void)port;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
		snprintf(error, LG_ERROR_SIZE, "%s", strerrordesc_np(errno));
		return -1;
	}
	server_adopt(context, pair[1]);
	return pair[0];
}

static void run_dialled(enum ending ending, size_t size)
{
	char *body = make_body(size);
	struct server *server =
		server_start(&(struct behaviour){.ending = ending, .body = body, .body_size = size});
	struct lg_plan plan = {.url = "http://pod-7.test:8080/x",
	                       .method = "PUT",
	                       .body = body,
	                       .body_size = size,
	                       .vus = 4,
	                       .threads = 2,
	                       .dial = dial_server,
	                       .dial_context = server};
	struct lg_result *result = load_run(&plan, COUNT);
	struct lg_counts sum = lg_counts_sum(result);

	assert_int_equal(server_faults(server), 0);
	assert_int_equal(sum.status[2], sum.requests);
	assert_int_equal(sum.requests, server_count(server, ANSWERED));
	assert_int_equal(result->connections, server_count(server, ACCEPTED));
	assert_true(ending == CLOSES || result->connections == 4);
	assert_says(server_last_head(server), "PUT /x HTTP/1.1\r\nHost: pod-7.test:8080\r\n");
	lg_result_free(result);
	server_stop(server);
	free(body);
}

/* The host's name is for the one who dials: it is not looked up. */
static void test_dial(void **state)
{
	(void)state;
	lookups = 0;
	run_dialled(STAYS, 10);
	run_dialled(STAYS, 1 << 20);
	run_dialled(CLOSES, 10);
	assert_int_equal(lookups, 0);
}

/* Two statuses of one class, and one that nobody gives. */
static void test_statuses_apart(void **state)
{
	struct server *plain = server_start(&(struct behaviour){0});
	struct server *made = server_start(
		&(struct behaviour){.answer = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"});
	const struct lg_target targets[] = {{.url = server_url(plain)},
	                                    {.url = server_url(made), .weight = 3}};
	const uint16_t apart[] = {201, 404, 200};
	struct lg_plan plan = {.targets = targets,
	                       .target_count = 2,
	                       .vus = 4,
	                       .threads = 2,
	                       .apart = apart,
	                       .apart_count = 3,
	                       .window_at_start = true};
	struct lg_result *result = load_run(&plan, 100);

	(void)state;
	assert_int_equal(result->apart_count, 3);
	assert_memory_equal(result->apart, apart, sizeof apart);
	assert_int_equal(lg_histogram_count(result->by_code[LG_WINDOW][0]), server_count(made, ANSWERED));
	assert_int_equal(lg_histogram_count(result->by_code[LG_WINDOW][1]), 0);
	assert_int_equal(lg_histogram_count(result->by_code[LG_WINDOW][2]), server_count(plain, ANSWERED));
	assert_int_equal(lg_histogram_count(result->by_code[LG_BEFORE][0]), 0);
	assert_int_equal(result->counts[LG_WINDOW].status[2],
	                 server_count(plain, ANSWERED) + server_count(made, ANSWERED));
	assert_int_equal(lg_histogram_count(result->whole), result->counts[LG_WINDOW].status[2]);
	lg_result_free(result);
	server_stop(plain);
	server_stop(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_whole),
		leaves_nothing(test_dripping),
		leaves_nothing(test_large_answers),
		leaves_nothing(test_uploads),
		leaves_nothing(test_answer_before_the_upload),
		leaves_nothing(test_address_families),
		leaves_nothing(test_name),
		leaves_nothing(test_second_address),
		leaves_nothing(test_address_that_hangs),
		leaves_nothing(test_two_servers),
		leaves_nothing(test_dial),
		leaves_nothing(test_statuses_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
