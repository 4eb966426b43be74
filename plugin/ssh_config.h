/*
 * What ~/.ssh/config says of a host (ssh_config(5)): Host with its patterns, HostName, User, Port,
 * IdentityFile, UserKnownHostsFile, ProxyJump and Include. The first value counts, IdentityFile adds up.
 * Match sections other than "Match all" are passed over, as is every other keyword.
 *
 * Ceilings: 1 MiB a file, 64 files, Include in Include eight deep.
 */
#ifndef PLUGIN_SSH_CONFIG_H
#define PLUGIN_SSH_CONFIG_H

#include <stdint.h>

#include "plugin/error.h"

#define SSH_FILES_MAX 16

/* All malloc'd; NULL or 0: not said. File names are whole: "~" and tokens are filled in. */
struct ssh_settings {
	char *host, *user, *jump;
	uint16_t port;
	char *identities[SSH_FILES_MAX + 1], *known_hosts[SSH_FILES_MAX + 1]; /* NULL-terminated */
};

/*
 * Reads `path`, for the host as the user typed it, `home` being the user's folder. A file that is not there
 * says nothing. A line that cannot be is an error with its number.
 */
int ssh_config_read(const char *path, const char *home, const char *name, struct ssh_settings *ret,
                    struct error *error);
void ssh_settings_release(struct ssh_settings *settings);

#endif
