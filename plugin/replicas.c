#include "plugin/replicas.h"

#include <math.h>
#include <string.h>

/* Fewer slices tell nothing of how much a pod's CPU varies. */
#define SLICES_LEAST 4

void replicas_init(struct replicas *ret, const struct target *target, struct watch_report *pod)
{
	*ret = (struct replicas){.count = target->peer_count + 1};
	for (size_t i = 0; i < ret->count; i++) {
		struct replica *replica = &ret->items[i];

		replica->target = i ? &target->peers[i - 1] : target;
		replica->pod = i ? &replica->own : pod;
		replica->goroutines = -1;
	}
}

void replicas_release(struct replicas *replicas)
{
	replicas_unwatch(replicas);
	for (size_t i = 0; i < replicas->count; i++) {
		for (int time = 0; time < REPLICA_TIMES; time++)
			shots_free(replicas->items[i].shots[time]);
		watch_report_release(&replicas->items[i].own);
	}
	replicas->count = 0;
}

/* ---- captures ------------------------------------------------------------------------ */

void replicas_take(struct replicas *replicas, enum replica_time time, unsigned profiles, int64_t length,
                   int64_t slice)
{
	for (size_t i = 0; i < replicas->count; i++)
		replicas->items[i].shots[time] =
			shots_start(&replicas->items[i].target->pprof, profiles, length, slice);
}

bool replicas_taken(const struct replicas *replicas, enum replica_time time)
{
	for (size_t i = 0; i < replicas->count; i++)
		if (!shots_done(replicas->items[i].shots[time]))
			return false;
	return true;
}

struct shots *replicas_join(struct replicas *replicas, enum replica_time time, bool give_up)
{
	struct shots *parts[PODS_MAX];
	const char *names[PODS_MAX];

	for (size_t i = 0; give_up && i < replicas->count; i++)
		shots_cancel(replicas->items[i].shots[time]);
	for (size_t i = 0; i < replicas->count; i++) {
		parts[i] = replicas->items[i].shots[time];
		names[i] = replicas->items[i].target->name;
		shots_join(parts[i]);
	}
	if (replicas->count > 1)
		return shots_merge(parts, names, replicas->count);
	replicas->items[0].shots[time] = NULL;
	return parts[0];
}

/* ---- watches -------------------------------------------------------------------------- */

void replicas_watch(struct replicas *replicas, const struct plan *plan)
{
	for (size_t i = 0; i < replicas->count; i++)
		replicas->items[i].watch = watch_start(plan, replicas->items[i].target, replicas->count);
}

bool replicas_lost(const struct replicas *replicas)
{
	for (size_t i = 0; i < replicas->count; i++)
		if (!watch_lost(replicas->items[i].watch))
			return false;
	return replicas->count > 0;
}

unsigned replicas_restarts(const struct replicas *replicas)
{
	unsigned ret = 0;

	for (size_t i = 0; i < replicas->count; i++)
		ret += watch_restarts(replicas->items[i].watch);
	return ret;
}

int64_t replicas_cpu(const struct replicas *replicas)
{
	int64_t ret = 0;

	for (size_t i = 0; i < replicas->count; i++) {
		int64_t cpu = watch_cpu(replicas->items[i].watch);

		if (cpu < 0)
			return -1;
		ret += cpu;
	}
	return replicas->count ? ret : -1;
}

void replicas_rank(const struct replicas *replicas)
{
	if (replicas->count)
		watch_rank(replicas->items[0].watch);
}

void replicas_unwatch(struct replicas *replicas)
{
	for (size_t i = 0; i < replicas->count; i++) {
		watch_stop(replicas->items[i].watch, replicas->items[i].pod);
		replicas->items[i].watch = NULL;
	}
}

/* ---- what each did ---------------------------------------------------------------------- */

static double cores_of(const struct cap_profile *cpu)
{
	int type = cap_profile_type_index(cpu, "cpu");
	int64_t duration = cap_profile_duration(cpu);

	return type < 0 || duration <= 0 ? 0
	                                 : (double)cap_profile_total(cpu, (size_t)type) / (double)duration;
}

/* By the slices, which hold what chance and the pod's own ups and downs do; relative. */
static double error_by_slices(const struct shots *shots, double mean)
{
	unsigned wanted, count = shots_slices(shots, &wanted);
	double squares = 0;

	if (count < SLICES_LEAST || mean <= 0)
		return 0;
	for (unsigned i = 0; i < count; i++)
		squares += pow(cores_of(shots_slice(shots, i)->profile) / mean - 1, 2);
	return sqrt(squares / (count - 1) / count);
}

static void measure(struct replica *replica)
{
	const struct shots *shots = replica->shots[REPLICA_WINDOW];
	const struct cap_profile *cpu = shots_cpu(shots);
	int type = cpu ? cap_profile_type_index(cpu, "samples") : -1;

	replica->goroutines = shots_goroutines(shots);
	replica->profiled = cpu != NULL;
	if (!cpu)
		return;
	replica->samples = type < 0 ? 0 : (uint64_t)cap_profile_total(cpu, (size_t)type);
	replica->cores = cores_of(cpu);
	replica->error =
		fmax(1 / sqrt(fmax(1, (double)replica->samples)), error_by_slices(shots, replica->cores));
}

/* By the first one's ranking of all pods at the peak. */
static double share_at_peak(const struct ranking *peak, const struct replica *replica, time_t *ret_begin,
                            time_t *ret_end)
{
	for (size_t i = 0; i < peak->count; i++)
		if (strcmp(peak->items[i].pod->uid, replica->target->pod->uid) == 0)
			return ranking_cpu_share(peak, &peak->items[i], ret_begin, ret_end);
	return 0;
}

void replicas_measure(struct replicas *replicas)
{
	for (size_t i = 0; replicas->count > 1 && i < replicas->count; i++)
		measure(&replicas->items[i]);
}

double replicas_cores(const struct replicas *replicas, size_t *ret_profiled)
{
	size_t profiled = 0;
	double ret = 0;

	for (size_t i = 0; i < replicas->count; i++) {
		ret += replicas->items[i].cores;
		profiled += replicas->items[i].profiled;
	}
	if (ret_profiled)
		*ret_profiled = profiled;
	return ret;
}

double replicas_share(const struct replicas *replicas, time_t *ret_begin, time_t *ret_end)
{
	const struct watch_report *first = replicas->items[0].pod;
	double ret = 0;

	*ret_begin = *ret_end = 0;
	if (!replicas->count || !first->ranked)
		return 0;
	for (size_t i = 0; i < replicas->count; i++) {
		const struct replica *replica = &replicas->items[i];
		double share = share_at_peak(&first->peak, replica, ret_begin, ret_end);

		if (replicas->count == 1 || replica->profiled)
			ret += share;
	}
	return ret;
}

const struct replica *replicas_first_lost(const struct replicas *replicas)
{
	for (size_t i = 0; i < replicas->count; i++)
		if (replicas->items[i].pod->lost[0])
			return &replicas->items[i];
	return NULL;
}
