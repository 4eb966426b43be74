#include "plugin/watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/clock.h"
#include "plugin/signals.h"
#include "plugin/text.h"

#define POD_EVERY   (1 * SECOND)
#define AT_ONCE     4 /* pods that are looked at so often: of more each waits longer */
#define USAGE_EVERY (5 * SECOND)
#define TICK        (50 * MILLI)
#define LOOK_WITHIN (1 * SECOND)

struct watch {
	const struct plan *plan;
	const struct target *target;
	int64_t every;
	pthread_t thread;
	bool started;
	atomic_bool stop, rank, lost, leaving;
	atomic_bool look; /* at the pod, without waiting for its time to come */
	atomic_uint restarts;
	_Atomic int64_t cpu;
	const char *how;            /* it was lost, once it is */
	bool blind;                 /* the API server did not answer: the thread's own */
	struct watch_report report; /* the thread's until it is joined */
};

static void lose(struct watch *watch, const char *how)
{
	snprintf(watch->report.lost, sizeof watch->report.lost, "pod '%.255s' %s during the run",
	         watch->target->name, how);
	watch->how = how;
	atomic_store(&watch->lost, true);
}

/* Why the container that was restarted had ended. */
static void note_reason(struct watch_report *report, const struct pod *now)
{
	for (size_t i = 0; i < now->container_count; i++)
		if (now->containers[i].restarts && now->containers[i].last_terminated)
			snprintf(report->reason, sizeof report->reason, "%s",
			         now->containers[i].last_terminated);
}

static void look_at_pod(struct watch *watch)
{
	const struct pod *pod = watch->target->pod;
	struct error error = {0};
	struct pod now = {0};
	int status = pod_get(watch->target->cluster, pod->ns, pod->name, &now, &error);

	watch->blind = status == -1;
	watch->report.unseen = status != 0 && status != -404 && !signals_cancel;
	if (status == -404) {
		lose(watch, "was deleted");
	} else if (status == 0 && strcmp(now.uid, pod->uid) != 0) {
		lose(watch, "was replaced by another of the same name");
	} else if (status == 0) {
		if (now.restarts > pod->restarts) {
			watch->report.restarts = now.restarts - pod->restarts;
			note_reason(&watch->report, &now);
		}
		atomic_store(&watch->restarts, watch->report.restarts);
		watch->report.terminating |= now.terminating;
		atomic_store(&watch->leaving, watch->report.terminating);
		if (strcmp(now.phase, "Failed") == 0 || strcmp(now.phase, "Succeeded") == 0)
			lose(watch, now.terminating ? "was deleted" : "ended");
	}
	if (status == 0)
		pod_release(&now);
	error_release(&error);
}

static void look_at_usage(struct watch *watch)
{
	struct watch_report *report = &watch->report;
	struct watch_sample sample = {.at = clock_now()};
	struct error error = {0};

	if (watch->target->ranking.source == RANKED_BY_NONE || report->sample_count >= WATCH_SAMPLES_MAX)
		return;
	if (pod_usage_get(watch->target->cluster, &watch->target->ranking, watch->target->pod, &sample.usage,
	                  &error) == 0) {
		size_t count = report->sample_count;

		atomic_store(&watch->cpu, sample.usage.cpu_milli);
		if (!count ||
		    strcmp(report->samples[count - 1].usage.timestamp, sample.usage.timestamp) != 0) {
			report->samples =
				xrealloc(report->samples, (report->sample_count + 1) * sizeof sample);
			report->samples[report->sample_count++] = sample;
		}
	}
	error_release(&error);
}

static void note_rank(struct watch *watch, const struct ranking *ranking, const struct ranked_pod *top)
{
	struct watch_report *report = &watch->report;

	report->ranked = true;
	report->still_top = strcmp(top->pod->uid, watch->target->pod->uid) == 0;
	snprintf(report->top, sizeof report->top, "%s", top->pod->name);
	report->top_cpu = report->own_cpu = -1;
	if (top->measured)
		report->top_cpu = top->usage.cpu_milli;
	for (size_t i = 0; i < ranking->count; i++) {
		const struct ranked_pod *own = &ranking->items[i];

		if (strcmp(own->pod->uid, watch->target->pod->uid) == 0 && own->measured)
			report->own_cpu = own->usage.cpu_milli;
	}
}

