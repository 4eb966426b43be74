#include "capture/frames.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "capture/failure.h"

#define OUT_LIMIT   (64 * 1024) /* framed at once */
#define WORDS_SHOWN 300         /* of an error */

enum { CHANNEL_DATA, CHANNEL_ERROR, CHANNELS };

static void end(struct frames *frames, enum cap_status status, const char *what, const char *words)
{
	if (frames->error->status == CAP_OK)
		failure_set(frames->error, status, "port-forward to port %u: %s%s", frames->port, what,
		            words);
	frames->ended = true;
}

static void end_no_memory(struct frames *frames)
{
	end(frames, CAP_MEMORY, "out of memory", "");
}

/* ---- messages that come in ------------------------------------------------------ */

/* containerd's words: "... dial tcp4 127.0.0.1:9: connect: connection refused", behind half a kilobyte of
 * what it tried; CRI-O's come from socat: "... connect(5, AF=2 127.0.0.1:9, 16): Connection refused". */
static void take_error(struct frames *frames)
{
	char words[sizeof frames->text + 1];

	memcpy(words, frames->text, frames->text_size);
	words[frames->text_size] = '\0';
	if (strcasestr(words, "connection refused"))
		failure_set(frames->error, CAP_PORT, "nothing listens on port %u in the pod", frames->port);
	words[frames->text_size < WORDS_SHOWN ? frames->text_size : WORDS_SHOWN] = '\0';
	end(frames, CAP_LOST, "ended: ", words);
}

static bool is_port(const struct frames *frames)
{
	return frames->text_told == 2 && (uint8_t)frames->text[0] == (frames->port & 0xff) &&
	       (uint8_t)frames->text[1] == frames->port >> 8;
}

static void end_message(struct frames *frames)
{
	if (!frames->has_channel || frames->channel >= CHANNELS)
		return; /* an empty one keeps a connection alive */
	if (!frames->begun[frames->channel] && is_port(frames))
		frames->begun[frames->channel] = true;
	else if (frames->channel == CHANNEL_ERROR && frames->text_size)
		take_error(frames);
	else if (!frames->begun[frames->channel])
		end(frames, CAP_FORMAT, "the server does not begin with the port's number", "");
}

static void take_payload(struct frames *frames, const uint8_t *data, size_t size)
{
	size_t room = sizeof frames->text - frames->text_size;

	if (frames->channel == CHANNEL_DATA && frames->begun[CHANNEL_DATA]) {
		frames->bytes_in += size;
		if (queue_add(&frames->data, data, size) < 0)
			end_no_memory(frames);
		return;
	}
	memcpy(frames->text + frames->text_size, data, size < room ? size : room);
	frames->text_size += size < room ? size : room;
	frames->text_told += size;
}

/* ---- what wslay calls ------------------------------------------------------------- */

static ssize_t would_block(struct frames *frames)
{
	frames->dry = true;
	wslay_event_set_error(frames->ws, WSLAY_ERR_WOULDBLOCK);
	return -1;
}

static ssize_t take_early(struct frames *frames, uint8_t *data, size_t room)
{
	size_t size = queue_size(&frames->early) < room ? queue_size(&frames->early) : room;

	memcpy(data, queue_head(&frames->early), size);
	queue_drop(&frames->early, size);
	return (ssize_t)size;
}

