/*
 * What the engine counts, against what the server counts. No test knows how fast
 * the machine is: instants are compared with instants, and delays only from below.
 */
#include "test.h"

#include <string.h>

#include "load.h"
#include "server.h"

#define ANSWER_SIZE strlen("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

/* Every answer that the server gave is in the result, and nothing else. */
static void assert_agree(const struct lg_result *result, const struct server *server)
{
	struct lg_counts sum = lg_counts_sum(result);
	uint64_t answers = server_count(server, ANSWERED);

	assert_int_equal(sum.requests, answers);
	assert_int_equal(sum.requests, server_count(server, REQUESTED));
	assert_int_equal(sum.status[2], answers);
	assert_int_equal(sum.failed, 0);
	assert_int_equal(sum.bytes_received, answers * ANSWER_SIZE);
	assert_int_equal(sum.bytes_sent, answers * strlen(server_last_head(server)));
	assert_int_equal(result->censored, 0);
	assert_int_equal(result->connections, server_count(server, ACCEPTED));
	assert_int_equal(lg_histogram_count(result->connect), result->connections);
	assert_int_equal(server_faults(server), 0);
}

static void count_with(unsigned threads, unsigned vus)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = vus, .threads = threads};
	struct lg_result *result = load_run(&plan, 400);

	assert_agree(result, server);
	assert_int_equal(result->connections, vus);
	assert_int_equal(result->thread_count, threads);
	lg_result_free(result);
	server_stop(server);
}

static void test_counts(void **state)
{
	(void)state;
	count_with(1, 1);
	count_with(1, 8);
	count_with(3, 8);
	count_with(8, 8);
}

/* The last look at a run that has come to rest is the result. */
static void test_snapshot_is_the_result(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 5, .threads = 2};
	struct lg_run *run = load_start(&plan);
	struct lg_snapshot last = load_look(run), next;
	struct lg_result *result;
	struct lg_counts sum;

	(void)state;
	while (last.total.requests < 300) {
		next = load_look(run);
		assert_true(next.now >= last.now && next.total.requests >= last.total.requests);
		assert_true(next.total.bytes_received >= last.total.bytes_received);
		assert_true(next.vus <= 5 && next.in_flight <= 5);
		assert_true(next.busiest_thread >= 0 && next.busiest_thread <= 1);
		last = next;
	}
	lg_stop(run, 60 * MINUTE);
	load_await_vus(run, 0);
	last = load_look(run);
	result = load_finish(run, 60 * MINUTE);
	sum = lg_counts_sum(result);
	assert_memory_equal(&sum, &last.total, sizeof sum);
	assert_int_equal(last.in_flight, 0);
	assert_string_equal(last.last_error, "");
	lg_result_free(result);
	server_stop(server);
}

/* `recent` is of what came since the look before, 0 when nothing did. */
static void test_snapshot_recent(void **state)
{
	struct server *server = server_start(&(struct behaviour){.delay_ms = 20});
	struct lg_plan plan = {.url = server_url(server), .vus = 2, .threads = 2};
	struct lg_run *run = load_start(&plan);
	struct lg_snapshot look;

	(void)state;
	do
		look = load_look(run);
	while (!look.recent_p50);
	assert_true(look.recent_p50 >= 20000 && look.recent_p99 >= look.recent_p50);
	server_hold(server, true);
	load_await_done(run, server_count(server, ANSWERED));
	load_await_in_flight(run, 2);
	load_look(run);
	look = load_look(run);
	assert_int_equal(look.recent_p50, 0);
	assert_int_equal(look.recent_p99, 0);
	server_hold(server, false);
	lg_result_free(load_finish(run, 60 * MINUTE));
	server_stop(server);
}

/* Until the engine has taken note of every answer; none leaves while the server is held. */
static uint64_t settle(struct server *server, struct lg_run *run)
{
	server_hold(server, true);
	load_await_done(run, server_count(server, ANSWERED));
	return server_count(server, ANSWERED);
}

static int64_t soon(void)
{
	return now_ns() + 2 * LG_WINDOW_LEAD;
}

/* Both edges pass while no answer is under way: the counts must be the server's own. */
static void window_while_held(unsigned threads)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 8, .threads = threads};
	struct lg_run *run = load_start(&plan);
	struct lg_result *result;
	uint64_t before, inside;
	int64_t begin, end;

	load_await_done(run, 100);
	before = settle(server, run);
	begin = soon();
	lg_set_window(run, begin, INT64_MAX);
	sleep_until(begin);
	server_hold(server, false);
	load_await_done(run, before + 200);
	inside = settle(server, run) - before;
	end = soon();
	lg_set_window(run, begin, end);
	sleep_until(end);
	server_hold(server, false);
	load_await_done(run, before + inside + 50);
	result = load_finish(run, 60 * MINUTE);
	assert_int_equal(result->counts[LG_BEFORE].requests, before);
	assert_int_equal(result->counts[LG_WINDOW].requests, inside);
	assert_int_equal(result->counts[LG_WINDOW].bytes_received, inside * ANSWER_SIZE);
	assert_int_equal(lg_histogram_count(result->service[LG_WINDOW]), inside);
	assert_agree(result, server);
	assert_true(result->window_begin == begin && result->window_end == end);
	lg_result_free(result);
	server_stop(server);
}

