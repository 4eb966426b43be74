/*
 * The wire format of Protocol Buffers (protobuf.dev, "Encoding"), read in place
 * and written into a growing buffer. Knows nothing of profiles.
 */
#ifndef CAPTURE_PROTO_H
#define CAPTURE_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum proto_wire {
	PROTO_VARINT = 0,
	PROTO_FIXED64 = 1,
	PROTO_BYTES = 2,
	PROTO_GROUP = 3,
	PROTO_GROUP_END = 4,
	PROTO_FIXED32 = 5,
};

/* What is left of a message. */
struct proto_reader {
	const unsigned char *p, *end;
};

struct proto_field {
	uint32_t number;
	enum proto_wire wire;
	uint64_t value;            /* PROTO_VARINT; a negative int64 is its two's complement */
	struct proto_reader bytes; /* PROTO_BYTES */
};

/* Numbers of two bytes and more; proto_varint is the way in. */
const char *proto_varint_long(struct proto_reader *reader, uint64_t *ret);

/*
 * Reads a varint of at most 10 bytes; bits beyond 64 are dropped, as in Go.
 * Returns NULL, or why not: "a number is cut short".
 */
static inline const char *proto_varint(struct proto_reader *reader, uint64_t *ret)
{
	if (reader->p < reader->end && *reader->p < 0x80) {
		*ret = *reader->p++;
		return NULL;
	}
	return proto_varint_long(reader, ret);
}

/* Passes over the payload of a field whose value nobody wants. Groups nest at most 32 deep. */
const char *proto_skip(struct proto_reader *reader, uint32_t number, enum proto_wire wire);

/*
 * Reads the next field of a reader that is not at its end. A field that is
 * neither PROTO_VARINT nor PROTO_BYTES is passed over whole, groups too. NULL,
 * or why not.
 */
static inline const char *proto_next(struct proto_reader *reader, struct proto_field *ret)
{
	uint64_t tag, size;
	const char *why = proto_varint(reader, &tag);

	if (why)
		return why;
	if (tag >> 3 == 0 || tag >> 32)
		return "a field has no valid number";
	ret->number = (uint32_t)(tag >> 3);
	ret->wire = (enum proto_wire)(tag & 7);
	if (ret->wire == PROTO_VARINT)
		return proto_varint(reader, &ret->value);
	if (ret->wire != PROTO_BYTES)
		return proto_skip(reader, ret->number, ret->wire);
	why = proto_varint(reader, &size);
	if (why)
		return why;
	if (size > (size_t)(reader->end - reader->p))
		return "a field is longer than what holds it";
	ret->bytes = (struct proto_reader){reader->p, reader->p + size};
	reader->p += size;
	return NULL;
}

/* Grows; `failed` is set once memory is out and stays, so that only the end need be checked. */
struct proto_buffer {
	unsigned char *bytes;
	size_t size, capacity;
	bool failed;
};

void proto_put_varint(struct proto_buffer *buffer, uint64_t value);
/* A varint field; left out when 0, as proto3 does. */
void proto_put(struct proto_buffer *buffer, uint32_t number, uint64_t value);
void proto_put_bytes(struct proto_buffer *buffer, uint32_t number, const void *bytes, size_t size);
/* A message inside: begin, put its fields, end with what begin returned. They nest. */
size_t proto_begin(struct proto_buffer *buffer, uint32_t number);
void proto_end(struct proto_buffer *buffer, size_t begun);
void proto_buffer_release(struct proto_buffer *buffer);

#endif
