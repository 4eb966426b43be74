#include <stdlib.h>

#include "capture/profile_parse.h"

/* From id to index: an array when ids are near enough to 1..n, else a hash table. */
struct ids {
	uint32_t *dense;
	size_t dense_count;
	const uint32_t *items; /* for the hash table: the id of each index, the one asked for at the end */
	struct profile_index sparse;
};

static void ids_release(struct ids *ids)
{
	free(ids->dense);
	profile_index_release(&ids->sparse);
}

static unsigned long long id_unpack(const struct parse *parse, uint32_t id)
{
	return id < PARSE_WIDE ? id : parse->wide.items[id - PARSE_WIDE];
}

static bool id_same(const void *context, uint32_t a, uint32_t b)
{
	const uint32_t *items = context;

	return items[a] == items[b];
}

static uint32_t id_hash(uint32_t id)
{
	return profile_hash(&id, sizeof id, 0);
}

static bool duplicate(struct parse *parse, const char *what, size_t a, size_t b, uint32_t id)
{
	return parse_fail(parse, CAP_FORMAT, "%ss %zu and %zu have the same id %llu", what, a + 1, b + 1,
	                  id_unpack(parse, id));
}

static bool ids_init_dense(struct ids *ids, struct parse *parse, const char *what, const uint32_t *items,
                           size_t count)
{
	for (size_t i = 0; i < ids->dense_count; i++)
		ids->dense[i] = PROFILE_NONE;
	for (size_t i = 0; i < count; i++) {
		if (ids->dense[items[i]] != PROFILE_NONE)
			return duplicate(parse, what, ids->dense[items[i]], i, items[i]);
		ids->dense[items[i]] = (uint32_t)i;
	}
	return true;
}

static bool ids_init_sparse(struct ids *ids, struct parse *parse, const char *what, const uint32_t *items,
                            size_t count)
{
	uint32_t found;

	for (size_t i = 0; i < count; i++) {
		found = profile_index_put(&ids->sparse, id_hash(items[i]), (uint32_t)i, id_same, items);
		if (found == PROFILE_NONE)
			return parse_fail(parse, CAP_MEMORY, "out of memory");
		if (found != i)
			return duplicate(parse, what, found, i, items[i]);
	}
	return true;
}

/* `items` has room for one more than `count`. */
static bool ids_init(struct ids *ids, struct parse *parse, const char *what, const uint32_t *items,
                     size_t count)
{
	uint32_t most = 0;

	*ids = (struct ids){.items = items};
	for (size_t i = 0; i < count; i++)
		most = items[i] > most ? items[i] : most;
	if (most > count * 4 + 64)
		return ids_init_sparse(ids, parse, what, items, count);
	ids->dense_count = (size_t)most + 1;
	ids->dense = malloc(ids->dense_count * sizeof *ids->dense);
	if (!ids->dense)
		return parse_fail(parse, CAP_MEMORY, "out of memory");
	return ids_init_dense(ids, parse, what, items, count);
}

static uint32_t ids_find(const struct ids *ids, uint32_t id)
{
	size_t at;

	if (ids->dense)
		return id < ids->dense_count ? ids->dense[id] : PROFILE_NONE;
	for (at = id_hash(id) & ids->sparse.mask; ids->sparse.slots[at].item != PROFILE_NONE;
	     at = (at + 1) & ids->sparse.mask)
		if (ids->items[ids->sparse.slots[at].item] == id)
			return ids->sparse.slots[at].item;
	return PROFILE_NONE;
}

