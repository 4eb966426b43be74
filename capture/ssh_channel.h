/*
 * One connection forwarded by an SSH session (RFC 4254, section 7.2): a socket
 * on our side, a channel "direct-tcpip" on the session's, and the bytes between
 * them. Private to the session, whose one thread calls everything here.
 *
 * libssh2, not told to block, wants an operation that could not send all of its
 * packet to be gone on with, same arguments, before any other of the session:
 * SSH_STUCK says so, and a channel remembers which operation that was.
 */
#ifndef CAPTURE_SSH_CHANNEL_H
#define CAPTURE_SSH_CHANNEL_H

#include <libssh2.h>

#include "capture/capture.h"
#include "capture/handover.h"

#define SSH_BUFFER 32768

enum ssh_channel_state {
	SSH_WAITING, /* for whoever connects to the handover */
	SSH_OPENING,
	SSH_OPEN,
	SSH_CLOSING, /* the local socket is gone */
	SSH_ENDED,
};

enum ssh_step {
	SSH_IDLE,     /* nothing more can be done now */
	SSH_PROGRESS, /* something was done */
	SSH_STUCK,    /* this channel first, once the session can send */
	SSH_LOST,     /* the session failed */
};

/* Bytes on their way: filled when empty, so that they stay where they are until all are gone. */
struct ssh_bytes {
	size_t begin, end;
	char data[SSH_BUFFER];
};

struct ssh_channel {
	struct ssh_channel *next;
	enum ssh_channel_state state;
	struct handover handover; /* in state SSH_WAITING */
	int local;                /* -1: not yet, or closed */
	char host[256];
	uint16_t port;
	LIBSSH2_CHANNEL *channel;
	enum ssh_step (*stuck)(struct ssh_channel *channel, LIBSSH2_SESSION *session);
	struct ssh_bytes up, down; /* to the far end, from it */
	bool local_ended, local_told, far_ended, far_told;
	bool hung_up;           /* both directions of the local socket are closed, by poll() */
	size_t polled;          /* its place in the session's poll(), 0: none */
	struct cap_error error; /* CAP_OK: none so far */
};

/* Takes the socket or the handover, whichever is one. NULL when memory is out; they are the caller's then. */
struct ssh_channel *ssh_channel_new(const char *host, uint16_t port, int local, struct handover *handover);
/* What to wait for on our side: -1 if nothing, else a descriptor and its events. */
int ssh_channel_wants(const struct ssh_channel *channel, short *ret_events);
/*
 * Moves what can be moved, without blocking. At most one channel of a session may be opening: with
 * `may_open` false a channel that would begin to open waits.
 */
enum ssh_step ssh_channel_step(struct ssh_channel *channel, LIBSSH2_SESSION *session, bool may_open);
/* Its session is gone, and the channel in it too. */
void ssh_channel_fail(struct ssh_channel *channel, const struct cap_error *error);
/* Closes our side. */
void ssh_channel_free(struct ssh_channel *channel);

#endif
