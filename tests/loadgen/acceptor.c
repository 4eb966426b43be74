#include "acceptor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 4096 /* connections in its life */

struct taken {
	struct acceptor *acceptor;
	pthread_t thread;
	int fd;    /* -1: done with */
	int other; /* that it has adopted, -1: none */
	unsigned number;
};

struct acceptor {
	serve_fn *serve;
	void *context;
	int listener;
	uint16_t port;
	pthread_t thread;
	pthread_mutex_t lock;
	unsigned count;
	bool stopping;
	struct taken taken[MOST];
};

bool put_all(int fd, const void *data, size_t size)
{
	for (const char *at = data; size;) {
		ssize_t n = send(fd, at, size, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

int connect_to(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		abort();
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

static void *serve(void *argument)
{
	struct taken *taken = argument;
	struct acceptor *acceptor = taken->acceptor;

	acceptor->serve(acceptor->context, taken->fd, taken->number);
	pthread_mutex_lock(&acceptor->lock);
	close(taken->fd);
	if (taken->other >= 0)
		close(taken->other);
	taken->fd = taken->other = -1;
	pthread_mutex_unlock(&acceptor->lock);
	return NULL;
}

static void take(struct acceptor *acceptor, int fd)
{
	struct taken *taken = &acceptor->taken[acceptor->count];

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	*taken = (struct taken){.acceptor = acceptor, .fd = fd, .other = -1, .number = acceptor->count};
	if (pthread_create(&taken->thread, NULL, serve, taken) != 0)
		abort();
	acceptor->count++;
}

static void *accept_all(void *argument)
{
	struct acceptor *acceptor = argument;
	int fd;

	while ((fd = accept4(acceptor->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0 || errno == ECONNABORTED) {
		pthread_mutex_lock(&acceptor->lock);
		if (fd >= 0 && (acceptor->stopping || acceptor->count == MOST))
			close(fd);
		else if (fd >= 0)
			take(acceptor, fd);
		pthread_mutex_unlock(&acceptor->lock);
	}
	return NULL;
}

struct acceptor *acceptor_start(serve_fn *function, void *context)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct acceptor *acceptor = calloc(1, sizeof *acceptor);

	if (!acceptor)
		abort();
	acceptor->serve = function;
	acceptor->context = context;
	pthread_mutex_init(&acceptor->lock, NULL);
	acceptor->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (acceptor->listener < 0 ||
	    bind(acceptor->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(acceptor->listener, 512) < 0 ||
	    getsockname(acceptor->listener, (struct sockaddr *)&address, &(socklen_t){sizeof address}) < 0)
		abort();
	acceptor->port = ntohs(address.sin_port);
	if (pthread_create(&acceptor->thread, NULL, accept_all, acceptor) != 0)
		abort();
	return acceptor;
}

uint16_t acceptor_port(const struct acceptor *acceptor)
{
	return acceptor->port;
}

unsigned acceptor_count(struct acceptor *acceptor)
{
	unsigned count;

	pthread_mutex_lock(&acceptor->lock);
	count = acceptor->count;
	pthread_mutex_unlock(&acceptor->lock);
	return count;
}

static void shut_down(const struct taken *taken)
{
	if (taken->fd >= 0)
		shutdown(taken->fd, SHUT_RDWR);
	if (taken->other >= 0)
		shutdown(taken->other, SHUT_RDWR);
}

void acceptor_adopt(struct acceptor *acceptor, unsigned number, int fd)
{
	pthread_mutex_lock(&acceptor->lock);
	acceptor->taken[number].other = fd;
	if (acceptor->stopping)
		shut_down(&acceptor->taken[number]);
	pthread_mutex_unlock(&acceptor->lock);
}

void acceptor_stop(struct acceptor *acceptor)
{
	pthread_mutex_lock(&acceptor->lock);
	acceptor->stopping = true;
	for (unsigned i = 0; i < acceptor->count; i++)
		shut_down(&acceptor->taken[i]);
	pthread_mutex_unlock(&acceptor->lock);
	shutdown(acceptor->listener, SHUT_RDWR);
	pthread_join(acceptor->thread, NULL);
	for (unsigned i = 0; i < acceptor->count; i++)
		pthread_join(acceptor->taken[i].thread, NULL);
	close(acceptor->listener);
	pthread_mutex_destroy(&acceptor->lock);
	free(acceptor);
}
