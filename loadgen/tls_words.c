#include "loadgen/tls_words.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "loadgen/text.h"

static const char *certificate_words(long result)
{
	switch (result) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return "certificate signed by unknown authority, pass the authority with --cacert";
	case X509_V_ERR_HOSTNAME_MISMATCH:
		return "the certificate is not for this name, use one that it is for";
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return "the certificate is not for this address, use a name that it is for";
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "the certificate has expired, renew it";
	default:
		return X509_verify_cert_error_string(result);
	}
}

static bool is_about_certificate(int alert)
{
	switch (alert) {
	case SSL_AD_HANDSHAKE_FAILURE:
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
	case SSL_AD_CERTIFICATE_REVOKED:
	case SSL_AD_CERTIFICATE_EXPIRED:
	case SSL_AD_CERTIFICATE_UNKNOWN:
	case SSL_AD_UNKNOWN_CA:
	case SSL_AD_ACCESS_DENIED:
	case SSL_AD_CERTIFICATE_REQUIRED:
		return true;
	default:
		return false;
	}
}

static void describe_alert(const struct lg_tls_failure *failure, int alert, char *ret)
{
	const char *host = failure->host, *words = SSL_alert_desc_string_long(alert);
	bool given = SSL_get_certificate(failure->ssl);

	if (alert == SSL_AD_NO_APPLICATION_PROTOCOL)
		lg_error_set(ret, "TLS to '%s': the server %s", host,
		             failure->wants_h2 ? "does not speak HTTP/2"
		                               : "speaks none of the HTTP versions it was offered");
	else if (alert == SSL_AD_PROTOCOL_VERSION)
		lg_error_set(ret, "TLS to '%s': the server and we have no TLS version in common", host);
	else if (!is_about_certificate(alert) || (!given && !failure->asked))
		lg_error_set(ret, "TLS to '%s': refused by the server: %s", host, words);
	else if (given)
		lg_error_set(ret, "TLS to '%s': client certificate refused by the server: %s", host, words);
	else
		lg_error_set(ret,
		             "TLS to '%s': the server wants a client certificate (%s), "
		             "pass one with --cert and --key",
		             host, words);
}

void lg_tls_describe(const struct lg_tls_failure *failure, char ret[LG_ERROR_SIZE])
{
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_REASON(code);

	ERR_clear_error();
	if (ERR_GET_LIB(code) != ERR_LIB_SSL)
		lg_error_set(ret, "TLS to '%s': %s", failure->host,
		             code ? ERR_reason_error_string(code) : "broken off");
	else if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
		lg_error_set(ret, "TLS to '%s': %s; --insecure takes any certificate", failure->host,
		             certificate_words(SSL_get_verify_result(failure->ssl)));
	else if (reason == SSL_R_WRONG_VERSION_NUMBER)
		lg_error_set(ret, "TLS to '%s': what answers there is not TLS, try an http:// url",
		             failure->host);
	else if (reason > SSL_AD_REASON_OFFSET)
		describe_alert(failure, reason - SSL_AD_REASON_OFFSET, ret);
	else
		lg_error_set(ret, "TLS to '%s': %s", failure->host, ERR_reason_error_string(code));
}

int lg_tls_refuse_file(const char *what, const char *path, char error[LG_ERROR_SIZE])
{
	const char *words = "no PEM file of that kind";
	unsigned long code;

	while ((code = ERR_get_error())) {
		if (ERR_SYSTEM_ERROR(code))
			words = strerrordesc_np(ERR_GET_REASON(code));
		else if (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_BAD_PASSWORD_READ)
			words = "it is encrypted, which is not supported: decrypt it first";
		else if (ERR_GET_LIB(code) == ERR_LIB_X509 &&
		         ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH)
			words = "it is not the key of the client certificate";
		else
			continue;
		break;
	}
	ERR_clear_error();
	return lg_error_set(error, "cannot use %s '%s': %s", what, path, words);
}
