/*
 * What a request costs, by function: CPU of the window's profile over the
 * requests of the same window.
 *
 *     ns per request = flat ns / profiled ns * window ns / (requests in the window * share)
 *
 * profiled ns is the sum of the slices' own durations: the profile covers all
 * of the window but the moments between two slices, and those are assumed to
 * look alike. share is the part of the requests that the profiled pod served.
 * The error is the sampling error of a profile: a function seen in k samples is
 * known to one part in the square root of k (one standard error); from four
 * slices on it is larger by what the slices differ more than chance would have
 * them (spread.h).
 */
#ifndef PLUGIN_COST_H
#define PLUGIN_COST_H

#include "capture/capture.h"

struct cost_row {
	const char *function; /* the profile's: untrusted */
	int64_t flat, cum;    /* ns */
	uint64_t samples;     /* flat */
	double per_request;   /* ns of flat, -1: unknown */
	double error;         /* relative, one standard error; 0 without samples */
	double spread;        /* factor of the variance that is in it, from 1 on */
};

/* CPU by the first frame of the program's own (capture.h: cap_profile_places). */
struct cost_place {
	struct cap_place place; /* value: ns */
	uint64_t samples;
	double per_request, error, spread; /* likewise */
};

struct cost {
	struct cost_row *rows; /* by flat, descending */
	size_t count;
	struct cost_place *places; /* by value, descending: each stack once */
	size_t place_count;
	int64_t cpu;      /* ns in all */
	int64_t profiled; /* ns */
	uint64_t samples;
	double cores;             /* cpu over profiled */
	double per_request;       /* ns, -1: unknown */
	struct cap_error failure; /* why there are no rows, if so */
};

/*
 * `slices` are what the profile was merged from. `requests` 0: costs per request
 * are unknown. The rows borrow from the profile.
 */
void cost_make(const struct cap_profile *cpu, struct cap_profile *const *slices, size_t slice_count,
               int64_t window, uint64_t requests, double share, struct cost *ret);
void cost_release(struct cost *cost);

#endif
