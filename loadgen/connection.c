#include "loadgen/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/clock.h"
#include "loadgen/h1.h"
#include "loadgen/h2.h"
#include "loadgen/tls.h"
#include "loadgen/worker.h"

#define QUEUE_FIRST 4096

void lg_connection_init(struct lg_connection *connection, struct lg_worker *worker,
                        const struct lg_host *host, uint32_t index)
{
	*connection = (struct lg_connection){
		.timer.kind = LG_TIMER_CONNECTION,
		.worker = worker,
		.host = host,
		.index = index,
		.fd = -1,
		.address = worker->index + index, /* round robin over all connections of all threads */
	};
}

void lg_connection_release(struct lg_connection *connection)
{
	free(connection->queue.data);
	connection->queue = (struct lg_queue){0};
}

void lg_connection_close(struct lg_connection *connection)
{
	struct lg_worker *w = connection->worker;

	if (connection->state == LG_CLOSED)
		return;
	lg_timer_cancel(&connection->timer);
	if (connection->tls && connection->state == LG_OPEN && !connection->ended)
		lg_tls_close(connection->tls);
	if (connection->fd >= 0)
		w->io_class->remove(w->io, connection);
	lg_h2_free(connection->h2);
	lg_tls_session_free(connection->tls);
	connection->h2 = NULL;
	connection->tls = NULL;
	connection->fd = -1;
	connection->generation++;
	connection->vu = NULL;
	connection->out_left = 0;
	connection->more = false;
	connection->queue.begin = connection->queue.end = 0;
	connection->state = LG_CLOSED;
}

static bool waits_on(const struct lg_vu *vu, const struct lg_connection *connection)
{
	return vu->connection == connection && (vu->state == LG_VU_CONNECT || vu->state == LG_VU_WAIT);
}

void lg_connection_broken(struct lg_connection *connection, enum lg_error_kind kind, const char *line)
{
	unsigned count;
	struct lg_vu *vus = lg_worker_vus(connection->worker, connection, &count);

	lg_connection_close(connection);
	for (unsigned i = 0; i < count; i++)
		if (waits_on(&vus[i], connection))
			lg_vu_cut(&vus[i], false, kind, line);
}

/* ---- open -------------------------------------------------------------------- */

static void submit_waiting(struct lg_connection *connection)
{
	uint32_t generation = connection->generation;
	unsigned count;
	struct lg_vu *vus = lg_worker_vus(connection->worker, connection, &count);

	for (unsigned i = 0; i < count && connection->generation == generation; i++)
		if (vus[i].connection == connection && vus[i].state == LG_VU_CONNECT)
			lg_connection_submit(connection, &vus[i]);
}

static bool is_h2(const struct lg_connection *connection)
{
	return connection->tls ? lg_tls_chose_h2(connection->tls)
	                       : connection->worker->job->plan->http == LG_HTTP_2;
}

static void opened(struct lg_connection *connection)
{
	const struct lg_job *job = connection->worker->job;

	connection->state = LG_OPEN;
	if (is_h2(connection)) {
		connection->h2 = lg_h2_new(connection);
		if (!connection->h2) {
			lg_connection_broken(connection, LG_ERROR_PROTOCOL, "out of memory for HTTP/2");
			return;
		}
	} else if (job->streams > 1 || job->plan->http == LG_HTTP_2) {
		lg_connection_broken(connection, LG_ERROR_PROTOCOL, "the server does not speak HTTP/2");
		return;
	}
	submit_waiting(connection);
}

void lg_connection_submit(struct lg_connection *connection, struct lg_vu *vu)
{
	if (connection->h2)
		lg_h2_submit(connection->h2, vu);
	else
		lg_h1_submit(connection, vu);
}

static bool is_wanted_by_others(struct lg_connection *connection, const struct lg_vu *but)
{
	unsigned count;
	const struct lg_vu *vus = lg_worker_vus(connection->worker, connection, &count);

	for (unsigned i = 0; i < count; i++)
		if (&vus[i] != but && waits_on(&vus[i], connection))
			return true;
	return false;
}

void lg_connection_abandon(struct lg_connection *connection, struct lg_vu *vu)
{
	if (connection->h2)
		lg_h2_abandon(connection->h2, vu);
	else if (connection->state == LG_OPEN || !is_wanted_by_others(connection, vu))
		lg_connection_close(connection);
}

/* ---- connecting ------------------------------------------------------------------ */

#define HURRY_NS (250 * LG_NS_PER_MS) /* RFC 8305, section 5: Connection Attempt Delay */

/*
 * One address: the timeouts of the VUs that wait are all there is. Several: each gets a moment at first, so
 * that a dead one costs little, and its share of the time once all have had theirs.
 */
static void set_attempt_timer(struct lg_connection *connection)
{
	struct lg_worker *w = connection->worker;
	int64_t time = connection->patient ? w->job->timeout / (connection->untried + 1) : HURRY_NS;

	if (connection->host->address_count > 1)
		lg_timer_set(&w->timers, &connection->timer, w->now + time);
}

