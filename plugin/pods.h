/*
 * Pods: which ones a target or selector means, and what we know of each.
 *
 * Everything in here came from the API server: strings are cut (names 253
 * bytes, other values 4 KiB) and cleaned, so they may be printed. Ceilings:
 * 20,000 pods, 64 containers a pod, 64 ports a container, 256 labels and
 * annotations each. Times are Unix seconds, 0: unknown.
 */
#ifndef PLUGIN_PODS_H
#define PLUGIN_PODS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugin/cluster.h"
#include "plugin/error.h"

struct pod_port {
	char *name; /* "" when it has none */
	uint16_t number;
	bool tcp;
};

struct pod_container {
	char *name, *image;
	struct pod_port *ports;
	size_t port_count;
	int64_t cpu_limit;    /* milli, 0: none */
	int64_t memory_limit; /* bytes, 0: none */
	bool ready;
	unsigned restarts;
	char *waiting;         /* reason: CrashLoopBackOff, ... or NULL */
	char *last_terminated; /* reason of the last end: OOMKilled, ... or NULL */
};

struct pod_pair {
	char *key, *value;
};

struct pod {
	char *ns, *name, *uid, *node, *phase; /* "" when unknown */
	char *ip, *other_ip;           /* the other one is of the other family, in a dual-stack cluster */
	char *reason;                  /* status.reason: Evicted, NodeLost ... or "" */
	char *owner_kind, *owner_name; /* controller, "" when none */
	char *owner_uid;
	char *init_state; /* "Init:0/1", "Init:CrashLoopBackOff" while init containers run, else "" */
	bool ready, terminating, host_network;
	unsigned restarts; /* sum over containers */
	int64_t started;
	struct pod_container *containers;
	size_t container_count;
	struct pod_pair *labels, *annotations;
	size_t label_count, annotation_count;
};

struct pod_list {
	struct pod *items; /* sorted by namespace, name */
	size_t count;
	char *what;     /* what was asked for, in words: "deployment/api (app=api) in namespace 'prod'" */
	char *selector; /* its label selector, "" for none */
	char *ns;       /* NULL: all namespaces */
};

/* What the user asked for. At most one of target and selector. */
struct pod_query {
	const char *target;   /* TYPE/NAME or a pod's NAME; NULL: none */
	const char *selector; /* label selector as for kubectl -l; NULL: none */
	bool all_namespaces;
};

/* Neither target nor selector: all pods of the namespace (or of all). An empty
 * result is an error (exit 1) that says whether the namespace exists. A named object that is not there: -404.
 */
int pods_list(struct cluster *cluster, const struct pod_query *query, struct pod_list *ret,
              struct error *error);
void pod_list_release(struct pod_list *list);

/* Does the target name one pod itself, and not what stands for pods? */
bool pod_query_is_pod(const struct pod_query *query);

/* One pod, afresh. -404 when it is gone, other failures as for cluster_get. */
int pod_get(struct cluster *cluster, const char *ns, const char *name, struct pod *ret, struct error *error);
void pod_release(struct pod *pod);

/* From an item of a PodList. -1 with a line if it is no pod. */
int pod_parse(const cJSON *json, struct pod *ret, struct error *error);
/* Does the URL name an address of this pod? */
bool pod_is_at(const struct pod *pod, const char *url);
/* Running, Ready and not terminating. */
bool pod_usable(const struct pod *pod);
/* Why it is not usable, as kubectl's STATUS column says it: "CrashLoopBackOff", "Pending", "Terminating",
 * "not Ready (0/1)"; "Running" if it is. */
void pod_state(const struct pod *pod, char *ret, size_t size);
/* Value of an annotation, NULL if absent. */
const char *pod_annotation(const struct pod *pod, const char *key);

/* "a=b,c in (d,e)" from a LabelSelector {matchLabels, matchExpressions}; malloc'd, NULL (with a line) if
 * malformed. */
char *selector_text(const cJSON *selector, struct error *error);
/* Is it a DNS-1123 subdomain (Kubernetes object name)? */
bool name_valid(const char *name);

#endif
