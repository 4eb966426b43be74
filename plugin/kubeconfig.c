#include "plugin/kubeconfig.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "plugin/kube_file.h"
#include "plugin/kubeconfig_files.h"
#include "plugin/kubeconfig_user.h"
#include "plugin/text.h"

#ifndef ACCOUNT /* the tests have one of their own */
#define ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount/"
#endif
#define EXEC_EXTENSION "client.authentication.k8s.io/exec"

static bool given(const char *flag)
{
	return flag && *flag;
}

static void replace(char **at, const char *with)
{
	if (!given(with))
		return;
	free(*at);
	*at = xstrdup(with);
}

/* Chooses context, cluster and user by name. */
static int choose(const struct kube_files *files, const struct kube_flags *flags, struct kubeconfig *config,
                  struct error *error)
{
	struct kube_entry context = {0};
	const char *current = kube_files_current(files);
	bool named = given(flags->context);

	config->context = xstrdup(named ? flags->context : current);
	if (config->context && kube_files_find(files, "context", config->context, named, &context, error) < 0)
		return named ? -1 : error_prefix(error, "current-context");
	if (kube_entry_text(&context, "cluster", &config->cluster, error) < 0 ||
	    kube_entry_text(&context, "user", &config->user, error) < 0 ||
	    kube_entry_text(&context, "namespace", &config->ns, error) < 0)
		return -1;
	replace(&config->cluster, flags->cluster);
	replace(&config->user, flags->user);
	replace(&config->ns, flags->ns);
	if (!config->ns)
		config->ns = xstrdup("default");
	return 0;
}

/* The cluster's extension for exec plugins: clusters[].cluster.extensions[]. */
static int read_extension(const struct kube_entry *cluster, struct kubeconfig *config, struct error *error)
{
	const struct yaml_node *list, *body;

	if (!cluster->body)
		return 0;
	if (yaml_child(cluster->file->path, cluster->body, "extensions", YAML_LIST, &list, error) < 0)
		return -1;
	for (const struct yaml_node *item = list ? list->first : NULL; item; item = item->next) {
		const char *name = "";

		if (yaml_text(cluster->file->path, item, "name", &name, error) < 0)
			return -1;
		body = yaml_get(item, "extension");
		if (strcmp(name, EXEC_EXTENSION) == 0 && body && !config->exec.cluster_config)
			config->exec.cluster_config = yaml_to_json(body);
	}
	return 0;
}

static int read_cluster(const struct kube_entry *cluster, struct kubeconfig *config, struct error *error)
{
	if (kube_entry_text(cluster, "server", &config->server, error) < 0 ||
	    kube_entry_pem(cluster, "certificate-authority", &config->ca, error) < 0 ||
	    kube_entry_text(cluster, "tls-server-name", &config->tls_server_name, error) < 0 ||
	    kube_entry_text(cluster, "proxy-url", &config->proxy_url, error) < 0)
		return -1;
	if (!cluster->body)
		return 0;
	if (yaml_bool(cluster->file->path, cluster->body, "insecure-skip-tls-verify", &config->insecure,
	              error) < 0 ||
	    yaml_bool(cluster->file->path, cluster->body, "disable-compression", &config->disable_compression,
	              error) < 0)
		return -1;
	return 0;
}

static void drop_ca(struct kubeconfig *config)
{
	free(config->ca.path);
	free(config->ca.data);
	config->ca = (struct kube_pem){0};
}

static void cluster_flags(const struct kube_flags *flags, struct kubeconfig *config)
{
	if (given(flags->certificate_authority) || flags->insecure_skip_tls_verify) {
		drop_ca(config);
		config->insecure = flags->insecure_skip_tls_verify;
		if (given(flags->certificate_authority))
			config->ca.path = xstrdup(flags->certificate_authority);
	}
	if (given(flags->server)) {
		free(config->tls_server_name);
		config->tls_server_name = NULL;
	}
	replace(&config->server, flags->server);
	replace(&config->tls_server_name, flags->tls_server_name);
	config->disable_compression |= flags->disable_compression;
}

/* scheme://host[:port][/path] without trailing slash; a bare host is http, as client-go has it. */
static int settle_server(struct kubeconfig *config, struct error *error)
{
	char *server = config->server;
	const char *host;
	size_t length;

	if (!strstr(server, "://")) {
		config->server = xprintf("http://%s", server);
		free(server);
		server = config->server;
	}
	host = strstr(server, "://") + 3;
	if (memchr(host, '@', strcspn(host, "/?#")) || strpbrk(host, "?# \t\r\n"))
		return error_set(error, "the server of cluster '%s' must be just scheme, host, port and path",
		                 config->cluster ? config->cluster : "");
	if (strncasecmp(server, "http://", 7) != 0 && strncasecmp(server, "https://", 8) != 0)
		return error_set(error, "server '%s' of cluster '%s' is neither http:// nor https://", server,
		                 config->cluster ? config->cluster : "");
	if (!*host || strchr("/?#:", *host))
		return error_set(error, "server '%s' of cluster '%s' names no host", server,
		                 config->cluster ? config->cluster : "");
	for (length = strlen(server); length && server[length - 1] == '/'; length--)
		server[length - 1] = '\0';
	return 0;
}

static int check_pem(const struct kube_pem *pem, const char *what, struct error *error)
{
	if (pem->path && access(pem->path, R_OK) != 0)
		return error_set(error, "cannot read the %s '%s': %m", what, pem->path);
	return 0;
}

