/*
 * Exec credential plugins: client.authentication.k8s.io/v1 and v1beta1
 * (client-go plugin/pkg/client/auth/exec). The plugin gets our environment, its
 * own `env` and KUBERNETES_EXEC_INFO; it says a token or a client certificate
 * with its key on stdout. Its stderr is ours. Ceilings: 1 MiB of output, 60 s
 * (5 minutes if it may ask the user).
 */
#ifndef PLUGIN_EXEC_PLUGIN_H
#define PLUGIN_EXEC_PLUGIN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "plugin/kubeconfig.h"

struct exec_result {
	char *token, *cert, *key; /* secrets; PEM */
	time_t expires;           /* Unix seconds, 0: never */
};

/* *cancel non-zero (may be NULL): the plugin is killed within 0.2 s. */
int exec_plugin_run(const struct kubeconfig *config, const atomic_int *cancel, struct exec_result *ret,
                    struct error *error);
/* Does it end within so many seconds? */
bool exec_result_expired(const struct exec_result *result, int seconds);
void exec_result_release(struct exec_result *result);
/* Reads the ExecCredential that a plugin printed (for the tests). */
int exec_result_parse(const struct kube_exec *exec, const char *text, struct exec_result *ret,
                      struct error *error);

#endif
