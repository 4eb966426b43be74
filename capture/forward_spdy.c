/*
 * portforward.k8s.io over SPDY/3.1 (k8s.io/kubelet pkg/cri/streaming/portforward/httpstream.go): a
 * connection is two streams, named by their headers: "error", of which our side is closed at once, and
 * "data". Nothing may be sent on a stream before it is replied to: the server drops it. The error stream
 * brings text only when something fails. The frames lie on the wire itself (SPDY by POST), or in binary
 * WebSocket messages, which are a plain stream of bytes: their borders mean nothing (k8s.io/client-go
 * tools/portforward/tunneling_connection.go).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/spdy.h"
#include "capture/websocket.h"

#define STREAM_ERROR 1
#define STREAM_DATA  3
#define READ_SIZE    32768

struct stream_forward {
	struct forward forward;
	bool in_websocket;
	struct websocket websocket;
	struct spdy spdy;
	char text[1024]; /* of the error stream */
	size_t text_size;

	/* on the wire itself */
	struct queue early, out; /* `out` is not touched until the wire has taken it all */
	bool unwritable;
};

/* `forward` is its first member. */
static struct stream_forward *of(const struct forward *forward)
{
	return (struct stream_forward *)(uintptr_t)forward;
}

/* ---- what the server says ----------------------------------------------------------- */

static void check(struct stream_forward *self, int status)
{
	if (status != 0)
		forward_fail_memory(&self->forward);
}

static void on_reply(void *context, uint32_t stream)
{
	struct stream_forward *self = context;

	if (stream == STREAM_ERROR)
		check(self, spdy_fin(&self->spdy, STREAM_ERROR));
	if (stream == STREAM_DATA)
		self->forward.ready = true;
}

static void on_data(void *context, uint32_t stream, const uint8_t *data, size_t size)
{
	struct stream_forward *self = context;
	size_t room = sizeof self->text - self->text_size;

	if (self->forward.ended)
		return;
	if (stream == STREAM_DATA)
		forward_take(&self->forward, data, size);
	if (stream != STREAM_ERROR)
		return;
	memcpy(self->text + self->text_size, data, size < room ? size : room);
	self->text_size += size < room ? size : room;
}

/* An error's text is there before either stream ends. */
static void end_stream(struct stream_forward *self)
{
	if (self->text_size && !self->forward.ended)
		forward_fail_told(&self->forward, self->text, self->text_size);
}

static void on_fin(void *context, uint32_t stream)
{
	struct stream_forward *self = context;

	if (stream == STREAM_DATA || stream == STREAM_ERROR)
		end_stream(self);
	if (stream == STREAM_DATA)
		self->forward.ended = true;
}

static void on_reset(void *context, uint32_t stream, uint32_t status)
{
	struct stream_forward *self = context;
	char words[40];

	if (stream == STREAM_DATA || stream == STREAM_ERROR)
		end_stream(self);
	if (self->forward.ended || (stream == STREAM_ERROR && self->forward.ready))
		return;
	if (stream != STREAM_DATA && stream != STREAM_ERROR)
		return;
	snprintf(words, sizeof words, "%u", status);
	forward_fail(&self->forward, CAP_LOST,
	             self->forward.ready ? "the server reset the stream with status "
	                                 : "the server refuses the stream with status ",
	             words);
}

/* What goes on may go on to its end. */
static void on_goaway(void *context, uint32_t last_stream, uint32_t status)
{
	struct stream_forward *self = context;
	char words[40];

	if (self->forward.ended || self->forward.ready)
		return;
	(void)last_stream;
	snprintf(words, sizeof words, "%u", status);
	forward_fail(&self->forward, CAP_LOST, "the server takes no streams any more, status ", words);
}

/* ---- the layer below ------------------------------------------------------------------ */

static void take(struct forward *forward, const uint8_t *data, size_t size)
{
	struct stream_forward *self = of(forward);

	if (!spdy_take(&self->spdy, data, size))
		forward_fail(forward, CAP_FORMAT, "the server broke the SPDY protocol: ", self->spdy.broken);
}

/* An end of the wire may have left an error's text behind. */
static void end_wire(struct stream_forward *self)
{
	if (!self->forward.cut || !self->text_size)
		return;
	self->forward.cut = false;
	forward_fail_told(&self->forward, self->text, self->text_size);
}

static void plain_read(struct stream_forward *self)
{
	struct forward *forward = &self->forward;
	size_t budget = FORWARD_BURST, got;
	uint8_t data[READ_SIZE];

	forward->more = false;
	while ((got = forward_wire_read(forward, &self->early, &budget, data, sizeof data)) > 0)
		take(forward, data, got);
	if (self->unwritable && !forward->more && !forward->ended)
		forward_cut(forward);
}

