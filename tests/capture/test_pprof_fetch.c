/* Fetching profiles: what comes back, waiting for a busy profiler, failures of the way, time. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"

static enum cap_status fetch(const struct cap_pprof *pprof, const char *name, const char *query,
                             struct cap_response *ret, struct cap_error *error)
{
	*ret = (struct cap_response){.status = -1};
	*error = (struct cap_error){.text = "untouched"};
	return cap_pprof_fetch(pprof, name, query, 0, PATIENCE, 0, NULL, ret, error);
}

static void fetch_fails(const struct cap_pprof *pprof, const char *name, enum cap_status status,
                        const char *words)
{
	struct cap_response response;
	struct cap_error error;

	assert_int_equal(fetch(pprof, name, NULL, &response, &error), status);
	assert_int_equal(error.status, status);
	assert_has(error.text, words);
	if (status == CAP_HTTP)
		assert_true(response.status >= 400 && response.go_pprof_error);
	else
		assert_null(response.body);
	cap_response_release(&response);
}

static void fetches(void **state)
{
	static struct app app = {.pages = {{"/debug/pprof/profile?seconds=1", 200, "application/octet-stream",
	                                    "\x1f\x8b cpu", 0},
	                                   {"/debug/pprof/goroutine?debug=2", 200,
	                                    "text/plain; charset=utf-8", "goroutine 1", 0},
	                                   {"/debug/pprof/heap", 200, "application/octet-stream", "", 0}}};
	struct cap_pprof ways[] = {straight(&app),
	                           through_tunnel(stand_in_port(bed_plain(script_app, &app)))};
	struct cap_response response;
	struct cap_error error;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		assert_int_equal(fetch(&ways[i], "profile", "seconds=1", &response, &error), CAP_OK);
		assert_int_equal(response.size, 6);
		assert_memory_equal(response.body, "\x1f\x8b cpu", 7);
		assert_string_equal(error.text, "untouched");
		cap_response_release(&response);
		assert_int_equal(fetch(&ways[i], "goroutine", "debug=2", &response, &error), CAP_OK);
		assert_string_equal(response.content_type, "text/plain; charset=utf-8");
		cap_response_release(&response);
		assert_int_equal(fetch(&ways[i], "heap", NULL, &response, &error), CAP_OK);
		assert_int_equal(response.size, 0);
		cap_response_release(&response);
	}
}

static void errors_of_pprof(void **state)
{
	static struct app app = {.pages = {{"/debug/pprof/leak", 404, "text/plain", "Unknown profile\n", 0},
	                                   {"/debug/pprof/profile", 500, "text/plain", "oh no\n", 0},
	                                   {"/debug/pprof/heap", 302, "text/html", "elsewhere", 0}}};
	struct cap_pprof pprof = straight(&app);

	(void)state;
	fetch_fails(&pprof, "leak", CAP_HTTP, "HTTP 404: Unknown profile");
	fetch_fails(&pprof, "profile", CAP_HTTP, "HTTP 500: oh no");
	assert_int_equal(app.asked[1], 1);
	fetch_fails(&pprof, "heap", CAP_NOT_PPROF, "HTTP 302 (text/html)");
}

/* A profile that was dropped takes up to 0.2 s to end: the next one asks again. */
static void waits_for_a_busy_profiler(void **state)
{
	static struct app app = {
		.pages = {{"/debug/pprof/profile", 500, "text/plain", BUSY, 3},
	                  {"/debug/pprof/profile", 200, "application/octet-stream", "cpu", 0}}};
	static struct app busy = {.pages = {{"/debug/pprof/profile", 500, "text/plain", BUSY, 0}}};
	struct cap_pprof pprof = straight(&app);
	int64_t begin = clock_now();
	struct cap_response response;
	struct cap_error error;

	(void)state;
	assert_int_equal(fetch(&pprof, "profile", NULL, &response, &error), CAP_OK);
	assert_string_equal((char *)response.body, "cpu");
	assert_int_equal(app.asked[0], 3);
	assert_true(clock_now() - begin >= 600 * MS);
	cap_response_release(&response);
	pprof = straight(&busy);
	fetch_fails(&pprof, "profile", CAP_BUSY, "CPU profiling is already in use");
	assert_int_equal(busy.asked[0], 15);
}

