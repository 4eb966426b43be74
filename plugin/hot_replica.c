#include "plugin/hot_replica.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/findings.h"
#include "plugin/text.h"

/* A function whose part of the CPU is so much larger than in the others is other work. */
#define OTHER_WORK 0.1

/* Of the mean of all but `but`, in cores. */
static double error_of_others(const struct replicas *replicas, size_t but)
{
	double squares = 0;
	size_t count = 0;

	for (size_t i = 0; i < replicas->count; i++) {
		const struct replica *one = &replicas->items[i];

		if (i == but || !one->profiled)
			continue;
		squares += pow(one->cores * one->error, 2);
		count++;
	}
	return count ? sqrt(squares) / (double)count : 0;
}

/* ---- where the difference is ----------------------------------------------------------- */

static const struct cap_profile *cpu_of(const struct replica *replica)
{
	return replica->profiled ? shots_cpu(replica->shots[REPLICA_WINDOW]) : NULL;
}

struct rows {
	struct cap_row *items;
	size_t count;
	double total;
};

/* A function's own part of a profile's CPU. */
static double part_of(const struct rows *rows, const char *function)
{
	for (size_t i = 0; i < rows->count; i++)
		if (strcmp(rows->items[i].function, function) == 0)
			return (double)rows->items[i].flat / rows->total;
	return 0;
}

static bool read_rows(const struct cap_profile *cpu, struct rows *ret)
{
	int type = cpu ? cap_profile_type_index(cpu, "cpu") : -1;

	*ret = (struct rows){0};
	if (type < 0 || cap_profile_top(cpu, (size_t)type, false, &ret->items, &ret->count, NULL) != CAP_OK)
		return false;
	ret->total = (double)cap_profile_total(cpu, (size_t)type);
	return ret->total > 0;
}

/* The function whose part of the CPU grew most; *ret_more is by how much. */
static const struct cap_row *most_grown(const struct rows *own, const struct rows *others, double *ret_more)
{
	const struct cap_row *ret = NULL;

	*ret_more = 0;
	for (size_t i = 0; i < own->count; i++) {
		double part = (double)own->items[i].flat / own->total;
		double more;

		if (part <= *ret_more)
			continue;
		more = part - part_of(others, own->items[i].function);
		if (more > *ret_more) {
			*ret_more = more;
			ret = &own->items[i];
		}
	}
	return ret;
}

static struct cap_profile *sum_others(const struct replicas *replicas, size_t but)
{
	struct cap_profile *profiles[PODS_MAX], *ret = NULL;
	struct cap_error error;
	size_t count = 0;

	/* The merge reads them only. */
	for (size_t i = 0; i < replicas->count; i++)
		if (i != but && replicas->items[i].profiled)
			profiles[count++] = (struct cap_profile *)cpu_of(&replicas->items[i]);
	return count && cap_profile_merge(profiles, count, &ret, &error) == CAP_OK ? ret : NULL;
}

static void explain(const struct replicas *replicas, struct hot_replica *hot)
{
	struct cap_profile *sum = sum_others(replicas, hot->which);
	const struct cap_row *grown = NULL;
	struct rows own, others = {0};
	double more = 0;

	if (read_rows(cpu_of(&replicas->items[hot->which]), &own) && read_rows(sum, &others))
		grown = most_grown(&own, &others, &more);
	if (grown && more >= OTHER_WORK) {
		snprintf(hot->function, sizeof hot->function, "%s", grown->function);
		snprintf(
			hot->means, sizeof hot->means,
			"It does other work than the others: %.200s has %.0f%% of its CPU and %.0f%% of theirs. A "
			"shard, a leader's duty or a job of its own is on this pod.",
			grown->function, 100 * (double)grown->flat / own.total,
			100 * ((double)grown->flat / own.total - more));
	} else {
		snprintf(
			hot->means, sizeof hot->means,
			"It does the same work as the others and more of it (no function's part of its CPU is over "
			"%.0f%% larger than of theirs): more requests reach it.",
			100 * OTHER_WORK);
	}
	text_clean(hot->means);
	text_clean(hot->function);
	free(own.items);
	free(others.items);
	cap_profile_free(sum);
}

/* ---- the finding ----------------------------------------------------------------------- */

void hot_replica_find(const struct replicas *replicas, struct hot_replica *ret)
{
	size_t count, top = 0;
	double sum = replicas_cores(replicas, &count);
	const struct replica *hot;
	double error;
	char others[32] = "next to none";

	*ret = (struct hot_replica){0};
	if (count < 2)
		return;
	for (size_t i = 1; i < replicas->count; i++)
		if (replicas->items[i].cores > replicas->items[top].cores)
			top = i;
	hot = &replicas->items[top];
	ret->which = top;
	ret->cores = hot->cores;
	ret->others = (sum - hot->cores) / (double)(count - 1);
	ret->error = hot->error;
	error = hypot(hot->error * hot->cores, error_of_others(replicas, top));
	if (ret->cores <= 0 || ret->cores < HOT_TIMES * ret->others ||
	    ret->cores - ret->others < HOT_ERRORS * error)
		return;
	ret->found = true;
	if (ret->others >= 0.005)
		snprintf(others, sizeof others, "%.2g", ret->others);
	snprintf(ret->title, sizeof ret->title, "pod %.253s uses %.2g cores, the other%s %s%s",
	         hot->target->pod->name, ret->cores, count > 2 ? "s" : "", others,
	         count > 2 ? " on average" : "");
	explain(replicas, ret);
}

void hot_replica_add(const struct hot_replica *hot, const struct replicas *replicas,
                     struct cap_findings *findings)
{
	size_t count;
	double sum = replicas_cores(replicas, &count);
	struct cap_finding finding = {
		.name = "hot-replica",
		.title = hot->title,
		.means = hot->means,
		.todo = *hot->function
	                        ? "Look at that function in the pod's own profile (pods/NAME/cpu.pb.gz), and spread "
	                          "what calls it, or give it a workload of its own."
	                        : "Look for what keeps connections at one pod: keep-alive and HTTP/2 are balanced when "
	                          "they connect and never again (few connections, a client-side pool, a restart of the "
	                          "others), session affinity, traffic kept within a zone. Balance requests (a proxy, "
	                          "client-side balancing), or let connections end after a while.",
		.function = hot->function,
		.samples = replicas->items[hot->which].samples,
		.error = hot->error,
		.confidence = CAP_SURE_HIGH,
	};

	if (!hot->found || sum <= 0)
		return;
	finding.share = hot->cores / sum;
	finding.threshold = HOT_TIMES / (HOT_TIMES + (double)(count - 1));
	findings_insert(findings, &finding);
}
