/*
 * known_hosts, as sshd(8) describes it under SSH_KNOWN_HOSTS FILE FORMAT. libssh2 reads the lines, hashed
 * names included; it knows neither patterns nor markers. Of the markers @revoked is minded here, and
 * @cert-authority is passed over: libssh2 speaks of no certificates.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/failure.h"
#include "capture/ssh_login.h"

#define LINE_MAX_SIZE 16384
#define REVOKED       "@revoked"
#define PLAIN         (LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_RAW)

struct ssh_known {
	LIBSSH2_KNOWNHOSTS *hosts, *revoked;
	char name[300]; /* the server as the files have it */
};

static const struct {
	const char *name;
	int bits, type;
} key_types[] = {
	{"ssh-ed25519", LIBSSH2_KNOWNHOST_KEY_ED25519, LIBSSH2_HOSTKEY_TYPE_ED25519},
	{"ecdsa-sha2-nistp256", LIBSSH2_KNOWNHOST_KEY_ECDSA_256, LIBSSH2_HOSTKEY_TYPE_ECDSA_256},
	{"ecdsa-sha2-nistp384", LIBSSH2_KNOWNHOST_KEY_ECDSA_384, LIBSSH2_HOSTKEY_TYPE_ECDSA_384},
	{"ecdsa-sha2-nistp521", LIBSSH2_KNOWNHOST_KEY_ECDSA_521, LIBSSH2_HOSTKEY_TYPE_ECDSA_521},
	{"ssh-rsa", LIBSSH2_KNOWNHOST_KEY_SSHRSA, LIBSSH2_HOSTKEY_TYPE_RSA},
};

#define KEY_TYPES (sizeof key_types / sizeof *key_types)

/* A line that is not understood is no key of anybody. */
static void read_line(struct ssh_known *known, const char *line, size_t length)
{
	size_t marker = strcspn(line, " \t");
	LIBSSH2_KNOWNHOSTS *into = known->hosts;

	if (*line == '@') {
		if (marker != strlen(REVOKED) || strncmp(line, REVOKED, marker) != 0)
			return;
		into = known->revoked;
		marker += strspn(line + marker, " \t");
		line += marker;
		length -= marker;
	}
	libssh2_knownhost_readline(into, line, length, LIBSSH2_KNOWNHOST_FILE_OPENSSH);
}

static void read_file(struct ssh_known *known, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[LINE_MAX_SIZE];

	if (!file)
		return;
	while (fgets(line, sizeof line, file)) {
		size_t length = strcspn(line, "\r\n");

		line[length] = '\0';
		read_line(known, line, length);
	}
	fclose(file);
}

/* Of a host that has a key of this type any other key is a mismatch. */
static bool has_type(const struct ssh_known *known, int bits)
{
	struct libssh2_knownhost *found;

	return libssh2_knownhost_checkp(known->hosts, known->name, -1, "?", 1, PLAIN | bits, &found) ==
	       LIBSSH2_KNOWNHOST_CHECK_MISMATCH;
}

static void prefer_known_types(const struct ssh_known *known, LIBSSH2_SESSION *session)
{
	char list[200] = "";

	for (int want = 1; want >= 0; want--)
		for (size_t i = 0; i < KEY_TYPES; i++)
			if (has_type(known, key_types[i].bits) == (want == 1)) {
				size_t length = strlen(list);

				snprintf(list + length, sizeof list - length, "%s%s", length ? "," : "",
				         key_types[i].name);
			}
	libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, list);
}

struct ssh_known *ssh_known_read(const struct ssh_login *login)
{
	const struct cap_ssh_options *options = login->options;
	struct ssh_known *known = calloc(1, sizeof *known);

	if (!known)
		return NULL;
	known->hosts = libssh2_knownhost_init(login->session);
	known->revoked = libssh2_knownhost_init(login->session);
	if (!known->hosts || !known->revoked) {
		ssh_known_free(known);
		return NULL;
	}
	if (options->port == 22)
		snprintf(known->name, sizeof known->name, "%s", options->host);
	else
		snprintf(known->name, sizeof known->name, "[%s]:%u", options->host, options->port);
	for (size_t i = 0; options->known_hosts && options->known_hosts[i]; i++)
		read_file(known, options->known_hosts[i]);
	prefer_known_types(known, login->session);
	return known;
}

void ssh_known_free(struct ssh_known *known)
{
	if (!known)
		return;
	if (known->hosts)
		libssh2_knownhost_free(known->hosts);
	if (known->revoked)
		libssh2_knownhost_free(known->revoked);
	free(known);
}

/* "ssh-ed25519 SHA256:...", as ssh-keygen -l prints it. */
static void fingerprint(LIBSSH2_SESSION *session, size_t type, char ret[100])
{
	const char *hash = libssh2_hostkey_hash(session, LIBSSH2_HOSTKEY_HASH_SHA256);
	unsigned char text[64] = "?";

	if (hash)
		EVP_EncodeBlock(text, (const unsigned char *)hash, 32);
	snprintf(ret, 100, "%s SHA256:%.*s", type < KEY_TYPES ? key_types[type].name : "of an unknown type",
	         (int)strcspn((const char *)text, "="), (const char *)text);
}

static enum cap_status refuse(const struct ssh_known *known, const struct ssh_login *login, int result,
                              const char *print)
{
	const struct cap_ssh_options *options = login->options;

	if (result == LIBSSH2_KNOWNHOST_CHECK_MISMATCH)
		return failure_set(login->error, CAP_CONNECT,
		                   "ssh: the host key of '%s' is not the one in known_hosts: it is now %s; "
		                   "somebody may be in between, or the host was made anew: ask its owner "
		                   "before you change known_hosts",
		                   known->name, print);
	return failure_set(login->error, CAP_CONNECT,
	                   "ssh: the host key of '%s' is not in known_hosts: %s; compare it with what its "
	                   "owner says, then log in once with ssh, which adds it",
	                   options->port == 22 ? options->host : known->name, print);
}

enum cap_status ssh_known_check(const struct ssh_known *known, const struct ssh_login *login)
{
	struct libssh2_knownhost *found;
	size_t size = 0, i = 0;
	int type, result;
	const char *key = libssh2_session_hostkey(login->session, &size, &type);
	char print[100];

	if (!key)
		return ssh_said(login, CAP_CONNECT, "host key of");
	while (i < KEY_TYPES && key_types[i].type != type)
		i++;
	fingerprint(login->session, i, print);
	type = PLAIN | (i < KEY_TYPES ? key_types[i].bits : LIBSSH2_KNOWNHOST_KEY_UNKNOWN);
	if (libssh2_knownhost_checkp(known->revoked, known->name, -1, key, size, type, &found) ==
	    LIBSSH2_KNOWNHOST_CHECK_MATCH)
		return failure_set(login->error, CAP_CONNECT, "ssh: the host key of '%s' is revoked: %s",
		                   known->name, print);
	result = libssh2_knownhost_checkp(known->hosts, known->name, -1, key, size, type, &found);
	return result == LIBSSH2_KNOWNHOST_CHECK_MATCH ? CAP_OK : refuse(known, login, result, print);
}
