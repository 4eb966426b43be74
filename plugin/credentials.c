#include "plugin/credentials.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "plugin/exec_plugin.h"
#include "plugin/kube_file.h"
#include "plugin/text.h"

#define TOKEN_MAX    (256U << 10)
#define REREAD_AFTER 60 /* seconds */
#define HEADERS_MAX  1024

struct credentials {
	struct kubeconfig *config;
	pthread_mutex_t lock;
	char *file_token;
	time_t file_read; /* CLOCK_MONOTONIC seconds */
	bool file_fresh;
	struct exec_result exec;
};

static time_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void forget(char **secret)
{
	text_wipe(*secret);
	free(*secret);
	*secret = NULL;
}

int credentials_new(struct kubeconfig *config, struct credentials **ret, struct error *error)
{
	struct credentials *credentials = xcalloc(1, sizeof *credentials);

	credentials->config = config;
	pthread_mutex_init(&credentials->lock, NULL);
	if (config->exec.command && exec_plugin_run(config, &credentials->exec, error) < 0) {
		credentials_free(credentials);
		return -1;
	}
	if (credentials->exec.cert) {
		config->cert.data = xstrdup(credentials->exec.cert);
		config->cert.size = strlen(config->cert.data);
		config->key.data = xstrdup(credentials->exec.key);
		config->key.size = strlen(config->key.data);
	}
	*ret = credentials;
	return 0;
}

void credentials_free(struct credentials *credentials)
{
	if (!credentials)
		return;
	forget(&credentials->file_token);
	exec_result_release(&credentials->exec);
	pthread_mutex_destroy(&credentials->lock);
	free(credentials);
}

/* The token's line may end in blanks and newlines. */
static void trim(char *text)
{
	size_t start = strspn(text, " \t\r\n"), length = strlen(text + start);

	memmove(text, text + start, length + 1);
	while (length && strchr(" \t\r\n", text[length - 1]))
		text[--length] = '\0';
}

static const char *token_from_file(struct credentials *c, struct error *error)
{
	char *fresh;

	if (c->file_fresh && monotonic() - c->file_read < REREAD_AFTER)
		return c->file_token;
	fresh = kube_file_read(c->config->token_file, TOKEN_MAX, NULL, error);
	if (fresh)
		trim(fresh);
	if (fresh && *fresh) {
		forget(&c->file_token);
		c->file_token = fresh;
		c->file_fresh = true;
		c->file_read = monotonic();
		return fresh;
	}
	if (fresh)
		error_set(error, "token file '%s' is empty", c->config->token_file);
	free(fresh);
	return c->file_token ? c->file_token : c->config->token;
}

static const char *token_from_exec(struct credentials *c, struct error *error)
{
	struct exec_result fresh = {0};

	if (!exec_result_expired(&c->exec))
		return c->exec.token;
	if (exec_plugin_run(c->config, &fresh, error) < 0)
		return NULL;
	exec_result_release(&c->exec);
	c->exec = fresh;
	return c->exec.token;
}

/* The bearer token, or NULL: with a line if that is a failure. */
static const char *bearer(struct credentials *c, struct error *error)
{
	if (c->config->token_file)
		return token_from_file(c, error);
	if (c->config->token)
		return c->config->token;
	return c->config->exec.command ? token_from_exec(c, error) : NULL;
}

static char *base64_encode(const char *text, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = (const unsigned char *)text;
	char *ret = xcalloc(1, (size + 2) / 3 * 4 + 1), *out = ret;

	for (size_t i = 0; i < size; i += 3) {
		unsigned bits = (unsigned)in[i] << 16;

		bits |= i + 1 < size ? (unsigned)in[i + 1] << 8 : 0;
		bits |= i + 2 < size ? in[i + 2] : 0;
		*out++ = digits[bits >> 18];
		*out++ = digits[bits >> 12 & 63];
		*out++ = i + 1 < size ? digits[bits >> 6 & 63] : '=';
		*out++ = i + 2 < size ? digits[bits & 63] : '=';
	}
	return ret;
}

static char *basic_line(const struct kubeconfig *config)
{
	char *pair = xprintf("%s:%s", config->username ? config->username : "",
	                     config->password ? config->password : "");
	char *encoded = base64_encode(pair, strlen(pair)), *ret;

	ret = xprintf("Authorization: Basic %s", encoded);
	text_wipe(pair);
	text_wipe(encoded);
	free(pair);
	free(encoded);
	return ret;
}

/* Key of Impersonate-Extra-: lower case, what is no token character percent-encoded. */
static char *extra_line(const struct kube_extra *extra)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789!#$&'*+-.^_`|~";
	char *key = xcalloc(1, strlen(extra->key) * 3 + 1), *out = key, *ret;

	for (const char *p = extra->key; *p; p++) {
		char c = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;

		if (strchr(plain, c))
			*out++ = c;
		else
			out += snprintf(out, 4, "%%%02X", (unsigned)(unsigned char)c);
	}
	ret = xprintf("Impersonate-Extra-%s: %s", key, extra->value);
	free(key);
	return ret;
}

static size_t add_impersonation(const struct kubeconfig *config, char **lines, size_t count)
{
	if (config->as)
		lines[count++] = xprintf("Impersonate-User: %s", config->as);
	if (config->as_uid)
		lines[count++] = xprintf("Impersonate-Uid: %s", config->as_uid);
	for (char **group = config->as_groups; group && *group && count < HEADERS_MAX / 2; group++)
		lines[count++] = xprintf("Impersonate-Group: %s", *group);
	for (size_t i = 0; i < config->as_extra_count && count < HEADERS_MAX - 1; i++)
		lines[count++] = extra_line(&config->as_extra[i]);
	return count;
}

static int authorization(struct credentials *c, char **ret, struct error *error)
{
	const char *token;

	if (strncasecmp(c->config->server, "https:", 6) != 0)
		return 0;
	token = bearer(c, error);
	if (token)
		*ret = xprintf("Authorization: Bearer %s", token);
	else if (error->text[0])
		return -1;
	else if (c->config->username || c->config->password)
		*ret = basic_line(c->config);
	return 0;
}

static void lines_free(char **lines)
{
	for (char **line = lines; *line; line++) {
		text_wipe(*line);
		free(*line);
	}
	free(lines);
}

/* A header line may not hold what would start another one. */
static bool is_clean(char **lines)
{
	for (char **line = lines; *line; line++)
		if (strpbrk(*line, "\r\n"))
			return false;
	return true;
}

int credentials_headers(void *context, char ***ret, char error[512])
{
	struct credentials *c = context;
	char **lines = xcalloc(HEADERS_MAX + 1, sizeof *lines);
	struct error local = {.exit = EXIT_GOOD};
	size_t count = 0;
	int status;

	pthread_mutex_lock(&c->lock);
	status = authorization(c, &lines[0], &local);
	pthread_mutex_unlock(&c->lock);
	if (lines[0])
		count = 1;
	add_impersonation(c->config, lines, count);
	if (status == 0 && !is_clean(lines))
		status = error_set(&local, "a credential in the kubeconfig holds a line break");
	if (status < 0) {
		lines_free(lines);
		snprintf(error, 512, "%.500s", local.text);
		return -1;
	}
	*ret = lines;
	return 0;
}

bool credentials_refresh(struct credentials *c)
{
	bool ret = c->config->token_file || c->config->exec.command;

	pthread_mutex_lock(&c->lock);
	c->file_fresh = false;
	c->exec.expires = 1;
	pthread_mutex_unlock(&c->lock);
	return ret;
}
