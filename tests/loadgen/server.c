#include "server.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CLIENTS 512

struct client {
	int fd;
	size_t used;
	unsigned answers;
	bool endless;
	int64_t due; /* 0: no request waits for its answer */
	char buffer[8192];
};

struct server {
	struct behaviour behaviour;
	int listener;
	uint16_t port;
	char url[64];
	pthread_t thread;
	_Atomic bool stop, hold, held;
	_Atomic uint64_t answers, accepted;
	_Atomic int adopted;
	struct client clients[MAX_CLIENTS];
	unsigned count;
	char last_request[8193];
};

static int64_t now_ms(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

void sleep_ms(int ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
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
	server->accepted++;
}

/* Length of the whole request in the buffer, 0 if it is not whole. */
static size_t request_length(const struct client *client)
{
	const char *end = memmem(client->buffer, client->used, "\r\n\r\n", 4);
	const char *length = end ? strcasestr(client->buffer, "\r\nContent-Length:") : NULL;
	size_t size = end ? (size_t)(end - client->buffer) + 4 : 0;

	if (length && length < end)
		size += strtoul(length + 17, NULL, 10);
	return size <= client->used ? size : 0;
}

static bool put(int fd, const char *data, size_t size)
{
	while (size) {
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

/* False: the connection is to be dropped. */
static bool answer(struct server *server, struct client *client)
{
	const struct behaviour *behaviour = &server->behaviour;
	const char *text =
		behaviour->answer ? behaviour->answer : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	size_t size = behaviour->answer_size ? behaviour->answer_size : strlen(text);
	size_t step = behaviour->drip ? 1 : size;

	client->due = 0;
	if (behaviour->reset) {
		setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1},
		           sizeof(struct linger));
		return false;
	}
	if (behaviour->close_idle && client->answers == behaviour->close_idle)
		return false;
	client->answers++;
	server->answers++;
	for (size_t at = 0; at < size; at += step)
		if (!put(client->fd, text + at, step))
			return false;
	client->endless = behaviour->endless;
	return !behaviour->close_after;
}

static bool receive(struct server *server, struct client *client)
{
	ssize_t n = recv(client->fd, client->buffer + client->used, sizeof client->buffer - 1 - client->used,
	                 MSG_DONTWAIT);
	size_t size;

	if (n < 0 && errno == EAGAIN)
		return true;
	if (n <= 0)
		return false;
	client->used += (size_t)n;
	client->buffer[client->used] = '\0';
	size = request_length(client);
	if (!size)
		return client->used < sizeof client->buffer - 1;
	memcpy(server->last_request, client->buffer, size);
	server->last_request[size] = '\0';
	memmove(client->buffer, client->buffer + size, client->used - size);
	client->used -= size;
	if (!server->behaviour.silent)
		client->due = now_ms() + server->behaviour.delay_ms;
	return true;
}

static bool serve(struct server *server, struct client *client, short events)
{
	if (events && !receive(server, client))
		return false;
	if (client->endless) {
		ssize_t n = send(client->fd, server->behaviour.endless, strlen(server->behaviour.endless),
		                 MSG_NOSIGNAL | MSG_DONTWAIT);

		return n >= 0 || errno == EAGAIN;
	}
	if (client->due && client->due <= now_ms() && !server->hold)
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

static void *run(void *argument)
{
	struct server *server = argument;
	struct pollfd polls[MAX_CLIENTS + 1];

	while (!server->stop) {
		int fd;

		polls[0] = (struct pollfd){.fd = server->listener, .events = POLLIN};
		for (unsigned i = 0; i < server->count; i++)
			polls[i + 1] = (struct pollfd){.fd = server->clients[i].fd, .events = POLLIN};
		server->held = server->hold;
		poll(polls, server->count + 1, impatient(server) ? 1 : 5);
		for (unsigned i = server->count; i-- > 0;)
			if (!serve(server, &server->clients[i], polls[i + 1].revents))
				drop(server, i);
		while ((fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
			take(server, fd);
		fd = atomic_exchange(&server->adopted, -1);
		if (fd >= 0)
			take(server, fd);
	}
	while (server->count)
		drop(server, 0);
	return NULL;
}

static int listen_on(bool ipv6, uint16_t *port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *address = ipv6 ? (struct sockaddr *)&six : (struct sockaddr *)&four;
	socklen_t size = ipv6 ? sizeof six : sizeof four;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, address, size) < 0 || listen(fd, 512) < 0 ||
	    getsockname(fd, address, &size) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(ipv6 ? six.sin6_port : four.sin_port);
	return fd;
}

struct server *server_start(const struct behaviour *behaviour)
{
	struct server *server = calloc(1, sizeof *server);

	if (!server)
		abort();
	server->behaviour = *behaviour;
	server->adopted = -1;
	server->listener = listen_on(behaviour->ipv6, &server->port);
	if (server->listener < 0) {
		free(server);
		return NULL;
	}
	snprintf(server->url, sizeof server->url,
	         behaviour->ipv6 ? "http://[::1]:%u/" : "http://127.0.0.1:%u/", server->port);
	if (pthread_create(&server->thread, NULL, run, server) != 0)
		abort();
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

uint64_t server_answers(const struct server *server)
{
	return server->answers;
}

uint64_t server_accepted(const struct server *server)
{
	return server->accepted;
}

const char *server_last_request(const struct server *server)
{
	return server->last_request;
}

void server_hold(struct server *server, bool hold)
{
	server->held = !hold;
	server->hold = hold;
	while (server->held != hold)
		sleep_ms(1);
	server->held = !hold;
	while (server->held != hold)
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

uint16_t refusing_port(void)
{
	uint16_t port = 0;
	int fd = listen_on(false, &port);

	if (fd >= 0)
		close(fd);
	return port;
}

static unsigned count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned count = 0;

	if (!dir)
		abort();
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

unsigned count_descriptors(void)
{
	return count_entries("/proc/self/fd");
}

unsigned count_threads(void)
{
	return count_entries("/proc/self/task");
}
