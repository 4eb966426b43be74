#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plugin/address.h"
#include "plugin/guard.h"
#include "plugin/text.h"

#define PAGES_MAX 40
#define PAGE      500

/* Lists of the API that name hosts, cheapest first. Fields end in texts; a list on the way stands for each
 * item. */
static const struct source {
	const char *what;
	const char *list; /* behind /api/v1 or /apis/GROUP/VERSION */
	bool everywhere;  /* else of the namespace alone */
	bool optional;    /* an API that need not be there */
	const char *fields[5];
} sources[] = {
	{"pods", "/api/v1/%spods", false, false, {"status.podIP", "status.podIPs.ip", "status.hostIP", NULL}},
	{"services",
         "/api/v1/%sservices",
         false,
         false,
         {"spec.clusterIP", "spec.clusterIPs", "spec.externalIPs", "status.loadBalancer.ingress.*", NULL}},
	{"ingresses",
         "/apis/networking.k8s.io/v1/%singresses",
         false,
         false,
         {"spec.rules.host", "status.loadBalancer.ingress.*", NULL}},
	{"HTTP routes",
         "/apis/gateway.networking.k8s.io/v1/%shttproutes",
         false,
         true,
         {"spec.hostnames", NULL}},
	{"gateways",
         "/apis/gateway.networking.k8s.io/v1/%sgateways",
         false,
         true,
         {"spec.listeners.hostname", "status.addresses.value", NULL}},
	{"nodes", "/api/v1/%snodes", true, false, {"status.addresses.address", NULL}},
	{"services of other namespaces",
         "/api/v1/%sservices",
         true,
         false,
         {"spec.clusterIP", "spec.clusterIPs", "spec.externalIPs", "status.loadBalancer.ingress.*", NULL}},
	{"ingresses of other namespaces",
         "/apis/networking.k8s.io/v1/%singresses",
         true,
         false,
         {"spec.rules.host", "status.loadBalancer.ingress.*", NULL}},
	{"HTTP routes of other namespaces",
         "/apis/gateway.networking.k8s.io/v1/%shttproutes",
         true,
         true,
         {"spec.hostnames", NULL}},
	{"gateways of other namespaces",
         "/apis/gateway.networking.k8s.io/v1/%sgateways",
         true,
         true,
         {"spec.listeners.hostname", "status.addresses.value", NULL}},
};

/* "*.shop.example" is each name with one more label. */
static bool covers(const char *named, const char *host)
{
	const char *dot;

	if (strcmp(named, "None") == 0) /* of a headless service */
		return false;
	if (strncmp(named, "*.", 2) != 0)
		return host_equal(named, host);
	dot = strchr(host, '.');
	return dot && dot != host && named[2] && host_equal(named + 2, dot + 1);
}

static bool holds(const cJSON *json, const char *field, const char *host);

static bool any_holds(const cJSON *json, const char *field, const char *host)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, json)
	{
		if (holds(item, field, host))
			return true;
	}
	return false;
}

/* Is the host among the texts at that field? "*": each text of an object. */
static bool holds(const cJSON *json, const char *field, const char *host)
{
	size_t length = strcspn(field, ".");
	const char *rest = field[length] ? field + length + 1 : field + length;
	char key[64];

	if (cJSON_IsString(json))
		return !*field && covers(json->valuestring, host);
	if (cJSON_IsArray(json))
		return any_holds(json, field, host);
	if (!cJSON_IsObject(json) || !*field || length >= sizeof key)
		return false;
	if (*field == '*')
		return any_holds(json, rest, host);
	memcpy(key, field, length);
	key[length] = '\0';
	return holds(cJSON_GetObjectItemCaseSensitive(json, key), rest, host);
}

static bool listed(const cJSON *list, const struct source *source, const char *host)
{
	for (const char *const *field = source->fields; *field; field++)
		if (any_holds(cJSON_GetObjectItemCaseSensitive(list, "items"), *field, host))
			return true;
	return false;
}

static char *continued(const cJSON *list)
{
	const cJSON *token = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(list, "metadata"), "continue");

	return cJSON_IsString(token) && *token->valuestring ? cluster_escape(token->valuestring) : NULL;
}