static size_t sample_of_frame(const struct cap_profile *profile, size_t frame)
{
	size_t low = 0, high = profile->sample_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (profile->frame_start[middle] <= frame)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool link_frames(struct parse *parse, const struct ids *ids)
{
	struct cap_profile *profile = parse->profile;
	size_t count = profile->frame_start[profile->sample_count];

	for (size_t i = 0; i < count; i++) {
		uint32_t found = ids_find(ids, profile->frames[i]);

		if (found == PROFILE_NONE)
			return parse_fail(
				parse, CAP_FORMAT, "sample %zu refers to location %llu, which is not there",
				sample_of_frame(profile, i) + 1, id_unpack(parse, profile->frames[i]));
		profile->frames[i] = found;
	}
	return true;
}

static bool link_lines(struct parse *parse, const struct ids *ids, size_t location)
{
	const struct profile_location *l = &parse->profile->locations[location];
	struct profile_line *line = parse->profile->lines + l->lines;

	for (uint32_t i = 0; i < l->line_count; i++) {
		uint32_t found = ids_find(ids, line[i].function);

		if (found == PROFILE_NONE)
			return parse_fail(parse, CAP_FORMAT,
			                  "location %zu refers to function %llu, which is not there",
			                  location + 1, id_unpack(parse, line[i].function));
		line[i].function = found;
	}
	return true;
}

/* A mapping that is not there is no mapping: upstream opens such profiles. */
static bool link_locations(struct parse *parse, const struct ids *mappings, const struct ids *functions)
{
	struct profile_location *locations = parse->profile->locations;

	for (size_t i = 0; i < parse->profile->location_count; i++) {
		locations[i].mapping =
			locations[i].mapping ? ids_find(mappings, locations[i].mapping) : PROFILE_NONE;
		if (!link_lines(parse, functions, i))
			return false;
	}
	return true;
}

static bool link_ids(struct parse *parse)
{
	struct cap_profile *profile = parse->profile;
	struct ids mappings = {0}, functions = {0}, locations = {0};
	bool ok;

	ok = ids_init(&mappings, parse, "mapping", parse->mapping_ids, profile->mapping_count) &&
	     ids_init(&functions, parse, "function", parse->function_ids, profile->function_count) &&
	     ids_init(&locations, parse, "location", parse->location_ids, profile->location_count) &&
	     link_locations(parse, &mappings, &functions) && link_frames(parse, &locations);
	ids_release(&mappings);
	ids_release(&functions);
	ids_release(&locations);
	return ok;
}

/* ---- strings ------------------------------------------------------------ */

static bool link_string(struct parse *parse, const char *what, size_t n, uint32_t *string)
{
	if (*string >= parse->string_count)
		return parse_fail(parse, CAP_FORMAT, "%s %zu refers to string %u of %zu", what, n + 1,
		                  *string, parse->string_count);
	*string = parse->strings[*string];
	return true;
}

static bool link_type(struct parse *parse, const char *what, size_t n, struct profile_type *type)
{
	return link_string(parse, what, n, &type->type) && link_string(parse, what, n, &type->unit);
}

static bool link_table_strings(struct parse *parse)
{
	struct cap_profile *profile = parse->profile;
	bool ok = true;

	for (size_t i = 0; ok && i < profile->type_count; i++)
		ok = link_type(parse, "sample type", i, &profile->types[i]);
	for (size_t i = 0; ok && i < profile->mapping_count; i++)
		ok = link_string(parse, "mapping", i, &profile->mappings[i].file) &&
		     link_string(parse, "mapping", i, &profile->mappings[i].build_id);
	for (size_t i = 0; ok && i < profile->function_count; i++)
		ok = link_string(parse, "function", i, &profile->functions[i].name) &&
		     link_string(parse, "function", i, &profile->functions[i].system_name) &&
		     link_string(parse, "function", i, &profile->functions[i].file);
	for (size_t i = 0; ok && i < profile->comment_count; i++)
		ok = link_string(parse, "comment", i, &profile->comments[i]);
	return ok;
}

static bool link_labels(struct parse *parse)
{
	struct cap_profile *profile = parse->profile;
	size_t count = profile->label_start[profile->sample_count];
	bool ok = true;

	for (size_t i = 0; ok && i < count; i++)
		ok = link_string(parse, "label", i, &profile->labels[i].key) &&
		     link_string(parse, "label", i, &profile->labels[i].str) &&
		     link_string(parse, "label", i, &profile->labels[i].unit);
	return ok;
}

static bool link_header_strings(struct parse *parse)
{
	struct cap_profile *profile = parse->profile;

	return link_string(parse, "field", 7 - 1, &profile->drop_frames) &&
	       link_string(parse, "field", 8 - 1, &profile->keep_frames) &&
	       link_type(parse, "field", 11 - 1, &profile->period_type) &&
	       link_string(parse, "field", 14 - 1, &profile->default_type) &&
	       link_string(parse, "field", 15 - 1, &profile->doc_url);
}

bool parse_link(struct parse *parse)
{
	if (!parse->string_count)
		return parse_fail(parse, CAP_FORMAT, "not one: it has no string table");
	if (parse->profile->sample_count && parse->value_count != parse->profile->type_count)
		return parse_fail(parse, CAP_FORMAT,
		                  "samples have %zu values, but there are %zu sample types",
		                  parse->value_count, parse->profile->type_count);
	return link_ids(parse) && link_table_strings(parse) && link_labels(parse) &&
	       link_header_strings(parse);
}
