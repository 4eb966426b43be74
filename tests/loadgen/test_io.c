/* Connections as epoll and as io_uring drive them: the same cases for both. */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"
#include "peer.h"
#include "server.h"

#define MANY        2000U
#define BIG         (3U * 1024 * 1024)
#define DESCRIPTORS (2 * MANY + 200)
#define REQUEST_SIZE(peer)                                                                                   \
	(strlen("GET / HTTP/1.1\r\nHost: \r\nUser-Agent: kubectl-pprof/" KP_VERSION                          \
	        "\r\nAccept: */*\r\n\r\n") +                                                                 \
	 strlen(peer_url(peer)) - strlen("http:///"))

static enum lg_io_kind kind_of(void **state)
{
	return *(const enum lg_io_kind *)*state;
}

/* How long a test waits for what must come; only a failure takes so long. */
static bool tries_left(int *tries)
{
	sleep_ms(1);
	return ++*tries < 60000;
}

static void wait_finished(struct lg_run *run)
{
	struct lg_snapshot snapshot = {0};

	for (int tries = 0; !snapshot.finished;) {
		assert_true(tries_left(&tries));
		lg_snapshot(run, &snapshot);
	}
}

#define wait_for_peer(peer, condition)                                                                       \
	for (int tries = 0; !(condition); counts = peer_counts(peer))                                        \
	assert_true(tries_left(&tries))

/* A plan with plan.requests, to its end. */
static struct lg_result *run_through(const struct lg_plan *plan)
{
	struct lg_run *run = load_start(plan);

	wait_finished(run);
	lg_stop(run, 0);
	return lg_finish(run);
}

/* ---- bytes ------------------------------------------------------------------------- */

static void test_counts_agree(void **state)
{
	struct peer *peer = peer_start(&(struct peer_behaviour){.body = 100});
	struct lg_plan plan = {
		.url = peer_url(peer), .vus = 50, .threads = 2, .requests = 5000, .io = kind_of(state)};
	struct lg_result *result = run_through(&plan);
	const struct lg_counts *counts = &result->counts[LG_BEFORE];
	struct peer_counts theirs = peer_counts(peer);

	assert_string_equal(result->first_error, "");
	assert_int_equal(counts->requests, 5000);
	assert_int_equal(counts->status[2], 5000);
	assert_int_equal(counts->bytes_received, 5000 * peer_answer_size(peer));
	assert_int_equal(counts->bytes_sent, 5000 * REQUEST_SIZE(peer));
	assert_int_equal(result->connections, 50);
	assert_int_equal(theirs.requests, 5000);
	assert_int_equal(theirs.received, counts->bytes_sent);
	assert_int_equal(theirs.sent, counts->bytes_received);
	assert_int_equal(theirs.accepted, 50);
	lg_result_free(result);
	peer_stop(peer);
}

static void test_large_answers(void **state)
{
	struct peer *peer = peer_start(&(struct peer_behaviour){.body = BIG});
	struct lg_plan plan = {
		.url = peer_url(peer), .vus = 8, .threads = 1, .requests = 40, .io = kind_of(state)};
	struct lg_result *result = run_through(&plan);

	assert_string_equal(result->first_error, "");
	assert_int_equal(result->counts[LG_BEFORE].status[2], 40);
	assert_int_equal(result->counts[LG_BEFORE].bytes_received, 40 * peer_answer_size(peer));
	lg_result_free(result);
	peer_stop(peer);
}

/* The peer takes little at a time: every write is a short one. */
static void test_large_requests(void **state)
{
	struct peer *peer = peer_start(&(struct peer_behaviour){.body = 2, .receive_buffer = 8192});
	char *body = malloc(BIG);
	struct lg_plan plan = {.url = peer_url(peer),
	                       .body = body,
	                       .body_size = BIG,
	                       .vus = 8,
	                       .threads = 1,
	                       .requests = 24,
	                       .io = kind_of(state)};
	struct lg_result *result;
	struct peer_counts theirs;

	memset(body, 'y', BIG);
	result = run_through(&plan);
	theirs = peer_counts(peer);
	assert_string_equal(result->first_error, "");
	assert_int_equal(result->counts[LG_BEFORE].status[2], 24);
	assert_int_equal(theirs.requests, 24);
	assert_int_equal(theirs.received, result->counts[LG_BEFORE].bytes_sent);
	assert_true(theirs.received > 24ULL * BIG);
	lg_result_free(result);
	peer_stop(peer);
	free(body);
}

