/* What a load did between two looks at it. */
#ifndef PLUGIN_STRETCH_H
#define PLUGIN_STRETCH_H

#include "plugin/threshold.h"

/* Takes away from `after` what `before` has: all counts and histograms are those of the time between. */
void stretch_take(struct lg_result *after, const struct lg_result *before);

/* For thresholds over such a stretch, `length` ns long. It has no phases: all is in the first. */
struct threshold_source stretch_source(const struct lg_result *stretch, const struct lg_plan *plan,
                                       int64_t length);

#endif
