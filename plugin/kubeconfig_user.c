#include "plugin/kubeconfig_user.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

#define LIST_MAX 256

static void replace(char **at, const char *with)
{
	if (!with || !*with)
		return;
	text_wipe(*at);
	free(*at);
	*at = xstrdup(with);
}

static void drop(char **at)
{
	text_wipe(*at);
	free(*at);
	*at = NULL;
}

static void pem_release(struct kube_pem *pem)
{
	free(pem->path);
	if (pem->data)
		explicit_bzero(pem->data, pem->size);
	free(pem->data);
	*pem = (struct kube_pem){0};
}

static void strings_free(char **strings)
{
	for (char **s = strings; s && *s; s++)
		free(*s);
	free(strings);
}

static void extras_free(struct kube_extra *extras, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(extras[i].key);
		text_wipe(extras[i].value);
		free(extras[i].value);
	}
	free(extras);
}

static void extra_add(struct kube_extra **extras, size_t *count, char *key, char *value)
{
	*extras = xrealloc(*extras, (*count + 1) * sizeof **extras);
	(*extras)[(*count)++] = (struct kube_extra){key, value};
}

static int wrong(const struct kube_entry *entry, const struct yaml_node *node, const char *what,
                 struct error *error)
{
	return error_set(error, "%s:%u:%u: %s", entry->file->path, node->line, node->column, what);
}

/* A list of texts as a NULL-terminated array; absent: left alone. */
static int read_strings(const struct kube_entry *entry, const struct yaml_node *map, const char *key,
                        char ***ret, struct error *error)
{
	const struct yaml_node *list;
	size_t count = 0;
	char **strings;

	if (!map || yaml_child(entry->file->path, map, key, YAML_LIST, &list, error) < 0)
		return map ? -1 : 0;
	if (!list)
		return 0;
	strings = xcalloc(LIST_MAX + 1, sizeof *strings);
	for (const struct yaml_node *item = list->first; item; item = item->next) {
		if (item->kind != YAML_SCALAR || count == LIST_MAX) {
			strings_free(strings);
			return wrong(entry, item, "this list must hold at most 256 texts", error);
		}
		strings[count++] = xstrdup(item->text);
	}
	*ret = strings;
	return 0;
}

/* as-user-extra: {key: [values]} */
static int read_extra(const struct kube_entry *user, struct kubeconfig *config, struct error *error)
{
	const struct yaml_node *map;

	if (!user->body ||
	    yaml_child(user->file->path, user->body, "as-user-extra", YAML_MAP, &map, error) < 0)
		return user->body ? -1 : 0;
	for (const struct yaml_node *list = map ? map->first : NULL; list; list = list->next) {
		if (list->kind != YAML_LIST)
			return wrong(user, list, "each of 'as-user-extra' must be a list", error);
		for (const struct yaml_node *item = list->first; item; item = item->next) {
			if (item->kind != YAML_SCALAR || config->as_extra_count == LIST_MAX)
				return wrong(user, item, "'as-user-extra' must hold at most 256 texts",
				             error);
			extra_add(&config->as_extra, &config->as_extra_count, xstrdup(list->key),
			          xstrdup(item->text));
		}
	}
	return 0;
}

static int read_env(const struct kube_entry *exec, struct kube_exec *ret, struct error *error)
{
	const struct yaml_node *list;

	if (yaml_child(exec->file->path, exec->body, "env", YAML_LIST, &list, error) < 0)
		return -1;
	for (const struct yaml_node *item = list ? list->first : NULL; item; item = item->next) {
		const char *name = NULL, *value = "";

		if (yaml_text(exec->file->path, item, "name", &name, error) < 0 ||
		    yaml_text(exec->file->path, item, "value", &value, error) < 0)
			return -1;
		if (!name || !*name || strchr(name, '=') || ret->env_count == LIST_MAX)
			return wrong(exec, item, "each of 'env' needs a name (and there are at most 256)",
			             error);
		extra_add(&ret->env, &ret->env_count, xstrdup(name), xstrdup(value));
	}
	return 0;
}

