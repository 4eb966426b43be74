#include "capture/ssh_channel.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/failure.h"

typedef enum ssh_step operation(struct ssh_channel *channel, LIBSSH2_SESSION *session);

struct ssh_channel *ssh_channel_new(const char *host, uint16_t port, int local, struct handover *handover)
{
	struct ssh_channel *channel = calloc(1, sizeof *channel);

	if (!channel)
		return NULL;
	channel->handover = HANDOVER_INIT;
	channel->local = local;
	channel->port = port;
	snprintf(channel->host, sizeof channel->host, "%s", host);
	channel->state = local < 0 ? SSH_WAITING : SSH_OPENING;
	if (local < 0) {
		channel->handover = *handover;
		*handover = HANDOVER_INIT;
	}
	return channel;
}

static void close_local(struct ssh_channel *channel)
{
	handover_release(&channel->handover);
	if (channel->local >= 0)
		close(channel->local);
	channel->local = -1;
}

void ssh_channel_free(struct ssh_channel *channel)
{
	close_local(channel);
	free(channel);
}

void ssh_channel_fail(struct ssh_channel *channel, const struct cap_error *error)
{
	if (channel->state < SSH_CLOSING)
		channel->error = *error;
	channel->channel = NULL;
	channel->state = SSH_ENDED;
}

int ssh_channel_wants(const struct ssh_channel *channel, short *ret_events)
{
	*ret_events = POLLIN;
	if (channel->state == SSH_WAITING)
		return channel->handover.listener;
	*ret_events = 0;
	if (channel->state != SSH_OPEN)
		return -1;
	if (!channel->local_ended && channel->up.begin == channel->up.end)
		*ret_events |= POLLIN;
	if (channel->down.begin < channel->down.end)
		*ret_events |= POLLOUT;
	return channel->hung_up ? -1 : channel->local;
}

/* ---- what the session does, one operation at a time ------------------------- */

/* Of libssh2's "again": does the session want to send first? */
static enum ssh_step again(struct ssh_channel *channel, LIBSSH2_SESSION *session, operation *what)
{
	if (!(libssh2_session_block_directions(session) & LIBSSH2_SESSION_BLOCK_OUTBOUND))
		return SSH_IDLE;
	channel->stuck = what;
	return SSH_STUCK;
}

static bool is_lost(long status)
{
	return status == LIBSSH2_ERROR_SOCKET_SEND || status == LIBSSH2_ERROR_SOCKET_RECV ||
	       status == LIBSSH2_ERROR_SOCKET_DISCONNECT || status == LIBSSH2_ERROR_SOCKET_TIMEOUT ||
	       status == LIBSSH2_ERROR_TIMEOUT || status == LIBSSH2_ERROR_DECRYPT ||
	       status == LIBSSH2_ERROR_INVALID_MAC || status == LIBSSH2_ERROR_PROTO ||
	       status == LIBSSH2_ERROR_BAD_USE || status == LIBSSH2_ERROR_ALLOC;
}

/* The local side goes first, so that its user need not wait for the far end's word. */
static enum ssh_step begin_to_close(struct ssh_channel *channel)
{
	close_local(channel);
	channel->state = SSH_CLOSING;
	return SSH_PROGRESS;
}

/* libssh2's words end in "(connect failed)", the reason code in words. */
static enum ssh_step refused(struct ssh_channel *channel, LIBSSH2_SESSION *session)
{
	const char *reason;
	char *said = NULL;

	libssh2_session_last_error(session, &said, NULL, 0);
	said = said ? said : "no reason given";
	reason = strrchr(said, '(') ? strrchr(said, '(') + 1 : said;
	failure_set(&channel->error, CAP_CONNECT, "the bastion cannot connect to '%s:%u': %.*s",
	            channel->host, channel->port, (int)strcspn(reason, ")"), reason);
	channel->state = SSH_ENDED;
	return SSH_PROGRESS;
}

static enum ssh_step open_channel(struct ssh_channel *channel, LIBSSH2_SESSION *session)
{
	int status;

	/* The originator is told to the far end, and nobody is served by a truth here. */
	channel->channel =
		libssh2_channel_direct_tcpip_ex(session, channel->host, channel->port, "127.0.0.1", 0);
	if (channel->channel) {
		channel->state = SSH_OPEN;
		return SSH_PROGRESS;
	}
	status = libssh2_session_last_errno(session);
	if (status == LIBSSH2_ERROR_EAGAIN)
		return again(channel, session, open_channel);
	return is_lost(status) ? SSH_LOST : refused(channel, session);
}

static enum ssh_step read_far(struct ssh_channel *channel, LIBSSH2_SESSION *session)
{
	ssize_t got = libssh2_channel_read(channel->channel, channel->down.data, SSH_BUFFER);

