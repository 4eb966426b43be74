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
	const char *phase;
	int64_t phase_begun, phase_length; /* 0: unknown */
	int64_t next;                      /* when the next line is due */
	uint64_t requests;                 /* at the last line, for the rate */
	int64_t requests_at;
	bool dirty; /* a live line stands */
};

void progress_init(struct progress *progress, bool quiet, unsigned vus);
/* A line of its own: "target default/api-7f: ...". */
void progress_note(struct progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A phase begins that takes at most `length` ns. */
void progress_phase(struct progress *progress, const char *name, int64_t length);
/* Call it often; `snapshot` NULL before the load, pod_cpu in milli, -1: unknown. */
void progress_tick(struct progress *progress, const struct lg_snapshot *snapshot, int64_t pod_cpu);
/* Is a line due now? Then a snapshot is worth taking. */
bool progress_due(const struct progress *progress);
/* Clears the live line. */
void progress_end(struct progress *progress);

#endif