/* A write that cannot go on for a while goes on when it can; or is given up when the run ends. */
static void stalled(enum lg_io_kind kind, bool goes_on)
{
	struct peer *peer = peer_start(&(struct peer_behaviour){.body = 2, .receive_buffer = 8192});
	char *body = calloc(1, BIG);
	struct lg_plan plan = {.url = peer_url(peer),
	                       .body = body,
	                       .body_size = BIG,
	                       .vus = 4,
	                       .threads = 1,
	                       .requests = 8,
	                       .io = kind};
	struct lg_result *result;
	struct lg_run *run;

	peer_hold(peer, HOLD_ALL);
	run = load_start(&plan);
	load_await_in_flight(run, 4);
	sleep_ms(20);
	if (goes_on) {
		peer_hold(peer, HOLD_NOTHING);
		wait_finished(run);
	}
	lg_stop(run, 0);
	result = lg_finish(run);
	assert_int_equal(result->counts[LG_BEFORE].status[2], goes_on ? 8 : 0);
	assert_int_equal(load_errors(&result->counts[LG_BEFORE]), 0);
	assert_int_equal(result->censored, goes_on ? 0 : 4);
	lg_result_free(result);
	peer_stop(peer);
	free(body);
}

static void test_stalled_write_goes_on(void **state)
{
	stalled(kind_of(state), true);
}

static void test_stalled_write_is_given_up(void **state)
{
	stalled(kind_of(state), false);
}

/* ---- ends ---------------------------------------------------------------------------- */

static void cut(enum lg_io_kind kind, enum peer_cut where, bool reset)
{
	struct peer *peer = peer_start(&(struct peer_behaviour){.body = 40000, .cut = where, .reset = reset});
	struct lg_plan plan = {.url = peer_url(peer), .vus = 10, .threads = 2, .requests = 40, .io = kind};
	struct lg_result *result = run_through(&plan);
	const struct lg_counts *counts = &result->counts[LG_BEFORE];

	assert_int_equal(counts->requests, 40);
	assert_int_equal(counts->failed, 40);
	/* a reset may come before the connection is seen to be one */
	assert_int_equal(counts->errors[LG_ERROR_RESET] + counts->errors[LG_ERROR_CONNECT], 40);
	if (!reset)
		assert_int_equal(counts->errors[LG_ERROR_CONNECT], 0);
	assert_int_equal(peer_counts(peer).accepted, 40);
	lg_result_free(result);
	peer_stop(peer);
}

static void test_cut_everywhere(void **state)
{
	for (enum peer_cut where = CUT_ACCEPTED; where <= CUT_BODY; where++)
		for (int reset = 0; reset < 2; reset++)
			cut(kind_of(state), where, reset);
}

#ifdef LG_URING_TINY
#define UNREPEATABLE NULL /* what does not fit into the ring is not seen in time */
#else
#define UNREPEATABLE "POST"
#endif

/* The end lies right behind the answer: the next request takes a fresh connection. None fails, though none
 * may be sent twice. */
static void test_closed_behind_the_answer(void **state)
{
	struct peer *peer = peer_start(&(struct peer_behaviour){.body = 100, .cut = CUT_ANSWERED});
	struct lg_plan plan = {.url = peer_url(peer),
	                       .method = UNREPEATABLE,
	                       .vus = 10,
	                       .threads = 2,
	                       .requests = 1000,
	                       .io = kind_of(state)};
	struct lg_result *result = run_through(&plan);

	assert_string_equal(result->first_error, "");
	assert_int_equal(result->counts[LG_BEFORE].status[2], 1000);
	assert_int_equal(peer_counts(peer).answers, 1000);
	lg_result_free(result);
	peer_stop(peer);
}

