/*
 * io_uring. What a connection brings comes by one multishot receive into buffers that all share; a request is
 * a send that is submitted with the next wait, so that a turn of the loop is one system call. A small one
 * says nothing when it is done, which would end the wait too soon. The kernel stamps what it receives, so
 * that a thread that has much to do, or waits for more, does not take its own lateness for the server's.
 *
 * The kernel holds on to a socket, and to bytes that it sends, for as long as something is under way there.
 * remove() ends that with shutdown(): what still comes of an older socket is known by its generation.
 */
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loadgen/clock.h"
#include "loadgen/io_pool.h"
#include "loadgen/worker.h"

/* Linux 6.1. Only the thread that drives a ring may enter it: it is made by another one, disabled. */
#define RING_FLAGS                                                                                           \
	(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |                 \
	 IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP)

/* A full completion ring loses nothing; a wait takes its time as an argument. */
#define NEEDED (IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG)

#define PROBE_SECONDS 1

#ifdef LG_URING_TINY /* a test sees rings and buffers run out */
#define SUBMISSIONS       4U
#define COMPLETIONS_LEAST 8U
#define COMPLETIONS_MOST  8U
#else
#define SUBMISSIONS       256U
#define COMPLETIONS_LEAST 1024U
#define COMPLETIONS_MOST  16384U
#endif

/* What lies before the bytes in a buffer: the kernel's header, and when they came. */
#define STAMP_SIZE CMSG_SPACE(sizeof(struct timespec))
#define HEAD_SIZE  (sizeof(struct io_uring_recvmsg_out) + STAMP_SIZE)

/* The clock on the wall was set, if it moves by so much against the monotonic one from one turn to the next.
 */
#define STEP_NS LG_NS_PER_MS

/* The two clocks are read one after the other; what lies between the readings is how far they may be off. */
#define READING_NS (5 * LG_NS_PER_US)

/* See company(). */
#define BRIEF_NS     (200 * LG_NS_PER_US)
#define COMPANY_MOST 32
#define COMPANY_PART 8 /* of the requests in flight */
#define GAP_WEIGHT   8
#define GAP_MOST     LG_NS_PER_MS

/* What was asked of the kernel: in the low bits of user_data, then the connection's index and generation. */
enum task { WAKE, CONNECT, RECEIVE, SEND, WRITABLE };

#define TASK_BITS  3
#define INDEX_BITS 32

/* io_state; BLOCKED: a short write; ASKED: a send was, perhaps it is not even submitted */
enum { CONNECTING = 1, RECEIVING = 2, BLOCKED = 4, ASKED = 8 };

struct lg_io {
	struct lg_worker *worker;
	struct io_uring ring;
	struct lg_io_pool pool;
	struct msghdr stamped; /* how every receive is asked for */
	int64_t wall;          /* CLOCK_REALTIME less CLOCK_MONOTONIC, as of this turn */
	bool no_stamps;        /* this turn's stamps cannot be told in monotonic time */
	int64_t gap, turned;   /* between two completions, on average; when the last turn began */
	bool enabled;
	int wake;
	uint64_t woken; /* read from `wake` */
};

/* ---- the ring ----------------------------------------------------------------------- */

static int make_ring(struct io_uring *ring, unsigned completions)
{
	struct io_uring_params params = {.flags = RING_FLAGS, .cq_entries = completions};

	return io_uring_queue_init_params(SUBMISSIONS, ring, &params);
}

/* By the thread that drives it. (liburing 2.3 does not export its io_uring_enable_rings.) */
static int enable_ring(struct io_uring *ring)
{
	int status = io_uring_register((unsigned)ring->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);

	if (status == 0)
		io_uring_register_ring_fd(ring); /* spares a look-up a call, works without */
	return status;
}

/* ---- asking ------------------------------------------------------------------------- */

static struct io_uring_sqe *next_sqe(struct io_uring *ring)
{
	struct io_uring_sqe *sqe;

