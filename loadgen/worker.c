#include "loadgen/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "loadgen/clock.h"
#include "loadgen/h2.h"
#include "loadgen/starts.h"
#include "loadgen/text.h"

#define STACK_SIZE (256U * 1024)

#define REST_NS (100 * LG_NS_PER_US) /* see lg_h2_is_patient */

/* Of `whole`, dealt out one by one. */
static uint64_t share_of(uint64_t whole, const struct lg_job *job, unsigned index)
{
	return whole / job->threads + (index < whole % job->threads);
}

static int allocate(struct lg_worker *w, const struct lg_job *job)
{
	unsigned groups = (w->vu_count + job->streams - 1) / job->streams;

	w->connection_count = groups * job->host_count;
	w->vus = calloc(w->vu_count, sizeof *w->vus);
	w->connections = calloc(w->connection_count, sizeof *w->connections);
	w->memos = calloc(job->request_count, sizeof *w->memos);
	if (!w->vus || !w->connections || !w->memos || lg_stats_init(&w->stats, job->plan) < 0)
		return -1;
	return lg_timers_init(&w->timers, w->vu_count + w->connection_count + 1);
}

int lg_worker_init(struct lg_worker *worker, unsigned index, const struct lg_job *job,
                   struct lg_control *control, char error[LG_ERROR_SIZE])
{
	memset(worker, 0, sizeof *worker);
	worker->job = job;
	worker->control = control;
	worker->index = index;
	worker->vu_count = (unsigned)share_of(job->vus, job, index);
	worker->budget = job->plan->requests ? share_of(job->plan->requests, job, index) : UINT64_MAX;
	worker->cursor = index;
	worker->io_class = job->io;
	worker->start_timer.kind = LG_TIMER_START;
	if (allocate(worker, job) < 0) {
		lg_worker_release(worker);
		return lg_error_set(error, "out of memory for %u vus", job->vus);
	}
	for (unsigned i = 0; i < worker->vu_count; i++)
		lg_vu_init(&worker->vus[i], worker, i);
	for (unsigned i = 0; i < worker->connection_count; i++)
		lg_connection_init(&worker->connections[i], worker, &job->hosts[i % job->host_count], i);
	if (worker->io_class->open(worker, &worker->io) < 0) {
		lg_error_set(error, "cannot make an event loop (%s): %s", worker->io_class->name,
		             strerror(errno));
		lg_worker_release(worker);
		return -1;
	}
	return 0;
}

void lg_worker_release(struct lg_worker *worker)
{
	if (worker->io)
		for (unsigned i = 0; i < worker->connection_count; i++)
			lg_connection_close(&worker->connections[i]);
	/* what the kernel still sends from a connection's memory ends with the loop */
	if (worker->io)
		worker->io_class->close(worker->io);
	for (unsigned i = 0; worker->connections && i < worker->connection_count; i++)
		lg_connection_release(&worker->connections[i]);
	for (unsigned i = 0; worker->vus && i < worker->vu_count; i++)
		free(worker->vus[i].text);
	lg_timers_release(&worker->timers);
	lg_stats_release(&worker->stats);
	free(worker->vus);
	free(worker->connections);
	free(worker->memos);
	worker->vus = NULL;
	worker->connections = NULL;
	worker->memos = NULL;
	worker->io = NULL;
}

struct lg_connection *lg_worker_connection(struct lg_worker *worker, const struct lg_vu *vu,
                                           const struct lg_host *host)
{
	const struct lg_job *job = worker->job;

	return &worker->connections[vu->slot / job->streams * job->host_count +
	                            (unsigned)(host - job->hosts)];
}

struct lg_vu *lg_worker_vus(struct lg_worker *worker, const struct lg_connection *connection,
                            unsigned *ret_count)
{
	unsigned first = connection->index / worker->job->host_count * worker->job->streams;
	unsigned left = worker->vu_count - first;

	*ret_count = left < worker->job->streams ? left : worker->job->streams;
	return &worker->vus[first];
}

