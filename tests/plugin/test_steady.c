/* steady.c: when is a rate steady, and when can nothing be told. */
#include "tests/plugin/test.h"

#include "plugin/steady.h"

/* Looks twice in a bucket, as a run does; `rates` are requests in each bucket. */
static bool steady_after(const uint64_t *rates, size_t count, double *ret_variation)
{
	struct steady steady = {0};
	uint64_t done = 0;
	int64_t now = STEADY_BUCKET;

	steady_add(&steady, now, done);
	for (size_t i = 0; i < count; i++) {
		steady_add(&steady, now + STEADY_BUCKET / 2, done + rates[i] / 2);
		now += STEADY_BUCKET;
		done += rates[i];
		steady_add(&steady, now, done);
	}
	return steady_now(&steady, ret_variation);
}

#define AFTER(variation, ...)                                                                                \
	steady_after((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8, variation)

static void an_even_rate_is_steady(void **state)
{
	double variation;

	(void)state;
	assert_true(AFTER(&variation, 1000, 1000, 1000, 1000, 1000, 1000));
	assert_true(variation >= 0 && variation < 1e-9);
	assert_true(AFTER(NULL, 1000, 1080, 930, 1050, 960, 1020));
	/* what was long ago counts no more */
	assert_true(AFTER(NULL, 9, 5000, 0, 1000, 1000, 1000, 1000, 1000, 1000));
}

static void an_uneven_rate_is_not(void **state)
{
	double variation;

	(void)state;
	assert_false(AFTER(&variation, 1000, 1500, 500, 1500, 500, 1000));
	assert_true(variation > 0.3);
	assert_false(AFTER(NULL, 1000, 1000, 1000, 1300, 1300, 1300));
	assert_false(AFTER(NULL, 700, 800, 900, 1000, 1100, 1200));
	/* each half is even, and they differ */
	assert_false(AFTER(NULL, 100000, 100000, 100000, 115000, 115000, 115000));
}

static void few_requests_say_little(void **state)
{
	double variation = 7;

	(void)state;
	assert_false(AFTER(&variation, 1000, 1000, 1000, 1000, 1000));
	assert_true(variation == -1);
	assert_false(AFTER(&variation, 0, 0, 0, 0, 0, 0));
	assert_true(variation == -1);
	assert_false(AFTER(&variation, 1, 0, 0, 0, 0, 0));
	assert_true(variation == -1);
	assert_false(AFTER(&variation, 4, 3, 3, 3, 3, 3));
	assert_true(variation == -1);
	/* chance alone makes as much of so few */
	assert_true(AFTER(&variation, 6, 3, 5, 4, 6, 3));
	assert_true(variation > 0.2);
}

static void a_late_look_is_no_higher_rate(void **state)
{
	struct steady steady = {0};
	int64_t now = 1;

	(void)state;
	steady_add(&steady, now, 0);
	for (int i = 1; i <= 6; i++) {
		now += STEADY_BUCKET * (i % 3 + 1);
		steady_add(&steady, now, (uint64_t)(now - 1) / 1000000);
	}
	assert_true(steady_now(&steady, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_even_rate_is_steady),
		cmocka_unit_test(an_uneven_rate_is_not),
		cmocka_unit_test(few_requests_say_little),
		cmocka_unit_test(a_late_look_is_no_higher_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
