#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MAX 1024
#define BATCH    64
#define CHUNK    (64U * 1024)

struct client {
	struct client *next, **at; /* in the list of all */
	int fd;
	char head[HEAD_MAX]; /* of the request */
	size_t head_size;
	size_t body_left; /* of the request */
	size_t answered;  /* bytes of the answer that are out */
	bool due;         /* a request waits for its answer, or for the rest of it */
};

struct peer {
	struct peer_behaviour behaviour;
	char url[64], answer_head[128];
	size_t answer_head_size;
	int listener, epoll, wake, adopted[2]; /* a pipe of descriptors */
	pthread_t thread;
	struct client *clients;
	atomic_bool quit;
	_Atomic enum peer_hold hold;
	_Atomic uint64_t accepted, closed, requests, answers, received, sent;
	char chunk[CHUNK];
};

static void die(const char *what)
{
	perror(what);
	abort();
}

/* ---- connections ---------------------------------------------------------------- */

static void watch(struct peer *peer, int fd, void *who)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = who};

	if (epoll_ctl(peer->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll_ctl");
}

static void drop(struct peer *peer, struct client *client)
{
	if (peer->behaviour.reset)
		setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1},
		           sizeof(struct linger));
	close(client->fd);
	*client->at = client->next;
	if (client->next)
		client->next->at = client->at;
	free(client);
	peer->closed++;
}

static void take(struct peer *peer, int fd)
{
	struct client *client = calloc(1, sizeof *client);

	if (!client)
		die("calloc");
	client->fd = fd;
	client->at = &peer->clients;
	client->next = peer->clients;
	if (client->next)
		client->next->at = &client->next;
	peer->clients = client;
	peer->accepted++;
	if (peer->behaviour.cut == CUT_ANSWERED)
		setsockopt(fd, IPPROTO_TCP, TCP_CORK, &(int){1}, sizeof(int));
	if (peer->behaviour.cut == CUT_ACCEPTED)
		drop(peer, client);
	else
		watch(peer, fd, client);
}

/* ---- requests and answers ---------------------------------------------------------- */

/* What there is to read, or only its end: a client that waits is not read from. False: it is gone. */
static bool take_head(struct client *client, const char *data, size_t size, size_t *ret_used)
{
	size_t room = HEAD_MAX - 1 - client->head_size, took = size < room ? size : room;
	const char *end, *length;
	size_t before = client->head_size;

	memcpy(client->head + client->head_size, data, took);
	client->head_size += took;
	client->head[client->head_size] = '\0';
	end = strstr(client->head, "\r\n\r\n");
	*ret_used = took;
	if (!end)
		return client->head_size < HEAD_MAX - 1;
	*ret_used = (size_t)(end + 4 - client->head) - before;
	length = strstr(client->head, "\r\nContent-Length: ");
	client->body_left = length && length < end ? strtoul(length + 18, NULL, 10) : 0;
	client->head_size = 0;
	client->due = !client->body_left;
	return true;
}

static bool take_bytes(struct peer *peer, struct client *client, const char *data, size_t size)
{
	while (size) {
		size_t used = size < client->body_left ? size : client->body_left;

		if (client->due)
			return false; /* a client that does not wait for its answer */
		if (client->body_left) {
			client->body_left -= used;
			client->due = !client->body_left;
		} else if (!take_head(client, data, size, &used)) {
			return false;
		}
		if (client->due)
			peer->requests++;
		data += used;
		size -= used;
	}
	return true;
}

static bool receive(struct peer *peer, struct client *client)
{
	char buffer[CHUNK / 4];
	ssize_t n;

	while ((n = recv(client->fd, buffer, sizeof buffer, 0)) > 0) {
		peer->received += (uint64_t)n;
		if (!take_bytes(peer, client, buffer, (size_t)n))
			return false;
	}
	return n < 0 && errno == EAGAIN;
}

/* The bytes of the answer from `at` on that lie together. */
static const char *piece(const struct peer *peer, size_t at, size_t end, size_t *ret_size)
{
	if (at < peer->answer_head_size) {
		*ret_size = (end < peer->answer_head_size ? end : peer->answer_head_size) - at;
		return peer->answer_head + at;
	}
	*ret_size = end - at < CHUNK ? end - at : CHUNK;
	return peer->chunk;
}

static size_t cut_at(const struct peer *peer)
{
	switch (peer->behaviour.cut) {
	case CUT_REQUESTED:
		return 0;
	case CUT_HEAD:
		return peer->answer_head_size / 2;
	case CUT_BODY:
		return peer->answer_head_size + peer->behaviour.body / 2;
	default:
		return peer_answer_size(peer);
	}
}

