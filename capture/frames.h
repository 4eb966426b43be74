/*
 * One forwarded connection as v4.channel.k8s.io frames it in a WebSocket, apart from any socket: the wire
 * (bytes of the WebSocket) on one side, the pod's bytes on the other. Private to the tunnel, whose one thread
 * calls everything here.
 *
 * Messages (k8s.io/kubelet pkg/cri/streaming/portforward/websocket.go, staging of kubernetes): binary, the
 * first byte is the channel: 0 data, 1 error. The first message of each channel holds the port,
 * little-endian, and nothing else. An error message is text and ends the connection, once the data before it
 * is delivered.
 *
 * Ceilings: no more than FRAMES_LIMIT bytes wait in either direction (what one read brings may go over it),
 * and data is handed on as it comes in, so that a message may have any size. One call reads FRAMES_BURST
 * bytes at most: a fast server does not keep the thread from the others.
 */
#ifndef CAPTURE_FRAMES_H
#define CAPTURE_FRAMES_H

#include <stdbool.h>
#include <sys/types.h>
#include <wslay/wslay.h>

#include "capture/capture.h"
#include "capture/queue.h"

#define FRAMES_LIMIT    (256 * 1024)
#define FRAMES_BURST    (256 * 1024)
#define FRAMES_MESSAGES 1024 /* ceiling of messages that wait to go out; pongs may double it */

/* Moves bytes, without blocking. As recv() and send(): 0 from read is the end; -1 with errno EAGAIN, or
 * another. */
struct frames_wire {
	ssize_t (*read)(void *context, void *data, size_t room);
	ssize_t (*write)(void *context, const void *data, size_t size);
};

struct frames {
	const struct frames_wire *wire;
	void *context;
	uint16_t port;
	struct cap_error *error; /* set when it ends badly; the first failure stays */
	struct queue data;       /* from the pod: the user takes it off */
	bool ended;              /* nothing more comes from the pod */
	bool cut;                /* ... since the wire ended, without a close frame */
	bool more; /* a read stopped early: bytes may wait that poll() on the wire does not tell of */
	uint64_t bytes_in, bytes_out;

	/* its own */
	wslay_event_context_ptr ws;
	struct queue early;   /* came behind the handshake's answer */
	struct queue out;     /* framed; not touched until the wire has taken it all (SSL_write wants that) */
	size_t budget;        /* bytes that this call may still read */
	bool dry, unwritable; /* the wire has nothing now; it takes nothing any more */
	bool in_data, has_channel; /* of the message that is coming in */
	uint8_t channel;
	bool begun[2];               /* the port was told on that channel */
	char text[1024];             /* an error, or a channel's first message */
	size_t text_size, text_told; /* kept, and as the server sent it */
};

/* `early` (moved from) is what has been read of the wire already. 0, or -1 when memory is out. */
int frames_init(struct frames *frames, const struct frames_wire *wire, void *context, uint16_t port,
                struct queue *early, struct cap_error *error);
void frames_release(struct frames *frames);

/* Takes off the wire what is there, into `data`. */
void frames_read(struct frames *frames);
/* Gives the wire what it takes now. */
void frames_write(struct frames *frames);
/* Is there something that the wire did not take yet? */
bool frames_pending(const struct frames *frames);
/* Is it better to send nothing more for now? */
bool frames_full(const struct frames *frames);
/* Queues data for the pod: message[0] is room for the channel's number. */
void frames_send(struct frames *frames, uint8_t *message, size_t size);
void frames_ping(struct frames *frames);
/* Queues a close frame, and gives the wire what it takes at once: nobody waits for a server's goodbye. */
void frames_close(struct frames *frames);

#endif
