/*
 * The pods that a run captures from, one or several (--pods), as one: each is watched and each is captured at
 * the same time, and what they gave is summed (shots_merge). Of one pod it is that pod's, without a copy.
 */
#ifndef PLUGIN_REPLICAS_H
#define PLUGIN_REPLICAS_H

#include "plugin/plan.h"
#include "plugin/shots.h"
#include "plugin/target.h"
#include "plugin/watch.h"

enum replica_time { REPLICA_IDLE, REPLICA_WINDOW, REPLICA_AFTER, REPLICA_TIMES };

struct replica {
	const struct target *target;        /* borrowed */
	struct shots *shots[REPLICA_TIMES]; /* NULL where the run has them as its own */
	struct watch *watch;
	struct watch_report *pod, own; /* `pod`: of the first one the run's */
	/* Of the window, by replicas_measure. */
	bool profiled;       /* a CPU profile came; else the next three are 0 */
	double cores, error; /* CPU over time; relative, one standard error */
	uint64_t samples;    /* of the CPU */
	int64_t goroutines;  /* -1: unknown */
};

struct replicas {
	struct replica items[PODS_MAX];
	size_t count;
};

/* The target and its peers; `pod` is where the first one's watch reports to. Both outlive `ret`. */
void replicas_init(struct replicas *ret, const struct target *target, struct watch_report *pod);
/* Ends whatever runs. */
void replicas_release(struct replicas *replicas);

/* ---- captures: shots.h says what they are --------------------------------------- */

void replicas_take(struct replicas *replicas, enum replica_time time, unsigned profiles, int64_t length,
                   int64_t slice);
/* All are through. */
bool replicas_taken(const struct replicas *replicas, enum replica_time time);
/* Waits for them, or with `give_up` ends them within 0.2 s. Returns what all gave, the caller's to free. */
struct shots *replicas_join(struct replicas *replicas, enum replica_time time, bool give_up);

/* ---- watches ---------------------------------------------------------------------- */

void replicas_watch(struct replicas *replicas, const struct plan *plan);
/* None is left. */
bool replicas_lost(const struct replicas *replicas);
/* Sums of watch_restarts and of watch_cpu (-1: of one it is unknown). */
unsigned replicas_restarts(const struct replicas *replicas);
int64_t replicas_cpu(const struct replicas *replicas);
/* Ranks all pods once more, by the first one's watch. */
void replicas_rank(const struct replicas *replicas);
void replicas_unwatch(struct replicas *replicas);

/* ---- what each did ------------------------------------------------------------------ */

/* Once they are unwatched, and if there are several. */
void replicas_measure(struct replicas *replicas);
/* CPU over time of all together; *ret_profiled, which may be NULL, is of how many. */
double replicas_cores(const struct replicas *replicas, size_t *ret_profiled);
/* The part of the CPU of all ready pods that those used whose profile came; 0: unknown. *ret_begin to
 * *ret_end in Unix seconds is what the figures cover. */
double replicas_share(const struct replicas *replicas, time_t *ret_begin, time_t *ret_end);
/* The first one that was lost, NULL: none. */
const struct replica *replicas_first_lost(const struct replicas *replicas);

#endif
