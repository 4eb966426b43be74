/*
 * An HTTP server for tests of the I/O: many connections, bodies of any size both ways, ends in every state.
 * In a thread of its own, on loopback; it counts what it does.
 */
#ifndef TESTS_LOADGEN_PEER_H
#define TESTS_LOADGEN_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a connection is cut off. */
enum peer_cut {
	CUT_NEVER,
	CUT_ACCEPTED,
	CUT_REQUESTED, /* the request is there */
	CUT_HEAD,      /* in the middle of the answer's head */
	CUT_BODY,      /* in the middle of its body */
	CUT_ANSWERED   /* behind the answer, which does not say so: in the same packet */
};

struct peer_behaviour {
	size_t body; /* bytes in an answer's body */
	enum peer_cut cut;
	bool reset;         /* cuts with a reset */
	int receive_buffer; /* SO_RCVBUF; 0: the kernel's */
};

enum peer_hold {
	HOLD_NOTHING,
	HOLD_ANSWERS, /* requests are read, no answer goes out */
	HOLD_ALL      /* nothing is read either */
};

struct peer_counts {
	uint64_t accepted, closed; /* connections; closed by either side */
	uint64_t requests;         /* whole ones read */
	uint64_t answers;          /* begun */
	uint64_t received, sent;   /* bytes; those of a connection that was cut are in it */
};

struct peer;

struct peer *peer_start(const struct peer_behaviour *behaviour);
/* "http://127.0.0.1:PORT/", owned by the peer. */
const char *peer_url(const struct peer *peer);
struct peer_counts peer_counts(const struct peer *peer);
/* Bytes of one whole answer. */
size_t peer_answer_size(const struct peer *peer);
void peer_hold(struct peer *peer, enum peer_hold hold);
/* Serves on a connected socket, which the peer then owns. From any thread. */
void peer_adopt(struct peer *peer, int fd);
void peer_stop(struct peer *peer);

#endif