static int adopt(struct lg_connection *connection, int fd, bool connecting)
{
	struct lg_worker *w = connection->worker;
	int saved;

	connection->fd = fd;
	connection->served = connection->received = connection->ended = false;
	connection->io_state = 0;
	if (w->io_class->add(w->io, connection, connecting) == 0)
		return 0;
	saved = errno;
	close(fd);
	connection->fd = -1;
	errno = saved;
	return -1;
}

static void connect_failed(struct lg_connection *connection, const struct lg_address *address, int error)
{
	char text[LG_ADDRESS_TEXT], line[LG_ERROR_SIZE];

	if (error == EADDRNOTAVAIL)
		lg_counter_add(&connection->worker->stats.tally->no_port, 1);
	lg_address_text(address, text);
	snprintf(line, sizeof line, "connect to %.80s: %s", text,
	         error == EADDRNOTAVAIL ? "no free local port" : strerrordesc_np(error));
	lg_connection_broken(connection, LG_ERROR_CONNECT, line);
}

/* Starts connecting to the next address that takes it. */
static void attempt(struct lg_connection *connection, const struct lg_address *failed, int error)
{
	const struct lg_host *host = connection->host;

	while (connection->untried) {
		const struct lg_address *address =
			&host->addresses[connection->address++ % host->address_count];
		int fd = lg_address_connect(address);

		connection->untried--;
		if (fd >= 0 && adopt(connection, fd, true) == 0) {
			connection->since = connection->worker->now;
			set_attempt_timer(connection);
			return;
		}
		failed = address;
		error = errno;
	}
	connect_failed(connection, failed, error);
}

static void forget_socket(struct lg_connection *connection)
{
	struct lg_worker *w = connection->worker;

	w->io_class->remove(w->io, connection);
	connection->fd = -1;
	connection->generation++;
}

static const struct lg_address *last_address(const struct lg_connection *connection)
{
	return &connection->host->addresses[(connection->address - 1) % connection->host->address_count];
}

void lg_connection_expired(struct lg_connection *connection)
{
	if (connection->state != LG_CONNECTING)
		return;
	if (!connection->untried && connection->patient)
		return; /* the last one may use up the time that is left */
	forget_socket(connection);
	if (!connection->untried) {
		connection->patient = true;
		connection->untried = (uint16_t)connection->host->address_count;
	}
	attempt(connection, last_address(connection), ETIMEDOUT);
}

static void dial(struct lg_connection *connection)
{
	const struct lg_job *job = connection->worker->job;
	const struct lg_url *url = &connection->host->url;
	char line[LG_ERROR_SIZE] = "";
	int fd = job->plan->dial(job->plan->dial_context, url->host, url->port, line);

	if (fd < 0) {
		lg_connection_broken(connection, LG_ERROR_CONNECT, *line ? line : "cannot open a connection");
	} else if (adopt(connection, fd, false) < 0) {
		snprintf(line, sizeof line, "cannot watch a connection: %s", strerrordesc_np(errno));
		lg_connection_broken(connection, LG_ERROR_CONNECT, line);
	} else {
		connection->since = connection->worker->now;
		lg_connection_connected(connection, 0);
	}
}

void lg_connection_open(struct lg_connection *connection)
{
	if (connection->state != LG_CLOSED)
		return;
	connection->state = LG_CONNECTING;
	if (connection->worker->job->plan->dial) {
		dial(connection);
		return;
	}
	connection->patient = false;
	connection->untried = (uint16_t)connection->host->address_count;
	attempt(connection, NULL, 0);
}

void lg_connection_connected(struct lg_connection *connection, int error)
{
	struct lg_worker *w = connection->worker;

	if (error) {
		forget_socket(connection);
		attempt(connection, last_address(connection), error);
		return;
	}
	lg_timer_cancel(&connection->timer);
	lg_counter_add(&w->stats.connections, 1);
	if (!w->job->plan->dial)
		lg_histogram_record(w->stats.connect, (uint64_t)(w->now - connection->since) / LG_NS_PER_US);
	if (!connection->host->tls) {
		opened(connection);
		return;
	}
	connection->state = LG_HANDSHAKE;
	connection->since = w->now;
	connection->tls = lg_tls_begin(w->job->tls, connection);
	if (connection->tls) {
		lg_connection_flush_later(connection);
		lg_tls_input(connection->tls, NULL, 0);
	} else {
		lg_connection_broken(connection, LG_ERROR_TLS, "out of memory for TLS");
	}
}

void lg_connection_secured(struct lg_connection *connection, const char *error)
{
	struct lg_worker *w = connection->worker;

	if (error) {
		lg_connection_broken(connection, LG_ERROR_TLS, error);
		return;
	}
	lg_histogram_record(w->stats.handshake, (uint64_t)(w->now - connection->since) / LG_NS_PER_US);
	opened(connection);
}

/* ---- bytes -------------------------------------------------------------------------- */

