/*
 * Drives the engine for a test. What the engine promises of every run is
 * asserted on every result here, so that no test need repeat it.
 */
#ifndef TESTS_LOADGEN_LOAD_H
#define TESTS_LOADGEN_LOAD_H

#include <stdint.h>

#include "loadgen/loadgen.h"

#define SECOND (1000000000LL)
#define MINUTE (60 * SECOND)

int64_t now_ns(void);
void sleep_ms(int ms);
void sleep_until(int64_t instant);

/* How a plan's connections are driven that says nothing of it: by epoll where the suite is built so, or with
 * LOAD_BY_EPOLL in the environment (tests/valgrind: valgrind knows little of io_uring). */
enum lg_io_kind load_io(void);

/* Fails the test when the engine refuses. */
struct lg_run *load_start(const struct lg_plan *plan);

struct lg_snapshot load_look(struct lg_run *run);

/* Until that many requests are done, in flight, VUs alive. */
void load_await_done(struct lg_run *run, uint64_t requests);
void load_await_in_flight(struct lg_run *run, unsigned requests);
void load_await_vus(struct lg_run *run, unsigned vus);

/* Stops and finishes; the result has been through load_check. */
struct lg_result *load_finish(struct lg_run *run, int64_t grace);

/* Start, that many requests, stop with all the grace it needs: the result. */
struct lg_result *load_run(const struct lg_plan *plan, uint64_t requests);

/* Sums and counts that must agree whatever has happened. */
void load_check(const struct lg_result *result);

uint64_t load_errors(const struct lg_counts *counts);
uint64_t load_answers(const struct lg_counts *counts);

/* Fails the test unless `part` is in `text`. */
void assert_says(const char *text, const char *part);

/* So many, for the caller to free. */
char *letters(size_t size);

/* Descriptors open, threads alive in this process. */
unsigned count_descriptors(void);
unsigned count_threads(void);

/* The highest resident set of this process so far, in bytes. */
long most_memory(void);

/* cmocka fixtures: a test leaves as many of both as it found. */
int count_before(void **state);
int count_after(void **state);

#define leaves_nothing(test) cmocka_unit_test_setup_teardown(test, count_before, count_after)

#endif
