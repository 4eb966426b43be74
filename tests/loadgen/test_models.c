/*
 * The models of the load, against what the server saw. Instants are compared with instants, and times only
 * from below.
 */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "server.h"

static void await_finished(struct lg_run *run)
{
	while (!load_look(run).finished)
		sleep_ms(1);
}

static struct lg_result *run_to_end(const struct lg_plan *plan)
{
	struct lg_run *run = load_start(plan);

	await_finished(run);
	return load_finish(run, 60 * MINUTE);
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* No start is early, and all of them are made. */
static void test_rate_keeps_its_schedule(void **state)
{
	enum { COUNT = 600, RATE = 1000 };
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server),
	                       .model = LG_RATE,
	                       .rate = RATE,
	                       .vus = 4,
	                       .max_vus = 700,
	                       .threads = 2,
	                       .requests = COUNT};
	struct lg_result *result = run_to_end(&plan);
	struct lg_counts sum = lg_counts_sum(result);
	static int64_t instants[COUNT];

	(void)state;
	assert_int_equal(sum.requests + sum.dropped, COUNT);
	assert_int_equal(sum.dropped, 0);
	assert_int_equal(server_count(server, REQUESTED), COUNT);
	for (uint64_t i = 0; i < COUNT; i++)
		instants[i] = server_instant(server, REQUESTED, i);
	qsort(instants, COUNT, sizeof *instants, by_value);
	for (int64_t i = 0; i < COUNT; i++)
		assert_true(instants[i] >= result->started + i * SECOND / RATE);
	assert_int_equal(lg_histogram_count(result->lag[LG_BEFORE]), COUNT);
	assert_int_equal(lg_histogram_count(result->response[LG_BEFORE]), COUNT);
	for (double p = 0; p <= 100; p += 5)
		assert_true(lg_histogram_percentile(result->response[LG_BEFORE], p) >=
		            lg_histogram_percentile(result->service[LG_BEFORE], p));
	lg_result_free(result);
	server_stop(server);
}

/* One VU, answers after 40 ms, a start every 10 ms. */
static struct lg_result *run_late(enum lg_late late, struct server **ret)
{
	struct lg_plan plan = {.model = LG_RATE, .rate = 100, .vus = 1, .late = late, .requests = 20};

	*ret = server_start(&(struct behaviour){.delay_ms = 40});
	plan.url = server_url(*ret);
	return run_to_end(&plan);
}

static void test_late_starts_are_dropped(void **state)
{
	struct server *server;
	struct lg_result *result = run_late(LG_DROP, &server);
	struct lg_counts sum = lg_counts_sum(result);

	(void)state;
	assert_int_equal(sum.requests + sum.dropped, 20);
	/* the first is due at 0, the last at 190 ms: five answers of 40 ms fit in between, and there is one
	 * VU */
	assert_true(sum.dropped >= 14);
	assert_int_equal(server_count(server, REQUESTED), sum.requests);
	lg_result_free(result);
	server_stop(server);
}

static void test_late_starts_queue(void **state)
{
	struct server *server;
	struct lg_result *result = run_late(LG_QUEUE, &server);
	struct lg_counts sum = lg_counts_sum(result);

	(void)state;
	assert_int_equal(sum.requests, 20);
	assert_int_equal(sum.dropped, 0);
	/* the last, due at 190 ms, is done no sooner than 20 answers after the beginning */
	assert_true(lg_histogram_max(result->response[LG_BEFORE]) >= 800000 - 190000);
	assert_true(lg_histogram_max(result->lag[LG_BEFORE]) >= 760000 - 190000);
	lg_result_free(result);
	server_stop(server);
}

static void test_stages_rise_hold_and_fall(void **state)
{
	const struct lg_stage stages[] = {{100 * MS, 6}, {20 * MS, 6}, {100 * MS, 1}};
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server),
	                       .vus = 6,
	                       .threads = 2,
	                       .think = MS,
	                       .stages = stages,
	                       .stage_count = 3};
	struct lg_run *run = load_start(&plan);
	struct lg_snapshot snapshot;

	(void)state;
	load_await_vus(run, 6);
	sleep_ms(300);
	snapshot = load_look(run);
	assert_true(snapshot.ramp_done);
	assert_false(snapshot.stages_done);
	assert_int_equal(snapshot.vus, 6); /* held, although the plateau's own 20 ms are long over */
	lg_release(run);
	load_await_vus(run, 1);
	while (!load_look(run).stages_done)
		sleep_ms(1);
	assert_int_equal(load_look(run).vus, 1);
	lg_release(run); /* again: nothing */
	lg_result_free(load_finish(run, 60 * MINUTE));
	server_stop(server);
}

static void test_rate_changes(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {
		.url = server_url(server), .model = LG_RATE, .rate = 1, .vus = 1, .max_vus = 500};
	struct lg_run *run = load_start(&plan);
	uint64_t done;

	(void)state;
	load_await_done(run, 1);
	lg_set_rate(run, 2000);
	load_await_done(
		run, 300); /* at the old rate this would take five minutes, and the test's own time with it */
	lg_set_rate(run, 0.001);
	sleep_ms(50); /* the change lies 20 ms ahead */
	load_await_in_flight(run, 0);
	done = load_look(run).total.requests;
	sleep_ms(100);
	assert_true(load_look(run).total.requests <= done + 1);
	lg_result_free(load_finish(run, 60 * MINUTE));
	server_stop(server);
}

static void test_requests_are_counted_out(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 7, .threads = 3, .requests = 1001};
	struct lg_result *result = run_to_end(&plan);

	(void)state;
	assert_int_equal(lg_counts_sum(result).requests, 1001);
	assert_int_equal(server_count(server, ANSWERED), 1001);
	assert_int_equal(result->censored, 0);
	lg_result_free(result);
	server_stop(server);
}

