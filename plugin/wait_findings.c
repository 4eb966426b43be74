#include "plugin/wait_findings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/findings.h"
#include "plugin/outcome.h"
#include "plugin/text.h"

#define WAIT_SHARE   0.10 /* delay over the window's length, all goroutines together */
#define WAITS_SURE   100
#define WAITS_LIKELY 10

/* ---- the CPU limit ---------------------------------------------------------------- */

static void add_throttling(const struct outcome *outcome, struct cap_findings *findings)
{
	int64_t limit = outcome_cpu_limit(outcome);
	struct outcome_peak peak = outcome_peak(outcome);
	struct cap_finding finding = {
		.name = "cpu-throttling",
		.title = "the pod is held back by its CPU limit",
		.means =
			"It used all that its limit allows: the kernel stops all its threads for the rest of each 100 ms, "
			"which is in the latency of requests, and the limit sets the rate.",
		.todo = "Raise resources.limits.cpu, or leave it out and keep the request. Before Go 1.25 GOMAXPROCS is "
			"the node's cores whatever the limit: set it to the limit, rounded up, or build with 1.25.",
		.threshold = OUTCOME_AT_LIMIT,
		.function = "",
		.confidence = CAP_SURE_MEDIUM,
	};

	if (!limit || peak.cpu < 0 || (double)peak.cpu < OUTCOME_AT_LIMIT * (double)limit)
		return;
	finding.share = (double)peak.cpu / (double)limit;
	findings_insert(findings, &finding);
}

/* ---- time at locks ------------------------------------------------------------------- */

static struct cap_profile *read_mutex(const struct shots *shots)
{
	const struct shot *shot = shots_find(shots, "mutex.pb.gz");
	struct cap_profile *ret = NULL;
	struct cap_error error;

	if (!shot || !shot->data || cap_profile_parse(shot->data, shot->size, &ret, &error) != CAP_OK)
		return NULL;
	return ret;
}

/* A caller's share of the window's length is its value over the CPU profile's total, as of all findings. */
static void name_callers(struct cap_finding *finding, const struct cap_profile *mutex, size_t delay,
                         double total, double wall)
{
	struct cap_place *places = NULL;
	size_t count = 0;

	if (cap_profile_places(mutex, delay, &places, &count, NULL) != CAP_OK)
		return;
	for (size_t i = 0; i < count && i < CAP_FINDING_CALLERS; i++) {
		finding->callers[i] = places[i];
		finding->callers[i].value = llround((double)places[i].value / wall * total);
		finding->caller_count++;
	}
	free(places);
}

static enum cap_confidence sure_of(int64_t waits)
{
	return waits >= WAITS_SURE ? CAP_SURE_HIGH : waits >= WAITS_LIKELY ? CAP_SURE_MEDIUM : CAP_SURE_LOW;
}

static void add_waits(struct cap_findings *findings, const struct cap_profile *mutex)
{
	int delay = cap_profile_type_index(mutex, "delay"),
	    waits = cap_profile_type_index(mutex, "contentions");
	double wall = (double)cap_profile_duration(mutex);
	int64_t count;
	struct cap_finding finding = {
		.name = "mutex-wait",
		.title = "goroutines wait for locks",
		.means =
			"The time that goroutines waited for locks, all together, beside the length of the window. The "
			"callers are those that held the lock when others wanted it.",
		.todo = "Hold it shorter (no I/O, no encoding inside), divide it (by shard or key), or use atomics, a copy "
			"that is swapped, or sync.Map for what is mostly read.",
		.threshold = WAIT_SHARE,
		.function = "",
	};

	if (delay < 0 || waits < 0 || wall <= 0)
		return;
	count = cap_profile_total(mutex, (size_t)waits);
	finding.share = (double)cap_profile_total(mutex, (size_t)delay) / wall;
	if (finding.share <= WAIT_SHARE)
		return;
	finding.samples = count > 0 ? (uint64_t)count : 0;
	finding.error = 1 / sqrt(fmax(1, (double)count));
	finding.confidence = sure_of(count);
	name_callers(&finding, mutex, (size_t)delay, (double)findings->total, wall);
	findings_insert(findings, &finding);
}

void wait_findings_add(const struct outcome *outcome, struct cap_findings *findings,
                       struct cap_profile **ret_mutex)
{
	add_throttling(outcome, findings);
	*ret_mutex = read_mutex(outcome->shots);
	if (*ret_mutex && findings->total > 0)
		add_waits(findings, *ret_mutex);
}
