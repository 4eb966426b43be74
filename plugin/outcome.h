/* All that one run found out: what the summary, run.json and the verdict are made from. */
#ifndef PLUGIN_OUTCOME_H
#define PLUGIN_OUTCOME_H

#include "loadgen/loadgen.h"
#include "plugin/capacity.h"
#include "plugin/cost.h"
#include "plugin/keeper.h"
#include "plugin/meaning.h"
#include "plugin/plan.h"
#include "plugin/replicas.h"
#include "plugin/shots.h"
#include "plugin/slices.h"
#include "plugin/target.h"
#include "plugin/threshold_report.h"
#include "plugin/tunnel_report.h"
#include "plugin/verdict.h"
#include "plugin/watch.h"

/* CLOCK_MONOTONIC; 0: never happened. What the engine knows (ramp, window, stop) is in its result. */
struct outcome_times {
	int64_t begun, prepared, load, settled, capture_begin, capture_end, load_stopped, cooled, ended;
	int64_t wall_offset; /* to add for Unix nanoseconds */
};

struct outcome {
	const struct plan *plan;
	struct target target;
	struct outcome_times at;
	bool steady;
	double variation;                   /* of the rate before the window, -1: unknown */
	struct shots *idle, *shots, *after; /* after: --cooldown */
	int64_t goroutines_idle, goroutines, goroutines_after; /* -1: unknown */
	struct lg_result *load;                                /* NULL: no load was sent */
	struct watch_report pod;                               /* of the target */
	struct replicas replicas;                              /* the target and its peers */
	struct change changes[KEEPER_MOST];                    /* of the target, before the window */
	unsigned change_count;
	bool idle_former; /* the idle captures are of another process than those of the window */
	struct tunnel_report tunnel;
	char partial[900]; /* why the run is partial, "" when it is whole */
	struct cost cost;
	struct meaning meaning;
	struct verdict verdict;
	struct threshold_report thresholds;
	struct slice_track track; /* of the window */
	struct slices slices;
	struct capacity capacity; /* of --find-capacity; no steps: not asked for */
	bool pgo_written;
	char directory[4096]; /* "" when nothing is kept */
};

/* Frees all but what is borrowed; ends what still runs. */
void outcome_release(struct outcome *outcome);

/* Nanoseconds of the capture window as the engine counted it, 0: there was none. */
int64_t outcome_window(const struct outcome *outcome);
/* The idle captures, if they are of the process that the window's are of; else NULL. */
const struct shots *outcome_idle(const struct outcome *outcome);
/* Where the idle captures are kept: "idle/". */
const char *outcome_idle_folder(const struct outcome *outcome);
/* Part of a CPU limit from which on a pod is held back by it. */
#define OUTCOME_AT_LIMIT 0.95

/* The highest figures that the source gave of the pod while the load ran: milli, bytes; -1 without readings.
 */
struct outcome_peak {
	int64_t cpu, memory;
	size_t readings;
};

struct outcome_peak outcome_peak(const struct outcome *outcome);
/* The pod's CPU limit in milli, all containers together; 0: none, or not all have one. */
int64_t outcome_cpu_limit(const struct outcome *outcome);
/* RFC 3339 with milliseconds, UTC, of an instant of the run; "" for 0. */
const char *outcome_wall(const struct outcome *outcome, int64_t instant, char ret[40]);

/* What was captured: "captures" of the document, the files' names below `folder`. */
cJSON *outcome_captures_json(const struct outcome *outcome, const struct shots *shots, const char *folder);
/* The run as one document (run.json, -o json|yaml); the caller deletes it. */
cJSON *outcome_json(const struct outcome *outcome);

#endif
