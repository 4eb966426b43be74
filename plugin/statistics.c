#include "plugin/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

#define STEPS_MAX 100000
#define TINY      1e-300

/* The continued fraction of 26.5.8 by Lentz's method; converges fast for x below (a + 1) / (a + b + 2). */
static double fraction(double x, double a, double b)
{
	double c = 1, d = 1 - (a + b) * x / (a + 1), h;

	d = 1 / (fabs(d) < TINY ? TINY : d);
	h = d;
	for (int m = 1; m < STEPS_MAX; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double step;

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = fabs(c) < TINY ? TINY : c;
		h *= d * c;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = fabs(c) < TINY ? TINY : c;
		step = d * c;
		h *= step;
		if (fabs(step - 1) < 1e-15)
			break;
	}
	return h;
}

double statistics_beta(double x, double a, double b)
{
	double front;

	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
	if (x < (a + 1) / (a + b + 2))
		return front * fraction(x, a, b) / a;
	return 1 - front * fraction(1 - x, b, a) / b;
}

double statistics_t_tails(double t, double df)
{
	if (isinf(df))
		return erfc(fabs(t) / M_SQRT2);
	return statistics_beta(df / (df + t * t), df / 2, 0.5);
}

double statistics_t_quantile(double p, double df)
{
	double low = 0, high = 1;

	while (statistics_t_tails(high, df) > p && high < 1e12)
		high *= 2;
	for (int i = 0; i < 200 && high - low > 1e-12 * high; i++) {
		double middle = (low + high) / 2;

		if (statistics_t_tails(middle, df) > p)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

double statistics_f_tail(double f, double df1, double df2)
{
	return f > 0 ? statistics_beta(df2 / (df2 + df1 * f), df2 / 2, df1 / 2) : 1;
}

double statistics_binomial(double k, double n, double p)
{
	double upper = k > 0 ? statistics_beta(p, k, n - k + 1) : 1;
	double lower = k < n ? statistics_beta(1 - p, n - k, k + 1) : 1;

	return fmin(1, 2 * fmin(upper, lower));
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double statistics_discoveries(const double *p, size_t count, double q)
{
	double *sorted, ret = -1;

	if (!count)
		return -1;
	sorted = xcalloc(count, sizeof *sorted);
	memcpy(sorted, p, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, by_value);
	for (size_t i = count; i > 0 && ret < 0; i--)
		if (sorted[i - 1] <= q * (double)i / (double)count)
			ret = sorted[i - 1];
	free(sorted);
	return ret;
}
