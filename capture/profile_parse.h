/*
 * What profile_parse.c (bytes to tables) hands to profile_link.c (tables that
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

/* Ids and string numbers become indexes; everything that cannot is an error. */
bool parse_link(struct parse *parse);

#endif
