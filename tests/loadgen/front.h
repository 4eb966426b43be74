/*
 * What stands before a server on loopback: it takes connections, with TLS or without, and carries their bytes
 * to a port and back, whole, in drips, or up to a cut.
 */
#ifndef TESTS_LOADGEN_FRONT_H
#define TESTS_LOADGEN_FRONT_H

#include <pthread.h>
#include <stdatomic.h>

#include "acceptor.h"
#include "identity.h"

struct front_behaviour {
	uint16_t port;    /* of the server behind, unless h2_port is for it; 0: nothing is behind */
	uint16_t h2_port; /* for what chose HTTP/2 by ALPN */
	const struct identity *identity; /* NULL: no TLS */
	const char *alpn; /* what it takes, as on the wire ("\2h2"), best first; NULL: it knows no ALPN */
	const struct identity *clients; /* who signs clients; they have to show a certificate then */
	int version;                    /* TLS1_2_VERSION: the only one; 0: what both know */
	unsigned cut; /* the n-th connection is cut after n times that many bytes to the client; 0: none */
	bool drip;    /* one byte a write to the client */
	bool rude;    /* no close_notify */
	unsigned new_keys; /* asks for a new key after each so many writes from behind; 0: never */
};

struct front {
	struct front_behaviour behaviour;
	struct acceptor *acceptor;
	SSL_CTX *context;
	char url[64], named_url[64]; /* with 127.0.0.1, with localhost */
	_Atomic uint64_t handshakes, resumed, farewells /* close_notify from clients */, cuts, h2;
	_Atomic uint64_t from_clients, to_clients; /* bytes on the wire */
	_Atomic int alert;                         /* the last that a client sent; -1: none */
	pthread_mutex_t lock;
	char server_name[64], client_name[64]; /* the last that were seen, "" for none */
};

void front_start(struct front *front, const struct front_behaviour *behaviour);
void front_stop(struct front *front);

#endif
