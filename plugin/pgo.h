/*
 * --pgo FILE: the merged CPU profile of the window where `go build -pgo` takes it
 * (https://go.dev/doc/pgo): as pprof served it, all slices together. A file that is
 * there is replaced, by a rename, so that it is the old one or the whole new one.
 */
#ifndef PLUGIN_PGO_H
#define PLUGIN_PGO_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "plugin/error.h"

struct outcome;

/* Could it be written? Asked before any load is sent. */
int pgo_check(const char *path, struct error *error);
/* Writes it unless the run is partial or has no CPU profile; sets outcome->pgo_written. */
int pgo_write(struct outcome *outcome, struct error *error);
/* The lines of the summary, and "pgo" of run.json; nothing without --pgo. */
void pgo_print(FILE *out, const struct outcome *outcome);
void pgo_json(cJSON *json, const struct outcome *outcome);

#endif
