/*
 * One forwarded connection as a port-forward protocol frames it, apart from any socket: the wire (bytes from
 * and to the API server) on one side, the pod's bytes on the other. Private to the tunnel, whose threads call
 * everything here, one at a time for a connection.
 *
 * Two protocols (kubernetes, staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward):
 *
 *   v4.channel.k8s.io (forward_v4.c): WebSocket messages whose first byte is a channel.
 *   SPDY/3.1, portforward.k8s.io (forward_spdy.c): a pair of streams, on the wire itself or in WebSocket
 *     messages.
 *
 * Each connection has a wire of its own, also with SPDY, which could carry many: the far end (x/net/websocket
 * here, moby/spdystream there) hands what it reads to one stream at a time and reads no further until that is
 * taken, so that one connection that is read slowly would stop all the others; a cut would end all at once;
 * and one TLS connection is deciphered by one core. What a wire of its own costs is a handshake each, and
 * connections of load are kept.
 *
 * No protocol is asked for a half-close: v4 has none, and with SPDY containerd ends the other direction 1 s
 * after the first one ended, which loses a profile of 30 s. When either side ends, both do, as soon as what
 * is on its way is delivered.
 *
 * Ceilings: no more than FORWARD_LIMIT bytes wait in either direction (what one read brings may go over it),
 * and data is handed on as it comes in, so that a message may have any size. One call reads FORWARD_BURST
 * bytes at most: a fast server does not keep the thread from the others.
 */
#ifndef CAPTURE_FORWARD_H
#define CAPTURE_FORWARD_H

#include <stdbool.h>
#include <sys/types.h>

#include "capture/capture.h"
#include "capture/queue.h"

#define FORWARD_LIMIT (256 * 1024)
#define FORWARD_BURST (256 * 1024)
#define FORWARD_ROOM  8           /* bytes before what is sent, for the protocol's head */
#define FORWARD_OUT   (64 * 1024) /* framed at once */

/* Moves bytes, without blocking. As recv() and send(): 0 from read is the end; -1 with errno EAGAIN, or
 * another. A write that would block is tried again with the same bytes at the same place (SSL_write wants
 * that). */
struct forward_wire {
	ssize_t (*read)(void *context, void *data, size_t room);
	ssize_t (*write)(void *context, const void *data, size_t size);
};

struct forward;
struct forward_protocol {
	void (*read)(struct forward *forward);
	void (*write)(struct forward *forward);
	bool (*pending)(const struct forward *forward);
	bool (*full)(const struct forward *forward);
	void (*send)(struct forward *forward, uint8_t *message, size_t size);
	void (*ping)(struct forward *forward);
	void (*close)(struct forward *forward);
	void (*free)(struct forward *forward);
};

struct forward {
	const struct forward_protocol *protocol;
	const struct forward_wire *wire;
	void *context;
	uint16_t port;
	struct cap_error *error; /* set when it ends badly; the first failure stays */
	struct queue data;       /* from the pod: the user takes it off */
	bool ready;              /* the server has agreed to this connection */
	bool ended;              /* nothing more comes from the pod */
	bool cut;                /* ... since the wire ended, without a goodbye */
	bool more; /* a read stopped early: bytes may wait that poll() on the wire does not tell of */
	uint64_t bytes_in, bytes_out;
};

/* What a connection begins with. */
struct forward_setup {
	const struct forward_wire *wire;
	void *context;
	uint16_t port;
	struct queue *early; /* moved from: what has been read of the wire already */
	struct cap_error *error;
};

/* NULL when memory is out. */
struct forward *forward_v4_new(const struct forward_setup *setup);
struct forward *forward_spdy_new(const struct forward_setup *setup, bool in_websocket);
/* NULL is fine. */
void forward_free(struct forward *forward);

/* Takes off the wire what is there, into `data`. */
static inline void forward_read(struct forward *forward)
{
	forward->protocol->read(forward);
}

/* Gives the wire what it takes now. */
static inline void forward_write(struct forward *forward)
{
	forward->protocol->write(forward);
}

/* Is there something that the wire did not take yet? */
static inline bool forward_pending(const struct forward *forward)
{
	return forward->protocol->pending(forward);
}

/* Is it better to send nothing more for now? */
static inline bool forward_full(const struct forward *forward)
{
	return forward->protocol->full(forward);
}

/* Queues data for the pod: `size` bytes behind FORWARD_ROOM bytes, which are overwritten. */
static inline void forward_send(struct forward *forward, uint8_t *message, size_t size)
{
	forward->protocol->send(forward, message, size);
}

static inline void forward_ping(struct forward *forward)
{
	forward->protocol->ping(forward);
}

/* Queues a goodbye, and gives the wire what it takes at once: nobody waits for a server's. */
static inline void forward_close(struct forward *forward)
{
	forward->protocol->close(forward);
}

/* ---- for the protocols ---------------------------------------------------------- */

void forward_init(struct forward *forward, const struct forward_protocol *protocol,
                  const struct forward_setup *setup);
/* It has ended: "port-forward to port N: WHAT WORDS" unless a reason is known already. */
void forward_fail(struct forward *forward, enum cap_status status, const char *what, const char *words);
void forward_fail_memory(struct forward *forward);
/* It has ended with what the server says of it; `text` is kept and cut. */
void forward_fail_told(struct forward *forward, const char *text, size_t size);
/* The wire has ended, or takes nothing any more. */
void forward_cut(struct forward *forward);
/* Bytes of the pod. */
void forward_take(struct forward *forward, const uint8_t *data, size_t size);

/*
 * Reads the wire once, `*budget` bytes at most: their number; 0: nothing for now (it would block, `more` is
 * set if for another reason), or the end, and `ended` is set.
 */
size_t forward_wire_read(struct forward *forward, struct queue *early, size_t *budget, void *data,
                         size_t room);
/* Gives the wire what it takes of `out`: 0 when all of it is gone, 1 when something is left, -1 when it takes
 * nothing any more. */
int forward_wire_write(struct forward *forward, struct queue *out);

#endif
