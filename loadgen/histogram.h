/*
 * The histogram behind lg_histogram: HdrHistogram's layout for lowest 1,
 * highest 3.6e9, 3 significant digits (https://github.com/HdrHistogram).
 * 2048 sub-buckets of unit 1, then 1024 more for each doubling.
 *
 * One thread records, others may read at any time (relaxed). Only a count is
 * touched for a value: smallest, largest, mean come from the counts.
 */
#ifndef LOADGEN_HISTOGRAM_H
#define LOADGEN_HISTOGRAM_H

#include <stdint.h>

#include "loadgen/counter.h"
#include "loadgen/loadgen.h"

#define LG_HISTOGRAM_LOWEST    1
#define LG_HISTOGRAM_HIGHEST   3600000000ULL
#define LG_HISTOGRAM_DIGITS    3
#define LG_HISTOGRAM_HALF_BITS 10 /* log2 of half the sub-buckets */
#define LG_HISTOGRAM_HALF      1024U
#define LG_HISTOGRAM_COUNTS    23552U /* 22 doublings and the first half */

struct lg_histogram {
	lg_counter over_range;
	_Atomic uint32_t top; /* one past the highest index in use */
	lg_counter counts[LG_HISTOGRAM_COUNTS];
};

static inline uint32_t lg_histogram_index(uint64_t value)
{
	unsigned bucket =
		63U - (unsigned)__builtin_clzll(value | (2 * LG_HISTOGRAM_HALF - 1)) - LG_HISTOGRAM_HALF_BITS;

	return (bucket << LG_HISTOGRAM_HALF_BITS) + (uint32_t)(value >> bucket);
}

/* The smallest and the largest value that share the count at `index`. */
uint64_t lg_histogram_lowest_at(uint32_t index);
uint64_t lg_histogram_highest_at(uint32_t index);

/* Adds `n` at an index below LG_HISTOGRAM_COUNTS. */
static inline void lg_histogram_add_at(struct lg_histogram *h, uint32_t index, uint64_t n)
{
	lg_counter_add(&h->counts[index], n);
	if (index >= atomic_load_explicit(&h->top, memory_order_relaxed))
		atomic_store_explicit(&h->top, index + 1, memory_order_relaxed);
}

static inline void lg_histogram_record(struct lg_histogram *h, uint64_t value)
{
	if (__builtin_expect(value > LG_HISTOGRAM_HIGHEST, 0)) {
		lg_counter_add(&h->over_range, 1);
		value = LG_HISTOGRAM_HIGHEST;
	}
	lg_histogram_add_at(h, lg_histogram_index(value), 1);
}

/* Back to empty. */
void lg_histogram_reset(struct lg_histogram *h);

#endif
