/* Takes connections on loopback, each in a thread of its own, for the servers of tests. */
#ifndef TESTS_LOADGEN_ACCEPTOR_H
#define TESTS_LOADGEN_ACCEPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct acceptor;

/* `serve` has a connected, blocking socket until it returns; `number` counts them from 0. */
typedef void serve_fn(void *context, int fd, unsigned number);

struct acceptor *acceptor_start(serve_fn *serve, void *context);
uint16_t acceptor_port(const struct acceptor *acceptor);
/* Connections that it has taken. */
unsigned acceptor_count(struct acceptor *acceptor);
/* The connection's thread has another socket, which ends with it: shut down by acceptor_stop, and closed. */
void acceptor_adopt(struct acceptor *acceptor, unsigned number, int fd);
/* Shuts the connections down and returns when every thread has ended. */
void acceptor_stop(struct acceptor *acceptor);

/* All of it; false: the connection is broken. */
bool put_all(int fd, const void *data, size_t size);
/* A connected socket to a port of 127.0.0.1; -1: it refuses. */
int connect_to(uint16_t port);

#endif