static ssize_t on_recv(wslay_event_context_ptr ws, uint8_t *data, size_t room, int flags, void *context)
{
	struct frames *frames = context;
	ssize_t got;

	(void)flags;
	if (frames->ended)
		return would_block(frames);
	if (queue_size(&frames->early))
		return take_early(frames, data, room);
	if (!frames->budget || queue_size(&frames->data) >= FRAMES_LIMIT) {
		frames->more = true;
		return would_block(frames);
	}
	got = frames->wire->read(frames->context, data, room < frames->budget ? room : frames->budget);
	if (got < 0 && errno == EAGAIN)
		return would_block(frames);
	if (got > 0) {
		frames->budget -= (size_t)got;
		return got;
	}
	frames->ended = frames->cut = true;
	wslay_event_set_error(ws, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t on_send(wslay_event_context_ptr ws, const uint8_t *data, size_t size, int flags, void *context)
{
	struct frames *frames = context;

	(void)flags;
	if (queue_size(&frames->out) >= OUT_LIMIT) {
		wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	if (queue_add(&frames->out, data, size) < 0) {
		wslay_event_set_error(ws, WSLAY_ERR_CALLBACK_FAILURE);
		return -1;
	}
	return (ssize_t)size;
}

static int on_mask(wslay_event_context_ptr ws, uint8_t *data, size_t size, void *context)
{
	(void)ws, (void)context;
	return getrandom(data, size, 0) == (ssize_t)size ? 0 : -1;
}

static void on_frame(wslay_event_context_ptr ws, const struct wslay_event_on_frame_recv_start_arg *frame,
                     void *context)
{
	struct frames *frames = context;

	(void)ws;
	frames->in_data = !wslay_is_ctrl_frame(frame->opcode);
	if (frames->in_data && frame->opcode != WSLAY_CONTINUATION_FRAME) {
		frames->has_channel = false;
		frames->text_size = frames->text_told = 0;
	}
}

static void on_chunk(wslay_event_context_ptr ws, const struct wslay_event_on_frame_recv_chunk_arg *chunk,
                     void *context)
{
	struct frames *frames = context;
	const uint8_t *data = chunk->data;
	size_t size = chunk->data_length;

	(void)ws;
	if (frames->ended || !frames->in_data || !size)
		return;
	if (!frames->has_channel) {
		frames->has_channel = true;
		frames->channel = *data;
		data++, size--;
	}
	if (frames->channel < CHANNELS)
		take_payload(frames, data, size);
}

/* The pod's side has ended when the code says so; with another the server tells of trouble. */
static void on_close(struct frames *frames, const struct wslay_event_on_msg_recv_arg *message)
{
	char words[160] = "";

	if (message->status_code && message->status_code != WSLAY_CODE_NORMAL_CLOSURE) {
		size_t size = message->msg_length < 2 ? 0 : message->msg_length - 2;

		snprintf(words, sizeof words, "%u%s%.*s", message->status_code, size ? ", " : "", (int)size,
		         size ? (const char *)message->msg + 2 : "");
		end(frames, CAP_LOST, "the server closed it with code ", words);
	}
	frames->ended = true;
}

static void on_message(wslay_event_context_ptr ws, const struct wslay_event_on_msg_recv_arg *message,
                       void *context)
{
	struct frames *frames = context;

	if (frames->ended)
		return;
	if (message->opcode == WSLAY_CONNECTION_CLOSE)
		on_close(frames, message);
	else if (!wslay_is_ctrl_frame(message->opcode))
		end_message(frames);
	else if (wslay_event_get_queued_msg_count(ws) > 2 * FRAMES_MESSAGES)
		end(frames, CAP_FORMAT, "the server sends pings and reads no answer", "");
}

/* ---- as the channel sees it --------------------------------------------------------- */

int frames_init(struct frames *frames, const struct frames_wire *wire, void *context, uint16_t port,
                struct queue *early, struct cap_error *error)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.genmask_callback = on_mask,
		.on_frame_recv_start_callback = on_frame,
		.on_frame_recv_chunk_callback = on_chunk,
		.on_msg_recv_callback = on_message,
	};

	*frames = (struct frames){.wire = wire, .context = context, .port = port, .error = error};
	if (wslay_event_context_client_init(&frames->ws, &callbacks, frames) != 0) {
		frames->ws = NULL;
		return -1;
	}
	wslay_event_config_set_no_buffering(frames->ws, 1);
	frames->early = *early;
	*early = (struct queue){0};
	return 0;
}

void frames_release(struct frames *frames)
{
	wslay_event_context_free(frames->ws);
	queue_release(&frames->early);
	queue_release(&frames->out);
	queue_release(&frames->data);
	*frames = (struct frames){0};
}

static void read_once(struct frames *frames)
{
	int status = wslay_event_recv(frames->ws);

	if (frames->ended)
		return;
	if (status == WSLAY_ERR_NOMEM)
		end_no_memory(frames);
	else if (status != 0 || !wslay_event_get_read_enabled(frames->ws))
		end(frames, CAP_FORMAT, "the server broke the WebSocket protocol", "");
}

void frames_read(struct frames *frames)
{
	frames->budget = FRAMES_BURST;
	frames->dry = frames->more = false;
	while (!frames->ended && !frames->dry)
		read_once(frames);
	/* Why the server takes nothing any more may have been among what it sent before. */
	if (frames->unwritable && !frames->more && !frames->ended)
		frames->ended = frames->cut = true;
}

void frames_write(struct frames *frames)
{
	while (!frames->unwritable) {
		ssize_t sent;

		if (!queue_size(&frames->out) && wslay_event_send(frames->ws) != 0) {
			end_no_memory(frames);
			return;
		}
		if (!queue_size(&frames->out))
			return;
		sent = frames->wire->write(frames->context, queue_head(&frames->out),
		                           queue_size(&frames->out));
		if (sent < 0 && errno == EAGAIN)
			return;
		if (sent < 0) {
			frames->unwritable = true;
			frames_read(frames);
			return;
		}
		queue_drop(&frames->out, (size_t)sent);
	}
}

bool frames_pending(const struct frames *frames)
{
	return !frames->unwritable && (queue_size(&frames->out) || wslay_event_want_write(frames->ws));
}

bool frames_full(const struct frames *frames)
{
	return wslay_event_get_queued_msg_length(frames->ws) + queue_size(&frames->out) >= FRAMES_LIMIT ||
	       wslay_event_get_queued_msg_count(frames->ws) >= FRAMES_MESSAGES;
}

void frames_send(struct frames *frames, uint8_t *message, size_t size)
{
	struct wslay_event_msg queued = {WSLAY_BINARY_FRAME, message, size};

	message[0] = CHANNEL_DATA;
	if (wslay_event_queue_msg(frames->ws, &queued) != 0)
		end_no_memory(frames);
	else
		frames->bytes_out += size - 1;
}

void frames_ping(struct frames *frames)
{
	struct wslay_event_msg ping = {WSLAY_PING, (const uint8_t *)"", 0};

	wslay_event_queue_msg(frames->ws, &ping);
}

void frames_close(struct frames *frames)
{
	wslay_event_queue_close(frames->ws, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0);
	frames_write(frames);
}
