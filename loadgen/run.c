#include "loadgen/run.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/clock.h"
#include "loadgen/limits.h"
#include "loadgen/text.h"

const char *lg_error_kind_name(enum lg_error_kind kind)
{
	static const char *const names[LG_ERROR_KINDS] = {
		[LG_ERROR_CONNECT] = "connect",   [LG_ERROR_TLS] = "tls",
		[LG_ERROR_TIMEOUT] = "timeout",   [LG_ERROR_RESET] = "reset",
		[LG_ERROR_PROTOCOL] = "protocol", [LG_ERROR_CHECK] = "check",
	};

	return (unsigned)kind < LG_ERROR_KINDS ? names[kind] : "unknown";
}

void lg_run_free(struct lg_run *run)
{
	if (!run)
		return;
	for (unsigned i = 0; i < run->worker_count; i++)
		lg_worker_release(&run->workers[i]);
	if (run->monitored)
		lg_monitor_release(&run->monitor);
	pthread_mutex_destroy(&run->control.lock);
	lg_job_release(&run->job);
	lg_pace_free(atomic_load(&run->control.pace));
	free(run->workers);
	free(run->view);
	free(run->usages);
	free(run);
}

static struct lg_run *run_new(const struct lg_plan *plan, char *error)
{
	struct lg_run *run = calloc(1, sizeof *run);

	if (!run) {
		lg_error_set(error, "out of memory for a run");
		return NULL;
	}
	run->plan = *plan;
	if (lg_job_init(&run->job, &run->plan, error) < 0) {
		free(run);
		return NULL;
	}
	pthread_mutex_init(&run->control.lock, NULL);
	atomic_store(&run->control.window_begin, INT64_MAX);
	atomic_store(&run->control.window_end, INT64_MAX);
	atomic_store(&run->control.stop, INT64_MAX);
	atomic_store(&run->control.pace, lg_pace_new(plan));
	run->workers = aligned_alloc(64, (run->job.threads * sizeof *run->workers + 63) / 64 * 64);
	run->view = calloc(1, sizeof *run->view);
	run->usages = calloc(run->job.threads, sizeof *run->usages);
	if (run->workers && run->view && run->usages && atomic_load(&run->control.pace))
		return run;
	lg_error_set(error, "out of memory for %u threads", run->job.threads);
	lg_run_free(run);
	return NULL;
}

static int init_workers(struct lg_run *run, char *error)
{
	for (; run->worker_count < run->job.threads; run->worker_count++)
		if (lg_worker_init(&run->workers[run->worker_count], run->worker_count, &run->job,
		                   &run->control, error) < 0)
			return -1;
	return 0;
}

static void wake(const struct lg_worker *worker)
{
	worker->io_class->wake(worker->io);
}

/* All threads or none. */
static int start_workers(struct lg_run *run, char *error)
{
	unsigned started = 0;
	int status = 0;

	run->started = lg_clock_now();
	if (run->plan.window_at_start)
		atomic_store(&run->control.window_begin, run->started);
	for (; started < run->worker_count && !status; started += !status)
		status = lg_worker_start(&run->workers[started], run->started);
	if (!status) {
		status = lg_monitor_start(&run->monitor, run->workers, run->worker_count, run->started);
		run->monitored = !status;
		if (run->monitored && run->plan.window_at_start)
			lg_monitor_window(&run->monitor, run->started, INT64_MAX);
	}
	if (!status)
		return 0;
	atomic_store(&run->control.stop, run->started);
	for (unsigned i = 0; i < started; i++) {
		wake(&run->workers[i]);
		pthread_join(run->workers[i].thread, NULL);
	}
	return lg_error_set(error, "cannot start thread %u of %u: %s", started + 1, run->worker_count + 1,
	                    strerrordesc_np(status));
}

int lg_start(const struct lg_plan *plan, struct lg_run **ret, char error[LG_ERROR_SIZE])
{
	struct lg_run *run;

	if (lg_check(plan, error) < 0 || lg_limits_raise(plan, error) < 0)
		return -1;
	run = run_new(plan, error);
	if (!run)
		return -1;
	if (init_workers(run, error) < 0 || start_workers(run, error) < 0) {
		lg_run_free(run);
		return -1;
	}
	*ret = run;
	return 0;
}

void lg_set_window(struct lg_run *run, int64_t begin, int64_t end)
{
	atomic_store(&run->control.window_end, end);
	atomic_store(&run->control.window_begin, begin);
	lg_monitor_window(&run->monitor, begin, end);
}

/* A change of pace lies ahead, so that no thread has gone past it. */
#define PACE_LEAD (20 * LG_NS_PER_MS)

static int64_t pace_instant(const struct lg_run *run)
{
	return lg_clock_now() + PACE_LEAD - run->started;
}

/* Without memory all goes on as before. */
static void set_pace(struct lg_run *run, struct lg_pace *pace)
{
	if (!pace)
		return;
	atomic_store(&run->control.pace, pace);
	for (unsigned i = 0; i < run->worker_count; i++)
		wake(&run->workers[i]);
}

void lg_release(struct lg_run *run)
{
	struct lg_pace *pace = atomic_load(&run->control.pace);

	if (pace->rest < run->plan.stage_count)
		set_pace(run, lg_pace_resume(pace, pace_instant(run), &run->plan));
}

void lg_set_rate(struct lg_run *run, double rate)
{
	if (run->plan.model == LG_RATE)
		set_pace(run, lg_pace_change(atomic_load(&run->control.pace), pace_instant(run), rate));
}

void lg_stop(struct lg_run *run, int64_t grace)
{
	int64_t now = lg_clock_now();

	if (!run->stopped) {
		run->stopped = now;
		lg_monitor_stop(&run->monitor);
	}
	grace = grace < 0 ? 0 : grace > LG_MAX_DURATION ? LG_MAX_DURATION : grace;
	atomic_store(&run->control.stop, now + grace);
	for (unsigned i = 0; i < run->worker_count; i++)
		wake(&run->workers[i]);
}
