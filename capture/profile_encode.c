#include "capture/gzip.h"
#include "capture/profile.h"
#include "capture/proto.h"

static void put_type(struct proto_buffer *buffer, uint32_t number, struct profile_type type)
{
	size_t begun = proto_begin(buffer, number);

	proto_put(buffer, 1, type.type);
	proto_put(buffer, 2, type.unit);
	proto_end(buffer, begun);
}

static void put_label(struct proto_buffer *buffer, const struct profile_label *label)
{
	size_t begun = proto_begin(buffer, 3);

	proto_put(buffer, 1, label->key);
	proto_put(buffer, 2, label->str);
	proto_put(buffer, 3, (uint64_t)label->num);
	proto_put(buffer, 4, label->unit);
	proto_end(buffer, begun);
}

static void put_sample(struct proto_buffer *buffer, const struct cap_profile *profile, size_t i)
{
	size_t begun = proto_begin(buffer, 2), list;

	if (profile->frame_start[i] < profile->frame_start[i + 1]) {
		list = proto_begin(buffer, 1);
		for (uint32_t n = profile->frame_start[i]; n < profile->frame_start[i + 1]; n++)
			proto_put_varint(buffer, (uint64_t)profile->frames[n] + 1);
		proto_end(buffer, list);
	}
	list = proto_begin(buffer, 2);
	for (size_t n = 0; n < profile->type_count; n++)
		proto_put_varint(buffer, (uint64_t)profile->values[i * profile->type_count + n]);
	proto_end(buffer, list);
	for (uint32_t n = profile->label_start[i]; n < profile->label_start[i + 1]; n++)
		put_label(buffer, &profile->labels[n]);
	proto_end(buffer, begun);
}

static void put_mapping(struct proto_buffer *buffer, const struct profile_mapping *mapping, size_t i)
{
	size_t begun = proto_begin(buffer, 3);

	proto_put(buffer, 1, i + 1);
	proto_put(buffer, 2, mapping->start);
	proto_put(buffer, 3, mapping->limit);
	proto_put(buffer, 4, mapping->offset);
	proto_put(buffer, 5, mapping->file);
	proto_put(buffer, 6, mapping->build_id);
	for (uint32_t flag = 0; flag < 4; flag++)
		proto_put(buffer, 7 + flag, mapping->flags >> flag & 1);
	proto_end(buffer, begun);
}

static void put_line(struct proto_buffer *buffer, const struct profile_line *line)
{
	size_t begun = proto_begin(buffer, 4);

	proto_put(buffer, 1, (uint64_t)line->function + 1);
	proto_put(buffer, 2, (uint64_t)line->line);
	proto_put(buffer, 3, (uint64_t)line->column);
	proto_end(buffer, begun);
}

static void put_location(struct proto_buffer *buffer, const struct cap_profile *profile, size_t i)
{
	const struct profile_location *location = &profile->locations[i];
	size_t begun = proto_begin(buffer, 4);

	proto_put(buffer, 1, i + 1);
	proto_put(buffer, 2, location->mapping == PROFILE_NONE ? 0 : (uint64_t)location->mapping + 1);
	proto_put(buffer, 3, location->address);
	for (uint32_t n = 0; n < location->line_count; n++)
		put_line(buffer, &profile->lines[location->lines + n]);
	proto_put(buffer, 5, location->folded);
	proto_end(buffer, begun);
}

static void put_function(struct proto_buffer *buffer, const struct profile_function *function, size_t i)
{
	size_t begun = proto_begin(buffer, 5);

	proto_put(buffer, 1, i + 1);
	proto_put(buffer, 2, function->name);
	proto_put(buffer, 3, function->system_name);
	proto_put(buffer, 4, function->file);
	proto_put(buffer, 5, (uint64_t)function->start_line);
	proto_end(buffer, begun);
}

static void put_header(struct proto_buffer *buffer, const struct cap_profile *profile)
{
	proto_put(buffer, 7, profile->drop_frames);
	proto_put(buffer, 8, profile->keep_frames);
	proto_put(buffer, 9, (uint64_t)profile->time);
	proto_put(buffer, 10, (uint64_t)profile->duration);
	if (profile->period_type.type || profile->period_type.unit)
		put_type(buffer, 11, profile->period_type);
	proto_put(buffer, 12, (uint64_t)profile->period);
	for (size_t i = 0; i < profile->comment_count; i++)
		proto_put(buffer, 13, profile->comments[i]);
	proto_put(buffer, 14, profile->default_type);
	proto_put(buffer, 15, profile->doc_url);
}

static void put_profile(struct proto_buffer *buffer, const struct cap_profile *profile)
{
	for (size_t i = 0; i < profile->type_count; i++)
		put_type(buffer, 1, profile->types[i]);
	for (size_t i = 0; i < profile->sample_count; i++)
		put_sample(buffer, profile, i);
	for (size_t i = 0; i < profile->mapping_count; i++)
		put_mapping(buffer, &profile->mappings[i], i);
	for (size_t i = 0; i < profile->location_count; i++)
		put_location(buffer, profile, i);
	for (size_t i = 0; i < profile->function_count; i++)
		put_function(buffer, &profile->functions[i], i);
	for (size_t i = 0; i < profile->strings.count; i++)
		proto_put_bytes(buffer, 6, profile->strings.items[i].text, profile->strings.items[i].length);
	put_header(buffer, profile);
}

enum cap_status cap_profile_encode(const struct cap_profile *profile, unsigned char **ret, size_t *ret_size,
                                   struct cap_error *error)
{
	struct proto_buffer buffer = {0};
	enum cap_status status;

	put_profile(&buffer, profile);
	if (buffer.failed)
		status = profile_error(error, CAP_MEMORY, "profile: out of memory");
	else
		status = gzip_deflate(buffer.bytes, buffer.size, ret, ret_size, error);
	proto_buffer_release(&buffer);
	return status;
}
