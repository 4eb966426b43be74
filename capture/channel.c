#include "capture/channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/failure.h"

#define READ_SIZE 32768

struct channel *channel_new(int local, uint16_t port, const struct channel_times *times)
{
	struct channel *channel = calloc(1, sizeof *channel);

	if (!channel)
		return NULL;
	channel->local = local;
	channel->port = port;
	channel->times = times;
	channel->remote = CURL_SOCKET_BAD;
	return channel;
}

/* As much as fits into the socket at once: nobody waits for a server's goodbye. */
static void say_goodbye(struct channel *channel)
{
	if (channel->remote_ended || channel->error.status != CAP_OK)
		return;
	wslay_event_queue_close(channel->ws, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0);
	wslay_event_send(channel->ws);
}

void channel_free(struct channel *channel)
{
	if (!channel)
		return;
	if (channel->ws) {
		say_goodbye(channel);
		wslay_event_context_free(channel->ws);
	}
	dialer_release(&channel->dialer);
	close(channel->local);
	if (channel->request)
		explicit_bzero(channel->request, strlen(channel->request));
	free(channel->request);
	queue_release(&channel->out);
	queue_release(&channel->in);
	queue_release(&channel->to_local);
	free(channel);
}

static void end(struct channel *channel)
{
	channel->state = CHANNEL_ENDED;
}

void channel_fail(struct channel *channel, enum cap_status status, const char *format, ...)
{
	va_list arguments;
	char line[400];

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (channel->error.status == CAP_OK)
		failure_set(&channel->error, status, "%s", line);
	end(channel);
}

/* ---- bytes of the transport -------------------------------------------------- */

/* As recv(): > 0 bytes, 0 the end, -1 with EAGAIN or another errno. */
static ssize_t transport_read(struct channel *channel, void *data, size_t room)
{
	size_t got = 0;
	CURLcode code = curl_easy_recv(channel->dialer.easy.curl, data, room, &got);

	if (code == CURLE_OK)
		return (ssize_t)got;
	errno = code == CURLE_AGAIN ? EAGAIN : EIO;
	return -1;
}

static ssize_t transport_write(struct channel *channel, const void *data, size_t size)
{
	size_t sent = 0;
	CURLcode code = curl_easy_send(channel->dialer.easy.curl, data, size, &sent);

	if (code == CURLE_OK && sent)
		return (ssize_t)sent;
	errno = code == CURLE_OK || code == CURLE_AGAIN ? EAGAIN : EIO;
	return -1;
}

/* ---- frames ------------------------------------------------------------------- */

