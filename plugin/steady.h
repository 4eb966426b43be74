/*
 * Is the rate steady? Requests done are counted in buckets of half a second;
 * the rate is steady when over the last six (three seconds)
 *   - they vary by at most 10 % (standard deviation over mean), and
 *   - the later half differs from the earlier one by at most 10 %,
 * both widened by what counting alone makes of so few requests (two standard
 * errors, Poisson). Of fewer than STEADY_LEAST nothing can be told.
 */
#ifndef PLUGIN_STEADY_H
#define PLUGIN_STEADY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STEADY_BUCKET  500000000LL /* ns */
#define STEADY_BUCKETS 6
#define STEADY_LIMIT   0.10
#define STEADY_LEAST   20 /* in all buckets */

struct steady {
	uint64_t buckets[STEADY_BUCKETS]; /* a ring */
	size_t count;                     /* filled so far, ever */
	int64_t since;                    /* start of the bucket under way, 0: none */
	uint64_t base;                    /* requests done at its start */
};

/* Notes that `requests` were done, in all, at `now`; call it at least twice in a bucket. */
void steady_add(struct steady *steady, int64_t now, uint64_t requests);
/* With what was noted so far; *ret_variation (may be NULL) is the standard deviation over the mean, -1:
 * nothing can be told. */
bool steady_now(const struct steady *steady, double *ret_variation);

#endif