static int check_cluster(const struct kubeconfig *config, struct error *error)
{
	static const char *const schemes[] = {"http://", "https://", "socks5://", "socks5h://"};
	bool known = !config->proxy_url;

	if (config->insecure && (config->ca.path || config->ca.data))
		return error_usage(error,
		                   "a certificate authority and insecure-skip-tls-verify exclude each other; "
		                   "drop one");
	for (size_t i = 0; !known && i < sizeof schemes / sizeof *schemes; i++)
		known = strncasecmp(config->proxy_url, schemes[i], strlen(schemes[i])) == 0 &&
		        config->proxy_url[strlen(schemes[i])];
	if (!known)
		return error_set(error,
		                 "the proxy-url of cluster '%s' must start with http://, https:// or "
		                 "socks5://",
		                 config->cluster ? config->cluster : "");
	if (check_pem(&config->ca, "certificate authority", error) < 0 ||
	    check_pem(&config->cert, "client certificate", error) < 0)
		return -1;
	return check_pem(&config->key, "client key", error);
}

/* The service account of the pod that we run in. */
static int load_in_cluster(const struct kube_flags *flags, struct kubeconfig *config, struct error *error)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
	const char *pod_ns = getenv("POD_NAMESPACE");
	struct kube_entry none = {0};
	struct error ignored = {0};
	char *ns = NULL;

	config->in_cluster = true;
	config->source = xstrdup("in-cluster service account");
	config->server = strchr(host, ':') ? xprintf("https://[%s]:%s", host, port)
	                                   : xprintf("https://%s:%s", host, port);
	config->ca.path = xstrdup(ACCOUNT "ca.crt");
	config->token_file = xstrdup(ACCOUNT "token");
	if (!given(flags->ns) && !given(pod_ns))
		ns = kube_file_read(ACCOUNT "namespace", 256, NULL, &ignored);
	config->ns = xstrdup(given(flags->ns) ? flags->ns
	                     : given(pod_ns)  ? pod_ns
	                     : given(ns)      ? ns
	                                      : "default");
	config->ns[strcspn(config->ns, " \r\n")] = '\0';
	free(ns);
	cluster_flags(flags, config);
	if (kubeconfig_user(&none, flags, config, error) < 0)
		return -1;
	return check_cluster(config, error);
}

static bool in_cluster_possible(const struct kube_files *files, const struct kube_flags *flags)
{
	return kube_files_empty(files) && !given(flags->server) && !given(flags->context) &&
	       !given(flags->cluster) && !given(flags->user) && given(getenv("KUBERNETES_SERVICE_HOST")) &&
	       given(getenv("KUBERNETES_SERVICE_PORT")) && access(ACCOUNT "token", R_OK) == 0;
}

static int no_server(const struct kube_files *files, const struct kubeconfig *config, struct error *error)
{
	if (files->count == 0)
		return error_set(error,
		                 "no kubeconfig found: neither --kubeconfig, $KUBECONFIG nor ~/.kube/config "
		                 "leads to one; give --kubeconfig FILE or --server URL");
	if (!config->context)
		return error_set(error,
		                 "%s sets no current-context; give --context NAME (kubectl config "
		                 "get-contexts lists them)",
		                 config->source);
	return error_set(error, "cluster '%s' in %s has no server", config->cluster ? config->cluster : "",
	                 config->source);
}

static int load_files(const struct kube_files *files, const struct kube_flags *flags,
                      struct kubeconfig *config, struct error *error)
{
	struct kube_entry cluster = {0}, user = {0};

	config->source = kube_files_source(files);
	if (choose(files, flags, config, error) < 0)
		return -1;
	if (config->cluster &&
	    kube_files_find(files, "cluster", config->cluster, given(flags->cluster), &cluster, error) < 0)
		return -1;
	if (config->user &&
	    kube_files_find(files, "user", config->user, given(flags->user), &user, error) < 0)
		return -1;
	if (read_cluster(&cluster, config, error) < 0 || kubeconfig_user(&user, flags, config, error) < 0 ||
	    read_extension(&cluster, config, error) < 0)
		return -1;
	cluster_flags(flags, config);
	if (!config->server)
		return no_server(files, config, error);
	return settle_server(config, error) < 0 ? -1 : check_cluster(config, error);
}

/* Nothing set by hand may name no object. */
static int check_namespace(const struct kubeconfig *config, struct error *error)
{
	const char *ns = config->ns;

	if (strlen(ns) > 63 || strspn(ns, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(ns))
		return error_usage(error, "namespace '%s' is not a Kubernetes name (a-z, 0-9 and '-')", ns);
	return 0;
}

int kubeconfig_load(const struct kube_flags *flags, struct kubeconfig *ret, struct error *error)
{
	struct kubeconfig config = {0};
	struct kube_files files = {0};
	int status = kube_files_load(flags->kubeconfig, &files, error);

	if (status == 0 && in_cluster_possible(&files, flags))
		status = load_in_cluster(flags, &config, error);
	else if (status == 0)
		status = load_files(&files, flags, &config, error);
	if (status == 0)
		status = check_namespace(&config, error);
	kube_files_release(&files);
	if (status == 0)
		*ret = config;
	else
		kubeconfig_release(&config);
	return status;
}

void kubeconfig_release(struct kubeconfig *config)
{
	kubeconfig_user_release(config);
	drop_ca(config);
	free(config->context);
	free(config->cluster);
	free(config->user);
	free(config->source);
	free(config->ns);
	free(config->server);
	free(config->tls_server_name);
	text_wipe(config->proxy_url);
	free(config->proxy_url);
	*config = (struct kubeconfig){0};
}