	while (!(sqe = io_uring_get_sqe(ring)))
		io_uring_submit(ring);
	return sqe;
}

static uint64_t name_of(const struct lg_connection *connection, enum task task)
{
	return (uint64_t)connection->generation << (TASK_BITS + INDEX_BITS) |
	       (uint64_t)connection->index << TASK_BITS | task;
}

static void prepare_receive(struct io_uring_sqe *sqe, int fd, struct msghdr *stamped)
{
	io_uring_prep_recvmsg_multishot(sqe, fd, stamped, 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = LG_IO_POOL_GROUP;
}

static void ask_receive(struct lg_io *io, struct lg_connection *connection)
{
	struct io_uring_sqe *sqe = next_sqe(&io->ring);

	prepare_receive(sqe, connection->fd, &io->stamped);
	io_uring_sqe_set_data64(sqe, name_of(connection, RECEIVE));
	connection->io_state |= RECEIVING;
}

static void ask_writable(struct lg_io *io, struct lg_connection *connection, enum task task)
{
	struct io_uring_sqe *sqe = next_sqe(&io->ring);

	io_uring_prep_poll_add(sqe, connection->fd, POLLOUT);
	io_uring_sqe_set_data64(sqe, name_of(connection, task));
	connection->io_state |= task == CONNECT ? CONNECTING : BLOCKED;
}

static void ask_wake(struct lg_io *io)
{
	struct io_uring_sqe *sqe = next_sqe(&io->ring);

	io_uring_prep_read(sqe, io->wake, &io->woken, sizeof io->woken, 0);
	io_uring_sqe_set_data64(sqe, WAKE);
}

/* A socket takes this much at once, unless its peer answers without ever reading. */
#define SMALL (16U * 1024)

/* All of it or an error, and only that is told. */
static void ask_send(struct lg_io *io, struct lg_connection *connection, const char *data, size_t size)
{
	struct io_uring_sqe *sqe = next_sqe(&io->ring);

	io_uring_prep_send(sqe, connection->fd, data, size, MSG_NOSIGNAL | MSG_WAITALL);
	sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
	io_uring_sqe_set_data64(sqe, name_of(connection, SEND));
	connection->io_state |= ASKED;
	lg_connection_sent(connection, size);
}

/* ---- the class ---------------------------------------------------------------------- */

static void close_io(struct lg_io *io)
{
	int saved = errno;

	if (io->ring.ring_fd >= 0)
		io_uring_queue_exit(&io->ring);
	lg_io_pool_release(&io->pool);
	if (io->wake >= 0)
		close(io->wake);
	free(io);
	errno = saved;
}

static unsigned completions_for(unsigned connections)
{
	if (connections < COMPLETIONS_LEAST / 2)
		return COMPLETIONS_LEAST;
	return connections < COMPLETIONS_MOST / 2 ? 2 * connections : COMPLETIONS_MOST;
}

static int open_io(struct lg_worker *worker, struct lg_io **ret)
{
	struct lg_io *io = calloc(1, sizeof *io);
	int status;

	if (!io)
		return -1;
	io->worker = worker;
	io->ring.ring_fd = -1;
	io->stamped.msg_controllen = STAMP_SIZE;
	io->gap = GAP_MOST;
	io->wake = eventfd(0, EFD_CLOEXEC); /* blocking: a read of it waits in the ring */
	status = io->wake < 0 ? -errno : make_ring(&io->ring, completions_for(worker->connection_count));
	if (status == 0)
		status = lg_io_pool_init(&io->pool, &io->ring, worker->connection_count);
	if (status < 0) {
		close_io(io);
		errno = -status;
		return -1;
	}
	*ret = io;
	return 0;
}

static void start(struct lg_io *io)
{
	enable_ring(&io->ring);
	io->enabled = true;
	ask_wake(io);
}

static int add(struct lg_io *io, struct lg_connection *connection, bool connecting)
{
	if (!io->enabled)
		start(io);
	connection->io_state = 0;
	setsockopt(connection->fd, SOL_SOCKET, SO_TIMESTAMPNS, &(int){1}, sizeof(int));
	if (connecting)
		ask_writable(io, connection, CONNECT);
	else
		ask_receive(io, connection);
	return 0;
}

/*
 * What is not submitted yet would hit whoever gets the number next. After shutdown() no byte is read from
 * memory any more, nothing is waited for, and the kernel lets go of the socket.
 */
static void remove_connection(struct lg_io *io, struct lg_connection *connection)
{
	if (io_uring_sq_ready(&io->ring))
		io_uring_submit(&io->ring);
	shutdown(connection->fd, SHUT_RDWR);
	close(connection->fd);
}

/* What the server said before it closed is still there to be received, and then the end. */
static void give_up(struct lg_connection *connection)
{
	shutdown(connection->fd, SHUT_RDWR);
}

/* False: there is no room now, or never again. */
static bool send_now(struct lg_io *io, struct lg_connection *connection, const char *data, size_t size)
{
	ssize_t n;

	if (connection->io_state & ASKED) {
		io_uring_submit(&io->ring); /* that comes first */
		connection->io_state &= (uint8_t)~ASKED;
	}
	n = send(connection->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n >= 0)
		lg_connection_sent(connection, (size_t)n);
	else if (errno == EAGAIN)
		ask_writable(io, connection, WRITABLE);
	else if (errno != EINTR)
		give_up(connection);
	return n >= 0 || errno == EINTR;
}

static void send_output(struct lg_io *io, struct lg_connection *connection)
{
	const char *data;
	size_t size;

	while (!(connection->io_state & BLOCKED) && (data = lg_connection_output(connection, &size))) {
		if (data == connection->out && connection->out_lasts && size <= SMALL)
			ask_send(io, connection, data, size);
		else if (!send_now(io, connection, data, size))
			return;
	}
}

static void handle_connected(struct lg_io *io, struct lg_connection *connection, int events)
{
	int error = 0;

	if (events < 0)
		error = -events;
	else if (events & (POLLERR | POLLHUP))
		getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
	if (!error)
		ask_receive(io, connection);
	lg_connection_connected(connection, error);
}

/*
 * When the bytes came to this machine; now, where the kernel does not say (a socket without a network), or
 * the clock that it goes by was set meanwhile.
 */
static int64_t arrival_of(const struct lg_io *io, const char *buffer)
{
	const struct io_uring_recvmsg_out *out = (const void *)buffer;
	const struct cmsghdr *stamp = (const void *)(out + 1);
	int64_t now = io->worker->now, arrived;
	struct timespec at;

	if (io->no_stamps || out->controllen < CMSG_LEN(sizeof at) || stamp->cmsg_level != SOL_SOCKET ||
	    stamp->cmsg_type != SCM_TIMESTAMPNS)
		return now;
	memcpy(&at, CMSG_DATA(stamp), sizeof at);
	arrived = at.tv_sec * LG_NS_PER_SECOND + at.tv_nsec - io->wall;
	return arrived < now ? arrived : now;
}

static void handle_received(struct lg_io *io, struct lg_connection *connection,
                            const struct io_uring_cqe *cqe)
{
	uint32_t generation = connection->generation;

	if (!(cqe->flags & IORING_CQE_F_MORE))
		connection->io_state &= (uint8_t)~RECEIVING;
	if (cqe->res > (int)HEAD_SIZE) {
		const char *buffer = lg_io_pool_at(&io->pool, cqe->flags >> IORING_CQE_BUFFER_SHIFT);

		io->worker->arrived = arrival_of(io, buffer);
		lg_connection_input(connection, buffer + HEAD_SIZE, (size_t)cqe->res - HEAD_SIZE);
		io->worker->arrived = io->worker->now;
	} else if (cqe->res == -ENOBUFS) {
		io->pool.starved = true;
	} else if (cqe->res != -EAGAIN && cqe->res != -EINTR) {
		lg_connection_ended(connection, cqe->res < 0 ? -cqe->res : 0);
		return;
	}
	if (connection->generation == generation && !(connection->io_state & RECEIVING))
		ask_receive(io, connection);
}

/* Whose answer it is; NULL: its socket is gone. */
static struct lg_connection *connection_of(const struct lg_io *io, uint64_t name)
{
	struct lg_connection *connection = &io->worker->connections[(uint32_t)(name >> TASK_BITS)];

	return connection->fd >= 0 && name_of(connection, name & ((1U << TASK_BITS) - 1)) == name ? connection
	                                                                                          : NULL;
}

static enum task task_of(const struct io_uring_cqe *cqe)
{
	return cqe->user_data & ((1U << TASK_BITS) - 1);
}

static void handle(struct lg_io *io, const struct io_uring_cqe *cqe)
{
	enum task task = task_of(cqe);
	struct lg_connection *connection = task == WAKE ? NULL : connection_of(io, cqe->user_data);

	if (task == WAKE)
		ask_wake(io);
	if (!connection)
		return;
	switch (task) {
	case CONNECT:
		connection->io_state &= (uint8_t)~CONNECTING;
		handle_connected(io, connection, cqe->res);
		break;
	case RECEIVE:
		handle_received(io, connection, cqe);
		break;
	case SEND:
		give_up(connection);
		break;
	case WRITABLE:
		connection->io_state &= (uint8_t)~BLOCKED;
		send_output(io, connection);
		break;
	case WAKE:
		break;
	}
}

/* An end that lies behind an answer in the same batch: that connection is not used again. */
static void note_ends(struct lg_io *io)
{
	const struct io_uring_cqe *cqe;
	unsigned head;

	if (io_uring_cq_ready(&io->ring) < 2)
		return;
	io_uring_for_each_cqe(&io->ring, head, cqe)
	{
		struct lg_connection *connection;

		if (cqe->res > (int)HEAD_SIZE || cqe->res == -ENOBUFS || task_of(cqe) != RECEIVE)
			continue;
		connection = connection_of(io, cqe->user_data);
		if (connection)
			connection->ended = true;
	}
}

static void sleep_for(struct lg_io *io, unsigned count, int64_t timeout)
{
	struct __kernel_timespec limit = {.tv_sec = timeout / LG_NS_PER_SECOND,
	                                  .tv_nsec = timeout % LG_NS_PER_SECOND};
	struct io_uring_cqe *cqe;

	io_uring_submit_and_wait_timeout(&io->ring, &cqe, count, timeout == INT64_MAX ? NULL : &limit, NULL);
}

/*
 * How many completions to wait for. Where they come thick and fast, going to sleep for each costs more than
 * what there is to do about it: then for as many as a brief time brings, and no more than a part of what is
 * awaited, so that the users are not held up. Latencies do not suffer, since arrivals bear the kernel's
 * stamp; what was dialled may have none.
 */
static unsigned company(const struct lg_io *io)
{
	const struct lg_worker *w = io->worker;
	int64_t most = w->in_flight / COMPANY_PART, brief = BRIEF_NS / (io->gap + 1);

	most = most < COMPANY_MOST ? most : COMPANY_MOST;
	most = most < brief ? most : brief;
	return w->late || w->job->plan->dial || most < 1 ? 1 : (unsigned)most;
}

static void sleep_io(struct lg_io *io, int64_t timeout)
{
	unsigned count = company(io);

	if (count > 1) {
		sleep_for(io, count, timeout < BRIEF_NS ? timeout : BRIEF_NS);
		if (timeout <= BRIEF_NS || io_uring_cq_ready(&io->ring))
			return;
		timeout -= BRIEF_NS;
	}
	sleep_for(io, 1, timeout);
}

/*
 * Reads both clocks. The monotonic one comes last: stamps are taken for later than they are by what lies
 * between, never for earlier, which would flatter the server.
 */
static void read_clocks(struct lg_io *io)
{
	int64_t before = lg_clock_now(), wall = lg_clock_of(CLOCK_REALTIME), was = io->wall;

	lg_worker_clock(io->worker);
	io->no_stamps = io->worker->now - before > READING_NS;
	if (io->no_stamps)
		return;
	io->wall = wall - io->worker->now;
	io->no_stamps = llabs(io->wall - was) > STEP_NS;
}

/* What this turn has to know of the time. */
static void look_around(struct lg_io *io)
{
	struct lg_worker *w = io->worker;
	unsigned count = io_uring_cq_ready(&io->ring);
	int64_t gap;

	read_clocks(io);
	gap = (w->now - io->turned) / (count ? count : 1);
	io->gap += ((gap < GAP_MOST ? gap : GAP_MOST) - io->gap) / GAP_WEIGHT;
	io->turned = w->now;
}

static void wait_io(struct lg_io *io, int64_t timeout)
{
	struct io_uring_cqe *cqe;
	unsigned head, count = 0;

	if (!io->enabled)
		start(io);
	sleep_io(io, timeout);
	look_around(io);
	note_ends(io);
	io_uring_for_each_cqe(&io->ring, head, cqe)
	{
		if (count && count % LG_CLOCK_EVERY == 0)
			lg_worker_clock(io->worker);
		handle(io, cqe);
		if (cqe->flags & IORING_CQE_F_BUFFER)
			lg_io_pool_give(&io->pool, cqe->flags >> IORING_CQE_BUFFER_SHIFT);
		count++;
	}
	io_uring_cq_advance(&io->ring, count);
	if (io->pool.starved)
		lg_io_pool_grow(&io->pool);
	lg_io_pool_show(&io->pool);
}

static void wake(struct lg_io *io)
{
	(void)!write(io->wake, &(uint64_t){1}, sizeof(uint64_t));
}

/* ---- does it work here? ---------------------------------------------------------------- */

/* One byte through a ring such as the engine's, as the engine receives. */
static int receive_one(struct io_uring *ring, const int ends[2])
{
	struct __kernel_timespec limit = {.tv_sec = PROBE_SECONDS};
	struct io_uring_cqe *cqe;
	struct msghdr stamped = {.msg_controllen = STAMP_SIZE};
	int status;

	prepare_receive(io_uring_get_sqe(ring), ends[0], &stamped);
	if (write(ends[1], "", 1) != 1)
		return -errno;
	status = io_uring_submit_and_wait_timeout(ring, &cqe, 1, &limit, NULL);
	if (status < 0)
		return status;
	if (cqe->res < 0)
		return cqe->res;
	return cqe->res == (int)HEAD_SIZE + 1 && cqe->flags & IORING_CQE_F_BUFFER &&
	                       cqe->flags & IORING_CQE_F_MORE
	               ? 0
	               : -EINVAL;
}

static int try_ring(struct io_uring *ring, const int ends[2])
{
	struct lg_io_pool pool = {0};
	int status = lg_io_pool_init(&pool, ring, 1);

	if (status == 0)
		status = enable_ring(ring);
	if (status == 0)
		status = receive_one(ring, ends);
	lg_io_pool_release(&pool);
	return status;
}

int lg_io_uring_probe(void)
{
	struct io_uring ring;
	int ends[2], status;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		return errno;
	status = make_ring(&ring, COMPLETIONS_LEAST);
	if (status == 0) {
		status = (ring.features & NEEDED) == NEEDED ? try_ring(&ring, ends) : -EINVAL;
		io_uring_queue_exit(&ring);
	}
	close(ends[0]);
	close(ends[1]);
	return -status;
}

const struct lg_io_class lg_io_uring = {
	"io_uring", open_io, close_io, add, remove_connection, send_output, wait_io, wake,
};
