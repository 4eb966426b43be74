/*
 * TLS of a run and of its connections, by OpenSSL: SNI, ALPN, verification of name or address, client
 * certificates, session resumption within a thread. OpenSSL touches no socket: bytes come from lg_tls_input
 * and go to the connection's queue.
 *
 * Whatever calls the connection may find itself closed by it: a session that is freed meanwhile lives until
 * its function returns, and does not touch the connection any more.
 */
#ifndef LOADGEN_TLS_H
#define LOADGEN_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/loadgen.h"

struct lg_tls;
struct lg_tls_session;
struct lg_connection;
struct lg_job;

/* 0, or -1 with a line: a file that cannot be read, a key that does not fit. The job's hosts and threads are
 * known. */
int lg_tls_new(const struct lg_job *job, struct lg_tls **ret, char error[LG_ERROR_SIZE]);
void lg_tls_free(struct lg_tls *tls);

/* For the connection to its host; NULL when memory is out. The first lg_tls_input, of nothing, begins the
 * handshake; lg_connection_secured is called when it is over. */
struct lg_tls_session *lg_tls_begin(struct lg_tls *tls, struct lg_connection *connection);
void lg_tls_session_free(struct lg_tls_session *session);
/* Bytes from the wire: what they hold goes to lg_connection_plain. */
void lg_tls_input(struct lg_tls_session *session, const char *data, size_t size);
/* Bytes for the wire, into the connection's queue. `stable`: as many as it takes, the others follow with
 * lg_tls_flush, and stay where they are until then. 0, or -1: the connection is closed. */
int lg_tls_write(struct lg_tls_session *session, const char *data, size_t size, bool stable);
void lg_tls_flush(struct lg_tls_session *session);
/* Tells the server, if nothing else is under way, that this is the end. */
void lg_tls_close(struct lg_tls_session *session);
/* ALPN chose HTTP/2. */
bool lg_tls_chose_h2(const struct lg_tls_session *session);

#endif
