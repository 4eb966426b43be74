/* An absolute http or https URL (RFC 3986), cut into what a request needs. */
#ifndef LOADGEN_URL_H
#define LOADGEN_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/loadgen.h"

#define LG_URL_MAX 8192U /* bytes of a whole URL */

struct lg_url {
	char host[256]; /* a name or an address, without brackets */
	bool ipv6;      /* host is an IPv6 literal */
	bool tls;       /* https */
	uint16_t port;
	bool port_shown;           /* the port is not the scheme's own: it belongs into Host */
	char path[LG_URL_MAX + 2]; /* path and query, from '/' */
};

/* 0, or -1 with a line in `error` and *ret untouched. */
int lg_url_parse(const char *text, struct lg_url *ret, char error[LG_ERROR_SIZE]);

#endif
