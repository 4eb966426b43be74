/* Where requests go: a server, its addresses, and sockets to them. */
#ifndef LOADGEN_HOST_H
#define LOADGEN_HOST_H

#include <netdb.h>
#include <stddef.h>
#include <sys/socket.h>

#include "loadgen/loadgen.h"
#include "loadgen/url.h"

#define LG_HOST_MAX_ADDRESSES 64U

struct lg_address {
	struct sockaddr_storage storage;
	socklen_t size;
};

struct lg_host {
	struct lg_url url; /* scheme, host and port; the path is that of the first request to it */
	bool tls;
	struct lg_address *addresses; /* none with a dial function */
	unsigned address_count;
};

/* Resolves, which may take as long as the resolver does; 0, or -1 with a line. */
int lg_host_resolve(struct lg_host *host, char error[LG_ERROR_SIZE]);
void lg_host_release(struct lg_host *host);
bool lg_host_is(const struct lg_host *host, const struct lg_url *url);

/* "127.0.0.1:80", "[::1]:80". */
#define LG_ADDRESS_TEXT (NI_MAXHOST + NI_MAXSERV + 4)
void lg_address_text(const struct lg_address *address, char ret[LG_ADDRESS_TEXT]);

/* Starts connecting: a non-blocking socket, or -1 with errno. */
int lg_address_connect(const struct lg_address *address);

#endif
