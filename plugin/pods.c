#include "plugin/pods.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

#define PODS_MAX  20000
#define PAGE      500
#define PAGES_MAX 2000 /* a selector may leave few of a page, or none */

/* What TYPE/NAME may name, and where the API keeps it. */
static const struct kind {
	const char *names[6]; /* the first is how we say it */
	const char *path;     /* NULL: a pod */
	const char *owner;    /* kind of the pods' controller; NULL: not checked */
} kinds[] = {
	{{"pod", "pods", "po"}, NULL, NULL},
	{{"deployment", "deployments", "deploy", "deployment.apps", "deployments.apps"},
         "/apis/apps/v1/namespaces/%s/deployments/%s",
         "ReplicaSet"},
	{{"statefulset", "statefulsets", "sts", "statefulset.apps", "statefulsets.apps"},
         "/apis/apps/v1/namespaces/%s/statefulsets/%s",
         "StatefulSet"},
	{{"daemonset", "daemonsets", "ds", "daemonset.apps", "daemonsets.apps"},
         "/apis/apps/v1/namespaces/%s/daemonsets/%s",
         "DaemonSet"},
	{{"replicaset", "replicasets", "rs", "replicaset.apps", "replicasets.apps"},
         "/apis/apps/v1/namespaces/%s/replicasets/%s",
         "ReplicaSet"},
	{{"job", "jobs", "job.batch", "jobs.batch"}, "/apis/batch/v1/namespaces/%s/jobs/%s", "Job"},
	{{"service", "services", "svc"}, "/api/v1/namespaces/%s/services/%s", NULL},
};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

/* A target, resolved: pods by name, or by selector and owner. */
struct target {
	const struct kind *kind;
	const char *name;
	char *uid; /* of the workload */
};

static const struct kind *find_kind(const char *word, size_t length, struct error *error)
{
	const char *all[KIND_COUNT * 6 + 1], *near;
	char *type = xstrndup(word, length);
	size_t count = 0;

	for (size_t k = 0; k < KIND_COUNT; k++) {
		for (size_t n = 0; n < 6 && kinds[k].names[n]; n++) {
			if (strcmp(kinds[k].names[n], type) == 0) {
				free(type);
				return &kinds[k];
			}
			all[count++] = kinds[k].names[n];
		}
	}
	all[count] = NULL;
	near = text_nearest(type, all);
	if (near)
		error_usage(error, "'%s' is no kind with pods; did you mean '%s%s'?", type, near,
		            word + length);
	else
		error_usage(
			error,
			"'%s' is no kind with pods; give pod, deployment, statefulset, daemonset, replicaset, "
			"job or service",
			type);
	free(type);
	return NULL;
}

static int parse_target(const char *text, struct target *ret, struct error *error)
{
	const char *slash = strchr(text, '/');

	ret->kind = slash ? find_kind(text, (size_t)(slash - text), error) : &kinds[0];
	ret->name = slash ? slash + 1 : text;
	if (!ret->kind)
		return -1;
	if (!name_valid(ret->name))
		return error_usage(error, "'%s' is not a Kubernetes name (a-z, 0-9, '-' and '.')", ret->name);
	return 0;
}

bool pod_query_is_pod(const struct pod_query *query)
{
	struct target target;
	struct error error = {0};
	bool ret = query->target && parse_target(query->target, &target, &error) == 0 && !target.kind->path;

	error_release(&error);
	return ret;
}

static int by_name(const void *a, const void *b)
{
	const struct pod *x = a, *y = b;
	int order = strcmp(x->ns, y->ns);

	return order ? order : strcmp(x->name, y->name);
}

static int append_items(const cJSON *page, struct pod_list *list, struct error *error)
{
	const cJSON *items = cJSON_GetObjectItemCaseSensitive(page, "items"), *item;
	size_t count = (size_t)cJSON_GetArraySize(items);

	if (!cJSON_IsArray(items) && !cJSON_IsNull(items))
		return error_set(error, "the API server's answer is no list of pods");
	if (list->count + count > PODS_MAX)
		return error_set(error, "more than %d pods; narrow it with -l SELECTOR or TYPE/NAME",
		                 PODS_MAX);
	list->items = xrealloc(list->items, (list->count + count) * sizeof *list->items);
	cJSON_ArrayForEach(item, items)
	{
		if (pod_parse(item, &list->items[list->count], error) < 0)
			return -1;
		list->count++;
	}
	return 0;
}

