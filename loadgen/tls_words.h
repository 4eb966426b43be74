/* What went wrong with TLS, told to who chose the options. */
#ifndef LOADGEN_TLS_WORDS_H
#define LOADGEN_TLS_WORDS_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "loadgen/loadgen.h"

struct lg_tls_failure {
	const SSL *ssl;
	const char *host;
	bool wants_h2; /* nothing but HTTP/2 was offered */
	bool asked;    /* the server asked for a client certificate */
};

/* By the thread's queue of errors, which is empty then, and by the outcome of verification. */
void lg_tls_describe(const struct lg_tls_failure *failure, char ret[LG_ERROR_SIZE]);

/* Of a file that OpenSSL did not take, likewise; returns -1. */
int lg_tls_refuse_file(const char *what, const char *path, char error[LG_ERROR_SIZE]);

#endif