static void ceilings(void **state)
{
	static struct app app = {
		.pages = {{"/debug/pprof/heap", 200, "application/octet-stream", "0123456789", 0}}};
	struct cap_pprof ways[] = {straight(&app),
	                           through_tunnel(stand_in_port(bed_plain(script_app, &app)))};
	struct cap_response response;
	struct cap_error error;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		assert_int_equal(
			cap_pprof_fetch(&ways[i], "heap", NULL, 10, PATIENCE, 0, NULL, &response, &error),
			CAP_OK);
		cap_response_release(&response);
		assert_int_equal(
			cap_pprof_fetch(&ways[i], "heap", NULL, 9, PATIENCE, 0, NULL, &response, &error),
			CAP_TOO_BIG);
		assert_null(response.body);
	}
}

static void script_cut(struct peer *peer, void *context)
{
	char head[4096];

	(void)context;
	if (peer_read_head(peer, head, sizeof head))
		peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it");
}

static void script_refuses(struct peer *peer, void *context)
{
	char head[8192];

	(void)context;
	if (peer_read_head(peer, head, sizeof head))
		peer_answer(peer, 403, "application/json", "{\"message\":\"pods \\\"p\\\" is forbidden\"}");
}

static void script_gone(struct peer *peer, void *context)
{
	uint8_t data[8192];

	(void)context;
	if (peer_open(peer) && peer_read_data(peer, data, sizeof data) > 0)
		peer_message(peer, 1, "network namespace is closed", 27);
}

/* The tunnel knows better why than libcurl, which sees a socket that ends. */
static void failures_of_the_way(void **state)
{
	struct cap_pprof pprof = straight_to(bed_plain(script_cut, NULL));

	(void)state;
	fetch_fails(&pprof, "profile", CAP_LOST, "");
	pprof = through_tunnel(stand_in_port(bed_plain(script_cut, NULL)));
	fetch_fails(&pprof, "profile", CAP_LOST, "");
	bed_tunnel_close();
	pprof.tunnel = bed_tunnel_to(bed_plain(script_gone, NULL));
	fetch_fails(&pprof, "profile", CAP_LOST, "ended: network namespace is closed");
	pprof.tls = true;
	fetch_fails(&pprof, "profile", CAP_LOST, "ended: network namespace is closed");
}

static void refused_ways(void **state)
{
	struct cap_pprof pprof = {.port = 6060, .path = "/debug/pprof"};
	struct cap_response response;
	struct cap_error error;

	(void)state;
	pprof.tunnel = bed_tunnel_to(bed_plain(script_refuses, NULL));
	assert_int_equal(fetch(&pprof, "profile", NULL, &response, &error), CAP_HTTP);
	assert_int_equal(error.http_status, 403);
	assert_string_equal(error.text, "pods \"p\" is forbidden");
	assert_null(response.body); /* it is not the pod's answer */
	assert_int_equal(cap_pprof_probe(&pprof, NULL, &error), CAP_HTTP);
	assert_int_equal(error.http_status, 403);
	assert_int_equal(cap_pprof_cpu_free(&pprof, 5, NULL, &error), CAP_HTTP);
	assert_int_equal(error.http_status, 403);
}

/* ---- time --------------------------------------------------------------------------------- */

static void timeouts(void **state)
{
	static struct app app = {.pages = {{.path = "/debug/pprof/profile?seconds=30"}}};
	struct cap_pprof pprof = through_tunnel(stand_in_port(bed_plain(script_app, &app)));
	struct cap_response response;
	struct cap_error error;

	(void)state;
	assert_int_equal(
		cap_pprof_fetch(&pprof, "profile", "seconds=30", 0, 400 * MS, 0, NULL, &response, &error),
		CAP_TIMEOUT);
	assert_null(response.body);
	assert_soon(tunnel_open_count(pprof.tunnel) == 0);
	assert_int_equal(cap_pprof_fetch(&pprof, "profile", "seconds=30", 0, PATIENCE, 300 * MS, NULL,
	                                 &response, &error),
	                 CAP_TIMEOUT);
	assert_string_equal(error.text, "not a byte came for 0.3 s");
	assert_null(response.body);
	assert_soon(tunnel_open_count(pprof.tunnel) == 0);
}

