#include <string.h>

#include "loadgen/clock.h"
#include "loadgen/run.h"

static void add_worker(struct lg_snapshot *ret, const struct lg_stats *stats, uint64_t *started)
{
	for (int phase = 0; phase < LG_PHASES; phase++)
		lg_tally_add(&ret->total, &stats->tallies[phase]);
	ret->vus += (unsigned)lg_counter_get(&stats->vus);
	ret->in_flight += (unsigned)lg_counter_get(&stats->in_flight);
	*started += lg_counter_get(&stats->vus_started);
	ret->finished = ret->finished && atomic_load_explicit(&stats->finished, memory_order_acquire);
}

/* Starts that are due by now, but neither made nor given up. */
static unsigned late(const struct lg_run *run, const struct lg_snapshot *snapshot)
{
	const struct lg_pace *pace = atomic_load(&run->control.pace);
	uint64_t due, begun = snapshot->total.requests + snapshot->total.dropped + snapshot->in_flight;

	if (run->plan.model != LG_RATE)
		return 0;
	due = lg_pace_count(pace, snapshot->now - run->started);
	if (run->plan.requests && due > run->plan.requests)
		due = run->plan.requests;
	return due > begun ? (unsigned)(due - begun) : 0;
}

static double busiest(struct lg_run *run)
{
	double most = 0;

	for (unsigned i = 0; i < run->worker_count; i++) {
		struct lg_usage now = lg_usage_take(run->workers[i].thread, 0);
		struct lg_usage before = run->usages[i];

		if (!before.at)
			before.at = run->started;
		run->usages[i] = now;
		if (lg_usage_between(&before, &now).cpu > most)
			most = lg_usage_between(&before, &now).cpu;
	}
	return most;
}

void lg_snapshot(struct lg_run *run, struct lg_snapshot *ret)
{
	uint64_t started = 0;

	memset(ret, 0, sizeof *ret);
	ret->now = lg_clock_now();
	ret->finished = true;
	for (unsigned i = 0; i < run->worker_count; i++)
		add_worker(ret, &run->workers[i].stats, &started);
	ret->ramp_done = ret->now >= run->started + atomic_load(&run->control.pace)->peak &&
	                 (run->plan.model == LG_RATE || started >= run->plan.vus);
	ret->stages_done =
		lg_pace_is_over(atomic_load(&run->control.pace), &run->plan, ret->now - run->started);
	ret->late = late(run, ret);
	lg_view_look(run->view, run->workers, run->worker_count);
	ret->recent_p50 = lg_histogram_percentile(&run->view->fresh, 50);
	ret->recent_p99 = lg_histogram_percentile(&run->view->fresh, 99);
	ret->busiest_thread = busiest(run);
	pthread_mutex_lock(&run->control.lock);
	memcpy(ret->last_error, run->control.last_error, sizeof ret->last_error);
	pthread_mutex_unlock(&run->control.lock);
}
