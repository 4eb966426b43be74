#include <stdlib.h>
#include <string.h>

#include "capture/profile_graph.h"

#define SLOTS_FIRST 1024
#define HASH_FACTOR UINT64_C(0x9e3779b97f4a7c15)

struct link {
	uint32_t from, to; /* nodes; from PROFILE_NONE: a free slot */
	uint32_t seen;     /* the newest sample that had it, from 1 */
	bool inlined;
	int64_t weight;
};

/* Calls by their ends, in a table with open addressing. */
struct links {
	const struct cap_graph_memory *graph;
	struct link *slots;
	size_t mask, count;
	uint64_t seed;
	uint32_t *shown;       /* of each node: its place among those shown, PROFILE_NONE if it is not */
	unsigned char *wanted; /* of each node: 1 are calls to it of interest, 2 does it stand in the graph */
};

enum { TO = 1, STANDS = 2 };

static bool links_grow(struct links *links)
{
	size_t count = links->slots ? (links->mask + 1) * 2 : SLOTS_FIRST, at;
	struct link *old = links->slots;
	size_t old_count = old ? links->mask + 1 : 0;

	links->slots = malloc(count * sizeof *links->slots);
	if (!links->slots) {
		links->slots = old;
		return false;
	}
	links->mask = count - 1;
	for (size_t i = 0; i < count; i++)
		links->slots[i].from = PROFILE_NONE;
	for (size_t i = 0; i < old_count; i++) {
		if (old[i].from == PROFILE_NONE)
			continue;
		at = (size_t)((((uint64_t)old[i].from << 32 | old[i].to) ^ links->seed) * HASH_FACTOR >> 32);
		for (at &= links->mask; links->slots[at].from != PROFILE_NONE;)
			at = (at + 1) & links->mask;
		links->slots[at] = old[i];
	}
	free(old);
	return true;
}

/* The call, added without weight and as inlined if it is new. NULL when memory is out. */
static struct link *links_put(struct links *links, uint32_t from, uint32_t to)
{
	struct link *slot;
	size_t at;

	if ((!links->slots || links->count > links->mask / 3 * 2) && !links_grow(links))
		return NULL;
	at = (size_t)((((uint64_t)from << 32 | to) ^ links->seed) * HASH_FACTOR >> 32);
	while (true) {
		at &= links->mask;
		slot = &links->slots[at++];
		if (slot->from == from && slot->to == to)
			return slot;
		if (slot->from == PROFILE_NONE)
			break;
	}
	links->count++;
	*slot = (struct link){.from = from, .to = to, .inlined = true};
	return slot;
}

static bool add_call(struct links *links, uint32_t from, uint32_t to, size_t sample, int64_t value,
                     bool inlined)
{
	struct link *link = links_put(links, from, to);

	if (!link)
		return false;
	if (link->seen == sample + 1)
		return true;
	link->seen = (uint32_t)sample + 1;
	link->weight = profile_sum(link->weight, value);
	link->inlined &= inlined;
	return true;
}

/* internal/graph newGraph: the calls of a stack, each once, from the root on. */
static bool add_sample(struct links *links, size_t sample, int64_t value)
{
	const struct cap_profile *profile = links->graph->profile;
	uint32_t parent = PROFILE_NONE;
	const uint32_t *at;
	size_t count;

	for (uint32_t i = profile->frame_start[sample + 1]; i-- > profile->frame_start[sample];) {
		count = profile_nodes_at(&links->graph->nodes, profile, profile->frames[i], &at);
		for (size_t n = count; n-- > 0;) {
			unsigned char wanted = links->wanted[at[n]];

			if (!(wanted & STANDS))
				continue;
			if ((wanted & TO) && parent != PROFILE_NONE && at[n] != parent &&
			    !add_call(links, parent, at[n], sample, value, n != count - 1))
				return false;
			parent = at[n];
		}
	}
	return true;
}

static bool add_all(struct links *links)
{
	const struct cap_profile *profile = links->graph->profile;

	for (size_t i = 0; i < profile->sample_count; i++) {
		int64_t value = profile->values[i * profile->type_count + links->graph->options.type];

		if (value && !add_sample(links, i, value))
			return false;
	}
	return true;
}

/* Without edges only the marks of inlined functions are wanted: calls to what is inlined somewhere. */
static void mark_inlined(struct links *links)
{
	const struct cap_profile *profile = links->graph->profile;
	const struct profile_nodes *nodes = &links->graph->nodes;

	for (size_t i = 0; i < profile->location_count; i++) {
		const struct profile_location *location = &profile->locations[i];

		for (uint32_t n = 0; n + 1 < location->line_count; n++)
			links->wanted[nodes->of_line[location->lines + n]] |= TO;
	}
}

