/* Pods joined with what they use now, ordered as `kubectl top pods` orders them. */
#ifndef PLUGIN_RANKING_H
#define PLUGIN_RANKING_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "plugin/cluster.h"
#include "plugin/error.h"
#include "plugin/pods.h"

enum ranking_by { RANK_CPU, RANK_MEMORY };
/* Where the figures came from: the metrics API, the kubelet's summary, or nowhere. */
enum ranking_source { RANKED_BY_METRICS, RANKED_BY_KUBELET, RANKED_BY_NONE };

/* Sums over the pod's containers. */
struct pod_usage {
	int64_t cpu_nano, cpu_milli; /* milli: rounded up, as kubectl prints it */
	int64_t memory_bytes;        /* working set */
	int64_t window;              /* ns that the CPU figure covers, 0: unknown */
	char timestamp[40];          /* RFC 3339, "" unknown */
};

/* What the figures cover, Unix seconds; 0: unknown. Without a window they are taken as the kubelet's, of 15
 * s. */
time_t usage_begin(const struct pod_usage *usage);
time_t usage_end(const struct pod_usage *usage);

struct ranked_pod {
	const struct pod *pod; /* in ranking.pods */
	bool measured;         /* usage is there */
	bool usable;           /* Running, Ready, not terminating */
	struct pod_usage usage;
};

struct ranking {
	struct pod_list pods;
	struct ranked_pod *items; /* measured first, descending; ties and unmeasured by namespace/name */
	size_t count;
	enum ranking_by by;
	enum ranking_source source;
	char metrics_version[16]; /* "v1beta1" ... "" */
	char note[512];           /* a line for the user when figures are missing, else "" */
};

/* Lists and ranks. Missing metrics are no failure: `source` and `note` say it. */
int ranking_make(struct cluster *cluster, const struct pod_query *query, enum ranking_by by,
                 struct ranking *ret, struct error *error);
void ranking_release(struct ranking *ranking);

/* The first usable pod; with RANKED_BY_NONE the first by name. None: an error that
 * names the pods' states. *ret belongs to the ranking. */
int ranking_pick(const struct ranking *ranking, const struct ranked_pod **ret, struct error *error);
/* A pod's part of the CPU that all usable pods use; 0 when a usable one has no figure or none uses any.
 * *ret_begin to *ret_end is the time in Unix seconds that the figures of all of them cover. */
double ranking_cpu_share(const struct ranking *ranking, const struct ranked_pod *ranked, time_t *ret_begin,
                         time_t *ret_end);
/* Why that pod, in words: "highest CPU of 3 ready pods: 412m (metrics of 14:03:10, window 15s)". */
void ranking_reason(const struct ranking *ranking, const struct ranked_pod *picked, char *ret, size_t size);

/* One pod's usage now, from the source that the ranking found. -1 (or -status) when there is none. */
int pod_usage_get(struct cluster *cluster, const struct ranking *ranking, const struct pod *pod,
                  struct pod_usage *ret, struct error *error);

/* kubectl-like table: NAMESPACE (with all_namespaces) NAME CPU(cores) MEMORY(bytes) READY RESTARTS STATUS
 * NODE. */
void ranking_print(FILE *out, const struct ranking *ranking, bool all_namespaces, bool headers);
/* {"source":..., "by":..., "note":..., "pods":[...]}; the caller deletes it. */
cJSON *ranking_json(const struct ranking *ranking);

/* Parts, for the tests. */
int usage_parse(const cJSON *item, struct pod_usage *ret, struct error *error); /* PodMetrics */
void ranking_sort(struct ranking *ranking);

#endif
