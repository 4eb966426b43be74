/*
 * One forwarded TCP connection: a socket on our side, a connection of its own to the API server with a
 * port-forward protocol on it (forward.h), and the bytes between them. Private to the tunnel, whose threads
 * call everything here, one at a time for a channel.
 */
#ifndef CAPTURE_CHANNEL_H
#define CAPTURE_CHANNEL_H

#include "capture/dialer.h"
#include "capture/forward.h"
#include "capture/upgrade.h"

enum channel_state {
	CHANNEL_CONNECTING, /* the dialer connects */
	CHANNEL_UPGRADING,
	CHANNEL_OPEN,
	CHANNEL_REFUSED, /* the handshake was answered, with `error`: another way may help */
	CHANNEL_ENDED,
};

/* Times in ns; set when the tunnel is made. */
struct channel_times {
	int64_t handshake, ping, silence;
};

struct channel {
	struct channel *next;
	enum channel_state state;
	const struct channel_times *times;
	uint16_t port;
	enum cap_way way;
	int local; /* our end of the socket pair */
	bool local_ended;
	struct dialer dialer;
	curl_socket_t remote;
	struct upgrade upgrade;
	char *request; /* of the handshake; it holds credentials */
	size_t request_sent;
	struct queue answer;         /* of the handshake */
	struct forward *forward;     /* once OPEN */
	bool told;                   /* the tunnel knows that it is OPEN */
	bool renewed;                /* credentials were asked for again */
	unsigned put_off;            /* times that the server was too busy */
	int64_t not_before;          /* when it may begin, 0: at once */
	uint64_t unanswered;         /* bytes that were sent to the pod since something was heard */
	size_t polled, polled_count; /* its part of the tunnel's poll() */
	int64_t now, begun, heard, pinged;
	struct cap_error error; /* CAP_OK: none so far */
};

/* Takes the socket. NULL when memory is out; the socket is the caller's then. */
struct channel *channel_new(int local, uint16_t port, const struct channel_times *times);
/* Begins to connect: takes the handle (as dialer_begin) and the handshake's text, malloc'd; failures end the
 * channel. */
void channel_dial(struct channel *channel, struct easy *easy, char *request, int64_t now);
/* After it was REFUSED: begins anew on another way, with the next channel_dial. */
void channel_again(struct channel *channel, enum cap_way way);
/* It failed. The local socket stays open until channel_free, so that the reason is known before its end is
 * seen. */
void channel_fail(struct channel *channel, enum cap_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* What to wait for: up to CHANNEL_POLLS entries, 0 if nothing; the tunnel polls and keeps their place in
 * `polled`. */
#define CHANNEL_POLLS (DIALER_SOCKETS + 1)
size_t channel_wants(const struct channel *channel, struct pollfd ret[CHANNEL_POLLS]);
/* It has something to do, whatever poll() says. */
bool channel_is_eager(const struct channel *channel);
/* Moves what can be moved, in both directions, without blocking; `polled` are its entries as poll() left
 * them. */
void channel_pump(struct channel *channel, const struct pollfd *polled, size_t count, int64_t now);
/* Ping, silence, handshake that takes too long. */
void channel_clock(struct channel *channel, int64_t now);
/* Says goodbye if it can, closes both sides. */
void channel_free(struct channel *channel);

#endif
