#include "capture/forward.h"

#include <errno.h>
#include <string.h>

#include "capture/failure.h"

#define WORDS_SHOWN 300 /* of what a server says */
#define TOLD_MAX    1024

void forward_init(struct forward *forward, const struct forward_protocol *protocol,
                  const struct forward_setup *setup)
{
	*forward = (struct forward){
		.protocol = protocol,
		.wire = setup->wire,
		.context = setup->context,
		.port = setup->port,
		.error = setup->error,
	};
}

void forward_free(struct forward *forward)
{
	if (!forward)
		return;
	queue_release(&forward->data);
	forward->protocol->free(forward);
}

void forward_fail(struct forward *forward, enum cap_status status, const char *what, const char *words)
{
	if (forward->error->status == CAP_OK)
		failure_set(forward->error, status, "port-forward to port %u: %s%s", forward->port, what,
		            words);
	forward->ended = true;
}

void forward_fail_memory(struct forward *forward)
{
	forward_fail(forward, CAP_MEMORY, "out of memory", "");
}

/* containerd's words: "... dial tcp4 127.0.0.1:9: connect: connection refused", behind half a kilobyte of
 * what it tried; CRI-O's come from socat: "... connect(5, AF=2 127.0.0.1:9, 16): Connection refused". */
void forward_fail_told(struct forward *forward, const char *text, size_t size)
{
	char words[TOLD_MAX + 1];

	size = size < TOLD_MAX ? size : TOLD_MAX;
	memcpy(words, text, size);
	words[size] = '\0';
	if (forward->error->status == CAP_OK && strcasestr(words, "connection refused"))
		failure_set(forward->error, CAP_PORT, "nothing listens on port %u in the pod", forward->port);
	words[size < WORDS_SHOWN ? size : WORDS_SHOWN] = '\0';
	forward_fail(forward, CAP_LOST, "ended: ", words);
}

void forward_cut(struct forward *forward)
{
	forward->ended = forward->cut = true;
}

void forward_take(struct forward *forward, const uint8_t *data, size_t size)
{
	forward->bytes_in += size;
	if (queue_add(&forward->data, data, size) < 0)
		forward_fail_memory(forward);
}

/* ---- the wire ------------------------------------------------------------------- */

static size_t take_early(struct queue *early, void *data, size_t room)
{
	size_t size = queue_size(early) < room ? queue_size(early) : room;

	memcpy(data, queue_head(early), size);
	queue_drop(early, size);
	return size;
}

size_t forward_wire_read(struct forward *forward, struct queue *early, size_t *budget, void *data,
                         size_t room)
{
	ssize_t got;

	if (forward->ended)
		return 0;
	if (queue_size(early))
		return take_early(early, data, room);
	if (!*budget || queue_size(&forward->data) >= FORWARD_LIMIT) {
		forward->more = true;
		return 0;
	}
	got = forward->wire->read(forward->context, data, room < *budget ? room : *budget);
	if (got > 0) {
		*budget -= (size_t)got;
		return (size_t)got;
	}
	if (got == 0 || errno != EAGAIN)
		forward_cut(forward);
	return 0;
}

int forward_wire_write(struct forward *forward, struct queue *out)
{
	while (queue_size(out)) {
		ssize_t sent = forward->wire->write(forward->context, queue_head(out), queue_size(out));

		if (sent < 0)
			return errno == EAGAIN ? 1 : -1;
		queue_drop(out, (size_t)sent);
	}
	return 0;
}
