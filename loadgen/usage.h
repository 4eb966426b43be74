/* What a thread has used of the machine so far, and what it had to wait for. */
#ifndef LOADGEN_USAGE_H
#define LOADGEN_USAGE_H

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

#include "loadgen/loadgen.h"

struct lg_usage {
	int64_t at;   /* 0: not taken */
	int64_t cpu;  /* ns */
	int64_t wait; /* ns runnable but not running (/proc/self/task/TID/schedstat); -1: unknown */
};

/* Of a thread not joined yet. */
struct lg_usage lg_usage_take(pthread_t thread, pid_t tid);

/* Shares of the time between two looks. */
struct lg_thread_use lg_usage_between(const struct lg_usage *from, const struct lg_usage *to);

/* Above these the generator, not the target, may have been the limit. */
#define LG_SATURATED_CPU  0.90 /* of one core, running */
#define LG_SATURATED_WAIT 0.25 /* of the time, waiting for a core */

/* Is that thread saturated? Then `reason` says so in words. */
bool lg_usage_saturated(const struct lg_thread_use *use, size_t thread, char reason[LG_ERROR_SIZE]);

#endif
