#include "capture/handover.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FLAGS (SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK)

/* unix(7), autobind: an address of the family alone gets a free abstract name of five digits. */
static int listen_somewhere(struct sockaddr_un *ret, socklen_t *ret_size)
{
	const struct sockaddr family = {.sa_family = AF_UNIX};
	int fd = socket(AF_UNIX, FLAGS, 0);

	*ret_size = sizeof *ret;
	if (fd >= 0 && bind(fd, &family, sizeof family.sa_family) == 0 && listen(fd, 1) == 0 &&
	    getsockname(fd, (struct sockaddr *)ret, ret_size) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

curl_socket_t handover_open(struct handover *handover, struct curl_sockaddr *address)
{
	struct sockaddr_un name;
	socklen_t size;
	int fd;

	handover_release(handover);
	handover->listener = listen_somewhere(&name, &size);
	fd = handover->listener < 0 ? -1 : socket(AF_UNIX, FLAGS, 0);
	if (fd < 0 || size > sizeof address->addr) {
		if (fd >= 0)
			close(fd);
		handover_release(handover);
		return CURL_SOCKET_BAD;
	}
	address->family = AF_UNIX;
	address->protocol = 0;
	address->addrlen = size;
	memcpy(&address->addr, &name, size);
	return fd;
}

static bool is_ours(int fd)
{
	struct ucred peer = {0};
	socklen_t size = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == getpid();
}

int handover_take(struct handover *handover)
{
	int fd;

	if (handover->listener < 0)
		return -1;
	while ((fd = accept4(handover->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (is_ours(fd)) {
			handover_release(handover);
			return fd;
		}
		close(fd);
	}
	return -1;
}

void handover_release(struct handover *handover)
{
	if (handover->listener >= 0)
		close(handover->listener);
	handover->listener = -1;
}
