#include "capture/profile_graph.h"

#include <stdlib.h>
#include <string.h>

/* internal/graph newGraph: a node's cum counts a sample once, however often it is in the stack. */
static void count_sample(const struct cap_graph_memory *graph, size_t sample, int64_t value, int64_t base)
{
	const struct cap_profile *profile = graph->profile;
	struct graph_entry *entries = graph->entries;
	const uint32_t *at;
	size_t count;

	for (uint32_t i = profile->frame_start[sample]; i < profile->frame_start[sample + 1]; i++) {
		count = profile_nodes_at(&graph->nodes, profile, profile->frames[i], &at);
		if (i == profile->frame_start[sample]) {
			entries[at[0]].flat = profile_sum(entries[at[0]].flat, value);
			entries[at[0]].base_flat = profile_sum(entries[at[0]].base_flat, base);
		}
		for (size_t n = 0; n < count; n++) {
			struct graph_entry *entry = &entries[at[n]];

			if (entry->seen == sample + 1)
				continue;
			entry->seen = (uint32_t)sample + 1;
			entry->cum = profile_sum(entry->cum, value);
			entry->base_cum = profile_sum(entry->base_cum, base);
		}
	}
}

static void count_all(struct cap_graph_memory *graph)
{
	const struct cap_profile *profile = graph->profile;
	struct graph_entry *entries = graph->entries;

	for (size_t i = 0; i < profile->sample_count; i++) {
		int64_t value = profile->values[i * profile->type_count + graph->options.type];

		if (value)
			count_sample(graph, i, value,
			             profile_is_base(profile, i) ? profile_negated(value) : 0);
	}
	for (size_t i = 0; i < graph->nodes.count; i++) {
		if (!entries[i].flat && !entries[i].cum)
			continue;
		graph->sum = profile_sum(graph->sum, entries[i].flat);
		entries[graph->count] = entries[i];
		entries[graph->count++].node = (uint32_t)i;
	}
}

int64_t graph_cutoff(const struct cap_graph_memory *graph, double fraction)
{
	double cutoff = (double)graph->sum * fraction;

	return cutoff >= 0x1p63 || cutoff < -0x1p63 ? INT64_MAX : profile_abs((int64_t)cutoff);
}

static void drop_small(struct cap_graph_memory *graph)
{
	int64_t cutoff = graph_cutoff(graph, graph->options.node_fraction);
	size_t kept = 0;

	for (size_t i = 0; i < graph->count; i++)
		if (profile_abs(graph->entries[i].cum) >= cutoff)
			graph->entries[kept++] = graph->entries[i];
	graph->dropped = graph->count - kept;
	graph->count = kept;
}

/* ---- order --------------------------------------------------------------- */

/* What is shown of a node, piece by piece. */
struct shown {
	const char *pieces[4];
	char number[24];
};

static void show(const struct cap_graph_memory *graph, uint32_t n, struct shown *ret)
{
	const struct profile_node *node = &graph->nodes.items[n];
	bool placed = node->line || node->clean;

	snprintf(ret->number, sizeof ret->number, ":%lld", (long long)node->line);
	ret->pieces[0] = node->name;
	ret->pieces[1] = placed && *node->name ? " " : "";
	ret->pieces[2] = placed ? graph->nodes.files.items[node->clean].text : "";
	ret->pieces[3] = node->line ? ret->number : "";
}

static const char *next_piece(const struct shown *shown, size_t *piece, const char *at)
{
	while (!*at && *piece < 3)
		at = shown->pieces[++*piece];
	return at;
}

int graph_compare_names(const struct cap_graph_memory *graph, uint32_t a, uint32_t b)
{
	const char *at_a, *at_b;
	size_t piece_a = 0, piece_b = 0;
	struct shown left, right;

	if (!graph->options.by_line)
		return strcmp(graph->nodes.items[a].name, graph->nodes.items[b].name);
	show(graph, a, &left);
	show(graph, b, &right);
	at_a = next_piece(&left, &piece_a, left.pieces[0]);
	at_b = next_piece(&right, &piece_b, right.pieces[0]);
	while (*at_a && *at_a == *at_b) {
		at_a = next_piece(&left, &piece_a, at_a + 1);
		at_b = next_piece(&right, &piece_b, at_b + 1);
	}
	return (unsigned char)*at_a - (unsigned char)*at_b;
}

static int compare_decimal(int64_t a, int64_t b)
{
	char text_a[24], text_b[24];

	snprintf(text_a, sizeof text_a, "%lld", (long long)a);
	snprintf(text_b, sizeof text_b, "%lld", (long long)b);
	return strcmp(text_a, text_b);
}

