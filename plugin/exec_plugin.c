#include "plugin/exec_plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/kube_file.h"
#include "plugin/text.h"
#include "plugin/wall_time.h"

#define OUTPUT_MAX     (1U << 20)
#define WAIT_MS        60000
#define WAIT_ASKING_MS 300000
#define LOOK_MS        100 /* how often it is asked if to cancel */

extern char **environ;

static const char *text_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(item) && *item->valuestring ? item->valuestring : NULL;
}

static char *base64_of(const struct kube_pem *pem);

/* spec.cluster of the ExecCredential that the plugin is given. */
static cJSON *cluster_info(const struct kubeconfig *config)
{
	cJSON *ret = cJSON_CreateObject();
	char *ca = base64_of(&config->ca);

	cJSON_AddStringToObject(ret, "server", config->server);
	if (config->tls_server_name)
		cJSON_AddStringToObject(ret, "tls-server-name", config->tls_server_name);
	if (config->insecure)
		cJSON_AddBoolToObject(ret, "insecure-skip-tls-verify", true);
	if (ca)
		cJSON_AddStringToObject(ret, "certificate-authority-data", ca);
	if (config->proxy_url)
		cJSON_AddStringToObject(ret, "proxy-url", config->proxy_url);
	if (config->disable_compression)
		cJSON_AddBoolToObject(ret, "disable-compression", true);
	if (config->exec.cluster_config)
		cJSON_AddItemToObject(ret, "config", cJSON_Duplicate(config->exec.cluster_config, true));
	else
		cJSON_AddNullToObject(ret, "config");
	free(ca);
	return ret;
}

static char *base64_of(const struct kube_pem *pem)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct error ignored = {0};
	size_t size = pem->size;
	char *file = pem->path ? kube_file_read(pem->path, OUTPUT_MAX, &size, &ignored) : NULL, *ret, *out;
	const unsigned char *in = (const unsigned char *)(file ? file : pem->data);

	if (!in)
		return NULL;
	ret = out = xcalloc(1, (size + 2) / 3 * 4 + 1);
	for (size_t i = 0; i < size; i += 3) {
		unsigned bits = (unsigned)in[i] << 16;

		bits |= i + 1 < size ? (unsigned)in[i + 1] << 8 : 0;
		bits |= i + 2 < size ? in[i + 2] : 0;
		*out++ = digits[bits >> 18];
		*out++ = digits[bits >> 12 & 63];
		*out++ = i + 1 < size ? digits[bits >> 6 & 63] : '=';
		*out++ = i + 2 < size ? digits[bits & 63] : '=';
	}
	free(file);
	return ret;
}

static bool may_ask(const struct kube_exec *exec)
{
	return exec->interactive != KUBE_NEVER && isatty(STDIN_FILENO);
}

static char *exec_info(const struct kubeconfig *config)
{
	cJSON *info = cJSON_CreateObject(), *spec;
	char *json, *ret;

	cJSON_AddStringToObject(info, "kind", "ExecCredential");
	cJSON_AddStringToObject(info, "apiVersion", config->exec.api_version);
	spec = cJSON_AddObjectToObject(info, "spec");
	if (config->exec.provide_cluster_info)
		cJSON_AddItemToObject(spec, "cluster", cluster_info(config));
	cJSON_AddBoolToObject(spec, "interactive", may_ask(&config->exec));
	json = cJSON_PrintUnformatted(info);
	ret = xprintf("KUBERNETES_EXEC_INFO=%s", json ? json : "{}");
	cJSON_free(json);
	cJSON_Delete(info);
	return ret;
}

static bool overrides(const struct kubeconfig *config, const char *variable)
{
	size_t length = strcspn(variable, "=");

	if (strncmp(variable, "KUBERNETES_EXEC_INFO=", length + 1) == 0)
		return true;
	for (size_t i = 0; i < config->exec.env_count; i++)
		if (strlen(config->exec.env[i].key) == length &&
		    strncmp(config->exec.env[i].key, variable, length) == 0)
			return true;
	return false;
}

