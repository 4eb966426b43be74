/* capacity.c and its neighbours: the search, driven by servers whose knee is known from theory. */
#include "tests/plugin/test.h"

#include <math.h>
#include <stdlib.h>

#include "loadgen/histogram.h"
#include "plugin/capacity.h"
#include "plugin/plan.h"
#include "plugin/text.h"

/* A step at a rate. */
typedef struct capacity_step serve_fn(double rate);

static struct capacity search(const struct capacity_plan *plan, serve_fn *serve)
{
	struct capacity c;
	double rate;

	capacity_init(&c, plan);
	while (capacity_next(&c, &rate)) {
		struct capacity_step step = serve(rate);

		assert_true(rate >= plan->lowest && rate <= plan->highest);
		assert_true(c.count < plan->max_steps);
		step.asked = rate;
		capacity_add(&c, &step);
	}
	assert_int_not_equal(c.end, CAPACITY_RUNNING);
	return c;
}

/* The knee is under what theory says, by no more than the tolerance; `slack` for what is drawn by lot. */
static void assert_knee(const struct capacity *c, double theory, double slack)
{
	if (c->knee > theory * (1 + slack) || c->knee < theory * (1 - slack) / (1 + c->plan.tolerance))
		fail_msg("knee %g where theory has %g", c->knee, theory);
	assert_true(c->above > c->knee && c->above <= c->knee * (1 + c->plan.tolerance));
	assert_int_equal(c->end, CAPACITY_FOUND);
}

/* ---- M/M/1: the time in the system is exponential with rate mu - lambda ------------------ */

#define MU       1000.0
#define GOAL     0.050 /* p99, seconds */
#define MM1_KNEE (MU - log(100) / GOAL)

static struct capacity_step mm1(double rate)
{
	double p99 = rate < MU ? log(100) / (MU - rate) : INFINITY;

	return (struct capacity_step){.achieved = fmin(rate, MU),
	                              .verdict = p99 < GOAL ? THRESHOLD_HOLDS : THRESHOLD_BROKEN,
	                              .value = p99 * 1e3};
}

static void finds_the_knee_of_theory(void **state)
{
	struct capacity_plan plan = capacity_plan_default();
	struct capacity c;

	(void)state;
	for (plan.start = 3; plan.start < 50000; plan.start *= 3.7)
		for (plan.tolerance = 0.001; plan.tolerance < 0.3; plan.tolerance *= 4) {
			c = search(&plan, mm1);
			assert_knee(&c, MM1_KNEE, 0);
			capacity_release(&c);
		}
	plan = capacity_plan_default();
	plan.factor = 1.1;
	c = search(&plan, mm1);
	assert_knee(&c, MM1_KNEE, 0);
	capacity_release(&c);
	capacity_release(&c);
}

/* The same by chance: arrivals and services drawn, waiting by Lindley's recursion. */
static uint64_t draws;

static double draw(double mean)
{
	draws = draws * 6364136223846793005 + 1442695040888963407;
	return -mean * log(((double)(draws >> 11) + 0.5) / 9007199254740992.0);
}

