#include <stdlib.h>
#include <string.h>

#include "loadgen/clock.h"
#include "loadgen/run.h"
#include "loadgen/text.h"

void lg_result_free(struct lg_result *result)
{
	if (!result)
		return;
	for (int i = 0; i < LG_PHASES; i++) {
		lg_histogram_free(result->service[i]);
		lg_histogram_free(result->response[i]);
		lg_histogram_free(result->lag[i]);
		for (int hundred = 0; hundred < 6; hundred++)
			lg_histogram_free(result->by_status[i][hundred]);
		for (size_t code = 0; code < LG_MAX_APART; code++)
			lg_histogram_free(result->by_code[i][code]);
	}
	lg_histogram_free(result->handshake);
	lg_histogram_free(result->sending);
	lg_histogram_free(result->waiting);
	lg_histogram_free(result->receiving);
	lg_histogram_free(result->whole);
	lg_histogram_free(result->connect);
	free(result->threads);
	free(result->seconds);
	free(result);
}

static size_t count_seconds(const struct lg_run *run)
{
	size_t count = 0;

	for (unsigned i = 0; i < run->worker_count; i++)
		if (run->workers[i].stats.row_count > count)
			count = run->workers[i].stats.row_count;
	return run->monitor.row_count > count ? run->monitor.row_count : count;
}

static bool make(struct lg_histogram **ret)
{
	*ret = lg_histogram_new();
	return *ret;
}

static bool make_phase(struct lg_result *result, int phase, bool scheduled)
{
	bool made = make(&result->service[phase]);

	for (int hundred = 0; hundred < 6; hundred++)
		made = make(&result->by_status[phase][hundred]) && made;
	for (size_t code = 0; code < result->apart_count; code++)
		made = make(&result->by_code[phase][code]) && made;
	if (scheduled)
		made = make(&result->response[phase]) && make(&result->lag[phase]) && made;
	return made;
}

static struct lg_result *result_new(const struct lg_run *run)
{
	const struct lg_stats *stats = &run->workers[0].stats;
	struct lg_result *result = calloc(1, sizeof *result);
	bool made = result, scheduled = stats->latencies[0].response;

	if (!made)
		return NULL;
	result->apart_count = stats->apart_count;
	memcpy(result->apart, stats->apart, sizeof result->apart);
	for (int i = 0; i < LG_PHASES; i++)
		made = make_phase(result, i, scheduled) && made;
	made = make(&result->whole) && make(&result->connect) && make(&result->handshake) && made;
	made = make(&result->sending) && make(&result->waiting) && make(&result->receiving) && made;
	if (made)
		return result;
	lg_result_free(result);
	return NULL;
}

static void add_rows(struct lg_result *result, const struct lg_stats *stats)
{
	for (size_t i = 0; i < stats->row_count; i++) {
		result->seconds[i].requests += stats->rows[i].requests;
		result->seconds[i].failed += stats->rows[i].failed;
	}
}

static void add_latencies(struct lg_result *result, int phase, const struct lg_latencies *latencies)
{
	for (int hundred = 0; hundred < 6; hundred++) {
		lg_histogram_merge(result->by_status[phase][hundred], latencies->service[hundred]);
		lg_histogram_merge(result->service[phase], latencies->service[hundred]);
		lg_histogram_merge(result->whole, latencies->service[hundred]);
	}
	for (size_t code = 0; code < result->apart_count; code++)
		lg_histogram_merge(result->by_code[phase][code], latencies->apart[code]);
	if (latencies->response) {
		lg_histogram_merge(result->response[phase], latencies->response);
		lg_histogram_merge(result->lag[phase], latencies->lag);
	}
}

static uint64_t add_worker(struct lg_result *result, const struct lg_stats *stats)
{
	int64_t last_start = atomic_load(&stats->last_start);

	for (int i = 0; i < LG_PHASES; i++) {
		lg_tally_add(&result->counts[i], &stats->tallies[i]);
		add_latencies(result, i, &stats->latencies[i]);
	}
	lg_histogram_merge(result->handshake, stats->handshake);
	lg_histogram_merge(result->sending, stats->sending);
	lg_histogram_merge(result->waiting, stats->waiting);
	lg_histogram_merge(result->receiving, stats->receiving);
	lg_histogram_merge(result->connect, stats->connect);
	result->censored += lg_counter_get(&stats->censored);
	result->connections += lg_counter_get(&stats->connections);
	result->most_vus += (unsigned)lg_counter_get(&stats->vus_peak);
	if (last_start > result->ramp_ended)
		result->ramp_ended = last_start;
	return lg_counter_get(&stats->vus_started);
}

/* When the last thread had done its share of plan.requests; 0: not yet. */
static int64_t finished_at(const struct lg_run *run)
{
	int64_t last = 0;

	for (unsigned i = 0; i < run->worker_count; i++) {
		int64_t at = atomic_load_explicit(&run->workers[i].stats.finished, memory_order_acquire);

		if (!at)
			return 0;
		last = at > last ? at : last;
	}
	return last;
}