/* One page of a list; *token is where it goes on, NULL: nowhere. 0 or the negative status. */
static int get_page(struct cluster *cluster, const struct source *source, char **token, cJSON **ret)
{
	const char *ns = source->everywhere ? "" : cluster_namespace(cluster);
	char *scope = *ns ? xprintf("namespaces/%s/", ns) : xstrdup("");
	const char *place = strstr(source->list, "%s");
	struct error ignored = {0};
	int status = cluster_get(cluster, &ignored, ret, "%.*s%s%s?limit=%d%s%s", (int)(place - source->list),
	                         source->list, scope, place + 2, PAGE, *token ? "&continue=" : "",
	                         *token ? *token : "");

	error_release(&ignored);
	free(scope);
	free(*token);
	*token = status == 0 ? continued(*ret) : NULL;
	return status;
}

/* 1 found, 0 not, or the negative status of what could not be listed. */
static int look(struct cluster *cluster, const struct source *source, const char *host)
{
	char *token = NULL;
	int status = 0;

	for (int i = 0; status == 0 && i < PAGES_MAX; i++) {
		cJSON *list = NULL;

		status = get_page(cluster, source, &token, &list);
		if (status == 0 && listed(list, source, host))
			status = 1;
		cJSON_Delete(list);
		if (!token)
			break;
	}
	if (status == 0 && token)
		status = -1;
	free(token);
	return status;
}

/* ---- names that the cluster's DNS gives to services ---------------------------------- */

/* Splits [POD.]NAME.NAMESPACE.svc[.cluster.local]; false: it is no such name. */
static bool service_name(const char *host, char **ret_name, char **ret_ns)
{
	char *copy = xstrdup(host), *at, *ns, *name;
	size_t length = strlen(copy);
	bool ret = false;

	if (length && copy[length - 1] == '.')
		copy[--length] = '\0';
	if (length > 14 && strcasecmp(copy + length - 14, ".cluster.local") == 0)
		copy[length -= 14] = '\0';
	if (length > 4 && strcasecmp(copy + length - 4, ".svc") == 0) {
		copy[length - 4] = '\0';
		at = strrchr(copy, '.');
		ns = at ? at + 1 : NULL;
		if (at)
			*at = '\0';
		at = strrchr(copy, '.');
		name = at ? at + 1 : copy;
		ret = ns && *ns && *name;
		if (ret) {
			*ret_name = cluster_escape(name);
			*ret_ns = cluster_escape(ns);
		}
	}
	free(copy);
	return ret;
}

/* As look(); -404 when there is no such service. An ExternalName leads out of the cluster. */
static int look_service(struct cluster *cluster, const char *name, const char *ns)
{
	struct error ignored = {0};
	cJSON *service = NULL;
	int status = cluster_get(cluster, &ignored, &service, "/api/v1/namespaces/%s/services/%s", ns, name);
	const cJSON *type =
		cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(service, "spec"), "type");

	if (status == 0)
		status = !(cJSON_IsString(type) && strcmp(type->valuestring, "ExternalName") == 0);
	cJSON_Delete(service);
	error_release(&ignored);
	return status;
}

static void add_unseen(char unseen[512], const char *what)
{
	size_t used = strlen(unseen);

	snprintf(unseen + used, 512 - used, "%s%s", used ? ", " : "", what);
}

const char *guard_host_owner(struct cluster *cluster, const char *host, char ret_unseen[512])
{
	char *name, *ns;
	int status;

	*ret_unseen = '\0';
	if (service_name(host, &name, &ns)) {
		status = look_service(cluster, name, ns);
		if (status < 0 && status != -404)
			add_unseen(ret_unseen, "that service");
		free(name);
		free(ns);
		return status == 1 ? "services" : NULL;
	}
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		status = look(cluster, &sources[i], host);
		if (status == 1)
			return sources[i].what;
		if (status < 0 && !(sources[i].optional && (status == -404 || status == -403)))
			add_unseen(ret_unseen, sources[i].what);
	}
	return NULL;
}
