/*
 * How a thread waits for its connections and moves their bytes: epoll (io_epoll.c) or io_uring (io_uring.c).
 * What comes is pushed into the connection (lg_connection_input and its neighbours in connection.h), what
 * goes out is taken from connection->out and then connection->queue.
 *
 * A callback may close the connection, and open it anew: whoever calls one looks at connection->generation
 * afterwards.
 */
#ifndef LOADGEN_IO_H
#define LOADGEN_IO_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/loadgen.h"

struct lg_connection;
struct lg_worker;
struct lg_io;

struct lg_io_class {
	const char *name;
	/* 0, or -1 with errno. */
	int (*open)(struct lg_worker *worker, struct lg_io **ret);
	void (*close)(struct lg_io *io);
	/* Watches the connection's fd; `connecting`: says when it is connected, first. 0, or -1 with errno.
	 */
	int (*add)(struct lg_io *io, struct lg_connection *connection, bool connecting);
	/* Forgets the connection and closes its fd. */
	void (*remove)(struct lg_io *io, struct lg_connection *connection);
	/* There is something to send, or more of it. */
	void (*send)(struct lg_io *io, struct lg_connection *connection);
	/* Waits up to `timeout` ns (INT64_MAX: for ever), pushes what came. The worker's clock is read after
	 * the wait. */
	void (*wait)(struct lg_io *io, int64_t timeout);
	/* From any thread: ends the wait. */
	void (*wake)(struct lg_io *io);
};

extern const struct lg_io_class lg_io_epoll, lg_io_uring;

/* What a kind comes to on this machine; NULL: not to be had, with a line. */
const struct lg_io_class *lg_io_choose(enum lg_io_kind kind, char error[LG_ERROR_SIZE]);
/* Tries whether io_uring works here; 0, or an errno. */
int lg_io_uring_probe(void);

/* Events for which one reading of the clock is good enough. */
#define LG_CLOCK_EVERY 8

#endif