static void fill_times(struct lg_result *result, const struct lg_run *run, uint64_t started)
{
	int64_t begin = atomic_load(&run->control.window_begin), end = atomic_load(&run->control.window_end);
	int64_t now = lg_clock_now(), peak = atomic_load(&run->control.pace)->peak;

	result->started = run->started;
	result->stopped = run->stopped;
	if (run->plan.model == LG_RATE || result->ramp_ended < run->started + peak)
		result->ramp_ended = run->started + peak;
	if ((run->plan.model == LG_VUS && started < run->plan.vus) ||
	    result->ramp_ended > (run->stopped ? run->stopped : now))
		result->ramp_ended = 0;
	result->window_begin = begin <= now ? begin : 0;
	result->window_end = result->window_begin && end <= now ? end : 0;
	if (run->plan.window_at_start && !result->window_end)
		result->window_end = finished_at(run) ? finished_at(run) : run->stopped;
}

static int fill_seconds(struct lg_result *result, const struct lg_run *run)
{
	result->second_count = count_seconds(run);
	result->seconds = calloc(result->second_count, sizeof *result->seconds);
	if (!result->seconds)
		return -1;
	for (unsigned i = 0; i < run->worker_count; i++)
		add_rows(result, &run->workers[i].stats);
	for (size_t i = 0; i < result->second_count; i++) {
		struct lg_second *second = &result->seconds[i];

		second->at = run->started + (int64_t)i * LG_NS_PER_SECOND;
		if (i < run->monitor.row_count) {
			second->p50 = run->monitor.rows[i].p50;
			second->p99 = run->monitor.rows[i].p99;
			second->vus = run->monitor.rows[i].vus;
		}
	}
	return 0;
}

static int fill_threads(struct lg_result *result, const struct lg_run *run)
{
	result->threads = calloc(run->worker_count, sizeof *result->threads);
	if (!result->threads)
		return -1;
	result->thread_count = run->worker_count;
	for (unsigned i = 0; i < result->thread_count; i++) {
		result->threads[i] = lg_monitor_use(&run->monitor, i);
		if (!result->saturated)
			result->saturated =
				lg_usage_saturated(&result->threads[i], i, result->saturated_reason);
	}
	return 0;
}

/* What had been due by the stop and no thread came to. */
static uint64_t count_unsent(const struct lg_result *result, const struct lg_run *run)
{
	struct lg_counts sum = lg_counts_sum(result);
	uint64_t begun = sum.requests + sum.dropped + result->censored, due;

	if (run->plan.model != LG_RATE)
		return 0;
	due = lg_pace_count(atomic_load(&run->control.pace), run->stopped - run->started);
	if (run->plan.requests && due > run->plan.requests)
		due = run->plan.requests;
	return due > begun ? due - begun : 0;
}

/* A better reason than any other. */
static void check_ports(struct lg_result *result)
{
	const struct lg_counts sum = lg_counts_sum(result), *window = &result->counts[LG_WINDOW];
	uint64_t without = result->window_begin ? window->no_port : sum.no_port;

	if (!without)
		return;
	result->saturated = true;
	lg_error_set(result->saturated_reason,
	             "%llu connections found no free local port: keep connections, make fewer, "
	             "or widen net.ipv4.ip_local_port_range",
	             (unsigned long long)without);
}

struct lg_counts lg_counts_sum(const struct lg_result *result)
{
	struct lg_counts sum = {0};
	uint64_t *to = (uint64_t *)&sum; /* it is made of nothing else */

	for (int phase = 0; phase < LG_PHASES; phase++)
		for (size_t i = 0; i < sizeof sum / sizeof *to; i++)
			to[i] += ((const uint64_t *)&result->counts[phase])[i];
	return sum;
}

struct lg_result *lg_look(struct lg_run *run)
{
	struct lg_result *result = result_new(run);
	uint64_t started = 0;

	if (!result)
		return NULL;
	for (unsigned i = 0; i < run->worker_count; i++)
		started += add_worker(result, &run->workers[i].stats);
	fill_times(result, run, started);
	pthread_mutex_lock(&run->control.lock);
	memcpy(result->first_error, run->control.first_error, sizeof result->first_error);
	pthread_mutex_unlock(&run->control.lock);
	return result;
}

struct lg_result *lg_finish(struct lg_run *run)
{
	struct lg_result *result;

	if (!run)
		return NULL;
	if (!run->stopped)
		lg_stop(run, 0);
	for (unsigned i = 0; i < run->worker_count; i++)
		pthread_join(run->workers[i].thread, NULL);
	lg_monitor_join(&run->monitor);
	result = lg_look(run);
	if (result && (fill_seconds(result, run) < 0 || fill_threads(result, run) < 0)) {
		lg_result_free(result);
		result = NULL;
	}
	if (result) {
		check_ports(result);
		result->unsent = count_unsent(result, run);
	}
	lg_run_free(run);
	return result;
}
