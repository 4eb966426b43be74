#include "loadgen/vu.h"

#include <inttypes.h>
#include <stdio.h>

#include "loadgen/clock.h"
#include "loadgen/starts.h"
#include "loadgen/worker.h"

void lg_vu_init(struct lg_vu *vu, struct lg_worker *worker, uint32_t slot)
{
	const struct lg_pattern *pattern = &worker->job->pattern;

	*vu = (struct lg_vu){.timer.kind = LG_TIMER_VU,
	                     .worker = worker,
	                     .id = worker->index + slot * worker->job->threads,
	                     .slot = slot,
	                     .match.pattern = pattern->size ? pattern : NULL};
}

static bool is_busy(const struct lg_vu *vu)
{
	return vu->state == LG_VU_CONNECT || vu->state == LG_VU_WAIT;
}

/* All changes of state go through here, so that the counts of the worker hold. */
static void enter(struct lg_vu *vu, enum lg_vu_state state)
{
	struct lg_worker *w = vu->worker;
	bool was_waiting = vu->state == LG_VU_WAIT, was_busy = is_busy(vu), was_off = vu->state == LG_VU_OFF;

	vu->state = (uint8_t)state;
	w->busy = w->busy + is_busy(vu) - was_busy;
	if ((state == LG_VU_WAIT) != was_waiting) {
		w->in_flight = w->in_flight + (state == LG_VU_WAIT) - was_waiting;
		atomic_store_explicit(&w->stats.in_flight, w->in_flight, memory_order_relaxed);
	}
	if ((state == LG_VU_OFF) != was_off) {
		w->alive = w->alive + was_off - (state == LG_VU_OFF);
		atomic_store_explicit(&w->stats.vus, w->alive, memory_order_relaxed);
		if (w->alive > lg_counter_get(&w->stats.vus_peak))
			atomic_store_explicit(&w->stats.vus_peak, w->alive, memory_order_relaxed);
	}
}

static void turn_off(struct lg_vu *vu)
{
	lg_timer_cancel(&vu->timer);
	enter(vu, LG_VU_OFF);
	if (vu->connection && vu->worker->job->streams == 1)
		lg_connection_close(vu->connection);
}

static bool may_begin(const struct lg_worker *w)
{
	return !w->stopping && w->budget;
}

void lg_vu_held(struct lg_vu *vu)
{
	struct lg_worker *w = vu->worker;

	enter(vu, LG_VU_CONNECT);
	lg_timer_set(&w->timers, &vu->timer, vu->began + w->job->timeout);
}

static void submit(struct lg_vu *vu)
{
	if (vu->connection->state == LG_OPEN) {
		lg_connection_submit(vu->connection, vu);
		return;
	}
	lg_vu_held(vu);
	lg_connection_open(vu->connection);
}

static void begin(struct lg_vu *vu, int64_t scheduled)
{
	struct lg_worker *w = vu->worker;

	if (w->budget != UINT64_MAX)
		w->budget--;
	vu->request = lg_worker_request(w);
	vu->seq = w->index + w->begun++ * w->job->threads;
	vu->scheduled = scheduled;
	vu->began = w->now;
	vu->retried = false;
	vu->connection = lg_worker_connection(w, vu, vu->request->host);
	submit(vu);
}

static void count_start(struct lg_vu *vu)
{
	struct lg_worker *w = vu->worker;

	lg_counter_add(&w->stats.vus_started, 1);
	atomic_store_explicit(&w->stats.last_start, w->now, memory_order_relaxed);
}

void lg_vu_start(struct lg_vu *vu, int64_t scheduled)
{
	if (vu->state == LG_VU_OFF)
		count_start(vu);
	begin(vu, scheduled);
}

static bool is_wanted(const struct lg_vu *vu)
{
	const struct lg_worker *w = vu->worker;

	return !w->pace->falls || lg_pace_wants(w->pace, vu->id, w->now - w->began);
}

/* When the closed model wants this VU, from off. */
void lg_vu_replan(struct lg_vu *vu)
{
	struct lg_worker *w = vu->worker;
	int64_t since = w->now - w->began, turn;

	if (vu->state != LG_VU_OFF)
		return;
	if (!may_begin(w))
		return;
	if (lg_pace_wants(w->pace, vu->id, since)) {
		count_start(vu);
		begin(vu, w->now);
		return;
	}
	turn = lg_pace_turn(w->pace, vu->id, since);
	if (turn != INT64_MAX)
		lg_timer_set(&w->timers, &vu->timer, w->began + turn);
}

