#include "plugin/steady.h"

#include <math.h>

void steady_add(struct steady *steady, int64_t now, uint64_t requests)
{
	int64_t elapsed = now - steady->since;
	double share;

	if (!steady->since) {
		steady->since = now;
		steady->base = requests;
		return;
	}
	if (elapsed < STEADY_BUCKET)
		return;
	/* A late tick makes a long bucket: what it holds is scaled to a bucket's length. */
	share = (double)STEADY_BUCKET / (double)elapsed;
	steady->buckets[steady->count++ % STEADY_BUCKETS] =
		(uint64_t)llround((double)(requests - steady->base) * share);
	steady->since = now;
	steady->base = requests;
}

static double mean_of(const struct steady *steady, size_t from, size_t count)
{
	double sum = 0;

	for (size_t i = from; i < from + count; i++)
		sum += (double)steady->buckets[i % STEADY_BUCKETS];
	return sum / (double)count;
}

static double variation_of(const struct steady *steady, double mean)
{
	double squares = 0;

	for (size_t i = 0; i < STEADY_BUCKETS; i++) {
		double off = (double)steady->buckets[i] - mean;

		squares += off * off;
	}
	return sqrt(squares / (STEADY_BUCKETS - 1)) / mean;
}

bool steady_now(const struct steady *steady, double *ret_variation)
{
	const size_t half = STEADY_BUCKETS / 2;
	double mean, variation, drift, noise;

	if (ret_variation)
		*ret_variation = -1;
	if (steady->count < STEADY_BUCKETS)
		return false;
	mean = mean_of(steady, 0, STEADY_BUCKETS);
	if (mean < (double)STEADY_LEAST / STEADY_BUCKETS)
		return false;
	variation = variation_of(steady, mean);
	drift = fabs(mean_of(steady, steady->count + half, half) - mean_of(steady, steady->count, half)) /
	        mean;
	noise = 1 / sqrt(mean);
	if (ret_variation)
		*ret_variation = variation;
	return variation <= STEADY_LIMIT + noise &&
	       drift <= STEADY_LIMIT + 2 * noise * sqrt(2.0 / (double)half);
}
