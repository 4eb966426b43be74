/* spread.c: how far slices are from chance. */
#include "tests/plugin/test.h"

#include <math.h>

#include "plugin/spread.h"

#define CLOSE(a, b) assert_true(fabs((a) - (b)) < 1e-6)

/* One row "f" over slices of equal length. */
static double factor(const double *samples, size_t slices)
{
	struct spread spread;
	struct spread_item item = {.name = "f"};
	double ret;

	for (size_t i = 0; i < slices; i++)
		item.samples += samples[i];
	spread_init(&spread, &item, 1, (double)slices);
	for (size_t i = 0; i < slices; i++) {
		item.samples = samples[i];
		spread_add(&spread, &item, 1, 1);
	}
	ret = spread_factor(&spread, "f");
	assert_true(spread_factor(&spread, "g") == 1); /* no such row */
	spread_release(&spread);
	return ret;
}

#define FACTOR(...)                                                                                          \
	factor((const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static void slices_alike_add_nothing(void **state)
{
	(void)state;
	CLOSE(FACTOR(100, 100, 100, 100), 1);
	CLOSE(FACTOR(100, 101, 99, 100, 100, 100), 1); /* less than chance is no better than chance */
}

/* With one row its own figure is that of all rows: chi squared over the degrees of freedom. */
static void slices_that_differ_widen_the_error(void **state)
{
	(void)state;
	CLOSE(FACTOR(50, 150, 50, 150), 4 * 2500.0 / 100 / 3);
	CLOSE(FACTOR(80, 120, 100, 100, 120, 80), 4 * 400.0 / 100 / 5);
}

static void few_slices_say_nothing(void **state)
{
	(void)state;
	CLOSE(FACTOR(50, 150, 50), 1);
	CLOSE(FACTOR(50), 1);
}

/* A slice twice as long is expected to have twice as much; a missing row counts as none. */
static void slices_may_differ_in_length(void **state)
{
	struct spread spread;
	struct spread_item rows[] = {{"b", 400}, {"a", 500}}, slice[2];

	(void)state;
	spread_init(&spread, rows, 2, 5);
	for (int i = 0; i < 4; i++) {
		double length = i == 3 ? 2 : 1;

		slice[0] = (struct spread_item){"a", 100 * length};
		slice[1] = (struct spread_item){"b", 400};
		spread_add(&spread, slice, i == 0 ? 2 : 1, length); /* all of b in the first */
	}
	/* b: chi = 400 * 400 / 80 - 400 = 1600 of 3 degrees; a: 0; of all rows 1600 / 6 */
	CLOSE(spread_factor(&spread, "b"), (1600 + 5 * 1600.0 / 6) / 8);
	CLOSE(spread_factor(&spread, "a"), (0 + 5 * 1600.0 / 6) / 8);
	spread_release(&spread);
}

/* Too few samples to tell of themselves: what all rows say. */
static void small_rows_take_the_common_factor(void **state)
{
	struct spread spread;
	struct spread_item rows[] = {{"big", 400}, {"small", 4}}, slice[2] = {{"big", 0}, {"small", 1}};

	(void)state;
	spread_init(&spread, rows, 2, 4);
	for (int i = 0; i < 4; i++) {
		slice[0].samples = i % 2 ? 150 : 50;
		spread_add(&spread, slice, 2, 1);
	}
	CLOSE(spread_factor(&spread, "small"), 100.0 / 3);
	spread_release(&spread);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices_alike_add_nothing),
		cmocka_unit_test(slices_that_differ_widen_the_error),
		cmocka_unit_test(few_slices_say_nothing),
		cmocka_unit_test(slices_may_differ_in_length),
		cmocka_unit_test(small_rows_take_the_common_factor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
