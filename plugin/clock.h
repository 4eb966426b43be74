/* CLOCK_MONOTONIC and the wall clock in nanoseconds. */
#ifndef PLUGIN_CLOCK_H
#define PLUGIN_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000LL + t.tv_nsec;
}

static inline int64_t clock_now(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

static inline int64_t clock_wall(void)
{
	return clock_of(CLOCK_REALTIME);
}

/* What to add to clock_now() for the wall clock; of several looks the one that was interrupted least. */
static inline int64_t clock_wall_offset(void)
{
	int64_t ret = 0, narrowest = INT64_MAX;

	for (int i = 0; i < 5; i++) {
		int64_t before = clock_now(), wall = clock_wall(), width = clock_now() - before;

		if (width >= narrowest)
			continue;
		narrowest = width;
		ret = wall - before - width / 2;
	}
	return ret;
}

static inline void clock_sleep(int64_t ns)
{
	struct timespec t = {ns / 1000000000LL, ns % 1000000000LL};

	if (ns > 0)
		nanosleep(&t, NULL);
}

#endif
