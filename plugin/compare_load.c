/* Rate, latencies and errors of runs against each other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/compare.h"
#include "plugin/statistics.h"
#include "plugin/text.h"

/* Seconds that a window must have for its spread to be told from them. */
#define SECONDS_LEAST 5
#define BOUND_P       0.05

/* A figure of one run: its logarithm, and the variance of that by what happened within the run. */
struct figure {
	int side;
	double value, variance; /* of log(value); NAN: not known */
	double weight, seconds;
	double run_spread; /* assumed, as a part of the value */
};

/*
 * The variance of the mean of values in their order of time: neighbours that go together (correlation rho)
 * count for less than as many that do not.
 */
static double mean_variance(const double *values, size_t count)
{
	double mean = 0, square = 0, product = 0, rho;

	for (size_t i = 0; i < count; i++)
		mean += values[i] / (double)count;
	for (size_t i = 0; i < count; i++) {
		square += (values[i] - mean) * (values[i] - mean);
		if (i)
			product += (values[i] - mean) * (values[i - 1] - mean);
	}
	rho = square > 0 ? fmin(fmax(product / square, 0), 0.9) : 0;
	return square / (double)(count - 1) / (double)count * (1 + rho) / (1 - rho);
}

/* ---- from figures of runs to an effect -------------------------------------------------- */

static double value_of(const struct figure *figures, size_t count, int side)
{
	double sum = 0, weight = 0;

	for (size_t i = 0; i < count; i++) {
		if (figures[i].side != side)
			continue;
		sum += figures[i].weight * log(figures[i].value);
		weight += figures[i].weight;
	}
	return weight > 0 ? exp(sum / weight) : NAN;
}

/* Variance of the difference of the sides' logarithms by what happened within the runs. */
static double within(const struct figure *figures, size_t count, double *ret_df)
{
	double weight[SIDES] = {0}, sum = 0;

	*ret_df = 0;
	for (size_t i = 0; i < count; i++)
		weight[figures[i].side] += figures[i].weight;
	for (size_t i = 0; i < count; i++) {
		double part = figures[i].weight / weight[figures[i].side];

		sum += part * part * figures[i].variance;
		*ret_df += figures[i].seconds - 1;
	}
	return sum;
}

/* The same by how far the runs of a side are from each other; *ret_df 0: there is one on each. */
static double between(const struct figure *figures, size_t count, double *ret_df)
{
	double mean[SIDES] = {0}, n[SIDES] = {0}, sum = 0;

	for (size_t i = 0; i < count; i++) {
		n[figures[i].side]++;
		mean[figures[i].side] += log(figures[i].value);
	}
	for (size_t i = 0; i < count; i++) {
		double away = log(figures[i].value) - mean[figures[i].side] / n[figures[i].side];

		sum += away * away;
	}
	*ret_df = n[BASE] + n[NEW] - 2;
	return *ret_df > 0 ? sum / *ret_df * (1 / n[BASE] + 1 / n[NEW]) : 0;
}

/* Variance of the difference of logarithms for what differs from run to run, where it has to be assumed. */
static double assumed(const struct figure *figures, size_t count)
{
	double n[SIDES] = {0}, spread = figures[0].run_spread;

	for (size_t i = 0; i < count; i++)
		n[figures[i].side]++;
	return spread * spread * (1 / n[BASE] + 1 / n[NEW]);
}

static void take_effect(struct compare_row *row, const struct figure *figures, size_t count)
{
	struct compare_effect *effect = &row->effect;
	double df, runs_df, variance = within(figures, count, &df), runs = between(figures, count, &runs_df),
			    t;
	double shift = log(effect->value[NEW] / effect->value[BASE]);

	if (runs_df < COMPARE_RUNS_DF) {
		variance += assumed(figures, count);
	} else if (!(runs <= variance) &&
	           (!(variance > 0) || statistics_f_tail(runs / variance, runs_df, df) < BOUND_P)) {
		variance = runs;
		df = runs_df;
	}
	effect->change = exp(shift) - 1;
	effect->df = df;
	row->unknown = isnan(variance);
	if (row->unknown) {
		effect->low = effect->high = NAN;
		return;
	}
	t = statistics_t_quantile(STATISTICS_LEVEL, df);
	effect->low = exp(shift - t * sqrt(variance)) - 1;
	effect->high = exp(shift + t * sqrt(variance)) - 1;
	effect->p = variance > 0 ? statistics_t_tails(shift / sqrt(variance), df) : shift != 0 ? 0 : 1;
	row->tested = true;
}

