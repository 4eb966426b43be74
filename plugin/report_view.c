#include "plugin/report_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/report_write.h"
#include "plugin/text.h"

/* Of the whole: what is thinner is in no page. */
#define THINNEST 2e-5

static int by_name(const void *a, const void *b)
{
	const struct report_row *left = a, *right = b;
	int order = strcmp(left->function, right->function);

	return order ? order : strcmp(left->file, right->file);
}

static int by_weight(const void *a, const void *b)
{
	const struct report_row *left = a, *right = b;

	if (left->weight != right->weight)
		return left->weight < right->weight ? 1 : -1;
	return by_name(a, b);
}

static double share(int64_t value, int64_t total)
{
	return total ? fabs((double)value / (double)total) : 0;
}

/* Own time counts more than what passes through. */
static double weight_of(const struct report_view *view, const struct report_row *row)
{
	double now = share(row->self, view->total) + share(row->total, view->total) / 4;
	double base = share(row->base_self, view->base_total) + share(row->base_total, view->base_total) / 4;

	return now > base ? now : base;
}

static enum cap_status top_of(const struct report_side *side, const char *type, struct cap_row **ret,
                              size_t *ret_count, struct cap_error *error)
{
	int index = side && side->profile ? cap_profile_type_index(side->profile, type) : -1;

	*ret_count = 0;
	if (index < 0)
		return CAP_OK;
	return cap_profile_top(side->profile, (size_t)index, false, ret, ret_count, error);
}

/* Sorted by name, a function of both sides stands in two rows: they become one. */
static size_t join(struct report_row *rows, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept && by_name(&rows[kept - 1], &rows[i]) == 0) {
			rows[kept - 1].self += rows[i].self;
			rows[kept - 1].total += rows[i].total;
			rows[kept - 1].base_self += rows[i].base_self;
			rows[kept - 1].base_total += rows[i].base_total;
		} else {
			rows[kept++] = rows[i];
		}
	}
	return kept;
}

static enum cap_status take_rows(struct report_view *view, struct cap_error *error)
{
	struct cap_row *now = NULL, *base = NULL;
	size_t count, base_count;
	enum cap_status status = top_of(view->now, view->type, &now, &count, error);

	if (status == CAP_OK)
		status = top_of(view->base, view->type, &base, &base_count, error);
	if (status == CAP_OK) {
		view->rows = xcalloc(count + base_count + 1, sizeof *view->rows);
		for (size_t i = 0; i < count; i++)
			view->rows[i] = (struct report_row){
				now[i].function, now[i].file, now[i].flat, now[i].cum, 0, 0, 0};
		for (size_t i = 0; i < base_count; i++)
			view->rows[count + i] = (struct report_row){base[i].function, base[i].file, 0, 0,
			                                            base[i].flat,     base[i].cum,  0};
		qsort(view->rows, count + base_count, sizeof *view->rows, by_name);
		view->row_count = join(view->rows, count + base_count);
		for (size_t i = 0; i < view->row_count; i++)
			view->rows[i].weight = weight_of(view, &view->rows[i]);
		qsort(view->rows, view->row_count, sizeof *view->rows, by_weight);
	}
	free(now);
	free(base);
	return status;
}

/* The value of one sample of a CPU profile; 0 for what is not counted in samples of one size. */
static double period_of(const struct cap_profile *profile, const char *type, int64_t total)
{
	int samples = cap_profile_type_index(profile, "samples");
	int64_t count = samples < 0 ? 0 : cap_profile_total(profile, (size_t)samples);

	return count > 0 && strcmp(type, "cpu") == 0 ? (double)total / (double)count : 0;
}

int report_view_make(const char *profile, const struct report_side *now, const struct report_side *base,
                     size_t type, struct report_view *ret, struct cap_error *error)
{
	struct report_view view = {.profile = profile, .now = now};
	int base_type;
	enum cap_status status;

	view.type = cap_profile_type(now->profile, type, &view.unit);
	base_type = base && base->profile ? cap_profile_type_index(base->profile, view.type) : -1;
	view.base = base_type >= 0 ? base : NULL;
	view.total = cap_profile_total(now->profile, type);
	view.base_total = view.base ? cap_profile_total(base->profile, (size_t)base_type) : 0;
	if (!view.total && !view.base_total)
		return 1;
	view.period = period_of(now->profile, view.type, view.total);
	status = cap_profile_flame(now->profile, type, view.base ? base->profile : NULL,
	                           view.base ? (size_t)base_type : 0, THINNEST, &view.nodes, &view.node_count,
	                           error);
	if (status == CAP_OK)
		status = take_rows(&view, error);
	if (status != CAP_OK) {
		report_view_release(&view);
		return -1;
	}
	*ret = view;
	return 0;
}

void report_view_release(struct report_view *view)
{
	free(view->nodes);
	free(view->rows);
	*view = (struct report_view){0};
}

/* ---- writing ------------------------------------------------------------------ */

static double breadth(const struct report_view *view, const struct cap_flame *node)
{
	double now = share(node->total, view->total), base = share(node->base_total, view->base_total);

	return now > base ? now : base;
}

