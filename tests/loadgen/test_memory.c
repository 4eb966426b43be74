/* Each allocation, thread and descriptor of the owner's calls fails in turn: a line, and nothing left. */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "load.h"
#include "loadgen/clock.h"
#include "loadgen/stats.h"
#include "server.h"

/* In this thread alone: which call from now on fails, 0: none. */
static _Thread_local unsigned fuse;
/* In all threads: nothing more can be watched. */
static _Atomic bool blind;

static bool blown(void)
{
	return fuse && !--fuse;
}

/* The linker sends the engine's calls of NAME here. */
#define WRAP(type, name, parameters, arguments, failure)                                                     \
	type __real_##name parameters;                                                                       \
	type __wrap_##name parameters;                                                                       \
	type __wrap_##name parameters                                                                        \
	{                                                                                                    \
		if (!blown())                                                                                \
			return __real_##name arguments;                                                      \
		errno = ENOMEM;                                                                              \
		return failure;                                                                              \
	}

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, realloc, (void *old, size_t size), (old, size), NULL)
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size), NULL)
WRAP(FILE *, fmemopen, (void *memory, size_t size, const char *mode), (memory, size, mode), NULL)
WRAP(int, epoll_create1, (int flags), (flags), -1)
WRAP(int, eventfd, (unsigned count, int flags), (count, flags), -1)
WRAP(int, pthread_create,
     (pthread_t * thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument),
     (thread, attributes, body, argument), EAGAIN)

int __real_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event);

int __wrap_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event)
{
	if (!blown() && !blind)
		return __real_epoll_ctl(epoll, what, fd, event);
	errno = ENOSPC;
	return -1;
}

#define ENOUGH 10000

static void start(const struct lg_plan *plan)
{
	struct lg_run *const untouched = (struct lg_run *)(uintptr_t)0x5a, *run = untouched;
	unsigned at = 1, threads = 0;

	for (; at < ENOUGH && run == untouched; at++) {
		char error[LG_ERROR_SIZE] = "";
		int status;

		fuse = at;
		status = lg_start(plan, &run, error);
		fuse = 0;
		assert_int_equal(status, run == untouched ? -1 : 0);
		assert_int_equal(*error != 0, status < 0);
		threads += strstr(error, "cannot start thread ") != NULL;
		assert_null(strstr(error, "thread 4 of 3"));
	}
	/* one of the threads is the clock's; each of them has an allocation of its own */
	assert_true(at > 20 && at < ENOUGH && threads >= 2 * 4);
	load_await_done(run, 20);
	lg_result_free(load_finish(run, 60 * MINUTE));
}

static void test_start(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	const char *const headers[] = {"X: {{seq}}", "Y: {{uuid}}", NULL};
	struct lg_plan plan = {.url = server_url(server), .vus = 6, .threads = 3};
	char url[64];

	(void)state;
	start(&plan);
	snprintf(url, sizeof url, "%s{{seq}}", server_url(server));
	plan = (struct lg_plan){
		.url = url, .headers = headers, .body = "{{seq}}", .body_size = 7, .vus = 6, .threads = 3};
	start(&plan);
	server_stop(server);
}

static void test_probe(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 1};
	unsigned at = 0;
	int status;

	(void)state;
	do {
		char error[LG_ERROR_SIZE] = "";

		fuse = ++at;
		status = lg_probe(&plan, error);
		fuse = 0;
		assert_int_equal(*error != 0, status < 0);
	} while (status < 0 && at < ENOUGH);
	assert_int_equal(status, 200);
	assert_true(at > 3);
	server_stop(server);
}

/* The run is gone either way. */
static void test_finish(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 2, .threads = 2};
	struct lg_result *result = NULL;
	unsigned at = 1;

	(void)state;
	for (; at < ENOUGH && !result; at++) {
		struct lg_run *run = load_start(&plan);

		load_await_done(run, 5);
		lg_stop(run, 60 * MINUTE);
		fuse = at;
		result = lg_finish(run);
		fuse = 0;
	}
	assert_true(at > 5);
	load_check(result);
	lg_result_free(result);
	server_stop(server);
}

