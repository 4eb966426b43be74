/*
 * The thread "lg-clock": sleeps but for the edges of seconds and of the window,
 * where it looks at the workers. It touches nothing of theirs.
 */
#ifndef LOADGEN_MONITOR_H
#define LOADGEN_MONITOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/usage.h"
#include "loadgen/view.h"
#include "loadgen/worker.h"

enum lg_mark { LG_MARK_START, LG_MARK_BEGIN, LG_MARK_END, LG_MARK_STOP, LG_MARKS };

struct lg_monitor_row {
	uint64_t p50, p99;
	unsigned vus;
};

struct lg_monitor {
	const struct lg_worker *workers;
	unsigned count;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	bool quit;
	int64_t window_begin, window_end;
	struct lg_usage *marks[LG_MARKS]; /* one a worker; [0].at 0: not taken */
	int64_t next_second;
	struct lg_monitor_row *rows;
	size_t row_count, row_capacity;
	struct lg_view *view;
};

/* 0, or an errno. The workers have started. */
int lg_monitor_start(struct lg_monitor *monitor, const struct lg_worker *workers, unsigned count,
                     int64_t began);

void lg_monitor_window(struct lg_monitor *monitor, int64_t begin, int64_t end);

/* The load is asked to end: the last chance to see the threads work. */
void lg_monitor_stop(struct lg_monitor *monitor);

/* Joins the thread; the workers are still there. */
void lg_monitor_join(struct lg_monitor *monitor);
void lg_monitor_release(struct lg_monitor *monitor);

/* Of one worker: within the window, or from start to stop when there was none. */
struct lg_thread_use lg_monitor_use(const struct lg_monitor *monitor, unsigned worker);

#endif
