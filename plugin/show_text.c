#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugin/measure.h"
#include "plugin/show.h"
#include "plugin/text.h"

/* As in go tool pprof. */
#define NODE_FRACTION 0.005
#define EDGE_FRACTION 0.001
#define TREE_NODES    80
#define FILTER_SHOWN  80

#define SEPARATOR "----------------------------------------------------------+-------------\n"

struct printer {
	FILE *out;
	const struct show_view *view;
	struct cap_graph graph;
	const char *from, *to; /* units: of the profile, of what is printed */
};

static const char *value(const struct printer *printer, int64_t number, char ret[MEASURE_TEXT])
{
	return measure_text(number, printer->from, printer->to, ret);
}

char *show_frame_name(const struct cap_frame *frame, bool by_line)
{
	bool placed = by_line && (frame->line || *frame->file);
	char *name;

	if (placed && frame->line)
		name = xprintf("%s%s%s:%lld", frame->function, *frame->function ? " " : "", frame->file,
		               (long long)frame->line);
	else
		name = xprintf("%s%s%s", frame->function, placed && *frame->function ? " " : "",
		               placed ? frame->file : "");
	text_clean(name);
	return name;
}

/* ---- what stands above the rows --------------------------------------------- */

static void print_line(FILE *out, const char *label, const char *text)
{
	char *copy = xstrdup(text);

	text_clean(copy);
	fprintf(out, "%s%s\n", label, copy);
	free(copy);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void print_time(const struct printer *printer)
{
	int64_t when = cap_profile_time(printer->view->profile);
	time_t seconds = (time_t)(when / 1000000000 - (when % 1000000000 < 0));
	char text[64];
	struct tm tm;

	if (!when || !localtime_r(&seconds, &tm))
		return;
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %Z", &tm);
	fprintf(printer->out, "Time: %s\n", text);
}

static void print_duration(const struct printer *printer)
{
	int64_t duration = cap_profile_duration(printer->view->profile);
	char length[MEASURE_TEXT], total[MEASURE_TEXT], percent[16];
	const char *unit;
	double ns = measure_scale(printer->view->total, printer->from, "nanoseconds", &unit);

	if (!duration)
		return;
	fprintf(printer->out, "Duration: %s, Total samples = %s",
	        measure_text(duration, "ns", "auto", length), value(printer, printer->view->total, total));
	if (strcmp(unit, "ns") == 0 && ns != 0)
		fprintf(printer->out, " (%s)", measure_percent((int64_t)ns, duration, percent));
	fputc('\n', printer->out);
}

static void print_profile_lines(const struct printer *printer)
{
	const struct cap_profile *profile = printer->view->profile;
	const char *build_id, *program = cap_profile_program(profile, &build_id), *comment;

	if (*program)
		print_line(printer->out, "File: ", base_name(program));
	if (*build_id)
		print_line(printer->out, "Build ID: ", build_id);
	for (size_t i = 0; (comment = cap_profile_comment(profile, i)); i++)
		if (*comment != '#')
			print_line(printer->out, "", comment);
	print_line(printer->out, "Type: ", cap_profile_type(profile, printer->view->type, NULL));
	if (*cap_profile_doc_url(profile))
		print_line(printer->out, "Doc: ", cap_profile_doc_url(profile));
	print_time(printer);
	print_duration(printer);
}

static void print_filter(FILE *out, const char *name, const char *expression)
{
	bool cut = expression && strlen(name) + 1 + strlen(expression) > FILTER_SHOWN;
	char *line;

	if (!expression)
		return;
	line = xprintf("%s=%s", name, expression);
	if (cut)
		line[FILTER_SHOWN] = '\0';
	text_clean(line);
	fprintf(out, "   %s%s\n", line, cut ? "…" : "");
	free(line);
}

static void print_selection(const struct printer *printer, double node_fraction)
{
	const struct cap_graph *graph = &printer->graph;
	int64_t total = printer->view->total, shown = 0, cutoff = (int64_t)((double)total * node_fraction);
	char text[MEASURE_TEXT], of[MEASURE_TEXT], percent[16];

	for (size_t i = 0; i < graph->count; i++)
		shown = (int64_t)((uint64_t)shown + (uint64_t)graph->nodes[i].flat);
	measure_percent(shown, total, percent);
	fprintf(printer->out, "Showing nodes accounting for %s, %s of %s total\n",
	        value(printer, shown, text), percent + strspn(percent, " "), value(printer, total, of));
	if (total && graph->dropped)
		fprintf(printer->out, "Dropped %zu node%s (cum <= %s)\n", graph->dropped,
		        graph->dropped > 1 ? "s" : "", value(printer, cutoff < 0 ? -cutoff : cutoff, text));
	if (total && graph->count && graph->count < graph->selected)
		fprintf(printer->out, "Showing top %zu nodes out of %zu\n", graph->count, graph->selected);
}

static void print_header(const struct printer *printer, double node_fraction)
{
	const struct show_view *view = printer->view;

	print_profile_lines(printer);
	if (view->focus || view->ignore)
		fputs("Active filters:\n", printer->out);
	print_filter(printer->out, "focus", view->focus);
	print_filter(printer->out, "ignore", view->ignore);
	print_selection(printer, node_fraction);
}

/* ---- rows ----------------------------------------------------------------------- */

static void print_row(const struct printer *printer, const struct cap_node *node, int64_t sum,
                      const char *between, const char *mark)
{
	int64_t total = printer->view->total;
	char flat[MEASURE_TEXT], cum[MEASURE_TEXT], percents[3][16];
	char *name = show_frame_name(&node->frame, printer->view->by_line);

	fprintf(printer->out, "%10s %s %s %10s %s  %s%s%s\n", value(printer, node->flat, flat),
	        measure_percent(node->flat, total, percents[0]), measure_percent(sum, total, percents[1]),
	        value(printer, node->cum, cum), measure_percent(node->cum, total, percents[2]), between, name,
	        mark);
	free(name);
}

static int64_t added(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static void print_top(const struct printer *printer)
{
	int64_t sum = 0;

	fprintf(printer->out, "%10s %5s%% %5s%% %10s %5s%%\n", "flat", "flat", "sum", "cum", "cum");
	for (size_t i = 0; i < printer->graph.count; i++) {
		const struct cap_node *node = &printer->graph.nodes[i];
		const char *mark = !node->inlined ? "" : node->called ? " (partial-inline)" : " (inline)";

		sum = added(sum, node->flat);
		print_row(printer, node, sum, "", mark);
	}
}

static void print_edges(const struct printer *printer, const struct cap_edge *edges, size_t count,
                        int64_t cum)
{
	char weight[MEASURE_TEXT], percent[16], *name;

	for (size_t i = 0; i < count; i++) {
		name = show_frame_name(edges[i].other, printer->view->by_line);
		fprintf(printer->out, "%50s %s |   %s%s\n", value(printer, edges[i].weight, weight),
		        measure_percent(edges[i].weight, cum, percent), name,
		        edges[i].inlined ? " (inline)" : "");
		free(name);
	}
}

static bool is_peeked(const struct show_view *view, const struct cap_node *node)
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

static bool is_any_peeked(const struct printer *printer)
{
	for (size_t i = 0; i < printer->graph.count; i++)
		if (is_peeked(printer->view, &printer->graph.nodes[i]))
			return true;
	return printer->view->peek == NULL;
}

static void print_tree(const struct printer *printer)
{
	int64_t sum = 0;

	fputs(SEPARATOR "      flat  flat%   sum%        cum   cum%   calls calls% + context\n",
	      printer->out);
	for (size_t i = 0; i < printer->graph.count; i++) {
		const struct cap_node *node = &printer->graph.nodes[i];

		if (!is_peeked(printer->view, node))
			continue;
		fputs(SEPARATOR, printer->out);
		print_edges(printer, node->in, node->in_count, node->cum);
		sum = added(sum, node->flat);
		print_row(printer, node, sum, "              | ", "");
		print_edges(printer, node->out, node->out_count, node->cum);
	}
	if (printer->graph.count)
		fputs(SEPARATOR, printer->out);
}

/* ---- the whole ------------------------------------------------------------------- */

static const char *choose_unit(const struct printer *printer)
{
	int64_t smallest = 0;

	for (size_t i = 0; i < printer->graph.count; i++) {
		const struct cap_node *node = &printer->graph.nodes[i];
		int64_t least = node->flat ? node->flat : node->cum;

		least = least < 0 && least != INT64_MIN ? -least : least;
		if (least > 0 && (!smallest || least < smallest))
			smallest = least;
	}
	return printer->graph.count ? measure_unit(smallest, printer->view->total, printer->from) : "minimum";
}

static void print_report(const struct printer *printer, bool tree, double node_fraction)
{
	print_header(printer, node_fraction);
	if (tree)
		print_tree(printer);
	else
		print_top(printer);
}

int show_text(FILE *out, const struct show_view *view, struct error *error)
{
	bool tree = view->tree || view->peek, whole = view->peek != NULL;
	struct cap_graph_options options = {.type = view->type,
	                                    .by_cum = view->by_cum,
	                                    .by_line = view->by_line,
	                                    .edges = tree,
	                                    .node_count = view->top,
	                                    .node_fraction = whole ? 0 : NODE_FRACTION,
	                                    .edge_fraction = whole ? 0 : EDGE_FRACTION};
	struct printer printer = {.out = out, .view = view};
	struct cap_error cause = {0};
	int status = 0;

	if (whole || (tree && !view->top))
		options.node_count = whole ? 0 : TREE_NODES;
	if (cap_profile_graph(view->profile, &options, &printer.graph, &cause) != CAP_OK)
		return error_set(error, "%s", cause.text);
	cap_profile_type(view->profile, view->type, &printer.from);
	printer.to = choose_unit(&printer);
	if (is_any_peeked(&printer))
		print_report(&printer, tree, options.node_fraction);
	else
		status = error_set(error, "--peek: no function of '%s' matches '%s'", view->name,
		                   view->peek_text);
	cap_graph_release(&printer.graph);
	return pattern_check(view->peek, error) < 0 ? -1 : status;
}
