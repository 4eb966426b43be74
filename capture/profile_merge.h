/*
 * What profile_merge.c (samples, headers) and profile_merge_tables.c (strings,
 * mappings, functions, locations) share. Keys are those of google/pprof,
 * profile/merge.go.
 */
#ifndef CAPTURE_PROFILE_MERGE_H
#define CAPTURE_PROFILE_MERGE_H

#include "capture/profile.h"

/* What has become of one source's entries: indexes in the result, PROFILE_NONE while not asked for. */
struct merge_source {
	const struct cap_profile *profile;
	uint32_t *strings, *mappings, *functions, *locations;
	bool is_base; /* values are negated, samples labelled: cap_profile_diff */
};

struct merge {
	struct cap_profile *out;
	struct profile_room room;
	struct profile_index mappings, functions, locations, samples, comments;
	struct cap_error *error;
};

/* Indexes in the result of what the source has at an index; added if new. PROFILE_NONE when memory is out. */
uint32_t merge_string(struct merge *merge, struct merge_source *source, uint32_t string);
uint32_t merge_mapping(struct merge *merge, struct merge_source *source,
                       uint32_t mapping); /* NONE gives NONE */
uint32_t merge_location(struct merge *merge, struct merge_source *source, uint32_t location);

#endif
