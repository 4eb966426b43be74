#include "loadgen/monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/clock.h"

#define FIRST_ROWS 128

/* None after the stop: the threads may have ended by then, and been joined. */
static void take_mark(struct lg_monitor *monitor, enum lg_mark mark)
{
	if (monitor->marks[mark][0].at || monitor->marks[LG_MARK_STOP][0].at)
		return;
	for (unsigned i = 0; i < monitor->count; i++)
		monitor->marks[mark][i] =
			lg_usage_take(monitor->workers[i].thread, atomic_load(&monitor->workers[i].tid));
}

static unsigned vus_now(const struct lg_monitor *monitor)
{
	uint64_t vus = 0;

	for (unsigned i = 0; i < monitor->count; i++)
		vus += lg_counter_get(&monitor->workers[i].stats.vus);
	return (unsigned)vus;
}

/* Without memory the row is left out: its percentiles will read 0. */
static void take_row(struct lg_monitor *monitor)
{
	struct lg_monitor_row *rows = monitor->rows;

	if (monitor->row_count == monitor->row_capacity) {
		rows = realloc(rows, 2 * monitor->row_capacity * sizeof *rows);
		if (!rows)
			return;
		monitor->rows = rows;
		monitor->row_capacity *= 2;
	}
	lg_view_look(monitor->view, monitor->workers, monitor->count);
	rows[monitor->row_count++] = (struct lg_monitor_row){
		.p50 = lg_histogram_percentile(&monitor->view->fresh, 50),
		.p99 = lg_histogram_percentile(&monitor->view->fresh, 99),
		.vus = vus_now(monitor),
	};
}

static int64_t next_edge(const struct lg_monitor *monitor)
{
	int64_t next = monitor->next_second;

	if (!monitor->marks[LG_MARK_BEGIN][0].at && monitor->window_begin < next)
		next = monitor->window_begin;
	if (!monitor->marks[LG_MARK_END][0].at && monitor->window_end < next)
		next = monitor->window_end;
	return next;
}

static void pass_edges(struct lg_monitor *monitor, int64_t now)
{
	if (now >= monitor->window_begin)
		take_mark(monitor, LG_MARK_BEGIN);
	if (now >= monitor->window_end)
		take_mark(monitor, LG_MARK_END);
	for (; now >= monitor->next_second; monitor->next_second += LG_NS_PER_SECOND)
		take_row(monitor);
}

static void *run(void *argument)
{
	struct lg_monitor *monitor = argument;

	pthread_mutex_lock(&monitor->lock);
	while (!monitor->quit) {
		struct timespec edge = lg_clock_timespec(next_edge(monitor));

		pthread_cond_timedwait(&monitor->changed, &monitor->lock, &edge);
		pass_edges(monitor, lg_clock_now());
	}
	take_row(monitor);
	pthread_mutex_unlock(&monitor->lock);
	return NULL;
}

static int allocate(struct lg_monitor *monitor)
{
	bool failed = false;

	for (int i = 0; i < LG_MARKS; i++) {
		monitor->marks[i] = calloc(monitor->count, sizeof *monitor->marks[i]);
		failed = failed || !monitor->marks[i];
	}
	monitor->view = calloc(1, sizeof *monitor->view);
	monitor->rows = calloc(FIRST_ROWS, sizeof *monitor->rows);
	monitor->row_capacity = FIRST_ROWS;
	return failed || !monitor->view || !monitor->rows ? -1 : 0;
}

static void free_all(struct lg_monitor *monitor)
{
	for (int i = 0; i < LG_MARKS; i++)
		free(monitor->marks[i]);
	free(monitor->view);
	free(monitor->rows);
}

int lg_monitor_start(struct lg_monitor *monitor, const struct lg_worker *workers, unsigned count,
                     int64_t began)
{
	pthread_condattr_t attributes;
	int status;

	*monitor = (struct lg_monitor){.workers = workers,
	                               .count = count,
	                               .window_begin = INT64_MAX,
	                               .window_end = INT64_MAX,
	                               .next_second = began + LG_NS_PER_SECOND};
	if (allocate(monitor) < 0) {
		free_all(monitor);
		return ENOMEM;
	}
	take_mark(monitor, LG_MARK_START);
	pthread_mutex_init(&monitor->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&monitor->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	status = lg_thread_start(&monitor->thread, run, monitor, "lg-clock");
	if (status)
		lg_monitor_release(monitor);
	return status;
}

void lg_monitor_window(struct lg_monitor *monitor, int64_t begin, int64_t end)
{
	pthread_mutex_lock(&monitor->lock);
	monitor->window_begin = begin;
	monitor->window_end = end;
	pthread_cond_signal(&monitor->changed);
	pthread_mutex_unlock(&monitor->lock);
}

void lg_monitor_stop(struct lg_monitor *monitor)
{
	pthread_mutex_lock(&monitor->lock);
	pass_edges(monitor, lg_clock_now());
	take_mark(monitor, LG_MARK_STOP);
	pthread_mutex_unlock(&monitor->lock);
}

void lg_monitor_join(struct lg_monitor *monitor)
{
	pthread_mutex_lock(&monitor->lock);
	monitor->quit = true;
	pthread_cond_signal(&monitor->changed);
	pthread_mutex_unlock(&monitor->lock);
	pthread_join(monitor->thread, NULL);
}

void lg_monitor_release(struct lg_monitor *monitor)
{
	pthread_mutex_destroy(&monitor->lock);
	pthread_cond_destroy(&monitor->changed);
	free_all(monitor);
}

struct lg_thread_use lg_monitor_use(const struct lg_monitor *monitor, unsigned worker)
{
	bool window = monitor->marks[LG_MARK_BEGIN][0].at;
	bool ended = window && monitor->marks[LG_MARK_END][0].at;

	return lg_usage_between(&monitor->marks[window ? LG_MARK_BEGIN : LG_MARK_START][worker],
	                        &monitor->marks[ended ? LG_MARK_END : LG_MARK_STOP][worker]);
}
