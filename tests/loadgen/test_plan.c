/* What lg_check() refuses, and the bytes of the request. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/loadgen.h"
#include "loadgen/request.h"
#include "loadgen/timer.h"
#include "loadgen/url.h"

static void assert_refused(const struct lg_plan *plan, const char *part)
{
	char error[LG_ERROR_SIZE] = "";

	assert_int_equal(lg_check(plan, error), -1);
	if (!strstr(error, part))
		fail_msg("'%s' is not in '%s'", part, error);
}

static void test_bad_urls(void **state)
{
	static const char *const bad[][2] = {
		{"localhost:8080", "no scheme, try 'http://localhost:8080'"},
		{"", "no scheme"},
		{"ftp://a/", "scheme 'ftp'"},
		{"http://", "malformed host"},
		{"http:///x", "malformed host"},
		{"http://a b/", "not allowed"},
		{"http://a/\r\nX: y", "not allowed"},
		{"http://a/\xc3\xa4", "not allowed"},
		{"http://u:p@a/", "user name"},
		{"http://a:0/", "malformed port"},
		{"http://a:65536/", "malformed port"},
		{"http://a:8x/", "malformed port"},
		{"http://[::1/", "malformed host"},
		{"http://[::g]/", "malformed host"},
		{"http://::1/", "malformed"},
		{"http://[::1]x/", "malformed host"},
		{"http://a!/", "malformed host"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_refused(&(struct lg_plan){.url = bad[i][0], .vus = 1}, bad[i][1]);
	assert_refused(&(struct lg_plan){.vus = 1}, "no url");
}

static void test_password_is_not_shown(void **state)
{
	static const char *const urls[] = {
		"http://user:secret@host/", "https://user:secret@host/", "ftp://user:secret@host/x",
		"user:secret@host:80/x",    "http://user:secret@ho st/", "http://user:secret@host:x/",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		struct lg_plan plan = {.url = urls[i], .vus = 1};
		char error[LG_ERROR_SIZE];

		assert_int_equal(lg_check(&plan, error), -1);
		assert_null(strstr(error, "secret"));
	}
}

static void test_bad_plans(void **state)
{
	const char *const split[] = {"X: a\r\nY: b", NULL}, *const nameless[] = {": a", NULL};
	const char *const plain[] = {"abc", NULL}, *const length[] = {"content-length: 3", NULL};
	const uint16_t low[] = {200, 99};
	struct lg_plan good = {.url = "http://127.0.0.1/", .vus = 1}, plan;
	char error[LG_ERROR_SIZE] = "untouched";

	(void)state;
	assert_int_equal(lg_check(&good, error), 0);
	assert_string_equal(error, "untouched");
#define REFUSED(part, ...)                                                                                   \
	do {                                                                                                 \
		plan = good;                                                                                 \
		__VA_ARGS__;                                                                                 \
		assert_refused(&plan, part);                                                                 \
	} while (0)
	REFUSED("vus of 0", plan.vus = 0);
	REFUSED("vus of 100001", plan.vus = LG_MAX_VUS + 1);
	REFUSED("threads", plan.threads = LG_MAX_THREADS + 1);
	REFUSED("ramp", plan.ramp = -1);
	REFUSED("think", plan.think = -1);
	REFUSED("timeout", plan.timeout = INT64_MAX);
	REFUSED("method", plan.method = "GE T");
	REFUSED("method", plan.method = "");
	REFUSED("CONNECT", plan.method = "CONNECT");
	REFUSED("line break", plan.headers = split);
	REFUSED("malformed header", plan.headers = nameless);
	REFUSED("malformed header", plan.headers = plain);
	REFUSED("set by the load engine", plan.headers = length);
	REFUSED("body", plan.body_size = 5);
	REFUSED("status apart of 99", plan.apart = low, plan.apart_count = 2);
	REFUSED("number of statuses apart of 9", plan.apart = low, plan.apart_count = 9);
#undef REFUSED
}

static void assert_request(const struct lg_target *target, bool keep_alive, const char *want)
{
	char error[LG_ERROR_SIZE], *text;
	struct lg_request request;
	struct lg_url url;

	assert_int_equal(lg_url_parse(target->url, &url, error), 0);
	assert_int_equal(lg_request_init(&request, target, &url, keep_alive, error), 0);
	text = strndup(request.bytes, request.size);
	assert_string_equal(text, want);
	free(text);
	lg_request_release(&request);
}

#define AGENT "User-Agent: kubectl-pprof/" KP_VERSION "\r\n"
#define ENDS  "Accept: */*\r\n"

static void test_requests(void **state)
{
	const char *const headers[] = {"host: other", "USER-AGENT:me ", "accept: x", "X-A: 1", NULL};

	(void)state;
	assert_request(&(struct lg_target){.url = "http://a"}, true,
	               "GET / HTTP/1.1\r\nHost: a\r\n" AGENT ENDS "\r\n");
	assert_request(&(struct lg_target){.url = "HTTP://a:80?q=1#frag"}, true,
	               "GET /?q=1 HTTP/1.1\r\nHost: a\r\n" AGENT ENDS "\r\n");
	assert_request(&(struct lg_target){.url = "http://[::1]:8080/x/y?z", .method = "HEAD"}, true,
	               "HEAD /x/y?z HTTP/1.1\r\nHost: [::1]:8080\r\n" AGENT ENDS "\r\n");
	assert_request(&(struct lg_target){.url = "http://a:81/", .body = "hello", .body_size = 5}, true,
	               "POST / HTTP/1.1\r\nHost: a:81\r\n" AGENT ENDS "Content-Length: 5\r\n\r\nhello");
	assert_request(&(struct lg_target){.url = "http://a/", .method = "PUT", .headers = headers}, true,
	               "PUT / HTTP/1.1\r\nhost: other\r\nUSER-AGENT: me\r\naccept: x\r\nX-A: 1\r\n"
	               "Content-Length: 0\r\n\r\n");
	assert_request(&(struct lg_target){.url = "http://a"}, false,
	               "GET / HTTP/1.1\r\nHost: a\r\n" AGENT "Connection: close\r\n" ENDS "\r\n");
}

/* The heap against a plain search, with instants moved both ways. */
static void test_timers(void **state)
{
	enum { TIMERS = 200 };
	struct lg_timer timers[TIMERS] = {0};
	struct lg_timers heap;
	uint32_t seed = 1;

	(void)state;
	assert_int_equal(lg_timers_init(&heap, TIMERS), 0);
	for (int64_t now = 0; now < 2000; now++) {
		struct lg_timer *timer;

		for (int i = 0; i < 5; i++) {
			seed = seed * 1664525 + 1013904223;
			lg_timer_set(&heap, &timers[(seed >> 8) % TIMERS], now + (seed >> 20) % 500);
		}
		for (int i = 0; i < TIMERS; i++)
			assert_true(!timers[i].slot || timers[i].when >= now);
		assert_true(lg_timers_next(&heap) >= now);
		while ((timer = lg_timers_expire(&heap, now))) {
			assert_int_equal(timer->when, now);
			assert_int_equal(timer->slot, 0);
		}
		for (int i = 0; i < TIMERS; i++)
			assert_true(!timers[i].slot || timers[i].when > now);
	}
	lg_timers_release(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_urls),  cmocka_unit_test(test_password_is_not_shown),
		cmocka_unit_test(test_bad_plans), cmocka_unit_test(test_requests),
		cmocka_unit_test(test_timers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
