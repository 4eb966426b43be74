/*
 * The distributions that a comparison needs, from lgamma and the incomplete beta function alone
 * (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.5), and the choice among many p-values.
 * Accurate to about 1e-10 absolute for the ranges used here: shapes up to 1e9.
 */
#ifndef PLUGIN_STATISTICS_H
#define PLUGIN_STATISTICS_H

#include <stddef.h>

/* Part of both tails of the normal distribution in an interval of 95 %. */
#define STATISTICS_LEVEL 0.05

/* The regularized incomplete beta function I_x(a, b); x within 0..1, a and b over 0. */
double statistics_beta(double x, double a, double b);
/* P(|T| >= |t|) of Student's t; df INFINITY: the normal distribution. */
double statistics_t_tails(double t, double df);
/* The t > 0 whose two tails hold p, 0 < p < 1. */
double statistics_t_quantile(double p, double df);
/* P(F >= f). */
double statistics_f_tail(double f, double df1, double df2);
/*
 * Two-sided p-value of k successes in n trials of chance p: twice the smaller tail, at most 1. Counts need
 * not be whole: of overdispersed ones k/phi and n/phi are given (phi the variance over that of the binomial).
 */
double statistics_binomial(double k, double n, double p);
/*
 * Benjamini and Hochberg (1995): the largest p-value that counts as a discovery when of all discoveries a
 * share q may be false; those up to it count. -1: none.
 */
double statistics_discoveries(const double *p, size_t count, double q);

#endif
