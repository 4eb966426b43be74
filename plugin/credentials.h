/*
 * Header lines that say who we are: token, basic, impersonation. Given to
 * capture as its `credentials` callback: thread-safe.
 *
 * A tokenFile is read again each minute (as client-go does); if that fails the
 * last token read goes on. Secrets leave only over TLS: with a plain http
 * server there is no Authorization line.
 */
#ifndef PLUGIN_CREDENTIALS_H
#define PLUGIN_CREDENTIALS_H

#include <stdbool.h>

#include "plugin/kubeconfig.h"

struct credentials;

/* `config` is borrowed, and outlives it. Runs an exec plugin, whose client certificate
 * (if it gives one) then stands in *config. */
int credentials_new(struct kubeconfig *config, struct credentials **ret, struct error *error);
void credentials_free(struct credentials *credentials);
/* For cap_endpoint.credentials; `context` is the struct credentials. */
int credentials_headers(void *context, char ***ret, char error[512]);
/* Forgets what is cached; true if asking again may give something else. */
bool credentials_refresh(struct credentials *credentials);

#endif
