#include "capture/profile_parse.h"

static bool bad_sample(struct parse *parse, const char *why)
{
	return parse_fail(parse, CAP_FORMAT, "sample %zu: %s", parse->profile->sample_count + 1, why);
}

static bool read_frames(struct parse *parse, struct proto_reader reader)
{
	struct cap_profile *profile = parse->profile;
	uint32_t *frames = profile->frames, *count = &profile->frame_start[profile->sample_count + 1];
	uint64_t id;
	const char *why;

	while (reader.p < reader.end) {
		why = proto_varint(&reader, &id);
		if (why)
			return bad_sample(parse, why);
		if (id < PARSE_WIDE)
			frames[*count] = (uint32_t)id;
		else if (!parse_id(parse, id, &frames[*count]))
			return false;
		++*count;
	}
	return true;
}

static bool read_values(struct parse *parse, struct proto_reader reader, size_t *count)
{
	const char *why;
	uint64_t value;

	while (reader.p < reader.end) {
		why = proto_varint(&reader, &value);
		if (why)
			return bad_sample(parse, why);
		if (!profile_reserve(&parse->profile->values, &parse->room.values, *count, 1,
		                     sizeof(int64_t)))
			return parse_out_of_memory(parse);
		parse->profile->values[(*count)++] = (int64_t)value;
	}
	return true;
}

static bool read_label(struct parse *parse, struct proto_reader reader)
{
	struct cap_profile *profile = parse->profile;
	size_t n = profile->sample_count + 1;
	uint32_t *count = &profile->label_start[n];
	struct profile_label *label;
	uint64_t values[5];

	if (!profile_reserve(&profile->labels, &parse->room.labels, *count, 1, sizeof *profile->labels))
		return parse_out_of_memory(parse);
	label = &profile->labels[*count];
	if (!parse_numbers(parse, "label of sample", n, reader, values, 5) ||
	    !parse_string(parse, "label of sample", n, values[1], &label->key) ||
	    !parse_string(parse, "label of sample", n, values[2], &label->str) ||
	    !parse_string(parse, "label of sample", n, values[4], &label->unit))
		return false;
	label->num = label->str ? 0 : (int64_t)values[3];
	label->unit = label->str ? 0 : label->unit;
	*count += label->str || label->num || label->unit;
	return true;
}

static bool read_sample_field(struct parse *parse, const struct proto_field *field, struct proto_reader list,
                              size_t *values)
{
	bool bytes = field->wire == PROTO_BYTES;

	if (field->number > 3)
		return true;
	if (field->number == 3 && bytes)
		return read_label(parse, field->bytes);
	if (field->number == 3 || (!bytes && field->wire != PROTO_VARINT))
		return bad_sample(parse, "a field has the wrong wire type");
	return field->number == 1 ? read_frames(parse, list) : read_values(parse, list, values);
}

/* Room for all that a sample of this size can hold, but for its values and labels. */
static bool reserve_sample(struct parse *parse, size_t size)
{
	struct cap_profile *profile = parse->profile;
	size_t n = profile->sample_count;

	if (!profile_reserve(&profile->frames, &parse->room.frames, profile->frame_start[n], size,
	                     sizeof *profile->frames) ||
	    !profile_reserve(&profile->frame_start, &parse->room.frame_start, n + 1, 1,
	                     sizeof *profile->frame_start) ||
	    !profile_reserve(&profile->label_start, &parse->room.label_start, n + 1, 1,
	                     sizeof *profile->label_start))
		return parse_out_of_memory(parse);
	profile->frame_start[n + 1] = profile->frame_start[n];
	profile->label_start[n + 1] = profile->label_start[n];
	return true;
}

bool parse_sample(struct parse *parse, struct proto_reader reader)
{
	size_t n = parse->profile->sample_count, start = n * parse->value_count, values = start;
	struct proto_field field;
	const unsigned char *from;
	const char *why;

	if (!reserve_sample(parse, (size_t)(reader.end - reader.p)))
		return false;
	while (reader.p < reader.end) {
		from = reader.p;
		why = proto_next(&reader, &field);
		if (why)
			return bad_sample(parse, why);
		if (!read_sample_field(parse, &field, parse_list(&field, from, &reader), &values))
			return false;
	}
	if (n == 0)
		parse->value_count = values;
	if (values == start || values - start != parse->value_count)
		return parse_fail(parse, CAP_FORMAT, "sample %zu has %zu values, sample 1 has %zu", n + 1,
		                  values - start, parse->value_count);
	parse->profile->sample_count++;
	return true;
}
