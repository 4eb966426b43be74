/*
 * What `show` writes, one function a format. `total` is what percentages are
 * of: that of the profile before --focus and --ignore took samples away.
 */
#ifndef PLUGIN_SHOW_H
#define PLUGIN_SHOW_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "capture/capture.h"
#include "plugin/pattern.h"

struct show_view {
	const struct cap_profile *profile;
	const char *name; /* of the file, as the user gave it */
	size_t type;
	int64_t total;
	const char *focus, *ignore, *peek_text; /* expressions, NULL: none */
	struct pattern *peek;
	bool by_cum, by_line, tree;
	unsigned top; /* 0: all */
};

/* To the letter what go tool pprof -top, -tree or -peek write, but for blanks at ends of lines. Exit 1 if
 * --peek matches nothing. */
int show_text(FILE *out, const struct show_view *view, struct error *error);
/* Every row, none left out for its size, with raw numbers; with tree or peek the calls too. */
int show_json(FILE *out, const struct show_view *view, struct error *error);
/* Brendan Gregg's folded stacks: "root;caller;leaf 12". */
int show_folded(FILE *out, const struct show_view *view, struct error *error);
/* https://www.speedscope.app/file-format-schema.json, one sampled profile. */
int show_speedscope(FILE *out, const struct show_view *view, struct error *error);

/* A member of an object: text cleaned, whole numbers exact beyond what a double holds. */
void show_json_text(cJSON *json, const char *key, const char *text);
void show_json_number(cJSON *json, const char *key, int64_t value);
/* "root;caller;leaf" of a node, cleaned, a ";" within a name as ",". */
void show_stack(FILE *out, const struct cap_flame *nodes, uint32_t leaf);
/* "FUNCTION", "FUNCTION FILE:LINE": cleaned. The caller frees it. */
char *show_frame_name(const struct cap_frame *frame, bool by_line);

#endif
