/* timeline.csv: one row a second of the load, with the pod's CPU and memory beside it. */
#ifndef PLUGIN_TIMELINE_H
#define PLUGIN_TIMELINE_H

#include "plugin/outcome.h"

/* malloc'd text with a header line. */
char *timeline_csv(const struct outcome *outcome);

#endif
