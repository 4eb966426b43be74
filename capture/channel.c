#include "capture/channel.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/failure.h"

#define READ_SIZE 32768
/* A request of this size is not read by who takes its time: until then it fits into what lies between. */
#define MUCH (64 * 1024)

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

static void forget_request(struct channel *channel)
{
	if (channel->request)
		explicit_bzero(channel->request, strlen(channel->request));
	free(channel->request);
	channel->request = NULL;
}

void channel_free(struct channel *channel)
{
	if (!channel)
		return;
	if (channel->forward && channel->error.status == CAP_OK)
		forward_close(channel->forward);
	forward_free(channel->forward);
	dialer_release(&channel->dialer);
	close(channel->local);
	forget_request(channel);
	queue_release(&channel->answer);
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

/* ---- bytes of the wire --------------------------------------------------------- */

static ssize_t wire_read(void *context, void *data, size_t room)
{
	struct channel *channel = context;
	size_t got = 0;
	CURLcode code = curl_easy_recv(channel->dialer.easy.curl, data, room, &got);

	if (code == CURLE_OK && got) {
		channel->heard = channel->now;
		channel->unanswered = 0;
	}
	if (code == CURLE_OK)
		return (ssize_t)got;
	errno = code == CURLE_AGAIN ? EAGAIN : EIO;
	return -1;
}

static ssize_t wire_write(void *context, const void *data, size_t size)
{
	struct channel *channel = context;
	size_t sent = 0;
	CURLcode code = curl_easy_send(channel->dialer.easy.curl, data, size, &sent);

	if (code == CURLE_OK && sent)
		return (ssize_t)sent;
	errno = code == CURLE_OK || code == CURLE_AGAIN ? EAGAIN : EIO;
	return -1;
}

/* What libcurl has to say of how the connection ended: a TLS alert, for one. */
static void fail_cut(struct channel *channel)
{
	const char *said = channel->dialer.easy.said;

	channel_fail(channel, CAP_LOST, "port-forward to port %u: the server cut the connection%s%.200s",
	             channel->port, *said ? ": " : "", said);
}

/* ---- the handshake --------------------------------------------------------------- */

void channel_dial(struct channel *channel, struct easy *easy, char *request, int64_t now)
{
	channel->request = request;
	channel->begun = now;
	if (dialer_begin(&channel->dialer, easy) < 0)
		channel_fail(channel, CAP_MEMORY, "out of memory");
}

void channel_again(struct channel *channel, enum cap_way way)
{
	dialer_release(&channel->dialer);
	queue_release(&channel->answer);
	forget_request(channel);
	channel->request_sent = 0;
	channel->remote = CURL_SOCKET_BAD;
	channel->error = (struct cap_error){0};
	channel->state = CHANNEL_CONNECTING;
	channel->way = way;
}

static void pump_dialer(struct channel *channel, const struct pollfd *polled, size_t count)
{
	switch (dialer_step(&channel->dialer, polled, count, &channel->remote, &channel->error)) {
	case DIALER_MORE:
		break;
	case DIALER_FAILED:
		end(channel);
		break;
	case DIALER_CONNECTED:
		channel->dialer.easy.said[0] = '\0';
		channel->state = CHANNEL_UPGRADING;
		channel->heard = channel->pinged = channel->now;
		break;
	}
}

static void open_forward(struct channel *channel)
{
	static const struct forward_wire wire = {wire_read, wire_write};
	const struct forward_setup setup = {&wire, channel, channel->port, &channel->answer, &channel->error};

	if (channel->way == CAP_WAY_WEBSOCKET)
		channel->forward = forward_v4_new(&setup);
	else
		channel->forward = forward_spdy_new(&setup, channel->way == CAP_WAY_SPDY_WEBSOCKET);
	if (!channel->forward)
		channel_fail(channel, CAP_MEMORY, "out of memory");
	else
		channel->state = CHANNEL_OPEN;
}

static void take_answer(struct channel *channel, bool ended)
{
	size_t head;

	if (ended && !queue_size(&channel->answer)) {
		fail_cut(channel);
		return;
	}
	if (queue_add(&channel->answer, "", 1) < 0) { /* the NUL behind it */
		channel_fail(channel, CAP_MEMORY, "out of memory");
		return;
	}
	channel->answer.end--;
	switch (upgrade_answer(&channel->upgrade, (const char *)queue_head(&channel->answer),
	                       queue_size(&channel->answer), ended, &head, &channel->error)) {
	case UPGRADE_MORE:
		break;
	case UPGRADE_REFUSED:
		channel->state = CHANNEL_REFUSED;
		break;
	case UPGRADE_BROKEN:
		end(channel);
		break;
	case UPGRADE_OPEN:
		queue_drop(&channel->answer, head);
		open_forward(channel);
		break;
	}
}

static void read_answer(struct channel *channel)
{
	char data[4096];
	ssize_t got;

	while (channel->state == CHANNEL_UPGRADING) {
		got = wire_read(channel, data, sizeof data);
		if (got < 0 && errno == EAGAIN)
			return;
		if (got > 0 && queue_add(&channel->answer, data, (size_t)got) < 0)
			channel_fail(channel, CAP_MEMORY, "out of memory");
		else
			take_answer(channel, got <= 0);
	}
}

/* A server may refuse before it has read the request: what it says counts. */
static void write_request(struct channel *channel)
{
	while (channel->request) {
		const char *rest = channel->request + channel->request_sent;
		ssize_t sent = wire_write(channel, rest, strlen(rest));

		if (sent < 0 && errno == EAGAIN)
			return;
		if (sent > 0)
			channel->request_sent += (size_t)sent;
		if (sent < 0 || !channel->request[channel->request_sent])
			forget_request(channel);
	}
}

/* ---- data -------------------------------------------------------------------------- */

static void write_local(struct channel *channel)
{
	struct queue *data = &channel->forward->data;

	while (queue_size(data)) {
		ssize_t sent =
			send(channel->local, queue_head(data), queue_size(data), MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0) {
			channel->local_ended = errno != EAGAIN;
			return;
		}
		queue_drop(data, (size_t)sent);
	}
}

static void read_local(struct channel *channel)
{
	uint8_t message[FORWARD_ROOM + READ_SIZE];
	struct forward *forward = channel->forward;

	while (!channel->local_ended && !forward->ended && !forward_full(forward)) {
		ssize_t got = recv(channel->local, message + FORWARD_ROOM, READ_SIZE, MSG_DONTWAIT);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			channel->local_ended = true;
			return;
		}
		forward_send(forward, message, (size_t)got);
		channel->unanswered += (size_t)got;
	}
}