static void test_encode(void **state)
{
	struct lg_histogram *h = lg_histogram_new();
	char *text = NULL;
	unsigned at = 1;

	(void)state;
	lg_histogram_record(h, 1234);
	for (; at < ENOUGH && !text; at++) {
		fuse = at;
		text = lg_histogram_encode(h);
		fuse = 0;
	}
	assert_true(at > 2 && at < ENOUGH);
	free(text);
	lg_histogram_free(h);
}

/* While it runs: a request that fails, and no descriptor lost. */
static void test_watch(void **state)
{
	struct server *server = server_start(&(struct behaviour){.ending = CLOSES});
	struct lg_plan plan = {.url = server_url(server), .vus = 3, .threads = 2, .io = LG_IO_EPOLL};
	struct lg_run *run = load_start(&plan);
	struct lg_result *result;
	uint64_t requests;

	(void)state;
	load_await_done(run, 10);
	blind = true;
	while (load_look(run).total.errors[LG_ERROR_CONNECT] < 5)
		sleep_ms(1);
	blind = false;
	requests = load_look(run).total.status[2];
	while (load_look(run).total.status[2] < requests + 10)
		sleep_ms(1);
	result = load_finish(run, 60 * MINUTE);
	assert_int_equal(lg_counts_sum(result).errors[LG_ERROR_CONNECT], lg_counts_sum(result).failed);
	assert_says(result->first_error, ": No space left on device");
	lg_result_free(result);
	server_stop(server);
}

/* ---- the rows, one a second, of a thread --------------------------------- */

static void do_one(struct lg_stats *stats, int64_t second, bool fails)
{
	lg_stats_move(stats, (second + 7) * LG_NS_PER_SECOND + 1, LG_BEFORE);
	if (fails)
		lg_stats_error(stats, LG_ERROR_RESET);
	else
		lg_stats_answer(stats, &(struct lg_answer){.status = second % 2 ? 200 : 500,
		                                           .good_status = second % 2,
		                                           .good_body = true,
		                                           .done = LG_NS_PER_MS});
}

/* Hours long, with hours of silence in it. */
static void test_rows(void **state)
{
	struct lg_stats stats;

	(void)state;
	assert_int_equal(lg_stats_init(&stats, &(struct lg_plan){0}), 0);
	lg_stats_begin(&stats, 7 * LG_NS_PER_SECOND);
	for (int64_t second = 0; second < 1000; second++)
		for (int64_t i = 0; i <= second % 3; i++)
			do_one(&stats, second, i == 1);
	do_one(&stats, 20000, true);
	assert_int_equal(stats.row_count, 20001);
	for (size_t second = 0; second < 1000; second++) {
		size_t requests = 1 + second % 3, errors = requests > 1;

		assert_int_equal(stats.rows[second].requests, requests);
		assert_int_equal(stats.rows[second].failed, errors + (second % 2 ? 0 : requests - errors));
	}
	for (size_t second = 1000; second < 20000; second++)
		assert_int_equal(stats.rows[second].requests, 0);
	assert_int_equal(stats.rows[20000].failed, 1);
	lg_stats_release(&stats);
}

/* No memory for more rows: the last one takes all that follows, so that the sums stay exact. */
static void test_rows_without_memory(void **state)
{
	struct lg_stats stats;
	uint64_t sum = 0;

	(void)state;
	assert_int_equal(lg_stats_init(&stats, &(struct lg_plan){0}), 0);
	lg_stats_begin(&stats, 7 * LG_NS_PER_SECOND);
	for (int64_t second = 0; second < 1000; second++) {
		fuse = 1;
		do_one(&stats, second, false);
		fuse = 0;
	}
	for (size_t i = 0; i < stats.row_count; i++)
		sum += stats.rows[i].requests;
	assert_int_equal(sum, 1000);
	assert_true(stats.row_count < 1000);
	lg_stats_release(&stats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_start),
		leaves_nothing(test_probe),
		leaves_nothing(test_finish),
		leaves_nothing(test_encode),
		leaves_nothing(test_watch),
		leaves_nothing(test_rows),
		leaves_nothing(test_rows_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
