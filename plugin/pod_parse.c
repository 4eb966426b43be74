#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/address.h"
#include "plugin/pods.h"
#include "plugin/quantity.h"
#include "plugin/text.h"
#include "plugin/wall_time.h"

#define NAME_MAX_BYTES  253
#define VALUE_MAX_BYTES 4096
#define CONTAINERS_MAX  64
#define PORTS_MAX       64
#define PAIRS_MAX       256

static const cJSON *item_of(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* The text of a field, cut and cleaned; NULL if absent. */
static char *optional_text(const cJSON *object, const char *key, size_t max)
{
	const cJSON *item = item_of(object, key);
	char *ret;

	if (!cJSON_IsString(item))
		return NULL;
	ret = xstrndup(item->valuestring, max);
	text_clean(ret);
	return ret;
}

static char *text(const cJSON *object, const char *key, size_t max)
{
	char *ret = optional_text(object, key, max);

	return ret ? ret : xstrdup("");
}

static unsigned count_of(const cJSON *object, const char *key)
{
	const cJSON *item = item_of(object, key);

	if (!cJSON_IsNumber(item) || !(item->valuedouble > 0))
		return 0;
	return item->valuedouble > INT_MAX ? INT_MAX : (unsigned)item->valuedouble;
}

static int64_t limit_of(const cJSON *container, const char *what, int places)
{
	const cJSON *item = item_of(item_of(item_of(container, "resources"), "limits"), what);
	int64_t ret;

	if (!cJSON_IsString(item) || quantity_parse(item->valuestring, places, &ret) < 0 || ret < 0)
		return 0;
	return ret;
}

/* Of a list's items, so many are taken. */
static size_t room_for(const cJSON *list, size_t max)
{
	size_t count = (size_t)cJSON_GetArraySize(list);

	return count < max ? count : max;
}

static void parse_ports(const cJSON *list, struct pod_container *ret)
{
	const cJSON *json;

	ret->ports = xcalloc(room_for(list, PORTS_MAX), sizeof *ret->ports);
	cJSON_ArrayForEach(json, list)
	{
		unsigned number = count_of(json, "containerPort");
		const cJSON *protocol = item_of(json, "protocol");

		if (number == 0 || number > 65535 || ret->port_count == PORTS_MAX)
			continue;
		ret->ports[ret->port_count++] = (struct pod_port){
			text(json, "name", NAME_MAX_BYTES),
			(uint16_t)number,
			!cJSON_IsString(protocol) || strcmp(protocol->valuestring, "TCP") == 0,
		};
	}
}

static void parse_containers(const cJSON *list, struct pod *ret)
{
	const cJSON *json;

	ret->containers = xcalloc(room_for(list, CONTAINERS_MAX), sizeof *ret->containers);
	cJSON_ArrayForEach(json, list)
	{
		struct pod_container *container = &ret->containers[ret->container_count];

		if (ret->container_count == CONTAINERS_MAX)
			break;
		ret->container_count++;
		container->name = text(json, "name", NAME_MAX_BYTES);
		container->image = text(json, "image", VALUE_MAX_BYTES);
		container->cpu_limit = limit_of(json, "cpu", 3);
		container->memory_limit = limit_of(json, "memory", 0);
		parse_ports(item_of(json, "ports"), container);
	}
}

/* Why a container does not run: its waiting or terminated reason. */
static char *stopped_reason(const cJSON *status)
{
	const cJSON *state = item_of(status, "state"), *terminated = item_of(state, "terminated");
	char *ret = optional_text(item_of(state, "waiting"), "reason", NAME_MAX_BYTES);

	if (!ret && terminated) {
		ret = optional_text(terminated, "reason", NAME_MAX_BYTES);
		if (!ret || !*ret) {
			free(ret);
			ret = xprintf("ExitCode:%u", count_of(terminated, "exitCode"));
		}
	}
	return ret;
}

static void parse_status(const cJSON *status, struct pod *pod)
{
	const cJSON *name = item_of(status, "name");

	for (size_t i = 0; cJSON_IsString(name) && i < pod->container_count; i++) {
		struct pod_container *container = &pod->containers[i];
		const cJSON *last = item_of(item_of(status, "lastState"), "terminated");

		if (strcmp(container->name, name->valuestring) != 0 || container->waiting)
			continue;
		container->ready = cJSON_IsTrue(item_of(status, "ready"));
		container->restarts = count_of(status, "restartCount");
		container->waiting = stopped_reason(status);
		if (!container->last_terminated)
			container->last_terminated = optional_text(last, "reason", NAME_MAX_BYTES);
		pod->restarts += container->restarts;
		return;
	}
}

/* A sidecar: an init container that stays. */
static bool is_restartable(const cJSON *containers, const cJSON *name)
{
	const cJSON *json;

	cJSON_ArrayForEach(json, containers)
	{
		const cJSON *own = item_of(json, "name"), *policy = item_of(json, "restartPolicy");

		if (cJSON_IsString(own) && cJSON_IsString(name) &&
		    strcmp(own->valuestring, name->valuestring) == 0)
			return cJSON_IsString(policy) && strcmp(policy->valuestring, "Always") == 0;
	}
	return false;
}

/* As kubectl says it (pkg/printers/internalversion/printers.go: printPod). */
static char *init_state(const cJSON *pod_status, const cJSON *containers)
{
	const cJSON *status;
	int done = 0, total = cJSON_GetArraySize(containers);

	cJSON_ArrayForEach(status, item_of(pod_status, "initContainerStatuses"))
	{
		const cJSON *terminated = item_of(item_of(status, "state"), "terminated");
		char *reason, *ret;

		if ((terminated && count_of(terminated, "exitCode") == 0) ||
		    (cJSON_IsTrue(item_of(status, "started")) &&
		     is_restartable(containers, item_of(status, "name")))) {
			done++;
			continue;
		}
		reason = stopped_reason(status);
		if (reason && *reason && strcmp(reason, "PodInitializing") != 0)
			ret = xprintf("Init:%s", reason);
		else
			ret = xprintf("Init:%d/%d", done, total);
		free(reason);
		return ret;
	}
	return xstrdup("");
}

static void parse_pairs(const cJSON *map, struct pod_pair **ret, size_t *ret_count)
{
	const cJSON *json;

	*ret = xcalloc(room_for(map, PAIRS_MAX), sizeof **ret);
	cJSON_ArrayForEach(json, map)
	{
		if (!cJSON_IsString(json) || !json->string || *ret_count == PAIRS_MAX)
			continue;
		(*ret)[*ret_count].key = xstrndup(json->string, VALUE_MAX_BYTES);
		text_clean((*ret)[*ret_count].key);
		(*ret)[*ret_count].value = xstrndup(json->valuestring, VALUE_MAX_BYTES);
		text_clean((*ret)[(*ret_count)++].value);
	}
}

static bool is_ready(const cJSON *status)
{
	const cJSON *condition;

	cJSON_ArrayForEach(condition, item_of(status, "conditions"))
	{
		const cJSON *type = item_of(condition, "type"), *value = item_of(condition, "status");

		if (cJSON_IsString(type) && cJSON_IsString(value) && strcmp(type->valuestring, "Ready") == 0)
			return strcmp(value->valuestring, "True") == 0;
	}
	return false;
}

static void parse_owner(const cJSON *metadata, struct pod *pod)
{
	const cJSON *owner, *controller = NULL;

	cJSON_ArrayForEach(owner, item_of(metadata, "ownerReferences"))
	{
		if (cJSON_IsTrue(item_of(owner, "controller")))
			controller = owner;
	}
	pod->owner_kind = text(controller, "kind", NAME_MAX_BYTES);
	pod->owner_name = text(controller, "name", NAME_MAX_BYTES);
	pod->owner_uid = text(controller, "uid", NAME_MAX_BYTES);
}

/* Of podIPs, which has one of each family at most: that which is not podIP. */
static char *other_ip(const cJSON *status, const char *ip)
{
	const cJSON *each;

	cJSON_ArrayForEach(each, item_of(status, "podIPs"))
	{
		const cJSON *other = item_of(each, "ip");

		if (cJSON_IsString(other) && strcmp(other->valuestring, ip) != 0)
			return text(each, "ip", NAME_MAX_BYTES);
	}
	return xstrdup("");
}

static void parse_all(const cJSON *json, struct pod *pod)
{
	const cJSON *metadata = item_of(json, "metadata"), *spec = item_of(json, "spec");
	const cJSON *status = item_of(json, "status"), *started = item_of(status, "startTime"), *each;

	pod->ns = text(metadata, "namespace", NAME_MAX_BYTES);
	pod->name = text(metadata, "name", NAME_MAX_BYTES);
	pod->uid = text(metadata, "uid", NAME_MAX_BYTES);
	pod->node = text(spec, "nodeName", NAME_MAX_BYTES);
	pod->ip = text(status, "podIP", NAME_MAX_BYTES);
	pod->other_ip = other_ip(status, pod->ip);
	pod->phase = text(status, "phase", NAME_MAX_BYTES);
	pod->reason = text(status, "reason", NAME_MAX_BYTES);
	pod->init_state = init_state(status, item_of(spec, "initContainers"));
	pod->ready = is_ready(status);
	pod->terminating = cJSON_IsString(item_of(metadata, "deletionTimestamp"));
	pod->host_network = cJSON_IsTrue(item_of(spec, "hostNetwork"));
	pod->started = cJSON_IsString(started) ? wall_time_parse(started->valuestring) : 0;
	parse_owner(metadata, pod);
	parse_containers(item_of(spec, "containers"), pod);
	cJSON_ArrayForEach(each, item_of(status, "containerStatuses"))
	{
		parse_status(each, pod);
	}
	parse_pairs(item_of(metadata, "labels"), &pod->labels, &pod->label_count);
	parse_pairs(item_of(metadata, "annotations"), &pod->annotations, &pod->annotation_count);
}

int pod_parse(const cJSON *json, struct pod *ret, struct error *error)
{
	struct pod pod = {0};

	if (!cJSON_IsObject(json))
		return error_set(error, "the API server's list holds something that is no pod");
	parse_all(json, &pod);
	if (!name_valid(pod.name) || !name_valid(pod.ns) || strchr(pod.ns, '.')) {
		error_set(error, "the API server names a pod '%.80s' in namespace '%.80s', which cannot be",
		          pod.name, pod.ns);
		pod_release(&pod);
		return -1;
	}
	*ret = pod;
	return 0;
}

static void pairs_free(struct pod_pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(pairs[i].key);
		free(pairs[i].value);
	}
	free(pairs);
}

