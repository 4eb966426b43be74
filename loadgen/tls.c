#include "loadgen/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/text.h"
#include "loadgen/tls_words.h"
#include "loadgen/worker.h"

#define RECORD_SIZE 16384 /* RFC 8446, section 5.1: the most that one record holds */

struct lg_tls {
	SSL_CTX *context;
	BIO_METHOD *wire;
	SSL_SESSION **tickets; /* the newest of each thread and host, with which the next one resumes */
	size_t ticket_count;
	bool wants_h2;
};

struct lg_tls_session {
	SSL *ssl;
	struct lg_tls *tls;
	struct lg_connection *connection;
	const char *in; /* from the wire, not read yet */
	size_t in_left;
	const char *out; /* stable bytes that the queue has no room for yet */
	size_t out_left;
	bool secured, failed;
	bool asked;      /* for a client certificate */
	bool busy, dead; /* in lg_tls_input; freed meanwhile */
};

/* ---- the wire ------------------------------------------------------------------ */

static int wire_read(BIO *wire, char *data, int size)
{
	struct lg_tls_session *session = BIO_get_data(wire);
	size_t count = (size_t)size < session->in_left ? (size_t)size : session->in_left;

	BIO_clear_retry_flags(wire);
	if (!count) {
		BIO_set_retry_read(wire);
		return -1;
	}
	memcpy(data, session->in, count);
	session->in += count;
	session->in_left -= count;
	return (int)count;
}

static int wire_write(BIO *wire, const char *data, int size)
{
	struct lg_tls_session *session = BIO_get_data(wire);

	BIO_clear_retry_flags(wire);
	return lg_queue_add(&session->connection->queue, data, (size_t)size) < 0 ? -1 : size;
}