/* Two servers, three requests to the one for each to the other. */
static void test_targets_by_weight(void **state)
{
	struct server *a = server_start(&(struct behaviour){0}), *b = server_start(&(struct behaviour){0});
	const struct lg_target targets[] = {{.url = server_url(a), .weight = 3}, {.url = server_url(b)}};
	struct lg_plan plan = {
		.targets = targets, .target_count = 2, .vus = 3, .threads = 1, .requests = 400};
	struct lg_result *result = run_to_end(&plan);

	(void)state;
	assert_int_equal(server_count(a, ANSWERED), 300);
	assert_int_equal(server_count(b, ANSWERED), 100);
	assert_int_equal(result->connections, server_count(a, ACCEPTED) + server_count(b, ACCEPTED));
	assert_true(result->connections <= 6);
	lg_result_free(result);
	server_stop(a);
	server_stop(b);
}

static void test_no_keepalive(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 3, .no_keepalive = true, .requests = 60};
	struct lg_result *result = run_to_end(&plan);

	(void)state;
	assert_int_equal(result->connections, 60);
	assert_int_equal(server_count(server, ACCEPTED), 60);
	assert_says(server_last_head(server), "\r\nConnection: close\r\n");
	assert_int_equal(lg_counts_sum(result).failed, 0);
	lg_result_free(result);
	server_stop(server);
}

/* Answers are "hello", a byte at a time. */
static struct lg_counts expect(const char *status, const char *body, const char *answer)
{
	struct server *server = server_start(&(struct behaviour){.drip = true, .answer = answer});
	struct lg_plan plan = {.url = server_url(server),
	                       .vus = 2,
	                       .requests = 20,
	                       .expect = {.status = status, .body = body}};
	struct lg_run *run = load_start(&plan);
	struct lg_result *result;
	struct lg_counts sum;

	await_finished(run);
	result = lg_finish(run); /* load_check() is for runs that expect nothing of their own */
	sum = lg_counts_sum(result);
	assert_int_equal(sum.requests, 20);
	lg_result_free(result);
	server_stop(server);
	return sum;
}

static void test_expectations(void **state)
{
	static const char missing[] = "HTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n";
	struct lg_counts sum = expect(NULL, NULL, NULL);

	(void)state;
	assert_int_equal(sum.failed, 0);
	sum = expect("200", "hell", NULL);
	assert_int_equal(sum.failed, 0);
	assert_int_equal(sum.checks[LG_CHECK_BODY][1], 20);
	sum = expect("2xx,404", "help", NULL);
	assert_int_equal(sum.failed, 20);
	assert_int_equal(sum.errors[LG_ERROR_CHECK], 20);
	assert_int_equal(sum.checks[LG_CHECK_BODY][0], 20);
	assert_int_equal(sum.checks[LG_CHECK_STATUS][1], 20);
	sum = expect("204,3xx", NULL, NULL);
	assert_int_equal(sum.failed, 20);
	assert_int_equal(sum.checks[LG_CHECK_STATUS][0], 20);
	sum = expect("404", NULL, missing);
	assert_int_equal(sum.failed, 0);
	assert_int_equal(sum.status[4], 20);
	sum = expect(NULL, NULL, missing);
	assert_int_equal(sum.failed, 20);
	assert_int_equal(sum.errors[LG_ERROR_CHECK], 0); /* its status has said it already */
}

/* Closed model: one answer of 20 intervals stands for the 19 that it kept from being sent. */
static void test_expected_interval(void **state)
{
	struct server *server = server_start(&(struct behaviour){.delay_ms = 200});
	struct lg_plan plan = {
		.url = server_url(server), .vus = 1, .requests = 3, .expected_interval = 10 * MS};
	struct lg_result *result = run_to_end(&plan);
	uint64_t service = lg_histogram_count(result->service[LG_BEFORE]);

	(void)state;
	assert_int_equal(service, 3);
	assert_true(lg_histogram_count(result->response[LG_BEFORE]) >= 3 * 19);
	assert_true(lg_histogram_min(result->response[LG_BEFORE]) >= 10000 - 8);
	lg_result_free(result);
	server_stop(server);
}

/* A look in mid-run is a part of the result, and what came after it is the rest. */
static void test_look(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 4, .threads = 2};
	struct lg_run *run = load_start(&plan);
	struct lg_result *early, *late;
	uint64_t before, after;

	(void)state;
	load_await_done(run, 100);
	early = lg_look(run);
	before = lg_histogram_count(early->whole);
	load_await_done(run, 2 * lg_counts_sum(early).requests);
	late = load_finish(run, 60 * MINUTE);
	after = lg_histogram_count(late->whole);
	assert_true(before >= 100 - 4 && after > before);
	assert_true(lg_counts_sum(late).requests >= lg_counts_sum(early).requests);
	lg_histogram_subtract(late->whole, early->whole);
	assert_int_equal(lg_histogram_count(late->whole), after - before);
	lg_result_free(early);
	lg_result_free(late);
	server_stop(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_rate_keeps_its_schedule),
		leaves_nothing(test_late_starts_are_dropped),
		leaves_nothing(test_late_starts_queue),
		leaves_nothing(test_stages_rise_hold_and_fall),
		leaves_nothing(test_rate_changes),
		leaves_nothing(test_requests_are_counted_out),
		leaves_nothing(test_targets_by_weight),
		leaves_nothing(test_no_keepalive),
		leaves_nothing(test_expectations),
		leaves_nothing(test_expected_interval),
		leaves_nothing(test_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
