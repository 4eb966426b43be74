#include <stdlib.h>
#include <string.h>

#include "plugin/document.h"
#include "plugin/show.h"
#include "plugin/text.h"

void show_json_text(cJSON *json, const char *key, const char *text)
{
	char *copy = xstrdup(text);

	text_clean(copy);
	cJSON_AddStringToObject(json, key, copy);
	free(copy);
}

void show_json_number(cJSON *json, const char *key, int64_t value)
{
	char text[24];

	if (value <= INT64_C(1) << 53 && value >= -(INT64_C(1) << 53)) {
		cJSON_AddNumberToObject(json, key, (double)value);
		return;
	}
	snprintf(text, sizeof text, "%lld", (long long)value);
	cJSON_AddRawToObject(json, key, text);
}

static double percent(int64_t value, int64_t total)
{
	return total ? (double)value / (double)total * 100 : 0;
}

static void add_frame(cJSON *json, const struct cap_frame *frame, bool by_line)
{
	show_json_text(json, "function", frame->function);
	show_json_text(json, "file", frame->file);
	if (by_line)
		show_json_number(json, "line", frame->line);
}

static void add_edges(cJSON *row, const char *key, const struct cap_edge *edges, size_t count, bool by_line)
{
	cJSON *list = cJSON_AddArrayToObject(row, key);

	for (size_t i = 0; i < count; i++) {
		cJSON *edge = cJSON_CreateObject();

		add_frame(edge, edges[i].other, by_line);
		show_json_number(edge, "weight", edges[i].weight);
		cJSON_AddBoolToObject(edge, "inlined", edges[i].inlined);
		cJSON_AddItemToArray(list, edge);
	}
}

static cJSON *make_row(const struct show_view *view, const struct cap_node *node, bool tree)
{
	cJSON *row = cJSON_CreateObject();

	add_frame(row, &node->frame, view->by_line);
	show_json_number(row, "flat", node->flat);
	cJSON_AddNumberToObject(row, "flat_percent", percent(node->flat, view->total));
	show_json_number(row, "cum", node->cum);
	cJSON_AddNumberToObject(row, "cum_percent", percent(node->cum, view->total));
	cJSON_AddBoolToObject(row, "inlined", node->inlined);
	if (tree) {
		add_edges(row, "callers", node->in, node->in_count, view->by_line);
		add_edges(row, "callees", node->out, node->out_count, view->by_line);
	}
	return row;
}

static cJSON *make_header(const struct show_view *view)
{
	const struct cap_profile *profile = view->profile;
	const char *unit, *build_id, *program = cap_profile_program(profile, &build_id);
	const char *type = cap_profile_type(profile, view->type, &unit);
	cJSON *json = cJSON_CreateObject();

	cJSON_AddNumberToObject(json, "schema", 1);
	show_json_text(json, "name", view->name);
	show_json_text(json, "program", program);
	show_json_text(json, "build_id", build_id);
	show_json_text(json, "type", type);
	show_json_text(json, "unit", unit);
	show_json_number(json, "total", view->total);
	show_json_number(json, "time_ns", cap_profile_time(profile));
	show_json_number(json, "duration_ns", cap_profile_duration(profile));
	show_json_number(json, "samples", (int64_t)cap_profile_sample_count(profile));
	if (view->focus)
		show_json_text(json, "focus", view->focus);
	if (view->ignore)
		show_json_text(json, "ignore", view->ignore);
	return json;
}

static bool is_wanted(const struct show_view *view, const struct cap_node *node)
{
	char *name;
	bool ret;

	if (!view->peek)
		return true;
	name = show_frame_name(&node->frame, view->by_line);
	ret = pattern_matches(view->peek, name, strlen(name));
	free(name);
	return ret;
}

int show_json(FILE *out, const struct show_view *view, struct error *error)
{
	bool tree = view->tree || view->peek;
	struct cap_graph_options options = {.type = view->type,
	                                    .by_cum = view->by_cum,
	                                    .by_line = view->by_line,
	                                    .edges = tree,
	                                    .node_count = view->peek ? 0 : view->top};
	struct cap_error cause = {0};
	struct cap_graph graph;
	cJSON *json, *rows;

	if (cap_profile_graph(view->profile, &options, &graph, &cause) != CAP_OK)
		return error_set(error, "%s", cause.text);
	json = make_header(view);
	rows = cJSON_AddArrayToObject(json, "rows");
	for (size_t i = 0; i < graph.count; i++)
		if (is_wanted(view, &graph.nodes[i]))
			cJSON_AddItemToArray(rows, make_row(view, &graph.nodes[i], tree));
	cap_graph_release(&graph);
	document_print(out, json, DOCUMENT_JSON);
	cJSON_Delete(json);
	return pattern_check(view->peek, error);
}
