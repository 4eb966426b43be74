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

#include "capture/endpoint.h"
#include "capture/queue.h"
#include "capture/upgrade.h"

#define CHANNEL_LIMIT   (256 * 1024)
#define CHANNEL_MESSAGE (4 * 1024 * 1024) /* ceiling of one message */

enum channel_state {
	CHANNEL_CONNECTING, /* libcurl's multi connects */
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
	struct easy easy;
	curl_socket_t remote;
	struct upgrade upgrade;
	char *request;        /* of the handshake */
	struct queue out, in; /* handshake out; handshake in, then what came behind it */
	struct queue to_local;
	wslay_event_context_ptr ws;
	bool seen[2];                            /* the first message of each channel */
	bool remote_ended, local_ended, starved; /* starved: bytes may wait inside libcurl */
	int64_t begun, heard, pinged;
	uint64_t bytes_in, bytes_out;
	struct cap_error error; /* CAP_OK: none so far */
};

/* Takes the socket; `request` is the handshake's text (owned from here on). NULL when memory is out. */
struct channel *channel_new(int local, uint16_t port, const struct channel_times *times);
/* The transport is connected: the handshake begins. */
void channel_connected(struct channel *channel, int64_t now);
/* It failed; the socket ends. */
void channel_fail(struct channel *channel, enum cap_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Moves what can be moved, in both directions, without blocking. */
void channel_pump(struct channel *channel, int64_t now);
/* Ping, silence, handshake that takes too long. */
void channel_clock(struct channel *channel, int64_t now);
/* CURL_WAIT_* wanted of each side; 0: leave the socket out. */
short channel_wants_remote(const struct channel *channel);
short channel_wants_local(const struct channel *channel);
/* Frees it; the easy handle must be out of its multi handle. */
void channel_free(struct channel *channel);

#endif