	if (got > 0) {
		channel->down.begin = 0;
		channel->down.end = (size_t)got;
		return SSH_PROGRESS;
	}
	if (got == LIBSSH2_ERROR_EAGAIN)
		return again(channel, session, read_far);
	if (is_lost(got))
		return SSH_LOST;
	if (got == 0 && !libssh2_channel_eof(channel->channel))
		return SSH_IDLE;
	channel->far_ended = true;
	return SSH_PROGRESS;
}

static enum ssh_step write_far(struct ssh_channel *channel, LIBSSH2_SESSION *session)
{
	struct ssh_bytes *up = &channel->up;
	ssize_t sent = libssh2_channel_write(channel->channel, up->data + up->begin, up->end - up->begin);

	if (sent > 0) {
		up->begin += (size_t)sent;
		return SSH_PROGRESS;
	}
	if (sent == LIBSSH2_ERROR_EAGAIN)
		return again(channel, session, write_far);
	if (is_lost(sent))
		return SSH_LOST;
	return sent == 0 ? SSH_IDLE : begin_to_close(channel);
}

static enum ssh_step end_far(struct ssh_channel *channel, LIBSSH2_SESSION *session)
{
	int status = libssh2_channel_send_eof(channel->channel);

	if (status == LIBSSH2_ERROR_EAGAIN)
		return again(channel, session, end_far);
	if (is_lost(status))
		return SSH_LOST;
	channel->far_told = true;
	return SSH_PROGRESS;
}

static enum ssh_step free_far(struct ssh_channel *channel, LIBSSH2_SESSION *session)
{
	int status = libssh2_channel_free(channel->channel);

	if (status == LIBSSH2_ERROR_EAGAIN)
		return again(channel, session, free_far);
	if (is_lost(status))
		return SSH_LOST;
	channel->channel = NULL;
	channel->state = SSH_ENDED;
	return SSH_PROGRESS;
}

/* ---- our side ----------------------------------------------------------------- */

static enum ssh_step read_local(struct ssh_channel *channel)
{
	ssize_t got = recv(channel->local, channel->up.data, SSH_BUFFER, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return SSH_IDLE;
	channel->local_ended = got <= 0;
	channel->up.begin = 0;
	channel->up.end = got > 0 ? (size_t)got : 0;
	return SSH_PROGRESS;
}

static enum ssh_step write_local(struct ssh_channel *channel)
{
	struct ssh_bytes *down = &channel->down;
	ssize_t sent = send(channel->local, down->data + down->begin, down->end - down->begin,
	                    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return SSH_IDLE;
	if (sent < 0)
		return begin_to_close(channel);
	down->begin += (size_t)sent;
	return SSH_PROGRESS;
}

/* The far end has said all, and all of it is delivered. */
static enum ssh_step end_local(struct ssh_channel *channel)
{
	shutdown(channel->local, SHUT_WR);
	channel->local_told = true;
	return SSH_PROGRESS;
}

static enum ssh_step take_local(struct ssh_channel *channel)
{
	channel->local = handover_take(&channel->handover);
	if (channel->local < 0)
		return SSH_IDLE;
	channel->state = SSH_OPENING;
	return SSH_PROGRESS;
}

/* ---- one step ------------------------------------------------------------------ */

static enum ssh_step down_step(struct ssh_channel *channel, LIBSSH2_SESSION *session)
{
	if (channel->down.begin < channel->down.end)
		return write_local(channel);
	if (!channel->far_ended)
		return read_far(channel, session);
	return channel->local_told ? SSH_IDLE : end_local(channel);
}

static enum ssh_step up_step(struct ssh_channel *channel, LIBSSH2_SESSION *session)
{
	if (channel->up.begin < channel->up.end)
		return write_far(channel, session);
	if (!channel->local_ended)
		return read_local(channel);
	return channel->far_told ? SSH_IDLE : end_far(channel, session);
}

static enum ssh_step open_step(struct ssh_channel *channel, LIBSSH2_SESSION *session)
{
	enum ssh_step down, up;

	if ((channel->local_told && channel->far_told) ||
	    (channel->hung_up && channel->local_ended && channel->up.begin == channel->up.end))
		return begin_to_close(channel);
	down = down_step(channel, session);
	if (down >= SSH_STUCK || channel->state != SSH_OPEN)
		return down;
	up = up_step(channel, session);
	return up == SSH_IDLE ? down : up;
}

enum ssh_step ssh_channel_step(struct ssh_channel *channel, LIBSSH2_SESSION *session, bool may_open)
{
	operation *stuck = channel->stuck;

	channel->stuck = NULL;
	if (stuck)
		return stuck(channel, session);
	switch (channel->state) {
	case SSH_WAITING:
		return take_local(channel);
	case SSH_OPENING:
		return may_open ? open_channel(channel, session) : SSH_IDLE;
	case SSH_OPEN:
		return open_step(channel, session);
	case SSH_CLOSING:
		return free_far(channel, session);
	case SSH_ENDED:
		break;
	}
	return SSH_IDLE;
}
