/*
 * One sample type of one profile as the page has it: the tree of its flame graph
 * and the rows of its table, each with the base's figures beside if there is one.
 *
 * In the page's data (numbers of names are those of "strings"; values are whole
 * multiples of "scale"):
 *
 *   {"profile": "cpu", "file": "cpu.pb.gz", "type": "cpu", "unit": "nanoseconds", "scale": 10000000,
 *    "total": ns, "functions": of how many rows, "seconds": profiled, "per_request": what a value is to be
 *    multiplied with, "period": value of a sample, "pruned_below": share of the whole, "pruned_share": held
 * by what was left out, "base": "idle/cpu.pb.gz", "base_total", "base_seconds", "base_per_request", "nodes":
 * [depth, name, total, self(, base total, base self), ... in pre-order], "rows": [name, file, self, total(,
 * base self, base total), ...]}
 *
 * What is not known is left out.
 */
#ifndef PLUGIN_REPORT_VIEW_H
#define PLUGIN_REPORT_VIEW_H

#include <stdio.h>

#include "capture/capture.h"
#include "plugin/report_names.h"

/* A profile of a run, and what its values are divided by. */
struct report_side {
	const struct cap_profile *profile; /* NULL: none */
	char file[80];                     /* how the page names it */
	double seconds, per_request;       /* 0: unknown */
};

struct report_row {
	const char *function, *file;
	int64_t self, total, base_self, base_total;
	double weight; /* for the choice of those that the page has room for */
};

struct report_view {
	const char *profile; /* "cpu" */
	const struct report_side *now, *base;
	const char *type, *unit;
	int64_t total, base_total;
	double period;
	struct cap_flame *nodes;
	size_t node_count;
	struct report_row *rows; /* by weight, descending */
	size_t row_count;
};

/* The sample type at index `type`; `base` may have no profile or no such type. 0, or 1 when it is empty. */
int report_view_make(const char *profile, const struct report_side *now, const struct report_side *base,
                     size_t type, struct report_view *ret, struct cap_error *error);
void report_view_release(struct report_view *view);

/* At most so many nodes and rows, the heaviest. */
void report_view_write(FILE *out, const struct report_view *view, struct report_names *names, size_t nodes,
                       size_t rows);

#endif