/* Both sides have a figure of every run. */
static bool is_whole(const struct figure *figures, size_t count)
{
	bool seen[SIDES] = {false};

	for (size_t i = 0; i < count; i++) {
		if (!(figures[i].value > 0))
			return false;
		seen[figures[i].side] = true;
	}
	return seen[BASE] && seen[NEW];
}

static void add_row(struct comparison *comparison, enum compare_kind kind, const char *name,
                    const struct figure *figures, size_t count)
{
	struct compare_row *row;

	if (!is_whole(figures, count))
		return;
	row = compare_rows_add(&comparison->heads, kind, name);
	for (int side = 0; side < SIDES; side++)
		row->effect.value[side] = value_of(figures, count, side);
	row->effect.p = 1;
	take_effect(row, figures, count);
}

/* ---- rate ----------------------------------------------------------------------------------- */

static struct figure rate_of(const struct compare_run *run)
{
	struct figure ret = {.side = run->side,
	                     .value = run_read_number(&run->read, "load/window/rate", 0),
	                     .weight = run_read_number(&run->read, "load/window/seconds", 0),
	                     .variance = NAN,
	                     .seconds = (double)run->second_count};
	double *rates = xcalloc(run->second_count + 1, sizeof *rates);

	for (size_t i = 0; i < run->second_count; i++)
		rates[i] = run->seconds[i].requests;
	if (run->second_count >= SECONDS_LEAST && ret.value > 0)
		ret.variance = mean_variance(rates, run->second_count) / (ret.value * ret.value);
	free(rates);
	return ret;
}

static void compare_rates(struct comparison *comparison)
{
	struct figure figures[COMPARE_RUNS_MAX];

	for (size_t i = 0; i < comparison->run_count; i++) {
		figures[i] = rate_of(&comparison->runs[i]);
		figures[i].run_spread = comparison->run_spread;
	}
	add_row(comparison, COMPARE_RATE, "rate", figures, comparison->run_count);
}

/* ---- latencies -------------------------------------------------------------------------------- */

/*
 * How many times the variance of a rank is that of independent requests: each second's own percentile has a
 * rank among all requests of the window, which would be `q` but for chance. 1 at the least; NAN: too few
 * seconds.
 */
static double rank_effect(const struct compare_run *run, const struct lg_histogram *h, double q)
{
	double all = (double)lg_histogram_count(h), *ranks, ret;
	size_t count = 0;

	ranks = xcalloc(run->second_count + 1, sizeof *ranks);
	for (size_t i = 0; i < run->second_count; i++) {
		double at = q > 0.9 ? run->seconds[i].p99 : run->seconds[i].p50;

		if (run->seconds[i].requests > 0)
			ranks[count++] = (double)lg_histogram_count_to(h, (uint64_t)fmin(at, 4e9)) / all;
	}
	ret = count < SECONDS_LEAST ? NAN : fmax(mean_variance(ranks, count) / (q * (1 - q) / all), 1);
	free(ranks);
	return ret;
}

static struct figure latency_of(const struct compare_run *run, const struct lg_histogram *h, double q)
{
	double all = (double)lg_histogram_count(h), effect, away, low, high;
	struct figure ret = {.side = run->side, .weight = all, .seconds = (double)run->second_count};

	if (all < 1)
		return ret;
	effect = q <= 0.5 ? rank_effect(run, h, 0.5) : rank_effect(run, h, 0.99);
	if (q > 0.5 && q < 0.99)
		effect = fmax(effect, rank_effect(run, h, 0.5));
	away = sqrt(effect * q * (1 - q) / all);
	ret.value = (double)lg_histogram_percentile(h, 100 * q);
	ret.variance = NAN;
	if (isnan(away))
		return ret;
	low = (double)lg_histogram_percentile(h, 100 * fmax(q - away, 0));
	high = (double)lg_histogram_percentile(h, 100 * fmin(q + away, 1));
	away = low > 0 ? log(high / low) / 2 : NAN;
	ret.variance = away * away;
	return ret;
}

