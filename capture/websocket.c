#include "capture/websocket.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* ---- what wslay calls ------------------------------------------------------------- */

static ssize_t on_recv(wslay_event_context_ptr ws, uint8_t *data, size_t room, int flags, void *context)
{
	struct websocket *websocket = context;
	struct forward *forward = websocket->forward;
	bool had_ended = forward->ended;
	size_t got = forward_wire_read(forward, &websocket->early, &websocket->budget, data, room);

	(void)flags;
	if (got)
		return (ssize_t)got;
	if (forward->ended && !had_ended) {
		wslay_event_set_error(ws, WSLAY_ERR_CALLBACK_FAILURE);
		return -1;
	}
	websocket->dry = true;
	wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
	return -1;
}

static ssize_t on_send(wslay_event_context_ptr ws, const uint8_t *data, size_t size, int flags, void *context)
{
	struct websocket *websocket = context;

	(void)flags;
	if (queue_size(&websocket->out) >= FORWARD_OUT) {
		wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	if (queue_add(&websocket->out, data, size) < 0) {
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
	struct websocket *websocket = context;

	(void)ws;
	websocket->in_data = !wslay_is_ctrl_frame(frame->opcode);
	if (websocket->in_data && frame->opcode != WSLAY_CONTINUATION_FRAME && websocket->user->begin)
		websocket->user->begin(websocket->forward);
}

static void on_chunk(wslay_event_context_ptr ws, const struct wslay_event_on_frame_recv_chunk_arg *chunk,
                     void *context)
{
	struct websocket *websocket = context;

	(void)ws;
	if (!websocket->forward->ended && websocket->in_data && chunk->data_length)
		websocket->user->piece(websocket->forward, chunk->data, chunk->data_length);
}

/* The pod's side has ended when the code says so; with another the server tells of trouble. */
static void on_close(struct forward *forward, const struct wslay_event_on_msg_recv_arg *message)
{
	char words[160] = "";

	if (message->status_code && message->status_code != WSLAY_CODE_NORMAL_CLOSURE) {
		size_t size = message->msg_length < 2 ? 0 : message->msg_length - 2;

		snprintf(words, sizeof words, "%u%s%.*s", message->status_code, size ? ", " : "", (int)size,
		         size ? (const char *)message->msg + 2 : "");
		forward_fail(forward, CAP_LOST, "the server closed it with code ", words);
	}
	forward->ended = true;
}

static void on_message(wslay_event_context_ptr ws, const struct wslay_event_on_msg_recv_arg *message,
                       void *context)
{
	struct websocket *websocket = context;
	struct forward *forward = websocket->forward;

	if (forward->ended)
		return;
	if (message->opcode == WSLAY_CONNECTION_CLOSE)
		on_close(forward, message);
	else if (!wslay_is_ctrl_frame(message->opcode) && websocket->user->end)
		websocket->user->end(forward);
	else if (wslay_event_get_queued_msg_count(ws) > 2 * WEBSOCKET_MESSAGES)
		forward_fail(forward, CAP_FORMAT, "the server sends pings and reads no answer", "");
}

/* ---- as the protocols see it -------------------------------------------------------- */

int websocket_init(struct websocket *websocket, struct forward *forward, const struct websocket_user *user,
                   struct queue *early)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.genmask_callback = on_mask,
		.on_frame_recv_start_callback = on_frame,
		.on_frame_recv_chunk_callback = on_chunk,
		.on_msg_recv_callback = on_message,
	};

	*websocket = (struct websocket){.forward = forward, .user = user};
	if (wslay_event_context_client_init(&websocket->ws, &callbacks, websocket) != 0)
		return -1;
	wslay_event_config_set_no_buffering(websocket->ws, 1);
	websocket->early = *early;
	*early = (struct queue){0};
	return 0;
}

void websocket_release(struct websocket *websocket)
{
	if (websocket->ws)
		wslay_event_context_free(websocket->ws);
	queue_release(&websocket->early);
	queue_release(&websocket->out);
	*websocket = (struct websocket){0};
}

static void read_once(struct websocket *websocket)
{
	int status = wslay_event_recv(websocket->ws);

	if (websocket->forward->ended)
		return;
	if (status == WSLAY_ERR_NOMEM)
		forward_fail_memory(websocket->forward);
	else if (status != 0 || !wslay_event_get_read_enabled(websocket->ws))
		forward_fail(websocket->forward, CAP_FORMAT, "the server broke the WebSocket protocol", "");
}

void websocket_read(struct websocket *websocket)
{
	struct forward *forward = websocket->forward;

	websocket->budget = FORWARD_BURST;
	websocket->dry = forward->more = false;
	while (!forward->ended && !websocket->dry)
		read_once(websocket);
	/* Why the server takes nothing any more may have been among what it sent before. */
	if (websocket->unwritable && !forward->more && !forward->ended)
		forward_cut(forward);
}

void websocket_write(struct websocket *websocket)
{
	while (!websocket->unwritable) {
		int left;

		if (!queue_size(&websocket->out) && wslay_event_send(websocket->ws) != 0) {
			forward_fail_memory(websocket->forward);
			return;
		}
		if (!queue_size(&websocket->out))
			return;
		left = forward_wire_write(websocket->forward, &websocket->out);
		if (left > 0)
			return;
		if (left < 0) {
			websocket->unwritable = true;
			websocket_read(websocket);
		}
	}
}

bool websocket_pending(const struct websocket *websocket)
{
	return !websocket->unwritable &&
	       (queue_size(&websocket->out) || wslay_event_want_write(websocket->ws));
}

bool websocket_full(const struct websocket *websocket)
{
	return wslay_event_get_queued_msg_length(websocket->ws) + queue_size(&websocket->out) >=
	               FORWARD_LIMIT ||
	       wslay_event_get_queued_msg_count(websocket->ws) >= WEBSOCKET_MESSAGES;
}

void websocket_send(struct websocket *websocket, const uint8_t *data, size_t size)
{
	struct wslay_event_msg queued = {WSLAY_BINARY_FRAME, data, size};

	/* Behind a close frame nothing is queued any more; why it was sent is known where it was. */
	if (wslay_event_queue_msg(websocket->ws, &queued) == WSLAY_ERR_NOMEM)
		forward_fail_memory(websocket->forward);
}

void websocket_ping(struct websocket *websocket)
{
	struct wslay_event_msg ping = {WSLAY_PING, (const uint8_t *)"", 0};

	wslay_event_queue_msg(websocket->ws, &ping);
}

void websocket_close(struct websocket *websocket)
{
	wslay_event_queue_close(websocket->ws, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0);
	websocket_write(websocket);
}
