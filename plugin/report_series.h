/* The timeline and the latencies of a run, as the report's data has them (report.h). */
#ifndef PLUGIN_REPORT_SERIES_H
#define PLUGIN_REPORT_SERIES_H

#include <stdio.h>

#include "plugin/run_read.h"

/* An object, or null when the run has none. Both add what could not be read to `note`, a sentence, if it is
 * empty. */
void report_timeline(FILE *out, const struct run_read *run, char note[512]);
void report_latency(FILE *out, const struct run_read *run, char note[512]);

#endif
