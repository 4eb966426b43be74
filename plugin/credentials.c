#include "plugin/credentials.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "plugin/exec_plugin.h"
#include "plugin/kube_file.h"
#include "plugin/signals.h"
#include "plugin/text.h"

#define TOKEN_MAX    (256U << 10)
#define REREAD_AFTER 60 /* seconds */
#define HEADERS_MAX  1024
/* Seconds before its end that a plugin's token counts as over, and that a new one is fetched meanwhile. */
#define EXPIRY_SLACK  10
#define RENEW_AHEAD   60
#define ANSWER_STANDS 1 /* second, before a plugin that failed, or gave what is over, is run again */

/* What a plugin gave once; kept to the end, since certificates are borrowed. */
struct generation {
	struct exec_result result;
	time_t at; /* CLOCK_MONOTONIC seconds */
	struct generation *previous;
};

struct credentials {
	struct kubeconfig *config;
	bool by_plugin;

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t renewed;
	char *file_token;
	time_t file_read; /* CLOCK_MONOTONIC seconds */
	bool file_fresh;

	struct generation *exec;    /* the newest first */
	bool rejected;              /* the server takes it no more */
	bool renewing, has_renewer; /* the thread works; there is one to join */
	pthread_t renewer;
	char failure[512]; /* of the latest try to renew, "" if it went well */
	time_t failed_at;
	atomic_int stop;
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

/* ---- credential plugins --------------------------------------------------------- */

static void add_generation(struct credentials *c, const struct exec_result *result)
{
	struct generation *generation = xcalloc(1, sizeof *generation);

	*generation = (struct generation){*result, monotonic(), c->exec};
	c->exec = generation;
	c->rejected = false;
}

/* As kubectl: only over TLS, and only if the kubeconfig itself says nobody. */
static bool is_by_plugin(const struct kubeconfig *config)
{
	return config->exec.command && strncasecmp(config->server, "https:", 6) == 0 && !config->token &&
	       !config->token_file && !config->cert.path && !config->cert.data && !config->username &&
	       !config->password;
}

static void *renew(void *context)
{
	struct credentials *c = context;
	struct exec_result fresh = {0};
	struct error error = {0};
	int status = exec_plugin_run(c->config, &c->stop, &fresh, &error);

	pthread_mutex_lock(&c->lock);
	if (status == 0)
		add_generation(c, &fresh);
	snprintf(c->failure, sizeof c->failure, "%.500s", status == 0 ? "" : error.text);
	c->failed_at = monotonic();
	c->renewing = false;
	pthread_cond_broadcast(&c->renewed);
	pthread_mutex_unlock(&c->lock);
	error_release(&error);
	return NULL;
}

/* Locked. The plugin may take its time: it runs on a thread of its own, one at a time. */
static void begin_renewal(struct credentials *c)
{
	if (c->renewing || atomic_load(&c->stop))
		return;
	if (c->has_renewer)
		pthread_join(c->renewer, NULL); /* it has nothing left to do */
	c->has_renewer = c->renewing = signals_thread(&c->renewer, renew, c);
	if (!c->renewing) {
		snprintf(c->failure, sizeof c->failure, "cannot start a thread for the credential plugin");
		c->failed_at = monotonic();
	}
}

/* Locked. What was tried a moment ago is not tried again. */
static bool just_failed(const struct credentials *c)
{
	return c->failure[0] && monotonic() - c->failed_at <= ANSWER_STANDS;
}

/* What was over when it came is used all the same: a clock is wrong, and there is nothing better. */
static bool is_over(const struct credentials *c)
{
	return c->rejected || (exec_result_expired(&c->exec->result, EXPIRY_SLACK) &&
	                       monotonic() - c->exec->at > ANSWER_STANDS);
}

/* Locked. Begins to renew what is over, or soon will be; true: credentials can be had without waiting. */
static bool is_ready(struct credentials *c)
{
	bool over = is_over(c), soon = exec_result_expired(&c->exec->result, RENEW_AHEAD) &&
	                               monotonic() - c->exec->at > ANSWER_STANDS;

	if ((over || soon) && !just_failed(c))
		begin_renewal(c);
	return !over || just_failed(c);
}

bool credentials_ready(void *context)
{
	struct credentials *c = context;
	bool ret;

	if (!c->by_plugin)
		return true;
	pthread_mutex_lock(&c->lock);
	ret = is_ready(c);
	pthread_mutex_unlock(&c->lock);
	return ret;
}

static void wait_a_little(struct credentials *c)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += 100000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&c->renewed, &c->lock, &until);
}

