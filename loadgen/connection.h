/* One connection to the target: a socket, the place in the request, the answer's parser. */
#ifndef LOADGEN_CONNECTION_H
#define LOADGEN_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/http.h"
#include "loadgen/request.h"

struct lg_connection {
	int fd;         /* -1: none */
	bool served;    /* has brought a whole answer before */
	bool received;  /* has ever brought a byte */
	bool ended;     /* the other side has closed its direction */
	uint32_t bytes; /* moved by the last call */
	size_t sent;    /* of the request */
	struct lg_http http;
};

enum lg_io {
	LG_IO_AGAIN,  /* wait for an event */
	LG_IO_READY,  /* had its share for now, there may be more to read: no event will say so */
	LG_IO_DONE,   /* request written, or answer whole */
	LG_IO_CLOSED, /* closed before that; errno, 0: in good order */
	LG_IO_BROKEN  /* connection.http.error has words */
};

/* One buffer a thread: what is read is parsed and forgotten. */
#define LG_READ_SIZE  (64U * 1024)
#define LG_READ_SHARE 16 /* full reads in a row before others get their turn */

void lg_connection_init(struct lg_connection *connection);
void lg_connection_adopt(struct lg_connection *connection, int fd);
void lg_connection_close(struct lg_connection *connection);

/* Before each request. */
void lg_connection_begin(struct lg_connection *connection, const struct lg_request *request);

/* Writes on; DONE when all of the request is out. */
enum lg_io lg_connection_write(struct lg_connection *connection, const struct lg_request *request);

/* Reads on, until the answer is whole or nothing is left. `ended`: an end was announced. */
enum lg_io lg_connection_read(struct lg_connection *connection, char *buffer, bool ended);

/* May serve the next request: the request is out and the answer allows it. */
bool lg_connection_reusable(const struct lg_connection *connection, const struct lg_request *request);

#endif