static int compare(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static struct capacity_step simulated(double rate)
{
	enum { COUNT = 200000 };
	double *times = xcalloc(COUNT, sizeof *times), waiting = 0, now = 0, p99;

	for (int i = 0; i < COUNT; i++) {
		double service = draw(1 / MU), gap = draw(1 / rate);

		times[i] = waiting + service;
		waiting = fmax(0, times[i] - gap);
		now += gap;
	}
	now += waiting;
	qsort(times, COUNT, sizeof *times, compare);
	p99 = times[COUNT / 100 * 99 - 1];
	free(times);
	return (struct capacity_step){.achieved = COUNT / now,
	                              .verdict = p99 < GOAL ? THRESHOLD_HOLDS : THRESHOLD_BROKEN,
	                              .value = p99 * 1e3};
}

static void finds_the_knee_by_chance(void **state)
{
	struct capacity_plan plan = capacity_plan_default();

	(void)state;
	draws = 1;
	for (int i = 0; i < 3; i++) {
		struct capacity c = search(&plan, simulated);

		assert_knee(&c, MM1_KNEE, 0.03);
		capacity_release(&c);
	}
}

/* ---- other knees -------------------------------------------------------------------- */

static struct capacity_step limited(double rate)
{
	return (struct capacity_step){.achieved = fmin(rate, 700), .verdict = THRESHOLD_HOLDS};
}

static struct capacity_step dropping(double rate)
{
	return (struct capacity_step){.achieved = rate, .dropped = rate > 500, .verdict = THRESHOLD_HOLDS};
}

static struct capacity_step dying(double rate)
{
	return (struct capacity_step){.achieved = rate,
	                              .verdict = rate > 333 ? THRESHOLD_EMPTY : THRESHOLD_HOLDS};
}

static void fails_steps_that_fall_short(void **state)
{
	struct capacity_plan plan = capacity_plan_default();
	struct capacity c = search(&plan, limited);

	(void)state;
	assert_knee(&c, 700 / 0.98, 0);
	assert_int_equal(c.steps[3].fault, CAPACITY_SHORT);
	assert_int_equal(c.steps[2].fault, CAPACITY_GOOD);
	capacity_release(&c);
	c = search(&plan, dropping);
	assert_knee(&c, 500, 0);
	assert_int_equal(c.steps[3].fault, CAPACITY_DROPPED);
	capacity_release(&c);
	c = search(&plan, dying);
	assert_knee(&c, 333, 0);
	assert_int_equal(c.steps[2].fault, CAPACITY_EMPTY);
	capacity_release(&c);
}

/* ---- ends ---------------------------------------------------------------------------- */

static struct capacity_step everything(double rate)
{
	return (struct capacity_step){.achieved = rate, .verdict = THRESHOLD_HOLDS, .took = 10 * SECOND};
}

static struct capacity_step nothing(double rate)
{
	(void)rate;
	return (struct capacity_step){.verdict = THRESHOLD_BROKEN, .took = 10 * SECOND};
}

static struct capacity_step weak_generator(double rate)
{
	return (struct capacity_step){
		.achieved = rate, .verdict = THRESHOLD_BROKEN * (rate > 5000), .saturated = rate > 1000};
}

static void ends_at_its_bounds(void **state)
{
	struct capacity_plan plan = capacity_plan_default();
	struct capacity c;

	(void)state;
	plan.highest = 5000;
	c = search(&plan, everything);
	assert_int_equal(c.end, CAPACITY_AT_HIGHEST);
	assert_true(c.knee == 5000 && c.above == 0);
	assert_int_equal(c.count, 7); /* 100, 200, ... 3200, 5000 */
	capacity_release(&c);
	plan.lowest = 30;
	c = search(&plan, nothing);
	assert_int_equal(c.end, CAPACITY_UNDER_LOWEST);
	assert_true(c.knee == 0 && c.above == 30);
	assert_int_equal(c.count, 3); /* 100, 50, 30 */
	capacity_release(&c);
	plan.start = 1;
	c = search(&plan, everything);
	assert_true(c.steps[0].asked == 30);
	capacity_release(&c);
	plan.start = 1e9;
	c = search(&plan, everything);
	assert_true(c.steps[0].asked == 5000);
	capacity_release(&c);
}

static void ends_when_the_generator_is_saturated(void **state)
{
	struct capacity_plan plan = capacity_plan_default();
	struct capacity c = search(&plan, weak_generator);

	(void)state;
	assert_int_equal(c.end, CAPACITY_BY_SATURATION);
	assert_true(c.knee == 800 && c.above == 0);
	assert_int_equal(c.steps[4].fault, CAPACITY_SATURATED);
	capacity_release(&c);
	plan.start = 6000;
	c = search(&plan, weak_generator);
	assert_int_equal(c.end, CAPACITY_BY_SATURATION);
	assert_true(c.knee == 0 && c.above == 0);
	capacity_release(&c);
}

static void ends_when_its_means_are_used_up(void **state)
{
	struct capacity_plan plan = capacity_plan_default();
	struct capacity c;

	(void)state;
	plan.max_steps = 4;
	c = search(&plan, everything);
	assert_int_equal(c.end, CAPACITY_OUT_OF_STEPS);
	assert_int_equal(c.count, 4);
	assert_true(c.knee == 800);
	capacity_release(&c);
	plan.max_steps = 40;
	plan.max_time = 55 * SECOND;
	c = search(&plan, everything);
	assert_int_equal(c.end, CAPACITY_OUT_OF_TIME);
	assert_int_equal(c.count, 5);
	assert_int_equal(c.used, 50 * SECOND);
	assert_true(capacity_longest(&plan, 10 * SECOND) >= c.used);
	capacity_release(&c);
	assert_int_equal(capacity_longest(&plan, 1 * SECOND), 40 * SECOND);
	assert_int_equal(capacity_longest(&plan, 90 * SECOND), 90 * SECOND);
}

/* ---- from the engine ----------------------------------------------------------------- */

static void reads_goals(void **state)
{
	struct threshold goal = {.status = 77};
	struct error error = {0};

	(void)state;
	assert_int_equal(capacity_goal_parse("--find-capacity", "p(99)<50", &goal, &error), 0);
	assert_int_equal(goal.metric, METRIC_HTTP_REQ_DURATION);
	threshold_release(&goal);
	assert_int_equal(capacity_goal_parse("--find-capacity", "http_req_failed: rate<0.01", &goal, &error),
	                 0);
	assert_int_equal(goal.metric, METRIC_HTTP_REQ_FAILED);
	threshold_release(&goal);
	goal.status = 77;
	assert_int_equal(capacity_goal_parse("--find-capacity", "p(99)<50,abortOnFail", &goal, &error), -1);
	assert_has(error.text, "--find-capacity: 'p(99)<50,abortOnFail': abortOnFail is for --threshold");
	assert_int_equal(
		capacity_goal_parse("--find-capacity", "http_reqs{phase:ramp}: count>1", &goal, &error), -1);
	assert_has(error.text, "a step of the search has no phases");
	assert_int_equal(capacity_goal_parse("--find-capacity", "p(99)", &goal, &error), -1);
	assert_has(error.text, "column 6");
	assert_int_equal(goal.status, 77);
}

/* `count` answers of so many ms, in one phase. */
static void record(struct lg_result *load, unsigned phase, uint64_t ms, uint64_t count, unsigned status)
{
	load->counts[phase].requests += count;
	load->counts[phase].status[status / 100] += count;
	load->counts[phase].failed += status >= 400 ? count : 0;
	for (uint64_t i = 0; i < count; i++) {
		lg_histogram_record(load->service[phase], ms * 1000);
		lg_histogram_record(load->by_status[phase][status / 100], ms * 1000);
		lg_histogram_record(load->response[phase], ms * 2000);
		lg_histogram_record(load->whole, ms * 1000);
	}
}

static struct lg_result *empty_result(void)
{
	struct lg_result *load = xcalloc(1, sizeof *load);

	for (unsigned phase = 0; phase < LG_PHASES; phase++) {
		load->service[phase] = lg_histogram_new();
		load->response[phase] = lg_histogram_new();
		load->lag[phase] = lg_histogram_new();
		for (int i = 0; i < 6; i++)
			load->by_status[phase][i] = lg_histogram_new();
	}
	load->whole = lg_histogram_new();
	load->sending = lg_histogram_new();
	load->waiting = lg_histogram_new();
	load->receiving = lg_histogram_new();
	load->connect = lg_histogram_new();
	load->handshake = lg_histogram_new();
	return load;
}

static void measures_between_two_looks(void **state)
{
	const struct lg_plan plan = {.model = LG_RATE, .vus = 1};
	struct lg_result *none = empty_result(), *before = empty_result(), *after = empty_result();
	struct capacity_step step = {.asked = 55, .took = 7, .late = 3};
	struct threshold goal;
	struct error error = {0};

	(void)state;
	record(before, LG_BEFORE, 900, 1000, 200);
	record(before, LG_BEFORE, 800, 10, 503);
	record(after, LG_BEFORE, 900, 1000, 200);
	record(after, LG_BEFORE, 800, 10, 503);
	record(after, LG_BEFORE, 10, 60, 200);
	record(after, LG_WINDOW, 30, 40, 503);
	before->counts[LG_BEFORE].dropped = 5;
	after->counts[LG_BEFORE].dropped = 7;
	capacity_goal_parse("--x", "max<30.5", &goal, &error);
	capacity_measure(&step, &goal, &plan, before, after, 2 * SECOND);
	assert_true(step.asked == 55 && step.took == 7 && step.late == 3);
	assert_true(step.achieved == 50);
	assert_int_equal(step.length, 2 * SECOND);
	assert_int_equal(step.requests, 100);
	assert_int_equal(step.failed, 40);
	assert_int_equal(step.dropped, 2);
	assert_float_equal(step.p50, 10, 0.02);
	assert_float_equal(step.p95, 30, 0.03);
	assert_float_equal(step.max, 30, 0.03);
	assert_float_equal(step.response_p99, 60, 0.06);
	assert_float_equal(step.value, 30, 0.03);
	assert_int_equal(step.verdict, THRESHOLD_HOLDS);
	threshold_release(&goal);
	capacity_goal_parse("--x", "http_reqs{status:2xx}: rate>30", &goal, &error);
	capacity_measure(&step, &goal, &plan, none, after, 2 * SECOND);
	assert_true(step.value == 30);
	assert_int_equal(step.verdict, THRESHOLD_BROKEN);
	threshold_release(&goal);
	lg_result_free(none);
	lg_result_free(before);
	lg_result_free(after);
}

/* ---- what is said ----------------------------------------------------------------------- */

static struct capacity_step shown(double rate)
{
	struct capacity_step step = {.achieved = rate, .verdict = THRESHOLD_HOLDS, .value = rate / 30};

	step.p50 = rate / 100, step.p95 = rate / 40, step.p99 = rate / 30, step.max = rate / 10;
	step.length = 5 * SECOND;
	step.requests = (uint64_t)(rate * 5);
	if (rate > 1000)
		step.verdict = THRESHOLD_BROKEN;
	if (rate > 2000)
		step.dropped = 12, step.failed = 3;
	return step;
}

static char *printed(const struct capacity *c, const struct threshold *goal)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	capacity_print(out, c, goal);
	fclose(out);
	return text;
}

