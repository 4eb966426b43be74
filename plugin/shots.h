/*
 * What is captured when: one set of shots of a pod's pprof, each on a thread
 * of its own, so that a 30 s CPU profile and a snapshot in its middle overlap.
 *
 *   cpu                          in slices from the beginning to the end, merged
 *   allocs, mutex, block         the server's delta over the whole time
 *   goroutine (pb and debug=2), heap, threadcreate, trace (1 s)   in the middle, one after another
 */
#ifndef PLUGIN_SHOTS_H
#define PLUGIN_SHOTS_H

#include "capture/capture.h"
#include "plugin/plan.h"

#define SHOTS_MAX  10
#define SLICES_MAX 3600

struct shot {
	const char *name;    /* pprof's: "cpu" is fetched as "profile" */
	const char *file;    /* in the run directory: "cpu.pb.gz" */
	unsigned char *data; /* NULL: nothing was got */
	size_t size;
	bool partial;           /* cpu: some slices are missing; of the others: the beginning is */
	bool way;               /* the error is none of the pod, but of the way there */
	struct cap_error error; /* status CAP_OK: it worked */
	int64_t begin, end;     /* CLOCK_MONOTONIC */
};

struct shots;

/* Heap with a collection before it, so that what is in use is what lives: while there is no load. */
#define PROFILE_HEAP_ALIVE 0x10000U

/* Starts; `length` 0 takes snapshots at once and no CPU. `profiles`: enum profile_bit, or PROFILE_HEAP_ALIVE.
 * The pprof outlives the shots. */
struct shots *shots_start(const struct cap_pprof *pprof, unsigned profiles, int64_t length, int64_t slice);
/* All threads are through. */
bool shots_done(struct shots *shots);
/* Gives up what is under way, within 0.2 s; what was got stays. */
void shots_cancel(struct shots *shots);
/* Joins the threads (after shots_done, or after shots_cancel, at once). Safe to call twice. */
void shots_join(struct shots *shots);
void shots_free(struct shots *shots);

/*
 * What `count` pods gave at the same time as if it were one pod's: profiles are summed, with the mean of
 * their durations, so that CPU over duration is what the pods used together; slices likewise, those that
 * every pod gave; dumps follow one another. A trace is the first pod's. What one pod did not give makes it
 * partial, with the first error, of the pod so named. `parts`, joined and of the same profiles, stay the
 * caller's.
 */
struct shots *shots_merge(struct shots *const *parts, const char *const *names, size_t count);

/* After shots_join. */
size_t shots_count(const struct shots *shots);
const struct shot *shots_at(const struct shots *shots, size_t i);
const struct shot *shots_find(const struct shots *shots, const char *file); /* NULL: not asked for */
/* The merged CPU profile, NULL if there is none; belongs to the shots. */
const struct cap_profile *shots_cpu(const struct shots *shots);
/* What it was merged from, shots_slices of them; they belong to the shots. */
struct cap_profile *const *shots_slice_profiles(const struct shots *shots);
unsigned shots_slices(const struct shots *shots, unsigned *ret_wanted); /* got */
/* One of those that were got, in their order; the profile belongs to the shots. */
struct shots_slice {
	struct cap_profile *profile;
	int64_t begin, end; /* CLOCK_MONOTONIC */
};
const struct shots_slice *shots_slice(const struct shots *shots, unsigned i);
/* Goroutines in goroutine.pb.gz, -1: unknown. */
int64_t shots_goroutines(const struct shots *shots);

#endif
