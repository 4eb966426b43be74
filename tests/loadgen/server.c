#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#define MAX_CLIENTS   512
#define ENDLESS_SHARE 256

struct client {
	int fd;
	size_t head;      /* bytes of it that are in */
	size_t body;      /* bytes of it that are behind the head */
	size_t body_left; /* of the request being read */
	unsigned answers;
	bool endless, deaf;
	size_t endless_at;
	int64_t due; /* 0: no request waits for its answer */
	char buffer[8192];
};

struct server {
	struct behaviour behaviour;
	int listener;
	uint16_t port;
	char url[64];
	pthread_t thread;
	_Atomic bool stop, hold, held, drop_all;
	_Atomic uint64_t counts[MARKS], faults;
	int64_t instants[MARKS][SERVER_NOTES];
	_Atomic int adopted;
	struct client clients[MAX_CLIENTS];
	unsigned count;
	char last_head[8193];
	char scratch[65536];
};

static void note(struct server *server, enum mark mark)
{
	uint64_t n = server->counts[mark];

	if (n < SERVER_NOTES)
		server->instants[mark][n] = now_ns();
	server->counts[mark] = n + 1;
}

static void drop(struct server *server, unsigned index)
{
	close(server->clients[index].fd);
	server->clients[index] = server->clients[--server->count];
}

static void take(struct server *server, int fd)
{
	if (server->count == MAX_CLIENTS) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	memset(&server->clients[server->count], 0, sizeof server->clients[0]);
	server->clients[server->count++].fd = fd;
	note(server, ACCEPTED);
}

static bool put(struct server *server, int fd, const char *data, size_t size)
{
	while (size && !server->stop) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			sleep_ms(1);
			continue;
		}
		if (n < 0)
			return false;
		data += n;
		size -= (size_t)n;
	}
	return true;
}

static bool hang_up(struct server *server, struct client *client)
{
	const char *parting = server->behaviour.parting;

	note(server, HUNG_UP);
	if (parting)
		put(server, client->fd, parting, strlen(parting));
	return false;
}

/* False: the connection is to be dropped. */
static bool answer(struct server *server, struct client *client)
{
	const struct behaviour *behaviour = &server->behaviour;
	const char *text =
		behaviour->answer ? behaviour->answer : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	size_t size = behaviour->answer_size ? behaviour->answer_size : strlen(text);
	size_t step = behaviour->drip ? 1 : size;

	client->due = 0;
	if ((behaviour->close_idle && client->answers == behaviour->close_idle) ||
	    (behaviour->dies && server->counts[ANSWERED] >= behaviour->dies))
		return hang_up(server, client);
	client->answers++;
	note(server, ANSWERED);
	for (size_t at = 0; at < size; at += step)
		if (!put(server, client->fd, text + at, step))
			return false;
	client->endless = behaviour->endless;
	if (behaviour->ending == RESETS)
		setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1},
		           sizeof(struct linger));
	return behaviour->ending == STAYS;
}

static void requested(struct server *server, struct client *client)
{
	const struct behaviour *behaviour = &server->behaviour;
	uint64_t nth = server->counts[REQUESTED], round = behaviour->delays ? behaviour->delays : 1;

	if (client->due)
		server->faults++;
	memcpy(server->last_head, client->buffer, client->head);
	server->last_head[client->head] = '\0';
	if (behaviour->see)
		behaviour->see(behaviour->context, server->last_head, client->buffer + client->head,
		               client->body);
	client->head = client->body = 0;
	client->deaf = behaviour->early;
	note(server, REQUESTED);
	if (behaviour->delay_of)
		client->due = now_ns() + behaviour->delay_of(nth) * 1000000LL + 1;
	else if (!behaviour->silent)
		client->due = now_ns() + (int64_t)(nth % round + 1) * behaviour->delay_ms * 1000000 + 1;
}

static size_t content_length(const struct client *client)
{
	static const char name[] = "\r\nContent-Length:";
	const char *at = strcasestr(client->buffer, name);

	return at ? strtoul(at + sizeof name - 1, NULL, 10) : 0;
}

static void take_head(struct server *server, struct client *client, char byte)
{
	client->buffer[client->head++] = byte;
	if (client->head < 4 || memcmp(client->buffer + client->head - 4, "\r\n\r\n", 4) != 0)
		return;
	client->buffer[client->head] = '\0';
	client->body_left = content_length(client);
	if (server->behaviour.body_size && client->body_left != server->behaviour.body_size)
		server->faults++;
	if (!client->body_left || server->behaviour.early)
		requested(server, client);
}

static size_t take_body(struct server *server, struct client *client, const char *data, size_t size)
{
	const struct behaviour *behaviour = &server->behaviour;

	size = size < client->body_left ? size : client->body_left;
	if (client->head + client->body + size <= sizeof client->buffer) {
		memcpy(client->buffer + client->head + client->body, data, size);
		client->body += size;
	}
	if (client->body_left <= behaviour->body_size &&
	    memcmp(behaviour->body + behaviour->body_size - client->body_left, data, size) != 0)
		server->faults++;
	client->body_left -= size;
	if (!client->body_left)
		requested(server, client);
	return size;
}

