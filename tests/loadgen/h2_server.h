/*
 * A server of HTTP/2 on loopback, by nghttp2, without TLS (front.h puts that before it). It keeps its own
 * account of what came and went.
 */
#ifndef TESTS_LOADGEN_H2_SERVER_H
#define TESTS_LOADGEN_H2_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "acceptor.h"

struct h2_behaviour {
	unsigned limit;        /* streams at a time; 0: any number */
	unsigned window;       /* of each stream for what it receives; 0: nghttp2's own */
	unsigned status;       /* 0: 200 */
	bool interim;          /* a 103 before each answer */
	const char *body;      /* NULL: "hello"; "": none */
	size_t repeat;         /* sends it so many times; 0: once */
	size_t piece;          /* bytes in a DATA frame; 0: as many as go in */
	bool trailers;         /* after the body */
	bool length;           /* says the body's length */
	long wrong_length;     /* says this length instead */
	unsigned fields;       /* more fields in an answer, each of ... */
	size_t field_size;     /* ... so many bytes */
	const char *bad_field; /* one more field has this name */
	const char *upload;    /* of every request, else it is a fault */
	size_t upload_size;
	bool early;            /* answers without the request's body, and gives no window for it */
	int delay_ms;          /* before each answer, one after the other */
	bool silent;           /* never answers */
	unsigned reset_every;  /* the n-th of a connection's requests is reset, with ... */
	uint32_t reset_code;   /* ... this code, */
	bool reset_after_head; /* after the head of its answer */
	unsigned goaway_after; /* says GOAWAY once it has taken so many requests of a connection; those after
	                          it are not processed */
	uint32_t goaway_code;
	unsigned close_after;        /* hangs up after so many answers of a connection */
	const char *raw;             /* sent after the client's preface, instead of all that is above ... */
	size_t raw_size, raw_repeat; /* ... behind settings, if it is sent more than once ... */
	bool stays;                  /* ... and then waits for the client to go */
};

struct h2_server {
	struct h2_behaviour behaviour;
	struct acceptor *acceptor;
	char url[64];
	_Atomic uint64_t requests, answers, resets /* by clients */, cancels /* of those */,
		goaways /* by clients */;
	_Atomic uint64_t faults, pushes_allowed, from_clients, to_clients;
	_Atomic unsigned most; /* streams at a time on one connection */
	pthread_mutex_t lock;
	char fields[2048]; /* of the last request: "name: value\n"... */
};

void h2_server_start(struct h2_server *server, const struct h2_behaviour *behaviour);
void h2_server_stop(struct h2_server *server);

#endif
