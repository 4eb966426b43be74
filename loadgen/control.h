/* What the owner of a run and its threads say to each other. */
#ifndef LOADGEN_CONTROL_H
#define LOADGEN_CONTROL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "loadgen/loadgen.h"
#include "loadgen/pace.h"

struct lg_control {
	_Atomic int64_t window_begin, window_end; /* INT64_MAX: not set */
	_Atomic(struct lg_pace *) pace;           /* the newest; older ones live as long as the run */
	_Atomic int64_t stop; /* until when requests in flight may go on; INT64_MAX: no stop asked */
	pthread_mutex_t lock; /* of the two lines; taken on errors only */
	char first_error[LG_ERROR_SIZE], last_error[LG_ERROR_SIZE];
};

static inline enum lg_phase lg_control_phase(const struct lg_control *control, int64_t now)
{
	/* begin is stored last: who sees it sees the end that belongs to it */
	if (now < atomic_load_explicit(&control->window_begin, memory_order_acquire))
		return LG_BEFORE;
	return now < atomic_load_explicit(&control->window_end, memory_order_acquire) ? LG_WINDOW : LG_AFTER;
}

#endif
