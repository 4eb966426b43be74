/* Certificates for tests, made anew at each start, in a folder of their own. */
#ifndef TESTS_LOADGEN_IDENTITY_H
#define TESTS_LOADGEN_IDENTITY_H

#include <openssl/ssl.h>

struct identity {
	X509 *certificate;
	EVP_PKEY *key;
	char certificate_path[96], key_path[96];
};

/* What kind of certificate it is to be. */
struct wish {
	const char *name;          /* common name, also that of its files */
	const char *alternatives;  /* "DNS:localhost,IP:127.0.0.1"; NULL: none */
	const struct identity *by; /* signs; NULL: signs itself, an authority */
	int days;                  /* it is good for, from now; below 0: it was, until then */
};

/* The folder; removed with all in it. */
void identities_init(void);
void identities_release(void);
/* "FOLDER/name", static until the next call. */
const char *identities_path(const char *name);
/* A file in the folder. */
void identities_write(const char *name, const char *text);

void identity_make(struct identity *ret, const struct wish *wish);
void identity_release(struct identity *identity);

#endif
