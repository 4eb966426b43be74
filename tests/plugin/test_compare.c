/* Two rates held against each other: the figures of textbooks, worked out apart from the code. */
#include "tests/plugin/test.h"

#include <math.h>
#include <stdlib.h>

#include "plugin/compare.h"
#include "plugin/compare_limit.h"
#include "plugin/compare_words.h"
#include "plugin/statistics.h"

static void near(double got, double wanted)
{
	if (!(fabs(got - wanted) <= 1e-6 * fmax(1, fabs(wanted))))
		fail_msg("%.12g, wanted %.12g", got, wanted);
}

/* `runs` of a side each, of equal exposure, with `slices` each. */
static struct compare_blocks blocks_of(size_t runs, size_t slices, double run_spread)
{
	struct compare_blocks ret = {
		.run_count = 2 * runs, .slice_count = 2 * runs * slices, .run_spread = run_spread};

	ret.side = calloc(2 * runs, sizeof *ret.side);
	ret.run_x = calloc(2 * runs, sizeof *ret.run_x);
	ret.slice_run = calloc(2 * runs * slices + 1, sizeof *ret.slice_run);
	ret.slice_x = calloc(2 * runs * slices + 1, sizeof *ret.slice_x);
	for (size_t i = 0; i < 2 * runs; i++) {
		ret.side[i] = i < runs ? BASE : NEW;
		ret.run_x[i] = 2;
		for (size_t j = 0; j < slices; j++) {
			ret.slice_run[i * slices + j] = i;
			ret.slice_x[i * slices + j] = 2.0 / (double)slices;
		}
	}
	return ret;
}

/* Without slices: Poisson. z = (150 - 125) / sqrt(62.5), the interval is that of the logarithm. */
static void test_counts_alone(void **state)
{
	static const double k[] = {100, 150}, none[] = {1};
	struct compare_blocks blocks = blocks_of(1, 0, 0);
	struct compare_effect effect;

	(void)state;
	compare_counts(&blocks, k, none, true, &effect);
	near(effect.value[BASE], 50);
	near(effect.value[NEW], 75);
	near(effect.change, 0.5);
	near(effect.p, 0.0015654022580025513); /* 2 (1 - Phi(3.16227766)) */
	near(effect.low, 0.1646665766);        /* 1.5 exp(-1.95996398 sqrt(1 / 100 + 1 / 150)) - 1 */
	near(effect.high, 0.9318833777);
	compare_blocks_release(&blocks);
}

static void test_exposures(void **state)
{
	static const double k[] = {100, 50}, none[] = {1};
	struct compare_blocks blocks = blocks_of(1, 0, 0);
	struct compare_effect effect;

	(void)state;
	blocks.run_x[1] = 1; /* half the exposure: the same rate */
	compare_counts(&blocks, k, none, true, &effect);
	near(effect.change, 0);
	near(effect.p, 1);
	compare_blocks_release(&blocks);
}

/* Twice the tail of a binomial of 8 and of 11 throws of a coin. */
static void test_exact(void **state)
{
	static const double gone[] = {8, 0}, few[] = {2, 9}, nothing[] = {0, 0}, none[] = {1};
	struct compare_blocks blocks = blocks_of(1, 0, 0);
	struct compare_effect effect;

	(void)state;
	compare_counts(&blocks, gone, none, true, &effect);
	near(effect.p, 0.0078125);
	assert_true(isnan(effect.change) && isnan(effect.low));
	compare_counts(&blocks, few, none, true, &effect);
	near(effect.p, 2 * (1 + 11 + 55) / 2048.0);
	compare_counts(&blocks, nothing, none, true, &effect);
	near(effect.p, 1);
	compare_blocks_release(&blocks);
}

/*
 * Slices of 10 and 40 in turn: Pearson's statistic is 6 * 2 * 15^2 / 25 = 108 on 10 degrees of freedom, drawn
 * with 20 more towards 1: phi = (108 + 20) / 30.
 */
static void test_slices(void **state)
{
	static const double k[] = {150, 150};
	double slices[12];
	struct compare_blocks blocks = blocks_of(1, 6, 0);
	struct compare_effect effect;

	(void)state;
	for (int i = 0; i < 12; i++)
		slices[i] = i % 2 ? 40 : 10;
	compare_counts(&blocks, k, slices, true, &effect);
	near(effect.phi, 128.0 / 30);
	near(effect.df, 30);
	near(log(effect.high + 1), statistics_t_quantile(0.05, 30) * sqrt(128.0 / 30 * 2 / 150));
	/* What is more alike than chance would have it counts as chance. */
	for (int i = 0; i < 12; i++)
		slices[i] = 25;
	compare_counts(&blocks, k, slices, true, &effect);
	near(effect.phi, 1);
	compare_blocks_release(&blocks);
}

