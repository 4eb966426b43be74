/* A run under way, for its own parts: run.c and run_search.c. */
#ifndef PLUGIN_RUN_PARTS_H
#define PLUGIN_RUN_PARTS_H

#include "plugin/guard.h"
#include "plugin/keeper.h"
#include "plugin/outcome.h"
#include "plugin/progress.h"
#include "plugin/prometheus.h"
#include "plugin/rundir.h"
#include "plugin/steady.h"

struct run {
	const struct plan *plan;
	struct outcome *outcome;
	struct rundir dir;
	struct progress progress;
	struct lg_run *load;
	struct keeper keeper;
	unsigned changes; /* of the target, as far as the steadiness knows */
	struct steady steady;
	struct prometheus *prometheus;
	int64_t look_at;                 /* when the whole result is looked at next */
	const struct threshold *crossed; /* that ends the run, NULL: none */
	struct abort_watch abort;
	double busiest;                        /* thread of the generator, share of a core, as last seen */
	bool ramp_done, finished, stages_done; /* of the load, as last seen */
	int64_t rank_at;
	struct guard_watch guard;
	bool too_fast; /* over the ceiling of the guard */
};

/* The run goes no further: a signal, the pod is lost, --requests are done, a threshold was crossed, or what
 * --abort-if names has come true. */
bool run_must_end(const struct run *run);
/* Looks after everything once, and sleeps a little. */
void run_tick(struct run *run);
/* While the pod is being resolved anew. */
void run_wait_for_pod(struct run *run);
/* --find-capacity: ends with the load at the rate that was found, or the first one's when none was. */
void run_find_capacity(struct run *run);

#endif