static void rank(struct watch *watch)
{
	struct pod_query query = {watch->plan->target, watch->plan->selector, false};
	const struct ranked_pod *top;
	struct ranking ranking = {0};
	struct error error = {0};

	if (ranking_make(watch->target->cluster, &query, (enum ranking_by)watch->plan->by, &ranking, &error) <
	            0 ||
	    ranking_pick(&ranking, &top, &error) < 0)
		snprintf(watch->report.ranked_error, sizeof watch->report.ranked_error, "%.250s", error.text);
	else if (ranking.source == RANKED_BY_NONE)
		snprintf(watch->report.ranked_error, sizeof watch->report.ranked_error, "no metrics");
	else
		note_rank(watch, &ranking, top);
	ranking_release(&watch->report.peak);
	watch->report.peak = ranking;
	error_release(&error);
}

static void *watch_main(void *argument)
{
	struct watch *watch = argument;
	int64_t next_pod = 0, next_usage = 0;

	while (!atomic_load(&watch->stop) && !atomic_load(&watch->lost)) {
		int64_t now = clock_now();
		bool asked = atomic_load(&watch->look);

		if (atomic_exchange(&watch->rank, false)) {
			rank(watch);
		} else if (asked || now >= next_pod) {
			look_at_pod(watch);
			next_pod = now + watch->every;
			if (asked)
				atomic_store(&watch->look, false);
		} else if (now >= next_usage) {
			look_at_usage(watch);
			next_usage = now + USAGE_EVERY;
		} else {
			clock_sleep(TICK);
		}
	}
	if (!atomic_load(&watch->lost) && !watch->blind)
		look_at_pod(watch);
	return NULL;
}

struct watch *watch_start(const struct plan *plan, const struct target *target, size_t pods)
{
	struct watch *watch;

	if (!target->pod)
		return NULL;
	watch = xcalloc(1, sizeof *watch);
	watch->plan = plan;
	watch->target = target;
	watch->every = POD_EVERY * (int64_t)((pods + AT_ONCE - 1) / AT_ONCE);
	atomic_store(&watch->cpu, target->ranked->measured ? target->ranked->usage.cpu_milli : -1);
	watch->started = signals_thread(&watch->thread, watch_main, watch);
	return watch;
}

bool watch_lost(struct watch *watch)
{
	return watch && atomic_load(&watch->lost);
}

const char *watch_lost_how(struct watch *watch)
{
	return watch->how;
}

enum watch_state watch_state(struct watch *watch)
{
	if (watch_lost(watch))
		return WATCH_LOST;
	if (watch && atomic_load(&watch->leaving))
		return WATCH_LEAVING;
	return watch_restarts(watch) ? WATCH_RESTARTED : WATCH_FINE;
}

void watch_look(struct watch *watch)
{
	int64_t end = clock_now() + LOOK_WITHIN;

	if (!watch || !watch->started)
		return;
	atomic_store(&watch->look, true);
	while (atomic_load(&watch->look) && !watch_lost(watch) && clock_now() < end && !signals_cancel)
		clock_sleep(5 * MILLI);
}

unsigned watch_restarts(struct watch *watch)
{
	return watch ? atomic_load(&watch->restarts) : 0;
}

int64_t watch_cpu(struct watch *watch)
{
	return watch ? atomic_load(&watch->cpu) : -1;
}

void watch_rank(struct watch *watch)
{
	if (watch)
		atomic_store(&watch->rank, true);
}

void watch_stop(struct watch *watch, struct watch_report *ret)
{
	if (!watch)
		return;
	atomic_store(&watch->stop, true);
	if (watch->started)
		pthread_join(watch->thread, NULL);
	*ret = watch->report;
	free(watch);
}

void watch_report_release(struct watch_report *report)
{
	free(report->samples);
	ranking_release(&report->peak);
	*report = (struct watch_report){0};
}