static int read_interactive(const struct kube_entry *exec, struct kube_exec *ret, struct error *error)
{
	static const char *const modes[] = {"IfAvailable", "Never", "Always"};
	const char *mode = "";
	const char *slash = ret->api_version ? strrchr(ret->api_version, '/') : NULL;

	if (yaml_text(exec->file->path, exec->body, "interactiveMode", &mode, error) < 0)
		return -1;
	if (!*mode && !(slash && strcmp(slash, "/v1") == 0))
		mode = modes[0];
	else if (!*mode)
		return wrong(exec, exec->body,
		             "an exec plugin of v1 needs interactiveMode: Never, IfAvailable or Always",
		             error);
	for (int i = 0; i < 3; i++) {
		if (strcmp(mode, modes[i]) == 0) {
			ret->interactive = (enum kube_interactive)i;
			return 0;
		}
	}
	return wrong(exec, yaml_get(exec->body, "interactiveMode"),
	             "interactiveMode must be Never, IfAvailable or Always", error);
}

static int check_exec(const struct kube_entry *exec, const struct kube_exec *ret, struct error *error)
{
	static const char prefix[] = "client.authentication.k8s.io/";
	const char *version = ret->api_version ? ret->api_version : "";

	if (!ret->command)
		return wrong(exec, exec->body, "'exec' needs a 'command'", error);
	if (strncmp(version, prefix, sizeof prefix - 1) == 0 &&
	    (strcmp(version + sizeof prefix - 1, "v1") == 0 ||
	     strcmp(version + sizeof prefix - 1, "v1beta1") == 0))
		return 0;
	return error_set(error,
	                 "%s:%u:%u: exec apiVersion '%s' is not supported; update the credential plugin to "
	                 "client.authentication.k8s.io/v1 or v1beta1",
	                 exec->file->path, exec->body->line, exec->body->column, version);
}

static int read_exec(const struct kube_entry *user, struct kube_exec *ret, struct error *error)
{
	struct kube_entry exec = {user->file, NULL};
	bool bare;

	if (!user->body || yaml_child(user->file->path, user->body, "exec", YAML_MAP, &exec.body, error) < 0)
		return user->body ? -1 : 0;
	if (!exec.body)
		return 0;
	if (kube_entry_text(&exec, "command", &ret->command, error) < 0)
		return -1;
	bare = !ret->command || !strchr(ret->command, '/');
	if (!bare) {
		drop(&ret->command);
		if (kube_entry_path(&exec, "command", &ret->command, error) < 0)
			return -1;
	}
	if (kube_entry_text(&exec, "apiVersion", &ret->api_version, error) < 0 ||
	    kube_entry_text(&exec, "installHint", &ret->install_hint, error) < 0 ||
	    read_strings(&exec, exec.body, "args", &ret->args, error) < 0 ||
	    read_env(&exec, ret, error) < 0 || read_interactive(&exec, ret, error) < 0 ||
	    yaml_bool(user->file->path, exec.body, "provideClusterInfo", &ret->provide_cluster_info, error) <
	            0)
		return -1;
	return check_exec(&exec, ret, error);
}

static int check_provider(const struct kube_entry *user, struct error *error)
{
	const struct yaml_node *provider = yaml_get(user->body, "auth-provider");
	const char *name = "?";

	if (!provider || provider->kind == YAML_NULL)
		return 0;
	if (yaml_text(user->file->path, provider, "name", &name, error) < 0)
		return -1;
	return error_set(
		error,
		"%s:%u:%u: auth-provider '%s' was removed from Kubernetes clients; get an exec plugin "
		"instead (gke-gcloud-auth-plugin, kubelogin ...) and refresh this kubeconfig",
		user->file->path, provider->line, provider->column, name);
}

static int read_file(const struct kube_entry *user, struct kubeconfig *config, struct error *error)
{
	if (kube_entry_pem(user, "client-certificate", &config->cert, error) < 0 ||
	    kube_entry_pem(user, "client-key", &config->key, error) < 0 ||
	    kube_entry_text(user, "token", &config->token, error) < 0 ||
	    kube_entry_path(user, "tokenFile", &config->token_file, error) < 0 ||
	    kube_entry_text(user, "username", &config->username, error) < 0 ||
	    kube_entry_text(user, "password", &config->password, error) < 0 ||
	    kube_entry_text(user, "as", &config->as, error) < 0 ||
	    kube_entry_text(user, "as-uid", &config->as_uid, error) < 0 ||
	    read_strings(user, user->body, "as-groups", &config->as_groups, error) < 0 ||
	    read_extra(user, config, error) < 0 || read_exec(user, &config->exec, error) < 0)
		return -1;
	return user->body ? check_provider(user, error) : 0;
}

