/*
 * Kubeconfig: which API server, how to trust it, who to be, which namespace.
 * Rules of client-go (tools/clientcmd: loader.go, client_config.go).
 *
 * Files: --kubeconfig (that file alone, missing is an error), else the files of
 * $KUBECONFIG (missing ones skipped), else ~/.kube/config. The first file that
 * defines a named cluster, user or context wins whole; current-context is the
 * first one set. Relative paths resolve against the folder of their own file.
 * Flags override. Nothing configured at all: the service account of the pod
 * that we run in, if we do.
 * Ceilings: 64 files, and those of yaml.h.
 */
#ifndef PLUGIN_KUBECONFIG_H
#define PLUGIN_KUBECONFIG_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugin/error.h"
#include "plugin/options.h"

/* The flags that every kubectl plugin is expected to take. All-zero: none given. Borrowed. */
struct kube_flags {
	const char *kubeconfig, *context, *cluster, *user, *ns, *server;
	const char *token, *as, *as_uid;
	struct option_list as_group;      /* --as-group, repeatable */
	struct option_list as_user_extra; /* --as-user-extra KEY=VALUE, repeatable */
	const char *certificate_authority, *client_certificate, *client_key, *tls_server_name;
	bool insecure_skip_tls_verify, disable_compression;
	int64_t request_timeout; /* ns; 0: not given, 15 s */
	const char *ssh;         /* [USER@]HOST[:PORT] to go through; not kubectl's */
};

/* A PEM: a file's path or its bytes, or neither. */
struct kube_pem {
	char *path, *data; /* data is NUL-terminated */
	size_t size;
};

struct kube_extra {
	char *key, *value;
};

/* users[].user.exec: a credential plugin (client.authentication.k8s.io). */
struct kube_exec {
	char *command; /* NULL: no plugin */
	char *api_version, *install_hint;
	char **args; /* NULL-terminated */
	struct kube_extra *env;
	size_t env_count;
	bool provide_cluster_info;
	enum kube_interactive { KUBE_IF_AVAILABLE, KUBE_NEVER, KUBE_ALWAYS } interactive;
	cJSON *cluster_config; /* extension client.authentication.k8s.io/exec, or NULL */
};

struct kubeconfig {
	char *context, *cluster, *user; /* names; NULL: none */
	char *source;                   /* where it came from, for messages: file names, or "in-cluster" */
	char *ns;                       /* never NULL */
	char *server;                   /* scheme://host[:port][/path], no trailing slash */
	struct kube_pem ca, cert, key;
	char *tls_server_name, *proxy_url;
	bool insecure, disable_compression, in_cluster;

	/* Credentials: secrets, wiped by kubeconfig_release. */
	char *token, *token_file, *username, *password;
	char *as, *as_uid, **as_groups; /* as_groups: NULL-terminated or NULL */
	struct kube_extra *as_extra;
	size_t as_extra_count;
	struct kube_exec exec;
};

/* Reads the environment (KUBECONFIG, HOME, POD_NAMESPACE, KUBERNETES_SERVICE_*). */
int kubeconfig_load(const struct kube_flags *flags, struct kubeconfig *ret, struct error *error);
void kubeconfig_release(struct kubeconfig *config);

#endif
