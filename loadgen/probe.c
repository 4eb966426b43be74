/* One request on a connection of its own, waited for with poll(). */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/clock.h"
#include "loadgen/connection.h"
#include "loadgen/job.h"
#include "loadgen/text.h"

/* 0 when something happened, else -1 with a line. */
static int wait_for(int fd, short events, int64_t deadline, char *error)
{
	struct pollfd poller = {.fd = fd, .events = events};
	int64_t left;
	int count;

	do {
		left = (deadline - lg_clock_now()) / LG_NS_PER_MS;
		count = poll(&poller, 1, left > 0 ? (int)left : 0);
	} while (count < 0 && errno == EINTR && left > 0);
	return count > 0 ? 0 : lg_error_set(error, "no answer in time");
}

static int connect_to(const struct lg_address *address, int64_t deadline, char *error)
{
	char text[LG_ADDRESS_TEXT];
	int fd = lg_address_connect(address), status = fd < 0 ? errno : 0;

	lg_address_text(address, text);
	if (fd >= 0 && wait_for(fd, POLLOUT, deadline, error) < 0) {
		close(fd);
		return lg_error_set(error, "connect to %s: no answer in time", text);
	}
	if (fd >= 0)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &status, &(socklen_t){sizeof status});
	if (!status)
		return fd;
	if (fd >= 0)
		close(fd);
	return lg_error_set(error, "connect to %s: %s", text, strerrordesc_np(status));
}

static int open_connection(const struct lg_job *job, int64_t deadline, char *error)
{
	char words[LG_ERROR_SIZE];
	int fd = -1;

	if (job->dial) {
		*words = '\0';
		fd = job->dial(job->dial_context, words);
		return fd >= 0 ? fd : lg_error_set(error, "%s", *words ? words : "cannot open a connection");
	}
	for (unsigned i = 0; i < job->target.count && fd < 0; i++) {
		int64_t now = lg_clock_now();

		fd = connect_to(&job->target.addresses[i], now + (deadline - now) / (job->target.count - i),
		                error);
	}
	return fd;
}

static int explain(const struct lg_connection *connection, enum lg_io io, char *error)
{
	if (io == LG_IO_BROKEN)
		return lg_error_set(error, "protocol error: %s", connection->http.error);
	return lg_error_set(error, "connection ended %s the answer",
	                    lg_http_untouched(&connection->http) ? "before" : "in the middle of");
}

/* As far as it goes without waiting. The answer may come before all of the request is out. */
static enum lg_io move_on(struct lg_connection *connection, const struct lg_request *request, char *buffer)
{
	bool closed =
		connection->sent < request->size && lg_connection_write(connection, request) == LG_IO_CLOSED;

	return lg_connection_read(connection, buffer, closed);
}

static int exchange(struct lg_connection *connection, const struct lg_job *job, char *buffer,
                    int64_t deadline, char *error)
{
	lg_connection_begin(connection, &job->request);
	for (;;) {
		enum lg_io io = move_on(connection, &job->request, buffer);
		bool writing = connection->sent < job->request.size;

		if (io == LG_IO_DONE)
			return connection->http.status;
		if (io == LG_IO_CLOSED || io == LG_IO_BROKEN)
			return explain(connection, io, error);
		/* an endless answer never lets poll() wait */
		if (lg_clock_now() >= deadline)
			return lg_error_set(error, "no answer in time");
		if (wait_for(connection->fd, (short)(POLLIN | (writing ? POLLOUT : 0)), deadline, error) < 0)
			return -1;
	}
}

static int probe(const struct lg_job *job, char *buffer, char *error)
{
	int64_t deadline = lg_clock_now() + job->timeout;
	struct lg_connection connection;
	int fd = open_connection(job, deadline, error), status;

	if (fd < 0)
		return -1;
	lg_connection_adopt(&connection, fd);
	status = exchange(&connection, job, buffer, deadline, error);
	lg_connection_close(&connection);
	return status;
}

int lg_probe(const struct lg_plan *plan, char error[LG_ERROR_SIZE])
{
	struct lg_job job;
	char *buffer;
	int status = -1;

	if (lg_job_init(&job, plan, error) < 0)
		return -1;
	buffer = malloc(LG_READ_SIZE);
	if (buffer)
		status = probe(&job, buffer, error);
	else
		lg_error_set(error, "out of memory for a probe");
	free(buffer);
	lg_job_release(&job);
	return status;
}