/* Locked. NULL with a line: it could not be renewed. NULL without: the plugin gave a certificate alone. */
static const char *token_from_exec(struct credentials *c, struct error *error)
{
	while (!is_ready(c) && !signals_cancel)
		wait_a_little(c);
	if (!is_over(c))
		return c->exec->result.token;
	error_set(error, "%s", signals_cancel ? "interrupted while the credential plugin ran" : c->failure);
	return NULL;
}

void credentials_identity(void *context, struct cap_pem *ret_cert, struct cap_pem *ret_key)
{
	struct credentials *c = context;
	const struct kubeconfig *config = c->config;

	*ret_cert = (struct cap_pem){config->cert.path, config->cert.data, config->cert.size};
	*ret_key = (struct cap_pem){config->key.path, config->key.data, config->key.size};
	pthread_mutex_lock(&c->lock);
	if (c->exec && c->exec->result.cert) {
		const struct exec_result *result = &c->exec->result;

		*ret_cert = (struct cap_pem){NULL, result->cert, strlen(result->cert)};
		*ret_key = (struct cap_pem){NULL, result->key, strlen(result->key)};
	}
	pthread_mutex_unlock(&c->lock);
}

/* ---- life ------------------------------------------------------------------------- */

static void init(struct credentials *c, struct kubeconfig *config)
{
	pthread_condattr_t clock;

	c->config = config;
	c->by_plugin = is_by_plugin(config);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&c->renewed, &clock);
	pthread_condattr_destroy(&clock);
	pthread_mutex_init(&c->lock, NULL);
}

int credentials_new(struct kubeconfig *config, struct credentials **ret, struct error *error)
{
	struct credentials *credentials = xcalloc(1, sizeof *credentials);
	struct exec_result first = {0};

	init(credentials, config);
	if (credentials->by_plugin) {
		if (exec_plugin_run(config, &signals_cancel, &first, error) < 0) {
			credentials_free(credentials);
			return -1;
		}
		add_generation(credentials, &first);
	}
	*ret = credentials;
	return 0;
}

void credentials_free(struct credentials *credentials)
{
	if (!credentials)
		return;
	atomic_store(&credentials->stop, 1);
	if (credentials->has_renewer)
		pthread_join(credentials->renewer, NULL);
	while (credentials->exec) {
		struct generation *oldest = credentials->exec;

		credentials->exec = oldest->previous;
		exec_result_release(&oldest->result);
		free(oldest);
	}
	forget(&credentials->file_token);
	pthread_cond_destroy(&credentials->renewed);
	pthread_mutex_destroy(&credentials->lock);
	free(credentials);
}

/* ---- header lines ------------------------------------------------------------------ */

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

/* The bearer token, or NULL: with a line if that is a failure. */
static const char *bearer(struct credentials *c, struct error *error)
{
	if (c->config->token_file)
		return token_from_file(c, error);
	if (c->config->token)
		return c->config->token;
	return c->by_plugin ? token_from_exec(c, error) : NULL;
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

bool credentials_refresh(void *context)
{
	struct credentials *c = context;

	pthread_mutex_lock(&c->lock);
	c->file_fresh = false;
	c->rejected = true;
	pthread_mutex_unlock(&c->lock);
	return c->config->token_file || c->by_plugin;
}
