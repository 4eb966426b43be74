/*
 * The pieces of the window that are kept on their own beside the merged CPU profile: by their differences a
 * comparison tells how far a figure is to be trusted. They are the capture's slices, or, of a long window,
 * neighbours of them merged, so that there are at most SLICES_KEPT files.
 *
 * The requests of a slice are those done between its beginning and its end, by looks at the engine every
 * 0.1 s, between which they are taken to come evenly. The sum over the window is another matter: run.json
 * has that exactly.
 */
#ifndef PLUGIN_SLICES_H
#define PLUGIN_SLICES_H

#include <stddef.h>
#include <stdint.h>

#include "plugin/shots.h"

#define SLICES_KEPT 24

/* What had been done at each look. */
struct slice_track {
	struct slice_look {
		int64_t at;
		uint64_t requests;
	} * looks;
	size_t count;
};

void slice_track_add(struct slice_track *track, int64_t at, uint64_t requests);
/* Requests done in [begin, end); as far as there were looks. */
double slice_track_between(const struct slice_track *track, int64_t begin, int64_t end);
void slice_track_release(struct slice_track *track);

struct slice {
	char file[32];       /* "slices/cpu-01.pb.gz" */
	int64_t begin, end;  /* CLOCK_MONOTONIC, of the first and the last that are in it */
	int64_t length;      /* ns, the sum of those that are in it: less than end - begin if one was lost */
	double requests;     /* done in that length */
	unsigned char *data; /* NULL: it could not be encoded */
	size_t size;
};

struct slices {
	struct slice items[SLICES_KEPT];
	size_t count;
};

/* Of shots that were joined; none when the CPU was captured in one piece. */
void slices_make(const struct shots *shots, const struct slice_track *track, struct slices *ret);
void slices_release(struct slices *slices);

#endif