static int descending(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left < right) - (left > right);
}

/* What is thinner than this is left out, so that no more than `most` nodes are left. */
static double least_breadth(const struct report_view *view, size_t most)
{
	double *all, found;

	if (view->node_count <= most)
		return 0;
	all = xcalloc(view->node_count, sizeof *all);
	for (size_t i = 0; i < view->node_count; i++)
		all[i] = breadth(view, &view->nodes[i]);
	qsort(all, view->node_count, sizeof *all, descending);
	found = nextafter(all[most], 2);
	free(all);
	return found;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static uint64_t size_of(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

/* The samples of a CPU profile are multiples of their period: small numbers, then. */
static int64_t scale_of(const struct report_view *view)
{
	uint64_t scale = 0;

	for (size_t i = 0; i < view->node_count && scale != 1; i++) {
		const struct cap_flame *node = &view->nodes[i];

		scale = gcd(gcd(scale, size_of(node->total)), size_of(node->self));
		scale = gcd(gcd(scale, size_of(node->base_total)), size_of(node->base_self));
	}
	for (size_t i = 0; i < view->row_count && scale != 1; i++) {
		const struct report_row *row = &view->rows[i];

		scale = gcd(gcd(scale, size_of(row->total)), size_of(row->self));
		scale = gcd(gcd(scale, size_of(row->base_total)), size_of(row->base_self));
	}
	return scale && scale < INT64_MAX ? (int64_t)scale : 1;
}

static void write_pair(FILE *out, int64_t first, int64_t second, int64_t scale)
{
	fprintf(out, ",%lld,%lld", (long long)(first / scale), (long long)(second / scale));
}

static void write_nodes(FILE *out, const struct report_view *view, struct report_names *names, double least,
                        int64_t scale)
{
	fputs(",\"nodes\":[", out);
	for (size_t i = 0; i < view->node_count;) {
		const struct cap_flame *node = &view->nodes[i];

		if (i && breadth(view, node) < least) {
			i += node->size;
			continue;
		}
		fprintf(out, "%s%u,%u", i ? "," : "", node->depth, report_names_number(names, node->name));
		write_pair(out, node->total, node->self, scale);
		if (view->base)
			write_pair(out, node->base_total, node->base_self, scale);
		i++;
	}
	fputc(']', out);
}

static void write_rows(FILE *out, const struct report_view *view, struct report_names *names, size_t most,
                       int64_t scale)
{
	fputs(",\"rows\":[", out);
	for (size_t i = 0; i < view->row_count && i < most; i++) {
		const struct report_row *row = &view->rows[i];

		fprintf(out, "%s%u,%u", i ? "," : "", report_names_number(names, row->function),
		        report_names_number(names, row->file));
		write_pair(out, row->self, row->total, scale);
		if (view->base)
			write_pair(out, row->base_self, row->base_total, scale);
	}
	fputc(']', out);
}

/* The values that have no node: those of what was left out here or in the tree already. */
static double pruned_share(const struct report_view *view, double least)
{
	double kept = 0;

	for (size_t i = 0; i < view->node_count;) {
		const struct cap_flame *node = &view->nodes[i];

		if (i && breadth(view, node) < least) {
			i += node->size;
			continue;
		}
		kept += (double)node->self;
		i++;
	}
	return view->total ? 1 - kept / (double)view->total : 0;
}

static void write_known(FILE *out, const char *name, double value)
{
	if (value <= 0)
		return;
	report_name(out, name, false);
	report_number(out, value);
}

static void write_side(FILE *out, const struct report_side *side, int64_t total, const char *prefix)
{
	char name[40];

	snprintf(name, sizeof name, "%stotal", prefix);
	report_name(out, name, false);
	report_number(out, (double)total);
	snprintf(name, sizeof name, "%sseconds", prefix);
	write_known(out, name, side->seconds);
	snprintf(name, sizeof name, "%sper_request", prefix);
	write_known(out, name, side->per_request);
}

void report_view_write(FILE *out, const struct report_view *view, struct report_names *names, size_t nodes,
                       size_t rows)
{
	int64_t scale = scale_of(view);
	double least = least_breadth(view, nodes);
	double pruned = pruned_share(view, least);

	fputs("{\"profile\":", out);
	report_text(out, view->profile);
	report_name(out, "file", false);
	report_text(out, view->now->file);
	report_name(out, "type", false);
	report_text(out, view->type);
	report_name(out, "unit", false);
	report_text(out, view->unit);
	report_name(out, "scale", false);
	report_number(out, (double)scale);
	report_name(out, "functions", false);
	report_number(out, (double)view->row_count);
	write_known(out, "period", view->period);
	if (pruned > 1e-9) {
		write_known(out, "pruned_below", least > THINNEST ? least : THINNEST);
		write_known(out, "pruned_share", pruned);
	}
	write_side(out, view->now, view->total, "");
	if (view->base) {
		report_name(out, "base", false);
		report_text(out, view->base->file);
		write_side(out, view->base, view->base_total, "base_");
	}
	write_nodes(out, view, names, least, scale);
	write_rows(out, view, names, rows, scale);
	fputc('}', out);
}
