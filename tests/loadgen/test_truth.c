/*
 * Are the figures true? The engine runs against a server whose times are known to the nanosecond (virtual.h),
 * and its histograms are held against them bucket by bucket. What a stall of the server does to latencies is
 * worked out here by the theory of queues, once in closed form and once start by start.
 */
#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "load.h"
#include "loadgen/histogram.h"
#include "loadgen/stats.h"
#include "virtual.h"

/* As the engine rounds them. */
static uint64_t to_us(int64_t ns)
{
	return ((uint64_t)ns + 500) / 1000;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The histogram is that of these times: count by count, hence at every percentile. Sorts them. */
static void assert_holds(const struct lg_histogram *h, int64_t *times, uint64_t count)
{
	static const double points[] = {0.001, 50, 90, 95, 99, 99.9, 99.99, 100};
	static uint64_t wanted[LG_HISTOGRAM_COUNTS];

	assert_int_equal(lg_histogram_count(h), count);
	for (uint32_t i = 0; i < LG_HISTOGRAM_COUNTS; i++)
		wanted[i] = 0;
	for (uint64_t i = 0; i < count; i++)
		wanted[lg_histogram_index(to_us(times[i]))]++;
	for (uint32_t i = 0; i < LG_HISTOGRAM_COUNTS; i++)
		assert_int_equal(lg_counter_get(&h->counts[i]), wanted[i]);
	qsort(times, count, sizeof *times, by_value);
	for (size_t i = 0; i < COUNT_OF(points); i++) {
		uint64_t rank = (uint64_t)ceil(points[i] / 100 * (double)count - 1e-9);
		uint64_t exact = to_us(times[rank - 1]), got = lg_histogram_percentile(h, points[i]);

		assert_int_equal(lg_histogram_index(got), lg_histogram_index(exact));
		assert_true(got >= exact && (double)got <= (double)exact * (1 + 1.0 / 1024));
	}
}

/* Fills and returns times of the last run's requests: what the server itself took for each. */
static int64_t *service_times(uint64_t *ret_count)
{
	static int64_t times[VIRTUAL_REQUESTS];
	const struct virtual_request *requests = virtual_requests(ret_count);

	for (uint64_t i = 0; i < *ret_count; i++)
		times[i] = requests[i].done - requests[i].came;
	return times;
}

static void assert_service_is_true(const struct lg_result *result)
{
	uint64_t count;
	int64_t *times = service_times(&count);

	assert_holds(result->whole, times, count);
}

#define FIXED 12345678LL

static struct virtual_request serve_fixed(uint64_t n, int64_t came)
{
	(void)n;
	return (struct virtual_request){came, came + FIXED / 3, came + FIXED};
}

static void test_fixed(void **state)
{
	struct lg_plan plan = {.vus = 3, .requests = 3000};
	struct lg_result *result = virtual_run(&plan, serve_fixed, 0, 0);
	uint64_t bucket = lg_histogram_index(to_us(FIXED));

	(void)state;
	assert_service_is_true(result);
	assert_int_equal(lg_histogram_percentile(result->whole, 50),
	                 lg_histogram_highest_at((uint32_t)bucket));
	assert_int_equal(lg_histogram_min(result->whole), lg_histogram_lowest_at((uint32_t)bucket));
	assert_int_equal(lg_histogram_max(result->whole), lg_histogram_highest_at((uint32_t)bucket));
	assert_null(result->response[LG_BEFORE]); /* users that wait have no schedule */
	lg_result_free(result);
}

/* 95 of 100 take 2 ms and more, 49 of 1000 40 ms, 1 of 1000 700 ms: p50, p99 and p99.9 lie in three places,
 * and within each no two requests take the same. */
static struct virtual_request serve_modes(uint64_t n, int64_t came)
{
	uint64_t turn = n * 7919 % 1000;
	int64_t mode = turn < 1 ? 700 * MS : turn < 50 ? 40 * MS : 2 * MS;
	int64_t took = mode + mode / 1000 * (int64_t)(n * 2654435761U % 997) + (int64_t)(n % 613);

	return (struct virtual_request){came, came + took / 2, came + took};
}

static void test_modes(void **state)
{
	struct lg_plan plan = {.vus = 16, .requests = 40000};
	struct lg_result *result = virtual_run(&plan, serve_modes, 0, 0);
	static int64_t waiting[VIRTUAL_REQUESTS], receiving[VIRTUAL_REQUESTS];
	uint64_t count;
	const struct virtual_request *requests = virtual_requests(&count);

	(void)state;
	assert_int_equal(count, 40000);
	assert_service_is_true(result);
	assert_true(lg_histogram_percentile(result->whole, 50) < 4000 &&
	            lg_histogram_percentile(result->whole, 99) >= 40000 &&
	            lg_histogram_percentile(result->whole, 99.9) < 80000 &&
	            lg_histogram_percentile(result->whole, 99.95) >= 700000);
	for (uint64_t i = 0; i < count; i++) {
		waiting[i] = requests[i].first - requests[i].came;
		receiving[i] = requests[i].done - requests[i].first;
	}
	assert_holds(result->waiting, waiting, count);
	assert_holds(result->receiving, receiving, count);
	assert_int_equal(lg_histogram_max(result->sending), 0);
	lg_result_free(result);
}

/* A rate with users enough: every request leaves when it is due, and the three latencies tell one story. */
static void test_rate(void **state)
{
	enum { RATE = 1000 };
	struct lg_plan plan = {.model = LG_RATE, .rate = RATE, .vus = 1000, .requests = 30000};
	struct lg_result *result = virtual_run(&plan, serve_modes, 0, 0);
	uint64_t count;
	const struct virtual_request *requests = virtual_requests(&count);
	int64_t *times = service_times(&count);

	(void)state;
	assert_int_equal(lg_counts_sum(result).dropped, 0);
	for (uint64_t i = 0; i < count; i++)
		assert_true(llabs(requests[i].came - (int64_t)i * SECOND / RATE) <= 1);
	assert_holds(result->response[LG_BEFORE], times, count);
	assert_holds(result->service[LG_BEFORE], times, count);
	assert_int_equal(lg_histogram_max(result->lag[LG_BEFORE]), 0);
	lg_result_free(result);
}

/* The window takes what is done inside it, to the request. */
static void test_window(void **state)
{
	enum { RATE = 500 };
	const int64_t begin = 5 * SECOND + 1, end = 20 * SECOND;
	struct lg_plan plan = {.model = LG_RATE, .rate = RATE, .vus = 1000, .requests = 15000};
	struct lg_result *result = virtual_run(&plan, serve_modes, begin, end);
	static int64_t phases[LG_PHASES][VIRTUAL_REQUESTS];
	uint64_t counts[LG_PHASES] = {0}, count;
	const struct virtual_request *requests = virtual_requests(&count);

	(void)state;
	for (uint64_t i = 0; i < count; i++) {
		int64_t done = requests[i].done;
		int phase = done < begin ? LG_BEFORE : done < end ? LG_WINDOW : LG_AFTER;

		phases[phase][counts[phase]++] = done - requests[i].came;
	}
	for (int i = 0; i < LG_PHASES; i++) {
		assert_int_equal(result->counts[i].requests, counts[i]);
		assert_holds(result->service[i], phases[i], counts[i]);
	}
	lg_result_free(result);
}

/* ---- a stall of a second in every ten ------------------------------------------------------------- */

enum { RATE = 200, USERS = 2, TURNS = 6, STARTS = TURNS * 10 * RATE };

#define EVERY (10 * SECOND)
#define STALL (1 * SECOND)
#define TOOK  (1 * MS)

/* From 5 s to 6 s of every 10 nothing is served; what has come by then is served at its end. */
static int64_t served_from(int64_t came)
{
	int64_t into = came % EVERY - EVERY / 2;

	return into >= 0 && into < STALL ? came - into + STALL : came;
}

static struct virtual_request serve_stalls(uint64_t n, int64_t came)
{
	int64_t done = served_from(came) + TOOK;

	(void)n;
	/* one that is being served when the stall begins is not done before it ends */
	if (served_from(done) != done)
		done = served_from(done) + TOOK;
	return (struct virtual_request){came, done, done};
}

/* Start by start (Lindley): each goes to the user who is free first. */
static void queue_starts(int64_t service[STARTS], int64_t response[STARTS])
{
	int64_t free[USERS] = {0};

	for (uint64_t i = 0; i < STARTS; i++) {
		int user = free[1] < free[0];
		int64_t due = (int64_t)i * SECOND / RATE, sent = free[user] > due ? free[user] : due;

		free[user] = serve_stalls(i, sent).done;
		service[i] = free[user] - sent;
		response[i] = free[user] - due;
	}
}

static uint64_t count_from(const struct lg_histogram *h, int64_t ns)
{
	return lg_histogram_count(h) - lg_histogram_count_to(h, to_us(ns) - 1);
}

/*
 * In closed form. A start that is due u into the stall S waits for the rest of it, S - u, and then for those
 * before it, of whom R u came in the stall and are served by c users at c / t a second: its response is S - u
 * (1 - R t / c). So R (S - x) / (1 - R t / c) of them have one of x or more: as many as are due in the stall,
 * falling in a straight line. What it leaves out is c starts at each end.
 */
static double slower_than(int64_t x)
{
	double load = RATE * (double)TOOK / SECOND / USERS;

	return RATE * (double)(STALL - x) / SECOND / (1 - load);
}

static void test_stall_in_response(void **state)
{
	struct lg_plan plan = {
		.model = LG_RATE, .rate = RATE, .vus = USERS, .late = LG_QUEUE, .requests = STARTS};
	struct lg_result *result = virtual_run(&plan, serve_stalls, 0, 0);
	static int64_t service[STARTS], response[STARTS];
	const struct lg_histogram *h = result->response[LG_BEFORE];
	double hundredth =
		(double)STALL / 1000 - 1e6 * 0.01 * STARTS / TURNS / RATE * (1 - 1.0 * RATE / 1000 / USERS);

	(void)state;
	queue_starts(service, response);
	assert_holds(h, response, STARTS);
	assert_holds(result->service[LG_BEFORE], service, STARTS);
	for (int64_t x = STALL / 10; x < STALL; x += STALL / 10)
		assert_true(fabs((double)count_from(h, x) / TURNS - slower_than(x)) <= 2 * USERS);
	assert_true(fabs((double)lg_histogram_percentile(h, 99) - hundredth) <= 2e6 * USERS / RATE);
	/* two answers a stall were slow, so that 99.9 % of the service latencies never heard of it */
	h = result->service[LG_BEFORE];
	assert_int_equal(count_from(h, STALL / 10), TURNS * USERS);
	assert_true(lg_histogram_percentile(h, 99.9) <= 1001);
	lg_result_free(result);
}

/* The same starts, given up where no user is free: all that are due in the stall but those that hold the
 * users. */
static void test_stall_in_drops(void **state)
{
	struct lg_plan plan = {.model = LG_RATE, .rate = RATE, .vus = USERS, .requests = STARTS};
	struct lg_result *result = virtual_run(&plan, serve_stalls, 0, 0);
	struct lg_counts sum = lg_counts_sum(result);
	int64_t *times;
	uint64_t count;

	(void)state;
	times = service_times(&count);
	assert_int_equal(sum.requests + sum.dropped, STARTS);
	/* the one that is due as the stall ends still finds them waiting for their answers */
	assert_int_equal(sum.dropped, TURNS * (RATE * STALL / SECOND + 1 - USERS));
	assert_holds(result->response[LG_BEFORE], times, count);
	lg_result_free(result);
}

/* Stopped in the middle of a stall: what is due and waits for a user is said, and is in no figure. */
static void test_stall_at_the_end(void **state)
{
	struct lg_plan plan = {.model = LG_RATE, .rate = RATE, .vus = USERS, .late = LG_QUEUE};
	struct lg_result *result = virtual_run_until(&plan, serve_stalls, EVERY / 2 + STALL / 2, 0);

	(void)state;
	assert_int_equal(result->censored, USERS);
	assert_int_equal(result->unsent, RATE / 2 - USERS);
	assert_int_equal(lg_counts_sum(result).requests, 5 * RATE);
	assert_int_equal(lg_histogram_count(result->response[LG_BEFORE]), 5 * RATE);
	lg_result_free(result);
}

/* Users enough: those that are due in the stall are sent then, and wait in service as well. */
static void test_stall_with_users_enough(void **state)
{
	struct lg_plan plan = {.model = LG_RATE, .rate = RATE, .vus = 2 * RATE, .requests = STARTS};
	struct lg_result *result = virtual_run(&plan, serve_stalls, 0, 0);
	uint64_t count;
	int64_t *times = service_times(&count);

	(void)state;
	assert_int_equal(count, STARTS);
	assert_holds(result->response[LG_BEFORE], times, count);
	assert_holds(result->service[LG_BEFORE], times, count);
	for (int64_t x = STALL / 10; x < STALL; x += STALL / 10)
		assert_true(fabs((double)count_from(result->service[LG_BEFORE], x) / TURNS -
		                 RATE * (double)(STALL + TOOK - x) / SECOND) <= 1);
	lg_result_free(result);
}

/* Users that wait hide the stall: one slow answer each. With an interval that is expected of them, what they
 * kept from being sent is put back (one for each interval of a slow answer). */
static void test_stall_in_closed_model(void **state)
{
	const int64_t interval = 5 * MS;
	struct lg_plan plan = {
		.vus = USERS, .think = 4 * MS, .requests = STARTS, .expected_interval = interval};
	struct lg_result *result = virtual_run(&plan, serve_stalls, 0, 0);
	static int64_t corrected[VIRTUAL_REQUESTS];
	uint64_t count, all = 0, slow = 0;
	int64_t *times = service_times(&count);

	(void)state;
	for (uint64_t i = 0; i < count; i++) {
		slow += times[i] >= STALL / 10;
		corrected[all++] = times[i];
		for (int64_t left = times[i] - interval; left >= interval; left -= interval)
			corrected[all++] = left;
	}
	assert_true(slow >= TURNS - 3 && slow % USERS == 0);
	assert_holds(result->response[LG_BEFORE], corrected, all);
	assert_int_equal(count_from(result->whole, STALL / 10), slow);
	assert_holds(result->service[LG_BEFORE], times, count);
	lg_result_free(result);
}

/* ---- what has no latency, or none that fits --------------------------------------------------- */

#define HOUR (60 * MINUTE)

/* An hour fits, to the microsecond; what is longer does not, and is not lost. */
static void test_over_range(void **state)
{
	const struct lg_plan plan = {.model = LG_RATE};
	const int64_t times[] = {HOUR, HOUR + 499, HOUR + 500, 5 * HOUR};
	struct lg_stats stats;

	(void)state;
	assert_int_equal(lg_stats_init(&stats, &plan), 0);
	lg_stats_begin(&stats, 1);
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		int64_t due = SECOND, sent = due + 2 * HOUR * (i == 3), done = sent + times[i];

		lg_stats_answer(&stats, &(struct lg_answer){.status = 200,
		                                            .good_status = true,
		                                            .good_body = true,
		                                            .scheduled = due,
		                                            .sent = sent,
		                                            .flushed = sent,
		                                            .first = done,
		                                            .done = done});
	}
	assert_int_equal(lg_histogram_count(stats.latencies[LG_BEFORE].service[2]), 4);
	assert_int_equal(lg_histogram_over_range(stats.latencies[LG_BEFORE].service[2]), 2);
	assert_int_equal(lg_histogram_over_range(stats.latencies[LG_BEFORE].response), 2);
	assert_int_equal(lg_histogram_count(stats.latencies[LG_BEFORE].lag), 4);
	assert_int_equal(lg_histogram_over_range(stats.latencies[LG_BEFORE].lag), 1);
	lg_stats_release(&stats);
}

