#include "loadgen/vu.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/clock.h"
#include "loadgen/text.h"
#include "loadgen/worker.h"

static void vu_request(struct lg_worker *w, struct lg_vu *vu);
static void vu_connect(struct lg_worker *w, struct lg_vu *vu);

void lg_vu_init(struct lg_vu *vu, uint32_t id)
{
	*vu = (struct lg_vu){.state = LG_VU_NEW, .address = id};
	lg_connection_init(&vu->connection);
}

static void show_in_flight(struct lg_worker *w)
{
	atomic_store_explicit(&w->stats.in_flight, w->in_flight, memory_order_relaxed);
}

static void show_alive(struct lg_worker *w)
{
	atomic_store_explicit(&w->stats.vus, w->alive, memory_order_relaxed);
}

static void vu_end(struct lg_worker *w, struct lg_vu *vu)
{
	if (vu->state == LG_VU_ENDED)
		return;
	lg_connection_close(&vu->connection);
	lg_timer_cancel(&vu->timer);
	if (vu->state != LG_VU_NEW)
		w->alive--;
	vu->state = LG_VU_ENDED;
	show_alive(w);
}

/* The request is over, one way or the other. */
static void leave_flight(struct lg_worker *w, struct lg_vu *vu)
{
	if (vu->state == LG_VU_WAIT) {
		w->in_flight--;
		show_in_flight(w);
	}
}