static bool answer(struct peer *peer, struct client *client)
{
	size_t end = cut_at(peer);

	peer->answers += !client->answered;
	while (client->answered < end) {
		size_t size;
		const char *data = piece(peer, client->answered, end, &size);
		ssize_t n = send(client->fd, data, size, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN;
		client->answered += (size_t)n;
		peer->sent += (uint64_t)n;
	}
	client->answered = 0;
	client->due = false;
	return peer->behaviour.cut == CUT_NEVER;
}

static void serve(struct peer *peer, struct client *client)
{
	enum peer_hold hold = peer->hold;
	bool go_on = hold == HOLD_ALL || receive(peer, client);

	if (go_on && client->due && hold == HOLD_NOTHING)
		go_on = answer(peer, client);
	if (!go_on)
		drop(peer, client);
}

/* ---- the thread ---------------------------------------------------------------------- */

static void accept_all(struct peer *peer)
{
	int fd;

	while ((fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		take(peer, fd);
	if (errno != EAGAIN && errno != ECONNABORTED)
		die("accept4");
	while (read(peer->adopted[0], &fd, sizeof fd) == sizeof fd)
		take(peer, fd);
}

static void serve_all(struct peer *peer)
{
	for (struct client *client = peer->clients, *next; client; client = next) {
		next = client->next;
		serve(peer, client);
	}
}

static void *run(void *argument)
{
	struct peer *peer = argument;
	struct epoll_event events[BATCH];

	while (!peer->quit) {
		int count = epoll_wait(peer->epoll, events, BATCH, -1);
		uint64_t woken;

		for (int i = 0; i < count; i++)
			if (events[i].data.ptr)
				serve(peer, events[i].data.ptr);
		accept_all(peer);
		if (read(peer->wake, &woken, sizeof woken) == sizeof woken)
			serve_all(peer);
	}
	while (peer->clients)
		drop(peer, peer->clients);
	return NULL;
}

static void wake(struct peer *peer)
{
	if (write(peer->wake, &(uint64_t){1}, sizeof(uint64_t)) < 0)
		die("write");
}

static void listen_on_loopback(struct peer *peer)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;

	peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (peer->listener < 0)
		die("socket");
	if (peer->behaviour.receive_buffer)
		setsockopt(peer->listener, SOL_SOCKET, SO_RCVBUF, &peer->behaviour.receive_buffer,
		           sizeof(int));
	if (bind(peer->listener, (struct sockaddr *)&address, size) < 0 || listen(peer->listener, 4096) < 0 ||
	    getsockname(peer->listener, (struct sockaddr *)&address, &size) < 0)
		die("listen");
	snprintf(peer->url, sizeof peer->url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
}

struct peer *peer_start(const struct peer_behaviour *behaviour)
{
	struct peer *peer = calloc(1, sizeof *peer);

	if (!peer)
		die("calloc");
	peer->behaviour = *behaviour;
	memset(peer->chunk, 'x', sizeof peer->chunk);
	peer->answer_head_size = (size_t)snprintf(
		peer->answer_head, sizeof peer->answer_head,
		"HTTP/1.1 200 OK\r\nServer: peer\r\nContent-Length: %zu\r\n\r\n", behaviour->body);
	listen_on_loopback(peer);
	peer->epoll = epoll_create1(EPOLL_CLOEXEC);
	peer->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (peer->epoll < 0 || peer->wake < 0 || pipe2(peer->adopted, O_CLOEXEC | O_NONBLOCK) < 0)
		die("peer");
	watch(peer, peer->listener, NULL);
	watch(peer, peer->wake, NULL);
	watch(peer, peer->adopted[0], NULL);
	if (pthread_create(&peer->thread, NULL, run, peer) != 0)
		die("pthread_create");
	return peer;
}

const char *peer_url(const struct peer *peer)
{
	return peer->url;
}

struct peer_counts peer_counts(const struct peer *peer)
{
	return (struct peer_counts){.accepted = peer->accepted,
	                            .closed = peer->closed,
	                            .requests = peer->requests,
	                            .answers = peer->answers,
	                            .received = peer->received,
	                            .sent = peer->sent};
}

size_t peer_answer_size(const struct peer *peer)
{
	return peer->answer_head_size + peer->behaviour.body;
}

void peer_hold(struct peer *peer, enum peer_hold hold)
{
	peer->hold = hold;
	wake(peer);
}

void peer_adopt(struct peer *peer, int fd)
{
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || write(peer->adopted[1], &fd, sizeof fd) != sizeof fd)
		die("peer_adopt");
}

void peer_stop(struct peer *peer)
{
	int fd;

	peer->quit = true;
	wake(peer);
	pthread_join(peer->thread, NULL);
	while (read(peer->adopted[0], &fd, sizeof fd) == sizeof fd)
		close(fd);
	close(peer->listener);
	close(peer->epoll);
	close(peer->wake);
	close(peer->adopted[0]);
	close(peer->adopted[1]);
	free(peer);
}
