/* Values as go tool pprof writes them: units, decimals, percentages. Expected values are go tool pprof's. */
#include "tests/plugin/test.h"

#include "plugin/measure.h"

static void check_text(int64_t value, const char *from, const char *to, const char *expected)
{
	char text[MEASURE_TEXT];

	assert_string_equal(measure_text(value, from, to, text), expected);
}

static void values_have_a_unit_that_fits(void **state)
{
	(void)state;
	check_text(0, "nanoseconds", "auto", "0");
	check_text(850, "ns", "auto", "850ns");
	check_text(1300000000, "nanoseconds", "auto", "1.30s");
	check_text(1000000000, "Nanosecond", "auto", "1s");
	check_text(-1500, "microseconds", "auto", "-1.50ms");
	check_text(7200, "seconds", "auto", "2hrs");
	check_text(1536, "bytes", "auto", "1.50kB");
	check_text(INT64_C(3) << 40, "byte", "minimum", "3TB");
	check_text(12, "count", "auto", "12");
	check_text(12, "goroutines", "goroutines", "12goroutines");
	check_text(INT64_MIN, "count", "count", "-9223372036854775808");
	check_text(2500, "milligcu", "auto", "2.50GCU");
}

static void values_have_the_unit_that_is_asked_for(void **state)
{
	(void)state;
	check_text(1300000000, "nanoseconds", "ms", "1300ms");
	check_text(5000000, "nanoseconds", "s", "0.01s");
	check_text(4000000, "nanoseconds", "s", "0");
	check_text(1024, "bytes", "MB", "0");
	check_text(1300000000, "nanoseconds", "MB", "1.30s");
}

static void percentages_are_six_wide(void **state)
{
	char text[16];

	(void)state;
	assert_string_equal(measure_percent(0, 10, text), "    0%");
	assert_string_equal(measure_percent(5, 0, text), "    0%");
	assert_string_equal(measure_percent(1, 1000, text), "  0.1%");
	assert_string_equal(measure_percent(77, 10000, text), " 0.77%");
	assert_string_equal(measure_percent(-13, 100, text), "13.00%");
	assert_string_equal(measure_percent(9996, 10000, text), "  100%");
	assert_string_equal(measure_percent(300, 100, text), "300.00%");
	assert_string_equal(measure_percent(1, 1000000000, text), "1e-07%");
}

static void a_column_has_one_unit(void **state)
{
	(void)state;
	assert_string_equal(measure_unit(10000000, 1300000000, "nanoseconds"), "s");
	assert_string_equal(measure_unit(70000000, 1300000000, "nanoseconds"), "ms");
	assert_string_equal(measure_unit(0, 1300000000, "nanoseconds"), "s");
	assert_string_equal(measure_unit(1, 900, "nanoseconds"), "ns");
	assert_string_equal(measure_unit(3, 900, "count"), "count");
	assert_string_equal(measure_unit(3, 900, "widgets"), "widgets");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_a_unit_that_fits),
		cmocka_unit_test(values_have_the_unit_that_is_asked_for),
		cmocka_unit_test(percentages_are_six_wide),
		cmocka_unit_test(a_column_has_one_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
