#include "loadgen/histogram.h"

#include <math.h>
#include <stdlib.h>

struct lg_histogram *lg_histogram_new(void)
{
	return calloc(1, sizeof(struct lg_histogram));
}

void lg_histogram_free(struct lg_histogram *h)
{
	free(h);
}

static uint32_t top_of(const struct lg_histogram *h)
{
	return atomic_load_explicit(&h->top, memory_order_relaxed);
}

static unsigned shift_at(uint32_t index)
{
	return index < 2 * LG_HISTOGRAM_HALF ? 0 : index / LG_HISTOGRAM_HALF - 1;
}

uint64_t lg_histogram_lowest_at(uint32_t index)
{
	unsigned shift = shift_at(index);

	return (uint64_t)(index - shift * LG_HISTOGRAM_HALF) << shift;
}

uint64_t lg_histogram_highest_at(uint32_t index)
{
	return lg_histogram_lowest_at(index) + (1ULL << shift_at(index)) - 1;
}

static double middle_at(uint32_t index)
{
	return (double)(lg_histogram_lowest_at(index) + ((1ULL << shift_at(index)) >> 1));
}

void lg_histogram_merge(struct lg_histogram *h, const struct lg_histogram *from)
{
	uint32_t top = top_of(from);

	for (uint32_t i = 0; i < top; i++) {
		uint64_t n = lg_counter_get(&from->counts[i]);

		if (n)
			lg_histogram_add_at(h, i, n);
	}
	lg_counter_add(&h->over_range, lg_counter_get(&from->over_range));
}

void lg_histogram_subtract(struct lg_histogram *h, const struct lg_histogram *earlier)
{
	uint32_t top = top_of(earlier);

	for (uint32_t i = 0; i < top; i++)
		lg_counter_add(&h->counts[i], -lg_counter_get(&earlier->counts[i]));
	for (top = top_of(h); top && !lg_counter_get(&h->counts[top - 1]); top--)
		;
	atomic_store_explicit(&h->top, top, memory_order_relaxed);
	lg_counter_add(&h->over_range, -lg_counter_get(&earlier->over_range));
}

void lg_histogram_reset(struct lg_histogram *h)
{
	uint32_t top = top_of(h);

	for (uint32_t i = 0; i < top; i++)
		atomic_store_explicit(&h->counts[i], 0, memory_order_relaxed);
	atomic_store_explicit(&h->top, 0, memory_order_relaxed);
	atomic_store_explicit(&h->over_range, 0, memory_order_relaxed);
}

uint64_t lg_histogram_count(const struct lg_histogram *h)
{
	uint32_t top = top_of(h);
	uint64_t count = 0;

	for (uint32_t i = 0; i < top; i++)
		count += lg_counter_get(&h->counts[i]);
	return count;
}

uint64_t lg_histogram_count_to(const struct lg_histogram *h, uint64_t value)
{
	uint32_t top = top_of(h),
		 last = lg_histogram_index(value > LG_HISTOGRAM_HIGHEST ? LG_HISTOGRAM_HIGHEST : value);
	uint64_t count = 0;

	for (uint32_t i = 0; i < top && i <= last; i++)
		count += lg_counter_get(&h->counts[i]);
	return count;
}

uint64_t lg_histogram_min(const struct lg_histogram *h)
{
	uint32_t top = top_of(h);

	for (uint32_t i = 0; i < top; i++)
		if (lg_counter_get(&h->counts[i]))
			return lg_histogram_lowest_at(i);
	return 0;
}

uint64_t lg_histogram_max(const struct lg_histogram *h)
{
	uint32_t top = top_of(h);

	return top ? lg_histogram_highest_at(top - 1) : 0;
}

double lg_histogram_mean(const struct lg_histogram *h)
{
	uint64_t count = lg_histogram_count(h);
	uint32_t top = top_of(h);
	double sum = 0;

	for (uint32_t i = 0; i < top; i++)
		sum += (double)lg_counter_get(&h->counts[i]) * middle_at(i);
	return count ? sum / (double)count : 0;
}

double lg_histogram_stddev(const struct lg_histogram *h)
{
	uint64_t count = lg_histogram_count(h);
	double mean = lg_histogram_mean(h), sum = 0;
	uint32_t top = top_of(h);

	for (uint32_t i = 0; i < top; i++) {
		double distance = middle_at(i) - mean;

		sum += (double)lg_counter_get(&h->counts[i]) * distance * distance;
	}
	return count ? sqrt(sum / (double)count) : 0;
}

uint64_t lg_histogram_percentile(const struct lg_histogram *h, double percentile)
{
	double wanted = fmin(fmax(nextafter(percentile, -INFINITY), 0), 100);
	uint64_t count = lg_histogram_count(h), seen = 0;
	uint64_t rank = (uint64_t)ceil(wanted / 100 * (double)count);
	uint32_t top = top_of(h);

	if (rank < 1)
		rank = 1;
	for (uint32_t i = 0; i < top; i++) {
		seen += lg_counter_get(&h->counts[i]);
		if (seen >= rank)
			return percentile > 0 ? lg_histogram_highest_at(i) : lg_histogram_lowest_at(i);
	}
	return 0;
}

uint64_t lg_histogram_over_range(const struct lg_histogram *h)
{
	return lg_counter_get(&h->over_range);
}