static void prints_the_curve(void **state)
{
	struct capacity_plan plan = capacity_plan_default();
	struct threshold goal;
	struct error error = {0};
	struct capacity c;
	char *text;

	(void)state;
	capacity_goal_parse("--x", "p(99) < 33.4", &goal, &error);
	plan.start = 500;
	plan.factor = 4;
	plan.tolerance = 0.5;
	c = search(&plan, shown);
	text = printed(&c, &goal);
	assert_string_equal(
		text,
		"    asked/s    done/s      p50      p95      p99      max   failed  dropped\n"
		"        500       500   5.00ms   12.5ms   16.7ms   50.0ms        0        0  ok\n"
		"*     1,000     1,000   10.0ms   25.0ms   33.3ms    100ms        0        0  ok\n"
		"      1,414     1,414   14.1ms   35.4ms   47.1ms    141ms        0        0  p(99) is 47.14\n"
		"      2,000     2,000   20.0ms   50.0ms   66.7ms    200ms        0        0  p(99) is 66.67\n"
		"1,000/s meets p(99) < 33.4, 1,414/s does not (p(99) is 47.14): found to within 50%\n");
	free(text);
	capacity_release(&c);
	threshold_release(&goal);
}

static void assert_line(const struct capacity *c, const char *want)
{
	struct threshold goal;
	struct error error = {0};
	char *line;

	capacity_goal_parse("--x", "p(99)<50", &goal, &error);
	line = capacity_line(c, &goal);
	assert_string_equal(line, want);
	free(line);
	threshold_release(&goal);
}