const struct lg_request *lg_worker_request(struct lg_worker *worker)
{
	const struct lg_job *job = worker->job;

	if (job->order_count == 1)
		return job->requests;
	return &job->requests[job->order[worker->cursor++ % job->order_count]];
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

void lg_worker_clock(struct lg_worker *worker)
{
	worker->now = worker->arrived = lg_clock_now();
	lg_stats_move(&worker->stats, worker->now, lg_control_phase(worker->control, worker->now));
}

static void follow_pace(struct lg_worker *w)
{
	const struct lg_pace *pace = atomic_load_explicit(&w->control->pace, memory_order_acquire);

	if (pace == w->pace || w->stopping)
		return;
	w->pace = pace;
	if (w->job->plan->model == LG_RATE) {
		lg_starts_run(w);
		return;
	}
	for (unsigned i = 0; i < w->vu_count; i++)
		lg_vu_replan(&w->vus[i]);
}

static void handle_timers(struct lg_worker *w)
{
	struct lg_timer *timer;

	/* a VU whose request fails at once gets a later instant, or one start less to come: this ends */
	while ((timer = lg_timers_expire(&w->timers, w->now))) {
		switch ((enum lg_timer_kind)timer->kind) {
		case LG_TIMER_VU:
			lg_vu_expired((struct lg_vu *)timer);
			break;
		case LG_TIMER_CONNECTION:
			lg_connection_expired((struct lg_connection *)timer);
			break;
		case LG_TIMER_START:
			lg_starts_run(w);
			break;
		}
	}
}

static void handle_stop(struct lg_worker *w, int64_t until)
{
	if (!w->stopping) {
		w->stopping = true;
		for (unsigned i = 0; i < w->vu_count; i++)
			lg_vu_stop(&w->vus[i]);
	}
	if (w->now >= until)
		for (unsigned i = 0; i < w->vu_count; i++)
			lg_vu_abandon(&w->vus[i]);
}

/* Each once: what is unsent even then waits for the next turn, or until it has rested. */
static void flush_unsent(struct lg_worker *w)
{
	struct lg_connection *connection = w->unsent, *next;

	w->unsent = NULL;
	w->unsent_due = INT64_MAX;
	for (; connection; connection = next) {
		int64_t due = connection->unsent_since + REST_NS;

		next = connection->next_unsent;
		if (due > w->now && connection->h2 && lg_h2_is_patient(connection->h2)) {
			connection->next_unsent = w->unsent;
			w->unsent = connection;
			w->unsent_due = due < w->unsent_due ? due : w->unsent_due;
		} else {
			connection->is_unsent = false;
			lg_connection_flush(connection);
		}
	}
}

static int64_t until_next(const struct lg_worker *w, int64_t stop)
{
	bool over = w->stopping && !w->alive;
	int64_t next = over ? w->now : lg_timers_next(&w->timers);

	if (w->unsent_due < next)
		next = w->unsent_due;
	if (w->stopping && stop < next)
		next = stop;
	return next == INT64_MAX ? next : next > w->now ? next - w->now : 0;
}

static void say_finished(struct lg_worker *w)
{
	if (!w->budget && !w->busy && !atomic_load_explicit(&w->stats.finished, memory_order_relaxed))
		atomic_store_explicit(&w->stats.finished, w->now, memory_order_release);
}

static void *run(void *argument)
{
	struct lg_worker *w = argument;
	int64_t stop = INT64_MAX;

	prctl(PR_SET_TIMERSLACK, 1UL); /* starts are due to the microsecond */
	atomic_store(&w->tid, gettid());
	lg_worker_clock(w);
	while (stop == INT64_MAX || w->alive) {
		follow_pace(w);
		flush_unsent(w);
		say_finished(w);
		w->io_class->wait(w->io, until_next(w, stop));
		if (lg_timers_next(&w->timers) <= w->now)
			handle_timers(w);
		stop = atomic_load_explicit(&w->control->stop, memory_order_acquire);
		if (__builtin_expect(stop != INT64_MAX, 0))
			handle_stop(w, stop);
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
