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
	for (unsigned i = 0; i < run->worker_count; i++)
		add_worker(ret, &run->workers[i].stats, &started);
	ret->ramp_done = started == run->job.vus && ret->now >= run->started + run->job.ramp;
	lg_view_look(run->view, run->workers, run->worker_count);
	ret->recent_p50 = lg_histogram_percentile(&run->view->fresh, 50);
	ret->recent_p99 = lg_histogram_percentile(&run->view->fresh, 99);
	ret->busiest_thread = busiest(run);
	pthread_mutex_lock(&run->control.lock);
	memcpy(ret->last_error, run->control.last_error, sizeof ret->last_error);
	pthread_mutex_unlock(&run->control.lock);
}
