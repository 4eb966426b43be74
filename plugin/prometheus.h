/*
 * Live figures for Prometheus: a listener that answers GET /metrics in the text format 0.0.4, with k6's
 * metric names. It takes one request at a time, reads no more than 8 KiB of it within two seconds, and knows
 * nothing but the text that was last given to it. (libmicrohttpd would do as well; it brings GnuTLS beside
 * OpenSSL into every start of the program.)
 */
#ifndef PLUGIN_PROMETHEUS_H
#define PLUGIN_PROMETHEUS_H

#include "loadgen/loadgen.h"
#include "plugin/error.h"

struct prometheus;

/* `address` is HOST:PORT or [HOST]:PORT; port 0 takes a free one. */
int prometheus_open(const char *address, struct prometheus **ret, struct error *error);
/* "127.0.0.1:9464", where it listens. */
const char *prometheus_address(const struct prometheus *prometheus);
/* From now on these figures; NULL prometheus: nothing. */
void prometheus_show(struct prometheus *prometheus, const struct lg_result *load,
                     const struct lg_snapshot *now);
/* Ends the listener. NULL is fine. */
void prometheus_close(struct prometheus *prometheus);

/* The text itself, malloc'd; NULL when memory is out. */
char *prometheus_text(const struct lg_result *load, const struct lg_snapshot *now);

#endif
