#include <stdlib.h>
#include <string.h>

#include "capture/profile.h"

struct builder {
	const struct cap_profile *profile;
	bool by_line;
	struct profile_nodes nodes;
	size_t room;
	struct profile_index index;
	uint32_t *of_function; /* by function: the node of each */
	uint32_t *clean;       /* by line: of each string, its cleaned form in nodes.files */
};

struct key {
	int64_t start_line, line;
	uint32_t string, object, clean, none;
};

static bool node_same(const void *context, uint32_t a, uint32_t b)
{
	const struct profile_node *x = (const struct profile_node *)context + a;
	const struct profile_node *y = (const struct profile_node *)context + b;

	return x->string == y->string && x->object == y->object && x->start_line == y->start_line &&
	       x->clean == y->clean && x->line == y->line;
}

/* The node that equals the one behind the last; PROFILE_NONE when memory is out. */
static uint32_t put_node(struct builder *builder, const struct profile_node *node)
{
	struct profile_nodes *nodes = &builder->nodes;
	struct key key = {node->start_line, node->line, node->string, node->object, node->clean, 0};
	uint32_t found;

	if (!profile_reserve(&nodes->items, &builder->room, nodes->count, 1, sizeof *nodes->items))
		return PROFILE_NONE;
	nodes->items[nodes->count] = *node;
	found = profile_index_put(&builder->index, profile_hash(&key, sizeof key, 0), (uint32_t)nodes->count,
	                          node_same, nodes->items);
	nodes->count += found == nodes->count;
	return found;
}

/* Number of the cleaned file in nodes.files, whose first entry is "". */
static uint32_t put_file(struct builder *builder, uint32_t file)
{
	const struct profile_string *string = &builder->profile->strings.items[file];
	char *text;
	size_t length;

	if (builder->clean[file] != PROFILE_NONE)
		return builder->clean[file];
	text = malloc((size_t)string->length + 2);
	if (!text)
		return PROFILE_NONE;
	length = profile_clean_path(string->text, string->length, text);
	builder->clean[file] = profile_strings_put(&builder->nodes.files, text, length);
	free(text);
	return builder->clean[file];
}

/* A frame without name, of the function given or of none. */
static void set_unnamed(const struct builder *builder, const struct profile_location *location,
                        struct profile_node *node)
{
	const struct cap_profile *profile = builder->profile;

	node->name = "<unknown>";
	if (node->source != PROFILE_NONE)
		node->start_line = profile->functions[node->source].start_line;
	if (location->mapping != PROFILE_NONE) {
		node->object = profile->mappings[location->mapping].file;
		node->file = node->file ? node->file : node->object;
		if (node->object)
			node->name = profile->mappings[location->mapping].label;
	}
	if (node->line || node->clean)
		node->name = "";
}

static uint32_t put_bare(struct builder *builder, const struct profile_location *location)
{
	struct profile_node node = {.source = PROFILE_NONE};

	set_unnamed(builder, location, &node);
	return put_node(builder, &node);
}

static uint32_t put_line(struct builder *builder, const struct profile_location *location,
                         const struct profile_line *line)
{
	const struct profile_function *function = &builder->profile->functions[line->function];
	struct profile_node node = {
		.string = function->shown, .source = line->function, .file = function->file};
	bool by_function = function->shown && !builder->by_line;

	if (by_function && builder->of_function[line->function] != PROFILE_NONE)
		return builder->of_function[line->function];
	if (builder->by_line) {
		node.line = line->line;
		node.clean = put_file(builder, function->file);
		if (node.clean == PROFILE_NONE)
			return PROFILE_NONE;
	}
	if (function->shown)
		node.name = profile_text(builder->profile, function->shown);
	else
		set_unnamed(builder, location, &node);
	if (!by_function)
		return put_node(builder, &node);
	builder->of_function[line->function] = put_node(builder, &node);
	return builder->of_function[line->function];
}

static bool put_location(struct builder *builder, size_t i)
{
	const struct cap_profile *profile = builder->profile;
	const struct profile_location *location = &profile->locations[i];
	uint32_t *of_line = builder->nodes.of_line + location->lines;

	builder->nodes.of_location[i] = PROFILE_NONE;
	if (!location->line_count) {
		builder->nodes.of_location[i] = put_bare(builder, location);
		return builder->nodes.of_location[i] != PROFILE_NONE;
	}
	for (uint32_t n = 0; n < location->line_count; n++) {
		of_line[n] = put_line(builder, location, &profile->lines[location->lines + n]);
		if (of_line[n] == PROFILE_NONE)
			return false;
	}
	return true;
}

static bool allocate(uint32_t **ret, size_t count)
{
	*ret = malloc((count + 1) * sizeof **ret);
	if (*ret)
		memset(*ret, 0xff, count * sizeof **ret);
	return *ret != NULL;
}

static bool build(struct builder *builder)
{
	const struct cap_profile *profile = builder->profile;
	bool ok = allocate(&builder->of_function, profile->function_count) &&
	          allocate(&builder->clean, builder->by_line ? profile->strings.count : 0) &&
	          allocate(&builder->nodes.of_line, profile->line_count) &&
	          allocate(&builder->nodes.of_location, profile->location_count) &&
	          profile_strings_put(&builder->nodes.files, "", 0) == 0;

	for (size_t i = 0; ok && i < profile->location_count; i++)
		ok = put_location(builder, i);
	return ok;
}

enum cap_status profile_nodes_init(struct profile_nodes *ret, const struct cap_profile *profile, bool by_line,
                                   struct cap_error *error)
{
	struct builder builder = {.profile = profile, .by_line = by_line};
	bool ok = build(&builder);

	profile_index_release(&builder.index);
	free(builder.of_function);
	free(builder.clean);
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
	profile_strings_release(&nodes->files);
	*nodes = (struct profile_nodes){0};
}
