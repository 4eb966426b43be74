/*
 * A server for tests on 127.0.0.1, plain or TLS, a thread for each connection. What a connection does is a
 * script: a function that reads from its peer and writes to it, step by step, so that any fault can be
 * played. The WebSocket framing is written by hand here, apart from the library that the product uses.
 *
 * Nothing here asserts (cmocka is not for threads): scripts leave what they saw in their context. Every read
 * and write fails once the server is being stopped, and a script then returns.
 */
#ifndef TESTS_CAPTURE_STAND_IN_H
#define TESTS_CAPTURE_STAND_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stand_in;
struct peer;
typedef void stand_in_script(struct peer *peer, void *context);

/* A certificate, its own issuer, and its key: PEM, made at run time. */
struct identity {
	char *cert, *key;
};
/* For a DNS name, or (NULL) for the address 127.0.0.1. */
struct identity identity_make(const char *name);
void identity_release(struct identity *identity);

struct stand_in_options {
	const struct identity *tls; /* NULL: plain */
	bool wants_client;          /* TLS: refuses who has no certificate */
	int buffer;                 /* bytes that the kernel keeps in either direction; 0: as it likes */
	stand_in_script *script;
	void *context;
};
struct stand_in *stand_in_start(const struct stand_in_options *options);
uint16_t stand_in_port(const struct stand_in *server);
/* "http://127.0.0.1:PORT" or https, owned by the server. */
const char *stand_in_url(const struct stand_in *server);
unsigned stand_in_accepted(struct stand_in *server);
/* Ends every connection, and waits for the scripts. NULL is fine. */
void stand_in_stop(struct stand_in *server);

/* ---- a connection, as its script sees it ------------------------------------- */

/* How many came before it. */
unsigned peer_number(const struct peer *peer);
/* Up to `room` bytes; 0: the end, or a failure. */
size_t peer_read(struct peer *peer, void *data, size_t room);
bool peer_read_exactly(struct peer *peer, void *data, size_t size);
/* Reads on until the other side ends; returns how much that was. */
uint64_t peer_read_to_end(struct peer *peer);
/* A request's head with its blank line, terminated. */
bool peer_read_head(struct peer *peer, char *ret, size_t room);
/* Is something there to read, or does it come within `ms`? The end counts. */
bool peer_readable(struct peer *peer, int ms);
bool peer_write(struct peer *peer, const void *data, size_t size);
bool peer_say(struct peer *peer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* An HTTP answer with a length; `type` NULL: text/plain. */
bool peer_answer(struct peer *peer, int status, const char *type, const char *body);
/* The script's end will be a reset, not an orderly end. */
void peer_reset(struct peer *peer);
/* No more is written; reading goes on. */
void peer_end(struct peer *peer);
/* Waits until the gate is at `value` or beyond; false: the server is being stopped. */
bool peer_wait(struct peer *peer, _Atomic int *gate, int value);

/* ---- WebSocket (RFC 6455), the server's side ------------------------------------ */

#define FRAME_FIN 0x80
enum { FRAME_MORE = 0, FRAME_TEXT = 1, FRAME_BINARY = 2, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };

struct frame {
	uint8_t opcode;
	bool fin, masked;
	size_t size;
	uint8_t data[70000];
};

/* What a server makes of the client's key: 28 characters and a NUL. */
void websocket_accept(const char *key, char ret[32]);
/* The value of a header in a head, into `ret`; false: none. */
bool head_value(const char *head, const char *name, char *ret, size_t room);
/* Reads the request (`head` NULL: not kept), and answers 101. */
bool peer_upgrade(struct peer *peer, char *head, size_t room);
/* The port of a request's "ports=". */
uint16_t head_port(const char *head);
/* The first message of both channels. */
bool peer_begin(struct peer *peer, uint16_t port);
/* upgrade and begin. */
bool peer_open(struct peer *peer);
/* `first`: FRAME_FIN and opcode, or anything else. */
bool peer_frame(struct peer *peer, uint8_t first, const void *data, size_t size);
/* A message on a channel: 0 data, 1 error. */
bool peer_message(struct peer *peer, uint8_t channel, const void *data, size_t size);
bool peer_close(struct peer *peer, uint16_t code, const char *reason);
bool peer_read_frame(struct peer *peer, struct frame *ret);
/* The data of the next frame: 0 if it is none (a ping is answered), -1 at the end and when it is no good
 * frame. */
ssize_t peer_read_data(struct peer *peer, uint8_t *ret, size_t room);

/* ---- scripts ---------------------------------------------------------------------- */

/* An API server: forwards to the port asked for on 127.0.0.1, as a kubelet would. No context. */
void script_relay(struct peer *peer, void *context);
/* What goes into the tunnel comes back. No context. */
void script_echo(struct peer *peer, void *context);
/* Takes the connection and is silent until it ends. No context. */
void script_silent(struct peer *peer, void *context);
/* An HTTP proxy that knows CONNECT. The context is a struct proxy_seen *. */
struct proxy_seen {
	int refuse; /* answers that status; 0: connects */
	_Atomic unsigned connects;
	char target[128];
};
void script_proxy(struct peer *peer, void *context);

#endif
