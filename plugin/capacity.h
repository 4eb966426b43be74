/*
 * --find-capacity 'p(99)<50': the highest rate that meets a threshold (http_req_duration's unless another
 * metric is named). The search asks for a rate, is told what a step at that rate has come to, and asks for
 * the next:
 *
 *     from plan.start up by plan.factor until a step fails (or down, if the first one does), then halfway
 *     (by ratio) between the highest rate that was met and the lowest that was not, until these two are no
 * more than plan.tolerance apart: the lower one is the knee.
 *
 * A step fails when the threshold is broken, when starts were dropped, when fewer requests were done than
 * plan.shortfall allows, or when nothing was measured. A step in which the generator was saturated says
 * nothing of the server: it ends the search.
 *
 * Nothing here knows the time or sends anything.
 */
#ifndef PLUGIN_CAPACITY_H
#define PLUGIN_CAPACITY_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "loadgen/loadgen.h"
#include "plugin/threshold.h"

struct capacity_plan {
	double start;           /* requests a second, of the first step */
	double lowest, highest; /* that are asked for */
	double factor;          /* over 1 */
	double tolerance;       /* share of the knee that it may be too low by */
	double shortfall;       /* share of the asked requests that may not be done */
	unsigned max_steps;
	int64_t max_time; /* ns, of all steps; a step that may not fit in any more is not begun */
};

/* The defaults: 100/s, 1/s to 10 million/s, 2, 5%, 2%, 40 steps, 1 h. */
struct capacity_plan capacity_plan_default(void);

enum capacity_fault {
	CAPACITY_GOOD,
	CAPACITY_SATURATED, /* the generator */
	CAPACITY_EMPTY,     /* nothing was measured */
	CAPACITY_BROKEN,    /* the threshold */
	CAPACITY_DROPPED,   /* starts, for want of a VU */
	CAPACITY_SHORT,     /* fewer done than asked for */
};

/* One rate, and what was measured over its steady stretch. */
struct capacity_step {
	double asked, achieved; /* requests a second */
	int64_t length;         /* of the stretch, ns */
	int64_t took;           /* all of the step, its settling included, ns */
	uint64_t requests, failed, dropped, late;
	double p50, p95, p99, max; /* service, ms */
	double response_p99;       /* from when they were due, ms */
	enum threshold_verdict verdict;
	double value; /* what the threshold was compared with */
	bool saturated;
	enum capacity_fault fault; /* by capacity_add */
};

enum capacity_end {
	CAPACITY_RUNNING,
	CAPACITY_FOUND,
	CAPACITY_AT_HIGHEST,    /* even plan.highest meets it */
	CAPACITY_UNDER_LOWEST,  /* not even plan.lowest */
	CAPACITY_BY_SATURATION, /* the generator can do no more */
	CAPACITY_OUT_OF_STEPS,
	CAPACITY_OUT_OF_TIME,
};

struct capacity {
	struct capacity_plan plan;
	struct capacity_step *steps; /* the curve, in the order of time */
	size_t count;
	double knee;  /* the highest rate that was met, 0: none (yet) */
	double above; /* the lowest that was not, 0: none (yet) */
	int64_t used; /* ns */
	enum capacity_end end;
};

void capacity_init(struct capacity *capacity, const struct capacity_plan *plan);
void capacity_release(struct capacity *capacity);

/* The rate of the next step; false: the search is over. */
bool capacity_next(const struct capacity *capacity, double *ret_rate);
/* The step at that rate is done. */
void capacity_add(struct capacity *capacity, const struct capacity_step *step);

/* The longest time that the search can take when its steps take so long each. */
int64_t capacity_longest(const struct capacity_plan *plan, int64_t step);

/* ---- a step, from the engine ------------------------------------------------------- */

/* The threshold of --find-capacity: without phase and abortOnFail. */
int capacity_goal_parse(const char *option, const char *text, struct threshold *ret, struct error *error);

/*
 * Fills a step from two looks at a run, `length` ns apart (`after` loses what `before` has), and evaluates
 * the goal over what lies between; asked, took, late and saturated are left alone.
 */
void capacity_measure(struct capacity_step *step, const struct threshold *goal, const struct lg_plan *plan,
                      const struct lg_result *before, struct lg_result *after, int64_t length);

/* ---- what is said ------------------------------------------------------------------- */

/* One line: the knee, how sure it is, why the search has ended. */
char *capacity_line(const struct capacity *capacity, const struct threshold *goal);
/* The curve as a table, by rate, and the line. */
void capacity_print(FILE *out, const struct capacity *capacity, const struct threshold *goal);
/* The same for programs; the caller deletes it. */
cJSON *capacity_json(const struct capacity *capacity, const struct threshold *goal);

#endif
