/*
 * A server and a clock that the engine cannot tell from real ones: its I/O is replaced (lg_io_choose), and so
 * is CLOCK_MONOTONIC. Time goes on only when the engine's thread waits, and then at once to the next thing
 * that is due, so that a run is the same to the nanosecond on any machine, and an hour of it takes no time.
 * One engine thread, one connection a VU. A test links with --wrap=clock_gettime and --wrap=lg_io_choose.
 */
#ifndef TESTS_LOADGEN_VIRTUAL_H
#define TESTS_LOADGEN_VIRTUAL_H

#include <stdint.h>

#include "loadgen/loadgen.h"

#define VIRTUAL_REQUESTS 65536U /* at most, of a run */

/* What the server did with a request; instants in ns from the run's start. */
struct virtual_request {
	int64_t came, first, done; /* the request; the first half of the answer, the second */
};

/* Says when request number `n` (from 0), which comes at `came`, is answered. */
typedef struct virtual_request virtual_serve(uint64_t n, int64_t came);

/* A run of the plan (url, dial and threads are set here) to its last request. With a window, in ns from the
 * start, if `window_end` is not 0. */
struct lg_result *virtual_run(const struct lg_plan *plan, virtual_serve *serve, int64_t window_begin,
                              int64_t window_end);

/* The same, ended at `stop` from the start: what is in flight then gets `grace`. */
struct lg_result *virtual_run_until(const struct lg_plan *plan, virtual_serve *serve, int64_t stop,
                                    int64_t grace);

/* Of the last run: the requests that came, in the order of coming. */
const struct virtual_request *virtual_requests(uint64_t *ret_count);

#endif