/* Three runs a side that differ by themselves: their own spread is taken, of a total even when it is small.
 */
static void test_runs(void **state)
{
	static const double far[] = {100, 200, 300, 100, 200, 300}, close[] = {199, 200, 201, 209, 210, 211},
			    none[] = {1};
	struct compare_blocks blocks = blocks_of(3, 0, 0.5);
	struct compare_effect effect;

	(void)state;
	compare_counts(&blocks, far, none, true, &effect);
	near(effect.phi, 2 * (2 * 100 * 100 / 200.0) / 4);
	near(effect.df, 4);
	compare_counts(&blocks, close, none, true, &effect);
	near(effect.phi, 1);
	compare_counts(&blocks, close, none, false, &effect);
	near(effect.phi, (2 / 200.0 + 2 / 210.0) / 4);
	assert_true(effect.p < 0.001);
	compare_blocks_release(&blocks);
}

/* Of one run a side a spread is assumed: the variance of the logarithms grows by twice its square. */
static void test_assumed(void **state)
{
	static const double k[] = {10000, 11000}, none[] = {1};
	struct compare_blocks blocks = blocks_of(1, 0, 0.04);
	struct compare_effect effect;

	(void)state;
	compare_counts(&blocks, k, none, true, &effect);
	near(log((effect.high + 1) / 1.1), 1.9599639845 * sqrt(1 / 10000.0 + 1 / 11000.0 + 2 * 0.04 * 0.04));
	assert_true(effect.p > 0.05 && effect.p < 0.15);
	blocks.run_spread = 0.001;
	compare_counts(&blocks, k, none, true, &effect);
	assert_true(effect.p < 1e-9);
	compare_blocks_release(&blocks);
}

/* ---- findings --------------------------------------------------------------------------------- */

static struct compare_row *add(struct compare_rows *rows, enum compare_kind kind, double change, double p)
{
	struct compare_row *row = compare_rows_add(rows, kind, kind == COMPARE_FUNCTION ? "main.f" : "cost");

	row->effect = (struct compare_effect){.value = {100, 100 * (1 + change)},
	                                      .change = change,
	                                      .low = change - .02,
	                                      .high = change + .02,
	                                      .p = p};
	row->points = change / 10;
	row->tested = true;
	return row;
}

static void test_judge(void **state)
{
	struct compare_rows rows = {0};

	(void)state;
	add(&rows, COMPARE_FUNCTION, 0.5, 0.001);  /* a finding */
	add(&rows, COMPARE_FUNCTION, 0.04, 0.001); /* sure, but it does not matter */
	add(&rows, COMPARE_FUNCTION, 0.5, 0.04);   /* not sure among four */
	add(&rows, COMPARE_FUNCTION, 0.5, 1e-9)->tested = false;
	add(&rows, COMPARE_FUNCTION, -0.2, 0.002);
	compare_judge(&rows);
	assert_true(rows.items[0].told && !rows.items[1].told &&
	            rows.items[2].told == (0.04 <= 0.05 * 4 / 4));
	assert_true(!rows.items[3].told && rows.items[4].told);
	compare_rows_release(&rows);
}

static void test_words(void **state)
{
	struct compare_rows rows = {0};
	char words[WORDS_SIZE], change[64];
	struct compare_row *row = add(&rows, COMPARE_COST, 0.071, 0.001);

	(void)state;
	row->told = true;
	assert_string_equal(compare_words(row, words), "slower by 7.1% ± 2.0%");
	row->effect.change = -0.12;
	row->effect.value[NEW] = 88;
	assert_string_equal(compare_words(row, words), "faster by 12% ± 2.0%");
	assert_string_equal(compare_change(row, change), "-12% ± 2.0%");
	row->told = false;
	row->effect.low = -0.031;
	row->effect.high = 0.0401;
	assert_string_equal(compare_words(row, words),
	                    "not distinguishable (a change under 4.0% could hide)");
	row->effect.high = 1.2;
	assert_string_equal(compare_words(row, words), "not distinguishable (it varies too much to tell)");
	row->tested = false;
	assert_string_equal(compare_words(row, words), "not told: too few samples");
	row->unknown = true;
	assert_string_equal(compare_words(row, words), "not told: how much it varies is not known");
	*row = (struct compare_row){
		.kind = COMPARE_FUNCTION, .name = row->name, .tested = true, .told = true};
	row->effect = (struct compare_effect){.value = {0, 5}, .change = NAN, .low = NAN, .high = NAN};
	assert_string_equal(compare_words(row, words), "only in the new runs");
	assert_string_equal(compare_change(row, change), "new");
	*row = (struct compare_row){.kind = COMPARE_FAILED, .name = row->name, .tested = true, .told = true};
	row->effect.value[NEW] = 0.0123;
	assert_string_equal(compare_words(row, words), "more by 1.2% of the requests");
	/* Nothing of 1000 requests failed: at 95 % three of them could have. */
	row->told = false;
	row->effect = (struct compare_effect){
		.exposure = {1000, 2000}, .change = NAN, .low = NAN, .high = NAN, .phi = 1, .p = 1};
	assert_string_equal(compare_words(row, words),
	                    "not distinguishable (a change under 0.30% of the requests could hide)");
	compare_rows_release(&rows);
}

