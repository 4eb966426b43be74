#include "loadgen/h1.h"

#include <stdio.h>
#include <string.h>

#include "loadgen/render.h"
#include "loadgen/worker.h"

void lg_h1_submit(struct lg_connection *connection, struct lg_vu *vu)
{
	const struct lg_request *request = vu->request;
	const char *bytes = request->bytes;
	size_t size = request->size;

	if (request->render && !(bytes = lg_render_bytes(vu, &size))) {
		lg_connection_broken(connection, LG_ERROR_PROTOCOL, "out of memory for a request");
		return;
	}
	connection->vu = vu;
	lg_http_begin(&connection->http, request->head_only);
	connection->http.match = &vu->match;
	connection->http.memo = lg_worker_memo(connection->worker, request);
	connection->out_lasts = !request->render;
	lg_vu_sent(vu);
	lg_connection_write(connection, bytes, size, true);
}

static bool is_reusable(const struct lg_connection *connection)
{
	return connection->http.keep_alive && !connection->ended && lg_connection_drained(connection) &&
	       !connection->worker->job->plan->no_keepalive;
}

static void done(struct lg_connection *connection)
{
	struct lg_vu *vu = connection->vu;
	unsigned status = connection->http.status;

	connection->vu = NULL;
	connection->served = true;
	if (!is_reusable(connection))
		lg_connection_close(connection);
	lg_vu_answered(vu, status);
}

static void broken(struct lg_connection *connection)
{
	char line[160];

	snprintf(line, sizeof line, "protocol error: %s", connection->http.error);
	lg_connection_broken(connection, LG_ERROR_PROTOCOL, line);
}

void lg_h1_input(struct lg_connection *connection, const char *data, size_t size)
{
	size_t used;

	if (!connection->vu) { /* nobody asked */
		lg_connection_close(connection);
		return;
	}
	if (lg_http_untouched(&connection->http))
		connection->vu->first = connection->worker->arrived;
	switch (lg_http_feed(&connection->http, data, size, &used)) {
	case LG_HTTP_MORE:
		break;
	case LG_HTTP_DONE:
		connection->ended = connection->ended || used < size; /* more than was asked for */
		done(connection);
		break;
	case LG_HTTP_BROKEN:
		broken(connection);
		break;
	}
}

static void cut(struct lg_connection *connection, int error)
{
	struct lg_vu *vu = connection->vu;
	bool untouched = lg_http_untouched(&connection->http);
	bool again = untouched && connection->served && vu->request->idempotent;
	char line[160];

	snprintf(line, sizeof line, "connection %s %s", error ? "broke" : "closed by the server",
	         untouched ? "before the answer" : "in the middle of the answer");
	lg_connection_close(connection);
	lg_vu_cut(vu, again, LG_ERROR_RESET, line);
}

void lg_h1_ended(struct lg_connection *connection, int error)
{
	if (!connection->vu)
		lg_connection_close(connection);
	else if (!error && lg_http_end(&connection->http) == LG_HTTP_DONE)
		done(connection);
	else
		cut(connection, error);
}
