/* What goes wrong at the other end: each failure is counted once, by its kind, and said in words. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "server.h"

#define OK    "HTTP/1.1 200 OK\r\n"
#define HELLO OK "Content-Length: 5\r\n\r\nhello"

/* All that was done has failed, in that way. */
static void assert_all(const struct lg_result *result, enum lg_error_kind kind, const char *words)
{
	struct lg_counts sum = lg_counts_sum(result);

	if (sum.errors[kind] != sum.requests)
		fail_msg("want %s, got: %s", lg_error_kind_name(kind), result->first_error);
	assert_true(sum.requests > 0);
	assert_int_equal(sum.failed, sum.requests);
	assert_says(result->first_error, words);
	assert_int_equal(lg_histogram_count(result->whole), 0);
}

static void test_names(void **state)
{
	static const char *const names[] = {"connect", "tls", "timeout", "reset", "protocol", "check"};

	(void)state;
	assert_int_equal(COUNT_OF(names), LG_ERROR_KINDS);
	for (int i = 0; i < LG_ERROR_KINDS; i++)
		assert_string_equal(lg_error_kind_name((enum lg_error_kind)i), names[i]);
	assert_string_equal(lg_error_kind_name(LG_ERROR_KINDS), "unknown");
	assert_string_equal(lg_error_kind_name((enum lg_error_kind) - 1), "unknown");
}

/* A VU that fails waits 10 ms, then twice as long each time: it does not hammer. */
static void test_refused(void **state)
{
	int64_t began = now_ns(), least = 0, pause = 10 * MS;
	struct lg_result *result;
	char url[64], words[96];
	uint16_t port;
	int fd = refusing_socket(&port);

	(void)state;
	snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
	snprintf(words, sizeof words, "connect to 127.0.0.1:%u: Connection refused", port);
	result = load_run(&(struct lg_plan){.url = url, .vus = 1}, 5);
	assert_all(result, LG_ERROR_CONNECT, words);
	for (uint64_t i = 1; i < lg_counts_sum(result).requests; i++, pause *= 2)
		least += pause;
	assert_true(now_ns() - began >= least);
	assert_int_equal(result->connections, 0);
	assert_int_equal(lg_counts_sum(result).bytes_sent, 0);
	lg_result_free(result);
	result = load_run(&(struct lg_plan){.url = url, .vus = 20, .threads = 4}, 60);
	assert_all(result, LG_ERROR_CONNECT, words);
	lg_result_free(result);
	close(fd);
}

/* A snapshot has the newest words. */
static void test_last_error(void **state)
{
	struct server *server = server_start(&(struct behaviour){.answer = "nonsense"});
	struct lg_run *run = load_start(&(struct lg_plan){.url = server_url(server), .vus = 2});

	(void)state;
	load_await_done(run, 4);
	assert_says(load_look(run).last_error, "does not start with 'HTTP/1.'");
	lg_result_free(load_finish(run, 0));
	server_stop(server);
}

/* ---- timeouts ------------------------------------------------------------ */

static void time_out(const struct behaviour *behaviour)
{
	const int64_t timeout = 60 * MS;
	int64_t began = now_ns();
	struct server *server = server_start(behaviour);
	struct lg_plan plan = {.url = server_url(server), .vus = 1, .timeout = timeout};
	struct lg_result *result = load_run(&plan, 2);
	uint64_t requests = lg_counts_sum(result).requests;

	assert_all(result, LG_ERROR_TIMEOUT, "no whole answer within 60 ms");
	assert_true(now_ns() - began >= (int64_t)requests * timeout);
	/* a late answer must find its connection closed */
	assert_int_equal(result->connections, requests);
	lg_result_free(result);
	server_stop(server);
}

static void test_timeout(void **state)
{
	(void)state;
	time_out(&(struct behaviour){.silent = true});
	time_out(&(struct behaviour){.answer = OK "Content-Length: 5\r\n\r\nhell"});
	time_out(&(struct behaviour){.answer = OK "X: "});
	time_out(&(struct behaviour){.answer = "HTTP/1.1 100 Continue\r\n\r\n"});
	time_out(&(struct behaviour){.answer = OK "\r\n", .endless = "more and more"});
}

/*
 * An answer after the timeout is none. A thread that got no core between the two
 * instants sees both at once: then again, further apart.
 */
