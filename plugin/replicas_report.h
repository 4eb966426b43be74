/*
 * What each of several pods did (--pods), for people and for run.json:
 *
 *   "pods": [{"name": "api-7f", "namespace": "prod", "uid": "...", "node": "...", "folder": "pods/api-7f",
 *     "cores": 0.82, "relative_error": 0.02, "samples": 2460, "cpu_share": 0.48, "goroutines": 31,
 *     "restarts": 0, "lost": "...", "captures": [...], "idle_captures": [...], "after_captures": [...]}]
 *     The hottest by its metrics comes first: the target. Cores, samples and cpu_share (of the CPU of these
 * pods) are of the window's CPU profile; what is not known is left out. Only of runs with several pods.
 */
#ifndef PLUGIN_REPLICAS_REPORT_H
#define PLUGIN_REPLICAS_REPORT_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "plugin/outcome.h"
#include "plugin/rundir.h"

cJSON *replicas_json(const struct outcome *outcome);
/* The lines "Pods" of the summary. */
void replicas_print(FILE *out, const struct outcome *outcome);
/* pods/NAME/: what each gave. */
int replicas_write(struct rundir *dir, const struct replicas *replicas, struct error *error);

#endif
