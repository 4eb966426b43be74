#include <stdlib.h>
#include <string.h>

#include "capture/profile.h"

struct builder {
	const struct cap_profile *profile;
	struct profile_nodes nodes;
	size_t room;
	struct profile_index index;
};

struct key {
	int64_t start_line;
	uint32_t string, object;
};

static bool node_same(const void *context, uint32_t a, uint32_t b)
{
	const struct profile_node *items = context;

	return items[a].string == items[b].string && items[a].object == items[b].object &&
	       items[a].start_line == items[b].start_line;
}

/* The node that equals the one behind the last; PROFILE_NONE when memory is out. */
static uint32_t put_node(struct builder *builder, const struct profile_node *node)
{
	struct profile_nodes *nodes = &builder->nodes;
	struct key key = {node->start_line, node->string, node->object};
	uint32_t found;

	if (!profile_reserve(&nodes->items, &builder->room, nodes->count, 1, sizeof *nodes->items))
		return PROFILE_NONE;
	nodes->items[nodes->count] = *node;
	found = profile_index_put(&builder->index, profile_hash(&key, sizeof key, 0), (uint32_t)nodes->count,
	                          node_same, nodes->items);
	nodes->count += found == nodes->count;
	return found;
}

/* A frame without name, of the function given or of none. */
static uint32_t put_unnamed(struct builder *builder, const struct profile_location *location,
                            uint32_t function)
{
	const struct cap_profile *profile = builder->profile;
	struct profile_node node = {.name = "<unknown>", .function = function};

	if (function != PROFILE_NONE) {
		node.start_line = profile->functions[function].start_line;
		node.file = profile->functions[function].file;
	}
	if (location->mapping != PROFILE_NONE) {
		node.object = profile->mappings[location->mapping].file;
		node.file = node.file ? node.file : node.object;
		if (node.object)
			node.name = profile->mappings[location->mapping].label;
	}
	return put_node(builder, &node);
}

static uint32_t put_line(struct builder *builder, const struct profile_location *location,
                         const struct profile_line *line, uint32_t *of_function)
{
	const struct profile_function *function = &builder->profile->functions[line->function];
	struct profile_node node;

	if (!function->shown)
		return put_unnamed(builder, location, line->function);
	if (of_function[line->function] == PROFILE_NONE) {
		node = (struct profile_node){.name = profile_text(builder->profile, function->shown),
		                             .function = line->function,
		                             .string = function->shown,
		                             .file = function->file};
		of_function[line->function] = put_node(builder, &node);
	}
	return of_function[line->function];
}

static bool put_location(struct builder *builder, size_t i, uint32_t *of_function)
{
	const struct cap_profile *profile = builder->profile;
	const struct profile_location *location = &profile->locations[i];
	uint32_t *of_line = builder->nodes.of_line + location->lines;

	builder->nodes.of_location[i] = PROFILE_NONE;
	if (!location->line_count) {
		builder->nodes.of_location[i] = put_unnamed(builder, location, PROFILE_NONE);
		return builder->nodes.of_location[i] != PROFILE_NONE;
	}
	for (uint32_t n = 0; n < location->line_count; n++) {
		of_line[n] = put_line(builder, location, &profile->lines[location->lines + n], of_function);
		if (of_line[n] == PROFILE_NONE)
			return false;
	}
	return true;
}

static bool build(struct builder *builder)
{
	const struct cap_profile *profile = builder->profile;
	uint32_t *of_function = malloc((profile->function_count + 1) * sizeof *of_function);
	bool ok;

	builder->nodes.of_line = malloc((profile->line_count + 1) * sizeof(uint32_t));
	builder->nodes.of_location = malloc((profile->location_count + 1) * sizeof(uint32_t));
	ok = of_function && builder->nodes.of_line && builder->nodes.of_location;
	if (ok)
		memset(of_function, 0xff, profile->function_count * sizeof *of_function);
	for (size_t i = 0; ok && i < profile->location_count; i++)
		ok = put_location(builder, i, of_function);
	free(of_function);
	return ok;
}

enum cap_status profile_nodes_init(struct profile_nodes *ret, const struct cap_profile *profile,
                                   struct cap_error *error)
{
	struct builder builder = {.profile = profile};
	bool ok = build(&builder);

	profile_index_release(&builder.index);
	if (!ok) {
		profile_nodes_release(&builder.nodes);
		return profile_error(error, CAP_MEMORY, "profile: out of memory");
	}
	*ret = builder.nodes;
	return CAP_OK;
}

void profile_nodes_release(struct profile_nodes *nodes)
{
	free(nodes->items);
	free(nodes->of_line);
	free(nodes->of_location);
	*nodes = (struct profile_nodes){0};
}
