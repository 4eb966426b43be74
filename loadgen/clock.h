/* CLOCK_MONOTONIC in nanoseconds, the only clock of the engine. */
#ifndef LOADGEN_CLOCK_H
#define LOADGEN_CLOCK_H

#include <stdint.h>
#include <time.h>

#define LG_NS_PER_SECOND 1000000000LL
#define LG_NS_PER_MS     1000000LL
#define LG_NS_PER_US     1000LL
#define LG_MAX_RUN       (365LL * 24 * 3600 * LG_NS_PER_SECOND)

static inline int64_t lg_clock_of(clockid_t clock)
{
	struct timespec at = {0};

	clock_gettime(clock, &at);
	return (int64_t)at.tv_sec * LG_NS_PER_SECOND + at.tv_nsec;
}

static inline int64_t lg_clock_now(void)
{
	return lg_clock_of(CLOCK_MONOTONIC);
}

static inline struct timespec lg_clock_timespec(int64_t ns)
{
	return (struct timespec){.tv_sec = ns / LG_NS_PER_SECOND, .tv_nsec = ns % LG_NS_PER_SECOND};
}

#endif
