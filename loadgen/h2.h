/*
 * HTTP/2 on one connection, by nghttp2: a stream for each request, plan.streams of them at a time, or as many
 * as the server takes; the others wait for their turn.
 *
 * A connection that the server means to close (GOAWAY), or that has served all it may, ends its streams and
 * is opened anew for who waits.
 *
 * Whatever calls the connection or its VUs may find the connection closed by it: an lg_h2 that is freed
 * meanwhile lives until its function returns, and does not touch the connection any more.
 */
#ifndef LOADGEN_H2_H
#define LOADGEN_H2_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/loadgen.h"

/* Ceilings of one answer; beyond one it is broken. */
#define LG_H2_MAX_HEAD   (64U * 1024) /* bytes of all header and trailer fields, interim answers' too */
#define LG_H2_MAX_FIELDS 1000U

struct lg_h2;
struct lg_connection;
struct lg_request;
struct lg_url;
struct lg_vu;

/* The client's preface and settings wait to be flushed when it returns. NULL when memory is out. */
struct lg_h2 *lg_h2_new(struct lg_connection *connection);
void lg_h2_free(struct lg_h2 *h2);
void lg_h2_submit(struct lg_h2 *h2, struct lg_vu *vu);
/* RST_STREAM: the answer is not wanted any more. */
void lg_h2_abandon(struct lg_h2 *h2, struct lg_vu *vu);
void lg_h2_input(struct lg_h2 *h2, const char *data, size_t size);
/* Writes the frames that are due, as many as the connection's queue takes. */
void lg_h2_flush(struct lg_h2 *h2);
/*
 * A write costs more than all else about a request. Where many users share a connection, the next requests of
 * a few of them may wait a moment for the others'; not in the open model, whose starts are due.
 */
bool lg_h2_is_patient(const struct lg_h2 *h2);
/* The connection has come to an end: 0 in good order, else errno. */
void lg_h2_ended(struct lg_h2 *h2, int error);

/* What is sent for a request, made once for a run; 0, or -1 when memory is out. */
int lg_h2_prepare(struct lg_request *request, const struct lg_url *url);
void lg_h2_release(struct lg_request *request);

#endif
