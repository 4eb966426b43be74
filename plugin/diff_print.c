#include "plugin/diff_print.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/document.h"
#include "plugin/measure.h"
#include "plugin/show.h"
#include "plugin/text.h"

#define NODE_FRACTION 0.005 /* as in go tool pprof */

/* One kind of value of a node: flat or cum. */
struct values {
	int64_t before, after, change;
};

static struct values values_of(const struct cap_node *node, bool cum)
{
	int64_t before = cum ? node->base_cum : node->base_flat, change = cum ? node->cum : node->flat;

	return (struct values){before, (int64_t)((uint64_t)before + (uint64_t)change), change};
}

static double share(int64_t part, int64_t whole)
{
	return whole ? 100 * (double)part / (double)whole : 0;
}

static int make_graph(const struct diff_view *view, double node_fraction, struct cap_graph *ret,
                      struct error *error)
{
	struct cap_graph_options options = {.type = view->type,
	                                    .by_cum = view->by_cum,
	                                    .by_line = view->by_line,
	                                    .node_count = view->top,
	                                    .node_fraction = node_fraction};
	struct cap_error cause = {0};

	if (cap_profile_graph(view->difference, &options, ret, &cause) != CAP_OK)
		return error_set(error, "%s", cause.text);
	return 0;
}

/* ---- text ------------------------------------------------------------------------ */

static int64_t least_of(int64_t least, int64_t value)
{
	value = value < 0 && value != INT64_MIN ? -value : value;
	return value > 0 && (!least || value < least) ? value : least;
}

static const char *choose_unit(const struct diff_view *view, const struct cap_graph *graph, const char *from)
{
	int64_t total = view->totals[0] > view->totals[1] ? view->totals[0] : view->totals[1], least = 0;

	for (size_t i = 0; i < graph->count; i++) {
		struct values values = values_of(&graph->nodes[i], view->by_cum);

		least = least_of(least, values.change ? values.change : values.before);
	}
	return measure_unit(least, total, from);
}

static void print_side(FILE *out, const struct diff_view *view, size_t side, const char *from, const char *to)
{
	const struct cap_profile *profile = view->profiles[side];
	char *name = xstrdup(view->names[side]), *type = xstrdup(cap_profile_type(profile, view->type, NULL));
	char total[MEASURE_TEXT], duration[MEASURE_TEXT];

	text_clean(name);
	text_clean(type);
	fprintf(out, "%-8s %s of %s", side ? "After" : "Before",
	        measure_text(view->totals[side], from, to, total), type);
	if (cap_profile_duration(profile))
		fprintf(out, " in %s", measure_text(cap_profile_duration(profile), "ns", "auto", duration));
	fprintf(out, "  %s\n", name);
	free(name);
	free(type);
}

static void print_row(FILE *out, const struct diff_view *view, struct values values, const char *name,
                      const char *from, const char *to)
{
	char before[MEASURE_TEXT], after[MEASURE_TEXT], change[MEASURE_TEXT], percents[2][16];
	const char *sign = values.change > 0 ? "+" : "";
	char *signed_change = xprintf("%s%s", sign, measure_text(values.change, from, to, change));

	fprintf(out, "%10s %10s %10s  %s %s %+7.2f  %s\n", measure_text(values.before, from, to, before),
	        measure_text(values.after, from, to, after), signed_change,
	        measure_percent(values.before, view->totals[0], percents[0]),
	        measure_percent(values.after, view->totals[1], percents[1]),
	        share(values.after, view->totals[1]) - share(values.before, view->totals[0]), name);
	free(signed_change);
}

static void print_rows(FILE *out, const struct diff_view *view, const struct cap_graph *graph,
                       const char *from, const char *to)
{
	const char *kind = view->by_cum ? "cum" : "flat";

	fprintf(out, "%32s  %21s\n",
	        view->by_cum ? "---- with all it calls (cum) ---" : "---- the function itself (flat) ",
	        "-- share of whole ---");
	fprintf(out, "%10s %10s %10s  %6s %6s %7s  %s\n", "before", "after", "change", "before", "after",
	        "points", kind);
	for (size_t i = 0; i < graph->count; i++) {
		char *name = show_frame_name(&graph->nodes[i].frame, view->by_line);

		print_row(out, view, values_of(&graph->nodes[i], view->by_cum), name, from, to);
		free(name);
	}
}