static void test_refused(void **state)
{
	char url[64];
	struct lg_plan plan = {.url = url, .vus = 10, .threads = 2, .requests = 40, .io = kind_of(state)};
	struct lg_result *result;
	uint16_t port;
	int fd = refusing_socket(&port);

	snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
	result = run_through(&plan);
	close(fd);
	assert_int_equal(result->counts[LG_BEFORE].errors[LG_ERROR_CONNECT], 40);
	assert_non_null(strstr(result->first_error, "Connection refused"));
	lg_result_free(result);
}

static void test_ends_while_connecting(void **state)
{
	struct lg_plan plan = {
		.vus = 10, .threads = 2, .requests = 20, .timeout = 20 * MS, .io = kind_of(state)};
	struct lg_result *result;
	struct stuck stuck;
	struct lg_run *run;

	stuck_init(&stuck);
	plan.url = stuck.url;
	result = run_through(&plan);
	assert_int_equal(result->counts[LG_BEFORE].errors[LG_ERROR_TIMEOUT], 20);
	assert_non_null(strstr(result->first_error, "not connected within"));
	lg_result_free(result);
	plan.timeout = 0;
	run = load_start(&plan);
	sleep_ms(20);
	lg_stop(run, 0);
	result = lg_finish(run);
	assert_int_equal(result->counts[LG_BEFORE].requests, 0);
	assert_int_equal(result->censored, 10);
	lg_result_free(result);
	stuck_release(&stuck);
}

/* The peer learns at once that a connection was given up, while the run goes on. */
static void test_given_up_is_closed(void **state)
{
	struct peer *peer = peer_start(&(struct peer_behaviour){.body = 100});
	struct lg_plan plan = {
		.url = peer_url(peer), .vus = 4, .threads = 1, .timeout = 20 * MS, .io = kind_of(state)};
	struct peer_counts counts = {0};
	struct lg_result *result;
	struct lg_run *run;

	peer_hold(peer, HOLD_ANSWERS);
	run = load_start(&plan);
	wait_for_peer(peer, counts.closed >= 8);
	lg_stop(run, 0);
	result = lg_finish(run);
	assert_true(result->counts[LG_BEFORE].errors[LG_ERROR_TIMEOUT] >= 8);
	assert_int_equal(result->counts[LG_BEFORE].status[2], 0);
	wait_for_peer(peer, counts.closed == counts.accepted);
	lg_result_free(result);
	peer_stop(peer);
}

/* What comes for a socket that is gone is nobody's: those behind it are served as if nothing had been. */
static void test_late_answers_are_nobodys(void **state)
{
	struct peer *peer = peer_start(&(struct peer_behaviour){.body = 50000});
	struct lg_plan plan = {.url = peer_url(peer),
	                       .vus = 20,
	                       .threads = 1,
	                       .timeout = 50 * MS,
	                       .requests = 400,
	                       .io = kind_of(state)};
	struct peer_counts counts = {0};
	struct lg_result *result;
	struct lg_run *run;

	peer_hold(peer, HOLD_ANSWERS);
	run = load_start(&plan);
	for (uint64_t closed = 20; closed <= 80; closed += 20) {
		wait_for_peer(peer, counts.closed >= closed);
		peer_hold(peer, HOLD_NOTHING);
		peer_hold(peer, HOLD_ANSWERS);
	}
	peer_hold(peer, HOLD_NOTHING);
	wait_finished(run);
	lg_stop(run, 0);
	result = lg_finish(run);
	assert_int_equal(result->counts[LG_BEFORE].requests, 400);
	assert_int_equal(result->counts[LG_BEFORE].errors[LG_ERROR_PROTOCOL], 0);
	assert_int_equal(result->counts[LG_BEFORE].status[2] +
	                         result->counts[LG_BEFORE].errors[LG_ERROR_TIMEOUT],
	                 400);
	lg_result_free(result);
	peer_stop(peer);
}

/* ---- many ------------------------------------------------------------------------------ */

static void test_short_connections(void **state)
{
	struct peer *peer = peer_start(&(struct peer_behaviour){.body = 100});
	struct lg_plan plan = {.url = peer_url(peer),
	                       .vus = 20,
	                       .threads = 2,
	                       .requests = 4000,
	                       .no_keepalive = true,
	                       .io = kind_of(state)};
	struct lg_result *result = run_through(&plan);
	struct peer_counts counts = peer_counts(peer);

	assert_string_equal(result->first_error, "");
	assert_int_equal(result->counts[LG_BEFORE].status[2], 4000);
	assert_int_equal(result->connections, 4000);
	assert_int_equal(counts.accepted, 4000);
	wait_for_peer(peer, counts.closed == 4000);
	lg_result_free(result);
	peer_stop(peer);
}

