#include "plugin/cluster.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plugin/clock.h"
#include "plugin/cluster_failure.h"
#include "plugin/credentials.h"
#include "plugin/plan.h"
#include "plugin/proxy.h"
#include "plugin/signals.h"
#include "plugin/text.h"

#define ANSWER_MAX      (64U << 20)
#define TIMEOUT_DEFAULT (15 * SECOND)

struct cluster {
	struct kubeconfig config;
	struct credentials *credentials;
	struct cap_endpoint endpoint;
	char *proxy;
	int64_t timeout;
};

/* Go has names resolved by a SOCKS proxy; libcurl calls that socks5h. */
static void resolve_there(char **proxy)
{
	char *given = *proxy;

	if (!given || strncasecmp(given, "socks5://", 9) != 0)
		return;
	*proxy = xprintf("socks5h://%s", given + 9);
	text_wipe(given);
	free(given);
}

static int choose_proxy(struct cluster *cluster, struct error *error)
{
	if (cluster->endpoint.ssh && cluster->config.proxy_url)
		return error_set(
			error,
			"the kubeconfig (%s) has a proxy-url for this cluster, and --ssh is another way "
			"there: give one of the two",
			cluster->config.source);
	if (cluster->endpoint.ssh)
		return 0;
	if (cluster->config.proxy_url)
		cluster->proxy = xstrdup(cluster->config.proxy_url);
	else if (proxy_from_environment(cluster->config.server, &cluster->proxy, error) < 0)
		return -1;
	resolve_there(&cluster->proxy);
	return 0;
}

static struct cap_pem borrow(const struct kube_pem *pem)
{
	return (struct cap_pem){pem->path, pem->data, pem->size};
}

static void fill_endpoint(struct cluster *cluster)
{
	const struct kubeconfig *config = &cluster->config;

	cluster->endpoint = (struct cap_endpoint){
		.url = config->server,
		.ca = borrow(&config->ca),
		.insecure = config->insecure,
		.compression = !config->disable_compression,
		.tls_server_name = config->tls_server_name,
		.proxy = cluster->proxy,
		.ssh = cluster->endpoint.ssh,
		.user_agent = "kubectl-pprof/" KP_VERSION,
		.credentials = credentials_headers,
		.credentials_ready = credentials_ready,
		.identity = credentials_identity,
		.credentials_rejected = credentials_refresh,
		.credentials_context = cluster->credentials,
	};
}

int cluster_open(const struct kube_flags *flags, struct cap_ssh *ssh, struct cluster **ret,
                 struct error *error)
{
	struct cluster *cluster = xcalloc(1, sizeof *cluster);

	cluster->endpoint.ssh = ssh;
	cluster->timeout = flags->request_timeout > 0 ? flags->request_timeout : TIMEOUT_DEFAULT;
	if (kubeconfig_load(flags, &cluster->config, error) < 0 || choose_proxy(cluster, error) < 0 ||
	    credentials_new(&cluster->config, &cluster->credentials, error) < 0) {
		cluster_close(cluster);
		return -1;
	}
	fill_endpoint(cluster);
	*ret = cluster;
	return 0;
}

void cluster_close(struct cluster *cluster)
{
	if (!cluster)
		return;
	credentials_free(cluster->credentials);
	kubeconfig_release(&cluster->config);
	text_wipe(cluster->proxy);
	free(cluster->proxy);
	free(cluster);
}

const struct cap_endpoint *cluster_endpoint(const struct cluster *cluster)
{
	return &cluster->endpoint;
}

const char *cluster_namespace(const struct cluster *cluster)
{
	return cluster->config.ns;
}

const char *cluster_context(const struct cluster *cluster)
{
	return cluster->config.context;
}

const char *cluster_server(const struct cluster *cluster)
{
	return cluster->config.server;
}

bool cluster_refresh(struct cluster *cluster)
{
	return credentials_refresh(cluster->credentials);
}

static int parse(const struct cluster *cluster, const struct cap_response *response, const char *doing,
                 cJSON **ret, struct error *error)
{
	cJSON *json = cJSON_ParseWithLength((const char *)response->body, response->size);

	if (json && cJSON_IsObject(json)) {
		*ret = json;
		return 0;
	}
	cJSON_Delete(json);
	return error_set(error,
	                 "%s: the answer (%zu bytes, '%s') is not JSON; is '%s' a Kubernetes API server?",
	                 doing, response->size, response->content_type, cluster->config.server);
}

