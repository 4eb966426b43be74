#include "front.h"

#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 16384

/* One connection. */
struct carried {
	struct front *front;
	int client, server; /* -1: not connected to it yet */
	SSL *ssl;           /* NULL: none */
	BIO *in, *out;      /* its wire */
	size_t left;        /* bytes to the client before the cut */
	unsigned number, writes;
	bool shaken, cut;
};

static void must(int good)
{
	if (!good)
		abort();
}

/* ---- the wire to the client -------------------------------------------------------- */

/* False: that was all it gets. */
static bool put_client(struct carried *c, const char *data, size_t size)
{
	size_t share = size < c->left ? size : c->left, step = c->front->behaviour.drip ? 1 : share;

	for (size_t at = 0; at < share; at += step)
		if (!put_all(c->client, data + at, step))
			return false;
	c->front->to_clients += share;
	c->left -= share;
	c->cut = share < size;
	c->front->cuts += c->cut;
	return !c->cut;
}

static bool flush_tls(struct carried *c)
{
	char data[CHUNK];
	int size;

	while ((size = BIO_read(c->out, data, sizeof data)) > 0)
		if (!put_client(c, data, (size_t)size))
			return false;
	return true;
}

static bool to_client(struct carried *c, const char *data, size_t size)
{
	unsigned often = c->front->behaviour.new_keys;

	if (!c->ssl)
		return put_client(c, data, size);
	if (often && ++c->writes % often == 0)
		must(SSL_key_update(c->ssl, SSL_KEY_UPDATE_REQUESTED));
	return SSL_write(c->ssl, data, (int)size) == (int)size && flush_tls(c);
}

static void say_goodbye(struct carried *c)
{
	if (c->ssl && c->shaken && !c->front->behaviour.rude && !c->cut) {
		SSL_shutdown(c->ssl);
		flush_tls(c);
	}
	if (c->ssl)
		SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	ERR_clear_error();
	shutdown(c->client, SHUT_WR);
}

/* ---- what comes ---------------------------------------------------------------------- */

static bool connect_behind(struct carried *c)
{
	const struct front_behaviour *behaviour = &c->front->behaviour;
	const unsigned char *alpn = NULL;
	unsigned size = 0;
	bool h2;

	if (c->ssl)
		SSL_get0_alpn_selected(c->ssl, &alpn, &size);
	h2 = size == 2 && !memcmp(alpn, "h2", 2);
	c->front->h2 += h2;
	c->server = connect_to(h2 ? behaviour->h2_port : behaviour->port);
	if (c->server < 0)
		return false;
	acceptor_adopt(c->front->acceptor, c->number, c->server);
	return true;
}

static void note_names(struct carried *c)
{
	const char *server = SSL_get_servername(c->ssl, TLSEXT_NAMETYPE_host_name);
	X509 *certificate = SSL_get0_peer_certificate(c->ssl);
	struct front *front = c->front;

	pthread_mutex_lock(&front->lock);
	snprintf(front->server_name, sizeof front->server_name, "%s", server ? server : "");
	*front->client_name = '\0';
	if (certificate)
		X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
		                          front->client_name, sizeof front->client_name);
	pthread_mutex_unlock(&front->lock);
}

static void note_error(struct front *front)
{
	int reason = ERR_GET_REASON(ERR_peek_error());

	if (ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET)
		front->alert = reason - SSL_AD_REASON_OFFSET;
	ERR_clear_error();
}

static bool shake_hands(struct carried *c)
{
	int status = SSL_do_handshake(c->ssl);

	if (status != 1 && SSL_get_error(c->ssl, status) == SSL_ERROR_WANT_READ)
		return flush_tls(c);
	if (status != 1)
		note_error(c->front);
	if (!flush_tls(c) || status != 1)
		return false;
	c->shaken = true;
	c->front->handshakes++;
	c->front->resumed += SSL_session_reused(c->ssl) != 0;
	note_names(c);
	return connect_behind(c);
}

/* Plain bytes to the server behind; false: the client has said goodbye, or nonsense. */
static bool carry_plain(struct carried *c)
{
	char data[CHUNK];
	int size;

	while ((size = SSL_read(c->ssl, data, sizeof data)) > 0)
		if (!put_all(c->server, data, (size_t)size))
			return true; /* what it has said before is still to be carried */
	if (SSL_get_error(c->ssl, size) == SSL_ERROR_WANT_READ)
		return flush_tls(c);
	if (SSL_get_error(c->ssl, size) == SSL_ERROR_ZERO_RETURN)
		c->front->farewells++;
	else
		note_error(c->front);
	return false;
}

