/*
 * Distributions against values worked out otherwise: sums of exact fractions (Python's Fraction and comb) for
 * the binomial and for beta at whole shapes, closed forms for t (Abramowitz and Stegun 26.7.3, 26.7.4) and F
 * (two degrees of freedom), Python's NormalDist for the normal.
 */
#include "tests/plugin/test.h"

#include <math.h>

#include "plugin/statistics.h"

static void near(double got, double wanted)
{
	if (fabs(got - wanted) > 1e-10 + 1e-9 * fabs(wanted))
		fail_msg("%.17g, wanted %.17g", got, wanted);
}

static void test_beta(void **state)
{
	(void)state;
	near(statistics_beta(0.5, 2, 3), 0.6875);
	near(statistics_beta(0.1, 1, 20), 0.8784233454094307);
	near(statistics_beta(0.9, 30, 2), 0.1695646331008648);
	near(statistics_beta(1.0 / 3, 50, 100), 0.5076853868595473);
	near(statistics_beta(0.99, 3, 1), 0.970299);
	near(statistics_beta(0, 3, 1), 0);
	near(statistics_beta(1, 3, 1), 1);
	near(statistics_beta(0.3, 2.5, 0.5) + statistics_beta(0.7, 0.5, 2.5), 1);
	near(statistics_beta(0.5, 1e6, 1e6), 0.5);
}

static void test_t(void **state)
{
	(void)state;
	near(statistics_t_tails(1, 1), 0.5);
	near(statistics_t_tails(-2, 2), 0.18350341907227397);
	near(statistics_t_tails(4.587, 10), 0.0009998372918781378);
	near(statistics_t_tails(3, 7), 0.01994212613199242);
	near(statistics_t_tails(1.5, 30), 0.14406592912864613);
	near(statistics_t_tails(0, 5), 1);
	near(statistics_t_tails(1.9599639845400536, INFINITY), 0.05);
	near(statistics_t_quantile(0.05, INFINITY), 1.9599639845400536);
	near(statistics_t_quantile(1e-6, INFINITY), 4.891638475714779);
	near(statistics_t_quantile(0.5, 1), 1);
	near(statistics_t_tails(statistics_t_quantile(0.003, 4), 4), 0.003);
}

static void test_f(void **state)
{
	(void)state;
	near(statistics_f_tail(1, 2, 10), 0.40187757201646096);
	near(statistics_f_tail(3.5, 2, 20), 0.049735022076097105);
	near(statistics_f_tail(10, 2, 4), 0.027777777777777776);
	near(statistics_f_tail(3, 4, 2), 0.26530612244897966);
	near(statistics_f_tail(0, 4, 2), 1);
}

static void test_binomial(void **state)
{
	(void)state;
	near(statistics_binomial(0, 10, 0.5), 0.001953125);
	near(statistics_binomial(9, 10, 0.5), 0.021484375);
	near(statistics_binomial(3, 12, 1.0 / 3), 0.7861493561844118);
	near(statistics_binomial(5, 5, 0.1), 2e-05);
	near(statistics_binomial(300, 1000, 0.25), 0.0003871806438981579);
	near(statistics_binomial(7, 9, 2.0 / 3), 0.7543565513387187);
	near(statistics_binomial(0, 0, 0.5), 1);
	near(statistics_binomial(5, 10, 0.5), 1);
}

/* The example of the paper's section 3.2: fifteen p-values, four of them below the line at q = 0.05. */
static void test_discoveries(void **state)
{
	static const double paper[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
	                               0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
	static const double shuffled[] = {0.9, 0.02, 0.04, 0.03};
	static const double all[] = {0.05, 0.05}, none[] = {0.026, 0.9};

	(void)state;
	near(statistics_discoveries(paper, COUNT_OF(paper), 0.05), 0.0095);
	near(statistics_discoveries(shuffled, COUNT_OF(shuffled), 0.05), -1);
	near(statistics_discoveries(shuffled, COUNT_OF(shuffled), 0.08), 0.04);
	near(statistics_discoveries(all, 2, 0.05), 0.05);
	near(statistics_discoveries(none, 2, 0.05), -1);
	near(statistics_discoveries(none, 0, 0.05), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beta),     cmocka_unit_test(test_t),           cmocka_unit_test(test_f),
		cmocka_unit_test(test_binomial), cmocka_unit_test(test_discoveries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
