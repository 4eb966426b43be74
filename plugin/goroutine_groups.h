/* Goroutines grouped by stack and state, over the phases of a run; meaning.h has the shape of the JSON. */
#ifndef PLUGIN_GOROUTINE_GROUPS_H
#define PLUGIN_GOROUTINE_GROUPS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

#include "capture/capture.h"

#define GROUPS_MOST 100

/* "goroutine_groups": an array. */
void goroutine_groups_json(cJSON *json, const struct cap_growth *groups, size_t count);
/* The suspects, a line each, five at most; with `all` the other large groups too and whole stacks. */
void goroutine_groups_print(FILE *out, const struct cap_growth *groups, size_t count, bool all);

#endif
