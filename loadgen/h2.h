/* HTTP/2 on one connection, by nghttp2: a stream for each request, plan.streams of them at a time. */
#ifndef LOADGEN_H2_H
#define LOADGEN_H2_H

#include <stddef.h>

#include "loadgen/loadgen.h"

struct lg_h2;
struct lg_connection;
struct lg_request;
struct lg_url;
struct lg_vu;

/* The client's preface and settings are on their way when it returns. NULL when memory is out. */
struct lg_h2 *lg_h2_new(struct lg_connection *connection);
void lg_h2_free(struct lg_h2 *h2);
/* What is sent for a request, made once for a run; 0, or -1 when memory is out. */
int lg_h2_prepare(struct lg_request *request, const struct lg_url *url);
void lg_h2_release(struct lg_request *request);
void lg_h2_submit(struct lg_h2 *h2, struct lg_vu *vu);
/* RST_STREAM: the answer is not wanted any more. */
void lg_h2_abandon(struct lg_h2 *h2, struct lg_vu *vu);
void lg_h2_input(struct lg_h2 *h2, const char *data, size_t size);

#endif