__attribute__((format(printf, 4, 5))) static void vu_fail(struct lg_worker *w, struct lg_vu *vu,
                                                          enum lg_error_kind kind, const char *format, ...)
{
	char line[LG_ERROR_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	lg_worker_note(w, line);
	lg_stats_error(&w->stats, kind);
	leave_flight(w, vu);
	lg_connection_close(&vu->connection);
	vu->backoff = vu->backoff ? vu->backoff * 2 : LG_BACKOFF_FIRST;
	if (vu->backoff > LG_BACKOFF_LAST)
		vu->backoff = LG_BACKOFF_LAST;
	vu->state = LG_VU_BACKOFF;
	lg_timer_set(&w->timers, &vu->timer, w->now + vu->backoff);
	if (w->stopping)
		vu_end(w, vu);
}

static void vu_answered(struct lg_worker *w, struct lg_vu *vu)
{
	lg_stats_answer(&w->stats, vu->connection.http.status, w->now - vu->sent);
	leave_flight(w, vu);
	vu->connection.served = true;
	vu->backoff = 0;
	if (!lg_connection_reusable(&vu->connection, &w->job->request))
		lg_connection_close(&vu->connection);
	if (w->stopping) {
		vu->state = LG_VU_THINK;
		vu_end(w, vu);
	} else if (w->job->think) {
		vu->state = LG_VU_THINK;
		lg_timer_set(&w->timers, &vu->timer, w->now + w->job->think);
	} else {
		vu_request(w, vu);
	}
}

/* The connection ended before the answer was whole. */
static void vu_cut(struct lg_worker *w, struct lg_vu *vu, int error)
{
	struct lg_connection *connection = &vu->connection;
	bool untouched = lg_http_untouched(&connection->http);

	if (untouched && connection->served && !vu->retried && w->job->request.idempotent) {
		vu->retried = true;
		leave_flight(w, vu);
		lg_connection_close(connection);
		vu_connect(w, vu);
		return;
	}
	if (w->job->dial && !connection->received)
		vu_fail(w, vu, LG_ERROR_CONNECT, "connection to '%s' ended before any answer%s%s",
		        w->job->url.host, error ? ": " : "", error ? strerrordesc_np(error) : "");
	else
		vu_fail(w, vu, LG_ERROR_RESET, "connection %s %s", error ? "broke" : "closed by the server",
		        untouched ? "before the answer" : "in the middle of the answer");
}

/* To read on when others have had their turn. */
static void vu_queue(struct lg_worker *w, struct lg_vu *vu)
{
	if (vu->is_ready)
		return;
	vu->is_ready = true;
	vu->next = w->ready;
	w->ready = vu;
}

static void vu_write(struct lg_worker *w, struct lg_vu *vu)
{
	enum lg_io io = lg_connection_write(&vu->connection, &w->job->request);

	lg_counter_add(&w->stats.tally->bytes_sent, vu->connection.bytes);
	/* what the server said before it closed is still there to be read; not from here, where the
	 * answer would start the next request, and that one may end the same way */
	if (io == LG_IO_CLOSED) {
		vu->connection.ended = true;
		vu_queue(w, vu);
	}
}

static void vu_send(struct lg_worker *w, struct lg_vu *vu)
{
	lg_connection_begin(&vu->connection, &w->job->request);
	vu->state = LG_VU_WAIT;
	vu->sent = w->now;
	w->in_flight++;
	show_in_flight(w);
	lg_timer_set(&w->timers, &vu->timer, vu->began + w->job->timeout);
	vu_write(w, vu);
}

static void vu_dial(struct lg_worker *w, struct lg_vu *vu)
{
	char error[LG_ERROR_SIZE] = "";
	int fd = w->job->dial(w->job->dial_context, error);

	if (fd < 0) {
		vu_fail(w, vu, LG_ERROR_CONNECT, "%s", *error ? error : "cannot open a connection");
		return;
	}
	lg_connection_adopt(&vu->connection, fd);
	if (lg_loop_add(&w->loop, fd, vu) < 0) {
		vu_fail(w, vu, LG_ERROR_CONNECT, "cannot watch a connection: %s", strerrordesc_np(errno));
		return;
	}
	lg_counter_add(&w->stats.connections, 1);
	vu_send(w, vu);
}

static void vu_connect_failed(struct lg_worker *w, struct lg_vu *vu, const struct lg_address *address,
                              int error)
{
	char text[LG_ADDRESS_TEXT];

	lg_address_text(address, text);
	vu_fail(w, vu, LG_ERROR_CONNECT, "connect to %s: %s", text,
	        error == EADDRNOTAVAIL ? "no free local port" : strerrordesc_np(error));
}

/* An even share of the time that is left for each address not tried yet. */
static int64_t connect_deadline(const struct lg_worker *w, const struct lg_vu *vu)
{
	int64_t left = vu->began + w->job->timeout - w->now;

	return w->now + left / (vu->untried + 1);
}

/* Starts connecting to the next address that takes it. */
static void vu_connect_next(struct lg_worker *w, struct lg_vu *vu, const struct lg_address *failed, int error)
{
	const struct lg_target *target = &w->job->target;

	while (vu->untried) {
		const struct lg_address *address = &target->addresses[vu->address++ % target->count];
		int fd = lg_address_connect(address);

		vu->untried--;
		if (fd >= 0 && lg_loop_add(&w->loop, fd, vu) == 0) {
			lg_connection_adopt(&vu->connection, fd);
			vu->sent = w->now;
			lg_timer_set(&w->timers, &vu->timer, connect_deadline(w, vu));
			return;
		}
		failed = address;
		error = errno;
		if (fd >= 0)
			close(fd);
	}
	vu_connect_failed(w, vu, failed, error);
}

static void vu_connect(struct lg_worker *w, struct lg_vu *vu)
{
	vu->state = LG_VU_CONNECT;
	if (w->job->dial) {
		vu_dial(w, vu);
		return;
	}
	vu->untried = (uint16_t)w->job->target.count;
	vu_connect_next(w, vu, NULL, 0);
}

static void vu_connected(struct lg_worker *w, struct lg_vu *vu, uint32_t events)
{
	const struct lg_target *target = &w->job->target;
	int error = 0;

	if (events & LG_EVENT_BAD)
		getsockopt(vu->connection.fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
	if (error) {
		lg_connection_close(&vu->connection);
		vu_connect_next(w, vu, &target->addresses[(vu->address - 1) % target->count], error);
		return;
	}
	if (!(events & (LG_EVENT_OUT | LG_EVENT_END)))
		return;
	lg_counter_add(&w->stats.connections, 1);
	lg_histogram_record(w->stats.connect, (uint64_t)(w->now - vu->sent) / LG_NS_PER_US);
	vu_send(w, vu);
}

static void vu_request(struct lg_worker *w, struct lg_vu *vu)
{
	vu->began = w->now;
	vu->retried = false;
	if (vu->connection.fd >= 0)
		vu_send(w, vu);
	else
		vu_connect(w, vu);
}

static void vu_read(struct lg_worker *w, struct lg_vu *vu, bool ended)
{
	enum lg_io io = lg_connection_read(&vu->connection, w->buffer, ended);
	int error = errno;

	lg_counter_add(&w->stats.tally->bytes_received, vu->connection.bytes);
	if (io == LG_IO_DONE) {
		vu_answered(w, vu);
	} else if (io == LG_IO_CLOSED) {
		vu_cut(w, vu, error);
	} else if (io == LG_IO_BROKEN) {
		vu_fail(w, vu, LG_ERROR_PROTOCOL, "protocol error: %s", vu->connection.http.error);
	} else if (io == LG_IO_READY) {
		vu_queue(w, vu);
	}
}

static void vu_start(struct lg_worker *w, struct lg_vu *vu)
{
	w->alive++;
	show_alive(w);
	lg_counter_add(&w->stats.vus_started, 1);
	atomic_store_explicit(&w->stats.last_start, w->now, memory_order_relaxed);
	vu_request(w, vu);
}

static void vu_timed_out(struct lg_worker *w, struct lg_vu *vu)
{
	int64_t ms = w->job->timeout / LG_NS_PER_MS;

	if (vu->state == LG_VU_CONNECT && vu->untried) {
		lg_connection_close(&vu->connection);
		vu_connect_next(w, vu, NULL, 0);
		return;
	}
	vu_fail(w, vu, LG_ERROR_TIMEOUT,
	        vu->state == LG_VU_CONNECT ? "not connected within %" PRId64 " ms"
	                                   : "no whole answer within %" PRId64 " ms",
	        ms);
}

void lg_vu_expired(struct lg_worker *w, struct lg_vu *vu)
{
	switch ((enum lg_vu_state)vu->state) {
	case LG_VU_NEW:
		vu_start(w, vu);
		break;
	case LG_VU_THINK:
	case LG_VU_BACKOFF:
		vu_request(w, vu);
		break;
	case LG_VU_CONNECT:
	case LG_VU_WAIT:
		vu_timed_out(w, vu);
		break;
	case LG_VU_ENDED:
		break;
	}
}

void lg_vu_event(struct lg_worker *w, struct lg_vu *vu, uint32_t events)
{
	if (vu->connection.fd < 0)
		return;
	if (vu->state == LG_VU_CONNECT) {
		vu_connected(w, vu, events);
		return;
	}
	if (vu->state != LG_VU_WAIT) {
		/* nobody asked: an end, or bytes that cannot be an answer */
		if (events & LG_EVENT_IN)
			lg_connection_close(&vu->connection);
		return;
	}
	if (events & LG_EVENT_IN)
		vu_read(w, vu, events & LG_EVENT_END);
	if (events & LG_EVENT_OUT && vu->state == LG_VU_WAIT && vu->connection.sent < w->job->request.size)
		vu_write(w, vu);
}

void lg_vu_ready(struct lg_worker *w, struct lg_vu *vu)
{
	vu->is_ready = false;
	if (vu->state == LG_VU_WAIT)
		vu_read(w, vu, false);
}

void lg_vu_stop(struct lg_worker *w, struct lg_vu *vu)
{
	if (vu->state != LG_VU_WAIT && vu->state != LG_VU_CONNECT)
		vu_end(w, vu);
}

void lg_vu_abandon(struct lg_worker *w, struct lg_vu *vu)
{
	if (vu->state == LG_VU_WAIT || vu->state == LG_VU_CONNECT)
		lg_counter_add(&w->stats.censored, 1);
	leave_flight(w, vu);
	vu_end(w, vu);
}