static void compare_latencies(struct comparison *comparison, int kind, const char *prefix)
{
	static const struct {
		const char *name;
		double q, spread; /* how much more than others it differs from run to run, in recorded runs */
	} points[] = {{"p50", .5, 1}, {"p90", .9, 1}, {"p95", .95, 2}, {"p99", .99, 3}, {"p99.9", .999, 10}};
	struct figure figures[COMPARE_RUNS_MAX];

	for (size_t i = 0; i < comparison->run_count; i++)
		if (!comparison->runs[i].latency[kind])
			return;
	for (size_t j = 0; j < sizeof points / sizeof *points; j++) {
		char *name = xprintf("%s%s", prefix, points[j].name);

		for (size_t i = 0; i < comparison->run_count; i++) {
			figures[i] = latency_of(&comparison->runs[i], comparison->runs[i].latency[kind],
			                        points[j].q);
			figures[i].run_spread = points[j].spread * comparison->run_spread;
		}
		add_row(comparison, COMPARE_LATENCY, name, figures, comparison->run_count);
		free(name);
	}
}

/* ---- errors ------------------------------------------------------------------------------------- */

static size_t count_seconds(const struct comparison *comparison)
{
	size_t count = 0;

	for (size_t i = 0; i < comparison->run_count; i++)
		count += comparison->runs[i].second_count;
	return count;
}

static void compare_failures(struct comparison *comparison)
{
	size_t runs = comparison->run_count, seconds = count_seconds(comparison), at = 0;
	struct compare_blocks blocks = {
		.run_count = runs, .slice_count = seconds, .run_spread = comparison->run_spread};
	double *run_k = xcalloc(runs, sizeof *run_k), *slice_k = xcalloc(seconds + 1, sizeof *slice_k);
	struct compare_row *row;

	blocks.side = xcalloc(runs, sizeof *blocks.side);
	blocks.run_x = xcalloc(runs, sizeof *blocks.run_x);
	blocks.slice_run = xcalloc(seconds + 1, sizeof *blocks.slice_run);
	blocks.slice_x = xcalloc(seconds + 1, sizeof *blocks.slice_x);
	for (size_t i = 0; i < runs; i++) {
		const struct compare_run *run = &comparison->runs[i];

		blocks.side[i] = run->side;
		run_k[i] = run_read_number(&run->read, "load/window/failed", 0);
		blocks.run_x[i] = run_read_number(&run->read, "load/window/requests", 0);
		for (size_t j = 0; j < run->second_count; j++, at++) {
			blocks.slice_run[at] = i;
			blocks.slice_x[at] = run->seconds[j].requests;
			slice_k[at] = run->seconds[j].failed;
		}
	}
	row = compare_rows_add(&comparison->heads, COMPARE_FAILED, "errors");
	compare_counts(&blocks, run_k, slice_k, true, &row->effect);
	row->tested = row->effect.count[BASE] + row->effect.count[NEW] > 0;
	row->unknown = !(row->effect.exposure[BASE] > 0 && row->effect.exposure[NEW] > 0);
	compare_blocks_release(&blocks);
	free(run_k);
	free(slice_k);
}

/* ---- reading --------------------------------------------------------------------------------------- */

/* The seconds that lie in the window. */
static int read_seconds(struct compare_run *run, struct error *error)
{
	size_t count, kept = 0;
	int status = run_read_seconds(&run->read, &run->seconds, &count, error);

	for (size_t i = 0; status == 0 && i < count; i++)
		if (strcmp(run->seconds[i].phase, "window") == 0)
			run->seconds[kept++] = run->seconds[i];
	/* The last one may reach beyond. */
	run->second_count = kept > 1 ? kept - 1 : 0;
	return status < 0 ? -1 : 0;
}

int compare_load(struct comparison *comparison, struct error *error)
{
	for (size_t i = 0; i < comparison->run_count; i++) {
		struct compare_run *run = &comparison->runs[i];

		if (read_seconds(run, error) < 0 ||
		    run_read_latency(&run->read, "window", &run->latency[0], error) < 0 ||
		    run_read_latency(&run->read, "window-response", &run->latency[1], error) < 0)
			return -1;
	}
	compare_rates(comparison);
	compare_latencies(comparison, 0, "");
	compare_latencies(comparison, 1, "response-");
	compare_failures(comparison);
	return 0;
}