/* Ours, then the kubeconfig's, then KUBERNETES_EXEC_INFO. */
static char **build_environment(const struct kubeconfig *config)
{
	size_t count = 0, used = 0;
	char **ret;

	while (environ[count])
		count++;
	ret = xcalloc(count + config->exec.env_count + 2, sizeof *ret);
	for (size_t i = 0; i < count; i++)
		if (!overrides(config, environ[i]))
			ret[used++] = xstrdup(environ[i]);
	for (size_t i = 0; i < config->exec.env_count; i++)
		ret[used++] = xprintf("%s=%s", config->exec.env[i].key, config->exec.env[i].value);
	ret[used] = exec_info(config);
	return ret;
}

static void strings_free(char **strings)
{
	for (char **s = strings; *s; s++) {
		text_wipe(*s);
		free(*s);
	}
	free(strings);
}

static char **build_arguments(const struct kube_exec *exec)
{
	size_t count = 0;
	char **ret;

	while (exec->args && exec->args[count])
		count++;
	ret = xcalloc(count + 2, sizeof *ret);
	ret[0] = xstrdup(exec->command);
	for (size_t i = 0; i < count; i++)
		ret[i + 1] = xstrdup(exec->args[i]);
	return ret;
}

/* Starts it with stdout into the pipe; an errno on failure. */
static int start(const struct kubeconfig *config, int out, pid_t *ret)
{
	char **arguments = build_arguments(&config->exec), **environment = build_environment(config);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, usual;
	int status;

	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &usual); /* we ignore it, and that would be inherited */
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!may_ask(&config->exec))
		posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	status = posix_spawnp(ret, arguments[0], &actions, &attributes, arguments, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	strings_free(arguments);
	strings_free(environment);
	return status;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static bool cancelled(const atomic_int *cancel)
{
	return cancel && atomic_load(cancel);
}

/* Reads up to EOF into `ret` (OUTPUT_MAX + 1 bytes). -1: too late or too much, or cancelled. */
static int collect(int fd, int wait_ms, const atomic_int *cancel, char *ret)
{
	long long end = now_ms() + wait_ms, left;
	size_t used = 0;

	while ((left = end - now_ms()) > 0 && !cancelled(cancel)) {
		struct pollfd ready = {fd, POLLIN, 0};
		ssize_t n;

		if (poll(&ready, 1, left < LOOK_MS ? (int)left : LOOK_MS) <= 0)
			continue;
		n = read(fd, ret + used, OUTPUT_MAX - used);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n == 0 && used < OUTPUT_MAX ? 0 : -1;
		used += (size_t)n;
	}
	return -1;
}

/* Waits for its end, at most two seconds more after its stdout was closed. */
static int reap(pid_t pid, bool finished)
{
	const struct timespec pause = {0, 10000000};
	int status = 0;

	for (int i = 0; finished && i < 200; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		nanosleep(&pause, NULL);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int cannot_start(const struct kube_exec *exec, int cause, struct error *error)
{
	error_set(error, "cannot run the credential plugin '%s': %s%s", exec->command, strerror(cause),
	          exec->install_hint ? "; its install hint follows" : "; is it installed and on PATH?");
	if (exec->install_hint) {
		free(error->detail);
		error->detail = xstrndup(exec->install_hint, 4096);
		for (char *line = error->detail; line;
		     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
			char *end = strchr(line, '\n');

			if (end)
				*end = '\0';
			text_clean(line);
			if (end)
				*end = '\n';
		}
	}
	return -1;
}

static int judge(const struct kube_exec *exec, int status, bool finished, struct error *error)
{
	if (!finished)
		return error_set(
			error,
			"the credential plugin '%s' gave no answer in time (or over 1 MiB); run it by "
			"hand to see why",
			exec->command);
	if (WIFSIGNALED(status))
		return error_set(error, "the credential plugin '%s' was killed by signal %d", exec->command,
		                 WTERMSIG(status));
	if (WEXITSTATUS(status))
		return error_set(
			error,
			"the credential plugin '%s' failed with status %d; log in again, or run it by "
			"hand to see why",
			exec->command, WEXITSTATUS(status));
	return 0;
}

static int run(const struct kubeconfig *config, const atomic_int *cancel, char *output, struct error *error)
{
	const struct kube_exec *exec = &config->exec;
	int ends[2], cause, status;
	bool finished;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set(error, "cannot make a pipe: %m");
	cause = start(config, ends[1], &pid);
	close(ends[1]);
	if (cause) {
		close(ends[0]);
		return cannot_start(exec, cause, error);
	}
	finished = collect(ends[0], may_ask(exec) ? WAIT_ASKING_MS : WAIT_MS, cancel, output) == 0;
	close(ends[0]);
	status = reap(pid, finished);
	if (!finished && cancelled(cancel))
		return error_set(error, "interrupted while the credential plugin '%s' ran", exec->command);
	return judge(exec, status, finished, error);
}

int exec_plugin_run(const struct kubeconfig *config, const atomic_int *cancel, struct exec_result *ret,
                    struct error *error)
{
	char *output;
	int status;

	if (config->exec.interactive == KUBE_ALWAYS && !isatty(STDIN_FILENO))
		return error_set(error,
		                 "the credential plugin '%s' wants to ask on a terminal, and there is none",
		                 config->exec.command);
	output = xcalloc(1, OUTPUT_MAX + 1);
	status = run(config, cancel, output, error);
	if (status == 0)
		status = exec_result_parse(&config->exec, output, ret, error);
	explicit_bzero(output, OUTPUT_MAX);
	free(output);
	return status;
}

static int refuse(const struct kube_exec *exec, const char *what, struct error *error)
{
	return error_set(error, "the credential plugin '%s' %s", exec->command, what);
}

static int take(const struct kube_exec *exec, const cJSON *json, struct exec_result *ret, struct error *error)
{
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(json, "status");
	const char *kind = text_of(json, "kind"), *version = text_of(json, "apiVersion");
	const char *token = text_of(status, "token"), *cert = text_of(status, "clientCertificateData");
	const char *key = text_of(status, "clientKeyData"), *expires = text_of(status, "expirationTimestamp");

	if (!kind || strcmp(kind, "ExecCredential") != 0)
		return refuse(exec, "printed no ExecCredential", error);
	if (!version || strcmp(version, exec->api_version) != 0)
		return refuse(exec, "answers in another apiVersion than the kubeconfig asks for", error);
	if (!token && !cert && !key)
		return refuse(exec, "gave neither a token nor a client certificate", error);
	if (!cert != !key)
		return refuse(exec, "gave a client certificate without its key, or a key without it", error);
	*ret = (struct exec_result){xstrdup(token), xstrdup(cert), xstrdup(key),
	                            expires ? wall_time_parse(expires) : 0};
	return 0;
}

/* Every string in the answer may be a secret. */
static void wipe(cJSON *json)
{
	for (; json; json = json->next) {
		text_wipe(json->valuestring);
		wipe(json->child);
	}
}

int exec_result_parse(const struct kube_exec *exec, const char *text, struct exec_result *ret,
                      struct error *error)
{
	cJSON *json = cJSON_Parse(text);
	int status = json ? take(exec, json, ret, error) : refuse(exec, "printed no JSON", error);

	wipe(json);
	cJSON_Delete(json);
	return status;
}

bool exec_result_expired(const struct exec_result *result, int seconds)
{
	return result->expires && time(NULL) + seconds >= result->expires;
}

void exec_result_release(struct exec_result *result)
{
	text_wipe(result->token);
	text_wipe(result->cert);
	text_wipe(result->key);
	free(result->token);
	free(result->cert);
	free(result->key);
	*result = (struct exec_result){0};
}
