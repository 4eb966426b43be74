#include "capture/profile_parse.h"

#include <stdarg.h>
#include <stdlib.h>

#include "capture/gzip.h"
#include "capture/profile_text.h"

bool parse_fail(struct parse *parse, enum cap_status status, const char *format, ...)
{
	char line[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	parse->status = profile_error(parse->error, status, "profile: %s", line);
	return false;
}

bool parse_out_of_memory(struct parse *parse)
{
	return parse_fail(parse, CAP_MEMORY, "out of memory after %zu samples", parse->profile->sample_count);
}

static bool wide_same(const void *context, uint32_t a, uint32_t b)
{
	const uint64_t *items = context;

	return items[a] == items[b];
}

bool parse_id(struct parse *parse, uint64_t id, uint32_t *ret)
{
	struct parse_wide *wide = &parse->wide;
	uint32_t item;

	if (id < PARSE_WIDE) {
		*ret = (uint32_t)id;
		return true;
	}
	if (!profile_reserve(&wide->items, &wide->capacity, wide->count, 1, sizeof *wide->items))
		return parse_out_of_memory(parse);
	wide->items[wide->count] = id;
	item = profile_index_put(&wide->index, profile_hash(&id, sizeof id, 0), (uint32_t)wide->count,
	                         wide_same, wide->items);
	if (item == PROFILE_NONE)
		return parse_out_of_memory(parse);
	wide->count += item == wide->count;
	*ret = PARSE_WIDE | item;
	return true;
}

bool parse_numbers(struct parse *parse, const char *what, size_t n, struct proto_reader reader,
                   uint64_t *values, uint32_t count)
{
	struct proto_field field;
	const char *why;

	memset(values, 0, count * sizeof *values);
	while (reader.p < reader.end) {
		why = proto_next(&reader, &field);
		if (!why && field.number < count && field.wire != PROTO_VARINT)
			why = "a field that should be a number is not";
		if (why)
			return parse_fail(parse, CAP_FORMAT, "%s %zu: %s", what, n, why);
		if (field.number < count)
			values[field.number] = field.value;
	}
	return true;
}

bool parse_string(struct parse *parse, const char *what, size_t n, uint64_t value, uint32_t *ret)
{
	if (value >= PROFILE_NONE)
		return parse_fail(parse, CAP_FORMAT, "%s %zu: string %lld cannot be in the string table",
		                  what, n, (long long)value);
	*ret = (uint32_t)value;
	return true;
}

static bool read_type(struct parse *parse, const char *what, size_t n, struct proto_reader reader,
                      struct profile_type *ret)
{
	uint64_t values[3];

	return parse_numbers(parse, what, n, reader, values, 3) &&
	       parse_string(parse, what, n, values[1], &ret->type) &&
	       parse_string(parse, what, n, values[2], &ret->unit);
}

static bool read_sample_type(struct parse *parse, struct proto_reader reader)
{
	struct cap_profile *profile = parse->profile;

	if (!profile_reserve(&profile->types, &parse->room.types, profile->type_count, 1,
	                     sizeof *profile->types))
		return parse_out_of_memory(parse);
	if (!read_type(parse, "sample type", profile->type_count + 1, reader,
	               &profile->types[profile->type_count]))
		return false;
	profile->type_count++;
	return true;
}

/* ---- tables ------------------------------------------------------------- */

static bool put_id(struct parse *parse, const char *what, size_t n, uint64_t id, uint32_t **ids, size_t *room)
{
	if (!id)
		return parse_fail(parse, CAP_FORMAT, "%s %zu has id 0", what, n + 1);
	if (!profile_reserve(ids, room, n, 1, sizeof **ids))
		return parse_out_of_memory(parse);
	return parse_id(parse, id, &(*ids)[n]);
}

static uint32_t mapping_flags(const uint64_t *values)
{
	uint32_t flags = 0;

	for (uint32_t i = 0; i < 4; i++)
		flags |= values[i] ? 1u << i : 0;
	return flags;
}

static bool read_mapping(struct parse *parse, struct proto_reader reader)
{
	struct cap_profile *profile = parse->profile;
	size_t n = profile->mapping_count;
	struct profile_mapping *mapping;
	uint64_t values[11];

	if (!profile_reserve(&profile->mappings, &parse->room.mappings, n, 1, sizeof *mapping))
		return parse_out_of_memory(parse);
	mapping = &profile->mappings[n];
	if (!parse_numbers(parse, "mapping", n + 1, reader, values, 11) ||
	    !put_id(parse, "mapping", n, values[1], &parse->mapping_ids, &parse->mapping_id_room) ||
	    !parse_string(parse, "mapping", n + 1, values[5], &mapping->file) ||
	    !parse_string(parse, "mapping", n + 1, values[6], &mapping->build_id))
		return false;
	mapping->start = values[2];
	mapping->limit = values[3];
	mapping->offset = values[4];
	mapping->flags = mapping_flags(values + 7);
	mapping->label = NULL;
	profile->mapping_count++;
	return true;
}

static bool read_line(struct parse *parse, struct proto_reader reader)
{
	struct cap_profile *profile = parse->profile;
	size_t n = profile->location_count + 1;
	struct profile_line *line;
	uint64_t values[4];

	if (!profile_reserve(&profile->lines, &parse->room.lines, profile->line_count, 1, sizeof *line))
		return parse_out_of_memory(parse);
	line = &profile->lines[profile->line_count];
	if (!parse_numbers(parse, "line of location", n, reader, values, 4))
		return false;
	if (!values[1])
		return parse_fail(parse, CAP_FORMAT, "location %zu has a line without function", n);
	line->line = (int64_t)values[2];
	line->column = (int64_t)values[3];
	profile->line_count++;
	return parse_id(parse, values[1], &line->function);
}

static bool read_location_fields(struct parse *parse, struct proto_reader reader, uint64_t values[6])
{
	struct proto_field field;
	const char *why;

	while (reader.p < reader.end) {
		why = proto_next(&reader, &field);
		if (!why && field.number < 6 &&
		    field.wire != (field.number == 4 ? PROTO_BYTES : PROTO_VARINT))
			why = "a field has the wrong wire type";
		if (why)
			return parse_fail(parse, CAP_FORMAT, "location %zu: %s",
			                  parse->profile->location_count + 1, why);
		if (field.number == 4 && !read_line(parse, field.bytes))
			return false;
		if (field.number < 6)
			values[field.number] = field.value;
	}
	return true;
}

static bool read_location(struct parse *parse, struct proto_reader reader)
{
	struct cap_profile *profile = parse->profile;
	size_t n = profile->location_count, lines = profile->line_count;
	struct profile_location *location;
	uint64_t values[6] = {0};

	if (!profile_reserve(&profile->locations, &parse->room.locations, n, 1, sizeof *location))
		return parse_out_of_memory(parse);
	location = &profile->locations[n];
	if (!read_location_fields(parse, reader, values) ||
	    !put_id(parse, "location", n, values[1], &parse->location_ids, &parse->location_id_room) ||
	    !parse_id(parse, values[2], &location->mapping))
		return false;
	location->address = values[3];
	location->lines = (uint32_t)lines;
	location->line_count = (uint32_t)(profile->line_count - lines) & 0x7fffffff;
	location->folded = values[5] != 0;
	profile->location_count++;
	return true;
}

static bool read_function(struct parse *parse, struct proto_reader reader)
{
	struct cap_profile *profile = parse->profile;
	size_t n = profile->function_count;
	struct profile_function *function;
	uint64_t values[6];

	if (!profile_reserve(&profile->functions, &parse->room.functions, n, 1, sizeof *function))
		return parse_out_of_memory(parse);
	function = &profile->functions[n];
	function->shown = 0;
	if (!parse_numbers(parse, "function", n + 1, reader, values, 6) ||
	    !put_id(parse, "function", n, values[1], &parse->function_ids, &parse->function_id_room) ||
	    !parse_string(parse, "function", n + 1, values[2], &function->name) ||
	    !parse_string(parse, "function", n + 1, values[3], &function->system_name) ||
	    !parse_string(parse, "function", n + 1, values[4], &function->file))
		return false;
	function->start_line = (int64_t)values[5];
	profile->function_count++;
	return true;
}

static bool read_table_string(struct parse *parse, struct proto_reader reader)
{
	size_t length = (size_t)(reader.end - reader.p);
	uint32_t string;

	if (parse->string_count == 0 && length)
		return parse_fail(parse, CAP_FORMAT, "the first entry of the string table is not empty");
	if (!profile_reserve(&parse->strings, &parse->string_room, parse->string_count, 1,
	                     sizeof *parse->strings))
		return parse_out_of_memory(parse);
	string = profile_strings_put(&parse->profile->strings, (const char *)reader.p, length);
	if (string == PROFILE_NONE)
		return parse_out_of_memory(parse);
	parse->strings[parse->string_count++] = string;
	return true;
}

static bool read_comments(struct parse *parse, struct proto_reader list)
{
	struct cap_profile *profile = parse->profile;
	size_t *n = &profile->comment_count;
	const char *why;
	uint64_t value;

	while (list.p < list.end) {
		why = proto_varint(&list, &value);
		if (why)
			return parse_fail(parse, CAP_FORMAT, "comment %zu: %s", *n + 1, why);
		if (!profile_reserve(&profile->comments, &parse->room.comments, *n, 1,
		                     sizeof *profile->comments))
			return parse_out_of_memory(parse);
		if (!parse_string(parse, "comment", *n + 1, value, &profile->comments[*n]))
			return false;
		++*n;
	}
	return true;
}

/* ---- the whole ---------------------------------------------------------- */

static bool read_time(struct parse *parse, uint64_t value)
{
	if (parse->profile->time)
		return parse_fail(parse, CAP_FORMAT, "several profiles one after the other in one file");
	parse->profile->time = (int64_t)value;
	return true;
}

static bool read_header_number(struct parse *parse, uint32_t number, uint64_t value)
{
	struct cap_profile *profile = parse->profile;

	switch (number) {
	case 7:
		return parse_string(parse, "field", number, value, &profile->drop_frames);
	case 8:
		return parse_string(parse, "field", number, value, &profile->keep_frames);
	case 9:
		return read_time(parse, value);
	case 10:
		profile->duration = (int64_t)value;
		return true;
	case 12:
		profile->period = (int64_t)value;
		return true;
	case 14:
		return parse_string(parse, "field", number, value, &profile->default_type);
	default:
		return parse_string(parse, "field", number, value, &profile->doc_url);
	}
}

static bool read_table_entry(struct parse *parse, uint32_t number, struct proto_reader bytes)
{
	switch (number) {
	case 1:
		return read_sample_type(parse, bytes);
	case 2:
		return parse_sample(parse, bytes);
	case 3:
		return read_mapping(parse, bytes);
	case 4:
		return read_location(parse, bytes);
	case 5:
		return read_function(parse, bytes);
	case 6:
		return read_table_string(parse, bytes);
	default:
		return read_type(parse, "field", number, bytes, &parse->profile->period_type);
	}
}

static bool read_field(struct parse *parse, const struct proto_field *field, struct proto_reader list,
                       size_t at)
{
	enum proto_wire wanted = field->number <= 6 || field->number == 11 ? PROTO_BYTES : PROTO_VARINT;

	if (field->number > 15)
		return true;
	if (field->number == 13 && (field->wire == PROTO_BYTES || field->wire == PROTO_VARINT))
		return read_comments(parse, list);
	if (field->wire != wanted)
		return parse_fail(parse, CAP_FORMAT, "not one: field %u at byte %zu has the wrong wire type",
		                  field->number, at);
	if (wanted == PROTO_BYTES)
		return read_table_entry(parse, field->number, field->bytes);
	return read_header_number(parse, field->number, field->value);
}

static bool read_profile(struct parse *parse, const unsigned char *data, size_t size)
{
	struct proto_reader reader = {data, data + size};
	struct proto_field field;
	const unsigned char *from;
	const char *why;

	if (!size)
		return parse_fail(parse, CAP_FORMAT, "empty");
	while (reader.p < reader.end) {
		from = reader.p;
		why = proto_next(&reader, &field);
		if (why)
			return parse_fail(parse, CAP_FORMAT, "not one, or cut short: %s at byte %zu of %zu",
			                  why, (size_t)(from - data), size);
		if (!read_field(parse, &field, parse_list(&field, from, &reader), (size_t)(from - data)))
			return false;
	}
	return true;
}

static void parse_release(struct parse *parse)
{
	free(parse->mapping_ids);
	free(parse->function_ids);
	free(parse->location_ids);
	free(parse->strings);
	free(parse->wide.items);
	profile_index_release(&parse->wide.index);
	cap_profile_free(parse->profile);
}

static enum cap_status parse_plain(const unsigned char *data, size_t size, struct cap_profile **ret,
                                   struct cap_error *error)
{
	struct parse parse = {.error = error, .status = CAP_OK};

	parse.profile = profile_new(&parse.room);
	if (!parse.profile)
		return profile_error(error, CAP_MEMORY, "profile: out of memory");
	if (read_profile(&parse, data, size) && parse_link(&parse)) {
		if (profile_names(parse.profile) && profile_mapping_labels(parse.profile) &&
		    profile_prune(parse.profile)) {
			*ret = parse.profile;
			parse.profile = NULL;
		} else {
			parse_out_of_memory(&parse);
		}
	}
	parse_release(&parse);
	return parse.status;
}

static enum cap_status parse_text(const unsigned char *data, size_t size, struct cap_profile **ret,
                                  struct cap_error *error)
{
	struct proto_buffer buffer = {0};
	enum cap_status status = text_convert(data, size, &buffer, error);

	if (status == CAP_OK)
		status = parse_plain(buffer.bytes, buffer.size, ret, error);
	proto_buffer_release(&buffer);
	return status;
}

static enum cap_status parse_any(const unsigned char *data, size_t size, struct cap_profile **ret,
                                 struct cap_error *error)
{
	const char *other = text_is_other(data, size);

	if (other)
		return profile_error(error, CAP_FORMAT,
		                     "profile: the text form of a %s profile; fetch it without debug=1",
		                     other);
	return text_is_goroutines(data, size) ? parse_text(data, size, ret, error)
	                                      : parse_plain(data, size, ret, error);
}

enum cap_status cap_profile_parse(const void *data, size_t size, struct cap_profile **ret,
                                  struct cap_error *error)
{
	unsigned char *plain;
	enum cap_status status;

	if (!gzip_is(data, size)) {
		if (size > PROFILE_CEILING)
			return profile_error(error, CAP_TOO_BIG, "profile: %zu MiB, more than %zu",
			                     size >> 20, PROFILE_CEILING >> 20);
		return parse_any(data, size, ret, error);
	}
	status = gzip_inflate(data, size, PROFILE_CEILING, &plain, &size, error);
	if (status != CAP_OK)
		return status;
	status = parse_any(plain, size, ret, error);
	free(plain);
	return status;
}
