/* One engine thread: a loop, its virtual users, its counters. Nothing is shared but lg_control. */
#ifndef LOADGEN_WORKER_H
#define LOADGEN_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "loadgen/control.h"
#include "loadgen/job.h"
#include "loadgen/loop.h"
#include "loadgen/stats.h"
#include "loadgen/timer.h"
#include "loadgen/vu.h"

struct lg_worker {
	const struct lg_job *job;
	struct lg_control *control;
	struct lg_loop loop;
	struct lg_timers timers;
	struct lg_vu *vus;
	struct lg_vu *ready; /* those that had their share and have more to read */
	char *buffer;        /* LG_READ_SIZE */
	int64_t now;         /* of the batch, see LG_CLOCK_EVERY */
	unsigned vu_count, in_flight, alive;
	bool stopping;
	unsigned index;
	pthread_t thread;
	_Atomic pid_t tid; /* 0 until the thread runs */
	int64_t began;
	struct lg_stats stats;
};

/* The VUs index, index + threads, ... of the job; 0, or -1 with a line. */
int lg_worker_init(struct lg_worker *worker, unsigned index, const struct lg_job *job,
                   struct lg_control *control, char error[LG_ERROR_SIZE]);
void lg_worker_release(struct lg_worker *worker);

/* Starts the thread "lg-INDEX", all signals blocked; 0, or an errno. */
int lg_worker_start(struct lg_worker *worker, int64_t began);

/* A thread of this engine, all signals blocked, named; 0, or an errno. */
int lg_thread_start(pthread_t *ret, void *(*body)(void *), void *argument, const char *name);

/* Notes an error's words; takes control->lock. */
void lg_worker_note(struct lg_worker *worker, const char *line);

#endif
