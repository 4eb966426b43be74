#include "capture/proto.h"

#include <stdlib.h>

#define GROUP_DEPTH 32

const char *proto_varint_long(struct proto_reader *reader, uint64_t *ret)
{
	size_t left = (size_t)(reader->end - reader->p), size = left < 10 ? left : 10;
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++) {
		value |= (uint64_t)(reader->p[i] & 0x7f) << (7 * i);
		if (reader->p[i] < 0x80) {
			reader->p += i + 1;
			*ret = value;
			return NULL;
		}
	}
	return left < 10 ? "a number is cut short" : "a number is longer than 10 bytes";
}

static const char *skip_bytes(struct proto_reader *reader, uint64_t size)
{
	if (size > (size_t)(reader->end - reader->p))
		return "a field is longer than what holds it";
	reader->p += size;
	return NULL;
}

static const char *skip_scalar(struct proto_reader *reader, enum proto_wire wire)
{
	uint64_t value;
	const char *why;

	switch (wire) {
	case PROTO_VARINT:
		return proto_varint(reader, &value);
	case PROTO_FIXED64:
		return skip_bytes(reader, 8);
	case PROTO_FIXED32:
		return skip_bytes(reader, 4);
	case PROTO_BYTES:
		why = proto_varint(reader, &value);
		return why ? why : skip_bytes(reader, value);
	default:
		return "a field has an unknown wire type";
	}
}

static const char *skip_group(struct proto_reader *reader, uint32_t number)
{
	uint64_t open[GROUP_DEPTH] = {number}, tag;
	size_t depth = 1;
	const char *why = NULL;

	while (depth && !why) {
		why = proto_varint(reader, &tag);
		if (why)
			return why;
		if ((tag & 7) == PROTO_GROUP && depth == GROUP_DEPTH)
			return "groups are nested too deep";
		if ((tag & 7) == PROTO_GROUP)
			open[depth++] = tag >> 3;
		else if ((tag & 7) == PROTO_GROUP_END && open[depth - 1] != tag >> 3)
			return "a group ends that was not open";
		else if ((tag & 7) == PROTO_GROUP_END)
			depth--;
		else
			why = skip_scalar(reader, (enum proto_wire)(tag & 7));
	}
	return why;
}

const char *proto_skip(struct proto_reader *reader, uint32_t number, enum proto_wire wire)
{
	return wire == PROTO_GROUP ? skip_group(reader, number) : skip_scalar(reader, wire);
}

static unsigned char *reserve(struct proto_buffer *buffer, size_t size)
{
	size_t capacity = buffer->capacity;
	unsigned char *bytes;

	if (buffer->failed)
		return NULL;
	if (size <= buffer->capacity - buffer->size)
		return buffer->bytes + buffer->size;
	while (capacity - buffer->size < size)
		capacity = capacity ? capacity * 2 : 4096;
	bytes = realloc(buffer->bytes, capacity);
	if (!bytes) {
		buffer->failed = true;
		return NULL;
	}
	buffer->bytes = bytes;
	buffer->capacity = capacity;
	return bytes + buffer->size;
}

static size_t varint_write(unsigned char *out, uint64_t value)
{
	size_t size = 0;

	for (; value >= 0x80; value >>= 7)
		out[size++] = (unsigned char)(value | 0x80);
	out[size++] = (unsigned char)value;
	return size;
}

void proto_put_varint(struct proto_buffer *buffer, uint64_t value)
{
	unsigned char *out = reserve(buffer, 10);

	if (out)
		buffer->size += varint_write(out, value);
}

void proto_put(struct proto_buffer *buffer, uint32_t number, uint64_t value)
{
	if (!value)
		return;
	proto_put_varint(buffer, (uint64_t)number << 3 | PROTO_VARINT);
	proto_put_varint(buffer, value);
}

void proto_put_bytes(struct proto_buffer *buffer, uint32_t number, const void *bytes, size_t size)
{
	unsigned char *out;

	proto_put_varint(buffer, (uint64_t)number << 3 | PROTO_BYTES);
	proto_put_varint(buffer, size);
	out = reserve(buffer, size);
	if (!out || !size)
		return;
	memcpy(out, bytes, size);
	buffer->size += size;
}

size_t proto_begin(struct proto_buffer *buffer, uint32_t number)
{
	proto_put_varint(buffer, (uint64_t)number << 3 | PROTO_BYTES);
	return buffer->size;
}

void proto_end(struct proto_buffer *buffer, size_t begun)
{
	unsigned char length[10];
	size_t size = buffer->size - begun, prefix = varint_write(length, size);

	if (!reserve(buffer, prefix))
		return;
	memmove(buffer->bytes + begun + prefix, buffer->bytes + begun, size);
	memcpy(buffer->bytes + begun, length, prefix);
	buffer->size += prefix;
}

void proto_buffer_release(struct proto_buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct proto_buffer){0};
}
