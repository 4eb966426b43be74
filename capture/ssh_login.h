/*
 * An SSH session up to the point where it can forward: handshake, host key
 * checked, logged in. Private to capture.
 */
#ifndef CAPTURE_SSH_LOGIN_H
#define CAPTURE_SSH_LOGIN_H

#include <libssh2.h>

#include "capture/capture.h"

/* What the steps of a login share. */
struct ssh_login {
	const struct cap_ssh_options *options;
	LIBSSH2_SESSION *session;
	int socket;
	int64_t deadline;         /* CLOCK_MONOTONIC */
	const atomic_int *cancel; /* may be NULL */
	struct cap_error *error;
};

/*
 * Logs in over `socket`, connected or connecting, which stays the caller's. *ret is a non-blocking session.
 * `error` says why not.
 */
enum cap_status ssh_login(const struct cap_ssh_options *options, int socket, int64_t deadline,
                          const atomic_int *cancel, LIBSSH2_SESSION **ret, struct cap_error *error);

/* Waits for what the session waits for; false with `error` set when it cannot go on: time, cancel. */
bool ssh_wait(const struct ssh_login *login);
/* Sets the error to `what` and the session's own words. */
enum cap_status ssh_said(const struct ssh_login *login, enum cap_status status, const char *what);

/* The user's keys, one after another, until one is accepted. (ssh_auth.c) */
enum cap_status ssh_authenticate(const struct ssh_login *login);

struct ssh_known;
/*
 * Reads the files of known hosts and makes the session ask for a key of a type that is known of the host, if
 * there is one. NULL when memory is out. (ssh_known.c)
 */
struct ssh_known *ssh_known_read(const struct ssh_login *login);
/* Is the server's key the known one? After the handshake. */
enum cap_status ssh_known_check(const struct ssh_known *known, const struct ssh_login *login);
void ssh_known_free(struct ssh_known *known);

#endif
