/*
 * Which proxy leads to a server, from the environment, as Go programs decide it
 * (golang.org/x/net/http/httpproxy): HTTPS_PROXY or HTTP_PROXY by the server's
 * scheme, upper case first; never for localhost and loopback addresses; NO_PROXY
 * lists "*", names (with subdomains), ".name" or "*.name" (subdomains only),
 * addresses and CIDRs, each name or address with an optional port.
 */
#ifndef PLUGIN_PROXY_H
#define PLUGIN_PROXY_H

#include <stdbool.h>

#include "plugin/error.h"

/* *ret is malloc'd or NULL for none. Errors do not print the value: it may hold a password. */
int proxy_from_environment(const char *server, char **ret, struct error *error);
/* Does the NO_PROXY list cover this host and port? Host without brackets. */
bool proxy_excluded(const char *no_proxy, const char *host, const char *port);

#endif
