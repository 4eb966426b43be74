/* How runs end: stopped anywhere, with grace or without, and what they leave behind, which is nothing. */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"
#include "server.h"

#define VUS   3
#define HOUR  (60 * MINUTE)
#define GRACE (30 * MS)
#define BODY  (24U << 20)

/* ---- stopped in each state ----------------------------------------------- */

struct moment {
	const char *name;
	struct behaviour behaviour;
	int64_t ramp, think;
	bool stuck, uploads;
	unsigned vus, in_flight; /* awaited */
	uint64_t done, bytes;
	unsigned censored;
};

static const struct moment moments[] = {
	{.name = "at once", .behaviour = {.silent = true}, .ramp = 100 * MS, .censored = VUS},
	{.name = "in the ramp",
         .behaviour = {.silent = true},
         .ramp = HOUR,
         .vus = 1,
         .in_flight = 1,
         .censored = 1},
	{.name = "connecting", .stuck = true, .vus = VUS, .censored = VUS},
	{.name = "uploading",
         .behaviour = {.early = true, .silent = true},
         .uploads = true,
         .in_flight = VUS,
         .censored = VUS},
	{.name = "waiting", .behaviour = {.silent = true}, .in_flight = VUS, .censored = VUS},
	{.name = "downloading",
         .behaviour = {.answer = "HTTP/1.1 200 OK\r\n\r\n", .endless = "and more and more"},
         .in_flight = VUS,
         .bytes = 100000,
         .censored = VUS},
	{.name = "thinking", .think = HOUR, .vus = VUS, .done = VUS},
	{.name = "pausing after an error", .behaviour = {.answer = "?"}, .done = VUS, .censored = VUS},
};

static void await(struct lg_run *run, const struct moment *moment)
{
	struct lg_snapshot look;

	do {
		look = load_look(run);
		sleep_ms(1);
	} while (look.vus < moment->vus || look.in_flight < moment->in_flight ||
	         look.total.requests < moment->done || look.total.bytes_received < moment->bytes);
}

static void stop_at(const struct moment *moment, const char *body, int64_t grace)
{
	struct server *server = server_start(&moment->behaviour);
	struct stuck stuck;
	struct lg_plan plan = {.url = server_url(server),
	                       .vus = VUS,
	                       .threads = 2,
	                       .ramp = moment->ramp,
	                       .think = moment->think,
	                       .body = body,
	                       .body_size = moment->uploads ? BODY : 0};
	struct lg_result *result;
	struct lg_run *run;
	int64_t stopped;

	stuck_init(&stuck);
	if (moment->stuck)
		plan.url = stuck.url;
	run = load_start(&plan);
	await(run, moment);
	stopped = now_ns();
	result = load_finish(run, grace);
	/* where nothing but the request in flight could be left, that is what there is */
	if (moment->in_flight || moment->stuck)
		assert_int_equal(result->censored, moment->censored);
	assert_true(result->censored <= moment->censored);
	if (result->censored)
		assert_true(now_ns() >= stopped + grace);
	assert_true(result->stopped >= stopped);
	assert_int_equal(result->ramp_ended, moment->ramp == HOUR ? 0 : result->ramp_ended);
	assert_true(lg_counts_sum(result).requests >= moment->done);
	lg_result_free(result);
	stuck_release(&stuck);
	server_stop(server);
}

static void test_stop_anywhere(void **state)
{
	char *body = calloc(1, BODY);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(moments); i++) {
		stop_at(&moments[i], body, 0);
		stop_at(&moments[i], body, GRACE);
	}
	free(body);
}

/* ---- grace --------------------------------------------------------------- */

