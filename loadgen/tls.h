/*
 * TLS of a run and of its connections, by OpenSSL: SNI, ALPN, verification of name or address, client
 * certificates, session resumption within a thread. OpenSSL touches no socket: bytes come from lg_tls_input
 * and go to the connection's queue.
 */
#ifndef LOADGEN_TLS_H
#define LOADGEN_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/loadgen.h"

struct lg_tls;
struct lg_tls_session;
struct lg_connection;

/* 0, or -1 with a line: a file that cannot be read, a key that does not fit. */
int lg_tls_new(const struct lg_plan *plan, struct lg_tls **ret, char error[LG_ERROR_SIZE]);
void lg_tls_free(struct lg_tls *tls);

/* Begins the handshake to connection->host; NULL when memory is out. lg_connection_secured is called when it
 * is over. */
struct lg_tls_session *lg_tls_begin(struct lg_tls *tls, struct lg_connection *connection);
void lg_tls_session_free(struct lg_tls_session *session);
/* Bytes from the wire: what they hold goes to lg_connection_plain. */
void lg_tls_input(struct lg_tls_session *session, const char *data, size_t size);
/* Bytes for the wire: into the connection's queue. */
void lg_tls_write(struct lg_tls_session *session, const char *data, size_t size);
/* ALPN chose HTTP/2. */
bool lg_tls_chose_h2(const struct lg_tls_session *session);

#endif
