/*
 * What the user sees while a run goes on, on standard error: on a terminal one
 * live line, elsewhere a plain line at each phase and every five seconds.
 */
#ifndef PLUGIN_PROGRESS_H
#define PLUGIN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/loadgen.h"

struct progress {
	bool quiet, terminal;
	unsigned vus;
	const char *phase, *limit;
	int64_t phase_begun, phase_length; /* 0: unknown */
	int64_t next;                      /* when the next line is due */
	uint64_t requests;                 /* when the rate was last taken */
	int64_t requests_at;
	double rate;
	uint64_t p50, p99; /* the newest there are, us; 0: none yet */
	bool dirty;        /* a live line stands */
};

void progress_init(struct progress *progress, bool quiet, unsigned vus);
/* A line of its own: "target  default/api-7f (...)". */
void progress_note(struct progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A phase begins that takes `length` ns (0: no time to speak of); `limit` is "at most " when it may be over
 * sooner. */
void progress_phase(struct progress *progress, const char *name, const char *limit, int64_t length);
/* Call it often; `snapshot` NULL before the load, pod_cpu in milli, -1: unknown. */
void progress_tick(struct progress *progress, const struct lg_snapshot *snapshot, int64_t pod_cpu);
/* Clears the live line. */
void progress_end(struct progress *progress);

#endif