/* ---- conditions ----------------------------------------------------------------------------------- */

static void test_limit_grammar(void **state)
{
	static const struct {
		const char *text, *metric;
		double limit;
	} good[] = {{"cost>5%", "cost", .05},
	            {" p99.9 > 12.5 % ", "p99.9", .125},
	            {"rate<-5%", "rate", -.05},
	            {"response-p99>0%", "response-p99", 0}};
	static const struct {
		const char *text, *words;
	} bad[] = {{"", "column 1: a metric"},
	           {"cost", "column 5: '>' or '<'"},
	           {"cots>5%", "did you mean 'cost'?"},
	           {"cost>5", "column 7: '%' is wanted"},
	           {"cost>x%", "column 6: a number"},
	           {"cost<5%", "column 6: a fall"},
	           {"cost>-5%", "column 6: a rise"},
	           {"cost>5%%", "column 8: there is more"},
	           {"cost>inf%", "column 6: a number"},
	           {"cost>0x5%", "column 6: a number"},
	           {"cost>1e7%", "column 6: the number"},
	           {"p98>5%", "unknown metric 'p98'"}};
	struct compare_limit limit;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct error error = {0};

		assert_int_equal(compare_limit_parse(good[i].text, &limit, &error), 0);
		assert_string_equal(limit.metric, good[i].metric);
		near(limit.limit, good[i].limit);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct error error = {0};

		assert_int_equal(compare_limit_parse(bad[i].text, &limit, &error), -1);
		assert_int_equal(error.exit, EXIT_USAGE);
		assert_has(error.text, bad[i].words);
	}
}

static enum compare_state state_of(const char *text, struct comparison *comparison)
{
	struct compare_limit limit;
	struct error error = {0};

	assert_int_equal(compare_limit_parse(text, &limit, &error), 0);
	compare_limit_check(&limit, comparison);
	return limit.state;
}

static void test_limits(void **state)
{
	struct comparison comparison = {0};
	struct compare_row *row = add(&comparison.heads, COMPARE_COST, 0.06, 0.001);

	(void)state;
	assert_int_equal(state_of("cost>5%", &comparison), LIMIT_BROKEN);
	assert_int_equal(state_of("cost>7%", &comparison), LIMIT_UNDECIDED); /* its interval reaches 8 % */
	assert_int_equal(state_of("cost>9%", &comparison), LIMIT_HOLDS);
	assert_int_equal(state_of("cost<-5%", &comparison), LIMIT_HOLDS);
	assert_int_equal(state_of("p99>5%", &comparison), LIMIT_ABSENT);
	assert_int_equal(state_of("function>5%", &comparison), LIMIT_ABSENT);
	row->effect.p = 0.2;
	assert_int_equal(state_of("cost>5%", &comparison), LIMIT_UNDECIDED);
	row->unknown = true;
	assert_int_equal(state_of("cost>9%", &comparison), LIMIT_UNDECIDED);
	row = add(&comparison.functions, COMPARE_FUNCTION, 0.6, 0.001);
	assert_int_equal(state_of("function>5%", &comparison), LIMIT_HOLDS); /* it is no finding */
	row->told = true;
	assert_int_equal(state_of("function>5%", &comparison), LIMIT_BROKEN);
	assert_int_equal(state_of("function>7%", &comparison), LIMIT_HOLDS);
	compare_rows_release(&comparison.heads);
	compare_rows_release(&comparison.functions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_alone),  cmocka_unit_test(test_exposures),
		cmocka_unit_test(test_exact),         cmocka_unit_test(test_slices),
		cmocka_unit_test(test_runs),          cmocka_unit_test(test_assumed),
		cmocka_unit_test(test_judge),         cmocka_unit_test(test_words),
		cmocka_unit_test(test_limit_grammar), cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
