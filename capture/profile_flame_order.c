#include <stdlib.h>
#include <string.h>

#include "capture/profile_flame.h"

/* Children stand behind their parents, so that from the end on each is complete when it is added. */
static void sum_up(struct flame_tree *tree)
{
	for (size_t i = tree->count; i-- > 0;) {
		struct flame_node *node = &tree->nodes[i];
		struct flame_node *parent = i ? &tree->nodes[node->parent] : NULL;

		for (size_t side = 0; side < 2; side++) {
			node->total[side] = profile_sum(node->total[side], node->self[side]);
			if (!parent)
				continue;
			parent->total[side] = profile_sum(parent->total[side], node->total[side]);
			parent->weight[side] = profile_sum(parent->weight[side], node->weight[side]);
		}
	}
}

static bool is_kept(const struct flame_tree *tree, size_t i, double prune_below)
{
	const struct flame_node *node = &tree->nodes[i], *root = &tree->nodes[0];

	for (size_t side = 0; side < 2; side++)
		if (node->weight[side] &&
		    (double)node->weight[side] >= prune_below * (double)root->weight[side])
			return true;
	return i == 0 || prune_below <= 0;
}

static int64_t rank(const struct flame_node *node)
{
	return profile_sum(profile_abs(node->total[0]), profile_abs(node->total[1]));
}

/* By parent; children of one by total, then name. */
static int compare(const void *left, const void *right, void *context)
{
	const struct flame_tree *tree = context;
	const struct flame_node *a = &tree->nodes[*(const uint32_t *)left];
	const struct flame_node *b = &tree->nodes[*(const uint32_t *)right];

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	if (rank(a) != rank(b))
		return rank(a) > rank(b) ? -1 : 1;
	return strcmp(tree->names[a->name].text, tree->names[b->name].text);
}

/* Kept nodes but the root, so that the children of one are together: from first[parent] on. */
static size_t sort_children(struct flame_tree *tree, double prune_below, uint32_t *children, uint32_t *first)
{
	size_t count = 0;

	for (size_t i = 1; i < tree->count; i++)
		if (is_kept(tree, i, prune_below))
			children[count++] = (uint32_t)i;
	qsort_r(children, count, sizeof *children, compare, tree);
	memset(first, 0xff, tree->count * sizeof *first);
	for (size_t i = count; i-- > 0;)
		first[tree->nodes[children[i]].parent] = (uint32_t)i;
	return count;
}

static struct cap_flame make(const struct flame_tree *tree, uint32_t i, uint32_t parent)
{
	const struct flame_node *node = &tree->nodes[i];
	const struct flame_name *name = &tree->names[node->name];

	return (struct cap_flame){.name = name->text,
	                          .file = name->file,
	                          .line = name->line,
	                          .self = node->self[0],
	                          .total = node->total[0],
	                          .base_self = node->self[1],
	                          .base_total = node->total[1],
	                          .parent = parent,
	                          .size = 1,
	                          .depth = node->depth};
}

/* next[depth]: the child to go to there. Nodes are at most CAP_FLAME_DEPTH deep. */
static void emit(const struct flame_tree *tree, const uint32_t *children, size_t count, const uint32_t *first,
                 struct cap_flame *out)
{
	uint32_t next[CAP_FLAME_DEPTH + 1], from[CAP_FLAME_DEPTH + 1] = {0}, at[CAP_FLAME_DEPTH + 1] = {0};
	uint32_t made = 1, depth = 0;

	out[0] = make(tree, 0, 0);
	next[0] = first[0];
	while (true) {
		uint32_t child = next[depth] < count ? children[next[depth]] : PROFILE_NONE;

		if (child != PROFILE_NONE && tree->nodes[child].parent == from[depth]) {
			next[depth]++;
			out[made] = make(tree, child, at[depth]);
			depth++;
			from[depth] = child;
			at[depth] = made++;
			if (depth < CAP_FLAME_DEPTH)
				next[depth] = first[child];
			else
				next[depth] = PROFILE_NONE;
			continue;
		}
		out[at[depth]].size = made - at[depth];
		if (depth-- == 0)
			return;
	}
}

bool flame_order(struct flame_tree *tree, double prune_below, struct cap_flame **ret, size_t *ret_count)
{
	uint32_t *children = malloc(tree->count * sizeof *children);
	uint32_t *first = malloc(tree->count * sizeof *first);
	struct cap_flame *out = NULL;
	size_t count = 0;

	if (children && first) {
		sum_up(tree);
		count = sort_children(tree, prune_below, children, first);
		out = malloc((count + 1) * sizeof *out);
	}
	if (out) {
		emit(tree, children, count, first, out);
		*ret = out;
		*ret_count = count + 1;
	}
	free(children);
	free(first);
	return out != NULL;
}
