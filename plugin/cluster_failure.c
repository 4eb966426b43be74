#include "plugin/cluster_failure.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/rbac.h"
#include "plugin/text.h"

/* A Kubernetes Status, as far as we need it. Strings borrowed from the JSON. */
struct status {
	cJSON *json;
	const char *message; /* "" if there is none */
	char user[256], verb[32], resource[128], group[128], ns[64];
};

static void whose(const struct kubeconfig *config, char *ret, size_t size)
{
	if (config->in_cluster)
		snprintf(ret, size, "the pod's service account");
	else if (config->user && config->context)
		snprintf(ret, size, "user '%s' (context '%s')", config->user, config->context);
	else if (config->user)
		snprintf(ret, size, "user '%s'", config->user);
	else
		snprintf(ret, size, "this request, which names no user");
}

/* Copies what stands in quotes behind `before`. */
static void quoted_after(const char *text, const char *before, char *ret, size_t size)
{
	const char *at = strstr(text, before), *end;

	if (!at)
		return;
	at += strlen(before);
	end = strchr(at, '"');
	if (end && (size_t)(end - at) < size) {
		memcpy(ret, at, (size_t)(end - at));
		ret[end - at] = '\0';
	}
}

/* 'User "u" cannot list resource "pods" in API group "" in the namespace "n"' (apiserver,
 * responsewriters/errors.go) */
static void parse_forbidden(struct status *status)
{
	const char *text = status->message, *verb = strstr(text, " cannot ");
	size_t length;

	quoted_after(text, "User \"", status->user, sizeof status->user);
	quoted_after(text, " resource \"", status->resource, sizeof status->resource);
	quoted_after(text, " API group \"", status->group, sizeof status->group);
	quoted_after(text, " the namespace \"", status->ns, sizeof status->ns);
	if (!verb)
		return;
	verb += strlen(" cannot ");
	length = strcspn(verb, " ");
	if (length < sizeof status->verb) {
		memcpy(status->verb, verb, length);
		status->verb[length] = '\0';
	}
}

/* Without a body: of a tunnel's failure the Status is gone, `text` is its message. */
static void status_parse(const char *body, const char *text, struct status *ret)
{
	const cJSON *kind, *message;

	*ret = (struct status){.message = body ? "" : text};
	ret->json = body ? cJSON_Parse(body) : NULL;
	kind = cJSON_GetObjectItemCaseSensitive(ret->json, "kind");
	message = cJSON_GetObjectItemCaseSensitive(ret->json, "message");
	if (cJSON_IsString(kind) && strcmp(kind->valuestring, "Status") == 0 && cJSON_IsString(message))
		ret->message = message->valuestring;
	parse_forbidden(ret);
}

static const char *first(const char *a, const char *b, const char *c)
{
	return a && *a ? a : b && *b ? b : c;
}

static int forbidden(const struct cluster_call *call, const struct status *status, const char *plain,
                     struct error *error)
{
	char who[256];
	const char *user = *status->user ? status->user : NULL;
	const char *verb = first(status->verb, call->verb, NULL), *dot = *status->group ? "." : "";
	const char *resource = first(status->resource, call->resource, NULL);
	const char *ns = first(status->ns, call->ns, NULL);

	char rights[320];

	whose(call->config, who, sizeof who);
	if (!call->rights && (!verb || !resource))
		return error_set(error, "%s: the API server '%s' forbids it (403): %.300s", call->doing,
		                 call->config->server, first(status->message, plain, "no reason given"));
	if (user)
		snprintf(who, sizeof who, "'%.200s'", user);
	if (!call->rights)
		snprintf(rights, sizeof rights, "%s %s%s%s", verb, resource, dot, status->group);
	error_set(error, "%s: %s may not %s %s%s%s (403); the role below would allow it", call->doing, who,
	          call->rights ? call->rights : rights, ns ? "in namespace '" : "in the whole cluster",
	          ns ? ns : "", ns ? "'" : "");
	free(error->detail);
	error->detail = rbac_role_yaml(ns, user);
	return -1;
}

static int http_failure(const struct cluster_call *call, const struct cap_error *failure, const char *body,
                        struct error *error)
{
	const char *server = call->config->server, *said;
	struct status status;
	char who[256], later[64] = "later";

	if (failure->retry_after)
		snprintf(later, sizeof later, "in %us, as it asks", failure->retry_after);
	status_parse(body, failure->text, &status);
	said = first(status.message, failure->text, "no reason given");
	whose(call->config, who, sizeof who);
	switch (failure->http_status) {
	case 401:
		error_set(error,
		          "%s: the API server '%s' rejects the credentials of %s (401); log in again, or "
		          "choose another --context or --user",
		          call->doing, server, who);
		break;
	case 403:
		forbidden(call, &status, body && !*status.message ? body : failure->text, error);
		break;
	case 404:
		error_set(error, "%s: not found (404): %.300s", call->doing, said);
		break;
	case 429:
	case 503:
		error_set(error,
		          "%s: the API server '%s' is overloaded or not ready (%ld): %.300s; try again %s",
		          call->doing, server, failure->http_status, said, later);
		break;
	default:
		error_set(error, "%s: the API server '%s' answers %ld: %.300s", call->doing, server,
		          failure->http_status, said);
	}
	cJSON_Delete(status.json);
	return (int)-failure->http_status;
}

int cluster_call_failed(const struct cluster_call *call, const struct cap_error *failure, const char *body,
                        struct error *error)
{
	const struct kubeconfig *config = call->config;
	const char *server = config->server;
	char from[256] = "";

	if (config->context)
		snprintf(from, sizeof from, " of context '%.200s'", config->context);
	switch (failure->status) {
	case CAP_HTTP:
		return http_failure(call, failure, body, error);
	case CAP_DNS:
		return error_set(error,
		                 "%s: cannot resolve the API server '%s'%s: %s; is this machine in its "
		                 "network or VPN?",
		                 call->doing, server, from, failure->text);
	case CAP_CONNECT:
		return error_set(error, "%s: cannot reach the API server '%s'%s: %s; is the cluster up?",
		                 call->doing, server, from, failure->text);
	case CAP_TLS:
		if (!strstr(failure->text, "certificate"))
			return error_set(error, "%s: no TLS with the API server '%s'%s: %s; is it http://?",
			                 call->doing, server, from, failure->text);
		return error_set(error,
		                 "%s: the certificate of the API server '%s'%s is not accepted: %s; see "
		                 "--certificate-authority and --tls-server-name",
		                 call->doing, server, from, failure->text);
	case CAP_TIMEOUT:
		return error_set(error,
		                 "%s: no answer from the API server '%s'%s within %gs; see "
		                 "--request-timeout",
		                 call->doing, server, from, (double)call->timeout / 1e9);
	default:
		return error_set(error, "%s: the API server '%s'%s: %s", call->doing, server, from,
		                 failure->text);
	}
}
