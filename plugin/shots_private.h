/* What shots.c, which takes them, and shots_merge.c, which makes several pods' into one, share. */
#ifndef PLUGIN_SHOTS_PRIVATE_H
#define PLUGIN_SHOTS_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "plugin/shots.h"

enum when { WHOLE_IN_SLICES, WHOLE, MIDDLE };

struct kind {
	unsigned bit; /* enum profile_bit */
	enum when when;
	const char *name, *query, *file;
};

struct shots {
	const struct cap_pprof *pprof;
	int64_t begin, length, slice;
	atomic_int cancel;
	struct shot list[SHOTS_MAX];
	const struct kind *kind[SHOTS_MAX];
	size_t count;
	struct cap_profile *cpu;
	struct shots_slice slices[SLICES_MAX];
	struct cap_profile *slice_profiles[SLICES_MAX]; /* the same, for who merges or counts */
	unsigned slice_count, slices_wanted;
	pthread_t threads[SHOTS_MAX];
	size_t thread_count, joined;
	atomic_uint running;
};

#endif
