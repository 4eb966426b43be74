/*
 * epoll, edge-triggered: a descriptor is added once, for everything, and never changed. Whoever gets an event
 * reads until a short read, and writes until a short write.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "loadgen/clock.h"
#include "loadgen/worker.h"

#define BATCH      256
#define READ_SIZE  (64U * 1024) /* one buffer a thread: what is read is parsed and forgotten */
#define READ_SHARE 16           /* full reads in a row before others get their turn */

#define EVENT_IN  (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR) /* there is something to read, or an end */
#define EVENT_END (EPOLLRDHUP | EPOLLHUP | EPOLLERR)           /* an end lies behind what is to be read */

enum { CONNECTING = 1, END_ANNOUNCED = 2, BLOCKED = 4 }; /* io_state; BLOCKED: a short write */

struct lg_io {
	struct lg_worker *worker;
	int epoll, wake;
	struct lg_connection *ready; /* had their share and have more to read: no event will say so */
	struct lg_connection *batch; /* those of them whose turn it is now */
	struct epoll_event events[BATCH];
	char buffer[READ_SIZE];
};

static void close_io(struct lg_io *io)
{
	int saved = errno;

	if (io->epoll >= 0)
		close(io->epoll);
	if (io->wake >= 0)
		close(io->wake);
	free(io);
	errno = saved;
}

static int open_io(struct lg_worker *worker, struct lg_io **ret)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	struct lg_io *io = malloc(sizeof *io);

	if (!io)
		return -1;
	io->worker = worker;
	io->ready = io->batch = NULL;
	io->epoll = epoll_create1(EPOLL_CLOEXEC);
	io->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (io->epoll < 0 || io->wake < 0 || epoll_ctl(io->epoll, EPOLL_CTL_ADD, io->wake, &event) != 0) {
		close_io(io);
		return -1;
	}
	*ret = io;
	return 0;
}

static int add(struct lg_io *io, struct lg_connection *connection, bool connecting)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
	                            .data.ptr = connection};

	connection->io_state = connecting ? CONNECTING : 0;
	return epoll_ctl(io->epoll, EPOLL_CTL_ADD, connection->fd, &event);
}

static void take_out(struct lg_connection **at, const struct lg_connection *connection)
{
	while (*at && *at != connection)
		at = &(*at)->next;
	if (*at)
		*at = connection->next;
}

static void remove_connection(struct lg_io *io, struct lg_connection *connection)
{
	if (connection->is_ready) {
		take_out(&io->ready, connection);
		take_out(&io->batch, connection);
		connection->is_ready = false;
	}
	close(connection->fd);
}

static void later(struct lg_io *io, struct lg_connection *connection)
{
	if (connection->is_ready)
		return;
	connection->is_ready = true;
	connection->next = io->ready;
	io->ready = connection;
}

/* What the server said before it closed is still there to be read when a write fails. */
static void send_output(struct lg_io *io, struct lg_connection *connection)
{
	const char *data;
	size_t size;

	while ((data = lg_connection_output(connection, &size))) {
		ssize_t n = send(connection->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			connection->io_state |= BLOCKED;
			if (errno != EAGAIN) {
				connection->io_state |= END_ANNOUNCED;
				later(io, connection);
			}
			return;
		}
		lg_connection_sent(connection, (size_t)n);
	}
	connection->io_state &= (uint8_t)~BLOCKED;
}

static void receive(struct lg_io *io, struct lg_connection *connection)
{
	uint32_t generation = connection->generation;

	for (int share = 0; share < READ_SHARE; share++) {
		ssize_t n = recv(connection->fd, io->buffer, READ_SIZE, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			lg_connection_ended(connection, n < 0 ? errno : 0);
			return;
		}
		/* a short read has emptied the socket, unless the end is still behind it */
		connection->ended = connection->io_state & END_ANNOUNCED;
		lg_connection_input(connection, io->buffer, (size_t)n);
		if (connection->generation != generation)
			return;
		if ((size_t)n < READ_SIZE && !(connection->io_state & END_ANNOUNCED))
			return;
	}
	later(io, connection);
}

static void handle_connecting(struct lg_connection *connection, uint32_t events)
{
	int error = 0;

	if (events & (EPOLLHUP | EPOLLERR))
		getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
	if (!error && !(events & (EPOLLOUT | EVENT_END)))
		return;
	connection->io_state &= (uint8_t)~CONNECTING;
	lg_connection_connected(connection, error);
}

static void handle(struct lg_io *io, struct lg_connection *connection, uint32_t events)
{
	uint32_t generation = connection->generation;

	if (connection->fd < 0)
		return;
	if (connection->io_state & CONNECTING) {
		handle_connecting(connection, events);
		if (connection->generation != generation || connection->io_state & CONNECTING)
			return;
	}
	if (events & EVENT_END)
		connection->io_state |= END_ANNOUNCED;
	if (events & EPOLLOUT && connection->io_state & BLOCKED)
		send_output(io, connection);
	if (events & EVENT_IN)
		receive(io, connection);
}

static void handle_ready(struct lg_io *io)
{
	io->batch = io->ready;
	io->ready = NULL;
	while (io->batch) {
		struct lg_connection *connection = io->batch;

		io->batch = connection->next;
		connection->is_ready = false;
		receive(io, connection);
	}
}

/* For kernels before 5.11, or a filter that knows no newer call: milliseconds, never early. */
static int wait_ms(struct lg_io *io, int64_t timeout)
{
	int64_t ms = timeout == INT64_MAX ? -1 : (timeout + LG_NS_PER_MS - 1) / LG_NS_PER_MS;

	return epoll_wait(io->epoll, io->events, BATCH, ms > INT32_MAX ? INT32_MAX : (int)ms);
}

static int wait_events(struct lg_io *io, int64_t timeout)
{
	struct timespec limit = lg_clock_timespec(timeout);
	int count = epoll_pwait2(io->epoll, io->events, BATCH, timeout == INT64_MAX ? NULL : &limit, NULL);

	if (count < 0 && (errno == ENOSYS || errno == EPERM))
		count = wait_ms(io, timeout);
	return count < 0 ? 0 : count;
}

static void wait_io(struct lg_io *io, int64_t timeout)
{
	int count = wait_events(io, io->ready ? 0 : timeout);

	lg_worker_clock(io->worker);
	for (int i = 0; i < count; i++) {
		struct epoll_event event = io->events[i];

		if (i && i % LG_CLOCK_EVERY == 0)
			lg_worker_clock(io->worker);
		if (event.data.ptr)
			handle(io, event.data.ptr, event.events);
	}
	if (io->ready)
		handle_ready(io);
}

static void wake(struct lg_io *io)
{
	(void)!write(io->wake, &(uint64_t){1}, sizeof(uint64_t));
}

const struct lg_io_class lg_io_epoll = {
	"epoll", open_io, close_io, add, remove_connection, send_output, wait_io, wake,
};