/* All answers at once: more than there are buffers and places in a ring. */
static void test_many_connections(void **state)
{
	struct peer *peer = peer_start(&(struct peer_behaviour){.body = 20000});
	struct lg_plan plan = {
		.url = peer_url(peer), .vus = MANY, .threads = 1, .requests = 3 * MANY, .io = kind_of(state)};
	struct lg_result *result;
	struct lg_run *run;

	peer_hold(peer, HOLD_ANSWERS);
	run = load_start(&plan);
	load_await_in_flight(run, MANY);
	peer_hold(peer, HOLD_NOTHING);
	wait_finished(run);
	lg_stop(run, 0);
	result = lg_finish(run);
	assert_string_equal(result->first_error, "");
	assert_int_equal(result->counts[LG_BEFORE].status[2], 3 * MANY);
	assert_int_equal(result->counts[LG_BEFORE].bytes_received, 3 * MANY * peer_answer_size(peer));
	assert_int_equal(peer_counts(peer).accepted, MANY);
	lg_result_free(result);
	peer_stop(peer);
}

/* ---- the run's end ------------------------------------------------------------------------ */

static void stop_while_busy(enum lg_io_kind kind, int64_t grace)
{
	struct peer *peer = peer_start(&(struct peer_behaviour){.body = 1000});
	struct lg_plan plan = {.url = peer_url(peer), .vus = 64, .threads = 2, .io = kind};
	struct peer_counts counts = {0};
	struct lg_run *run = load_start(&plan);
	struct lg_result *result;

	wait_for_peer(peer, counts.answers >= 1000);
	lg_stop(run, grace);
	result = lg_finish(run);
	assert_string_equal(result->first_error, "");
	wait_for_peer(peer, counts.closed == 64);
	assert_true(result->censored <= (grace ? 0 : 64));
	assert_true(counts.requests >= result->counts[LG_BEFORE].status[2]);
	assert_true(counts.requests <= result->counts[LG_BEFORE].status[2] + result->censored);
	lg_result_free(result);
	peer_stop(peer);
}

static void test_stop_while_busy(void **state)
{
	stop_while_busy(kind_of(state), 0);
	stop_while_busy(kind_of(state), 3600 * SECOND);
}

/* A thread that waits for ever is woken up, more than once. */
static void test_wakes(void **state)
{
	struct peer *peer = peer_start(&(struct peer_behaviour){.body = 1});
	struct lg_plan plan = {.url = peer_url(peer),
	                       .model = LG_RATE,
	                       .vus = 2,
	                       .rate = 1e-3,
	                       .threads = 1,
	                       .io = kind_of(state)};
	struct peer_counts counts = {0};
	struct lg_run *run = load_start(&plan);
	struct lg_result *result;

	for (int i = 0; i < 3; i++) {
		uint64_t before = counts.answers;

		lg_set_rate(run, 1000);
		wait_for_peer(peer, counts.answers > before);
		lg_set_rate(run, 1e-3);
		sleep_ms(100);
		load_await_in_flight(run, 0);
		sleep_ms(100);
		counts = peer_counts(peer);
	}
	lg_stop(run, 3600 * SECOND);
	result = lg_finish(run);
	assert_string_equal(result->first_error, "");
	assert_int_equal(result->counts[LG_BEFORE].status[2], peer_counts(peer).answers);
	lg_result_free(result);
	peer_stop(peer);
}

/* ---- dialled connections --------------------------------------------------------------------- */

static int dial(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	(void)host, (void)port;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
		snprintf(error, LG_ERROR_SIZE, "%s", strerror(errno));
		return -1;
	}
	peer_adopt(context, ends[1]);
	return ends[0];
}

