#include "plugin/usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/options.h"
#include "plugin/quantity.h"
#include "plugin/text.h"
#include "plugin/wall_time.h"

#define NODES_MAX      64
#define WINDOW_ASSUMED 15000000000LL /* of figures that do not say what they cover: the kubelet's */

static const cJSON *item_of(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *text_of(const cJSON *object, const char *key)
{
	const cJSON *item = item_of(object, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

static int64_t saturated(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int add_quantity(const cJSON *usage, const char *what, int places, int64_t *sum, struct error *error)
{
	const cJSON *item = item_of(usage, what);
	int64_t value;

	if (!item)
		return 0;
	if (!cJSON_IsString(item) || quantity_parse(item->valuestring, places, &value) < 0 || value < 0)
		return error_set(error, "the metrics API gives %s '%.64s', which is no quantity", what,
		                 cJSON_IsString(item) ? item->valuestring : "?");
	*sum = saturated(*sum, value);
	return 0;
}

int usage_parse(const cJSON *item, struct pod_usage *ret, struct error *error)
{
	const cJSON *containers = item_of(item, "containers"), *container;
	struct pod_usage usage = {0};
	int64_t window = duration_parse(text_of(item, "window"));

	if (!cJSON_IsArray(containers))
		return error_set(error, "the metrics API's answer is no PodMetrics");
	cJSON_ArrayForEach(container, containers)
	{
		const cJSON *used = item_of(container, "usage");

		if (add_quantity(used, "cpu", 9, &usage.cpu_nano, error) < 0 ||
		    add_quantity(used, "memory", 0, &usage.memory_bytes, error) < 0)
			return -1;
	}
	usage.cpu_milli = quantity_milli(usage.cpu_nano);
	usage.window = window > 0 && window < INT64_MAX ? window : 0;
	snprintf(usage.timestamp, sizeof usage.timestamp, "%s", text_of(item, "timestamp"));
	text_clean(usage.timestamp);
	*ret = usage;
	return 0;
}

time_t usage_end(const struct pod_usage *usage)
{
	return wall_time_parse(usage->timestamp);
}

time_t usage_begin(const struct pod_usage *usage)
{
	int64_t window = usage->window ? usage->window : WINDOW_ASSUMED;
	time_t end = usage_end(usage);

	return end ? end - (time_t)(window / 1000000000) : 0;
}

/* The item of a pod, by binary search: pods are sorted by namespace, name. */
static struct ranked_pod *find(struct ranking *ranking, const char *ns, const char *name)
{
	size_t low = 0, high = ranking->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct pod *pod = ranking->items[middle].pod;
		int order = strcmp(ns, pod->ns);

		order = order ? order : strcmp(name, pod->name);
		if (order == 0)
			return &ranking->items[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static size_t take_metrics(struct ranking *ranking, const cJSON *list)
{
	struct error ignored = {0};
	const cJSON *item;
	size_t count = 0;

	cJSON_ArrayForEach(item, item_of(list, "items"))
	{
		const cJSON *metadata = item_of(item, "metadata");
		struct ranked_pod *ranked =
			find(ranking, text_of(metadata, "namespace"), text_of(metadata, "name"));

		if (!ranked || usage_parse(item, &ranked->usage, &ignored) < 0)
			continue;
		ranked->measured = true;
		count++;
	}
	return count;
}

/* The API version that serves pod metrics: v1, else what the group prefers. 0, -1 or -status. */
static int discover(struct cluster *cluster, char ret[16], struct error *error)
{
	cJSON *groups = NULL;
	const cJSON *group, *version, *found = NULL;
	int status = cluster_get(cluster, error, &groups, "/apis");

	cJSON_ArrayForEach(group, item_of(groups, "groups"))
	{
		if (strcmp(text_of(group, "name"), "metrics.k8s.io") == 0)
			found = group;
	}
	*ret = '\0';
	cJSON_ArrayForEach(version, item_of(found, "versions"))
	{
		const char *name = text_of(version, "version");

		if (strcmp(name, "v1") == 0 || (strcmp(name, "v1beta1") == 0 && !*ret))
			snprintf(ret, 16, "%s", name);
	}
	cJSON_Delete(groups);
	if (status == -403) {
		snprintf(ret, 16, "v1beta1");
		return 0;
	}
	return status == 0 && !*ret ? -404 : status;
}

static int get_metrics(struct cluster *cluster, const struct ranking *ranking, cJSON **ret,
                       struct error *error)
{
	const char *ns = ranking->pods.ns;
	char *selector = cluster_escape(ranking->pods.selector);
	int status;

	status = cluster_get(cluster, error, ret, "/apis/metrics.k8s.io/%s/%s%s%spods%s%s",
	                     ranking->metrics_version, ns ? "namespaces/" : "", ns ? ns : "", ns ? "/" : "",
	                     *selector ? "?labelSelector=" : "", selector);
	free(selector);
	return status;
}

static void explain(int status, const struct error *error, char ret[256])
{
	switch (status) {
	case -404:
		snprintf(ret, 256, "metrics API not installed (404)");
		break;
	case -403:
		snprintf(ret, 256, "no right to list pods.metrics.k8s.io (403)");
		break;
	case -503:
		snprintf(ret, 256, "metrics API not available (503)");
		break;
	case 0:
		snprintf(ret, 256, "metrics API has no figures for these pods yet");
		break;
	default:
		snprintf(ret, 256, "%.200s", error->text);
	}
}

/* From the metrics API; false with the cause in words. */
static bool from_metrics(struct cluster *cluster, struct ranking *ranking, char cause[256])
{
	struct error error = {0};
	cJSON *list = NULL;
	size_t count = 0;
	int status = discover(cluster, ranking->metrics_version, &error);

	if (status == 0)
		status = get_metrics(cluster, ranking, &list, &error);
	if (status == 0)
		count = take_metrics(ranking, list);
	cJSON_Delete(list);
	if (count)
		ranking->source = RANKED_BY_METRICS;
	else
		explain(status, &error, cause);
	error_release(&error);
	return count != 0;
}

/* Are we allowed to GET nodes/proxy already? Never asked for: it amounts to exec on the node. */
static bool may_ask_kubelet(struct cluster *cluster)
{
	static const char review[] = "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":"
				     "\"SelfSubjectAccessReview\",\"spec\":{\"resourceAttributes\":{\"verb\":"
				     "\"get\",\"resource\":\"nodes\",\"subresource\":\"proxy\"}}}";
	struct error ignored = {0};
	cJSON *body = cJSON_Parse(review), *answer = NULL;
	bool ret;

	cluster_post(cluster, &ignored, body, &answer,
	             "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
	ret = cJSON_IsTrue(item_of(item_of(answer, "status"), "allowed"));
	cJSON_Delete(body);
	cJSON_Delete(answer);
	error_release(&ignored);
	return ret;
}

static int64_t whole(const cJSON *object, const char *key)
{
	const cJSON *item = item_of(object, key);

	if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0))
		return 0;
	return item->valuedouble >= 9e18 ? INT64_MAX : (int64_t)item->valuedouble;
}

static void summary_usage(const cJSON *item, struct pod_usage *ret)
{
	const cJSON *container;

	*ret = (struct pod_usage){0};
	cJSON_ArrayForEach(container, item_of(item, "containers"))
	{
		const cJSON *cpu = item_of(container, "cpu"), *memory = item_of(container, "memory");

		ret->cpu_nano = saturated(ret->cpu_nano, whole(cpu, "usageNanoCores"));
		ret->memory_bytes = saturated(ret->memory_bytes, whole(memory, "workingSetBytes"));
		snprintf(ret->timestamp, sizeof ret->timestamp, "%s", text_of(cpu, "time"));
	}
	text_clean(ret->timestamp);
	ret->cpu_milli = quantity_milli(ret->cpu_nano);
}

static size_t take_summary(struct ranking *ranking, const cJSON *summary)
{
	const cJSON *item;
	size_t count = 0;

	cJSON_ArrayForEach(item, item_of(summary, "pods"))
	{
		const cJSON *who = item_of(item, "podRef");
		struct ranked_pod *ranked = find(ranking, text_of(who, "namespace"), text_of(who, "name"));

		if (!ranked || strcmp(ranked->pod->uid, text_of(who, "uid")) != 0)
			continue;
		summary_usage(item, &ranked->usage);
		ranked->measured = true;
		count++;
	}
	return count;
}

static int get_summary(struct cluster *cluster, const char *node, cJSON **ret, struct error *error)
{
	return cluster_get(cluster, error, ret, "/api/v1/nodes/%s/proxy/stats/summary", node);
}

/* Has an item before `i` the same node? */
static bool node_seen(const struct ranking *ranking, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(ranking->items[j].pod->node, ranking->items[i].pod->node) == 0)
			return true;
	return false;
}

static bool from_kubelet(struct cluster *cluster, struct ranking *ranking)
{
	size_t nodes = 0, count = 0;

	if (!may_ask_kubelet(cluster))
		return false;
	for (size_t i = 0; i < ranking->count && nodes < NODES_MAX; i++) {
		struct error ignored = {0};
		cJSON *summary = NULL;

		if (!name_valid(ranking->items[i].pod->node) || node_seen(ranking, i))
			continue;
		nodes++;
		if (get_summary(cluster, ranking->items[i].pod->node, &summary, &ignored) == 0)
			count += take_summary(ranking, summary);
		cJSON_Delete(summary);
		error_release(&ignored);
	}
	if (count)
		ranking->source = RANKED_BY_KUBELET;
	return count != 0;
}

void usage_read(struct cluster *cluster, struct ranking *ranking)
{
	char cause[256];

	ranking->source = RANKED_BY_NONE;
	if (from_metrics(cluster, ranking, cause))
		return;
	if (from_kubelet(cluster, ranking))
		snprintf(ranking->note, sizeof ranking->note,
		         "no metrics: %s; figures taken from the kubelet's summary", cause);
	else
		snprintf(ranking->note, sizeof ranking->note, "no metrics: %s; first ready pod taken", cause);
}

static int usage_from_kubelet(struct cluster *cluster, const struct pod *pod, struct pod_usage *ret,
                              struct error *error)
{
	struct ranked_pod one = {.pod = pod};
	struct ranking ranking = {.items = &one, .count = 1};
	cJSON *summary = NULL;
	int status;

	if (!name_valid(pod->node))
		return error_set(error, "pod '%s' is on no node", pod->name);
	status = get_summary(cluster, pod->node, &summary, error);
	if (status == 0 && take_summary(&ranking, summary) == 0)
		status = error_set(error, "the kubelet of node '%s' has no figures for pod '%s'", pod->node,
		                   pod->name);
	if (status == 0)
		*ret = one.usage;
	cJSON_Delete(summary);
	return status;
}

int pod_usage_get(struct cluster *cluster, const struct ranking *ranking, const struct pod *pod,
                  struct pod_usage *ret, struct error *error)
{
	cJSON *item = NULL;
	int status;

	if (ranking->source == RANKED_BY_KUBELET)
		return usage_from_kubelet(cluster, pod, ret, error);
	if (ranking->source == RANKED_BY_NONE)
		return error_set(error, "%s", *ranking->note ? ranking->note : "no metrics");
	status = cluster_get(cluster, error, &item, "/apis/metrics.k8s.io/%s/namespaces/%s/pods/%s",
	                     ranking->metrics_version, pod->ns, pod->name);
	if (status == 0)
		status = usage_parse(item, ret, error);
	cJSON_Delete(item);
	return status;
}
