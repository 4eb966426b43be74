#include <stdlib.h>
#include <string.h>

#include "capture/profile.h"

struct entry {
	int64_t flat, cum;
	uint32_t node, seen; /* seen: the newest sample that had it, from 1 */
};

struct order {
	const struct cap_profile *profile;
	const struct profile_nodes *nodes;
	bool by_cum;
};

/* internal/graph newGraph: a node's cum counts a sample once, however often it is in the stack. */
static void count_sample(const struct profile_nodes *nodes, const struct cap_profile *profile, size_t sample,
                         int64_t value, struct entry *entries)
{
	const uint32_t *at;
	size_t count;

	for (uint32_t i = profile->frame_start[sample]; i < profile->frame_start[sample + 1]; i++) {
		count = profile_nodes_at(nodes, profile, profile->frames[i], &at);
		if (i == profile->frame_start[sample])
			entries[at[0]].flat = profile_sum(entries[at[0]].flat, value);
		for (size_t n = 0; n < count; n++) {
			struct entry *entry = &entries[at[n]];

			if (entry->seen == sample + 1)
				continue;
			entry->seen = (uint32_t)sample + 1;
			entry->cum = profile_sum(entry->cum, value);
		}
	}
}

static size_t count_all(const struct profile_nodes *nodes, const struct cap_profile *profile, size_t type,
                        struct entry *entries)
{
	size_t kept = 0;

	for (size_t i = 0; i < profile->sample_count; i++) {
		int64_t value = profile->values[i * profile->type_count + type];

		if (value)
			count_sample(nodes, profile, i, value, entries);
	}
	for (size_t i = 0; i < nodes->count; i++) {
		if (!entries[i].flat && !entries[i].cum)
			continue;
		entries[kept] = entries[i];
		entries[kept++].node = (uint32_t)i;
	}
	return kept;
}

static int compare_numbers(int64_t a, int64_t b)
{
	a = profile_abs(a);
	b = profile_abs(b);
	return a > b ? -1 : a < b;
}

static int compare_decimal(int64_t a, int64_t b)
{
	char text_a[24], text_b[24];

	snprintf(text_a, sizeof text_a, "%lld", (long long)a);
	snprintf(text_b, sizeof text_b, "%lld", (long long)b);
	return strcmp(text_a, text_b);
}

/* Nodes that print alike: upstream compares them field by field, as text. */
static int compare_fields(const struct order *order, const struct profile_node *a,
                          const struct profile_node *b)
{
	const char *object_a = profile_text(order->profile, a->object);
	const char *object_b = profile_text(order->profile, b->object);
	int compared =
		strcmp(profile_text(order->profile, a->string), profile_text(order->profile, b->string));

	compared = compared ? compared : compare_decimal(a->start_line, b->start_line);
	return compared ? compared : strcmp(object_a, object_b);
}

/* FlatNameOrder and CumNameOrder of internal/graph. */
static int compare_entries(const void *left, const void *right, void *context)
{
	const struct entry *a = left, *b = right;
	const struct order *order = context;
	const struct profile_node *node_a = &order->nodes->items[a->node];
	const struct profile_node *node_b = &order->nodes->items[b->node];
	int compared;

	compared = order->by_cum ? compare_numbers(a->cum, b->cum) : compare_numbers(a->flat, b->flat);
	compared = compared ? compared : strcmp(node_a->name, node_b->name);
	if (compared)
		return compared;
	compared = order->by_cum ? compare_numbers(a->flat, b->flat) : compare_numbers(a->cum, b->cum);
	return compared ? compared : compare_fields(order, node_a, node_b);
}

static struct cap_row *make_rows(const struct order *order, const struct entry *entries, size_t count)
{
	struct cap_row *rows = malloc((count + 1) * sizeof *rows);

	for (size_t i = 0; rows && i < count; i++) {
		const struct profile_node *node = &order->nodes->items[entries[i].node];

		rows[i] = (struct cap_row){.function = node->name,
		                           .file = profile_text(order->profile, node->file),
		                           .flat = entries[i].flat,
		                           .cum = entries[i].cum};
	}
	return rows;
}

enum cap_status cap_profile_top(const struct cap_profile *profile, size_t type, bool by_cum,
                                struct cap_row **ret, size_t *ret_count, struct cap_error *error)
{
	struct profile_nodes nodes;
	struct order order = {profile, &nodes, by_cum};
	struct entry *entries;
	struct cap_row *rows = NULL;
	size_t count = 0;

	if (profile_nodes_init(&nodes, profile, error) != CAP_OK)
		return CAP_MEMORY;
	entries = calloc(nodes.count + 1, sizeof *entries);
	if (entries) {
		count = count_all(&nodes, profile, type, entries);
		qsort_r(entries, count, sizeof *entries, compare_entries, &order);
		rows = make_rows(&order, entries, count);
	}
	free(entries);
	profile_nodes_release(&nodes);
	if (!rows)
		return profile_error(error, CAP_MEMORY, "profile: out of memory");
	*ret = rows;
	*ret_count = count;
	return CAP_OK;
}
