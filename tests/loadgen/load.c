#include "load.h"

#include "test.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#ifndef LOAD_IO
#define LOAD_IO LG_IO_AUTO
#endif

int64_t now_ns(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * SECOND + at.tv_nsec;
}

void sleep_ms(int ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

void sleep_until(int64_t instant)
{
	while (now_ns() < instant)
		sleep_ms(1);
}

enum lg_io_kind load_io(void)
{
	const char *by_epoll = getenv("LOAD_BY_EPOLL");

	return by_epoll ? LG_IO_EPOLL : LOAD_IO;
}

struct lg_run *load_start(const struct lg_plan *plan)
{
	char error[LG_ERROR_SIZE] = "";
	struct lg_plan driven = *plan;
	struct lg_run *run = NULL;

	if (driven.io == LG_IO_AUTO)
		driven.io = load_io();
	if (lg_start(&driven, &run, error) < 0)
		fail_msg("not started: %s", error);
	assert_non_null(run);
	assert_string_equal(error, "");
	return run;
}

struct lg_snapshot load_look(struct lg_run *run)
{
	struct lg_snapshot snapshot;

	lg_snapshot(run, &snapshot);
	return snapshot;
}

void load_await_done(struct lg_run *run, uint64_t requests)
{
	while (load_look(run).total.requests < requests)
		sleep_ms(1);
}

void load_await_in_flight(struct lg_run *run, unsigned requests)
{
	while (load_look(run).in_flight != requests)
		sleep_ms(1);
}

void load_await_vus(struct lg_run *run, unsigned vus)
{
	while (load_look(run).vus != vus)
		sleep_ms(1);
}

struct lg_result *load_finish(struct lg_run *run, int64_t grace)
{
	struct lg_result *result;

	lg_stop(run, grace);
	result = lg_finish(run);
	load_check(result);
	return result;
}

struct lg_result *load_run(const struct lg_plan *plan, uint64_t requests)
{
	struct lg_run *run = load_start(plan);

	load_await_done(run, requests);
	return load_finish(run, 60 * MINUTE);
}

uint64_t load_errors(const struct lg_counts *counts)
{
	uint64_t sum = 0;

	for (int i = 0; i < LG_ERROR_KINDS; i++)
		sum += counts->errors[i];
	return sum;
}

uint64_t load_answers(const struct lg_counts *counts)
{
	uint64_t sum = 0;

	for (int i = 0; i < 6; i++)
		sum += counts->status[i];
	return sum;
}

/* Status [0] holds those of 600 and more, and they are failures too. An answer that fails a check is one of
 * both. */
static void check_counts(const struct lg_counts *counts, const struct lg_histogram *service)
{
	uint64_t bad = load_errors(counts) + counts->status[4] + counts->status[5];
	uint64_t checked = counts->errors[LG_ERROR_CHECK];

	assert_int_equal(counts->requests, load_answers(counts) + load_errors(counts) - checked);
	assert_int_equal(counts->failed, bad + counts->status[0]);
	assert_int_equal(lg_histogram_count(service), load_answers(counts));
}

static void check_seconds(const struct lg_result *result, const struct lg_counts *sum)
{
	uint64_t requests = 0, failed = 0;

	for (size_t i = 0; i < result->second_count; i++) {
		assert_int_equal(result->seconds[i].at, result->started + (int64_t)i * SECOND);
		requests += result->seconds[i].requests;
		failed += result->seconds[i].failed;
	}
	assert_int_equal(requests, sum->requests);
	assert_int_equal(failed, sum->failed);
}

void load_check(const struct lg_result *result)
{
	struct lg_counts sum;

	assert_non_null(result);
	sum = lg_counts_sum(result);
	for (int i = 0; i < LG_PHASES; i++)
		check_counts(&result->counts[i], result->service[i]);
	assert_int_equal(lg_histogram_count(result->whole), load_answers(&sum));
	check_seconds(result, &sum);
	assert_true(lg_histogram_count(result->connect) <= result->connections);
	assert_true(result->started > 0 && result->stopped >= result->started);
	assert_true(!result->ramp_ended || result->ramp_ended >= result->started);
	assert_true(result->thread_count > 0);
	for (size_t i = 0; i < result->thread_count; i++)
		assert_true(result->threads[i].cpu >= 0 && result->threads[i].cpu <= 1);
	assert_int_equal(*result->first_error != 0, load_errors(&sum) != 0);
	assert_int_equal(*result->saturated_reason != 0, result->saturated);
}

void assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
}

char *letters(size_t size)
{
	char *ret = malloc(size + 1);

	assert_non_null(ret);
	for (size_t i = 0; i < size; i++)
		ret[i] = (char)('a' + i % 23);
	ret[size] = '\0';
	return ret;
}

static unsigned count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned count = 0;

	if (!dir)
		abort();
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

unsigned count_descriptors(void)
{
	return count_entries("/proc/self/fd");
}

unsigned count_threads(void)
{
	return count_entries("/proc/self/task");
}

long most_memory(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss * 1024;
}

struct counted {
	unsigned descriptors, threads;
};

static void *do_nothing(void *argument)
{
	return argument;
}

/* A sanitizer may keep a thread of its own from the first one on. */
static int start_a_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, do_nothing, NULL) || pthread_join(thread, NULL) ? -1 : 0;
}

int count_before(void **state)
{
	struct counted *counted = malloc(sizeof *counted);

	if (!counted || start_a_thread() < 0)
		return -1;
	*counted = (struct counted){.descriptors = count_descriptors(), .threads = count_threads()};
	*state = counted;
	return 0;
}

/* A joined thread may stay in /proc for a moment. */
int count_after(void **state)
{
	struct counted *counted = *state;
	int64_t give_up = now_ns() + 10 * SECOND;
	int failed;

	while (count_threads() > counted->threads && now_ns() < give_up)
		sleep_ms(1);
	failed = count_threads() > counted->threads || count_descriptors() != counted->descriptors;
	if (failed)
		print_error("threads %u, were %u; descriptors %u, were %u\n", count_threads(),
		            counted->threads, count_descriptors(), counted->descriptors);
	free(counted);
	return failed ? -1 : 0;
}