static void drop_items(struct pod_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		pod_release(&list->items[i]);
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

/* The next page's token, percent-encoded, or NULL. */
static char *next_page(const cJSON *page)
{
	const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(page, "metadata");
	const cJSON *token = cJSON_GetObjectItemCaseSensitive(metadata, "continue");

	return cJSON_IsString(token) && *token->valuestring ? cluster_escape(token->valuestring) : NULL;
}

static int fetch_pages(struct cluster *cluster, const char *path, struct pod_list *list, struct error *error)
{
	char *token = NULL;
	int status, pages = 0;

	do {
		cJSON *page = NULL;

		status = cluster_get(cluster, error, &page, "%s%s%s", path, token ? "&continue=" : "",
		                     token ? token : "");
		free(token);
		token = NULL;
		if (status == 0) {
			status = append_items(page, list, error);
			token = next_page(page);
		}
		cJSON_Delete(page);
		if (status == 0 && token && ++pages == PAGES_MAX)
			status = error_set(error, "the API server's list of pods does not end");
	} while (status == 0 && token);
	free(token);
	return status;
}

/* Lists pods by list->ns and list->selector; a list that expired half way (410) is begun again, once. */
static int fetch(struct cluster *cluster, struct pod_list *list, struct error *error)
{
	char *selector = cluster_escape(list->selector), *path;
	int status;

	path = xprintf("/api/v1/%s%s%spods?limit=%d%s%s", list->ns ? "namespaces/" : "",
	               list->ns ? list->ns : "", list->ns ? "/" : "", PAGE,
	               *selector ? "&labelSelector=" : "", selector);
	status = fetch_pages(cluster, path, list, error);
	if (status == -410) {
		drop_items(list);
		status = fetch_pages(cluster, path, list, error);
	}
	free(path);
	free(selector);
	if (status == 0 && list->count)
		qsort(list->items, list->count, sizeof *list->items, by_name);
	return status;
}

/* Says that the namespace is missing, if it is. May be forbidden to know. */
static bool namespace_missing(struct cluster *cluster, const char *ns, struct error *error)
{
	struct error ignored = {0};
	cJSON *json = NULL;
	bool ret = cluster_get(cluster, &ignored, &json, "/api/v1/namespaces/%s", ns) == -404;

	if (ret)
		error_set(error,
		          "namespace '%s' does not exist in cluster '%s'; kubectl get namespaces lists them",
		          ns, cluster_server(cluster));
	cJSON_Delete(json);
	error_release(&ignored);
	return ret;
}

static int nothing(struct cluster *cluster, const struct pod_list *list, struct error *error)
{
	if (list->ns && namespace_missing(cluster, list->ns, error))
		return -1;
	return error_set(error, "no pods: nothing matches %s", list->what);
}

/* Nearest pod name, for a name that does not exist. */
static void offer_nearest(struct cluster *cluster, const char *name, const char *ns, struct error *error)
{
	struct pod_list all = {.ns = xstrdup(ns), .selector = xstrdup("")};
	struct error ignored = {0};
	const char **names, *near = NULL;
	size_t length = strlen(name);

	if (fetch(cluster, &all, &ignored) == 0) {
		names = xcalloc(all.count + 1, sizeof *names);
		for (size_t i = 0; i < all.count; i++) {
			names[i] = all.items[i].name;
			if (!near && strncmp(names[i], name, length) == 0)
				near = names[i];
		}
		near = near ? near : text_nearest(name, names);
		if (near)
			error_set(error,
			          "pod '%s' not found in namespace '%s'; did you mean '%s' (or TYPE/NAME, as "
			          "in deployment/NAME)?",
			          name, ns, near);
		free(names);
	}
	error_release(&ignored);
	pod_list_release(&all);
}

static int not_found(struct cluster *cluster, const struct target *target, const char *ns,
                     struct error *error)
{
	if (namespace_missing(cluster, ns, error))
		return -1;
	error_set(error, "%s '%s' not found in namespace '%s'; is it in another one (-n)?",
	          target->kind->names[0], target->name, ns);
	if (!target->kind->path)
		offer_nearest(cluster, target->name, ns, error);
	return -404;
}

int pod_get(struct cluster *cluster, const char *ns, const char *name, struct pod *ret, struct error *error)
{
	cJSON *json = NULL;
	int status = cluster_get(cluster, error, &json, "/api/v1/namespaces/%s/pods/%s", ns, name);

	if (status == 0)
		status = pod_parse(json, ret, error);
	cJSON_Delete(json);
	return status;
}

static int list_one(struct cluster *cluster, const struct target *target, struct pod_list *list,
                    struct error *error)
{
	int status;

	list->items = xcalloc(1, sizeof *list->items);
	status = pod_get(cluster, list->ns, target->name, list->items, error);
	if (status == 0)
		list->count = 1;
	return status == -404 ? not_found(cluster, target, list->ns, error) : status;
}

/* A Service's selector is a plain map, a workload's a LabelSelector. */
static int take_selector(const struct target *target, const cJSON *object, struct pod_list *list,
                         struct error *error)
{
	const cJSON *spec = cJSON_GetObjectItemCaseSensitive(object, "spec");
	const cJSON *selector = cJSON_GetObjectItemCaseSensitive(spec, "selector");
	cJSON *wrapped = NULL;
	char *text;

	if (strcmp(target->kind->names[0], "service") == 0) {
		wrapped = cJSON_CreateObject();
		cJSON_AddItemReferenceToObject(wrapped, "matchLabels", (cJSON *)selector);
		selector = wrapped;
	}
	text = selector_text(selector, error);
	cJSON_Delete(wrapped);
	if (!text)
		return error_prefix(error, "%s '%s'", target->kind->names[0], target->name);
	if (!*text) {
		free(text);
		return error_set(
			error,
			"%s '%s' has no selector, so no pods can be told from it; name a workload or "
			"give -l SELECTOR",
			target->kind->names[0], target->name);
	}
	free(list->selector);
	list->selector = text;
	return 0;
}

/* A Deployment's ReplicaSets are called NAME-HASH; others own their pods themselves. */
static bool is_owned(const struct pod *pod, const struct target *target)
{
	const char *owner = target->kind->owner;
	size_t length = strlen(target->name);

	if (!owner)
		return true;
	if (strcmp(pod->owner_kind, owner) != 0)
		return false;
	if (strcmp(target->kind->names[0], "deployment") == 0)
		return strncmp(pod->owner_name, target->name, length) == 0 &&
		       pod->owner_name[length] == '-' && !strchr(pod->owner_name + length + 1, '-');
	return strcmp(pod->owner_uid, target->uid) == 0;
}

static void keep_owned(struct pod_list *list, const struct target *target)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (is_owned(&list->items[i], target))
			list->items[kept++] = list->items[i];
		else
			pod_release(&list->items[i]);
	}
	list->count = kept;
}