static struct virtual_request serve_for_hours(uint64_t n, int64_t came)
{
	int64_t took = n % 4 ? SECOND : HOUR + (int64_t)n * MINUTE;

	return (struct virtual_request){came, came + took, came + took};
}

/* In flight at the end: counted, and in no histogram; with grace enough they are done. */
static void test_censored(void **state)
{
	struct lg_plan plan = {.model = LG_RATE, .rate = 10, .vus = 100};
	struct lg_result *result;
	uint64_t came;

	(void)state;
	result = virtual_run_until(&plan, serve_for_hours, 10 * SECOND - 1, 0);
	virtual_requests(&came);
	assert_int_equal(came, 100);
	/* every fourth lasts for hours; of the others those of the last second are not done */
	assert_int_equal(result->censored, 25 + 8);
	assert_int_equal(lg_histogram_count(result->whole), 100 - 33);
	assert_int_equal(lg_counts_sum(result).requests, 100 - 33);
	lg_result_free(result);
	result = virtual_run_until(&plan, serve_for_hours, 10 * SECOND - 1, SECOND);
	assert_int_equal(result->censored, 25);
	assert_int_equal(result->unsent, 0);
	assert_int_equal(lg_histogram_count(result->whole), 75);
	lg_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_fixed),
		leaves_nothing(test_modes),
		leaves_nothing(test_rate),
		leaves_nothing(test_window),
		leaves_nothing(test_stall_in_response),
		leaves_nothing(test_stall_in_drops),
		leaves_nothing(test_stall_at_the_end),
		leaves_nothing(test_stall_with_users_enough),
		leaves_nothing(test_stall_in_closed_model),
		leaves_nothing(test_over_range),
		leaves_nothing(test_censored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
