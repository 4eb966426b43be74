/* HTTP/2 against servers that reset, refuse, leave, and break the rules. */
#include "test.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

#include "front.h"
#include "h2_load.h"
#include "load.h"

/* ---- requests that the server resets or refuses ------------------------------------------- */

static void reset_with(uint32_t code, bool after_head, const char *words)
{
	struct h2_server server;
	struct lg_result *result = run_against(
		&(struct h2_behaviour){.reset_every = 3, .reset_code = code, .reset_after_head = after_head},
		&server, 9, 9, 60);
	struct lg_counts sum = lg_counts_sum(result);

	assert_int_equal(server.requests, 60);
	assert_int_equal(sum.status[2], 40);
	assert_int_equal(sum.errors[LG_ERROR_RESET], 20);
	assert_int_equal(sum.requests, 60);
	assert_int_equal(result->connections, 1);
	assert_says(result->first_error, words);
	lg_result_free(result);
	h2_server_stop(&server);
}

static void test_resets(void **state)
{
	(void)state;
	reset_with(NGHTTP2_INTERNAL_ERROR, false, "the server reset the stream: INTERNAL_ERROR");
	reset_with(NGHTTP2_ENHANCE_YOUR_CALM, true, "the server reset the stream: ENHANCE_YOUR_CALM");
	reset_with(NGHTTP2_NO_ERROR, true, "the server reset the stream: NO_ERROR");
	reset_with(NGHTTP2_REFUSED_STREAM, true, "refused");
	reset_with(99, false, "the server reset the stream: unknown");
}

/* Refused is not begun: it is sent once more, whatever its method. */
static void refuse_with(unsigned every, const char *method, uint64_t requests, uint64_t errors)
{
	struct h2_server server;
	struct lg_plan plan;
	struct lg_result *result;
	struct lg_counts sum;

	h2_server_start(&server,
	                &(struct h2_behaviour){.reset_every = every, .reset_code = NGHTTP2_REFUSED_STREAM});
	plan = h2_plan_for(&server, 1, 1, requests);
	plan.method = method;
	result = load_run(&plan, requests);
	sum = lg_counts_sum(result);
	assert_int_equal(sum.requests, requests);
	assert_int_equal(sum.status[2], requests - errors);
	assert_int_equal(sum.errors[LG_ERROR_RESET], errors);
	assert_int_equal(server.requests,
	                 every == 1 ? 2 * requests : requests + (requests - 1) / (every - 1));
	assert_int_equal(result->connections, 1);
	lg_result_free(result);
	h2_server_stop(&server);
}

static void test_refused(void **state)
{
	(void)state;
	refuse_with(2, NULL, 20, 0);
	refuse_with(5, "POST", 20, 0);
	refuse_with(1, NULL, 3, 3);
}

/* Silence: each request is given up with RST_STREAM, and those that wait for a stream time out too. */
static void test_timeouts(void **state)
{
	struct h2_server server;
	struct lg_plan plan;
	struct lg_run *run;
	struct lg_result *result;

	(void)state;
	h2_server_start(&server, &(struct h2_behaviour){.silent = true, .limit = 3});
	plan = h2_plan_for(&server, 5, 5, 5);
	plan.timeout = 500 * MS;
	run = load_start(&plan);
	load_await_done(run, 5);
	await(&server.cancels, server.requests);
	assert_true(server.requests >= 3);
	result = load_finish(run, 0);
	assert_int_equal(lg_counts_sum(result).errors[LG_ERROR_TIMEOUT], 5);
	assert_says(result->first_error, "within 500 ms");
	lg_result_free(result);
	h2_server_stop(&server);
}

/* Those that wait for a stream are not in flight; that is how they are told apart when the run ends. */
static void test_held_is_not_in_flight(void **state)
{
	struct h2_server server;
	struct lg_plan plan;
	struct lg_run *run;
	struct lg_result *result;

	(void)state;
	h2_server_start(&server, &(struct h2_behaviour){.silent = true, .limit = 2});
	plan = h2_plan_for(&server, 5, 5, 5);
	run = load_start(&plan);
	while (load_look(run).in_flight < 2) /* more, if they were sent before the server's limit was known */
		sleep_ms(1);
	result = load_finish(run, 0);
	assert_int_equal(result->censored, 5);
	lg_result_free(result);
	h2_server_stop(&server);
}

/* A connection that brings nothing any more is not waited on for ever. */
static void test_dead_connection(void **state)
{
	struct h2_server server;
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	h2_server_start(&server, &(struct h2_behaviour){.silent = true});
	plan = h2_plan_for(&server, 1, 1, 6);
	plan.timeout = 50 * MS;
	result = load_run(&plan, 6);
	assert_int_equal(lg_counts_sum(result).errors[LG_ERROR_TIMEOUT], 6);
	assert_true(result->connections >= 2);
	lg_result_free(result);
	h2_server_stop(&server);
}

