/* Where the requests go: the URL's addresses, and sockets to them. */
#ifndef LOADGEN_TARGET_H
#define LOADGEN_TARGET_H

#include <netdb.h>
#include <stddef.h>
#include <sys/socket.h>

#include "loadgen/loadgen.h"
#include "loadgen/url.h"

#define LG_TARGET_MAX_ADDRESSES 64U

struct lg_address {
	struct sockaddr_storage storage;
	socklen_t size;
};

struct lg_target {
	struct lg_address *addresses;
	unsigned count;
};

/* Resolves, which may take as long as the resolver does; 0, or -1 with a line. */
int lg_target_init(struct lg_target *ret, const struct lg_url *url, char error[LG_ERROR_SIZE]);
void lg_target_release(struct lg_target *target);

/* "127.0.0.1:80", "[::1]:80". */
#define LG_ADDRESS_TEXT (NI_MAXHOST + NI_MAXSERV + 4)
void lg_address_text(const struct lg_address *address, char ret[LG_ADDRESS_TEXT]);

/* Starts connecting: a non-blocking socket, or -1 with errno. */
int lg_address_connect(const struct lg_address *address);

#endif
