#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/failure.h"
#include "capture/ssh_login.h"

/* What was tried, for the message when nothing is accepted. */
struct tried {
	char text[200];
	bool rsa;
};

static void note(struct tried *tried, const char *what, const char *how)
{
	size_t length = strlen(tried->text);

	snprintf(tried->text + length, sizeof tried->text - length, "%s%s%s", length ? ", " : "", what, how);
}

static unsigned length_of(const char *text)
{
	return (unsigned)strlen(text);
}

/* CAP_OK: in. CAP_CONNECT: not with this key. Others end it. */
static enum cap_status judge(const struct ssh_login *login, int status)
{
	switch (status) {
	case 0:
		return CAP_OK;
	case LIBSSH2_ERROR_SOCKET_DISCONNECT:
	case LIBSSH2_ERROR_SOCKET_RECV:
	case LIBSSH2_ERROR_SOCKET_SEND:
		return ssh_said(login, CAP_LOST, "while logging in the connection ended to");
	default:
		return CAP_CONNECT;
	}
}

static enum cap_status try_file(const struct ssh_login *login, const char *path, struct tried *tried)
{
	const char *user = login->options->user;
	enum cap_status result;
	int status;

	if (access(path, F_OK) != 0)
		return CAP_CONNECT;
	while ((status = libssh2_userauth_publickey_fromfile_ex(login->session, user, length_of(user), NULL,
	                                                        path, "")) == LIBSSH2_ERROR_EAGAIN)
		if (!ssh_wait(login))
			return login->error->status;
	result = judge(login, status);
	tried->rsa = tried->rsa || strstr(path, "rsa");
	if (result == CAP_CONNECT)
		note(tried, path,
		     access(path, R_OK) != 0        ? " (cannot be read)"
		     : status == LIBSSH2_ERROR_FILE ? " (encrypted, or no key: load it into ssh-agent)"
		     : status == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED ? " (refused)"
		                                                    : "");
	return result;
}

static enum cap_status try_files(const struct ssh_login *login, const char *const *files, struct tried *tried)
{
	enum cap_status status = CAP_CONNECT;

	for (; files && *files && status == CAP_CONNECT; files++)
		status = try_file(login, *files, tried);
	return status;
}

static enum cap_status try_identities(const struct ssh_login *login, LIBSSH2_AGENT *agent,
                                      struct tried *tried)
{
	struct libssh2_agent_publickey *key = NULL;
	enum cap_status result = CAP_CONNECT;
	unsigned count = 0;
	char keys[32];
	int status;

	for (; libssh2_agent_get_identity(agent, &key, key) == 0 && result == CAP_CONNECT; count++) {
		tried->rsa = tried->rsa || memmem(key->blob, key->blob_len, "ssh-rsa", 7);
		while ((status = libssh2_agent_userauth(agent, login->options->user, key)) ==
		       LIBSSH2_ERROR_EAGAIN)
			if (!ssh_wait(login))
				return login->error->status;
		result = judge(login, status);
	}
	snprintf(keys, sizeof keys, " (%u key%s)", count, count == 1 ? "" : "s");
	note(tried, "ssh-agent", keys);
	return result;
}

static enum cap_status try_agent(const struct ssh_login *login, struct tried *tried)
{
	LIBSSH2_AGENT *agent = login->options->agent ? libssh2_agent_init(login->session) : NULL;
	enum cap_status status = CAP_CONNECT;

	if (!agent)
		return CAP_CONNECT;
	libssh2_agent_set_identity_path(agent, login->options->agent);
	if (libssh2_agent_connect(agent) == 0) {
		if (libssh2_agent_list_identities(agent) == 0)
			status = try_identities(login, agent, tried);
		libssh2_agent_disconnect(agent);
	} else {
		note(tried, "ssh-agent", " (does not answer)");
	}
	libssh2_agent_free(agent);
	return status;
}

/* NULL: the login is through already, as nobody (authentication "none"), or it is cut (error set). */
static const char *methods(const struct ssh_login *login)
{
	const char *user = login->options->user, *list;

	while (!(list = libssh2_userauth_list(login->session, user, length_of(user))) &&
	       libssh2_session_last_errno(login->session) == LIBSSH2_ERROR_EAGAIN)
		if (!ssh_wait(login))
			return NULL;
	if (!list && !libssh2_userauth_authenticated(login->session))
		ssh_said(login, CAP_LOST, "logging in to");
	return list;
}

static enum cap_status refused(const struct ssh_login *login, const struct tried *tried)
{
	bool old = tried->rsa && LIBSSH2_VERSION_NUM < 0x010b00;

	return failure_set(
		login->error, CAP_CONNECT,
		"ssh: '%s@%s' accepts none of the keys (tried: %s); load one that it knows into "
		"ssh-agent, or name it with IdentityFile in ~/.ssh/config%s",
		login->options->user, login->options->host, *tried->text ? tried->text : "none found",
		old ? "; not RSA: this libssh2 signs with SHA-1, which OpenSSH refuses since 8.8" : "");
}

enum cap_status ssh_authenticate(const struct ssh_login *login)
{
	const struct cap_ssh_options *options = login->options;
	const char *list = methods(login);
	struct tried tried = {0};
	enum cap_status status;

	if (!list)
		return libssh2_userauth_authenticated(login->session) ? CAP_OK : login->error->status;
	if (!strstr(list, "publickey"))
		return failure_set(login->error, CAP_CONNECT,
		                   "ssh: '%s@%s' takes no public keys, only %s; nothing else is spoken here",
		                   options->user, options->host, list);
	status = try_files(login, options->identities, &tried);
	if (status == CAP_CONNECT)
		status = try_agent(login, &tried);
	if (status == CAP_CONNECT)
		status = try_files(login, options->fallbacks, &tried);
	return status == CAP_CONNECT ? refused(login, &tried) : status;
}
