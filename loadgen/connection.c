#include "loadgen/connection.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void lg_connection_init(struct lg_connection *connection)
{
	*connection = (struct lg_connection){.fd = -1};
}

void lg_connection_adopt(struct lg_connection *connection, int fd)
{
	lg_connection_init(connection);
	connection->fd = fd;
}

void lg_connection_close(struct lg_connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
}

void lg_connection_begin(struct lg_connection *connection, const struct lg_request *request)
{
	connection->sent = 0;
	lg_http_begin(&connection->http, request->head_only);
}

enum lg_io lg_connection_write(struct lg_connection *connection, const struct lg_request *request)
{
	connection->bytes = 0;
	while (connection->sent < request->size) {
		ssize_t n = send(connection->fd, request->bytes + connection->sent,
		                 request->size - connection->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? LG_IO_AGAIN : LG_IO_CLOSED;
		connection->sent += (size_t)n;
		connection->bytes += (uint32_t)n;
	}
	return LG_IO_DONE;
}

static enum lg_io take(struct lg_connection *connection, const char *buffer, size_t size)
{
	size_t used;
	enum lg_http_progress progress = lg_http_feed(&connection->http, buffer, size, &used);

	if (progress == LG_HTTP_DONE && used < size)
		connection->ended = true; /* more than was asked for: not to be used again */
	if (progress == LG_HTTP_BROKEN)
		return LG_IO_BROKEN;
	return progress == LG_HTTP_DONE ? LG_IO_DONE : LG_IO_AGAIN;
}

static enum lg_io take_end(struct lg_connection *connection, ssize_t n)
{
	if (n < 0)
		return errno == EAGAIN ? LG_IO_AGAIN : LG_IO_CLOSED;
	connection->ended = true;
	errno = 0;
	return lg_http_end(&connection->http) == LG_HTTP_DONE ? LG_IO_DONE : LG_IO_CLOSED;
}

enum lg_io lg_connection_read(struct lg_connection *connection, char *buffer, bool ended)
{
	connection->bytes = 0;
	connection->ended = connection->ended || ended;
	for (int share = 0; share < LG_READ_SHARE; share++) {
		ssize_t n = recv(connection->fd, buffer, LG_READ_SIZE, MSG_DONTWAIT);
		enum lg_io io;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return take_end(connection, n);
		connection->received = true;
		connection->bytes += (uint32_t)n;
		io = take(connection, buffer, (size_t)n);
		if (io != LG_IO_AGAIN)
			return io;
		/* a short read has emptied the socket, unless the end is still behind it */
		if ((size_t)n < LG_READ_SIZE && !connection->ended)
			return io;
	}
	return LG_IO_READY;
}

bool lg_connection_reusable(const struct lg_connection *connection, const struct lg_request *request)
{
	return connection->http.keep_alive && !connection->ended && connection->sent == request->size;
}
