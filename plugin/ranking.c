#include "plugin/ranking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"
#include "plugin/usage.h"

#define STATES_SHOWN 5

static int64_t figure(const struct ranked_pod *ranked, enum ranking_by by)
{
	return by == RANK_CPU ? ranked->usage.cpu_milli : ranked->usage.memory_bytes;
}

static int compare(const void *a, const void *b, void *context)
{
	const struct ranked_pod *x = a, *y = b;
	enum ranking_by by = *(const enum ranking_by *)context;
	int order;

	if (x->measured != y->measured)
		return x->measured ? -1 : 1;
	if (x->measured && figure(x, by) != figure(y, by))
		return figure(x, by) > figure(y, by) ? -1 : 1;
	order = strcmp(x->pod->ns, y->pod->ns);
	return order ? order : strcmp(x->pod->name, y->pod->name);
}

void ranking_sort(struct ranking *ranking)
{
	if (ranking->count)
		qsort_r(ranking->items, ranking->count, sizeof *ranking->items, compare, &ranking->by);
}

int ranking_make(struct cluster *cluster, const struct pod_query *query, enum ranking_by by,
                 struct ranking *ret, struct error *error)
{
	struct ranking ranking = {.by = by};
	int status = pods_list(cluster, query, &ranking.pods, error);

	if (status != 0)
		return status;
	ranking.count = ranking.pods.count;
	ranking.items = xcalloc(ranking.count, sizeof *ranking.items);
	for (size_t i = 0; i < ranking.count; i++) {
		ranking.items[i].pod = &ranking.pods.items[i];
		ranking.items[i].usable = pod_usable(&ranking.pods.items[i]);
	}
	usage_read(cluster, &ranking);
	ranking_sort(&ranking);
	*ret = ranking;
	return 0;
}

void ranking_release(struct ranking *ranking)
{
	pod_list_release(&ranking->pods);
	free(ranking->items);
	*ranking = (struct ranking){0};
}

/* "api-1: CrashLoopBackOff, api-2: Pending, ..." */
static void states(const struct ranking *ranking, char *ret, size_t size)
{
	size_t used = 0;

	*ret = '\0';
	for (size_t i = 0; i < ranking->count && i < STATES_SHOWN && used < size; i++) {
		char state[128];

		pod_state(ranking->items[i].pod, state, sizeof state);
		used += (size_t)snprintf(ret + used, size - used, "%s%s: %s", i ? ", " : "",
		                         ranking->items[i].pod->name, state);
	}
	if (ranking->count > STATES_SHOWN && used < size)
		snprintf(ret + used, size - used, " and %zu more", ranking->count - STATES_SHOWN);
}

int ranking_pick(const struct ranking *ranking, const struct ranked_pod **ret, struct error *error)
{
	const struct ranked_pod *fallback = NULL;
	char list[800];

	for (size_t i = 0; i < ranking->count; i++) {
		const struct ranked_pod *ranked = &ranking->items[i];

		if (ranked->usable && ranked->measured) {
			*ret = ranked;
			return 0;
		}
		if (ranked->usable && !fallback)
			fallback = ranked;
	}
	if (fallback) {
		*ret = fallback;
		return 0;
	}
	states(ranking, list, sizeof list);
	return error_set(error, "no ready pod among the %zu of %s: %s", ranking->count, ranking->pods.what,
	                 list);
}

static size_t usable_count(const struct ranking *ranking)
{
	size_t ret = 0;

	for (size_t i = 0; i < ranking->count; i++)
		ret += ranking->items[i].usable;
	return ret;
}

double ranking_cpu_share(const struct ranking *ranking, const struct ranked_pod *ranked, time_t *ret_begin,
                         time_t *ret_end)
{
	time_t begin = 0, end = 0;
	double sum = 0;

	for (size_t i = 0; i < ranking->count; i++) {
		const struct ranked_pod *one = &ranking->items[i];
		time_t from = usage_begin(&one->usage), to = usage_end(&one->usage);

		if (!one->usable)
			continue;
		if (!one->measured || !to)
			return 0;
		sum += (double)one->usage.cpu_nano;
		if (!end || to < end)
			end = to;
		if (!begin || from < begin)
			begin = from;
	}
	*ret_begin = begin;
	*ret_end = end;
	return sum > 0 ? (double)ranked->usage.cpu_nano / sum : 0;
}

/* How many other usable pods have the same figure. */
static size_t equals(const struct ranking *ranking, const struct ranked_pod *picked)
{
	size_t ret = 0;

	for (size_t i = 0; i < ranking->count; i++) {
		const struct ranked_pod *one = &ranking->items[i];

		ret += one != picked && one->usable && one->measured &&
		       figure(one, ranking->by) == figure(picked, ranking->by);
	}
	return ret;
}

/* "14:03:10" of an RFC 3339 time. */
static const char *clock_of(const struct pod_usage *usage, char ret[16])
{
	const char *t = strchr(usage->timestamp, 'T');

	snprintf(ret, 16, "%.8s", t ? t + 1 : "unknown");
	return ret;
}

void ranking_reason(const struct ranking *ranking, const struct ranked_pod *picked, char *ret, size_t size)
{
	size_t usable = usable_count(ranking);
	bool cpu = ranking->by == RANK_CPU;
	size_t same = equals(ranking, picked);
	char at[16], covers[48] = "", others[48] = "";
	long long value;

	if (ranking->count == 1 && !picked->measured) {
		snprintf(ret, size, "the only pod of %s", ranking->pods.what);
		return;
	}
	if (!picked->measured) {
		snprintf(ret, size, "first of %zu ready pods by name; not measured yet", usable);
		if (*ranking->note)
			snprintf(ret, size, "%s", ranking->note);
		return;
	}
	value = cpu ? picked->usage.cpu_milli : picked->usage.memory_bytes >> 20;
	if (picked->usage.window)
		snprintf(covers, sizeof covers, ", window %llds",
		         (long long)(picked->usage.window / 1000000000));
	if (same)
		snprintf(others, sizeof others, ", as %zu other%s", same, same == 1 ? "" : "s");
	snprintf(ret, size, "%s %s of %zu ready pod%s: %lld%s%s (%s of %s UTC%s)",
	         usable > 1 ? "highest" : "the", cpu ? "CPU" : "memory", usable, usable == 1 ? "" : "s",
	         value, cpu ? "m" : "Mi", others,
	         ranking->source == RANKED_BY_METRICS ? "metrics" : "kubelet summary",
	         clock_of(&picked->usage, at), covers);
}