/* ---- connections that end --------------------------------------------------------------------- */

/* What is in flight above the last stream is sent again on the next connection; nothing is lost. */
static void goaway_with(unsigned vus, unsigned streams)
{
	struct h2_server server;
	struct lg_result *result =
		run_against(&(struct h2_behaviour){.goaway_after = 25}, &server, vus, streams, 500);
	struct lg_counts sum = lg_counts_sum(result);

	assert_string_equal(result->first_error, "");
	assert_int_equal(sum.status[2], 500);
	await(&server.answers, 500);
	assert_true(result->connections >= 500 / 25);
	assert_int_equal(result->connections, acceptor_count(server.acceptor));
	lg_result_free(result);
	h2_server_stop(&server);
}

static void test_goaway(void **state)
{
	(void)state;
	goaway_with(1, 1);
	goaway_with(20, 20);
	goaway_with(12, 4);
}

/* The connection's end without a word is the server's fault but for requests that may be sent again. */
static void close_with(const char *method)
{
	struct h2_server server;
	struct lg_plan plan;
	struct lg_result *result;
	struct lg_counts sum;

	h2_server_start(&server, &(struct h2_behaviour){.close_after = 10});
	plan = h2_plan_for(&server, 1, 1, 95);
	plan.method = method;
	result = load_run(&plan, 95);
	sum = lg_counts_sum(result);
	assert_int_equal(sum.requests, 95);
	assert_int_equal(sum.status[2] + sum.errors[LG_ERROR_RESET], 95);
	if (method)
		assert_true(sum.status[2] >= 50);
	else
		assert_int_equal(sum.status[2], 95);
	lg_result_free(result);
	h2_server_stop(&server);
}

static void test_closed(void **state)
{
	(void)state;
	close_with(NULL);
	close_with("POST");
}

/* A connection for each request, or for one of each VU on it. */
static void test_no_keepalive(void **state)
{
	(void)state;
	for (unsigned streams = 1; streams <= 3; streams++) {
		struct h2_server server;
		struct lg_plan plan;
		struct lg_result *result;

		h2_server_start(&server, &(struct h2_behaviour){0});
		plan = h2_plan_for(&server, streams, streams, 60);
		plan.no_keepalive = true;
		result = load_run(&plan, 60);
		h2_assert_all_good(result, &server, 60);
		assert_true(result->connections >= 60 / streams);
		assert_true(streams > 1 || result->connections == 60);
		lg_result_free(result);
		h2_server_stop(&server);
	}
}

static int32_t first_stream = 1;

int __real_nghttp2_session_client_new2(nghttp2_session **ret, const nghttp2_session_callbacks *callbacks,
                                       void *context, const nghttp2_option *option);
int __wrap_nghttp2_session_client_new2(nghttp2_session **ret, const nghttp2_session_callbacks *callbacks,
                                       void *context, const nghttp2_option *option);

int __wrap_nghttp2_session_client_new2(nghttp2_session **ret, const nghttp2_session_callbacks *callbacks,
                                       void *context, const nghttp2_option *option)
{
	int status = __real_nghttp2_session_client_new2(ret, callbacks, context, option);

	if (status == 0 && first_stream != 1)
		status = nghttp2_session_set_next_stream_id(*ret, first_stream);
	return status;
}

/* A connection has 2^30 streams in its life. */
static void test_streams_used_up(void **state)
{
	struct h2_server server;
	struct lg_result *result;

	(void)state;
	first_stream = INT32_MAX - 2 * 9; /* ten of them are left */
	result = run_against(&(struct h2_behaviour){0}, &server, 4, 4, 100);
	first_stream = 1;
	h2_assert_all_good(result, &server, 100);
	assert_int_equal(result->connections, 10);
	lg_result_free(result);
	h2_server_stop(&server);
}

/* ---- servers that break the rules -------------------------------------------------------------- */

/* Every request fails for it, and the run comes to its end. */
static void break_with(const struct h2_behaviour *behaviour, enum lg_error_kind kind, const char *words)
{
	struct h2_server server;
	struct lg_result *result = run_against(behaviour, &server, 3, 3, 3);
	struct lg_counts sum = lg_counts_sum(result);

	assert_int_equal(sum.requests, 3);
	if (sum.errors[kind] != 3)
		fail_msg("not of this kind: %s", result->first_error);
	assert_says(result->first_error, words);
	lg_result_free(result);
	h2_server_stop(&server);
}