static long wire_control(BIO *wire, int command, long number, void *pointer)
{
	(void)wire, (void)number, (void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *new_wire(void)
{
	BIO_METHOD *ret = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "wire");

	if (!ret)
		return NULL;
	BIO_meth_set_read(ret, wire_read);
	BIO_meth_set_write(ret, wire_write);
	BIO_meth_set_ctrl(ret, wire_control);
	return ret;
}

/* ---- a run's ---------------------------------------------------------------------- */

static SSL_SESSION **ticket_of(const struct lg_tls_session *session)
{
	const struct lg_worker *w = session->connection->worker;

	return &session->tls->tickets[w->index * w->job->host_count +
	                              (size_t)(session->connection->host - w->job->hosts)];
}

static int keep_ticket(SSL *ssl, SSL_SESSION *ticket)
{
	SSL_SESSION **kept = ticket_of(SSL_get_app_data(ssl));

	SSL_SESSION_free(*kept);
	*kept = ticket;
	return 1;
}

static int asked_for_certificate(SSL *ssl, X509 **ret, EVP_PKEY **ret_key)
{
	struct lg_tls_session *session = SSL_get_app_data(ssl);

	(void)ret, (void)ret_key;
	session->asked = true;
	return 0;
}

static int no_password(char *buffer, int size, int writing, void *data)
{
	(void)buffer, (void)size, (void)writing, (void)data;
	return -1;
}

/* Where systems keep what they trust; OpenSSL's own idea of it comes first. Its variables are not looked at.
 */
static void load_system_trust(SSL_CTX *context)
{
	const char *const files[] = {
		X509_get_default_cert_file(),
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/ssl/cert.pem",
	};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (access(files[i], R_OK) == 0 && SSL_CTX_load_verify_file(context, files[i]))
			break;
	SSL_CTX_load_verify_dir(context, X509_get_default_cert_dir());
	ERR_clear_error();
}

static int load_trust(SSL_CTX *context, const struct lg_tls_options *options, char *error)
{
	SSL_CTX_set_verify(context, options->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	if (!options->ca) {
		if (!options->insecure)
			load_system_trust(context);
		return 0;
	}
	if (!SSL_CTX_load_verify_file(context, options->ca))
		return lg_tls_refuse_file("CA", options->ca, error);
	return 0;
}

static int load_certificate(SSL_CTX *context, const struct lg_tls_options *options, char *error)
{
	const char *key = options->key ? options->key : options->cert;

	if (!options->cert)
		return options->key ? lg_error_set(error, "a key without a client certificate is of no use")
		                    : 0;
	SSL_CTX_set_default_passwd_cb(context, no_password);
	if (!SSL_CTX_use_certificate_chain_file(context, options->cert))
		return lg_tls_refuse_file("client certificate", options->cert, error);
	if (!SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM))
		return lg_tls_refuse_file("client key", key, error);
	return 0;
}

static void set_versions_of_http(SSL_CTX *context, enum lg_http_version http)
{
	static const unsigned char both[] = "\2h2\10http/1.1";

	if (http == LG_HTTP_AUTO)
		SSL_CTX_set_alpn_protos(context, both, sizeof both - 1);
	else if (http == LG_HTTP_2)
		SSL_CTX_set_alpn_protos(context, both, 3);
	else
		SSL_CTX_set_alpn_protos(context, both + 3, sizeof both - 4);
}

static int set_up(SSL_CTX *context, const struct lg_plan *plan, char *error)
{
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(context, keep_ticket);
	SSL_CTX_set_client_cert_cb(context, asked_for_certificate);
	set_versions_of_http(context, plan->http);
	if (load_trust(context, &plan->tls, error) < 0)
		return -1;
	return load_certificate(context, &plan->tls, error);
}

int lg_tls_new(const struct lg_job *job, struct lg_tls **ret, char error[LG_ERROR_SIZE])
{
	struct lg_tls *tls = calloc(1, sizeof *tls);

	if (tls) {
		tls->wants_h2 = job->plan->http == LG_HTTP_2;
		tls->ticket_count = (size_t)job->threads * job->host_count;
		tls->tickets = calloc(tls->ticket_count, sizeof *tls->tickets);
		tls->context = SSL_CTX_new(TLS_client_method());
		tls->wire = new_wire();
	}
	if (!tls || !tls->tickets || !tls->context || !tls->wire) {
		ERR_clear_error();
		lg_tls_free(tls);
		return lg_error_set(error, "out of memory for TLS");
	}
	if (set_up(tls->context, job->plan, error) < 0) {
		lg_tls_free(tls);
		return -1;
	}
	*ret = tls;
	return 0;
}

void lg_tls_free(struct lg_tls *tls)
{
	if (!tls)
		return;
	for (size_t i = 0; tls->tickets && i < tls->ticket_count; i++)
		SSL_SESSION_free(tls->tickets[i]);
	free(tls->tickets);
	SSL_CTX_free(tls->context);
	BIO_meth_free(tls->wire);
	free(tls);
}

/* ---- a connection's --------------------------------------------------------------- */

/* Who the server must be, and is told that it is taken for; an address is not (RFC 6066, section 3). */
static bool set_host(SSL *ssl, const struct lg_url *url)
{
	char name[sizeof url->host];
	struct in_addr ignored;
	size_t size = strlen(url->host);

	if (url->ipv6 || inet_pton(AF_INET, url->host, &ignored) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), url->host);
	memcpy(name, url->host, size + 1);
	if (size > 1 && name[size - 1] == '.')
		name[size - 1] = '\0';
	return SSL_set_tlsext_host_name(ssl, name) && SSL_set1_host(ssl, name);
}

static bool prepare(struct lg_tls_session *session)
{
	BIO *wire = BIO_new(session->tls->wire);
	SSL *ssl = SSL_new(session->tls->context);

	if (!wire || !ssl) {
		BIO_free(wire);
		SSL_free(ssl);
		return false;
	}
	BIO_set_data(wire, session);
	BIO_set_init(wire, 1);
	SSL_set_bio(ssl, wire, wire);
	SSL_set_app_data(ssl, session);
	SSL_set_connect_state(ssl);
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	session->ssl = ssl;
	return set_host(ssl, &session->connection->host->url) &&
	       (!*ticket_of(session) || SSL_set_session(ssl, *ticket_of(session)));
}