/* What is in flight is answered and counted; nothing new is sent. */
static void test_grace(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_run *run = load_start(&(struct lg_plan){.url = server_url(server), .vus = 6, .threads = 2});
	struct lg_snapshot look;
	struct lg_result *result;
	uint64_t answered;

	(void)state;
	load_await_done(run, 50);
	server_hold(server, true);
	answered = server_count(server, ANSWERED);
	load_await_done(run, answered);
	load_await_in_flight(run, 6);
	lg_stop(run, HOUR);
	sleep_ms(50);
	look = load_look(run);
	assert_int_equal(look.in_flight, 6);
	assert_int_equal(look.vus, 6);
	server_hold(server, false);
	result = lg_finish(run);
	load_check(result);
	assert_int_equal(lg_counts_sum(result).status[2], answered + 6);
	assert_int_equal(server_count(server, REQUESTED), answered + 6);
	assert_int_equal(result->censored, 0);
	lg_result_free(result);
	server_stop(server);
}

static struct lg_run *start_silent(struct server **ret)
{
	struct lg_plan plan = {.vus = VUS, .threads = 2};
	struct lg_run *run;

	*ret = server_start(&(struct behaviour){.silent = true});
	plan.url = server_url(*ret);
	run = load_start(&plan);
	load_await_in_flight(run, VUS);
	return run;
}

/* A stop may be asked for again, with another grace; the load has stopped at the first. */
static void test_stop_again(void **state)
{
	static const int64_t graces[] = {HOUR, INT64_MAX, 2 * HOUR};
	struct lg_result *result;
	struct server *server;
	struct lg_run *run = start_silent(&server);
	int64_t stopped;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(graces); i++) {
		lg_stop(run, graces[i]);
		stopped = i ? stopped : now_ns();
		sleep_ms(20);
		assert_int_equal(load_look(run).in_flight, VUS);
	}
	result = load_finish(run, INT64_MIN);
	assert_int_equal(result->censored, VUS);
	assert_true(result->stopped <= stopped);
	lg_result_free(result);
	server_stop(server);
}

static void test_finish_without_stop(void **state)
{
	struct server *server;
	struct lg_run *run = start_silent(&server);
	struct lg_result *result = lg_finish(run);

	(void)state;
	load_check(result);
	assert_int_equal(result->censored, VUS);
	lg_result_free(result);
	server_stop(server);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_null(lg_finish(NULL));
	lg_result_free(NULL);
}

/* ---- between the end of the threads and lg_finish() ---------------------- */

static void burn(int64_t cpu)
{
	struct timespec at;

	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	while ((int64_t)at.tv_sec * SECOND + at.tv_nsec < cpu);
}

/* The owner's own work is not taken for that of a thread that has ended. */
static void test_look_after_the_end(void **state)
{
	struct server *server;
	struct lg_run *run = start_silent(&server);
	struct lg_snapshot look;
	struct timespec at;

	(void)state;
	load_look(run);
	lg_stop(run, 0);
	load_await_vus(run, 0);
	sleep_ms(100);
	load_look(run);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	burn((int64_t)at.tv_sec * SECOND + at.tv_nsec + 100 * MS);
	look = load_look(run);
	assert_true(look.busiest_thread < 0.1);
	assert_int_equal(look.in_flight, 0);
	lg_set_window(run, now_ns() - SECOND, now_ns() + SECOND);
	lg_result_free(load_finish(run, 0));
	server_stop(server);
}

struct two_servers {
	struct server *servers[2];
	_Atomic unsigned dialled;
};

/* The first connection goes to the first server, all others to the second. */
static int dial_two(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	(void)host, (void)port;
	struct two_servers *two = context;
	int pair[2];

	(void)error;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	server_adopt(two->servers[two->dialled++ > 0], pair[1]);
	return pair[0];
}

/* The window ends in the grace of one thread, when the others are gone: they have worked no less for it. */
static void test_window_ends_after_threads(void **state)
{
	struct two_servers two = {.servers = {server_start(&(struct behaviour){.silent = true}),
	                                      server_start(&(struct behaviour){0})}};
	struct lg_plan plan = {
		.url = "http://a.test/", .vus = 4, .threads = 4, .dial = dial_two, .dial_context = &two};
	struct lg_run *run = load_start(&plan);
	int64_t begin = now_ns() + 2 * LG_WINDOW_LEAD, end;
	struct lg_result *result;

	(void)state;
	lg_set_window(run, begin, INT64_MAX);
	sleep_until(begin);
	load_await_done(run, load_look(run).total.requests + 500);
	end = now_ns() + 100 * MS;
	lg_set_window(run, begin, end);
	lg_stop(run, 3600 * SECOND);
	load_await_in_flight(run, 1);
	sleep_until(end);
	result = load_finish(run, 0);
	assert_int_equal(result->window_end, end);
	assert_int_equal(result->censored, 1);
	lg_result_free(result);
	server_stop(two.servers[0]);
	server_stop(two.servers[1]);
}

