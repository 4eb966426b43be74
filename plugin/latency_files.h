/* Latency distributions as files that HdrHistogram's tools read. */
#ifndef PLUGIN_LATENCY_FILES_H
#define PLUGIN_LATENCY_FILES_H

#include "plugin/outcome.h"

/*
 * latency.hlog: an interval log, format 1.3; a line for each phase and kind of latency, told apart by their
 * tag: "window", "window-response", "window-lag" and so on. malloc'd, NULL when memory is out.
 */
char *latency_hlog(const struct outcome *outcome);
/* latency.hgrm: percentiles of the window's service latency, in ms. malloc'd, NULL when memory is out. */
char *latency_hgrm(const struct outcome *outcome);

#endif
