/*
 * What profile_graph.c (nodes: counted, selected, sorted), profile_graph_edges.c
 * (calls between them) and profile_top.c share.
 */
#ifndef CAPTURE_PROFILE_GRAPH_H
#define CAPTURE_PROFILE_GRAPH_H

#include "capture/profile.h"

struct graph_entry {
	int64_t flat, cum;
	int64_t base_flat, base_cum; /* of samples labelled as the base's, not negated */
	uint32_t node, seen;         /* seen: the newest sample that had it, from 1 */
};

struct cap_graph_memory {
	const struct cap_profile *profile;
	struct cap_graph_options options;
	struct profile_nodes nodes;
	struct graph_entry *entries; /* those that are shown, in order */
	size_t count, selected, dropped;
	int64_t sum;              /* of flat, of all nodes */
	struct cap_frame *frames; /* of every node of `nodes` */
	struct cap_edge *edges;
};

/* Counts, selects and sorts: sets entries, count, selected, dropped, sum. False when memory is out. */
bool graph_select(struct cap_graph_memory *graph);
/* In order of what is shown. */
int graph_compare_names(const struct cap_graph_memory *graph, uint32_t a, uint32_t b);
/* Sets in, out, inlined and called of the nodes, which stand in order of the entries. */
bool graph_connect(struct cap_graph_memory *graph, struct cap_node *nodes);
/* What |cum| or |weight| must reach: a fraction of the sum, as upstream rounds it. */
int64_t graph_cutoff(const struct cap_graph_memory *graph, double fraction);

static inline int graph_compare_values(int64_t a, int64_t b)
{
	a = profile_abs(a);
	b = profile_abs(b);
	return a > b ? -1 : a < b;
}

#endif
