#include <math.h>
#include <stdlib.h>

#include "plugin/compare.h"
#include "plugin/statistics.h"

/* Below these the spread is not told from slices, or a side is worked out exactly. */
#define DF_LEAST   4
#define EXACT_LESS 10
/* A spread from run to run this unlikely to be that of the slices stands alone. */
#define POOL_P    0.05
#define PHI_LEAST 1e-3
#define PRIOR_DF  20

/* Pearson's statistic over its degrees of freedom. */
struct spread {
	double phi, df;
};

void compare_blocks_release(struct compare_blocks *blocks)
{
	free(blocks->side);
	free(blocks->run_x);
	free(blocks->slice_run);
	free(blocks->slice_x);
	*blocks = (struct compare_blocks){0};
}

/* One group of blocks: adds to the statistic how far its counts are from being alike. */
static void add_group(const double *k, const double *x, size_t count, struct spread *sum)
{
	double all_k = 0, all_x = 0;

	for (size_t i = 0; i < count; i++) {
		all_k += k[i];
		all_x += x[i];
	}
	if (count < 2 || all_k <= 0 || all_x <= 0)
		return;
	for (size_t i = 0; i < count; i++) {
		double wanted = all_k * x[i] / all_x;

		if (wanted > 0)
			sum->phi += (k[i] - wanted) * (k[i] - wanted) / wanted;
	}
	sum->df += (double)count - 1;
}

static struct spread within(const struct compare_blocks *blocks, const double *slice_k)
{
	struct spread sum = {0};

	for (size_t i = 0, j; i < blocks->slice_count; i = j) {
		for (j = i; j < blocks->slice_count && blocks->slice_run[j] == blocks->slice_run[i]; j++)
			;
		add_group(slice_k + i, blocks->slice_x + i, j - i, &sum);
	}
	sum.phi = sum.df > 0 ? sum.phi / sum.df : 1;
	return sum;
}

static struct spread between(const struct compare_blocks *blocks, const double *run_k)
{
	double k[COMPARE_RUNS_MAX], x[COMPARE_RUNS_MAX];
	struct spread sum = {0};

	for (int side = 0; side < SIDES; side++) {
		size_t count = 0;

		for (size_t i = 0; i < blocks->run_count; i++) {
			if (blocks->side[i] != side)
				continue;
			k[count] = run_k[i];
			x[count++] = blocks->run_x[i];
		}
		add_group(k, x, count, &sum);
	}
	sum.phi = sum.df > 0 ? sum.phi / sum.df : 1;
	return sum;
}

/* Drawn towards what sampling alone gives. */
static struct spread moderated(struct spread slices)
{
	double df = slices.df + PRIOR_DF;

	return (struct spread){(slices.df * slices.phi + PRIOR_DF) / df, df};
}

static struct spread spread_of(const struct compare_blocks *blocks, const double *run_k,
                               const double *slice_k, bool floored)
{
	struct spread slices = within(blocks, slice_k), runs = between(blocks, run_k), ret = {1, INFINITY};

	if (!floored && runs.df >= COMPARE_RUNS_DF)
		return (struct spread){fmax(runs.phi, PHI_LEAST), runs.df};
	if (slices.df >= DF_LEAST)
		ret = moderated(slices);
	ret.phi = fmax(ret.phi, 1);
	if (runs.df < COMPARE_RUNS_DF)
		return ret;
	if (statistics_f_tail(runs.phi / ret.phi, runs.df, isinf(ret.df) ? 1e9 : ret.df) < POOL_P)
		return runs;
	if (!isinf(ret.df))
		ret = (struct spread){(runs.df * runs.phi + ret.df * ret.phi) / (runs.df + ret.df),
		                      runs.df + ret.df};
	return (struct spread){fmax(ret.phi, 1), ret.df};
}

/* The variance that is assumed of log(new / base) for what differs from run to run; 0 when the runs tell. */
static double assumed(const struct compare_blocks *blocks)
{
	double runs[SIDES] = {0}, square = blocks->run_spread * blocks->run_spread;

	for (size_t i = 0; i < blocks->run_count; i++)
		runs[blocks->side[i]] += blocks->run_x[i] > 0;
	if (runs[BASE] < 1 || runs[NEW] < 1 || runs[BASE] + runs[NEW] - SIDES >= COMPARE_RUNS_DF)
		return 0;
	return square / runs[BASE] + square / runs[NEW];
}

static double p_of(const double k[SIDES], const double x[SIDES], struct spread spread, double variance)
{
	double n = k[BASE] + k[NEW], part = x[NEW] / (x[BASE] + x[NEW]);

	if (n <= 0)
		return 1;
	spread.phi += n * part * (1 - part) * variance;
	if (fmin(k[BASE], k[NEW]) < EXACT_LESS)
		return statistics_binomial(k[NEW] / spread.phi, n / spread.phi, part);
	return statistics_t_tails((k[NEW] - n * part) / sqrt(spread.phi * n * part * (1 - part)), spread.df);
}

static void take_interval(struct compare_effect *effect, double variance)
{
	double t, error, ratio;

	effect->change = effect->low = effect->high = NAN;
	if (effect->count[BASE] <= 0 || effect->count[NEW] <= 0)
		return;
	t = statistics_t_quantile(STATISTICS_LEVEL, effect->df);
	error = sqrt(effect->phi * (1 / effect->count[BASE] + 1 / effect->count[NEW]) + variance);
	ratio = effect->value[NEW] / effect->value[BASE];
	effect->change = ratio - 1;
	effect->low = ratio * exp(-t * error) - 1;
	effect->high = ratio * exp(t * error) - 1;
}

void compare_counts(const struct compare_blocks *blocks, const double *run_k, const double *slice_k,
                    bool floored, struct compare_effect *ret)
{
	struct spread spread = spread_of(blocks, run_k, slice_k, floored);
	double *x = ret->exposure, variance = assumed(blocks);

	*ret = (struct compare_effect){.phi = spread.phi, .df = spread.df, .p = 1};
	for (size_t i = 0; i < blocks->run_count; i++) {
		ret->count[blocks->side[i]] += run_k[i];
		x[blocks->side[i]] += blocks->run_x[i];
	}
	for (int side = 0; side < SIDES; side++)
		ret->value[side] = x[side] > 0 ? ret->count[side] / x[side] : NAN;
	if (x[BASE] > 0 && x[NEW] > 0)
		ret->p = p_of(ret->count, x, spread, variance);
	take_interval(ret, variance);
}