static void says_why_it_ended(void **state)
{
	struct capacity_plan plan = capacity_plan_default();
	struct capacity c;

	(void)state;
	plan.highest = 400;
	c = search(&plan, everything);
	assert_line(&c, "400/s meets p(99)<50, and more was not tried: no more than 400/s are asked for");
	capacity_release(&c);
	c = search(&plan, nothing);
	assert_line(
		&c,
		"no rate that was tried meets p(99)<50: no less than 1.0/s are asked for; at 1.0/s p(99) is 0");
	capacity_release(&c);
	plan.highest = 1e6;
	c = search(&plan, weak_generator);
	assert_line(&c, "800/s meets p(99)<50, and more was not tried: the load generator was saturated, the "
	                "target may do more");
	capacity_release(&c);
	plan.start = 2000;
	c = search(&plan, weak_generator);
	assert_line(
		&c,
		"no rate that was tried meets p(99)<50: the load generator was saturated, the target may do "
		"more");
	capacity_release(&c);
	plan.start = 100;
	plan.max_steps = 5;
	c = search(&plan, limited);
	assert_line(
		&c,
		"566/s meets p(99)<50, 800/s does not (87.5% of the rate): 5 steps were made, no more are "
		"allowed");
	capacity_release(&c);
	plan.max_time = 1;
	c = search(&plan, everything);
	assert_line(&c, "100/s meets p(99)<50, and more was not tried: there is no time for another step");
	capacity_release(&c);
	capacity_init(&c, &plan);
	assert_line(&c, "no rate that was tried meets p(99)<50: the search was cut short");
	capacity_release(&c);
}