/* A server that is too busy says when it wants to be asked again: true, and it is then. */
static bool wait_as_told(const struct cap_error *failure)
{
	int64_t again = cap_error_again(failure), end = clock_now() + again;

	if (!again)
		return false;
	while (clock_now() < end && !signals_cancel)
		clock_sleep(50 * MILLI);
	return !signals_cancel;
}

static enum cap_status ask(struct cluster *cluster, const struct cap_request *request,
                           struct cap_response *ret, struct cap_error *failure)
{
	bool renewed = false;

	for (int put_off = 0;;) {
		enum cap_status status = cap_request(&cluster->endpoint, request, ret, failure);

		if (status != CAP_HTTP)
			return status;
		if (failure->http_status == 401 && !renewed && cluster_refresh(cluster))
			renewed = true;
		else if (put_off == CAP_AGAIN_TIMES || !wait_as_told(failure))
			return status;
		else
			put_off++;
		cap_response_release(ret);
		*ret = (struct cap_response){0};
		*failure = (struct cap_error){0};
	}
}

static int call(struct cluster *cluster, struct cap_request *request, cJSON **ret, struct error *error)
{
	struct cap_response response = {0};
	struct cap_error failure = {0};
	char *doing = xprintf("%s %.*s", request->method, (int)strcspn(request->path, "?"), request->path);
	enum cap_status status;
	int result;

	request->ceiling = ANSWER_MAX;
	request->timeout = cluster->timeout;
	request->cancel = &signals_cancel;
	status = ask(cluster, request, &response, &failure);
	if (status == CAP_OK) {
		result = parse(cluster, &response, doing, ret, error);
	} else {
		struct cluster_call what = {
			.config = &cluster->config, .doing = doing, .timeout = cluster->timeout};

		result = cluster_call_failed(&what, &failure, (const char *)response.body, error);
	}
	cap_response_release(&response);
	free(doing);
	return result;
}

__attribute__((format(printf, 1, 0))) static char *format_path(const char *format, va_list arguments)
{
	char *ret = NULL;

	return vasprintf(&ret, format, arguments) < 0 ? xstrdup("/") : ret;
}

int cluster_get(struct cluster *cluster, struct error *error, cJSON **ret, const char *path_format, ...)
{
	struct cap_request request = {.method = "GET"};
	va_list arguments;
	char *path;
	int status;

	va_start(arguments, path_format);
	path = format_path(path_format, arguments);
	va_end(arguments);
	request.path = path;
	status = call(cluster, &request, ret, error);
	free(path);
	return status;
}

int cluster_post(struct cluster *cluster, struct error *error, const cJSON *body, cJSON **ret,
                 const char *path_format, ...)
{
	char *text = cJSON_PrintUnformatted(body), *path;
	struct cap_request request = {.method = "POST", .content_type = "application/json", .body = text};
	va_list arguments;
	int status;

	va_start(arguments, path_format);
	path = format_path(path_format, arguments);
	va_end(arguments);
	request.path = path;
	status = text ? call(cluster, &request, ret, error) : error_set(error, "out of memory");
	free(path);
	cJSON_free(text);
	return status;
}

int cluster_failure(const struct cluster *cluster, struct error *error, const struct cap_error *failure,
                    const char *doing, const char *verb, const char *resource, const char *ns)
{
	struct cluster_call what = {.config = &cluster->config,
	                            .doing = doing,
	                            .verb = verb,
	                            .resource = resource,
	                            .ns = ns,
	                            .timeout = cluster->timeout};

	return cluster_call_failed(&what, failure, NULL, error);
}

int cluster_failure_rights(const struct cluster *cluster, struct error *error,
                           const struct cap_error *failure, const char *doing, const char *rights,
                           const char *ns)
{
	struct cluster_call what = {.config = &cluster->config,
	                            .doing = doing,
	                            .rights = *rights ? rights : NULL,
	                            .ns = ns,
	                            .timeout = cluster->timeout};

	return cluster_call_failed(&what, failure, NULL, error);
}

char *cluster_escape(const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	char *ret = xcalloc(1, strlen(text) * 3 + 1), *out = ret;

	for (; *text; text++) {
		if (strchr(plain, *text))
			*out++ = *text;
		else
			out += snprintf(out, 4, "%%%02X", (unsigned)(unsigned char)*text);
	}
	return ret;
}
