/* How the load's model is written on the command line: --rate and --stage. */
#ifndef PLUGIN_LOAD_MODEL_H
#define PLUGIN_LOAD_MODEL_H

#include "plugin/error.h"
#include "plugin/plan.h"

/* "2000", "2000/s", "120/m", "3600/h": requests a second. */
int rate_parse(const char *option, const char *text, double *ret, struct error *error);
/*
 * Reads --rate and --stage into plan->rate, stages and vus. Stages are "DURATION:VUS", or "DURATION:RATE/s"
 * all of them: then the load is a rate.
 */
int load_model_read(struct plan *plan, struct error *error);

#endif