static void check_end(struct channel *channel)
{
	const struct forward *forward = channel->forward;

	if (channel->local_ended) {
		if (forward->ended || !forward_pending(forward))
			end(channel);
	} else if (forward->ended && !queue_size(&forward->data)) {
		if (forward->cut)
			fail_cut(channel);
		end(channel);
	}
}

static void pump_data(struct channel *channel)
{
	if (!channel->local_ended) {
		forward_read(channel->forward);
		write_local(channel);
		read_local(channel);
	}
	forward_write(channel->forward);
	check_end(channel);
}

/* Nobody waits for it any more: what was asked in vain is not sent. */
static bool is_given_up(const struct channel *channel, const struct pollfd *polled, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (polled[i].fd == channel->local && polled[i].revents & POLLHUP)
			return channel->state < CHANNEL_OPEN;
	return false;
}

void channel_pump(struct channel *channel, const struct pollfd *polled, size_t count, int64_t now)
{
	channel->now = now;
	if (is_given_up(channel, polled, count))
		end(channel);
	if (channel->state == CHANNEL_CONNECTING)
		pump_dialer(channel, polled, count);
	if (channel->state == CHANNEL_UPGRADING) {
		write_request(channel);
		read_answer(channel);
	}
	if (channel->state == CHANNEL_OPEN)
		pump_data(channel);
}

/* ---- time --------------------------------------------------------------------------- */

static void clock_upgrade(struct channel *channel, int64_t now)
{
	if (now - channel->begun <= channel->times->handshake)
		return;
	if (queue_size(&channel->answer))
		take_answer(channel, true);
	else
		channel_fail(channel, CAP_TIMEOUT, "port-forward to port %u: no answer to the handshake",
		             channel->port);
}