static void test_broken_answers(void **state)
{
	const char *const header = "Invalid HTTP header field", *const message =
									"Violation in HTTP messaging";

	(void)state;
	break_with(&(struct h2_behaviour){.wrong_length = 4}, LG_ERROR_PROTOCOL, "PROTOCOL_ERROR");
	break_with(&(struct h2_behaviour){.wrong_length = 6}, LG_ERROR_PROTOCOL, "PROTOCOL_ERROR");
	break_with(&(struct h2_behaviour){.bad_field = "Upper"}, LG_ERROR_PROTOCOL, header);
	break_with(&(struct h2_behaviour){.bad_field = "connection"}, LG_ERROR_PROTOCOL, header);
	break_with(&(struct h2_behaviour){.bad_field = ":path"}, LG_ERROR_PROTOCOL, header);
	break_with(&(struct h2_behaviour){.status = 101, .body = ""}, LG_ERROR_PROTOCOL, header);
	break_with(&(struct h2_behaviour){.status = 103, .body = ""}, LG_ERROR_PROTOCOL, message);
	break_with(&(struct h2_behaviour){.fields = 1100, .field_size = 1}, LG_ERROR_PROTOCOL,
	           "header fields beyond 1000");
	break_with(&(struct h2_behaviour){.fields = 20, .field_size = 4000}, LG_ERROR_PROTOCOL,
	           "header fields beyond 64 KiB");
	break_with(&(struct h2_behaviour){.fields = 1, .field_size = 300000}, LG_ERROR_PROTOCOL, "HTTP/2: ");
}

#define SETTINGS  "\0\0\0\4\0\0\0\0\0"
#define ACK       "\0\0\0\4\1\0\0\0\0"
#define RAW(text) .raw = text, .raw_size = sizeof text - 1
#define HEAD(id)  "\0\0\1\1\4\0\0\0" id "\x88" /* :status 200, more to come */

