/* One request, as a run of one VU that ends after it. */
#include <time.h>

#include "loadgen/clock.h"
#include "loadgen/run.h"
#include "loadgen/text.h"

#define LOOK_EVERY LG_NS_PER_MS

static struct lg_plan probe_plan(const struct lg_plan *plan, struct lg_target *target)
{
	struct lg_plan probe = *plan;
	size_t count;

	*target = *lg_plan_targets(plan, target, &count);
	probe.targets = target;
	probe.target_count = 1;
	probe.model = LG_VUS;
	probe.vus = probe.threads = probe.streams = 1;
	probe.ramp = probe.think = probe.expected_interval = 0;
	probe.stage_count = 0;
	probe.requests = 1;
	return probe;
}

static int wait_for(struct lg_run *run, const atomic_int *cancel, char error[LG_ERROR_SIZE])
{
	struct lg_stats *stats = &run->workers[0].stats;

	while (!atomic_load_explicit(&stats->finished, memory_order_acquire)) {
		if (cancel && *cancel)
			return lg_error_set(error, "interrupted");
		nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY}, NULL);
	}
	if (atomic_load(&stats->last_status))
		return (int)atomic_load(&stats->last_status);
	pthread_mutex_lock(&run->control.lock);
	lg_error_set(error, "%s", run->control.first_error);
	pthread_mutex_unlock(&run->control.lock);
	return -1;
}

int lg_probe(const struct lg_plan *plan, char error[LG_ERROR_SIZE])
{
	struct lg_target target;
	struct lg_plan probe = probe_plan(plan, &target);
	struct lg_run *run;
	int status;

	if (lg_check(plan, error) < 0 || lg_start(&probe, &run, error) < 0)
		return -1;
	status = wait_for(run, plan->cancel, error);
	lg_stop(run, 0);
	lg_result_free(lg_finish(run));
	return status;
}
