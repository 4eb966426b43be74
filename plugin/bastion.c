#include "plugin/bastion.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/signals.h"
#include "plugin/ssh_config.h"
#include "plugin/text.h"

#define DEFAULT_KEYS 3

/* One host to log in to: what cap_ssh_options borrows. */
struct hop {
	struct ssh_settings settings;
	char *host, *user;
	char *known_hosts[3], *keys[DEFAULT_KEYS + 1];
	struct cap_ssh_options options;
};

struct bastion {
	struct hop last, jump;
	char *name;
	struct cap_ssh *ssh;
};

/* [USER@]HOST[:PORT], an IPv6 address with a port in brackets. */
struct destination {
	char *user, *host;
	uint16_t port; /* 0: not said */
};

static void destination_release(struct destination *destination)
{
	free(destination->user);
	free(destination->host);
}

static int parse_port(const char *text, uint16_t *ret)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !port || port > UINT16_MAX)
		return -1;
	*ret = (uint16_t)port;
	return 0;
}

static int parse(const char *text, struct destination *ret)
{
	const char *at = strrchr(text, '@'), *host = at ? at + 1 : text, *colon = strrchr(host, ':');
	size_t length = strlen(host);
	int status = 0;

	*ret = (struct destination){.user = at ? xstrndup(text, (size_t)(at - text)) : NULL};
	if (*host == '[' && strchr(host, ']')) {
		host++;
		length = (size_t)(strchr(host, ']') - host);
		colon = host[length + 1] == ':' ? host + length + 1 : NULL;
		status = colon || !host[length + 1] ? 0 : -1;
	} else if (colon && strchr(host, ':') == colon) {
		length = (size_t)(colon - host);
	} else {
		colon = NULL; /* an IPv6 address */
	}
	ret->host = xstrndup(host, length);
	if (status == 0 && colon)
		status = parse_port(colon + 1, &ret->port);
	return !length || *ret->host == '-' || strcspn(ret->host, " \t/?#") != length || (at && at == text)
	               ? -1
	               : status;
}

static int refuse(const char *text, struct error *error)
{
	return error_usage(error, "--ssh: '%s' is not [USER@]HOST[:PORT]", text);
}

int bastion_check(const char *text, struct error *error)
{
	struct destination destination;
	int status = parse(text, &destination) < 0 ? refuse(text, error) : 0;

	destination_release(&destination);
	return status;
}

/* ---- one hop ------------------------------------------------------------------- */

static const char *home_folder(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (home && *home)
		return home;
	user = getpwuid(geteuid());
	return user ? user->pw_dir : "/";
}

static char *own_name(void)
{
	const struct passwd *user = getpwuid(geteuid());

	return user ? xstrdup(user->pw_name) : xprintf("%u", geteuid());
}

static void default_files(struct hop *hop, const char *home)
{
	static const char *const keys[DEFAULT_KEYS] = {"id_ed25519", "id_ecdsa", "id_rsa"};

	for (size_t i = 0; i < DEFAULT_KEYS; i++)
		hop->keys[i] = xprintf("%s/.ssh/%s", home, keys[i]);
	hop->known_hosts[0] = xprintf("%s/.ssh/known_hosts", home);
	hop->known_hosts[1] = xstrdup("/etc/ssh/ssh_known_hosts");
}

static int hop_init(struct hop *hop, const char *text, struct error *error)
{
	const char *home = home_folder();
	char *path = xprintf("%s/.ssh/config", home);
	struct ssh_settings *settings = &hop->settings;
	struct destination destination;
	int status = parse(text, &destination) < 0 ? refuse(text, error) : 0;

	if (status == 0)
		status = ssh_config_read(path, home, destination.host, settings, error);
	free(path);
	if (status == 0) {
		default_files(hop, home);
		hop->host = xstrdup(settings->host ? settings->host : destination.host);
		hop->user = destination.user ? xstrdup(destination.user)
		            : settings->user ? xstrdup(settings->user)
		                             : own_name();
		hop->options = (struct cap_ssh_options){
			.host = hop->host,
			.user = hop->user,
			.port = destination.port ? destination.port
		                : settings->port ? settings->port
		                                 : 22,
			.identities = (const char *const *)settings->identities,
			.fallbacks = settings->identities[0] ? NULL : (const char *const *)hop->keys,
			.agent = getenv("SSH_AUTH_SOCK"),
			.known_hosts = (const char *const *)(settings->known_hosts[0] ? settings->known_hosts
		                                                                      : hop->known_hosts),
		};
	}
	destination_release(&destination);
	return status;
}

static void hop_release(struct hop *hop)
{
	ssh_settings_release(&hop->settings);
	free(hop->host);
	free(hop->user);
	for (size_t i = 0; hop->known_hosts[i]; i++)
		free(hop->known_hosts[i]);
	for (size_t i = 0; hop->keys[i]; i++)
		free(hop->keys[i]);
}

/* ---- the bastion ---------------------------------------------------------------- */

/* One level: a jump host's own ProxyJump would be another. */
static int add_jump(struct bastion *bastion, struct error *error)
{
	const char *jump = bastion->last.settings.jump;

	if (!jump || strcasecmp(jump, "none") == 0)
		return 0;
	if (strchr(jump, ','))
		return error_set(
			error,
			"--ssh: ProxyJump '%s' in ~/.ssh/config goes over several hosts; one is what "
			"can be done here",
			jump);
	if (hop_init(&bastion->jump, jump, error) < 0)
		return error_prefix(error, "ProxyJump of '%s'", bastion->last.host);
	if (bastion->jump.settings.jump && strcasecmp(bastion->jump.settings.jump, "none") != 0)
		return error_set(
			error,
			"--ssh: '%s' is reached through '%s', and that one through '%s'; one jump is "
			"what can be done here",
			bastion->last.host, jump, bastion->jump.settings.jump);
	bastion->last.options.jump = &bastion->jump.options;
	return 0;
}

static int log_in(struct bastion *bastion, struct error *error)
{
	struct cap_error failure = {0};

	if (cap_ssh_open(&bastion->last.options, &signals_cancel, &bastion->ssh, &failure) == CAP_OK)
		return 0;
	error_set(error, "%s", failure.text);
	if (failure.status == CAP_CANCELLED) {
		error_set(error, "interrupted while logging in to '%s'", bastion->name);
		error->exit = EXIT_INTERRUPTED;
	}
	return -1;
}

int bastion_open(const char *destination, struct bastion **ret, struct error *error)
{
	struct bastion *bastion = xcalloc(1, sizeof *bastion);
	int status = hop_init(&bastion->last, destination, error);

	if (status == 0)
		status = add_jump(bastion, error);
	if (status == 0) {
		bastion->name = xprintf("%s@%s:%u", bastion->last.user, bastion->last.host,
		                        bastion->last.options.port);
		text_clean(bastion->name);
		status = log_in(bastion, error);
	}
	if (status == 0)
		*ret = bastion;
	else
		bastion_close(bastion);
	return status;
}

void bastion_close(struct bastion *bastion)
{
	if (!bastion)
		return;
	cap_ssh_close(bastion->ssh);
	hop_release(&bastion->last);
	hop_release(&bastion->jump);
	free(bastion->name);
	free(bastion);
}

struct cap_ssh *bastion_ssh(const struct bastion *bastion)
{
	return bastion->ssh;
}

const char *bastion_name(const struct bastion *bastion)
{
	return bastion->name;
}
