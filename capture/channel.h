/*
 * One forwarded TCP connection: a socket on our side, a WebSocket of its own on
 * the API server's, and the bytes between them. Private to the tunnel, whose
 * one thread calls everything here.
 *
 * Frames (k8s.io/kubelet pkg/cri/streaming/portforward/websocket.go, staging of
 * kubernetes): binary messages whose first byte is the channel: 0 data, 1
 * error. The first message of each channel holds the port and nothing else. An
 * error message is text and ends the connection.
 *
 * Back pressure: no more than CHANNEL_LIMIT bytes wait in either direction (the
 * last message or read may go over it).
 */
#ifndef CAPTURE_CHANNEL_H
#define CAPTURE_CHANNEL_H

#include <stdbool.h>
#include <wslay/wslay.h>

#include "capture/dialer.h"
#include "capture/queue.h"
#include "capture/upgrade.h"

#define CHANNEL_LIMIT   (256 * 1024)
#define CHANNEL_MESSAGE (4 * 1024 * 1024) /* ceiling of one message */

enum channel_state {
	CHANNEL_CONNECTING, /* the dialer connects */
	CHANNEL_UPGRADING,
	CHANNEL_OPEN,
	CHANNEL_ENDED,
};

/* Times in ns; set when the tunnel is made, shorter in tests. */
struct channel_times {
	int64_t handshake, ping, silence;
};

struct channel {
	struct channel *next;
	enum channel_state state;
	const struct channel_times *times;
	uint16_t port;
	int local; /* our end of the socket pair, -1: closed */
	struct dialer dialer;
	curl_socket_t remote;
	struct upgrade upgrade;
	char *request;        /* of the handshake */
	struct queue out, in; /* handshake out; handshake in, then what came behind it */
	struct queue to_local;
	wslay_event_context_ptr ws;
	bool seen[2];                            /* the first message of each channel */
	bool remote_ended, local_ended, starved; /* starved: bytes may wait inside libcurl */
	size_t polled, polled_count;             /* its part of the tunnel's poll() */
	int64_t begun, heard, pinged;
	bool answered;                /* bytes have come from the pod */
	uint64_t bytes_in, bytes_out; /* since the tunnel took them into its sums */
	struct cap_error error;       /* CAP_OK: none so far */
};

/* Takes the socket. NULL when memory is out; the socket is the caller's then. */
struct channel *channel_new(int local, uint16_t port, const struct channel_times *times);
/* Begins to connect: takes the handle (as dialer_begin) and the handshake's text, malloc'd; failures end the
 * channel. */
void channel_dial(struct channel *channel, struct easy *easy, char *request, int64_t now);
/* It failed. The local socket stays open until channel_free, so that the reason is known before its end is
 * seen. */
void channel_fail(struct channel *channel, enum cap_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* What to wait for: up to CHANNEL_POLLS entries, 0 if nothing; the tunnel polls and keeps their place in
 * `polled`. */
#define CHANNEL_POLLS DIALER_SOCKETS
size_t channel_wants(const struct channel *channel, struct pollfd ret[CHANNEL_POLLS]);
/* Moves what can be moved, in both directions, without blocking; `polled` are its entries as poll() left
 * them. */
void channel_pump(struct channel *channel, const struct pollfd *polled, size_t count, int64_t now);
/* Ping, silence, handshake that takes too long. */
void channel_clock(struct channel *channel, int64_t now);
/* Says goodbye if it can, closes both sides. */
void channel_free(struct channel *channel);

#endif
