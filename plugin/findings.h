/*
 * The findings of a CPU profile, and of a run, as JSON and as text. meaning.h has the shape of
 * the JSON. `scale` is ns of CPU a request for each ns of the profile, 0: unknown.
 */
#ifndef PLUGIN_FINDINGS_H
#define PLUGIN_FINDINGS_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "capture/capture.h"

/* Puts one more at its place by share. */
void findings_insert(struct cap_findings *findings, const struct cap_finding *finding);
/* "findings", or "findings_refused". */
void findings_json(cJSON *json, const struct cap_findings *findings, double scale);
/* Adds those of a run.json that no CPU profile tells again: time at locks, the CPU limit, a hot replica. They
 * borrow from `run`, whose texts are cleaned. */
void findings_read(cJSON *run, struct cap_findings *findings);
/* A line each, five at most, below the label "Findings"; `more` is the run directory to explain for all. */
void findings_print_short(FILE *out, const struct cap_findings *findings, const char *more);
/* Each with its callers, what it means and what to do; of a profile that is not refused. */
void findings_print(FILE *out, const struct cap_findings *findings, double scale);

/* "main.encode (/src/main.go:42)", cleaned; malloc'd. The file by its last element if `brief`. */
char *place_text(const struct cap_place *place, bool brief);
/* Adds "function", "file" and "line", cleaned. */
void place_json(cJSON *json, const struct cap_place *place);
/* A cleaned text, left out when it is empty. */
void json_text(cJSON *json, const char *name, const char *text);

#endif