static void test_window(void **state)
{
	(void)state;
	window_while_held(1);
	window_while_held(4);
}

/*
 * With one VU: the answer n is sent, then done, and only then the request n+1
 * arrives. So the server's instants hold each done instant between two others.
 */
static void assert_done_before(const struct server *server, int64_t edge, uint64_t done)
{
	uint64_t least = 0, most = 0;

	for (uint64_t n = 0; n < server_count(server, ANSWERED); n++)
		most += server_instant(server, ANSWERED, n) < edge;
	for (uint64_t n = 1; n < server_count(server, REQUESTED); n++)
		least += server_instant(server, REQUESTED, n) < edge;
	if (done < least || done > most)
		fail_msg("%llu done before the edge, the server says %llu to %llu", (unsigned long long)done,
		         (unsigned long long)least, (unsigned long long)most);
}

static void test_window_in_traffic(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 1};
	struct lg_run *run = load_start(&plan);
	int64_t begin = now_ns() + 100 * MS, end = begin + 150 * MS;
	struct lg_result *result;
	uint64_t before;

	(void)state;
	lg_set_window(run, begin, end);
	sleep_until(end + 50 * MS);
	result = load_finish(run, 60 * MINUTE);
	before = result->counts[LG_BEFORE].requests;
	assert_true(server_count(server, REQUESTED) < SERVER_NOTES);
	assert_done_before(server, begin, before);
	assert_done_before(server, end, before + result->counts[LG_WINDOW].requests);
	assert_agree(result, server);
	lg_result_free(result);
	server_stop(server);
}

static void test_no_window(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 4, .threads = 2};
	struct lg_result *result = load_run(&plan, 50);

	(void)state;
	assert_int_equal(result->counts[LG_BEFORE].requests, lg_counts_sum(result).requests);
	assert_true(!result->window_begin && !result->window_end);
	lg_result_free(result);
	server_stop(server);
}

static void test_open_window(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 4, .threads = 2};
	struct lg_run *run = load_start(&plan);
	struct lg_result *result;
	uint64_t least, most;
	int64_t begin;

	(void)state;
	load_await_done(run, 50);
	least = load_look(run).total.requests;
	begin = soon();
	lg_set_window(run, begin, INT64_MAX);
	sleep_until(begin);
	most = settle(server, run);
	server_hold(server, false);
	load_await_done(run, most + 50);
	result = load_finish(run, 60 * MINUTE);
	assert_true(result->counts[LG_BEFORE].requests >= least);
	assert_true(result->counts[LG_BEFORE].requests <= most);
	assert_int_equal(result->counts[LG_AFTER].requests, 0);
	assert_true(result->window_begin == begin && !result->window_end);
	lg_result_free(result);
	server_stop(server);
}

static void test_seconds(void **state)
{
	struct server *server = server_start(&(struct behaviour){.delay_ms = 4});
	struct lg_plan plan = {.url = server_url(server), .vus = 1};
	struct lg_run *run = load_start(&plan);
	uint64_t done = 0;
	struct lg_result *result;

	(void)state;
	sleep_ms(2200);
	result = load_finish(run, 60 * MINUTE);
	assert_true(result->second_count >= 3);
	for (size_t i = 0; i < 2; i++) {
		done += result->seconds[i].requests;
		assert_done_before(server, result->seconds[i + 1].at, done);
		assert_int_equal(result->seconds[i].vus, 1);
		assert_int_equal(result->seconds[i].failed, 0);
	}
	assert_true(result->seconds[0].p50 >= 4000 && result->seconds[0].p99 >= result->seconds[0].p50);
	lg_result_free(result);
	server_stop(server);
}

