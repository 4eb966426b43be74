#include "capture/profile_merge.h"

uint32_t merge_string(struct merge *merge, struct merge_source *source, uint32_t string)
{
	const struct profile_string *from = &source->profile->strings.items[string];

	if (source->strings[string] == PROFILE_NONE)
		source->strings[string] = profile_strings_put(&merge->out->strings, from->text, from->length);
	return source->strings[string];
}

/* ---- mappings: size to 4 KiB, offset, build id or file -------------------- */

struct mapping_key {
	uint64_t size, offset;
	uint32_t name;
};

static struct mapping_key mapping_key(const struct profile_mapping *mapping)
{
	uint64_t size = mapping->limit - mapping->start + 0xfff;

	return (struct mapping_key){size - size % 0x1000, mapping->offset,
	                            mapping->build_id ? mapping->build_id : mapping->file};
}

static bool mapping_same(const void *context, uint32_t a, uint32_t b)
{
	const struct cap_profile *profile = context;
	struct mapping_key x = mapping_key(&profile->mappings[a]), y = mapping_key(&profile->mappings[b]);

	return x.size == y.size && x.offset == y.offset && x.name == y.name;
}

uint32_t merge_mapping(struct merge *merge, struct merge_source *source, uint32_t n)
{
	struct cap_profile *out = merge->out;
	struct profile_mapping *mapping;
	struct mapping_key key;

	if (n == PROFILE_NONE || source->mappings[n] != PROFILE_NONE)
		return n == PROFILE_NONE ? n : source->mappings[n];
	if (!profile_reserve(&out->mappings, &merge->room.mappings, out->mapping_count, 1, sizeof *mapping))
		return PROFILE_NONE;
	mapping = &out->mappings[out->mapping_count];
	*mapping = source->profile->mappings[n];
	mapping->file = merge_string(merge, source, mapping->file);
	mapping->build_id = merge_string(merge, source, mapping->build_id);
	if (mapping->file == PROFILE_NONE || mapping->build_id == PROFILE_NONE)
		return PROFILE_NONE;
	key = mapping_key(mapping);
	source->mappings[n] = profile_index_put(
		&merge->mappings, profile_hash(&key, offsetof(struct mapping_key, name), key.name),
		(uint32_t)out->mapping_count, mapping_same, out);
	out->mapping_count += source->mappings[n] == out->mapping_count;
	return source->mappings[n];
}

/* ---- functions: start line and the three names ---------------------------- */

static bool function_same(const void *context, uint32_t a, uint32_t b)
{
	const struct profile_function *x = &((const struct cap_profile *)context)->functions[a];
	const struct profile_function *y = &((const struct cap_profile *)context)->functions[b];

	return x->start_line == y->start_line && x->name == y->name && x->system_name == y->system_name &&
	       x->file == y->file;
}

static uint32_t map_function(struct merge *merge, struct merge_source *source, uint32_t n)
{
	struct cap_profile *out = merge->out;
	struct profile_function *function;

	if (source->functions[n] != PROFILE_NONE)
		return source->functions[n];
	if (!profile_reserve(&out->functions, &merge->room.functions, out->function_count, 1,
	                     sizeof *function))
		return PROFILE_NONE;
	function = &out->functions[out->function_count];
	*function = source->profile->functions[n];
	function->name = merge_string(merge, source, function->name);
	function->system_name = merge_string(merge, source, function->system_name);
	function->file = merge_string(merge, source, function->file);
	if (function->name == PROFILE_NONE || function->system_name == PROFILE_NONE ||
	    function->file == PROFILE_NONE)
		return PROFILE_NONE;
	source->functions[n] = profile_index_put(
		&merge->functions,
		profile_hash(&function->start_line, sizeof function->start_line, function->name),
		(uint32_t)out->function_count, function_same, out);
	out->function_count += source->functions[n] == out->function_count;
	return source->functions[n];
}

/* ---- locations: address within the mapping, mapping, lines, folded -------- */

static uint64_t relative_address(const struct cap_profile *profile, const struct profile_location *location)
{
	if (location->mapping == PROFILE_NONE)
		return location->address;
	return location->address - profile->mappings[location->mapping].start;
}

static bool lines_same(const struct profile_line *a, const struct profile_line *b, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (a[i].function != b[i].function || a[i].line != b[i].line || a[i].column != b[i].column)
			return false;
	return true;
}

static bool location_same(const void *context, uint32_t a, uint32_t b)
{
	const struct cap_profile *profile = context;
	const struct profile_location *x = &profile->locations[a], *y = &profile->locations[b];

	return relative_address(profile, x) == relative_address(profile, y) && x->mapping == y->mapping &&
	       x->folded == y->folded && x->line_count == y->line_count &&
	       lines_same(profile->lines + x->lines, profile->lines + y->lines, x->line_count);
}

static uint32_t location_hash(const struct cap_profile *profile, const struct profile_location *location)
{
	uint64_t address = relative_address(profile, location);
	uint32_t hash = profile_hash(&address, sizeof address, location->mapping);

	for (uint32_t i = 0; i < location->line_count; i++) {
		const struct profile_line *line = &profile->lines[location->lines + i];

		hash = profile_hash(&line->line, sizeof line->line, hash ^ line->function);
	}
	return hash;
}

/* Adds the lines behind those that count; they do once the location proves to be new. */
static bool map_lines(struct merge *merge, struct merge_source *source, const struct profile_location *from)
{
	struct cap_profile *out = merge->out;
	struct profile_line *line;

	if (!profile_reserve(&out->lines, &merge->room.lines, out->line_count, from->line_count,
	                     sizeof *line))
		return false;
	for (uint32_t i = 0; i < from->line_count; i++) {
		line = &out->lines[out->line_count + i];
		*line = source->profile->lines[from->lines + i];
		line->function = map_function(merge, source, line->function);
		if (line->function == PROFILE_NONE)
			return false;
	}
	return true;
}

uint32_t merge_location(struct merge *merge, struct merge_source *source, uint32_t n)
{
	struct cap_profile *out = merge->out;
	const struct profile_location *from = &source->profile->locations[n];
	struct profile_location *location;
	uint32_t found;

	if (source->locations[n] != PROFILE_NONE)
		return source->locations[n];
	if (!profile_reserve(&out->locations, &merge->room.locations, out->location_count, 1,
	                     sizeof *location) ||
	    !map_lines(merge, source, from))
		return PROFILE_NONE;
	location = &out->locations[out->location_count];
	*location = *from;
	location->lines = (uint32_t)out->line_count;
	location->mapping = merge_mapping(merge, source, from->mapping);
	if (from->mapping != PROFILE_NONE && location->mapping == PROFILE_NONE)
		return PROFILE_NONE;
	if (from->mapping != PROFILE_NONE)
		location->address += out->mappings[location->mapping].start -
		                     source->profile->mappings[from->mapping].start;
	found = profile_index_put(&merge->locations, location_hash(out, location),
	                          (uint32_t)out->location_count, location_same, out);
	if (found == out->location_count) {
		out->location_count++;
		out->line_count += from->line_count;
	}
	source->locations[n] = found;
	return found;
}
