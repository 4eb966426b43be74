/*
 * A WebSocket (RFC 6455), the client's side, under a forwarded connection: messages on its wire. wslay does
 * the framing. Private to capture.
 */
#ifndef CAPTURE_WEBSOCKET_H
#define CAPTURE_WEBSOCKET_H

#include <wslay/wslay.h>

#include "capture/forward.h"

#define WEBSOCKET_MESSAGES 1024 /* ceiling of messages that wait to go out; pongs may double it */

/* What a message brings, piece by piece: it may have any size. */
struct websocket_user {
	void (*begin)(struct forward *forward); /* may be NULL, as `end` */
	void (*piece)(struct forward *forward, const uint8_t *data, size_t size);
	void (*end)(struct forward *forward);
};

struct websocket {
	struct forward *forward;
	const struct websocket_user *user;
	wslay_event_context_ptr ws;
	struct queue early;   /* came behind the handshake's answer */
	struct queue out;     /* framed; not touched until the wire has taken it all */
	size_t budget;        /* bytes that this call may still read */
	bool dry, unwritable; /* the wire has nothing now; it takes nothing any more */
	bool in_data;         /* of the message that is coming in */
};

/* `early` is moved from. 0, or -1 when memory is out. */
int websocket_init(struct websocket *websocket, struct forward *forward, const struct websocket_user *user,
                   struct queue *early);
void websocket_release(struct websocket *websocket);

/* As their namesakes in forward.h. */
void websocket_read(struct websocket *websocket);
void websocket_write(struct websocket *websocket);
bool websocket_pending(const struct websocket *websocket);
bool websocket_full(const struct websocket *websocket);
void websocket_ping(struct websocket *websocket);
void websocket_close(struct websocket *websocket);
/* Queues a binary message, never fragmented: a kubelet takes a continuation for a new message. */
void websocket_send(struct websocket *websocket, const uint8_t *data, size_t size);

#endif
