#include "loadgen/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/clock.h"
#include "loadgen/text.h"

#define LG_CLOCK_EVERY 8 /* events for which one reading of the clock is good enough */
#define STACK_SIZE     (256U * 1024)

static unsigned share_of(const struct lg_job *job, unsigned index)
{
	return job->vus / job->threads + (index < job->vus % job->threads);
}

int lg_worker_init(struct lg_worker *worker, unsigned index, const struct lg_job *job,
                   struct lg_control *control, char error[LG_ERROR_SIZE])
{
	memset(worker, 0, sizeof *worker);
	worker->loop.epoll = worker->loop.wake = -1;
	worker->job = job;
	worker->control = control;
	worker->index = index;
	worker->vu_count = share_of(job, index);
	worker->vus = calloc(worker->vu_count, sizeof *worker->vus);
	worker->buffer = malloc(LG_READ_SIZE);
	if (!worker->vus || !worker->buffer || lg_timers_init(&worker->timers, worker->vu_count) < 0 ||
	    lg_stats_init(&worker->stats) < 0) {
		lg_worker_release(worker);
		return lg_error_set(error, "out of memory for %u vus", job->vus);
	}
	if (lg_loop_init(&worker->loop) < 0) {
		lg_error_set(error, "cannot make an event loop: %s", strerror(errno));
		lg_worker_release(worker);
		return -1;
	}
	for (unsigned i = 0; i < worker->vu_count; i++)
		lg_vu_init(&worker->vus[i], index + i * job->threads);
	return 0;
}

void lg_worker_release(struct lg_worker *worker)
{
	lg_loop_release(&worker->loop);
	lg_timers_release(&worker->timers);
	lg_stats_release(&worker->stats);
	free(worker->vus);
	free(worker->buffer);
	worker->vus = NULL;
	worker->buffer = NULL;
}

void lg_worker_note(struct lg_worker *worker, const char *line)
{
	struct lg_control *control = worker->control;

	pthread_mutex_lock(&control->lock);
	lg_error_set(control->last_error, "%s", line);
	if (!*control->first_error)
		memcpy(control->first_error, control->last_error, sizeof control->first_error);
	pthread_mutex_unlock(&control->lock);
}

static void read_clock(struct lg_worker *w)
{
	w->now = lg_clock_now();
	lg_stats_move(&w->stats, w->now, lg_control_phase(w->control, w->now));
}

/* Evenly over the ramp, whichever thread a VU belongs to. */
static void schedule_starts(struct lg_worker *w)
{
	for (unsigned i = 0; i < w->vu_count; i++) {
		int64_t id = (int64_t)w->index + (int64_t)i * w->job->threads;
		double part = (double)id / w->job->vus;

		lg_timer_set(&w->timers, &w->vus[i].timer, w->began + (int64_t)(part * (double)w->job->ramp));
	}
}

static void handle_stop(struct lg_worker *w, int64_t until)
{
	if (!w->stopping) {
		w->stopping = true;
		for (unsigned i = 0; i < w->vu_count; i++)
			lg_vu_stop(w, &w->vus[i]);
	}
	if (w->now >= until)
		for (unsigned i = 0; i < w->vu_count; i++)
			lg_vu_abandon(w, &w->vus[i]);
}

static void handle_events(struct lg_worker *w, int count)
{
	for (int i = 0; i < count; i++) {
		struct epoll_event event = w->loop.events[i];

		if (i && i % LG_CLOCK_EVERY == 0)
			read_clock(w);
		if (event.data.ptr)
			lg_vu_event(w, event.data.ptr, event.events);
	}
}

static void handle_ready(struct lg_worker *w)
{
	struct lg_vu *vu = w->ready;

	w->ready = NULL;
	while (vu) {
		struct lg_vu *next = vu->next;

		lg_vu_ready(w, vu);
		vu = next;
	}
}

static void handle_timers(struct lg_worker *w)
{
	struct lg_timer *timer;

	/* a VU whose request fails at once gets a later instant: this ends */
	while ((timer = lg_timers_expire(&w->timers, w->now)))
		lg_vu_expired(w, (struct lg_vu *)timer);
}

static int64_t until_next(const struct lg_worker *w, int64_t stop)
{
	int64_t next = lg_timers_next(&w->timers);

	if (w->ready)
		return 0;
	if (w->stopping && stop < next)
		next = stop;
	return next == INT64_MAX ? next : next > w->now ? next - w->now : 0;
}

static void *run(void *argument)
{
	struct lg_worker *w = argument;
	int64_t stop = INT64_MAX;

	atomic_store(&w->tid, gettid());
	read_clock(w);
	schedule_starts(w);
	handle_timers(w);
	for (;;) {
		int count = lg_loop_wait(&w->loop, until_next(w, stop));

		read_clock(w);
		handle_events(w, count);
		if (w->ready)
			handle_ready(w);
		if (lg_timers_next(&w->timers) <= w->now)
			handle_timers(w);
		stop = atomic_load_explicit(&w->control->stop, memory_order_acquire);
		if (__builtin_expect(stop != INT64_MAX, 0)) {
			handle_stop(w, stop);
			if (!w->alive)
				break;
		}
	}
	return NULL;
}

struct start {
	void *(*body)(void *);
	void *argument;
	char name[16];
};

static void *named(void *argument)
{
	struct start start = *(struct start *)argument;

	free(argument);
	pthread_setname_np(pthread_self(), start.name);
	return start.body(start.argument);
}

int lg_thread_start(pthread_t *ret, void *(*body)(void *), void *argument, const char *name)
{
	struct start *start = malloc(sizeof *start);
	pthread_attr_t attributes;
	sigset_t all, before;
	int status;

	if (!start)
		return ENOMEM;
	*start = (struct start){.body = body, .argument = argument};
	snprintf(start->name, sizeof start->name, "%s", name);
	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	status = pthread_create(ret, &attributes, named, start);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (status)
		free(start);
	return status;
}

int lg_worker_start(struct lg_worker *worker, int64_t began)
{
	char name[16];

	snprintf(name, sizeof name, "lg-%u", worker->index);
	worker->began = began;
	lg_stats_begin(&worker->stats, began);
	return lg_thread_start(&worker->thread, run, worker, name);
}
