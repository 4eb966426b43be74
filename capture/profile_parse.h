/*
 * What profile_parse.c and profile_parse_sample.c (bytes to tables) hand to profile_link.c (tables that
 * refer to each other by index).
 */
#ifndef CAPTURE_PROFILE_PARSE_H
#define CAPTURE_PROFILE_PARSE_H

#include "capture/profile.h"
#include "capture/proto.h"

/* Ids from here on are indexes into struct ids_wide, for the few files whose ids are not small numbers. */
#define PARSE_WIDE UINT32_C(0x80000000)

struct parse_wide {
	uint64_t *items;
	size_t count, capacity;
	struct profile_index index;
};

struct parse {
	struct cap_profile *profile;
	struct profile_room room;
	struct cap_error *error;
	enum cap_status status;

	/* Ids of each table's entries and, until linked, what the tables themselves refer with. */
	uint32_t *mapping_ids, *function_ids, *location_ids;
	size_t mapping_id_room, function_id_room, location_id_room;
	struct parse_wide wide;

	/* The file's string table to the interned one; the tables hold the file's numbers until linked. */
	uint32_t *strings;
	size_t string_count, string_room;

	size_t value_count; /* of the first sample */
};

/* Sets the error; always false. */
bool parse_fail(struct parse *parse, enum cap_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

bool parse_out_of_memory(struct parse *parse);

/* A 64-bit id in 32 bits: small ones as they are, others through a table. */
bool parse_id(struct parse *parse, uint64_t id, uint32_t *ret);

/*
 * Reads a message whose known fields, 1 to count - 1, are all single varints.
 * As in proto3 the last one counts when a field comes twice. `what` and `n` name
 * the place in errors.
 */
bool parse_numbers(struct parse *parse, const char *what, size_t n, struct proto_reader reader,
                   uint64_t *values, uint32_t count);

/* A string's number in the file, to be checked against the table once that is known. */
bool parse_string(struct parse *parse, const char *what, size_t n, uint64_t value, uint32_t *ret);

/* An unpacked number is read as a packed list of one: its bytes are those just passed. */
static inline struct proto_reader parse_list(const struct proto_field *field, const unsigned char *from,
                                             const struct proto_reader *reader)
{
	struct proto_reader list = {from, reader->p};
	uint64_t tag;

	if (field->wire == PROTO_BYTES)
		return field->bytes;
	proto_varint(&list, &tag);
	return list;
}

/* One sample. Its locations and strings are checked by parse_link. */
bool parse_sample(struct parse *parse, struct proto_reader reader);

/* Ids and string numbers become indexes; everything that cannot is an error. */
bool parse_link(struct parse *parse);

#endif