/* As upstream, the graph is only built anew, without what is not shown, if something was left out. */
static bool links_init(struct links *links, const struct cap_graph_memory *graph)
{
	bool all = graph->dropped == 0 && graph->count == graph->selected;

	*links = (struct links){.graph = graph, .seed = profile_hash("", 0, 0) * HASH_FACTOR};
	links->shown = malloc((graph->nodes.count + 1) * sizeof *links->shown);
	links->wanted = malloc(graph->nodes.count + 1);
	if (!links->shown || !links->wanted)
		return false;
	memset(links->shown, 0xff, graph->nodes.count * sizeof *links->shown);
	memset(links->wanted, (graph->options.edges ? TO : 0) | (all ? STANDS : 0), graph->nodes.count);
	if (!graph->options.edges)
		mark_inlined(links);
	for (size_t i = 0; i < graph->count; i++) {
		links->shown[graph->entries[i].node] = (uint32_t)i;
		links->wanted[graph->entries[i].node] |= STANDS;
	}
	return true;
}

static void links_release(struct links *links)
{
	free(links->slots);
	free(links->shown);
	free(links->wanted);
}

/* ---- from the table to the nodes -------------------------------------------- */

/* Packs what stays to the front of the table, in the order that edges are listed in. */
static int compare_links(const void *left, const void *right, void *context)
{
	const struct link *a = left, *b = right;
	const struct cap_graph_memory *graph = context;
	int compared = graph_compare_values(a->weight, b->weight);

	compared = compared ? compared : graph_compare_names(graph, a->from, b->from);
	return compared ? compared : graph_compare_names(graph, a->to, b->to);
}

static size_t keep_heavy(struct links *links)
{
	int64_t cutoff = graph_cutoff(links->graph, links->graph->options.edge_fraction);
	size_t kept = 0;

	for (size_t i = 0; links->slots && i <= links->mask; i++) {
		const struct link *link = &links->slots[i];

		if (link->from == PROFILE_NONE)
			continue;
		if (profile_abs(link->weight) < cutoff && links->shown[link->to] != PROFILE_NONE)
			continue;
		links->slots[kept++] = *link;
	}
	return kept;
}

static void set_marks(const struct links *links, size_t count, struct cap_node *nodes)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t to = links->shown[links->slots[i].to];

		if (to == PROFILE_NONE)
			continue;
		nodes[to].inlined |= links->slots[i].inlined;
		nodes[to].called |= !links->slots[i].inlined;
	}
}

static void count_edges(const struct links *links, size_t count, struct cap_node *nodes)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t from = links->shown[links->slots[i].from], to = links->shown[links->slots[i].to];

		if (from != PROFILE_NONE)
			nodes[from].out_count++;
		if (to != PROFILE_NONE)
			nodes[to].in_count++;
	}
}

/* Each node's part of the array: first what leads to it, then what leads away. */
static struct cap_edge **make_room(struct cap_graph_memory *graph, size_t count, struct cap_node *nodes)
{
	struct cap_edge **next = malloc((2 * graph->count + 1) * sizeof(*next));
	struct cap_edge *at;

	graph->edges = malloc((2 * count + 1) * sizeof *graph->edges);
	at = graph->edges;
	for (size_t i = 0; next && at && i < graph->count; i++) {
		nodes[i].in = next[2 * i] = at;
		at += nodes[i].in_count;
		nodes[i].out = next[2 * i + 1] = at;
		at += nodes[i].out_count;
	}
	if (!graph->edges) {
		free(next);
		return NULL;
	}
	return next;
}

static bool set_edges(const struct links *links, size_t count, struct cap_graph_memory *graph,
                      struct cap_node *nodes)
{
	struct cap_edge **next;

	qsort_r(links->slots, count, sizeof *links->slots, compare_links, graph);
	count_edges(links, count, nodes);
	next = make_room(graph, count, nodes);
	for (size_t i = 0; next && i < count; i++) {
		const struct link *link = &links->slots[i];
		uint32_t from = links->shown[link->from], to = links->shown[link->to];

		if (to != PROFILE_NONE)
			*next[2 * to]++ =
				(struct cap_edge){&graph->frames[link->from], link->weight, link->inlined};
		if (from != PROFILE_NONE)
			*next[2 * from + 1]++ =
				(struct cap_edge){&graph->frames[link->to], link->weight, link->inlined};
	}
	free(next);
	return next != NULL;
}

bool graph_connect(struct cap_graph_memory *graph, struct cap_node *nodes)
{
	struct links links;
	bool ok = links_init(&links, graph) && add_all(&links);
	size_t count;

	if (ok) {
		count = keep_heavy(&links);
		set_marks(&links, count, nodes);
		if (graph->options.edges && count)
			ok = set_edges(&links, count, graph, nodes);
	}
	links_release(&links);
	return ok;
}
