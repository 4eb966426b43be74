#include "capture/profile_flame.h"

#include <stdlib.h>
#include <string.h>

/* One of the two profiles, while its samples are added. */
struct source {
	const struct cap_profile *profile;
	size_t type, side; /* side: 0 the profile, 1 the base */
	struct profile_nodes nodes;
	uint32_t *names; /* of each node */
};

static bool node_same(const void *context, uint32_t a, uint32_t b)
{
	const struct flame_node *nodes = context;

	return nodes[a].parent == nodes[b].parent && nodes[a].name == nodes[b].name;
}

/* The child of that name, added if there is none. PROFILE_NONE when memory is out. */
static uint32_t put_child(struct flame_tree *tree, uint32_t parent, uint32_t name)
{
	struct flame_node *node;
	uint32_t found;

	if (tree->count >= PROFILE_NONE - 1 ||
	    !profile_reserve(&tree->nodes, &tree->room, tree->count, 1, sizeof *node))
		return PROFILE_NONE;
	node = &tree->nodes[tree->count];
	*node = (struct flame_node){.parent = parent, .name = name};
	if (tree->count)
		node->depth = tree->nodes[parent].depth + 1;
	found = profile_index_put(&tree->index, profile_hash(&node->parent, 2 * sizeof(uint32_t), 0),
	                          (uint32_t)tree->count, node_same, tree->nodes);
	tree->count += found == tree->count;
	return found;
}

static uint32_t put_name(struct flame_tree *tree, const char *text, const char *file, int64_t line)
{
	size_t known = tree->strings.count;
	uint32_t name = profile_strings_put(&tree->strings, text, strlen(text));

	if (name == PROFILE_NONE || name < known)
		return name;
	if (!profile_reserve(&tree->names, &tree->name_room, known, 1, sizeof *tree->names))
		return PROFILE_NONE;
	tree->names[name] = (struct flame_name){text, file, line};
	return name;
}

static int64_t line_of(const struct cap_profile *profile, const struct profile_node *node)
{
	return node->source == PROFILE_NONE ? 0 : profile->functions[node->source].start_line;
}

static bool source_init(struct source *source, struct flame_tree *tree)
{
	if (profile_nodes_init(&source->nodes, source->profile, false, NULL) != CAP_OK)
		return false;
	source->names = malloc((source->nodes.count + 1) * sizeof *source->names);
	for (size_t i = 0; source->names && i < source->nodes.count; i++) {
		const struct profile_node *node = &source->nodes.items[i];

		source->names[i] = put_name(tree, node->name, profile_text(source->profile, node->file),
		                            line_of(source->profile, node));
		if (source->names[i] == PROFILE_NONE)
			return false;
	}
	return source->names != NULL;
}

static void source_release(struct source *source)
{
	profile_nodes_release(&source->nodes);
	free(source->names);
}

/* Down one location, its outermost frame first; as deep as trees go. */
static bool descend(struct flame_tree *tree, const struct source *source, uint32_t location, uint32_t *at)
{
	const uint32_t *nodes;
	size_t count = profile_nodes_at(&source->nodes, source->profile, location, &nodes);

	while (count && tree->nodes[*at].depth < CAP_FLAME_DEPTH) {
		*at = put_child(tree, *at, source->names[nodes[--count]]);
		if (*at == PROFILE_NONE)
			return false;
	}
	return true;
}

static bool add_sample(struct flame_tree *tree, const struct source *source, size_t sample, int64_t value)
{
	const struct cap_profile *profile = source->profile;
	struct flame_node *node;
	uint32_t at = 0;

	for (uint32_t i = profile->frame_start[sample + 1]; i-- > profile->frame_start[sample];)
		if (!descend(tree, source, profile->frames[i], &at))
			return false;
	node = &tree->nodes[at];
	node->self[source->side] = profile_sum(node->self[source->side], value);
	node->weight[source->side] = profile_sum(node->weight[source->side], profile_abs(value));
	return true;
}

static bool add_source(struct flame_tree *tree, const struct cap_profile *profile, size_t type, size_t side)
{
	struct source source = {.profile = profile, .type = type, .side = side};
	bool ok = source_init(&source, tree);

	for (size_t i = 0; ok && i < profile->sample_count; i++) {
		int64_t value = profile->values[i * profile->type_count + type];

		if (value)
			ok = add_sample(tree, &source, i, value);
	}
	source_release(&source);
	return ok;
}

static void tree_release(struct flame_tree *tree)
{
	profile_index_release(&tree->index);
	profile_strings_release(&tree->strings);
	free(tree->nodes);
	free(tree->names);
}

enum cap_status cap_profile_flame(const struct cap_profile *profile, size_t type,
                                  const struct cap_profile *base, size_t base_type, double prune_below,
                                  struct cap_flame **ret, size_t *ret_count, struct cap_error *error)
{
	struct flame_tree tree = {.count = 0};
	bool ok = put_name(&tree, "root", "", 0) == 0 && put_child(&tree, PROFILE_NONE, 0) == 0;

	ok = ok && add_source(&tree, profile, type, 0) && (!base || add_source(&tree, base, base_type, 1)) &&
	     flame_order(&tree, prune_below, ret, ret_count);
	tree_release(&tree);
	return ok ? CAP_OK : profile_error(error, CAP_MEMORY, "profile: out of memory");
}
