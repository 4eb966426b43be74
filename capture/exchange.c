/* Which way an exchange goes: straight, through a tunnel, or by the API server's proxy where that is all
 * there is (k8s.io/apimachinery pkg/util/proxy: its own failures are a Status, the rest is the pod's answer).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture/failure.h"
#include "capture/request.h"
#include "capture/tunnel.h"

/* The API server takes it for its own, and passes on none. */
static bool has_authorization(const struct exchange *exchange)
{
	for (const char *const *line = exchange->headers; line && *line; line++)
		if (strncasecmp(*line, "Authorization:", 14) == 0)
			return true;
	return false;
}

/* What the proxy says itself: nobody else is to take it for the pod's answer. */
static enum cap_status own_failure(const struct exchange *exchange, struct cap_response *ret,
                                   struct cap_error *error)
{
	char words[sizeof error->text];
	long http_status = error->http_status;

	cap_response_release(ret);
	if (http_status == 403 || http_status == 401) {
		tunnel_proxy_refused(exchange->tunnel, error);
		return error->status;
	}
	if (http_status < 500)
		return error->status;
	tunnel_proxied(exchange->tunnel);
	snprintf(words, sizeof words, "%s", error->text);
	if (strcasestr(words, "connection refused"))
		return failure_set(
			error, CAP_PORT,
			"nothing listens on port %u at the pod's address, and the API server's proxy "
			"does not reach 127.0.0.1 in the pod",
			exchange->port);
	return failure_set(error, CAP_LOST, "the API server's proxy: %.400s", words);
}

/* A plain 401 or 403, as long as nothing came through, may be a gateway's as well: it has no right to be
 * taken for the pod's. */
static bool is_own(const struct exchange *exchange, const struct cap_error *failure)
{
	return failure->kube_status || (tunnel_proxy(exchange->tunnel) == TUNNEL_PROXY_MAYBE &&
	                                (failure->http_status == 401 || failure->http_status == 403));
}

static enum cap_status by_proxy(const struct exchange *exchange, struct cap_response *ret,
                                struct cap_error *error)
{
	struct cap_request request = *exchange->request;
	struct exchange straight = {.endpoint = tunnel_api_server(exchange->tunnel),
	                            .request = &request,
	                            .headers = exchange->headers};
	char *prefix = tunnel_proxy_path(exchange->tunnel, exchange->tls, exchange->port), *path;
	struct cap_error failure = {0};
	enum cap_status status;

	*ret = (struct cap_response){0};
	if (has_authorization(exchange)) {
		free(prefix);
		return failure_set(error, CAP_CONNECT,
		                   "an Authorization header for pprof cannot pass the API server's proxy");
	}
	if (!prefix || asprintf(&path, "%s%s", prefix, request.path) < 0) {
		free(prefix);
		return failure_set(error, CAP_MEMORY, "out of memory");
	}
	request.path = path;
	status = exchange_once(&straight, ret, &failure);
	free(path);
	free(prefix);
	if (status == CAP_HTTP && is_own(exchange, &failure))
		status = own_failure(exchange, ret, &failure);
	else if (ret->status)
		tunnel_proxied(exchange->tunnel);
	if (status != CAP_OK)
		*error = failure;
	return status;
}

enum cap_status exchange_run(const struct exchange *exchange, struct cap_response *ret,
                             struct cap_error *error)
{
	enum cap_status status;

	if (!exchange->tunnel)
		return exchange_once(exchange, ret, error);
	if (tunnel_proxy(exchange->tunnel) == TUNNEL_PROXY_SURE)
		return by_proxy(exchange, ret, error);
	status = exchange_once(exchange, ret, error);
	if ((status == CAP_HTTP || status == CAP_FORMAT) && !ret->status &&
	    tunnel_proxy(exchange->tunnel) == TUNNEL_PROXY_MAYBE)
		status = by_proxy(exchange, ret, error);
	return status;
}