int diff_text(FILE *out, const struct diff_view *view, struct error *error)
{
	const char *from, *to;
	struct cap_graph graph;

	if (make_graph(view, NODE_FRACTION, &graph, error) < 0)
		return -1;
	cap_profile_type(view->difference, view->type, &from);
	to = choose_unit(view, &graph, from);
	print_side(out, view, 0, from, to);
	print_side(out, view, 1, from, to);
	if (graph.count < graph.selected)
		fprintf(out, "%-8s the %zu largest changes of %zu\n", "Shown", graph.count, graph.selected);
	if (graph.count)
		print_rows(out, view, &graph, from, to);
	else
		fputs("No function differs.\n", out);
	cap_graph_release(&graph);
	return 0;
}

/* ---- json ------------------------------------------------------------------------ */

static void add_side(cJSON *row, const char *key, int64_t flat, int64_t cum, int64_t total)
{
	cJSON *json = cJSON_AddObjectToObject(row, key);

	show_json_number(json, "flat", flat);
	cJSON_AddNumberToObject(json, "flat_percent", share(flat, total));
	show_json_number(json, "cum", cum);
	cJSON_AddNumberToObject(json, "cum_percent", share(cum, total));
}

static void add_row(cJSON *rows, const struct diff_view *view, const struct cap_node *node)
{
	struct values flat = values_of(node, false), cum = values_of(node, true);
	cJSON *row = cJSON_CreateObject(), *change;

	show_json_text(row, "function", node->frame.function);
	show_json_text(row, "file", node->frame.file);
	if (view->by_line)
		show_json_number(row, "line", node->frame.line);
	add_side(row, "before", flat.before, cum.before, view->totals[0]);
	add_side(row, "after", flat.after, cum.after, view->totals[1]);
	change = cJSON_AddObjectToObject(row, "change");
	show_json_number(change, "flat", flat.change);
	cJSON_AddNumberToObject(change, "flat_points",
	                        share(flat.after, view->totals[1]) - share(flat.before, view->totals[0]));
	show_json_number(change, "cum", cum.change);
	cJSON_AddNumberToObject(change, "cum_points",
	                        share(cum.after, view->totals[1]) - share(cum.before, view->totals[0]));
	cJSON_AddItemToArray(rows, row);
}

static void add_profile(cJSON *json, const char *key, const struct diff_view *view, size_t side)
{
	cJSON *object = cJSON_AddObjectToObject(json, key);

	show_json_text(object, "name", view->names[side]);
	show_json_number(object, "total", view->totals[side]);
	show_json_number(object, "time_ns", cap_profile_time(view->profiles[side]));
	show_json_number(object, "duration_ns", cap_profile_duration(view->profiles[side]));
}

int diff_json(FILE *out, const struct diff_view *view, struct error *error)
{
	const char *unit, *type = cap_profile_type(view->difference, view->type, &unit);
	struct cap_graph graph;
	cJSON *json, *rows;

	if (make_graph(view, 0, &graph, error) < 0)
		return -1;
	json = cJSON_CreateObject();
	cJSON_AddNumberToObject(json, "schema", 1);
	show_json_text(json, "type", type);
	show_json_text(json, "unit", unit);
	add_profile(json, "before", view, 0);
	add_profile(json, "after", view, 1);
	rows = cJSON_AddArrayToObject(json, "rows");
	for (size_t i = 0; i < graph.count; i++)
		add_row(rows, view, &graph.nodes[i]);
	cap_graph_release(&graph);
	document_print(out, json, DOCUMENT_JSON);
	cJSON_Delete(json);
	return 0;
}

int diff_folded(FILE *out, const struct diff_view *view, struct error *error)
{
	struct cap_error cause = {0};
	struct cap_flame *nodes;
	size_t count;

	if (cap_profile_flame(view->profiles[1], view->type, view->profiles[0], view->type, 0, &nodes, &count,
	                      &cause) != CAP_OK)
		return error_set(error, "%s", cause.text);
	for (uint32_t i = 1; i < count; i++) {
		if (!nodes[i].self && !nodes[i].base_self)
			continue;
		show_stack(out, nodes, i);
		fprintf(out, " %lld %lld\n", (long long)nodes[i].base_self, (long long)nodes[i].self);
	}
	free(nodes);
	return 0;
}