/* The VU has nothing to do; what is next? */
static void next(struct lg_vu *vu, int64_t pause, enum lg_vu_state pausing)
{
	struct lg_worker *w = vu->worker;

	if (w->stopping || (w->job->plan->model == LG_VUS && !w->budget)) {
		turn_off(vu);
	} else if (w->job->plan->model == LG_RATE) {
		lg_timer_cancel(&vu->timer);
		enter(vu, LG_VU_IDLE);
		lg_starts_free(w, vu);
	} else if (!is_wanted(vu)) {
		turn_off(vu);
		lg_vu_replan(vu);
	} else if (pause) {
		enter(vu, pausing);
		lg_timer_set(&w->timers, &vu->timer, w->now + pause);
	} else {
		begin(vu, w->now);
	}
}

/* A failed start of the open model frees the VU in the loop's next turn: a chain of such would grow the
 * stack. */
static void fail(struct lg_vu *vu, enum lg_error_kind kind, const char *line)
{
	struct lg_worker *w = vu->worker;

	lg_worker_note(w, line);
	lg_stats_error(&w->stats, kind);
	vu->backoff = vu->backoff ? vu->backoff * 2 : LG_BACKOFF_FIRST;
	if (vu->backoff > LG_BACKOFF_LAST)
		vu->backoff = LG_BACKOFF_LAST;
	if (w->job->plan->model == LG_RATE && !w->stopping) {
		enter(vu, LG_VU_BACKOFF);
		lg_timer_set(&w->timers, &vu->timer, w->now);
	} else {
		next(vu, vu->backoff, LG_VU_BACKOFF);
	}
}

static void timed_out(struct lg_vu *vu)
{
	char line[LG_ERROR_SIZE];

	snprintf(line, sizeof line, "%s within %" PRId64 " ms",
	         vu->state == LG_VU_WAIT            ? "no whole answer"
	         : vu->connection->state == LG_OPEN ? "no stream to be had on the connection"
	                                            : "not connected",
	         (int64_t)(vu->worker->job->timeout / LG_NS_PER_MS));
	lg_connection_abandon(vu->connection, vu);
	fail(vu, LG_ERROR_TIMEOUT, line);
}

void lg_vu_expired(struct lg_vu *vu)
{
	switch ((enum lg_vu_state)vu->state) {
	case LG_VU_OFF:
		lg_vu_replan(vu);
		break;
	case LG_VU_THINK:
	case LG_VU_BACKOFF:
		next(vu, 0, LG_VU_OFF);
		break;
	case LG_VU_CONNECT:
	case LG_VU_WAIT:
		timed_out(vu);
		break;
	case LG_VU_IDLE:
		break;
	}
}

void lg_vu_sent(struct lg_vu *vu)
{
	struct lg_worker *w = vu->worker;

	enter(vu, LG_VU_WAIT);
	vu->sent = vu->flushed = vu->first = w->now;
	vu->match.length = 0;
	vu->match.found = false;
	lg_timer_set(&w->timers, &vu->timer, vu->began + w->job->timeout);
}

void lg_vu_answered(struct lg_vu *vu, unsigned status)
{
	struct lg_worker *w = vu->worker;
	const struct lg_answer answer = {
		.status = status,
		.good_status = lg_job_expects(w->job, status),
		.good_body = !vu->match.pattern || vu->match.found,
		.scheduled = vu->scheduled,
		.sent = vu->sent,
		.flushed = vu->flushed,
		.first = vu->first,
		.done = w->now,
	};

	lg_stats_answer(&w->stats, &answer);
	if (!answer.good_body || (!answer.good_status && status < 400))
		lg_worker_note(w, answer.good_body ? "an answer's status is not an expected one"
		                                   : "an answer's body does not hold the expected text");
	vu->backoff = 0;
	next(vu, w->job->think, LG_VU_THINK);
}

void lg_vu_cut(struct lg_vu *vu, bool again, enum lg_error_kind kind, const char *line)
{
	if (again && !vu->retried) {
		vu->retried = true;
		submit(vu);
		return;
	}
	fail(vu, kind, line);
}

void lg_vu_stop(struct lg_vu *vu)
{
	if (vu->state == LG_VU_OFF)
		lg_timer_cancel(&vu->timer);
	else if (!is_busy(vu))
		turn_off(vu);
}

void lg_vu_abandon(struct lg_vu *vu)
{
	if (vu->state == LG_VU_OFF)
		return;
	if (is_busy(vu)) {
		lg_counter_add(&vu->worker->stats.censored, 1);
		lg_connection_abandon(vu->connection, vu);
	}
	turn_off(vu);
}
