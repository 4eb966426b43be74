/* How the thresholds of a run came out. */
#ifndef PLUGIN_THRESHOLD_REPORT_H
#define PLUGIN_THRESHOLD_REPORT_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "plugin/threshold.h"

struct threshold_row {
	const struct threshold *threshold; /* the plan's */
	bool measured;                     /* there was something to compare */
	double value;                      /* in the metric's unit: ms, a share, a count */
	bool holds;
};

struct threshold_report {
	struct threshold_row *rows;
	size_t count;
	bool failed; /* one does not hold */
};

void threshold_report_make(const struct thresholds *thresholds, const struct lg_result *load,
                           const struct lg_plan *plan, struct threshold_report *ret);
void threshold_report_release(struct threshold_report *report);
/* The first of those that end a run which is crossed now, NULL: none. */
const struct threshold *threshold_report_abort(const struct thresholds *thresholds,
                                               const struct lg_result *load, int64_t now,
                                               const struct lg_plan *plan);

/* A line for each, as in the summary. */
void threshold_report_print(FILE *out, const struct threshold_report *report);
/* [{"threshold":..., "value":..., "ok":...}]; the caller deletes it. */
cJSON *threshold_report_json(const struct threshold_report *report);
/* Into k6's summary: "thresholds" of each metric that has some; those with tags get a metric of their own. */
void threshold_report_k6(cJSON *metrics, const struct threshold_report *report);

#endif
