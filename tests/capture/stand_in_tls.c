#include "stand_in_tls.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define YEAR (365L * 24 * 3600)

static void give_up(const char *what)
{
	fprintf(stderr, "stand-in: cannot make %s\n", what);
	exit(1);
}

static char *text_of(BIO *bio)
{
	char *data;
	long size = BIO_get_mem_data(bio, &data);
	char *text = strndup(data, (size_t)size);

	BIO_free(bio);
	return text;
}

static void add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	if (!extension || !X509_add_ext(cert, extension, -1))
		give_up("an extension");
	X509_EXTENSION_free(extension);
}

static X509 *cert_make(EVP_PKEY *key, const char *name)
{
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);
	char names[256];

	snprintf(names, sizeof names, name ? "DNS:%s" : "IP:127.0.0.1", name);
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -YEAR);
	X509_gmtime_adj(X509_getm_notAfter(cert), YEAR);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"stand-in", -1, -1, 0);
	X509_set_issuer_name(cert, subject);
	X509_set_pubkey(cert, key);
	add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(cert, NID_subject_alt_name, names);
	if (!X509_sign(cert, key, EVP_sha256()))
		give_up("a certificate");
	return cert;
}

struct identity identity_make(const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *cert_text = BIO_new(BIO_s_mem()), *key_text = BIO_new(BIO_s_mem());
	X509 *cert;

	if (!key)
		give_up("a key");
	cert = cert_make(key, name);
	PEM_write_bio_X509(cert_text, cert);
	PEM_write_bio_PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL);
	X509_free(cert);
	EVP_PKEY_free(key);
	return (struct identity){.cert = text_of(cert_text), .key = text_of(key_text)};
}

void identity_release(struct identity *identity)
{
	free(identity->cert);
	free(identity->key);
	*identity = (struct identity){0};
}

static int any_client(int good, X509_STORE_CTX *store)
{
	(void)good, (void)store;
	return 1;
}

SSL_CTX *tls_context(const struct identity *identity, bool wants_client)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	BIO *cert_text = BIO_new_mem_buf(identity->cert, -1), *key_text = BIO_new_mem_buf(identity->key, -1);
	X509 *cert = PEM_read_bio_X509(cert_text, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(key_text, NULL, NULL, NULL);

	if (!tls || SSL_CTX_use_certificate(tls, cert) != 1 || SSL_CTX_use_PrivateKey(tls, key) != 1)
		give_up("a TLS server");
	if (wants_client)
		SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, any_client);
	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(cert_text);
	BIO_free(key_text);
	return tls;
}
