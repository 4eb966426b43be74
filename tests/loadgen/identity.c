#include "identity.h"

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY (24 * 3600L)

static char folder[64];

static void must(int good)
{
	if (!good)
		abort();
}

void identities_init(void)
{
	snprintf(folder, sizeof folder, "/tmp/loadgen-identities-XXXXXX");
	must(mkdtemp(folder) != NULL);
}

const char *identities_path(const char *name)
{
	static char path[96];

	snprintf(path, sizeof path, "%s/%.20s", folder, name);
	return path;
}

void identities_release(void)
{
	DIR *dir = opendir(folder);

	must(dir != NULL);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			must(unlink(identities_path(entry->d_name)) == 0);
	closedir(dir);
	must(rmdir(folder) == 0);
}

static FILE *create(const char *path)
{
	FILE *file = fopen(path, "we");

	must(file != NULL);
	return file;
}

void identities_write(const char *name, const char *text)
{
	FILE *file = create(identities_path(name));

	must(fputs(text, file) >= 0);
	must(fclose(file) == 0);
}

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	must(extension && X509_add_ext(certificate, extension, -1));
	X509_EXTENSION_free(extension);
}

static void fill(X509 *certificate, const struct wish *wish, EVP_PKEY *key)
{
	static long serial;
	X509_NAME *subject = X509_get_subject_name(certificate);
	X509 *issuer = wish->by ? wish->by->certificate : certificate;

	must(X509_set_version(certificate, X509_VERSION_3));
	must(ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial));
	must(X509_gmtime_adj(X509_getm_notBefore(certificate), -30 * DAY) != NULL);
	must(X509_gmtime_adj(X509_getm_notAfter(certificate), wish->days * DAY) != NULL);
	must(X509_set_pubkey(certificate, key));
	must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)wish->name, -1,
	                                -1, 0));
	must(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)));
	extend(certificate, issuer, NID_basic_constraints, wish->by ? "CA:FALSE" : "critical,CA:TRUE");
	extend(certificate, issuer, NID_subject_key_identifier, "hash");
	if (wish->alternatives)
		extend(certificate, issuer, NID_subject_alt_name, wish->alternatives);
	must(X509_sign(certificate, wish->by ? wish->by->key : key, EVP_sha256()));
}

static void write_files(struct identity *identity, const char *name)
{
	FILE *file;

	snprintf(identity->certificate_path, sizeof identity->certificate_path, "%s/%.16s.pem", folder, name);
	snprintf(identity->key_path, sizeof identity->key_path, "%s/%.16s.key", folder, name);
	file = create(identity->certificate_path);
	must(PEM_write_X509(file, identity->certificate));
	must(fclose(file) == 0);
	file = create(identity->key_path);
	must(PEM_write_PrivateKey(file, identity->key, NULL, NULL, 0, NULL, NULL));
	must(fclose(file) == 0);
}

void identity_make(struct identity *ret, const struct wish *wish)
{
	ret->key = EVP_EC_gen("P-256");
	ret->certificate = X509_new();
	must(ret->key && ret->certificate);
	fill(ret->certificate, wish, ret->key);
	write_files(ret, wish->name);
}

void identity_release(struct identity *identity)
{
	X509_free(identity->certificate);
	EVP_PKEY_free(identity->key);
	*identity = (struct identity){0};
}