/* No VU starts before its share of the ramp has passed; all do in the end. */
static void test_ramp(void **state)
{
	enum { VUS = 10 };
	const int64_t ramp = 400 * MS;
	struct server *server = server_start(&(struct behaviour){.silent = true});
	struct lg_plan plan = {.url = server_url(server), .vus = VUS, .threads = 3, .ramp = ramp};
	struct lg_run *run = load_start(&plan);
	int64_t done_at = 0;
	struct lg_result *result;

	(void)state;
	while (!done_at) {
		struct lg_snapshot look = load_look(run);

		assert_true(!look.ramp_done || look.vus == VUS);
		done_at = look.ramp_done ? look.now : 0;
		sleep_ms(1);
	}
	while (server_count(server, ACCEPTED) < VUS)
		sleep_ms(1);
	result = load_finish(run, 0);
	for (int64_t i = 0; i < VUS; i++)
		assert_true(server_instant(server, ACCEPTED, (uint64_t)i) >=
		            result->started + ramp * i / VUS);
	assert_true(done_at >= result->started + ramp);
	assert_true(result->ramp_ended >= result->started + ramp && result->ramp_ended <= result->stopped);
	assert_int_equal(result->censored, VUS);
	lg_result_free(result);
	server_stop(server);
}

static void test_think(void **state)
{
	const int64_t think = 30 * MS;
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 1, .think = think};
	struct lg_result *result = load_run(&plan, 8);

	(void)state;
	for (uint64_t n = 1; n < server_count(server, REQUESTED); n++)
		assert_true(server_instant(server, REQUESTED, n) >=
		            server_instant(server, ANSWERED, n - 1) + think);
	assert_int_equal(result->connections, 1);
	assert_agree(result, server);
	lg_result_free(result);
	server_stop(server);
}

static void test_threads(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 9, .threads = 6};
	unsigned before = count_threads();
	struct lg_run *run = load_start(&plan);
	struct lg_result *result;

	(void)state;
	assert_true(count_threads() >= before + 6);
	load_await_done(run, 20);
	result = load_finish(run, 60 * MINUTE);
	assert_int_equal(result->thread_count, 6);
	lg_result_free(result);
	plan.vus = 2;
	result = load_run(&plan, 20);
	assert_int_equal(result->thread_count, 2);
	assert_int_equal(result->connections, 2);
	lg_result_free(result);
	plan.threads = 0;
	result = load_run(&plan, 20);
	assert_true(result->thread_count <= 2);
	lg_result_free(result);
	server_stop(server);
}

/* A fixed delay is never undercut, and time does not come from nowhere. */
static void test_fixed_delay(void **state)
{
	struct server *server = server_start(&(struct behaviour){.delay_ms = 20});
	struct lg_plan plan = {.url = server_url(server), .vus = 1};
	struct lg_run *run = load_start(&plan);
	struct lg_result *result;
	double total, elapsed;

	(void)state;
	load_await_done(run, 20);
	lg_stop(run, 60 * MINUTE);
	load_await_vus(run, 0);
	elapsed = (double)now_ns();
	result = load_finish(run, 0);
	elapsed = (elapsed - (double)result->started) / 1000;
	total = lg_histogram_mean(result->whole) * (double)lg_histogram_count(result->whole);
	/* 20 ms is the lowest value of its bucket, and a bucket is at most a thousandth wide */
	assert_true(lg_histogram_min(result->whole) >= 20000);
	assert_true(total <= elapsed * 1.001);
	assert_int_equal(lg_histogram_over_range(result->whole), 0);
	assert_true(lg_histogram_min(result->connect) <= elapsed);
	lg_result_free(result);
	server_stop(server);
}

/* Rounds of 8, 16, 24, 32 ms: each quarter of the values is at least its own delay. */
static void test_known_delays(void **state)
{
	enum { ROUNDS = 6, DELAYS = 4 };
	struct server *server = server_start(&(struct behaviour){.delay_ms = 8, .delays = DELAYS});
	struct lg_plan plan = {.url = server_url(server), .vus = 1};
	struct lg_result *result = load_run(&plan, ROUNDS * DELAYS);
	uint64_t count = server_count(server, ANSWERED), seen = 0;

	(void)state;
	assert_int_equal(lg_histogram_count(result->whole), count);
	for (uint64_t delay = 1; delay <= DELAYS; delay++) {
		/* the values of this delay, and of all that are longer, come after the shorter ones */
		double percentile = 100.0 * ((double)seen + 0.5) / (double)count;

		assert_true(lg_histogram_percentile(result->whole, percentile) >= delay * 8000);
		seen += count / DELAYS + (count % DELAYS >= delay);
	}
	assert_int_equal(seen, count);
	lg_result_free(result);
	server_stop(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_counts),
		leaves_nothing(test_snapshot_is_the_result),
		leaves_nothing(test_snapshot_recent),
		leaves_nothing(test_window),
		leaves_nothing(test_window_in_traffic),
		leaves_nothing(test_no_window),
		leaves_nothing(test_open_window),
		leaves_nothing(test_seconds),
		leaves_nothing(test_ramp),
		leaves_nothing(test_think),
		leaves_nothing(test_threads),
		leaves_nothing(test_fixed_delay),
		leaves_nothing(test_known_delays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
