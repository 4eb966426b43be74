/*
 * v4.channel.k8s.io (k8s.io/kubelet pkg/cri/streaming/portforward/websocket.go): binary messages, the first
 * byte is the channel: 0 data, 1 error. The first message of each channel holds the port, little-endian, and
 * nothing else. An error message is text and ends the connection, once the data before it is delivered.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/websocket.h"

enum { CHANNEL_DATA, CHANNEL_ERROR, CHANNELS };

struct v4 {
	struct forward forward;
	struct websocket websocket;
	bool has_channel; /* of the message that is coming in */
	uint8_t channel;
	bool begun[CHANNELS];        /* the port was told on that channel */
	char text[1024];             /* an error, or a channel's first message */
	size_t text_size, text_told; /* kept, and as the server sent it */
};

/* `forward` is its first member. */
static struct v4 *v4_of(const struct forward *forward)
{
	return (struct v4 *)(uintptr_t)forward;
}

/* ---- messages that come in ------------------------------------------------------ */

static bool is_port(const struct v4 *v4)
{
	return v4->text_told == 2 && (uint8_t)v4->text[0] == (v4->forward.port & 0xff) &&
	       (uint8_t)v4->text[1] == v4->forward.port >> 8;
}

static void begin_message(struct forward *forward)
{
	struct v4 *v4 = v4_of(forward);

	v4->has_channel = false;
	v4->text_size = v4->text_told = 0;
}

static void end_message(struct forward *forward)
{
	struct v4 *v4 = v4_of(forward);

	if (!v4->has_channel || v4->channel >= CHANNELS)
		return; /* an empty one keeps a connection alive */
	if (!v4->begun[v4->channel] && is_port(v4))
		v4->begun[v4->channel] = true;
	else if (v4->channel == CHANNEL_ERROR && v4->text_size)
		forward_fail_told(forward, v4->text, v4->text_size);
	else if (!v4->begun[v4->channel])
		forward_fail(forward, CAP_FORMAT, "the server does not begin with the port's number", "");
}

static void take_text(struct v4 *v4, const uint8_t *data, size_t size)
{
	size_t room = sizeof v4->text - v4->text_size;

	memcpy(v4->text + v4->text_size, data, size < room ? size : room);
	v4->text_size += size < room ? size : room;
	v4->text_told += size;
}

static void take_piece(struct forward *forward, const uint8_t *data, size_t size)
{
	struct v4 *v4 = v4_of(forward);

	if (!v4->has_channel) {
		v4->has_channel = true;
		v4->channel = *data;
		data++, size--;
	}
	if (v4->channel == CHANNEL_DATA && v4->begun[CHANNEL_DATA])
		forward_take(forward, data, size);
	else if (v4->channel < CHANNELS)
		take_text(v4, data, size);
}

/* ---- as the channel sees it --------------------------------------------------------- */

static void v4_read(struct forward *forward)
{
	websocket_read(&v4_of(forward)->websocket);
}

static void v4_write(struct forward *forward)
{
	websocket_write(&v4_of(forward)->websocket);
}

static bool v4_pending(const struct forward *forward)
{
	return websocket_pending(&v4_of(forward)->websocket);
}

static bool v4_full(const struct forward *forward)
{
	return websocket_full(&v4_of(forward)->websocket);
}

static void v4_send(struct forward *forward, uint8_t *message, size_t size)
{
	message[FORWARD_ROOM - 1] = CHANNEL_DATA;
	websocket_send(&v4_of(forward)->websocket, message + FORWARD_ROOM - 1, size + 1);
	forward->bytes_out += size;
}

static void v4_ping(struct forward *forward)
{
	websocket_ping(&v4_of(forward)->websocket);
}

static void v4_close(struct forward *forward)
{
	websocket_close(&v4_of(forward)->websocket);
}

static void v4_free(struct forward *forward)
{
	websocket_release(&v4_of(forward)->websocket);
	free(v4_of(forward));
}

struct forward *forward_v4_new(const struct forward_setup *setup)
{
	static const struct forward_protocol protocol = {v4_read, v4_write, v4_pending, v4_full,
	                                                 v4_send, v4_ping,  v4_close,   v4_free};
	static const struct websocket_user user = {begin_message, take_piece, end_message};
	struct v4 *v4 = calloc(1, sizeof *v4);

	if (!v4)
		return NULL;
	forward_init(&v4->forward, &protocol, setup);
	v4->forward.ready = true;
	if (websocket_init(&v4->websocket, &v4->forward, &user, setup->early) == 0)
		return &v4->forward;
	free(v4);
	return NULL;
}