static void release(struct lg_tls_session *session)
{
	/* else OpenSSL takes the end for a failure, and does not resume what was begun here */
	if (session->secured && !session->failed)
		SSL_set_shutdown(session->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(session->ssl);
	free(session);
}

struct lg_tls_session *lg_tls_begin(struct lg_tls *tls, struct lg_connection *connection)
{
	struct lg_tls_session *session = calloc(1, sizeof *session);

	if (!session)
		return NULL;
	session->tls = tls;
	session->connection = connection;
	if (prepare(session))
		return session;
	ERR_clear_error();
	release(session);
	return NULL;
}

void lg_tls_session_free(struct lg_tls_session *session)
{
	if (!session)
		return;
	session->dead = true;
	if (!session->busy)
		release(session);
}

/* What OpenSSL has to say to the server about it goes out first. */
static void fail(struct lg_tls_session *session)
{
	const struct lg_tls_failure failure = {.ssl = session->ssl,
	                                       .host = session->connection->host->url.host,
	                                       .wants_h2 = session->tls->wants_h2,
	                                       .asked = session->asked};
	char line[LG_ERROR_SIZE];

	session->failed = true;
	lg_tls_describe(&failure, line);
	lg_connection_send(session->connection);
	if (session->secured)
		lg_connection_broken(session->connection, LG_ERROR_TLS, line);
	else
		lg_connection_secured(session->connection, line);
}

static void shake_hands(struct lg_tls_session *session)
{
	int status = SSL_do_handshake(session->ssl);

	if (status == 1) {
		session->secured = true;
		lg_connection_secured(session->connection, NULL);
	} else if (SSL_get_error(session->ssl, status) != SSL_ERROR_WANT_READ) {
		fail(session);
	}
}

static void read_records(struct lg_tls_session *session)
{
	char plain[RECORD_SIZE];

	while (!session->dead && (session->in_left || SSL_pending(session->ssl))) {
		int count = SSL_read(session->ssl, plain, sizeof plain);

		if (count > 0) {
			lg_connection_plain(session->connection, plain, (size_t)count);
			continue;
		}
		switch (SSL_get_error(session->ssl, count)) {
		case SSL_ERROR_WANT_READ:
			break;
		case SSL_ERROR_ZERO_RETURN:
			lg_connection_finished(session->connection);
			return;
		default:
			fail(session);
			return;
		}
	}
}

void lg_tls_input(struct lg_tls_session *session, const char *data, size_t size)
{
	session->in = data;
	session->in_left = size;
	session->busy = true;
	if (!session->secured)
		shake_hands(session);
	if (session->secured)
		read_records(session);
	session->busy = false;
	if (session->dead)
		release(session);
}

static int encrypt(struct lg_tls_session *session, const char *data, size_t size)
{
	if (SSL_write(session->ssl, data, (int)size) == (int)size)
		return 0;
	fail(session);
	return -1;
}

static int write_stable(struct lg_tls_session *session)
{
	struct lg_connection *connection = session->connection;

	while (session->out_left && lg_queue_size(&connection->queue) < LG_QUEUE_FULL) {
		size_t size = session->out_left < RECORD_SIZE ? session->out_left : RECORD_SIZE;

		if (encrypt(session, session->out, size) < 0)
			return -1;
		session->out += size;
		session->out_left -= size;
	}
	connection->more = session->out_left;
	return 0;
}

int lg_tls_write(struct lg_tls_session *session, const char *data, size_t size, bool stable)
{
	if (stable) {
		session->out = data;
		session->out_left = size;
		return write_stable(session);
	}
	for (size_t part; size; data += part, size -= part) {
		part = size < RECORD_SIZE ? size : RECORD_SIZE;
		if (encrypt(session, data, part) < 0)
			return -1;
	}
	return 0;
}

void lg_tls_flush(struct lg_tls_session *session)
{
	if (session->out_left)
		write_stable(session);
}

void lg_tls_close(struct lg_tls_session *session)
{
	if (!session->secured || session->failed || !lg_connection_drained(session->connection))
		return;
	SSL_shutdown(session->ssl);
	ERR_clear_error();
	lg_connection_send(session->connection);
}

bool lg_tls_chose_h2(const struct lg_tls_session *session)
{
	const unsigned char *name;
	unsigned size;

	SSL_get0_alpn_selected(session->ssl, &name, &size);
	return size == 2 && !memcmp(name, "h2", 2);
}