static void plain_write(struct stream_forward *self)
{
	while (!self->unwritable) {
		int left;

		if (!queue_size(&self->out)) {
			struct queue empty = self->out;

			self->out = self->spdy.out;
			self->spdy.out = empty;
		}
		if (!queue_size(&self->out))
			return;
		left = forward_wire_write(&self->forward, &self->out);
		if (left > 0)
			return;
		if (left < 0) {
			self->unwritable = true;
			plain_read(self);
		}
	}
}

/* SPDY's frames into messages. */
static void pack(struct stream_forward *self)
{
	struct queue *out = &self->spdy.out;

	while (queue_size(out) && !websocket_full(&self->websocket)) {
		size_t size = queue_size(out) < FORWARD_OUT ? queue_size(out) : FORWARD_OUT;

		websocket_send(&self->websocket, queue_head(out), size);
		queue_drop(out, size);
	}
}

/* ---- as the channel sees it --------------------------------------------------------- */

static void stream_write(struct forward *forward)
{
	struct stream_forward *self = of(forward);

	if (self->in_websocket) {
		pack(self);
		websocket_write(&self->websocket);
	} else {
		plain_write(self);
	}
	end_wire(self);
}

static void stream_read(struct forward *forward)
{
	struct stream_forward *self = of(forward);

	if (self->in_websocket)
		websocket_read(&self->websocket);
	else
		plain_read(self);
	end_wire(self);
}

static bool stream_pending(const struct forward *forward)
{
	const struct stream_forward *self = of(forward);

	if (self->in_websocket)
		return websocket_pending(&self->websocket) ||
		       (!self->websocket.unwritable && queue_size(&self->spdy.out));
	return !self->unwritable && (queue_size(&self->out) || queue_size(&self->spdy.out));
}

static bool stream_full(const struct forward *forward)
{
	const struct stream_forward *self = of(forward);

	return !forward->ready || (self->in_websocket && websocket_full(&self->websocket)) ||
	       queue_size(&self->out) + queue_size(&self->spdy.out) >= FORWARD_LIMIT;
}

static void stream_send(struct forward *forward, uint8_t *message, size_t size)
{
	struct stream_forward *self = of(forward);

	spdy_data_head(message + FORWARD_ROOM - SPDY_HEAD, STREAM_DATA, size);
	check(self, queue_add(&self->spdy.out, message + FORWARD_ROOM - SPDY_HEAD, SPDY_HEAD + size));
	forward->bytes_out += size;
}

/* Of SPDY, also in a WebSocket: that one's own pings are answered by the API server already. */
static void stream_ping(struct forward *forward)
{
	check(of(forward), spdy_ping(&of(forward)->spdy));
}

static void stream_close(struct forward *forward)
{
	struct stream_forward *self = of(forward);

	spdy_reset(&self->spdy, STREAM_DATA, SPDY_CANCEL);
	spdy_goaway(&self->spdy);
	if (self->in_websocket) {
		pack(self);
		websocket_close(&self->websocket);
	} else {
		plain_write(self);
	}
}

static void stream_free(struct forward *forward)
{
	struct stream_forward *self = of(forward);

	if (self->in_websocket)
		websocket_release(&self->websocket);
	spdy_release(&self->spdy);
	queue_release(&self->early);
	queue_release(&self->out);
	free(self);
}

static int open_streams(struct stream_forward *self)
{
	char port[8];
	struct spdy_header headers[] = {{"streamtype", "error"}, {"port", port}, {"requestid", "0"}};
	int status;

	snprintf(port, sizeof port, "%u", self->forward.port);
	status = spdy_open(&self->spdy, STREAM_ERROR, headers, 3);
	headers[0].value = "data";
	return status | spdy_open(&self->spdy, STREAM_DATA, headers, 3);
}

struct forward *forward_spdy_new(const struct forward_setup *setup, bool in_websocket)
{
	static const struct forward_protocol protocol = {stream_read,  stream_write, stream_pending,
	                                                 stream_full,  stream_send,  stream_ping,
	                                                 stream_close, stream_free};
	static const struct websocket_user user = {.piece = take};
	static const struct spdy_events events = {on_reply, on_data, on_fin, on_reset, on_goaway};
	struct stream_forward *self = calloc(1, sizeof *self);

	if (!self)
		return NULL;
	forward_init(&self->forward, &protocol, setup);
	self->in_websocket = in_websocket;
	if (spdy_init(&self->spdy, &events, self) < 0 || open_streams(self) < 0 ||
	    (in_websocket && websocket_init(&self->websocket, &self->forward, &user, setup->early) < 0)) {
		stream_free(&self->forward);
		return NULL;
	}
	if (!in_websocket) {
		self->early = *setup->early;
		*setup->early = (struct queue){0};
	}
	return &self->forward;
}
