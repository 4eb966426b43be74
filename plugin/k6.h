/* load.json: the whole run's load as k6's classic summary, so that tools made for that read it. */
#ifndef PLUGIN_K6_H
#define PLUGIN_K6_H

#include <cjson/cJSON.h>

#include "loadgen/loadgen.h"
#include "plugin/plan.h"
#include "plugin/threshold_report.h"

/* The caller deletes it. Metric names and shapes: k6's --summary-export / handleSummary data. */
cJSON *k6_summary(const struct lg_result *load, const struct plan *plan,
                  const struct threshold_report *thresholds);

#endif
