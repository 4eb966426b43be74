/*
 * What a request allocates, and what stays in use: the allocs profile of the
 * window over its requests, and heap profiles from before, in and after the load.
 *
 *     bytes per request = alloc_space / profiled ns * window ns / (requests * share)
 *
 * Go samples an allocation every 512 KiB and scales up; the error is that of so
 * many samples (bytes / period), one standard error.
 */
#ifndef PLUGIN_MEMORY_COST_H
#define PLUGIN_MEMORY_COST_H

#include "capture/capture.h"

struct memory_row {
	struct cap_place place; /* value: bytes allocated in the window */
	double bytes, objects;  /* a request; -1: unknown */
	double share, error;
};

struct memory_growth {
	struct cap_place place;      /* value: bytes in use in the window */
	int64_t idle, loaded, after; /* bytes; -1: unknown */
};

struct memory_cost {
	struct memory_row *rows; /* by bytes */
	size_t row_count;
	struct memory_growth *growth; /* by what the window or the time after has more than idle */
	size_t growth_count;
	double bytes, objects, error;           /* a request; -1: unknown */
	int64_t inuse_idle, inuse, inuse_after; /* bytes; -1: unknown */
	struct cap_profile *profiles[4]; /* what the rows borrow from: allocs, heap idle, loaded, after */
};

struct shots;

/* `shots` NULL: not taken. `requests` 0: a request's part is unknown. */
void memory_cost_make(const struct shots *idle, const struct shots *loaded, const struct shots *after,
                      int64_t window, uint64_t requests, double share, struct memory_cost *ret);
void memory_cost_release(struct memory_cost *cost);

#endif
