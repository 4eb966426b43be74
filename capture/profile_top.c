#include <stdlib.h>

#include "capture/profile_graph.h"

enum cap_status cap_profile_top(const struct cap_profile *profile, size_t type, bool by_cum,
                                struct cap_row **ret, size_t *ret_count, struct cap_error *error)
{
	struct cap_graph_memory graph = {.profile = profile, .options = {.type = type, .by_cum = by_cum}};
	struct cap_row *rows = NULL;

	if (profile_nodes_init(&graph.nodes, profile, false, error) != CAP_OK)
		return CAP_MEMORY;
	if (graph_select(&graph))
		rows = malloc((graph.count + 1) * sizeof *rows);
	for (size_t i = 0; rows && i < graph.count; i++) {
		const struct graph_entry *entry = &graph.entries[i];
		const struct profile_node *node = &graph.nodes.items[entry->node];

		rows[i] = (struct cap_row){node->name, profile_text(profile, node->file), entry->flat,
		                           entry->cum};
	}
	if (rows) {
		*ret = rows;
		*ret_count = graph.count;
	}
	free(graph.entries);
	profile_nodes_release(&graph.nodes);
	return rows ? CAP_OK : profile_error(error, CAP_MEMORY, "profile: out of memory");
}
