/* What the stand-in's own files share. */
#ifndef TESTS_CAPTURE_STAND_IN_TLS_H
#define TESTS_CAPTURE_STAND_IN_TLS_H

#include <openssl/ssl.h>

#include "stand_in.h"

SSL_CTX *tls_context(const struct identity *identity, bool wants_client);

/* A connection to 127.0.0.1, or -1. */
int connect_to(uint16_t port);
/* Bytes between a peer and a port on 127.0.0.1 until one side ends; `opened` (may be NULL) is called once
 * connected. -1: it refuses. */
int splice_to(struct peer *peer, uint16_t port, bool (*opened)(struct peer *peer),
              ssize_t (*take)(struct peer *peer, uint8_t *data, size_t room),
              bool (*give)(struct peer *peer, const uint8_t *data, size_t size));

#endif