static void test_dialled(void **state)
{
	struct peer *peer = peer_start(&(struct peer_behaviour){.body = 100000});
	struct lg_plan plan = {.url = "http://nowhere.invalid/",
	                       .vus = 20,
	                       .threads = 2,
	                       .requests = 600,
	                       .dial = dial,
	                       .dial_context = peer,
	                       .io = kind_of(state)};
	struct lg_result *result = run_through(&plan);

	assert_string_equal(result->first_error, "");
	assert_int_equal(result->counts[LG_BEFORE].status[2], 600);
	assert_int_equal(peer_counts(peer).accepted, 20);
	lg_result_free(result);
	plan.no_keepalive = true;
	result = run_through(&plan);
	assert_string_equal(result->first_error, "");
	assert_int_equal(result->connections, 600);
	lg_result_free(result);
	peer_stop(peer);
}

static int dial_nothing(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	(void)host, (void)port;
	(void)context;
	snprintf(error, LG_ERROR_SIZE, "the tunnel is gone");
	return -1;
}

static void test_dial_fails(void **state)
{
	struct lg_plan plan = {.url = "http://nowhere.invalid/",
	                       .vus = 5,
	                       .threads = 1,
	                       .requests = 10,
	                       .dial = dial_nothing,
	                       .io = kind_of(state)};
	struct lg_result *result = run_through(&plan);

	assert_int_equal(result->counts[LG_BEFORE].errors[LG_ERROR_CONNECT], 10);
	assert_string_equal(result->first_error, "the tunnel is gone");
	lg_result_free(result);
}

/* ---- both kinds -------------------------------------------------------------------------------- */

static unsigned descriptors, threads;

static int note_descriptors(void **state)
{
	(void)state;
	descriptors = count_descriptors();
	threads = count_threads();
	return 0;
}

/* A thread is seen for a moment after it was joined. */
static int same_after(void **state)
{
	(void)state;
	for (int tries = 0; count_threads() != threads;)
		if (!tries_left(&tries))
			break;
	if (count_descriptors() == descriptors && count_threads() == threads)
		return 0;
	print_error("%u descriptors, %u before; %u threads, %u before\n", count_descriptors(), descriptors,
	            count_threads(), threads);
	return -1;
}

#define CASE(function)                                                                                       \
	{                                                                                                    \
#function, test_##function, note_descriptors, same_after, (void *)kind                       \
	}

static int run_kind(const enum lg_io_kind *kind)
{
	const struct CMUnitTest tests[] = {
		CASE(counts_agree),
		CASE(large_answers),
		CASE(large_requests),
		CASE(stalled_write_goes_on),
		CASE(stalled_write_is_given_up),
		CASE(cut_everywhere),
		CASE(closed_behind_the_answer),
		CASE(refused),
		CASE(ends_while_connecting),
		CASE(given_up_is_closed),
		CASE(late_answers_are_nobodys),
		CASE(short_connections),
		CASE(many_connections),
		CASE(stop_while_busy),
		CASE(wakes),
		CASE(dialled),
		CASE(dial_fails),
	};

	return cmocka_run_group_tests_name(lg_io_name(*kind), tests, NULL, NULL);
}

static void raise_descriptors(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= DESCRIPTORS)
		return;
	limit.rlim_cur = DESCRIPTORS;
	if (limit.rlim_max < DESCRIPTORS)
		limit.rlim_max = DESCRIPTORS;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
		fprintf(stderr, "%u descriptors are needed: %s\n", DESCRIPTORS, strerror(errno));
		exit(1);
	}
}

/* [epoll|io_uring]: one of the two alone. */
int main(int argc, char **argv)
{
	static const enum lg_io_kind epoll = LG_IO_EPOLL, uring = LG_IO_URING;
	const char *only = argc > 1 ? argv[1] : NULL;
	int failed = 0;

	raise_descriptors();
	peer_stop(
		peer_start(&(struct peer_behaviour){0})); /* a sanitizer's own thread comes with the first */
	if (!only || strcmp(only, "epoll") == 0)
		failed += run_kind(&epoll);
	if (strcmp(lg_io_name(uring), "io_uring") != 0)
		fprintf(stderr, "skipped: io_uring, this kernel does not let us\n");
	else if (!only || strcmp(only, "io_uring") == 0)
		failed += run_kind(&uring);
	return failed;
}