static void test_late_answer(void **state)
{
	bool all = false;

	(void)state;
	for (int ms = 40; !all && ms < 5000; ms *= 2) {
		struct server *server = server_start(&(struct behaviour){.delay_ms = 3 * ms});
		struct lg_plan plan = {.url = server_url(server), .vus = 1, .timeout = 2 * ms * MS};
		struct lg_result *result = load_run(&plan, 2);

		all = lg_counts_sum(result).errors[LG_ERROR_TIMEOUT] == lg_counts_sum(result).requests;
		lg_result_free(result);
		server_stop(server);
	}
	assert_true(all);
}

static void test_connect_timeout(void **state)
{
	int64_t began = now_ns();
	struct lg_result *result;
	struct stuck stuck;

	(void)state;
	stuck_init(&stuck);
	result = load_run(&(struct lg_plan){.url = stuck.url, .vus = 3, .timeout = 80 * MS}, 3);
	assert_all(result, LG_ERROR_TIMEOUT, "not connected within 80 ms");
	assert_true(now_ns() - began >= 80 * MS);
	assert_int_equal(result->connections, 0);
	lg_result_free(result);
	stuck_release(&stuck);
}

static void test_upload_timeout(void **state)
{
	const size_t size = 24U << 20;
	char *body = calloc(1, size);
	struct server *server = server_start(&(struct behaviour){.early = true, .silent = true});
	struct lg_plan plan = {
		.url = server_url(server), .body = body, .body_size = size, .vus = 1, .timeout = 80 * MS};
	struct lg_result *result = load_run(&plan, 2);

	(void)state;
	assert_all(result, LG_ERROR_TIMEOUT, "no whole answer within 80 ms");
	assert_true(lg_counts_sum(result).bytes_sent < lg_counts_sum(result).requests * size);
	lg_result_free(result);
	server_stop(server);
	free(body);
}

/* ---- cut short ----------------------------------------------------------- */

static void cut_at(const char *answer, size_t size, enum ending ending)
{
	struct server *server = server_start(
		&(struct behaviour){.answer = size ? answer : "", .answer_size = size, .ending = ending});
	struct lg_plan plan = {.url = server_url(server), .vus = 1};
	struct lg_result *result = load_run(&plan, 1);

	if (size == strlen(answer)) {
		assert_int_equal(lg_counts_sum(result).failed, 0);
	} else if (ending == CLOSES) {
		assert_all(result, LG_ERROR_RESET, "connection closed by the server ");
		assert_says(result->first_error, size ? "in the middle of the answer" : "before the answer");
	} else {
		assert_all(result, LG_ERROR_RESET, "connection broke ");
	}
	assert_int_equal(lg_counts_sum(result).requests, server_count(server, ANSWERED));
	lg_result_free(result);
	server_stop(server);
}

static void test_cut_anywhere(void **state)
{
	static const char *const texts[] = {
		HELLO,
		"HTTP/1.1 100 Continue\r\n\r\n" OK
		"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nT: 1\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		for (size_t size = 0; size <= strlen(texts[i]); size++) {
			cut_at(texts[i], size, CLOSES);
			cut_at(texts[i], size, RESETS);
		}
}

/* A body that ends with the connection ends in good order, or not at all. */
static void test_reset_is_no_end(void **state)
{
	struct server *server =
		server_start(&(struct behaviour){.answer = OK "\r\nup to the end", .ending = RESETS});
	struct lg_result *result = load_run(&(struct lg_plan){.url = server_url(server), .vus = 2}, 4);

	(void)state;
	assert_all(result, LG_ERROR_RESET, "connection broke in the middle of the answer");
	lg_result_free(result);
	server_stop(server);
}

/* ---- not HTTP, or too much of it ----------------------------------------- */