/* ---- the process --------------------------------------------------------- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* One after the other, each stopped at some odd moment. */
static void test_many_short_runs(void **state)
{
	struct server *server = server_start(&(struct behaviour){.close_idle = 5});
	uint32_t seed = 4;

	(void)state;
	for (int i = 0; i < 150; i++) {
		struct lg_plan plan = {.url = server_url(server),
		                       .vus = 1 + next_random(&seed) % 20,
		                       .threads = next_random(&seed) % 5,
		                       .ramp = next_random(&seed) % 3 * MS,
		                       .think = next_random(&seed) % 2 * MS,
		                       .method = next_random(&seed) % 2 ? "POST" : NULL};
		struct lg_run *run = load_start(&plan);
		uint32_t pause = next_random(&seed) % 8;

		if (pause > 2)
			lg_set_window(run, now_ns() + (pause - 2) * MS, now_ns() + pause * MS);
		if (pause)
			sleep_ms((int)pause);
		lg_result_free(load_finish(run, next_random(&seed) % 2 * 5 * MS));
	}
	server_stop(server);
}

static void test_two_runs_at_once(void **state)
{
	struct server *servers[2];
	struct lg_result *result;
	struct lg_run *runs[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		servers[i] = server_start(&(struct behaviour){0});
		runs[i] =
			load_start(&(struct lg_plan){.url = server_url(servers[i]), .vus = 4, .threads = 2});
	}
	for (int i = 0; i < 2; i++)
		load_await_done(runs[i], 100);
	for (int i = 0; i < 2; i++) {
		result = load_finish(runs[i], HOUR);
		assert_int_equal(lg_counts_sum(result).status[2], server_count(servers[i], ANSWERED));
		lg_result_free(result);
		server_stop(servers[i]);
	}
}

static unsigned count_inherited(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			count += !(fcntl((int)strtol(entry->d_name, NULL, 10), F_GETFD) & FD_CLOEXEC);
	closedir(dir);
	return count;
}

/* A program started meanwhile gets nothing of a run. */
static void test_close_on_exec(void **state)
{
	unsigned before = count_inherited();
	struct server *server;
	struct lg_run *run = start_silent(&server);

	(void)state;
	assert_int_equal(count_inherited(), before);
	lg_result_free(load_finish(run, 0));
	server_stop(server);
}

static _Atomic int handled;

static void handle(int signal)
{
	(void)signal;
	handled++;
}

/* A signal for the process is left to the owner's threads. */
static void test_signals(void **state)
{
	struct sigaction action = {.sa_handler = handle}, before;
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 4, .threads = 4};
	struct lg_run *run = load_start(&plan);
	struct lg_result *result;
	sigset_t set, old;

	(void)state;
	handled = 0;
	sigaction(SIGUSR1, &action, &before);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	load_await_done(run, 10);
	kill(getpid(), SIGUSR1);
	load_await_done(run, load_look(run).total.requests + 100);
	assert_int_equal(handled, 0);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	assert_int_equal(handled, 1);
	result = load_finish(run, HOUR);
	assert_int_equal(lg_counts_sum(result).failed, 0);
	sigaction(SIGUSR1, &before, NULL);
	lg_result_free(result);
	server_stop(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_stop_anywhere),
		leaves_nothing(test_grace),
		leaves_nothing(test_stop_again),
		leaves_nothing(test_finish_without_stop),
		leaves_nothing(test_nothing),
		leaves_nothing(test_look_after_the_end),
		leaves_nothing(test_window_ends_after_threads),
		leaves_nothing(test_many_short_runs),
		leaves_nothing(test_two_runs_at_once),
		leaves_nothing(test_close_on_exec),
		leaves_nothing(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