static int get_object(struct cluster *cluster, const struct target *target, const char *ns, cJSON **ret,
                      struct error *error)
{
	char *path = xstrdup(target->kind->path), *second = strstr(path, "%s/") + 2,
	     *last = strrchr(path, '%');
	int status;

	second[-2] = '\0';
	*last = '\0';
	status = cluster_get(cluster, error, ret, "%s%s%s%s", path, ns, second, target->name);
	free(path);
	return status == -404 ? not_found(cluster, target, ns, error) : status;
}

static int list_workload(struct cluster *cluster, struct target *target, struct pod_list *list,
                         struct error *error)
{
	cJSON *object = NULL;
	const cJSON *metadata, *uid;
	int status = get_object(cluster, target, list->ns, &object, error);

	if (status == 0)
		status = take_selector(target, object, list, error);
	if (status == 0) {
		metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata");
		uid = cJSON_GetObjectItemCaseSensitive(metadata, "uid");
		target->uid = xstrdup(cJSON_IsString(uid) ? uid->valuestring : "");
		free(list->what);
		list->what = xprintf("%s/%s (%s) in namespace '%s'", target->kind->names[0], target->name,
		                     list->selector, list->ns);
		status = fetch(cluster, list, error);
	}
	if (status == 0)
		keep_owned(list, target);
	cJSON_Delete(object);
	free(target->uid);
	return status;
}

static int list_target(struct cluster *cluster, const struct pod_query *query, struct pod_list *list,
                       struct error *error)
{
	struct target target = {0};

	if (query->all_namespaces)
		return error_usage(error, "'%s' names one object; it cannot go with --all-namespaces",
		                   query->target);
	if (parse_target(query->target, &target, error) < 0)
		return -1;
	list->what = xprintf("%s/%s in namespace '%s'", target.kind->names[0], target.name, list->ns);
	return target.kind->path ? list_workload(cluster, &target, list, error)
	                         : list_one(cluster, &target, list, error);
}

static int list_selected(struct cluster *cluster, const struct pod_query *query, struct pod_list *list,
                         struct error *error)
{
	const char *selector = query->selector ? query->selector : "";

	free(list->selector);
	list->selector = xstrdup(selector);
	list->what = xprintf("%s%s%s%s%s%s", *selector ? "selector '" : "all pods", selector,
	                     *selector ? "'" : "", list->ns ? " in namespace '" : " in all namespaces",
	                     list->ns ? list->ns : "", list->ns ? "'" : "");
	return fetch(cluster, list, error);
}

int pods_list(struct cluster *cluster, const struct pod_query *query, struct pod_list *ret,
              struct error *error)
{
	struct pod_list list = {.selector = xstrdup("")};
	int status;

	list.ns = query->all_namespaces ? NULL : xstrdup(cluster_namespace(cluster));
	if (query->target && query->selector)
		status = error_usage(error, "give either '%s' or a selector (-l), not both", query->target);
	else
		status = query->target ? list_target(cluster, query, &list, error)
		                       : list_selected(cluster, query, &list, error);
	if (status == 0 && list.count == 0)
		status = nothing(cluster, &list, error);
	if (status == 0)
		*ret = list;
	else
		pod_list_release(&list);
	return status;
}

void pod_list_release(struct pod_list *list)
{
	drop_items(list);
	free(list->what);
	free(list->selector);
	free(list->ns);
	*list = (struct pod_list){0};
}
