/* The schedule by itself: no thread, no clock. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "loadgen/clock.h"
#include "loadgen/match.h"
#include "loadgen/pace.h"

#define S LG_NS_PER_SECOND

static struct lg_pace *rate_pace(double rate, int64_t ramp)
{
	return lg_pace_new(&(struct lg_plan){.model = LG_RATE, .rate = rate, .ramp = ramp, .vus = 1});
}

static void assert_near(int64_t got, double want)
{
	if (fabs((double)got - want) > 2)
		fail_msg("%lld is not near %.1f", (long long)got, want);
}

/* Start i of a constant rate is due at i / rate, and as many are due before as the count says. */
static void test_constant_rate(void **state)
{
	struct lg_pace *pace = rate_pace(2000, 0);

	(void)state;
	assert_int_equal(pace->peak, 0);
	for (uint64_t i = 0; i < 100000; i += 7)
		assert_near(lg_pace_due(pace, i), (double)i * (double)S / 2000);
	assert_int_equal(lg_pace_count(pace, 0), 0);
	assert_int_equal(lg_pace_count(pace, 1), 1);
	assert_int_equal(lg_pace_count(pace, 10 * S), 20000);
	assert_int_equal(lg_pace_turn(pace, 0, 0), INT64_MAX);
	lg_pace_free(pace);
}

/* A ramp of T to rate R has seen R t^2 / 2T starts at t: start i is due at sqrt(2 i T / R). */
static void test_ramped_rate(void **state)
{
	struct lg_pace *pace = rate_pace(1000, 4 * S);

	(void)state;
	assert_int_equal(pace->peak, 4 * S);
	for (uint64_t i = 0; i < 2000; i++)
		assert_near(lg_pace_due(pace, i), sqrt(2.0 * (double)i * 4 / 1000) * (double)S);
	for (uint64_t i = 2001; i < 9000; i++)
		assert_near(lg_pace_due(pace, i), (4 + ((double)i - 2000) / 1000) * (double)S);
	assert_true(lg_pace_value(pace, 2 * S) == 500);
	lg_pace_free(pace);
}

static void test_order(void **state)
{
	const struct lg_stage stages[] = {{3 * S, 700}, {2 * S, 100}, {0, 900}, {S, 900}, {5 * S, 0}};
	struct lg_plan plan = {.model = LG_RATE, .rate = 900, .stages = stages, .stage_count = 5, .vus = 1};
	struct lg_pace *pace = lg_pace_new(&plan), *all;
	int64_t last = 0;
	uint64_t i;

	(void)state;
	assert_int_equal(pace->peak, 5 * S); /* the jump to 900 */
	all = lg_pace_resume(pace, 6 * S, &plan);
	for (i = 0; lg_pace_due(all, i) != INT64_MAX; i++) {
		assert_true(lg_pace_due(all, i) >= last);
		last = lg_pace_due(all, i);
		/* rounding may put an instant a hair to either side */
		assert_true(lg_pace_count(all, last) <= i + 1 && lg_pace_count(all, last + 3) >= i);
	}
	/* triangles and rectangles: 1050 + 800 + 900 + 2250 */
	assert_in_range(i, 4999, 5001);
	assert_true(last <= 11 * S);
	lg_pace_free(all);
}