static bool from_client(struct carried *c)
{
	char data[CHUNK];
	ssize_t size = recv(c->client, data, sizeof data, 0);

	if (size <= 0)
		return false;
	c->front->from_clients += (uint64_t)size;
	if (!c->ssl) {
		put_all(c->server, data, (size_t)size);
		return true;
	}
	must(BIO_write(c->in, data, (int)size) == size);
	if (!c->shaken && !shake_hands(c))
		return false;
	return !c->shaken || carry_plain(c);
}

static bool from_server(struct carried *c)
{
	char data[CHUNK];
	ssize_t size = recv(c->server, data, sizeof data, 0);

	return size > 0 && to_client(c, data, (size_t)size);
}

static void carry(struct carried *c)
{
	for (;;) {
		struct pollfd polls[2] = {{.fd = c->client, .events = POLLIN},
		                          {.fd = c->server, .events = POLLIN}};

		poll(polls, 2, -1);
		if (polls[1].revents && !from_server(c))
			break;
		if (polls[0].revents && !from_client(c))
			break;
	}
	say_goodbye(c);
}

static void serve(void *context, int fd, unsigned number)
{
	struct front *front = context;
	struct carried c = {.front = front, .client = fd, .server = -1, .number = number, .left = SIZE_MAX};

	if (front->behaviour.cut)
		c.left = (size_t)number * front->behaviour.cut;
	if (front->context) {
		c.ssl = SSL_new(front->context);
		c.in = BIO_new(BIO_s_mem());
		c.out = BIO_new(BIO_s_mem());
		must(c.ssl && c.in && c.out);
		SSL_set_bio(c.ssl, c.in, c.out);
		SSL_set_accept_state(c.ssl);
	}
	if (c.ssl || connect_behind(&c))
		carry(&c);
	SSL_free(c.ssl);
}

/* ---- the whole ------------------------------------------------------------------------- */

static int choose_alpn(SSL *ssl, const unsigned char **ret, unsigned char *ret_size,
                       const unsigned char *offered, unsigned offered_size, void *context)
{
	const struct front *front = context;
	const unsigned char *taken = (const unsigned char *)front->behaviour.alpn;
	unsigned char *choice;

	(void)ssl;
	if (SSL_select_next_proto(&choice, ret_size, taken, (unsigned)strlen(front->behaviour.alpn), offered,
	                          offered_size) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*ret = choice;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *new_context(struct front *front)
{
	const struct front_behaviour *behaviour = &front->behaviour;
	SSL_CTX *ret = SSL_CTX_new(TLS_server_method());

	must(ret != NULL);
	must(SSL_CTX_use_certificate(ret, behaviour->identity->certificate));
	must(SSL_CTX_use_PrivateKey(ret, behaviour->identity->key));
	must(SSL_CTX_set_session_id_context(ret, (const unsigned char *)"front", 5));
	if (behaviour->version) {
		must(SSL_CTX_set_min_proto_version(ret, behaviour->version) > 0);
		must(SSL_CTX_set_max_proto_version(ret, behaviour->version) > 0);
	}
	if (behaviour->alpn)
		SSL_CTX_set_alpn_select_cb(ret, choose_alpn, front);
	if (behaviour->clients) {
		SSL_CTX_set_verify(ret, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		must(X509_STORE_add_cert(SSL_CTX_get_cert_store(ret), behaviour->clients->certificate));
	}
	return ret;
}

void front_start(struct front *front, const struct front_behaviour *behaviour)
{
	const char *scheme = behaviour->identity ? "https" : "http";

	memset(front, 0, sizeof *front);
	front->behaviour = *behaviour;
	front->alert = -1;
	pthread_mutex_init(&front->lock, NULL);
	if (behaviour->identity)
		front->context = new_context(front);
	front->acceptor = acceptor_start(serve, front);
	snprintf(front->url, sizeof front->url, "%s://127.0.0.1:%u/", scheme, acceptor_port(front->acceptor));
	snprintf(front->named_url, sizeof front->named_url, "%s://localhost:%u/", scheme,
	         acceptor_port(front->acceptor));
}

void front_stop(struct front *front)
{
	acceptor_stop(front->acceptor);
	SSL_CTX_free(front->context);
	pthread_mutex_destroy(&front->lock);
}