/* Nodes that are shown alike: upstream compares them field by field, as text. */
static int compare_fields(const struct cap_graph_memory *graph, const struct profile_node *a,
                          const struct profile_node *b)
{
	const struct cap_profile *profile = graph->profile;
	int compared = strcmp(profile_text(profile, a->string), profile_text(profile, b->string));

	compared = compared ? compared : compare_decimal(a->start_line, b->start_line);
	compared = compared ? compared : compare_decimal(a->line, b->line);
	return compared ? compared
	                : strcmp(profile_text(profile, a->object), profile_text(profile, b->object));
}

/* FlatNameOrder and CumNameOrder of internal/graph. */
static int compare_entries(const void *left, const void *right, void *context)
{
	const struct graph_entry *a = left, *b = right;
	const struct cap_graph_memory *graph = context;
	bool by_cum = graph->options.by_cum;
	int compared = by_cum ? graph_compare_values(a->cum, b->cum) : graph_compare_values(a->flat, b->flat);

	compared = compared ? compared : graph_compare_names(graph, a->node, b->node);
	if (compared)
		return compared;
	compared = by_cum ? graph_compare_values(a->flat, b->flat) : graph_compare_values(a->cum, b->cum);
	return compared ? compared
	                : compare_fields(graph, &graph->nodes.items[a->node], &graph->nodes.items[b->node]);
}

bool graph_select(struct cap_graph_memory *graph)
{
	graph->entries = calloc(graph->nodes.count + 1, sizeof *graph->entries);
	if (!graph->entries)
		return false;
	count_all(graph);
	drop_small(graph);
	qsort_r(graph->entries, graph->count, sizeof *graph->entries, compare_entries, graph);
	graph->selected = graph->count;
	if (graph->options.node_count && graph->count > graph->options.node_count)
		graph->count = graph->options.node_count;
	return true;
}

/* ---- the whole ------------------------------------------------------------- */

static bool make_frames(struct cap_graph_memory *graph)
{
	graph->frames = malloc((graph->nodes.count + 1) * sizeof *graph->frames);
	for (size_t i = 0; graph->frames && i < graph->nodes.count; i++) {
		const struct profile_node *node = &graph->nodes.items[i];
		const char *file = graph->options.by_line ? graph->nodes.files.items[node->clean].text
		                                          : profile_text(graph->profile, node->file);

		graph->frames[i] = (struct cap_frame){node->name, file, node->line};
	}
	return graph->frames != NULL;
}

static struct cap_node *make_nodes(const struct cap_graph_memory *graph)
{
	struct cap_node *nodes = calloc(graph->count + 1, sizeof *nodes);

	for (size_t i = 0; nodes && i < graph->count; i++) {
		nodes[i].frame = graph->frames[graph->entries[i].node];
		nodes[i].flat = graph->entries[i].flat;
		nodes[i].cum = graph->entries[i].cum;
		nodes[i].base_flat = graph->entries[i].base_flat;
		nodes[i].base_cum = graph->entries[i].base_cum;
	}
	return nodes;
}

enum cap_status cap_profile_graph(const struct cap_profile *profile, const struct cap_graph_options *options,
                                  struct cap_graph *ret, struct cap_error *error)
{
	struct cap_graph graph = {.memory = calloc(1, sizeof *graph.memory)};
	struct cap_graph_memory *memory = graph.memory;

	if (memory) {
		memory->profile = profile;
		memory->options = *options;
	}
	if (memory && profile_nodes_init(&memory->nodes, profile, options->by_line, NULL) == CAP_OK &&
	    graph_select(memory) && make_frames(memory))
		graph.nodes = make_nodes(memory);
	if (!graph.nodes || !graph_connect(memory, graph.nodes)) {
		cap_graph_release(&graph);
		return profile_error(error, CAP_MEMORY, "profile: out of memory");
	}
	graph.count = memory->count;
	graph.selected = memory->selected;
	graph.dropped = memory->dropped;
	*ret = graph;
	return CAP_OK;
}

void cap_graph_release(struct cap_graph *graph)
{
	struct cap_graph_memory *memory = graph->memory;

	free(graph->nodes);
	if (memory) {
		profile_nodes_release(&memory->nodes);
		free(memory->entries);
		free(memory->frames);
		free(memory->edges);
		free(memory);
	}
	*graph = (struct cap_graph){0};
}
