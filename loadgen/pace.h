/*
 * How hard the load is to be at each instant: straight lines one after another, VUs (closed model) or
 * requests a second (open model). Instants are ns since the run began. Immutable once made, so that threads
 * may look at it freely; a change makes a new one, which agrees with the old one up to the instant of the
 * change.
 */
#ifndef LOADGEN_PACE_H
#define LOADGEN_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/loadgen.h"

struct lg_pace_piece {
	int64_t begin, end; /* end of the last one: INT64_MAX */
	double from, to;
	double before; /* open model: starts that are due before it */
};

struct lg_pace {
	struct lg_pace *older; /* replaced by this one; somebody may still look at it */
	int64_t peak;          /* when the highest target is reached */
	bool falls;            /* somewhere: then a VU may be wanted no more */
	size_t rest;           /* stages of the plan that come behind the hold: from this one on */
	size_t count;
	struct lg_pace_piece pieces[];
};

/* From the plan's stages, or its ramp and then all of it. NULL when memory is out. */
struct lg_pace *lg_pace_new(const struct lg_plan *plan);
/* As `pace` up to `at`, from there `rate` for ever. */
struct lg_pace *lg_pace_change(struct lg_pace *pace, int64_t at, double rate);
/* As `pace` up to `at`, from there the plan's stages behind the hold. */
struct lg_pace *lg_pace_resume(struct lg_pace *pace, int64_t at, const struct lg_plan *plan);
/* With all older ones. NULL is fine. */
void lg_pace_free(struct lg_pace *pace);

/* The last of the plan's stages is over. */
bool lg_pace_is_over(const struct lg_pace *pace, const struct lg_plan *plan, int64_t at);
double lg_pace_value(const struct lg_pace *pace, int64_t at);
/* Open model: when start `index` (from 0) is due; INT64_MAX: never. */
int64_t lg_pace_due(const struct lg_pace *pace, uint64_t index);
/* Open model: starts that are due before an instant. */
uint64_t lg_pace_count(const struct lg_pace *pace, int64_t at);
/*
 * Closed model: VU `id` (from 0) is wanted while the value is over id. The next instant after `at` at which
 * that changes; INT64_MAX: never again.
 */
int64_t lg_pace_turn(const struct lg_pace *pace, uint32_t id, int64_t at);
bool lg_pace_wants(const struct lg_pace *pace, uint32_t id, int64_t at);

#endif