/* A pod that takes its time to read stops the server, answers to pings and all. Whether the server is there
 * its kernel says: it acknowledges, be it only that there is no room. */
static bool is_held_up(const struct channel *channel)
{
	struct pollfd local = {.fd = channel->local};
	struct tcp_info info = {0};
	socklen_t size = sizeof info;

	if (channel->unanswered < MUCH || channel->local_ended || poll(&local, 1, 0) != 0)
		return false; /* nobody waits for it, for one */
	return getsockopt(channel->remote, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	       info.tcpi_retransmits == 0 && info.tcpi_probes <= 1;
}

static void clock_open(struct channel *channel, int64_t now)
{
	struct forward *forward = channel->forward;

	if (forward->ended)
		return;
	if (forward->more && !channel->local_ended) /* nobody is heard where nobody listens */
		channel->heard = now;
	if (!forward->ready && now - channel->begun > channel->times->handshake) {
		channel_fail(channel, CAP_TIMEOUT, "port-forward to port %u: the server opens no streams",
		             channel->port);
	} else if (now - channel->heard > channel->times->silence && !is_held_up(channel)) {
		channel_fail(channel, CAP_LOST, "port-forward to port %u: the server has gone silent",
		             channel->port);
	} else if (now - channel->pinged >= channel->times->ping) {
		channel->pinged = now;
		if (!forward_pending(forward))
			forward_ping(forward);
		channel_pump(channel, NULL, 0, now);
	}
}

void channel_clock(struct channel *channel, int64_t now)
{
	if (channel->state == CHANNEL_CONNECTING)
		channel_pump(channel, NULL, 0, now);
	if (channel->state == CHANNEL_UPGRADING)
		clock_upgrade(channel, now);
	if (channel->state == CHANNEL_OPEN)
		clock_open(channel, now);
}

/* ---- what to wait for --------------------------------------------------------------- */

static short wants_remote(const struct channel *channel)
{
	const struct forward *forward = channel->forward;
	short events = 0;

	if (channel->state == CHANNEL_UPGRADING)
		return channel->request ? POLLIN | POLLOUT : POLLIN;
	if (forward->ended)
		return 0;
	if (!forward->more && !channel->local_ended)
		events |= POLLIN;
	if (forward_pending(forward))
		events |= POLLOUT;
	return events;
}

static short wants_local(const struct channel *channel)
{
	const struct forward *forward = channel->forward;
	short events = 0;

	if (channel->local_ended)
		return 0;
	if (!forward->ended && !forward_full(forward))
		events |= POLLIN;
	if (queue_size(&forward->data))
		events |= POLLOUT;
	return events;
}

static size_t add_poll(struct pollfd *polls, size_t count, int fd, short events)
{
	polls[count] = (struct pollfd){.fd = fd, .events = events};
	return count + 1;
}

/* A socket from which nothing is wanted stays out: poll() would report its end again and again. Until it is
 * OPEN, nothing but the end is wanted of the local one. */
size_t channel_wants(const struct channel *channel, struct pollfd ret[CHANNEL_POLLS])
{
	size_t count = 0;

	if (channel->state >= CHANNEL_REFUSED)
		return 0;
	if (channel->state == CHANNEL_CONNECTING) {
		count = channel->dialer.count;
		memcpy(ret, channel->dialer.sockets, count * sizeof *ret);
	} else if (wants_remote(channel)) {
		count = add_poll(ret, count, channel->remote, wants_remote(channel));
	}
	if (channel->state != CHANNEL_OPEN)
		count = add_poll(ret, count, channel->local, 0);
	else if (wants_local(channel))
		count = add_poll(ret, count, channel->local, wants_local(channel));
	return count;
}

bool channel_is_eager(const struct channel *channel)
{
	const struct forward *forward = channel->forward;

	return channel->state == CHANNEL_OPEN && !channel->local_ended && forward->more && !forward->ended &&
	       queue_size(&forward->data) < FORWARD_LIMIT;
}