static void test_garbage(void **state)
{
	static const char *const garbage[][2] = {
		{"SSH-2.0-OpenSSH_9.2\r\n", "does not start with 'HTTP/1.'"},
		{"\x15\x03\x01\x00\x02\x02\x46", "does not start with 'HTTP/1.'"},
		{"HTTP/2 200\r\n\r\n", "does not start with 'HTTP/1.'"},
		{"HTTP/1.1 abc\r\n\r\n", "malformed status code"},
		{OK "no colon\r\n\r\n", "malformed header line"},
		{OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "disagree"},
		{OK "Content-Length: 18446744073709551616\r\n\r\n", "malformed Content-Length"},
		{OK "Content-Length: -5\r\n\r\nhello", "malformed Content-Length"},
		{OK "Transfer-Encoding: chunked\r\n\r\nhello", "malformed chunk size"},
		{OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n", "longer than its size"},
		{OK "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n", "chunk size too large"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(garbage); i++) {
		struct server *server = server_start(&(struct behaviour){.answer = garbage[i][0]});
		struct lg_plan plan = {.url = server_url(server), .vus = 2};
		struct lg_result *result = load_run(&plan, 4);

		assert_all(result, LG_ERROR_PROTOCOL, garbage[i][1]);
		assert_says(result->first_error, "protocol error: ");
		assert_int_equal(result->connections, lg_counts_sum(result).requests);
		lg_result_free(result);
		server_stop(server);
	}
}

static void test_endless_heads(void **state)
{
	static const char *const heads[][3] = {
		{OK, "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n",
	         "headers longer than 64 KiB"},
		{OK, "X: y\r\n", "too many headers"},
		{OK, "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", "headers longer than 64 KiB"},
		{OK "X: ", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", "headers longer than 64 KiB"},
		{OK "Content-Length: ", "                ", "headers longer than 64 KiB"},
		{"HTTP/1.1 200 ", "OK and so on and on and on and on", "headers longer than 64 KiB"},
		{OK "Content-Length: ", "111111111111111111111111", "headers longer than 64 KiB"},
		{"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "longer than 64 KiB"},
		{OK "Transfer-Encoding: chunked\r\n\r\n1;", "xxxxxxxxxxxxxxxxxxx", "extensions too long"},
		{OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: yyyyyyyyyyyyyy\r\n", "too many headers"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		struct server *server =
			server_start(&(struct behaviour){.answer = heads[i][0], .endless = heads[i][1]});
		struct lg_plan plan = {.url = server_url(server), .vus = 2};
		struct lg_result *result = load_run(&plan, 3);

		assert_all(result, LG_ERROR_PROTOCOL, heads[i][2]);
		/* the ceiling, and what one reading may bring beyond it */
		assert_true(lg_counts_sum(result).bytes_received <=
		            lg_counts_sum(result).requests * (192U << 10));
		lg_result_free(result);
		server_stop(server);
	}
}

static size_t resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long total = 0, pages = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu %lu", &total, &pages), 2);
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* 128 MiB come in, and nothing of them stays. */
static void stream(const char *head, const char *piece)
{
	struct server *server = server_start(&(struct behaviour){.answer = head, .endless = piece});
	struct lg_run *run = load_start(&(struct lg_plan){.url = server_url(server), .vus = 2, .threads = 2});
	struct lg_result *result;
	size_t before;

	while (load_look(run).total.bytes_received < 4U << 20)
		sleep_ms(1);
	before = resident();
	while (load_look(run).total.bytes_received < 132U << 20)
		sleep_ms(1);
	assert_true(resident() < before + (24U << 20));
	result = load_finish(run, 0);
	assert_int_equal(result->censored, 2);
	assert_int_equal(lg_counts_sum(result).requests, 0);
	lg_result_free(result);
	server_stop(server);
}

static void test_endless_body(void **state)
{
	char *piece = malloc(100001);

	(void)state;
	memset(piece, 'x', 100000);
	piece[100000] = '\0';
	stream(OK "\r\n", piece);
	stream(OK "Content-Length: 9223372036854775807\r\n\r\n", piece);
	for (size_t at = 0; at + 1000 <= 100000; at += 1000) {
		memcpy(piece + at, "3e1\r\n", 5); /* 993 bytes, and seven around them */
		memcpy(piece + at + 998, "\r\n", 2);
	}
	stream(OK "Transfer-Encoding: chunked\r\n\r\n", piece);
	free(piece);
}

/* ---- connections that end between two requests --------------------------- */

/* The server hangs up unannounced, as one whose idle timeout has run out: sent again, not an error. */
static void test_idle_closed(void **state)
{
	static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		struct server *server = server_start(
			&(struct behaviour){.close_idle = 3, .answer = "HTTP/1.1 204 Gone\r\n\r\n"});
		struct lg_plan plan = {
			.url = server_url(server), .method = methods[i], .vus = 4, .threads = 2};
		struct lg_result *result = load_run(&plan, 60);
		struct lg_counts sum = lg_counts_sum(result);

		assert_int_equal(sum.status[2], sum.requests);
		assert_int_equal(sum.requests, server_count(server, ANSWERED));
		assert_true(server_count(server, HUNG_UP) >= (60 - 4 * 3) / 3);
		assert_int_equal(sum.requests + server_count(server, HUNG_UP),
		                 server_count(server, REQUESTED));
		lg_result_free(result);
		server_stop(server);
	}
}

/* What is not idempotent may have been done: it is never sent twice. */
static void test_idle_closed_for_post(void **state)
{
	struct server *server = server_start(&(struct behaviour){.close_idle = 3});
	struct lg_plan plan = {.url = server_url(server), .method = "POST", .vus = 4, .threads = 2};
	struct lg_result *result = load_run(&plan, 60);
	struct lg_counts sum = lg_counts_sum(result);

	(void)state;
	assert_int_equal(sum.status[2], server_count(server, ANSWERED));
	assert_int_equal(sum.errors[LG_ERROR_RESET], server_count(server, HUNG_UP));
	assert_int_equal(sum.requests, server_count(server, REQUESTED));
	assert_true(sum.errors[LG_ERROR_RESET] > 0);
	assert_says(result->first_error, "connection closed by the server before the answer");
	lg_result_free(result);
	server_stop(server);
}

/* A byte of answer has come: no second try. */
static void test_no_retry_after_a_byte(void **state)
{
	struct server *server = server_start(&(struct behaviour){.close_idle = 1, .parting = "H"});
	struct lg_plan plan = {.url = server_url(server), .vus = 2};
	struct lg_result *result = load_run(&plan, 12);
	struct lg_counts sum = lg_counts_sum(result);

	(void)state;
	assert_int_equal(sum.errors[LG_ERROR_RESET], server_count(server, HUNG_UP));
	assert_int_equal(sum.status[2], server_count(server, ANSWERED));
	assert_true(sum.errors[LG_ERROR_RESET] > 0);
	assert_says(result->first_error, "in the middle of the answer");
	lg_result_free(result);
	server_stop(server);
}

/* The server dies: the first request after that is tried twice, on a new connection, all others once. */
static void test_retried_once(void **state)
{
	struct server *server = server_start(&(struct behaviour){.dies = 5});
	struct lg_result *result = load_run(&(struct lg_plan){.url = server_url(server), .vus = 1}, 9);
	struct lg_counts sum = lg_counts_sum(result);

	(void)state;
	assert_int_equal(sum.status[2], 5);
	assert_int_equal(sum.errors[LG_ERROR_RESET], sum.requests - 5);
	assert_int_equal(server_count(server, HUNG_UP), sum.errors[LG_ERROR_RESET] + 1);
	lg_result_free(result);
	server_stop(server);
}

/*
 * Closed while the VU thinks: noticed then, so that even a POST does not fail.
 * On a machine so slow that the next request was sent first, again with a longer pause.
 */
static void test_closed_while_thinking(void **state)
{
	uint64_t failed = 1;

	(void)state;
	for (int64_t think = 100 * MS; failed && think < 20 * SECOND; think *= 2) {
		struct server *server = server_start(&(struct behaviour){0});
		struct lg_plan plan = {.url = server_url(server), .method = "POST", .vus = 3, .think = think};
		struct lg_run *run = load_start(&plan);
		struct lg_result *result;

		load_await_done(run, 3);
		server_drop_all(server);
		load_await_done(run, 6);
		result = load_finish(run, 60 * MINUTE);
		failed = lg_counts_sum(result).failed;
		assert_true(failed || result->connections >= 6);
		lg_result_free(result);
		server_stop(server);
	}
	assert_int_equal(failed, 0);
}

/* Bytes that nobody asked for are no answer to the next request. */
static void test_unasked_bytes(void **state)
{
	struct server *server = server_start(&(struct behaviour){.answer = HELLO HELLO});
	struct lg_plan plan = {.url = server_url(server), .vus = 2};
	struct lg_result *result = load_run(&plan, 20);

	(void)state;
	assert_int_equal(lg_counts_sum(result).status[2], server_count(server, ANSWERED));
	assert_int_equal(lg_counts_sum(result).requests, server_count(server, REQUESTED));
	lg_result_free(result);
	server_stop(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_names),
		leaves_nothing(test_refused),
		leaves_nothing(test_last_error),
		leaves_nothing(test_timeout),
		leaves_nothing(test_late_answer),
		leaves_nothing(test_connect_timeout),
		leaves_nothing(test_upload_timeout),
		leaves_nothing(test_cut_anywhere),
		leaves_nothing(test_reset_is_no_end),
		leaves_nothing(test_garbage),
		leaves_nothing(test_endless_heads),
		leaves_nothing(test_endless_body),
		leaves_nothing(test_idle_closed),
		leaves_nothing(test_idle_closed_for_post),
		leaves_nothing(test_no_retry_after_a_byte),
		leaves_nothing(test_retried_once),
		leaves_nothing(test_closed_while_thinking),
		leaves_nothing(test_unasked_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
