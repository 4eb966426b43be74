/*
 * --abort-if: what the load must not do to its target. Looked at while the load
 * runs, over its last second (longer, up to five, until 20 requests were done),
 * so that a good beginning does not hide a bad end.
 *
 *     http_req_failed: rate>0.1        a threshold (threshold.h), here of what ends the run
 *     p(99)>2000                       http_req_duration without saying so, ms
 *     http_reqs: rate<10
 *     restarts                         a container of the target pod was restarted
 */
#ifndef PLUGIN_ABORT_IF_H
#define PLUGIN_ABORT_IF_H

#include "loadgen/loadgen.h"
#include "plugin/threshold.h"

struct abort_rules {
	struct threshold *items;
	size_t count;
	bool restarts;
};

/* Single statuses, http_reqs{status:503}, are counted for --threshold alone: refused here. */
int abort_rules_parse(const struct option_list *texts, struct abort_rules *ret, struct error *error);
void abort_rules_release(struct abort_rules *rules);

/* All-zero: nothing was looked at yet. */
struct abort_watch {
	struct lg_result *before;
	int64_t since;
	char why[256]; /* the rule that ends the run, and what was measured; "": none */
};

/* Cheap enough for each tick. `load` is the plan that it runs by, `restarts` those of the target's
 * containers. */
void abort_watch_look(struct abort_watch *watch, const struct abort_rules *rules, struct lg_run *run,
                      const struct lg_plan *load, unsigned restarts);
void abort_watch_release(struct abort_watch *watch);

#endif