static bool receive(struct server *server, struct client *client)
{
	ssize_t n = recv(client->fd, server->scratch, sizeof server->scratch, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return true;
	for (ssize_t at = 0; at < n && !client->deaf;) {
		if (client->body_left) {
			at += (ssize_t)take_body(server, client, server->scratch + at, (size_t)(n - at));
			continue;
		}
		if (client->head == sizeof client->buffer - 1)
			return false;
		take_head(server, client, server->scratch[at++]);
	}
	return n > 0;
}

static bool send_endless(const struct server *server, struct client *client)
{
	const char *text = server->behaviour.endless;
	size_t size = strlen(text);

	for (int share = 0; share < ENDLESS_SHARE; share++) {
		ssize_t n = send(client->fd, text + client->endless_at, size - client->endless_at,
		                 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN;
		client->endless_at = (client->endless_at + (size_t)n) % size;
	}
	return true;
}

/* A deaf client is asked for nothing, so what comes is its end. */
static bool serve(struct server *server, struct client *client, short events)
{
	if (events && (client->deaf || !receive(server, client)))
		return false;
	if (client->endless)
		return send_endless(server, client);
	if (client->due && client->due <= now_ns() && !server->hold)
		return answer(server, client);
	return true;
}

static bool impatient(const struct server *server)
{
	for (unsigned i = 0; i < server->count; i++)
		if (server->clients[i].endless || server->clients[i].due)
			return true;
	return false;
}

static void welcome(struct server *server)
{
	int fd;

	while ((fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		take(server, fd);
	fd = atomic_exchange(&server->adopted, -1);
	if (fd >= 0)
		take(server, fd);
}

static void *run(void *argument)
{
	struct server *server = argument;
	struct pollfd polls[MAX_CLIENTS + 1];

	while (!server->stop) {
		polls[0] = (struct pollfd){.fd = server->listener, .events = POLLIN};
		for (unsigned i = 0; i < server->count; i++)
			polls[i + 1] = (struct pollfd){.fd = server->clients[i].fd,
			                               .events = server->clients[i].deaf ? 0 : POLLIN};
		server->held = server->hold;
		poll(polls, server->count + 1, impatient(server) ? 1 : 5);
		for (unsigned i = server->count; i-- > 0;)
			if (!serve(server, &server->clients[i], polls[i + 1].revents))
				drop(server, i);
		welcome(server);
		if (server->drop_all) {
			while (server->count)
				drop(server, 0);
			server->drop_all = false;
		}
	}
	while (server->count)
		drop(server, 0);
	return NULL;
}

static int bound_socket(bool ipv6, uint16_t *port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *address = ipv6 ? (struct sockaddr *)&six : (struct sockaddr *)&four;
	socklen_t size = ipv6 ? sizeof six : sizeof four;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, address, size) < 0 || getsockname(fd, address, &size) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(ipv6 ? six.sin6_port : four.sin_port);
	return fd;
}

int listening_socket(bool ipv6, int backlog, uint16_t *ret_port)
{
	int fd = bound_socket(ipv6, ret_port);

	if (fd >= 0 && listen(fd, backlog) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int refusing_socket(uint16_t *ret_port)
{
	return bound_socket(false, ret_port);
}

/* A queue of length 0 holds one connection: the first fills it, the second is there to be sure. */
void stuck_init(struct stuck *stuck)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	stuck->fds[0] = listening_socket(false, 0, &stuck->port);
	if (stuck->fds[0] < 0)
		abort();
	address.sin_port = htons(stuck->port);
	for (int i = 1; i < 3; i++) {
		stuck->fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (connect(stuck->fds[i], (struct sockaddr *)&address, sizeof address) < 0 &&
		    errno != EINPROGRESS)
			abort();
	}
	snprintf(stuck->url, sizeof stuck->url, "http://127.0.0.1:%u/", stuck->port);
}

void stuck_release(struct stuck *stuck)
{
	for (int i = 0; i < 3; i++)
		close(stuck->fds[i]);
}

/* Its thread takes no signals: those are the test's. */
static void start_thread(struct server *server)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&server->thread, NULL, run, server) != 0)
		abort();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct server *server_start(const struct behaviour *behaviour)
{
	struct server *server = calloc(1, sizeof *server);

	if (!server)
		abort();
	server->behaviour = *behaviour;
	server->adopted = -1;
	server->listener = listening_socket(behaviour->ipv6, 512, &server->port);
	if (server->listener < 0) {
		free(server);
		return NULL;
	}
	snprintf(server->url, sizeof server->url,
	         behaviour->ipv6 ? "http://[::1]:%u/" : "http://127.0.0.1:%u/", server->port);
	start_thread(server);
	return server;
}

uint16_t server_port(const struct server *server)
{
	return server->port;
}

const char *server_url(const struct server *server)
{
	return server->url;
}

uint64_t server_count(const struct server *server, enum mark mark)
{
	return server->counts[mark];
}

int64_t server_instant(const struct server *server, enum mark mark, uint64_t n)
{
	if (n >= server->counts[mark] || n >= SERVER_NOTES)
		abort();
	return server->instants[mark][n];
}

uint64_t server_faults(const struct server *server)
{
	return server->faults;
}

const char *server_last_head(const struct server *server)
{
	(void)server_count(server, REQUESTED); /* it was counted after it was written */
	return server->last_head;
}

void server_hold(struct server *server, bool hold)
{
	server->held = !hold;
	server->hold = hold;
	while (server->held != hold)
		sleep_ms(1);
}

void server_drop_all(struct server *server)
{
	server->drop_all = true;
	while (server->drop_all)
		sleep_ms(1);
}

void server_adopt(struct server *server, int fd)
{
	int none = -1;

	while (!atomic_compare_exchange_strong(&server->adopted, &none, fd)) {
		none = -1;
		sleep_ms(1);
	}
}

void server_stop(struct server *server)
{
	if (!server)
		return;
	server->stop = true;
	pthread_join(server->thread, NULL);
	close(server->listener);
	if (server->adopted >= 0)
		close(server->adopted);
	free(server);
}
