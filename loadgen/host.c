#include "loadgen/host.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "loadgen/text.h"

static unsigned count_of(const struct addrinfo *list)
{
	unsigned count = 0;

	for (; list && count < LG_HOST_MAX_ADDRESSES; list = list->ai_next)
		count++;
	return count;
}

static int copy_addresses(struct lg_host *host, const struct addrinfo *list, char *error)
{
	unsigned count = count_of(list);
	struct lg_address *addresses = calloc(count, sizeof *addresses);

	if (!addresses)
		return lg_error_set(error, "out of memory for %u addresses", count);
	for (unsigned i = 0; i < count; i++, list = list->ai_next) {
		memcpy(&addresses[i].storage, list->ai_addr, list->ai_addrlen);
		addresses[i].size = list->ai_addrlen;
	}
	host->addresses = addresses;
	host->address_count = count;
	return 0;
}

int lg_host_resolve(struct lg_host *host, char error[LG_ERROR_SIZE])
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list = NULL;
	char port[8];
	int status;

	snprintf(port, sizeof port, "%u", host->url.port);
	status = getaddrinfo(host->url.host, port, &hints, &list);
	if (status)
		return lg_error_set(error, "cannot resolve '%s': %s", host->url.host,
		                    status == EAI_SYSTEM ? strerror(errno) : gai_strerror(status));
	status = copy_addresses(host, list, error);
	freeaddrinfo(list);
	return status;
}

void lg_host_release(struct lg_host *host)
{
	free(host->addresses);
	*host = (struct lg_host){0};
}

bool lg_host_is(const struct lg_host *host, const struct lg_url *url)
{
	return host->tls == url->tls && host->url.port == url->port &&
	       strcasecmp(host->url.host, url->host) == 0;
}

void lg_address_text(const struct lg_address *address, char ret[LG_ADDRESS_TEXT])
{
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getnameinfo((const struct sockaddr *)&address->storage, address->size, host, sizeof host, port,
	                sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(ret, LG_ADDRESS_TEXT, "?");
	else
		snprintf(ret, LG_ADDRESS_TEXT, address->storage.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
		         host, port);
}

int lg_address_connect(const struct lg_address *address)
{
	int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	if (connect(fd, (const struct sockaddr *)&address->storage, address->size) < 0 &&
	    errno != EINPROGRESS) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}
