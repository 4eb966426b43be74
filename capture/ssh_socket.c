#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/clock.h"
#include "capture/failure.h"
#include "capture/ssh.h"

#define LOOK_MS       100
#define UNANSWERED_MS 35000U /* as the tunnel's silence */

/* 0 or an errno; ECANCELED and ETIMEDOUT are ours. */
static int wait_connected(int fd, int64_t deadline, const atomic_int *cancel)
{
	struct pollfd polled = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof(int);
	int cause = 0;

	while (poll(&polled, 1, LOOK_MS) <= 0) {
		if (cancel && *cancel)
			return ECANCELED;
		if (clock_now() >= deadline)
			return ETIMEDOUT;
	}
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &size);
	return cause;
}

static void tune(int fd)
{
	const int on = 1;
	const unsigned unanswered = UNANSWERED_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered, sizeof unanswered);
}

/* A connected socket, or -1 with errno. */
static int connect_to(const struct addrinfo *address, int64_t deadline, const atomic_int *cancel)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), cause;

	if (fd < 0)
		return -1;
	tune(fd);
	cause = connect(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
	if (cause == EINPROGRESS)
		cause = wait_connected(fd, deadline, cancel);
	if (!cause)
		return fd;
	close(fd);
	errno = cause;
	return -1;
}

static int straight(const struct cap_ssh_options *options, int64_t deadline, const atomic_int *cancel,
                    struct cap_error *error)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *addresses;
	char port[8];
	int fd = -1, status;

	snprintf(port, sizeof port, "%u", options->port);
	status = getaddrinfo(options->host, port, &hints, &addresses);
	if (status != 0) {
		failure_set(error, CAP_DNS, "ssh: cannot resolve '%s': %s", options->host,
		            gai_strerror(status));
		return -1;
	}
	for (const struct addrinfo *at = addresses; at && fd < 0; at = at->ai_next)
		fd = connect_to(at, deadline, cancel);
	if (fd < 0)
		failure_set(error, errno == ECANCELED ? CAP_CANCELLED : CAP_CONNECT,
		            "ssh: cannot connect to '%s:%u': %s", options->host, options->port,
		            strerrordesc_np(errno));
	freeaddrinfo(addresses);
	return fd;
}

int ssh_socket(const struct cap_ssh_options *options, struct cap_ssh *jump, int64_t deadline,
               const atomic_int *cancel, struct cap_error *error)
{
	if (jump)
		return cap_ssh_dial(jump, options->host, options->port, error);
	return straight(options, deadline, cancel, error);
}
