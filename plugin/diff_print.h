/* What `diff` writes, one function a format. */
#ifndef PLUGIN_DIFF_PRINT_H
#define PLUGIN_DIFF_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "capture/capture.h"
#include "plugin/error.h"

/* [0] is before (the base), [1] after; difference is after less before (cap_profile_diff). */
struct diff_view {
	const struct cap_profile *profiles[2], *difference;
	const char *names[2]; /* as the user gave them */
	size_t type;
	int64_t totals[2]; /* of all samples, before filters: what shares are of */
	bool by_cum, by_line;
	unsigned top; /* 0: all */
};

/* Rows and their order are those of go tool pprof -top -diff_base. */
int diff_text(FILE *out, const struct diff_view *view, struct error *error);
/* Every function that changed, raw numbers. */
int diff_json(FILE *out, const struct diff_view *view, struct error *error);
/* "root;caller;leaf 12 15": before and after, as flamegraph.pl's difffolded.pl writes them. */
int diff_folded(FILE *out, const struct diff_view *view, struct error *error);

#endif