int lg_queue_add(struct lg_queue *queue, const void *data, size_t size)
{
	size_t used = lg_queue_size(queue), room = queue->room ? queue->room : QUEUE_FIRST;

	if (queue->room - queue->end < size) {
		if (used)
			memmove(queue->data, queue->data + queue->begin, used);
		queue->begin = 0;
		queue->end = used;
	}
	if (queue->room - queue->end < size) {
		char *grown;

		while (room - used < size)
			room *= 2;
		grown = realloc(queue->data, room);
		if (!grown)
			return -1;
		queue->data = grown;
		queue->room = room;
	}
	memcpy(queue->data + queue->end, data, size);
	queue->end += size;
	return 0;
}

void lg_connection_send(struct lg_connection *connection)
{
	struct lg_worker *w = connection->worker;

	if (connection->fd >= 0 && (connection->out_left || lg_queue_size(&connection->queue)))
		w->io_class->send(w->io, connection);
}

void lg_connection_write(struct lg_connection *connection, const char *data, size_t size, bool stable)
{
	if (connection->tls) {
		if (lg_tls_write(connection->tls, data, size, stable) < 0)
			return;
	} else if (stable && lg_connection_drained(connection)) {
		connection->out = data;
		connection->out_left = size;
	} else if (lg_queue_add(&connection->queue, data, size) < 0) {
		lg_connection_broken(connection, LG_ERROR_PROTOCOL, "out of memory for a request");
		return;
	}
	lg_connection_send(connection);
}

void lg_connection_flush(struct lg_connection *connection)
{
	uint32_t generation = connection->generation;

	if (connection->tls)
		lg_tls_flush(connection->tls);
	if (connection->h2 && connection->generation == generation)
		lg_h2_flush(connection->h2);
	if (connection->generation == generation)
		lg_connection_send(connection);
}

void lg_connection_flush_later(struct lg_connection *connection)
{
	struct lg_worker *w = connection->worker;

	if (connection->is_unsent)
		return;
	connection->is_unsent = true;
	connection->next_unsent = w->unsent;
	w->unsent = connection;
}

const char *lg_connection_output(const struct lg_connection *connection, size_t *ret_size)
{
	if (connection->out_left) {
		*ret_size = connection->out_left;
		return connection->out;
	}
	*ret_size = lg_queue_size(&connection->queue);
	return *ret_size ? connection->queue.data + connection->queue.begin : NULL;
}

void lg_connection_sent(struct lg_connection *connection, size_t size)
{
	struct lg_queue *queue = &connection->queue;

	lg_counter_add(&connection->worker->stats.tally->bytes_sent, size);
	if (connection->out_left) {
		connection->out += size;
		connection->out_left -= size;
		if (connection->vu)
			connection->vu->flushed = connection->worker->now;
		return;
	}
	queue->begin += size;
	if (connection->more && lg_queue_size(queue) <= LG_QUEUE_FULL / 2)
		lg_connection_flush_later(connection);
	if (queue->begin < queue->end)
		return;
	queue->begin = queue->end = 0;
	if (connection->vu)
		connection->vu->flushed = connection->worker->now;
}

void lg_connection_plain(struct lg_connection *connection, const char *data, size_t size)
{
	if (connection->h2)
		lg_h2_input(connection->h2, data, size);
	else
		lg_h1_input(connection, data, size);
}

void lg_connection_input(struct lg_connection *connection, const char *data, size_t size)
{
	uint32_t generation = connection->generation;

	lg_counter_add(&connection->worker->stats.tally->bytes_received, size);
	connection->received = true;
	if (connection->tls)
		lg_tls_input(connection->tls, data, size);
	else
		lg_connection_plain(connection, data, size);
	if ((connection->tls || connection->h2) && connection->generation == generation)
		lg_connection_flush(connection);
}

static void ended(struct lg_connection *connection, int error)
{
	connection->ended = true;
	if (connection->h2)
		lg_h2_ended(connection->h2, error);
	else
		lg_h1_ended(connection, error);
}

void lg_connection_finished(struct lg_connection *connection)
{
	ended(connection, 0);
}

/* A tunnel whose far end is not there. */
static void never_answered(struct lg_connection *connection, int error)
{
	char line[LG_ERROR_SIZE];

	snprintf(line, sizeof line, "connection to '%s' ended before any answer%s%s",
	         connection->host->url.host, error ? ": " : "", error ? strerrordesc_np(error) : "");
	lg_connection_broken(connection, LG_ERROR_CONNECT, line);
}

void lg_connection_ended(struct lg_connection *connection, int error)
{
	connection->ended = true;
	if (connection->worker->job->plan->dial && !connection->received)
		never_answered(connection, error);
	else if (connection->state == LG_HANDSHAKE)
		lg_connection_broken(connection, LG_ERROR_TLS,
		                     "the server closed the connection in the TLS handshake");
	else /* without TLS's own word for it this may be an attacker's end */
		ended(connection, error || !connection->tls ? error : ECONNRESET);
}
