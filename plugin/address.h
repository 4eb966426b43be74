/* Hosts as URLs name them. */
#ifndef PLUGIN_ADDRESS_H
#define PLUGIN_ADDRESS_H

#include <stdbool.h>

/* An IPv4 or IPv6 address in its plain form as 16 bytes, IPv4 mapped into IPv6; false: it is none. */
bool address_parse(const char *text, unsigned char ret[16]);
/* "localhost", 127.0.0.0/8 or ::1. Host without brackets. */
bool host_is_loopback(const char *host);
/* The same host? Addresses are compared as such, names without case and final dot. */
bool host_equal(const char *a, const char *b);
/* The host of SCHEME://[USER@]HOST[:PORT][/...], without brackets; malloc'd, "" if there is none. */
char *url_host(const char *url);

#endif
