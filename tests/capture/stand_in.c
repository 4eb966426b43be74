#include "stand_in.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stand_in_tls.h"

struct peer {
	struct peer *next;
	struct stand_in *server;
	pthread_t thread;
	unsigned number;
	int fd; /* -1: closed */
	SSL *ssl;
	uint8_t in[16384];
	size_t begin, end;
};

struct stand_in {
	struct stand_in_options options;
	SSL_CTX *tls;
	int listener;
	uint16_t port;
	char url[64];
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	bool stopping;
	unsigned accepted;
	struct peer *peers;
};

/* ---- bytes --------------------------------------------------------------------------- */

static size_t fill(struct peer *peer)
{
	ssize_t got;

	if (peer->begin < peer->end)
		return peer->end - peer->begin;
	if (peer->ssl)
		got = SSL_read(peer->ssl, peer->in, sizeof peer->in);
	else
		got = recv(peer->fd, peer->in, sizeof peer->in, 0);
	peer->begin = 0;
	peer->end = got > 0 ? (size_t)got : 0;
	return peer->end;
}

size_t peer_read(struct peer *peer, void *data, size_t room)
{
	size_t there = fill(peer), size = there < room ? there : room;

	memcpy(data, peer->in + peer->begin, size);
	peer->begin += size;
	return size;
}

bool peer_read_exactly(struct peer *peer, void *data, size_t size)
{
	size_t done = 0, got;

	while (done < size && (got = peer_read(peer, (char *)data + done, size - done)) > 0)
		done += got;
	return done == size;
}

uint64_t peer_read_to_end(struct peer *peer)
{
	uint8_t data[4096];
	uint64_t total = 0;
	size_t got;

	while ((got = peer_read(peer, data, sizeof data)) > 0)
		total += got;
	return total;
}

bool peer_read_head(struct peer *peer, char *ret, size_t room)
{
	size_t length = 0;

	ret[0] = '\0';
	while (length + 1 < room && peer_read(peer, ret + length, 1) == 1) {
		ret[++length] = '\0';
		if (length >= 4 && memcmp(ret + length - 4, "\r\n\r\n", 4) == 0)
			return true;
	}
	return false;
}

bool peer_readable(struct peer *peer, int ms)
{
	struct pollfd polled = {.fd = peer->fd, .events = POLLIN};

	if (peer->begin < peer->end || (peer->ssl && SSL_pending(peer->ssl)))
		return true;
	return poll(&polled, 1, ms) > 0;
}

bool peer_write(struct peer *peer, const void *data, size_t size)
{
	while (size) {
		ssize_t sent;

		if (peer->ssl)
			sent = SSL_write(peer->ssl, data, size < 16384 ? (int)size : 16384);
		else
			sent = send(peer->fd, data, size, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		data = (const char *)data + sent;
		size -= (size_t)sent;
	}
	return true;
}

bool peer_say(struct peer *peer, const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;
	bool good;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return false;
	good = peer_write(peer, text, (size_t)length);
	free(text);
	return good;
}

bool peer_answer(struct peer *peer, int status, const char *type, const char *body)
{
	return peer_say(peer, "HTTP/1.1 %d Said\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", status,
	                type ? type : "text/plain", strlen(body), body);
}

void peer_reset(struct peer *peer)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void peer_end(struct peer *peer)
{
	shutdown(peer->fd, SHUT_WR);
}

bool peer_wait(struct peer *peer, _Atomic int *gate, int value)
{
	struct stand_in *server = peer->server;
	bool stopping = false;

	while (*gate < value && !stopping) {
		usleep(2000);
		pthread_mutex_lock(&server->lock);
		stopping = server->stopping;
		pthread_mutex_unlock(&server->lock);
	}
	return !stopping;
}

unsigned peer_number(const struct peer *peer)
{
	return peer->number;
}

/* ---- a connection's thread --------------------------------------------------------------- */

/* Bytes that nobody has read would turn the end into a reset, and that might overtake the alert. */
static void refuse_tls(struct peer *peer)
{
	shutdown(peer->fd, SHUT_WR);
	while (recv(peer->fd, peer->in, sizeof peer->in, 0) > 0)
		;
}

static void *serve(void *context)
{
	struct peer *peer = context;
	struct stand_in *server = peer->server;
	int fd = peer->fd;

	if (server->tls) {
		peer->ssl = SSL_new(server->tls);
		SSL_set_fd(peer->ssl, fd);
	}
	if (!peer->ssl || SSL_accept(peer->ssl) == 1)
		server->options.script(peer, server->options.context);
	else
		refuse_tls(peer);
	SSL_free(peer->ssl);
	ERR_clear_error();
	pthread_mutex_lock(&server->lock);
	peer->fd = -1; /* from here on the number may be another's */
	pthread_mutex_unlock(&server->lock);
	close(fd);
	return NULL;
}

static void begin(struct stand_in *server, int fd)
{
	struct peer *peer = calloc(1, sizeof *peer);
	const int yes = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	pthread_mutex_lock(&server->lock);
	*peer = (struct peer){.next = server->peers, .server = server, .number = server->accepted, .fd = fd};
	if (!server->stopping && pthread_create(&peer->thread, NULL, serve, peer) == 0) {
		server->peers = peer;
		server->accepted++;
	} else {
		close(fd);
		free(peer);
	}
	pthread_mutex_unlock(&server->lock);
}

static void *listen_on(void *context)
{
	struct stand_in *server = context;
	int fd;

	while ((fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		begin(server, fd);
	return NULL;
}

/* ---- the server as tests see it ------------------------------------------------------------ */

static int listener_make(const struct stand_in_options *options, uint16_t *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (options->buffer) {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &options->buffer, sizeof options->buffer);
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &options->buffer, sizeof options->buffer);
	}
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 512) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
		perror("a listener on 127.0.0.1");
		exit(1);
	}
	*ret_port = ntohs(address.sin_port);
	return fd;
}

