#include "virtual.h"

#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "load.h"
#include "loadgen/worker.h"

#define AHEAD (60 * MINUTE) /* of the real clock, so that no real wait for an instant of this one ends */

static const char first_half[] = "HTTP/1.1 200 OK\r\nContent-Le", second_half[] = "ngth: 5\r\n\r\nhello";

struct lg_io {
	struct lg_worker *worker;
};

/* An answer under way; a connection has one at a time. */
struct pending {
	struct lg_connection *connection;
	int64_t first, done;
	bool begun;
};

static struct {
	_Atomic int64_t now; /* 0: the real clock */
	int64_t started, stop;
	virtual_serve *serve;
	struct virtual_request requests[VIRTUAL_REQUESTS];
	uint64_t count;
	struct pending *pending;
	unsigned pending_count, pending_room;
	pthread_mutex_t lock; /* of the three below */
	pthread_cond_t changed;
	bool go, woken, paused;
} world = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
const struct lg_io_class *__wrap_lg_io_choose(enum lg_io_kind kind, char error[LG_ERROR_SIZE]);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	int64_t now = world.now;

	if (clock != CLOCK_MONOTONIC || !now)
		return __real_clock_gettime(clock, ret);
	*ret = (struct timespec){.tv_sec = now / SECOND, .tv_nsec = now % SECOND};
	return 0;
}

/* ---- the I/O --------------------------------------------------------------- */

static int open_io(struct lg_worker *worker, struct lg_io **ret)
{
	*ret = malloc(sizeof **ret);
	if (!*ret)
		return -1;
	(*ret)->worker = worker;
	return 0;
}

static void close_io(struct lg_io *io)
{
	free(io);
}

static int add(struct lg_io *io, struct lg_connection *connection, bool connecting)
{
	(void)io;
	(void)connection;
	return connecting ? -1 : 0;
}

static void forget(unsigned index)
{
	world.pending[index] = world.pending[--world.pending_count];
}

static void remove_connection(struct lg_io *io, struct lg_connection *connection)
{
	(void)io;
	for (unsigned i = world.pending_count; i-- > 0;)
		if (world.pending[i].connection == connection)
			forget(i);
	close(connection->fd);
}

static void send_output(struct lg_io *io, struct lg_connection *connection)
{
	struct virtual_request request;
	size_t size;

	while (lg_connection_output(connection, &size))
		lg_connection_sent(connection, size);
	if (world.count == VIRTUAL_REQUESTS || world.pending_count == world.pending_room)
		abort();
	request = world.serve(world.count, io->worker->now - world.started);
	world.requests[world.count++] = request;
	world.pending[world.pending_count++] = (struct pending){.connection = connection,
	                                                        .first = world.started + request.first,
	                                                        .done = world.started + request.done};
}

static int64_t due_of(const struct pending *pending)
{
	return pending->begun ? pending->done : pending->first;
}

/* The one that is due first; among equals, whose request came first. */
static struct pending *earliest(void)
{
	struct pending *first = NULL;

	for (unsigned i = 0; i < world.pending_count; i++)
		if (!first || due_of(&world.pending[i]) < due_of(first))
			first = &world.pending[i];
	return first;
}

static void deliver(struct pending *pending)
{
	struct lg_connection *connection = pending->connection;

	if (pending->begun) {
		forget((unsigned)(pending - world.pending));
		lg_connection_input(connection, second_half, sizeof second_half - 1);
	} else {
		pending->begun = true;
		lg_connection_input(connection, first_half, sizeof first_half - 1);
	}
}

/* Nothing will ever come, or it is time to stop: until somebody wakes us, who has stopped us. */
static void wait_for_wake(void)
{
	pthread_mutex_lock(&world.lock);
	world.paused = true;
	pthread_cond_broadcast(&world.changed);
	while (!world.woken)
		pthread_cond_wait(&world.changed, &world.lock);
	world.woken = false;
	pthread_mutex_unlock(&world.lock);
	world.stop = INT64_MAX;
}

static void wait_io(struct lg_io *io, int64_t timeout)
{
	struct pending *pending = earliest();
	int64_t next = timeout == INT64_MAX ? INT64_MAX : world.now + timeout;

	pthread_mutex_lock(&world.lock);
	while (!world.go)
		pthread_cond_wait(&world.changed, &world.lock);
	pthread_mutex_unlock(&world.lock);
	if (pending && due_of(pending) < next)
		next = due_of(pending);
	if (next >= world.stop) {
		if (world.stop != INT64_MAX)
			world.now = world.stop;
		wait_for_wake();
	} else if (next > world.now) {
		world.now = next;
	}
	lg_worker_clock(io->worker);
	while ((pending = earliest()) && due_of(pending) <= world.now)
		deliver(pending);
}

static void wake(struct lg_io *io)
{
	(void)io;
	pthread_mutex_lock(&world.lock);
	world.woken = true;
	pthread_cond_broadcast(&world.changed);
	pthread_mutex_unlock(&world.lock);
}

const struct lg_io_class *__wrap_lg_io_choose(enum lg_io_kind kind, char error[LG_ERROR_SIZE])
{
	static const struct lg_io_class io = {
		"virtual", open_io, close_io, add, remove_connection, send_output, wait_io, wake,
	};

	(void)kind;
	(void)error;
	return &io;
}

/* ---- a run ------------------------------------------------------------------ */

static int dial(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	(void)host, (void)port;
	(void)context;
	(void)error;
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static struct lg_run *prepare(const struct lg_plan *plan, virtual_serve *serve, int64_t stop)
{
	struct lg_plan here = *plan;
	struct lg_run *run;

	here.url = "http://127.0.0.1:1/";
	here.dial = dial;
	here.threads = 1;
	world.now = now_ns() + AHEAD;
	world.started = world.now;
	world.stop = stop == INT64_MAX ? stop : world.started + stop;
	world.serve = serve;
	world.count = world.pending_count = 0;
	world.go = world.woken = world.paused = false;
	world.pending_room = here.max_vus > here.vus ? here.max_vus : here.vus;
	world.pending = calloc(world.pending_room, sizeof *world.pending);
	assert_non_null(world.pending);
	run = load_start(&here);
	return run;
}

static struct lg_result *finish(struct lg_run *run, int64_t grace)
{
	struct lg_result *result;

	pthread_mutex_lock(&world.lock);
	world.go = true;
	pthread_cond_broadcast(&world.changed);
	while (!world.paused)
		pthread_cond_wait(&world.changed, &world.lock);
	pthread_mutex_unlock(&world.lock);
	result = load_finish(run, grace);
	world.now = 0;
	free(world.pending);
	world.pending = NULL;
	assert_int_equal(result->started, world.started);
	return result;
}

struct lg_result *virtual_run(const struct lg_plan *plan, virtual_serve *serve, int64_t window_begin,
                              int64_t window_end)
{
	struct lg_run *run = prepare(plan, serve, INT64_MAX);

	if (window_end)
		lg_set_window(run, world.started + window_begin, world.started + window_end);
	return finish(run, 0);
}

struct lg_result *virtual_run_until(const struct lg_plan *plan, virtual_serve *serve, int64_t stop,
                                    int64_t grace)
{
	return finish(prepare(plan, serve, stop), grace);
}

const struct virtual_request *virtual_requests(uint64_t *ret_count)
{
	*ret_count = world.count;
	return world.requests;
}
