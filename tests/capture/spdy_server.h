/*
 * The server's side of SPDY/3.1 port-forward, by hand and apart from the product's code: frames over a peer,
 * plain or in WebSocket messages; and a server that knows some of the ways to forward a port.
 */
#ifndef TESTS_CAPTURE_SPDY_SERVER_H
#define TESTS_CAPTURE_SPDY_SERVER_H

#include <zlib.h>

#include "bed.h"

enum { S_SYN_STREAM = 1, S_SYN_REPLY, S_RST, S_SETTINGS, S_PING = 6, S_GOAWAY, S_HEADERS, S_WINDOW_UPDATE };
#define S_FIN  1
#define S_DATA 0x8000 /* as the type of a frame: none of control */

struct spdy_peer {
	struct peer *peer;
	bool in_websocket;
	z_stream inflate, deflate;
	uint8_t *in; /* of a WebSocket's messages */
	size_t in_begin, in_end;
	uint32_t error_stream, data_stream;
	char port[16], request[16];
};

struct spdy_frame {
	unsigned type, flags; /* S_DATA: of data */
	uint32_t stream;      /* or a ping's number */
	uint8_t data[70000];
	size_t size;
};

/* After the upgrade. */
void spdy_peer_begin(struct spdy_peer *spdy, struct peer *peer, bool in_websocket);
void spdy_peer_release(struct spdy_peer *spdy);
bool spdy_peer_write(struct spdy_peer *spdy, const void *data, size_t size);
bool spdy_peer_read(struct spdy_peer *spdy, struct spdy_frame *ret);
/* A control frame of that payload. */
bool spdy_control(struct spdy_peer *spdy, unsigned type, unsigned flags, const void *data, size_t size);
bool spdy_control_two(struct spdy_peer *spdy, unsigned type, uint32_t first, uint32_t second);
bool spdy_data(struct spdy_peer *spdy, uint32_t stream, unsigned flags, const void *data, size_t size);
/* With a header block of no headers, or of the one given. */
bool spdy_reply(struct spdy_peer *spdy, uint32_t stream, const char *name, const char *value);
/* Reads both streams' beginnings, and replies to them. */
bool spdy_peer_open(struct spdy_peer *spdy);
/* Echoes what comes on the data stream until it ends; answers pings. */
void spdy_echo(struct spdy_peer *spdy);

enum { GATE_V4 = 1, GATE_SPDY_WEBSOCKET = 2, GATE_SPDY = 4, GATE_PROXY = 8 };
struct gate {
	unsigned open;
	int status;                                          /* of the answer on a way that is closed */
	const char *answer;                                  /* JSON if it begins so */
	int proxy_status;                                    /* 0: 200 */
	const char *page;                                    /* of the proxy */
	char proxied[8192];                                  /* the newest request to the proxy */
	void (*talk)(struct spdy_peer *spdy, void *context); /* NULL: echo */
	void *context;
};
/* Serves a struct gate. */
void script_gate(struct peer *peer, void *context);

#endif