static void exec_release(struct kube_exec *exec)
{
	free(exec->command);
	free(exec->api_version);
	free(exec->install_hint);
	strings_free(exec->args);
	extras_free(exec->env, exec->env_count);
	cJSON_Delete(exec->cluster_config);
	*exec = (struct kube_exec){0};
}

/* --as-user-extra KEY=VALUE replaces what the file says. */
static int flag_extra(const struct option_list *list, struct kubeconfig *config, struct error *error)
{
	if (list->count == 0)
		return 0;
	extras_free(config->as_extra, config->as_extra_count);
	config->as_extra = NULL;
	config->as_extra_count = 0;
	for (size_t i = 0; i < list->count; i++) {
		const char *equals = strchr(list->items[i], '=');

		if (!equals || equals == list->items[i])
			return error_usage(error, "--as-user-extra: '%s' is not KEY=VALUE", list->items[i]);
		extra_add(&config->as_extra, &config->as_extra_count,
		          xstrndup(list->items[i], (size_t)(equals - list->items[i])), xstrdup(equals + 1));
	}
	return 0;
}

static int apply_flags(const struct kube_flags *flags, struct kubeconfig *config, struct error *error)
{
	if (flags->token && *flags->token) {
		replace(&config->token, flags->token);
		drop(&config->token_file);
		drop(&config->username);
		drop(&config->password);
		exec_release(&config->exec);
	}
	if (flags->client_certificate && *flags->client_certificate) {
		pem_release(&config->cert);
		config->cert.path = xstrdup(flags->client_certificate);
	}
	if (flags->client_key && *flags->client_key) {
		pem_release(&config->key);
		config->key.path = xstrdup(flags->client_key);
	}
	replace(&config->as, flags->as);
	replace(&config->as_uid, flags->as_uid);
	if (flags->as_group.count) {
		strings_free(config->as_groups);
		config->as_groups = xcalloc(flags->as_group.count + 1, sizeof *config->as_groups);
		for (size_t i = 0; i < flags->as_group.count; i++)
			config->as_groups[i] = xstrdup(flags->as_group.items[i]);
	}
	return flag_extra(&flags->as_user_extra, config, error);
}

static int check_user(const struct kubeconfig *config, struct error *error)
{
	bool cert = config->cert.path || config->cert.data, key = config->key.path || config->key.data;
	const char *user = config->user ? config->user : "";

	if (config->token && (config->username || config->password))
		return error_set(error, "user '%s' has both a token and a user name with password; keep one",
		                 user);
	if (cert != key)
		return error_set(error, "user '%s' has a client %s without its %s", user,
		                 cert ? "certificate" : "key", cert ? "key" : "certificate");
	if (!config->as && (config->as_uid || config->as_groups || config->as_extra_count))
		return error_usage(error, "impersonating a uid, group or extra needs a user too: give --as");
	return 0;
}

int kubeconfig_user(const struct kube_entry *user, const struct kube_flags *flags, struct kubeconfig *config,
                    struct error *error)
{
	if (read_file(user, config, error) < 0 || apply_flags(flags, config, error) < 0)
		return -1;
	return check_user(config, error);
}

bool kubeconfig_has_credentials(const struct kubeconfig *config)
{
	return config->token || config->token_file || config->username || config->exec.command ||
	       config->cert.path || config->cert.data;
}

void kubeconfig_user_release(struct kubeconfig *config)
{
	drop(&config->token);
	drop(&config->token_file);
	drop(&config->username);
	drop(&config->password);
	drop(&config->as);
	drop(&config->as_uid);
	pem_release(&config->cert);
	pem_release(&config->key);
	strings_free(config->as_groups);
	config->as_groups = NULL;
	extras_free(config->as_extra, config->as_extra_count);
	config->as_extra = NULL;
	config->as_extra_count = 0;
	exec_release(&config->exec);
}