struct canceller {
	pthread_t thread;
	const _Atomic unsigned *count; /* waits until it is there */
	unsigned value;
	atomic_int cancel;
	_Atomic int64_t at;
};

static void *cancel_later(void *context)
{
	struct canceller *canceller = context;

	while (*canceller->count < canceller->value)
		sleep_ms(2);
	canceller->at = clock_now();
	canceller->cancel = 1;
	return NULL;
}

static void cancelled(struct canceller *canceller, const struct cap_pprof *pprof, int what)
{
	struct cap_response response = {0};
	struct cap_error error = {0};
	enum cap_status status;

	assert_int_equal(pthread_create(&canceller->thread, NULL, cancel_later, canceller), 0);
	if (what == 0)
		status = cap_pprof_probe(pprof, &canceller->cancel, &error);
	else if (what == 1)
		status = cap_pprof_cpu_free(pprof, 5, &canceller->cancel, &error);
	else
		status = cap_pprof_fetch(pprof, "profile", NULL, 0, PATIENCE, 0, &canceller->cancel,
		                         &response, &error);
	pthread_join(canceller->thread, NULL);
	assert_true(clock_now() - canceller->at < 20 * SECOND); /* 0.5 s where the machine has time */
	assert_null(response.body);
	assert_int_equal(error.status, status);
	assert_int_equal(status, CAP_CANCELLED);
}

static void cancels(void **state)
{
	static struct app app = {.pages = {{.path = "/debug/pprof/"}, {.path = "/debug/pprof/profile"}}};
	static struct app second = {.pages = {{.path = "/debug/pprof/threadcreate?debug=1"}}};
	struct stand_in *pod = bed_plain(script_app, &app);
	struct canceller first_probe = {.count = &app.asked[0], .value = 1},
			 second_probe = {.count = &second.asked[0], .value = 1},
			 opening = {.count = &app.asked[0], .value = 2},
			 fetching = {.count = &app.asked[1], .value = 1},
			 tunnelled = {.count = &app.asked[1], .value = 2};
	struct cap_pprof pprof = straight_to(pod);

	(void)state;
	cancelled(&first_probe, &pprof, 0);
	cancelled(&opening, &pprof, 1);
	cancelled(&fetching, &pprof, 2);
	pprof = straight(&second);
	cancelled(&second_probe, &pprof, 0);
	pprof = through_tunnel(stand_in_port(pod));
	cancelled(&tunnelled, &pprof, 2);
	assert_soon(tunnel_open_count(pprof.tunnel) == 0);
}

/* Between two askings of a busy profiler, too. */
static void cancels_while_busy(void **state)
{
	static struct app busy = {.pages = {{"/debug/pprof/profile", 500, "text/plain", BUSY, 0}}};
	struct cap_pprof pprof = straight(&busy);
	struct canceller canceller = {.count = &busy.asked[0], .value = 2};
	struct cap_response response;
	struct cap_error error;
	enum cap_status status;

	(void)state;
	assert_int_equal(pthread_create(&canceller.thread, NULL, cancel_later, &canceller), 0);
	status = cap_pprof_fetch(&pprof, "profile", NULL, 0, PATIENCE, 0, &canceller.cancel, &response,
	                         &error);
	pthread_join(canceller.thread, NULL);
	assert_true(status == CAP_CANCELLED || status == CAP_BUSY);
	assert_null(response.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(fetches),
		bed_test(errors_of_pprof),
		bed_test(waits_for_a_busy_profiler),
		bed_test(ceilings),
		bed_test(failures_of_the_way),
		bed_test(refused_ways),
		bed_test(timeouts),
		bed_test(cancels),
		bed_test(cancels_while_busy),
	};

	return cmocka_run_group_tests_name("pprof fetch", tests, NULL, NULL);
}