static ssize_t on_recv(wslay_event_context_ptr ws, uint8_t *data, size_t room, int flags, void *context)
{
	struct channel *channel = context;
	ssize_t got;

	(void)flags;
	if (queue_size(&channel->in)) { /* what came together with the handshake's answer */
		got = (ssize_t)(queue_size(&channel->in) < room ? queue_size(&channel->in) : room);
		memcpy(data, queue_head(&channel->in), (size_t)got);
		queue_drop(&channel->in, (size_t)got);
		return got;
	}
	if (queue_size(&channel->to_local) >= CHANNEL_LIMIT) {
		channel->starved = true;
		wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	got = transport_read(channel, data, room);
	if (got > 0)
		return got;
	if (got == 0 || errno != EAGAIN)
		channel->remote_ended = true;
	wslay_event_set_error(ws,
	                      got < 0 && errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t on_send(wslay_event_context_ptr ws, const uint8_t *data, size_t size, int flags, void *context)
{
	ssize_t sent = transport_write(context, data, size);

	(void)flags;
	if (sent < 0)
		wslay_event_set_error(ws,
		                      errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return sent;
}

static int on_mask(wslay_event_context_ptr ws, uint8_t *data, size_t size, void *context)
{
	(void)ws, (void)context;
	return getrandom(data, size, 0) == (ssize_t)size ? 0 : -1;
}

/* The kubelet's words: "... dial tcp4 127.0.0.1:9: connect: connection refused". */
static void on_error_text(struct channel *channel, const uint8_t *text, size_t size)
{
	int length = (int)(size < 300 ? size : 300);

	if (memmem(text, size, "connection refused", 18))
		channel_fail(channel, CAP_PORT, "nothing listens on port %u in the pod", channel->port);
	else
		channel_fail(channel, CAP_LOST, "port-forward to port %u ended: %.*s", channel->port, length,
		             text);
}

static void on_message(wslay_event_context_ptr ws, const struct wslay_event_on_msg_recv_arg *message,
                       void *context)
{
	struct channel *channel = context;
	const uint8_t *data = message->msg;
	size_t size = message->msg_length;

	(void)ws;
	if (message->opcode == WSLAY_CONNECTION_CLOSE)
		channel->remote_ended = true;
	if (wslay_is_ctrl_frame(message->opcode) || !size || data[0] > 1)
		return;
	if (!channel->seen[data[0]]) {
		channel->seen[data[0]] = true;
		return;
	}
	data++;
	size--;
	if (data[-1] == 1 && size) {
		on_error_text(channel, data, size);
	} else if (queue_add(&channel->to_local, data, size) < 0) {
		channel_fail(channel, CAP_MEMORY, "out of memory");
	} else {
		channel->answered = true;
		channel->bytes_in += size;
	}
}

static int open_frames(struct channel *channel)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.genmask_callback = on_mask,
		.on_msg_recv_callback = on_message,
	};

	if (wslay_event_context_client_init(&channel->ws, &callbacks, channel) != 0)
		return -1;
	wslay_event_config_set_max_recv_msg_length(channel->ws, CHANNEL_MESSAGE);
	return 0;
}

/* ---- the handshake --------------------------------------------------------------- */

void channel_dial(struct channel *channel, struct easy *easy, char *request, int64_t now)
{
	channel->request = request;
	channel->begun = now;
	if (dialer_begin(&channel->dialer, easy) < 0)
		channel_fail(channel, CAP_MEMORY, "out of memory");
}

static void pump_dialer(struct channel *channel, const struct pollfd *polled, size_t count, int64_t now)
{
	switch (dialer_step(&channel->dialer, polled, count, &channel->remote, &channel->error)) {
	case DIALER_MORE:
		return;
	case DIALER_FAILED:
		end(channel);
		return;
	case DIALER_CONNECTED:
		break;
	}
	if (queue_add(&channel->out, channel->request, strlen(channel->request)) < 0) {
		channel_fail(channel, CAP_MEMORY, "out of memory");
		return;
	}
	channel->state = CHANNEL_UPGRADING;
	channel->heard = channel->pinged = now;
}

static void take_answer(struct channel *channel, bool ended)
{
	size_t head;

	if (queue_add(&channel->in, "", 1) < 0) { /* the NUL behind it */
		channel_fail(channel, CAP_MEMORY, "out of memory");
		return;
	}
	channel->in.end--;
	switch (upgrade_answer(&channel->upgrade, (const char *)queue_head(&channel->in),
	                       queue_size(&channel->in), ended, &head, &channel->error)) {
	case UPGRADE_MORE:
		break;
	case UPGRADE_REFUSED:
		end(channel);
		break;
	case UPGRADE_OPEN:
		queue_drop(&channel->in, head);
		channel->state = CHANNEL_OPEN;
		if (open_frames(channel) < 0)
			channel_fail(channel, CAP_MEMORY, "out of memory");
		break;
	}
}

static void read_answer(struct channel *channel, int64_t now)
{
	char data[4096];
	ssize_t got;

	while (channel->state == CHANNEL_UPGRADING) {
		got = transport_read(channel, data, sizeof data);
		if (got < 0 && errno == EAGAIN)
			return;
		channel->heard = now;
		if (got > 0 && queue_add(&channel->in, data, (size_t)got) < 0)
			channel_fail(channel, CAP_MEMORY, "out of memory");
		else
			take_answer(channel, got <= 0);
	}
}

static void pump_handshake(struct channel *channel, int64_t now)
{
	while (queue_size(&channel->out)) {
		ssize_t sent = transport_write(channel, queue_head(&channel->out), queue_size(&channel->out));

		if (sent < 0 && errno == EAGAIN)
			return;
		if (sent < 0) {
			channel_fail(channel, CAP_LOST, "port-forward: the server cut the connection");
			return;
		}
		queue_drop(&channel->out, (size_t)sent);
	}
	read_answer(channel, now);
}

/* ---- data -------------------------------------------------------------------------- */

static void write_local(struct channel *channel)
{
	while (queue_size(&channel->to_local)) {
		ssize_t sent = send(channel->local, queue_head(&channel->to_local),
		                    queue_size(&channel->to_local), MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return;
		if (sent < 0) { /* the caller closed its end */
			channel->local_ended = true;
			queue_drop(&channel->to_local, queue_size(&channel->to_local));
			return;
		}
		queue_drop(&channel->to_local, (size_t)sent);
	}
}

static size_t waiting_out(const struct channel *channel)
{
	return wslay_event_get_queued_msg_length(channel->ws);
}

static void read_local(struct channel *channel)
{
	uint8_t data[READ_SIZE + 1];
	struct wslay_event_msg message = {WSLAY_BINARY_FRAME, data, 0};

	data[0] = 0;
	while (!channel->local_ended && waiting_out(channel) < CHANNEL_LIMIT) {
		ssize_t got = recv(channel->local, data + 1, READ_SIZE, MSG_DONTWAIT);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			channel->local_ended = true;
			return;
		}
		message.msg_length = (size_t)got + 1;
		if (wslay_event_queue_msg(channel->ws, &message) != 0) {
			channel_fail(channel, CAP_MEMORY, "out of memory");
			return;
		}
		channel->bytes_out += (uint64_t)got;
	}
}

static void read_remote(struct channel *channel)
{
	int status;

	channel->starved = false;
	if (channel->remote_ended)
		return;
	status = wslay_event_recv(channel->ws);
	if (channel->state != CHANNEL_OPEN)
		return;
	if (status == WSLAY_ERR_NOMEM)
		channel_fail(channel, CAP_MEMORY, "out of memory");
	else if (status != 0 || !wslay_event_get_read_enabled(channel->ws))
		channel->remote_ended = true;
}

static void pump_data(struct channel *channel)
{
	do {
		read_remote(channel);
		if (channel->state != CHANNEL_OPEN)
			return;
		write_local(channel);
	} while (channel->starved && queue_size(&channel->to_local) < CHANNEL_LIMIT);
	read_local(channel);
	if (channel->state == CHANNEL_OPEN && wslay_event_want_write(channel->ws) &&
	    wslay_event_send(channel->ws) != 0)
		channel->remote_ended = true;
}

/* A server that goes without a close frame cut the connection; with one it is the ordinary end. */
static void check_end(struct channel *channel)
{
	if (channel->remote_ended && !queue_size(&channel->to_local)) {
		if (!wslay_event_get_close_received(channel->ws) && !channel->local_ended &&
		    !channel->answered)
			channel_fail(channel, CAP_LOST,
			             "port-forward to port %u: the server cut the connection", channel->port);
		end(channel);
	} else if (channel->local_ended && !waiting_out(channel)) {
		end(channel);
	}
}

void channel_pump(struct channel *channel, const struct pollfd *polled, size_t count, int64_t now)
{
	if (channel->state == CHANNEL_CONNECTING)
		pump_dialer(channel, polled, count, now);
	else if (count && polled[0].fd == channel->remote && polled[0].revents)
		channel->heard = now;
	if (channel->state == CHANNEL_UPGRADING)
		pump_handshake(channel, now);
	if (channel->state == CHANNEL_OPEN)
		pump_data(channel);
	if (channel->state == CHANNEL_OPEN)
		check_end(channel);
}

void channel_clock(struct channel *channel, int64_t now)
{
	struct wslay_event_msg ping = {WSLAY_PING, (const uint8_t *)"", 0};

	if (channel->state == CHANNEL_CONNECTING)
		channel_pump(channel, NULL, 0, now);
	if (channel->state == CHANNEL_UPGRADING && now - channel->begun > channel->times->handshake)
		channel_fail(channel, CAP_TIMEOUT, "port-forward to port %u: no answer to the handshake",
		             channel->port);
	if (channel->state != CHANNEL_OPEN)
		return;
	if (now - channel->heard > channel->times->silence && !channel->starved) {
		channel_fail(channel, CAP_LOST, "port-forward to port %u: the server has gone silent",
		             channel->port);
	} else if (now - channel->pinged >= channel->times->ping) {
		channel->pinged = now;
		wslay_event_queue_msg(channel->ws, &ping);
		channel_pump(channel, NULL, 0, now);
	}
}

static short wants_remote(const struct channel *channel)
{
	short events = 0;

	if (channel->state == CHANNEL_UPGRADING)
		return queue_size(&channel->out) ? POLLIN | POLLOUT : POLLIN;
	if (channel->remote_ended)
		return 0;
	if (!channel->starved)
		events |= POLLIN;
	if (waiting_out(channel) || wslay_event_want_write(channel->ws))
		events |= POLLOUT;
	return events;
}

static short wants_local(const struct channel *channel)
{
	short events = 0;

	if (channel->state != CHANNEL_OPEN || channel->local_ended)
		return 0;
	if (waiting_out(channel) < CHANNEL_LIMIT)
		events |= POLLIN;
	if (queue_size(&channel->to_local))
		events |= POLLOUT;
	return events;
}

/* A socket from which nothing is wanted stays out: poll() would report its end again and again. */
size_t channel_wants(const struct channel *channel, struct pollfd ret[CHANNEL_POLLS])
{
	size_t count = 0;
	short events;

	if (channel->state == CHANNEL_CONNECTING) {
		memcpy(ret, channel->dialer.sockets, channel->dialer.count * sizeof *ret);
		return channel->dialer.count;
	}
	if (channel->state == CHANNEL_ENDED)
		return 0;
	events = wants_remote(channel);
	if (events)
		ret[count++] = (struct pollfd){.fd = channel->remote, .events = events};
	events = wants_local(channel);
	if (events)
		ret[count++] = (struct pollfd){.fd = channel->local, .events = events};
	return count;
}
