/* The orchestration of one loadtest. */
#ifndef PLUGIN_RUN_H
#define PLUGIN_RUN_H

#include "plugin/error.h"
#include "plugin/plan.h"

/*
 * Runs the whole job, writes the run directory, prints the summary. Returns an
 * exit status >= 0, or -1 with `error` set. Whatever the way out, nothing is
 * left running, and what was captured by then is kept and marked partial.
 */
int run_loadtest(const struct plan *plan, struct error *error);

#endif