/* VU k of V starts at k / V of the ramp, and stops as the value falls to k. */
static void test_turns(void **state)
{
	const struct lg_stage stages[] = {{10 * S, 10}, {5 * S, 10}, {10 * S, 2}, {S, 0}};
	struct lg_plan plan = {.vus = 10, .stages = stages, .stage_count = 4};
	struct lg_pace *pace = lg_pace_new(&plan), *all;

	(void)state;
	for (uint32_t id = 1; id < 10; id++) {
		assert_false(lg_pace_wants(pace, id, 0));
		assert_near(lg_pace_turn(pace, id, 0), (double)id * (double)S);
		assert_true(lg_pace_wants(pace, id, lg_pace_turn(pace, id, 0)));
		assert_int_equal(lg_pace_turn(pace, id, 11 * S), INT64_MAX);
	}
	assert_true(lg_pace_wants(pace, 0, 0));
	assert_false(lg_pace_wants(pace, 10, 10 * S));
	assert_int_equal(lg_pace_turn(pace, 10, 0), INT64_MAX);

	/* held for 8 s: the plateau of 5 s is used up, the fall begins at once */
	all = lg_pace_resume(pace, 18 * S, &plan);
	assert_true(all->falls);
	for (uint32_t id = 2; id < 10; id++) {
		int64_t turn = lg_pace_turn(all, id, 18 * S);

		assert_near(turn, 18.0 * (double)S + (10.0 - id) / 8 * 10 * (double)S);
		assert_false(lg_pace_wants(all, id, turn));
	}
	assert_near(lg_pace_turn(all, 1, 18 * S), 28.5 * (double)S);
	assert_near(lg_pace_turn(all, 0, 18 * S), 29.0 * (double)S);
	assert_false(lg_pace_is_over(all, &plan, 28 * S));
	assert_true(lg_pace_is_over(all, &plan, 29 * S));
	lg_pace_free(all);
}

/* A change agrees with what was before it, whatever has been started by then. */
static void test_change(void **state)
{
	struct lg_pace *old = rate_pace(1000, 2 * S), *new = lg_pace_change(old, 5 * S, 250);

	(void)state;
	for (uint64_t i = 0; i < 4000; i++)
		assert_int_equal(lg_pace_due(new, i), lg_pace_due(old, i));
	assert_near(lg_pace_due(new, 4000), 5 * (double)S);
	assert_near(lg_pace_due(new, 4001), 5.004 * (double)S);
	assert_int_equal(lg_pace_count(new, 6 * S), 4250);
	lg_pace_free(new);
}

static void test_lengths(void **state)
{
	const struct lg_stage stages[] = {{2 * S, 5}, {3 * S, 50}, {4 * S, 50}, {5 * S, 0}};
	struct lg_plan plan = {.vus = 50, .stages = stages, .stage_count = 4};
	int64_t rest;

	(void)state;
	assert_int_equal(lg_ramp_length(&plan, &rest), 5 * S);
	assert_int_equal(rest, 9 * S);
	plan = (struct lg_plan){.vus = 1, .ramp = 7 * S};
	assert_int_equal(lg_ramp_length(&plan, &rest), 7 * S);
	assert_int_equal(rest, 0);
}

static bool found(const char *pattern, const char *body, size_t piece)
{
	static struct lg_pattern compiled;
	struct lg_match match = {.pattern = &compiled};
	size_t size = strlen(body);

	assert_int_equal(lg_pattern_init(&compiled, pattern), 0);
	for (size_t at = 0; at < size; at += piece)
		lg_match_feed(&match, body + at, size - at < piece ? size - at : piece);
	return match.found;
}

/* Against strstr, in pieces of every size. */
static void test_match(void **state)
{
	static const char *const patterns[] = {"a", "aa", "aab", "abab", "ababac", "hello", "aaaa", "abcabd"};
	static const char *const bodies[] = {"",          "a",          "aaab",     "abababac",   "hellhello",
	                                     "abcabcabd", "aabaabaaab", "xxaaaaxx", "ababababab", "hell o"};
	char longest[LG_PATTERN_MAX + 2];
	struct lg_pattern pattern;

	(void)state;
	for (size_t p = 0; p < COUNT_OF(patterns); p++)
		for (size_t b = 0; b < COUNT_OF(bodies); b++)
			for (size_t piece = 1; piece < 12; piece++)
				if (found(patterns[p], bodies[b], piece) != !!strstr(bodies[b], patterns[p]))
					fail_msg("'%s' in '%s' by %zu", patterns[p], bodies[b], piece);
	memset(longest, 'x', sizeof longest);
	longest[LG_PATTERN_MAX + 1] = '\0';
	assert_int_equal(lg_pattern_init(&pattern, longest), -1);
	longest[LG_PATTERN_MAX] = '\0';
	assert_int_equal(lg_pattern_init(&pattern, longest), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_constant_rate), cmocka_unit_test(test_ramped_rate),
		cmocka_unit_test(test_order),         cmocka_unit_test(test_turns),
		cmocka_unit_test(test_change),        cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
