/*
 * One connection to a host: a socket, what is to be sent, TLS if the URL asks for it, and the protocol spoken
 * on it. Driven by its thread alone. It serves one VU with HTTP/1.1, plan.streams of them with HTTP/2.
 *
 *     closed -> connecting (address after address) -> handshake (TLS) -> open -> closed
 */
#ifndef LOADGEN_CONNECTION_H
#define LOADGEN_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http.h"
#include "loadgen/loadgen.h"
#include "loadgen/timer.h"

struct lg_worker;
struct lg_vu;
struct lg_host;
struct lg_request;
struct lg_tls_session;
struct lg_h2;

enum lg_connection_state { LG_CLOSED, LG_CONNECTING, LG_HANDSHAKE, LG_OPEN };

/* A queue that is as full as this gets no more from TLS and HTTP/2 for now. */
#define LG_QUEUE_FULL (128U * 1024)

/* Bytes that wait to be sent: [begin, end) of data. */
struct lg_queue {
	char *data;
	size_t begin, end, room;
};

struct lg_connection {
	struct lg_timer timer; /* of connecting: when to try the next address. First: see worker.c */
	struct lg_worker *worker;
	const struct lg_host *host;
	int fd; /* -1: none */
	uint32_t index;
	uint32_t generation;  /* one more with each socket */
	uint8_t state;        /* enum lg_connection_state */
	bool served;          /* has brought a whole answer */
	bool received;        /* has ever brought a byte */
	bool ended;           /* the other side has closed its direction, or said what nobody asked for */
	bool patient;         /* every address was tried for a moment: now each gets its share of the time */
	bool is_ready;        /* io: in the list of those that have more to read */
	bool is_unsent;       /* worker: in the list of those that have something to send */
	bool more;            /* TLS or HTTP/2 has more to send than the queue takes */
	bool out_lasts;       /* the caller's bytes stay for the whole run: io may take its time */
	uint8_t io_state;     /* io: its own */
	uint16_t untried;     /* addresses not tried yet in this round */
	uint32_t address;     /* the next one, round robin */
	int64_t since;        /* when this attempt, or the handshake, began */
	int64_t unsent_since; /* in that list since */
	struct lg_connection *next; /* io: in that list */
	struct lg_connection *next_unsent;

	const char *out; /* the caller's bytes, to be sent first; they stay until nothing is left of them */
	size_t out_left;
	struct lg_queue queue; /* TLS, HTTP/2 */

	struct lg_vu *vu;           /* HTTP/1.1: whose request is under way, NULL: nobody's */
	struct lg_http http;        /* HTTP/1.1: its answer */
	struct lg_tls_session *tls; /* NULL: plain */
	struct lg_h2 *h2;           /* NULL: HTTP/1.1 */
};

void lg_connection_init(struct lg_connection *connection, struct lg_worker *worker,
                        const struct lg_host *host, uint32_t index);
/* Memory; the socket is closed. */
void lg_connection_release(struct lg_connection *connection);

/* Begins to connect unless it is at it; its VUs that wait (LG_VU_CONNECT) learn of the outcome. */
void lg_connection_open(struct lg_connection *connection);
void lg_connection_close(struct lg_connection *connection);
/* Sends the VU's request; the connection is open. */
void lg_connection_submit(struct lg_connection *connection, struct lg_vu *vu);
/* The VU's answer is not wanted any more. */
void lg_connection_abandon(struct lg_connection *connection, struct lg_vu *vu);
/* The time of this attempt to connect is over. */
void lg_connection_expired(struct lg_connection *connection);

/* Application bytes to be sent (through TLS, if there is): `stable` ones stay where they are until the answer
 * is there. */
void lg_connection_write(struct lg_connection *connection, const char *data, size_t size, bool stable);
/* Sends what is made by now; may close the connection. */
void lg_connection_flush(struct lg_connection *connection);
/* The same, once the events that are being handled are done with, or a little later (worker.c). */
void lg_connection_flush_later(struct lg_connection *connection);
/* Sends what is in the queue. */
void lg_connection_send(struct lg_connection *connection);
/* Bytes for the wire, copied; 0, or -1 when memory is out. */
int lg_queue_add(struct lg_queue *queue, const void *data, size_t size);

static inline size_t lg_queue_size(const struct lg_queue *queue)
{
	return queue->end - queue->begin;
}

static inline bool lg_connection_drained(const struct lg_connection *connection)
{
	return !connection->out_left && !lg_queue_size(&connection->queue) && !connection->more;
}

/* ---- from io ---- */

/* connect() has come to an end: 0, or its errno. */
void lg_connection_connected(struct lg_connection *connection, int error);
/* Bytes from the wire. */
void lg_connection_input(struct lg_connection *connection, const char *data, size_t size);
/* No more will come: 0 in good order, else errno. */
void lg_connection_ended(struct lg_connection *connection, int error);
/* The next `size` bytes of what io finds here are on their way. NULL: nothing to send. */
const char *lg_connection_output(const struct lg_connection *connection, size_t *ret_size);
void lg_connection_sent(struct lg_connection *connection, size_t size);

/* ---- from TLS and the protocols ---- */

/* Bytes without TLS, for the protocol. */
void lg_connection_plain(struct lg_connection *connection, const char *data, size_t size);
/* TLS is up, or failed with a line. */
void lg_connection_secured(struct lg_connection *connection, const char *error);
/* The other side has said that it will send no more. */
void lg_connection_finished(struct lg_connection *connection);
/* It cannot go on: every VU on it fails, with this line. */
void lg_connection_broken(struct lg_connection *connection, enum lg_error_kind kind, const char *line);

#endif
