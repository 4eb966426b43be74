#include <string.h>

#include "plugin/ranking.h"

/* One row's texts. */
struct row {
	const char *ns, *name, *node;
	char cpu[24], memory[24], ready[24], restarts[16], state[128];
};

/* Column widths, as kubectl's: the widest text, three blanks between. */
struct widths {
	int ns, name, cpu, memory, ready, restarts, state;
};

static void fill(const struct ranked_pod *ranked, struct row *ret)
{
	const struct pod *pod = ranked->pod;
	size_t ready = 0;

	for (size_t i = 0; i < pod->container_count; i++)
		ready += pod->containers[i].ready;
	*ret = (struct row){.ns = pod->ns, .name = pod->name, .node = *pod->node ? pod->node : "<none>"};
	snprintf(ret->cpu, sizeof ret->cpu, "-");
	snprintf(ret->memory, sizeof ret->memory, "-");
	if (ranked->measured) {
		snprintf(ret->cpu, sizeof ret->cpu, "%lldm", (long long)ranked->usage.cpu_milli);
		snprintf(ret->memory, sizeof ret->memory, "%lldMi",
		         (long long)(ranked->usage.memory_bytes >> 20));
	}
	snprintf(ret->ready, sizeof ret->ready, "%zu/%zu", ready, pod->container_count);
	snprintf(ret->restarts, sizeof ret->restarts, "%u", pod->restarts);
	pod_state(pod, ret->state, sizeof ret->state);
}

static const struct row heads = {"NAMESPACE",     "NAME",  "NODE",     "CPU(cores)",
                                 "MEMORY(bytes)", "READY", "RESTARTS", "STATUS"};

static void widen(int *width, const char *text)
{
	if ((int)strlen(text) > *width)
		*width = (int)strlen(text);
}

static void widen_row(struct widths *widths, const struct row *row)
{
	widen(&widths->ns, row->ns);
	widen(&widths->name, row->name);
	widen(&widths->cpu, row->cpu);
	widen(&widths->memory, row->memory);
	widen(&widths->ready, row->ready);
	widen(&widths->restarts, row->restarts);
	widen(&widths->state, row->state);
}

static void print_row(FILE *out, const struct widths *w, const struct row *row, bool all_namespaces)
{
	if (all_namespaces)
		fprintf(out, "%-*s   ", w->ns, row->ns);
	fprintf(out, "%-*s   %-*s   %-*s   %-*s   %-*s   %-*s   %s\n", w->name, row->name, w->cpu, row->cpu,
	        w->memory, row->memory, w->ready, row->ready, w->restarts, row->restarts, w->state,
	        row->state, row->node);
}

void ranking_print(FILE *out, const struct ranking *ranking, bool all_namespaces, bool headers)
{
	struct widths widths = {0};
	struct row row;

	if (headers)
		widen_row(&widths, &heads);
	for (size_t i = 0; i < ranking->count; i++) {
		fill(&ranking->items[i], &row);
		widen_row(&widths, &row);
	}
	if (headers)
		print_row(out, &widths, &heads, all_namespaces);
	for (size_t i = 0; i < ranking->count; i++) {
		fill(&ranking->items[i], &row);
		print_row(out, &widths, &row, all_namespaces);
	}
}

static cJSON *item_json(const struct ranked_pod *ranked)
{
	const struct pod *pod = ranked->pod;
	cJSON *ret = cJSON_CreateObject(), *usage;
	char state[128];

	pod_state(pod, state, sizeof state);
	cJSON_AddStringToObject(ret, "namespace", pod->ns);
	cJSON_AddStringToObject(ret, "name", pod->name);
	cJSON_AddStringToObject(ret, "uid", pod->uid);
	cJSON_AddStringToObject(ret, "node", pod->node);
	cJSON_AddStringToObject(ret, "status", state);
	cJSON_AddBoolToObject(ret, "usable", ranked->usable);
	cJSON_AddNumberToObject(ret, "restarts", pod->restarts);
	if (!ranked->measured) {
		cJSON_AddNullToObject(ret, "usage");
		return ret;
	}
	usage = cJSON_AddObjectToObject(ret, "usage");
	cJSON_AddNumberToObject(usage, "cpuMillicores", (double)ranked->usage.cpu_milli);
	cJSON_AddNumberToObject(usage, "cpuNanocores", (double)ranked->usage.cpu_nano);
	cJSON_AddNumberToObject(usage, "memoryBytes", (double)ranked->usage.memory_bytes);
	cJSON_AddStringToObject(usage, "timestamp", ranked->usage.timestamp);
	cJSON_AddNumberToObject(usage, "windowSeconds", (double)ranked->usage.window / 1e9);
	return ret;
}

cJSON *ranking_json(const struct ranking *ranking)
{
	static const char *const sources[] = {"metrics", "kubelet", "none"};
	cJSON *ret = cJSON_CreateObject(), *pods;

	cJSON_AddStringToObject(ret, "source", sources[ranking->source]);
	cJSON_AddStringToObject(ret, "by", ranking->by == RANK_CPU ? "cpu" : "memory");
	cJSON_AddStringToObject(ret, "note", ranking->note);
	pods = cJSON_AddArrayToObject(ret, "pods");
	for (size_t i = 0; i < ranking->count; i++)
		cJSON_AddItemToArray(pods, item_json(&ranking->items[i]));
	return ret;
}