static void container_release(struct pod_container *container)
{
	for (size_t i = 0; i < container->port_count; i++)
		free(container->ports[i].name);
	free(container->ports);
	free(container->name);
	free(container->image);
	free(container->waiting);
	free(container->last_terminated);
}

void pod_release(struct pod *pod)
{
	char *texts[] = {pod->ns,         pod->name,       pod->uid,       pod->node,
	                 pod->ip,         pod->phase,      pod->reason,    pod->init_state,
	                 pod->owner_kind, pod->owner_name, pod->owner_uid, pod->other_ip};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	for (size_t i = 0; i < pod->container_count; i++)
		container_release(&pod->containers[i]);
	free(pod->containers);
	pairs_free(pod->labels, pod->label_count);
	pairs_free(pod->annotations, pod->annotation_count);
	*pod = (struct pod){0};
}

bool pod_is_at(const struct pod *pod, const char *url)
{
	char *host = url_host(url);
	bool ret = host_equal(host, pod->ip) || host_equal(host, pod->other_ip);

	free(host);
	return ret;
}

bool pod_usable(const struct pod *pod)
{
	return strcmp(pod->phase, "Running") == 0 && pod->ready && !pod->terminating;
}

static const char *stopped(const struct pod *pod)
{
	for (size_t i = 0; i < pod->container_count; i++)
		if (pod->containers[i].waiting && *pod->containers[i].waiting)
			return pod->containers[i].waiting;
	return NULL;
}

void pod_state(const struct pod *pod, char *ret, size_t size)
{
	const char *reason = stopped(pod);
	size_t ready = 0;

	for (size_t i = 0; i < pod->container_count; i++)
		ready += pod->containers[i].ready;
	if (pod->terminating)
		snprintf(ret, size, "Terminating");
	else if (*pod->init_state)
		snprintf(ret, size, "%s", pod->init_state);
	else if (reason || *pod->reason)
		snprintf(ret, size, "%s", reason ? reason : pod->reason);
	else if (strcmp(pod->phase, "Running") == 0 && !pod->ready)
		snprintf(ret, size, "not Ready (%zu/%zu)", ready, pod->container_count);
	else
		snprintf(ret, size, "%s", *pod->phase ? pod->phase : "Unknown");
}

const char *pod_annotation(const struct pod *pod, const char *key)
{
	for (size_t i = 0; i < pod->annotation_count; i++)
		if (strcmp(pod->annotations[i].key, key) == 0)
			return pod->annotations[i].value;
	return NULL;
}

bool name_valid(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > NAME_MAX_BYTES || strchr("-.", *name) || strchr("-.", name[length - 1]))
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == length && !strstr(name, "..");
}