struct stand_in *stand_in_start(const struct stand_in_options *options)
{
	struct stand_in *server = calloc(1, sizeof *server);
	sigset_t all, before;

	server->options = *options;
	server->tls = options->tls ? tls_context(options->tls, options->wants_client) : NULL;
	server->listener = listener_make(options, &server->port);
	snprintf(server->url, sizeof server->url, "%s://127.0.0.1:%u", options->tls ? "https" : "http",
	         server->port);
	pthread_mutex_init(&server->lock, NULL);
	sigfillset(&all); /* SSL_write knows no MSG_NOSIGNAL */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&server->thread, NULL, listen_on, server) != 0) {
		perror("a thread");
		exit(1);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return server;
}

uint16_t stand_in_port(const struct stand_in *server)
{
	return server->port;
}

const char *stand_in_url(const struct stand_in *server)
{
	return server->url;
}

unsigned stand_in_accepted(struct stand_in *server)
{
	unsigned accepted;

	pthread_mutex_lock(&server->lock);
	accepted = server->accepted;
	pthread_mutex_unlock(&server->lock);
	return accepted;
}

void stand_in_stop(struct stand_in *server)
{
	if (!server)
		return;
	pthread_mutex_lock(&server->lock);
	server->stopping = true;
	for (struct peer *peer = server->peers; peer; peer = peer->next)
		if (peer->fd >= 0)
			shutdown(peer->fd, SHUT_RDWR);
	pthread_mutex_unlock(&server->lock);
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	while (server->peers) {
		struct peer *peer = server->peers;

		server->peers = peer->next;
		pthread_join(peer->thread, NULL);
		free(peer);
	}
	close(server->listener);
	pthread_mutex_destroy(&server->lock);
	SSL_CTX_free(server->tls);
	free(server);
}

/* ---- to another port -------------------------------------------------------------------------- */

int connect_to(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool send_all(int fd, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		data += sent;
		size -= (size_t)sent;
	}
	return true;
}

int splice_to(struct peer *peer, uint16_t port, bool (*opened)(struct peer *peer),
              ssize_t (*take)(struct peer *peer, uint8_t *data, size_t room),
              bool (*give)(struct peer *peer, const uint8_t *data, size_t size))
{
	struct pollfd polled[2] = {{.fd = peer->fd, .events = POLLIN}, {.events = POLLIN}};
	uint8_t data[32768];
	int fd = connect_to(port);
	bool going = fd >= 0;

	if (going && opened)
		going = opened(peer);
	polled[1].fd = fd;
	while (going && (peer_readable(peer, 0) || poll(polled, 2, -1) > 0)) {
		ssize_t got, came;

		if (peer_readable(peer, 0)) {
			got = take(peer, data, sizeof data);
			going = got >= 0 && send_all(fd, data, (size_t)got);
		}
		came = going ? recv(fd, data, sizeof data, MSG_DONTWAIT) : -1;
		if (came > 0)
			going = give(peer, data, (size_t)came);
		else if (came == 0)
			going = false;
	}
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static ssize_t take_plain(struct peer *peer, uint8_t *data, size_t room)
{
	size_t got = peer_read(peer, data, room);

	return got ? (ssize_t)got : -1;
}

static bool give_plain(struct peer *peer, const uint8_t *data, size_t size)
{
	return peer_write(peer, data, size);
}

static bool say_established(struct peer *peer)
{
	return peer_say(peer, "HTTP/1.1 200 Connection established\r\n\r\n");
}

void script_proxy(struct peer *peer, void *context)
{
	struct proxy_seen *seen = context;
	char head[4096];
	unsigned port = 0;

	if (!peer_read_head(peer, head, sizeof head))
		return;
	sscanf(head, "CONNECT %127s", seen->target);
	sscanf(head, "CONNECT %*[^:]:%u", &port);
	seen->connects++;
	if (seen->refuse) {
		peer_say(peer, "HTTP/1.1 %d Refused\r\nContent-Length: 0\r\n\r\n", seen->refuse);
		peer_read_to_end(peer);
	} else if (splice_to(peer, (uint16_t)port, say_established, take_plain, give_plain) < 0) {
		peer_say(peer, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
	}
}

void script_silent(struct peer *peer, void *context)
{
	(void)context;
	peer_read_to_end(peer);
}