static void writes_json(void **state)
{
	struct capacity_plan plan = capacity_plan_default();
	struct threshold goal;
	struct error error = {0};
	struct capacity c;
	cJSON *json, *want;

	(void)state;
	capacity_goal_parse("--x", "p(99)<33.4", &goal, &error);
	plan.start = 1000;
	plan.factor = 4;
	plan.max_steps = 2;
	c = search(&plan, shown);
	json = capacity_json(&c, &goal);
	cJSON_DeleteItemFromObject(json, "text");
	want = json_of(
		"{'metric': 'http_req_duration', 'threshold': 'p(99)<33.4', 'knee': 1000, 'above': 4000,"
		" 'ended': 'out_of_steps', 'steps': ["
		"{'asked': 1000, 'achieved': 1000, 'seconds': 5, 'requests': 5000, 'failed': 0, 'dropped': 0,"
		" 'late': 0, 'p50_ms': 10, 'p95_ms': 25, 'p99_ms': 33.333333333333336, 'max_ms': 100,"
		" 'response_p99_ms': 0, 'value': 33.333333333333336, 'met': true},"
		"{'asked': 4000, 'achieved': 4000, 'seconds': 5, 'requests': 20000, 'failed': 3, 'dropped': 12,"
		" 'late': 0, 'p50_ms': 40, 'p95_ms': 100, 'p99_ms': 133.33333333333334, 'max_ms': 400,"
		" 'response_p99_ms': 0, 'value': 133.33333333333334, 'met': false, 'fault': 'threshold'}]}");
	if (!cJSON_Compare(json, want, true))
		fail_msg("%s", cJSON_Print(json));
	cJSON_Delete(json);
	cJSON_Delete(want);
	capacity_release(&c);
	threshold_release(&goal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_knee_of_theory),
		cmocka_unit_test(finds_the_knee_by_chance),
		cmocka_unit_test(fails_steps_that_fall_short),
		cmocka_unit_test(ends_at_its_bounds),
		cmocka_unit_test(ends_when_the_generator_is_saturated),
		cmocka_unit_test(ends_when_its_means_are_used_up),
		cmocka_unit_test(reads_goals),
		cmocka_unit_test(measures_between_two_looks),
		cmocka_unit_test(prints_the_curve),
		cmocka_unit_test(says_why_it_ended),
		cmocka_unit_test(writes_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
