/*
 * The SSH host of --ssh: where the API server, pprof or the load's target are
 * reached from. ~/.ssh/config, ~/.ssh/known_hosts, the usual key files and
 * ssh-agent are used as ssh does.
 */
#ifndef PLUGIN_BASTION_H
#define PLUGIN_BASTION_H

#include "capture/capture.h"
#include "plugin/error.h"

struct bastion;

/* Checks [USER@]HOST[:PORT] without connecting, so that a plan can be refused early. */
int bastion_check(const char *destination, struct error *error);
/* Logs in. Reads the environment: HOME, SSH_AUTH_SOCK. */
int bastion_open(const char *destination, struct bastion **ret, struct error *error);
void bastion_close(struct bastion *bastion);

struct cap_ssh *bastion_ssh(const struct bastion *bastion);
/* "ops@bastion.example:22", for people. */
const char *bastion_name(const struct bastion *bastion);

#endif