static void test_garbage(void **state)
{
	const struct h2_behaviour not_h2[] = {
		{RAW("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")},
		{RAW("SSH-2.0-OpenSSH_9.2p1\r\n"), .stays = true},
		{RAW("\0\0\0\6\0\0\0\0\0"), .stays = true},       /* no settings first */
		{RAW("\0\0\5\4\0\0\0\0\0abcde"), .stays = true},  /* settings of a wrong size */
		{RAW("\377\377\377\4\0\0\0\0\0"), .stays = true}, /* too large a frame */
	};
	const struct h2_behaviour broken[] = {
		{RAW(SETTINGS "\0\0\1\1\4\0\0\0\0\x88"), .stays = true},     /* HEADERS of stream 0 */
		{RAW(SETTINGS "\0\0\1\0\0\0\0\0\0x"), .stays = true},        /* DATA of stream 0 */
		{RAW(SETTINGS "\0\0\1\0\0\0\0\4\1x"), .stays = true},        /* DATA of an idle stream */
		{RAW(SETTINGS "\0\0\1\1\4\0\0\0\1\xff"), .stays = true},     /* an index that ends too soon */
		{RAW(SETTINGS "\0\0\2\1\4\0\0\0\1\xff\x7f"), .stays = true}, /* no such index */
		{RAW(SETTINGS ACK "\0\0\5\5\4\0\0\0\1\0\0\0\2\x82"), .stays = true}, /* PUSH_PROMISE */
		{RAW(SETTINGS "\0\0\1\1\0\0\0\0\1\x88" SETTINGS), .stays = true}, /* HEADERS, not continued */
		{RAW(SETTINGS "\0\0\1\11\4\0\0\0\1\x88"), .stays = true},     /* CONTINUATION of nothing */
		{RAW(SETTINGS "\0\0\4\10\0\0\0\0\0\0\0\0\0"), .stays = true}, /* a window of 0 more */
		{RAW(SETTINGS "\0\0\4\10\0\0\0\0\0\x7f\xff\xff\xff"),
	         .stays = true},                                             /* a window beyond 2^31 */
		{RAW(SETTINGS "\0\0\4\3\0\0\0\0\0\0\0\0\1"), .stays = true}, /* RST_STREAM of stream 0 */
		{RAW(SETTINGS "\0\0\7\6\0\0\0\0\0"
	                      "1234567"),
	         .stays = true}, /* PING of 7 bytes */
		{RAW(SETTINGS "\0\0\6\4\0\0\0\0\0\0\4\xff\xff\xff\xff"),
	         .stays = true}, /* a window of 2^32 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(not_h2); i++)
		break_with(&not_h2[i], LG_ERROR_PROTOCOL, "the server does not speak HTTP/2");
	for (size_t i = 0; i < COUNT_OF(broken); i++)
		break_with(&broken[i], LG_ERROR_PROTOCOL, "protocol error: HTTP/2: ");
}

/* It ends the connection before it has begun, or in the middle of things. */
static void test_cut_short(void **state)
{
	const struct h2_behaviour cut[] = {
		{RAW("")},
		{RAW("\0\0\0\4\0")},
		{RAW(SETTINGS)},
		{RAW(SETTINGS HEAD("\1"))},
		{RAW(SETTINGS HEAD("\1") "\0\0\5\0\0\0\0\0\1hel")},
		{RAW(SETTINGS "\0\0\10\7\0\0\0\0\0\0\0\0\7\0\0\0\13")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cut); i++)
		break_with(&cut[i], LG_ERROR_RESET, "by the server");
	break_with(&cut[0], LG_ERROR_RESET, "before the server's first word of HTTP/2");
	break_with(&cut[3], LG_ERROR_RESET, "HTTP/2 connection closed by the server");
	break_with(&cut[5], LG_ERROR_RESET, "ENHANCE_YOUR_CALM");
}

/* Without an end, until the client has enough of it. */
static void flood_with(const char *raw, size_t size, enum lg_error_kind kind, const char *words)
{
	struct h2_server server;
	struct lg_plan plan;
	struct lg_result *result;

	h2_server_start(&server,
	                &(struct h2_behaviour){.raw = raw, .raw_size = size, .raw_repeat = SIZE_MAX});
	plan = h2_plan_for(&server, 1, 1, 1);
	plan.timeout = kind == LG_ERROR_TIMEOUT ? 200 * MS : 60 * SECOND;
	result = load_run(&plan, 1);
	assert_int_equal(lg_counts_sum(result).errors[kind], 1);
	assert_says(result->first_error, words);
	lg_result_free(result);
	h2_server_stop(&server);
}

static void test_floods(void **state)
{
	static const char settings[] = SETTINGS, ping[] = "\0\0\10\6\0\0\0\0\0"
							  "12345678";
	static const char interim[] = "\0\0\5\1\4\0\0\0\1\x48\3"
				      "103";
	static const char unknown[] = "\0\0\0\x42\0\0\0\0\0";

	(void)state;
	flood_with(settings, sizeof settings - 1, LG_ERROR_PROTOCOL, "Flooding");
	flood_with(ping, sizeof ping - 1, LG_ERROR_PROTOCOL, "Flooding");
	flood_with(interim, sizeof interim - 1, LG_ERROR_PROTOCOL, "header fields beyond 1000");
	flood_with(unknown, sizeof unknown - 1, LG_ERROR_TIMEOUT, "within 200 ms");
}

static void test_endless_body(void **state)
{
	struct h2_server server;
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	h2_server_start(&server, &(struct h2_behaviour){.repeat = SIZE_MAX / 8});
	plan = h2_plan_for(&server, 3, 3, 3);
	plan.timeout = 200 * MS;
	result = load_run(&plan, 3);
	assert_int_equal(lg_counts_sum(result).errors[LG_ERROR_TIMEOUT], 3);
	lg_result_free(result);
	h2_server_stop(&server);
}

/* The n-th connection ends after n * `cut` bytes from the server. */
static void test_cut_anywhere(void **state)
{
	enum { CONNECTIONS = 200, CUT = 2 };
	struct h2_server server;
	struct front front;
	struct lg_plan plan;
	struct lg_result *result;
	struct lg_counts sum;

	(void)state;
	h2_server_start(&server,
	                &(struct h2_behaviour){.interim = true, .trailers = true, .piece = 1, .repeat = 5});
	front_start(&front, &(struct front_behaviour){.port = acceptor_port(server.acceptor), .cut = CUT});
	plan = h2_plan_for(&server, CONNECTIONS, 1, CONNECTIONS);
	plan.url = front.url;
	result = load_run(&plan, CONNECTIONS);
	sum = lg_counts_sum(result);
	assert_int_equal(sum.requests, CONNECTIONS);
	assert_int_equal(sum.status[2] + sum.errors[LG_ERROR_RESET], CONNECTIONS);
	assert_true(sum.errors[LG_ERROR_RESET] > 100);
	assert_true(sum.status[2] > 0 && sum.status[2] <= server.answers);
	lg_result_free(result);
	front_stop(&front);
	h2_server_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_resets),          leaves_nothing(test_refused),
		leaves_nothing(test_timeouts),        leaves_nothing(test_held_is_not_in_flight),
		leaves_nothing(test_dead_connection), leaves_nothing(test_goaway),
		leaves_nothing(test_closed),          leaves_nothing(test_no_keepalive),
		leaves_nothing(test_streams_used_up), leaves_nothing(test_broken_answers),
		leaves_nothing(test_garbage),         leaves_nothing(test_cut_short),
		leaves_nothing(test_floods),          leaves_nothing(test_endless_body),
		leaves_nothing(test_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
