/*
 * What a request allocates, and what stays in use: the allocs profile of the
 * window over its requests, and heap profiles from before, in and after the load.
 *
 *     bytes per request = alloc_space / profiled ns * window ns / (requests * share)
 *
 * Go samples an allocation every 512 KiB and scales up; the error is that of so
 * many samples (bytes / period), one standard error. meaning.h has the shape
 * of the JSON.
 */
#ifndef PLUGIN_MEMORY_COST_H
#define PLUGIN_MEMORY_COST_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "capture/capture.h"

struct memory_row {
	struct cap_place place; /* value: bytes allocated in the window */
	double bytes, objects;  /* a request; -1: unknown */
	double share, error;
};

struct memory_growth {
	struct cap_place place; /* value: how much more than idle it has, after the load if that is known */
	int64_t idle, loaded, after; /* bytes in use; -1: unknown */
};

enum memory_profile { MEMORY_ALLOCS, MEMORY_IDLE, MEMORY_LOADED, MEMORY_AFTER, MEMORY_PROFILES };

struct memory_cost {
	struct memory_row *rows; /* by bytes */
	size_t row_count;
	struct memory_growth *growth; /* by growth; only what has grown */
	size_t growth_count;
	double bytes, objects, error;                  /* a request; -1: unknown */
	int64_t inuse[MEMORY_PROFILES];                /* bytes; -1: unknown */
	struct cap_profile *profiles[MEMORY_PROFILES]; /* what the rows borrow from */
};

struct shots;

/* `shots` NULL: not taken. `requests` 0: a request's part is unknown. */
void memory_cost_make(const struct shots *idle, const struct shots *loaded, const struct shots *after,
                      int64_t window, uint64_t requests, double share, struct memory_cost *ret);
void memory_cost_release(struct memory_cost *cost);

/* "memory", if anything is known of it. */
void memory_cost_json(cJSON *json, const struct memory_cost *cost);
/* The lines "Memory" of the summary, if anything is known of it. */
void memory_cost_print(FILE *out, const struct memory_cost *cost);

#endif
