/*
 * Are the figures true, on a real server and the real clock? The server notes when a request was in and when
 * its answer began to leave. With one user that is enough to enclose what the engine must have measured,
 * request by request, on a machine however busy:
 *
 *     answered[k-1] <= sent[k] <= requested[k]      it is sent once the answer before it is there
 *     answered[k]   <= done[k] <= requested[k+1]
 *
 * Hence bounds for every latency, and for every percentile of many: both sides sorted, rank by rank. They are
 * as far apart as the machine took to wake two threads; test_truth.c has no such gap, and no real time.
 */
#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "load.h"
#include "loadgen/histogram.h"
#include "server.h"

enum { MOST = 2000 };

struct bounds {
	int64_t least[MOST], most[MOST];
	uint64_t count;
};

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void bound(struct bounds *bounds, int64_t least, int64_t most)
{
	assert_true(least <= most);
	bounds->least[bounds->count] = later(least, 0);
	bounds->most[bounds->count++] = later(most, 0);
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* As the engine rounds them. */
static uint32_t bucket_of(int64_t ns)
{
	return lg_histogram_index(((uint64_t)ns + 500) / 1000);
}

static void assert_enclosed(const char *what, const struct lg_histogram *h, struct bounds *bounds)
{
	static const double points[] = {0.001, 10, 50, 90, 99, 99.9, 100};

	assert_int_equal(lg_histogram_count(h), bounds->count);
	qsort(bounds->least, bounds->count, sizeof *bounds->least, by_value);
	qsort(bounds->most, bounds->count, sizeof *bounds->most, by_value);
	for (size_t i = 0; i < COUNT_OF(points); i++) {
		uint64_t rank = (uint64_t)ceil(points[i] / 100 * (double)bounds->count - 1e-9) - 1;
		uint64_t got = lg_histogram_percentile(h, points[i]);

		assert_true(lg_histogram_index(got) >= bucket_of(bounds->least[rank]));
		assert_true(lg_histogram_index(got) <= bucket_of(bounds->most[rank]));
		if (points[i] >= 50)
			print_message("%-8s p%-5g server %10.3f ms, measured %10.3f ms, at most %10.3f ms\n",
			              what, points[i], (double)bounds->least[rank] / 1e6, (double)got / 1e3,
			              (double)bounds->most[rank] / 1e6);
	}
}

static int64_t stamp(const struct server *server, enum mark mark, uint64_t k)
{
	return server_instant(server, mark, k);
}

/* When request `k` was sent at the earliest: it was due, and the answer before it was there. */
static int64_t earliest(const struct server *server, uint64_t k, int64_t due)
{
	return later(due, k ? stamp(server, ANSWERED, k - 1) : 0);
}

static int64_t latest(const struct server *server, uint64_t k)
{
	return k + 1 < server_count(server, REQUESTED) ? stamp(server, REQUESTED, k + 1) : now_ns();
}

static struct bounds *service_bounds(const struct server *server, const struct lg_result *result, double rate)
{
	struct bounds *bounds = calloc(1, sizeof *bounds);

	assert_non_null(bounds);
	for (uint64_t k = 0; k < server_count(server, ANSWERED); k++) {
		int64_t due = result->started + (rate > 0 ? (int64_t)(1e9 * (double)k / rate) - 1 : 0);

		bound(bounds, stamp(server, ANSWERED, k) - stamp(server, REQUESTED, k),
		      latest(server, k) - earliest(server, k, due));
	}
	return bounds;
}

static void finish(struct lg_run *run, struct server *server, uint64_t requests, struct lg_result **ret)
{
	while (!load_look(run).finished)
		sleep_ms(1);
	*ret = load_finish(run, 60 * MINUTE);
	assert_int_equal(server_count(server, ANSWERED), requests);
	assert_int_equal(lg_histogram_count((*ret)->whole), requests);
}

static void serve(const struct behaviour *behaviour, uint64_t requests)
{
	struct server *server = server_start(behaviour);
	struct lg_plan plan = {.url = server_url(server), .vus = 1, .requests = requests};
	struct lg_result *result;
	struct bounds *bounds;

	finish(load_start(&plan), server, requests, &result);
	bounds = service_bounds(server, result, 0);
	assert_enclosed("service", result->whole, bounds);
	free(bounds);
	lg_result_free(result);
	server_stop(server);
}

static void test_fixed(void **state)
{
	(void)state;
	serve(&(struct behaviour){.delay_ms = 20}, 60);
}

/* p50, p99 and p99.9 of a thousand lie in three places. */
static int in_modes(uint64_t n)
{
	return n % 400 == 50 ? 80 : n % 40 == 10 ? 20 : 0;
}

static void test_modes(void **state)
{
	(void)state;
	serve(&(struct behaviour){.delay_of = in_modes}, 1000);
}

/* ---- stalls ---------------------------------------------------------------- */

#define RATE   200
#define STALLS 3

struct stall {
	int64_t begin, end; /* no answer left in between */
};

static void stall(struct server *server, struct stall *ret)
{
	server_hold(server, true);
	ret->begin = now_ns();
	sleep_ms(200);
	ret->end = now_ns();
	server_hold(server, false);
}

/*
 * Of the starts that are due in a stall, R times its length, none is answered before its end: R (S - x) wait
 * for x or more, whatever else the machine does.
 */
static void assert_stalls_show(const struct lg_histogram *h, const struct stall *stalls)
{
	for (int64_t x = 20 * MS; x < 200 * MS; x += 20 * MS) {
		uint64_t slower = lg_histogram_count(h) - lg_histogram_count_to(h, (uint64_t)(x / 1000) - 1);
		double wanted = 0;

		for (int i = 0; i < STALLS; i++) /* less one at its edge, and what shares a count with x */
			wanted += RATE * (double)(stalls[i].end - stalls[i].begin - x - x / 1000) / 1e9 - 1;
		assert_true((double)slower >= wanted);
	}
}

static void test_stalls(void **state)
{
	enum { COUNT = 600 };
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server),
	                       .model = LG_RATE,
	                       .rate = RATE,
	                       .vus = 1,
	                       .late = LG_QUEUE,
	                       .requests = COUNT};
	struct lg_run *run = load_start(&plan);
	struct bounds *service, *response = calloc(1, sizeof *response), *lag = calloc(1, sizeof *lag);
	struct stall stalls[STALLS];
	struct lg_result *result;

	(void)state;
	assert_true(response && lag);
	for (int i = 0; i < STALLS; i++) {
		load_await_done(run, (uint64_t)(i + 1) * 100); /* a stall in about 0.7 s */
		stall(server, &stalls[i]);
	}
	finish(run, server, COUNT, &result);
	service = service_bounds(server, result, RATE);
	for (uint64_t k = 0; k < COUNT; k++) {
		int64_t due = result->started + (int64_t)k * SECOND / RATE;

		bound(response, stamp(server, ANSWERED, k) - due - 1, latest(server, k) - due + 1);
		bound(lag, earliest(server, k, due - 1) - due - 1, stamp(server, REQUESTED, k) - due + 1);
	}
	assert_enclosed("service", result->service[LG_BEFORE], service);
	assert_enclosed("response", result->response[LG_BEFORE], response);
	assert_enclosed("lag", result->lag[LG_BEFORE], lag);
	assert_stalls_show(result->response[LG_BEFORE], stalls);
	free(service);
	free(response);
	free(lag);
	lg_result_free(result);
	server_stop(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_fixed),
		leaves_nothing(test_modes),
		leaves_nothing(test_stalls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
