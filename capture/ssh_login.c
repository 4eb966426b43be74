#include "capture/ssh_login.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>

#include "capture/clock.h"
#include "capture/failure.h"

#define LOOK_MS 100 /* at the cancel flag */

bool ssh_wait(const struct ssh_login *login)
{
	int directions = libssh2_session_block_directions(login->session);
	struct pollfd polled = {.fd = login->socket};

	if (login->cancel && *login->cancel) {
		failure_set(login->error, CAP_CANCELLED, "cancelled");
		return false;
	}
	if (clock_now() >= login->deadline) {
		failure_set(login->error, CAP_TIMEOUT, "ssh: '%s' does not answer in time",
		            login->options->host);
		return false;
	}
	polled.events = (short)((directions & LIBSSH2_SESSION_BLOCK_INBOUND ? POLLIN : 0) |
	                        (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND ? POLLOUT : 0));
	poll(&polled, 1, LOOK_MS);
	return true;
}

enum cap_status ssh_said(const struct ssh_login *login, enum cap_status status, const char *what)
{
	char *said = NULL;

	libssh2_session_last_error(login->session, &said, NULL, 0);
	return failure_set(login->error, status, "ssh: %s '%s:%u': %s", what, login->options->host,
	                   login->options->port, said && *said ? said : "no reason given");
}

static enum cap_status handshake(const struct ssh_login *login)
{
	int status;

	while ((status = libssh2_session_handshake(login->session, login->socket)) == LIBSSH2_ERROR_EAGAIN)
		if (!ssh_wait(login))
			return login->error->status;
	return status == 0 ? CAP_OK : ssh_said(login, CAP_CONNECT, "handshake with");
}

static enum cap_status introduce(const struct ssh_login *login)
{
	struct ssh_known *known = ssh_known_read(login);
	enum cap_status status;

	if (!known)
		return failure_set(login->error, CAP_MEMORY, "out of memory");
	status = handshake(login);
	if (status == CAP_OK)
		status = ssh_known_check(known, login);
	ssh_known_free(known);
	return status == CAP_OK ? ssh_authenticate(login) : status;
}

static void init_library(void)
{
	libssh2_init(0);
}

enum cap_status ssh_login(const struct cap_ssh_options *options, int socket, int64_t deadline,
                          const atomic_int *cancel, LIBSSH2_SESSION **ret, struct cap_error *error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct ssh_login login = {options, NULL, socket, deadline, cancel, error};
	enum cap_status status;

	pthread_once(&once, init_library);
	login.session = libssh2_session_init();
	if (!login.session)
		return failure_set(error, CAP_MEMORY, "out of memory");
	libssh2_session_set_blocking(login.session, 0);
	status = introduce(&login);
	if (status == CAP_OK)
		*ret = login.session;
	else
		libssh2_session_free(login.session);
	return status;
}
