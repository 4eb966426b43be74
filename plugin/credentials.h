/*
 * Header lines that say who we are: token, basic, impersonation. Given to
 * capture as its `credentials` callback: thread-safe.
 *
 * An exec plugin runs once at first, then on a thread of its own: a minute before what it gave ends, and at
 * once when that was rejected. Until then the old one stands, so that a slow plugin keeps nobody waiting.
 *
 * A tokenFile is read again each minute (as client-go does); if that fails the
 * last token read goes on. Secrets leave only over TLS: with a plain http
 * server there is no Authorization line.
 */
#ifndef PLUGIN_CREDENTIALS_H
#define PLUGIN_CREDENTIALS_H

#include <stdbool.h>

#include "capture/capture.h"
#include "plugin/kubeconfig.h"

struct credentials;

/* `config` is borrowed, and outlives it. Runs an exec plugin and waits for it. */
int credentials_new(struct kubeconfig *config, struct credentials **ret, struct error *error);
void credentials_free(struct credentials *credentials);
/* For cap_endpoint.credentials; `context` is the struct credentials. */
int credentials_headers(void *context, char ***ret, char error[512]);
/* For the rest of cap_endpoint's: .credentials_ready, .identity, .credentials_rejected. */
bool credentials_ready(void *context);
void credentials_identity(void *context, struct cap_pem *ret_cert, struct cap_pem *ret_key);
/* Forgets what is cached, at once; true if asking again may give something else. */
bool credentials_refresh(void *context);

#endif
