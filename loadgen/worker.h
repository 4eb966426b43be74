/* One engine thread: its I/O, its virtual users and connections, its counters. Nothing is shared but
 * lg_control. */
#ifndef LOADGEN_WORKER_H
#define LOADGEN_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "loadgen/connection.h"
#include "loadgen/control.h"
#include "loadgen/io.h"
#include "loadgen/job.h"
#include "loadgen/stats.h"
#include "loadgen/timer.h"
#include "loadgen/vu.h"

struct lg_worker {
	const struct lg_job *job;
	struct lg_control *control;
	const struct lg_io_class *io_class;
	struct lg_io *io;
	struct lg_timers timers;
	struct lg_timer start_timer; /* open model: the next start that is due */
	const struct lg_pace *pace;  /* the newest that this thread has seen */
	struct lg_vu *vus;
	struct lg_connection *connections; /* one for each host and group of VUs */
	unsigned vu_count, connection_count;
	struct lg_connection *unsent;    /* see lg_connection_flush_later */
	int64_t unsent_due;              /* when the first of them is to be sent */
	struct lg_http_memo *memos;      /* one for each request of the job */
	struct lg_vu *idle;              /* open model */
	unsigned fresh;                  /* open model: VUs from here on were never started */
	uint64_t next_start;             /* open model: among this thread's own */
	bool late;                       /* open model, LG_QUEUE: a start is due and no VU is free */
	uint64_t budget;                 /* requests that may still begin */
	uint64_t begun;                  /* requests */
	size_t cursor;                   /* in the order of requests */
	int64_t now;                     /* of the batch, see LG_CLOCK_EVERY */
	int64_t arrived;                 /* when what is being handled came, as far as io knows */
	unsigned in_flight, busy, alive; /* VUs that wait; those and the ones that connect; those not off */
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

/* Looks at the clock: what is recorded next is done now. */
void lg_worker_clock(struct lg_worker *worker);

/* The connection that serves a VU's requests to a host. */
struct lg_connection *lg_worker_connection(struct lg_worker *worker, const struct lg_vu *vu,
                                           const struct lg_host *host);
/* The VUs that may be on it: *ret_count from the returned one. */
struct lg_vu *lg_worker_vus(struct lg_worker *worker, const struct lg_connection *connection,
                            unsigned *ret_count);

/* The next request in the order of weights. */
const struct lg_request *lg_worker_request(struct lg_worker *worker);

static inline struct lg_http_memo *lg_worker_memo(struct lg_worker *worker, const struct lg_request *request)
{
	return &worker->memos[request - worker->job->requests];
}

/* A thread of this engine, all signals blocked, named; 0, or an errno. */
int lg_thread_start(pthread_t *ret, void *(*body)(void *), void *argument, const char *name);

/* Notes an error's words; takes control->lock. */
void lg_worker_note(struct lg_worker *worker, const char *line);

#endif
