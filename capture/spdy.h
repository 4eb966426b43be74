/*
 * SPDY/3.1 framing (www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1), the client's side, as far as
 * a port-forward needs it: bytes in, events and bytes out, no socket and no streams' state. Private to
 * capture.
 *
 * Nothing of what comes is believed: frames of the wrong length and header blocks that do not inflate end it,
 * a block may not inflate to more than SPDY_BLOCK_MAX, payload of data is handed on as it comes and never
 * collected. What the other side may say and nobody here needs (SETTINGS, WINDOW_UPDATE, HEADERS, unknown
 * kinds) is checked where it is compressed, since one zlib stream goes through all blocks, and passed over.
 *
 * Flow control: its peers (moby/spdystream) neither send nor heed WINDOW_UPDATE; TCP's is all there is.
 */
#ifndef CAPTURE_SPDY_H
#define CAPTURE_SPDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "capture/queue.h"

#define SPDY_HEAD      8           /* bytes before a frame's payload */
#define SPDY_BLOCK_MAX (64 * 1024) /* of a header block, inflated */
#define SPDY_OUT_MAX   (64 * 1024) /* of answers that nobody takes */
#define SPDY_NUMBERS   10          /* bytes of a control frame that are kept */

enum spdy_status { SPDY_REFUSED_STREAM = 3, SPDY_CANCEL = 5 };

/* What the other side says. A stream it may say of is any number: the user knows its own. */
struct spdy_events {
	void (*reply)(void *context, uint32_t stream);
	void (*data)(void *context, uint32_t stream, const uint8_t *data, size_t size);
	void (*fin)(void *context, uint32_t stream); /* nothing more comes on it */
	void (*reset)(void *context, uint32_t stream, uint32_t status);
	void (*goaway)(void *context, uint32_t last_stream, uint32_t status);
};

struct spdy {
	const struct spdy_events *events;
	void *context;
	struct queue out;   /* frames to send: the user takes them off */
	const char *broken; /* what was wrong; it reads no more. NULL: nothing */

	/* its own */
	z_stream deflate, inflate;
	bool has_deflate, has_inflate;
	uint32_t pings; /* the next one's number: odd ones are a client's */

	/* of the frame that is coming in */
	uint8_t head[SPDY_HEAD], numbers[SPDY_NUMBERS];
	size_t head_size, numbers_size;
	uint32_t left;      /* of its payload */
	struct queue block; /* inflated so far */
};

/* 0, or -1 when memory is out (release it all the same). `context` is for the events. */
int spdy_init(struct spdy *spdy, const struct spdy_events *events, void *context);
void spdy_release(struct spdy *spdy);

/* Takes bytes of the other side. false: it is broken, see there. */
bool spdy_take(struct spdy *spdy, const uint8_t *data, size_t size);

/* Name and value; a header's name is lower-case. */
struct spdy_header {
	const char *name, *value;
};
/* These queue a frame in `out`: 0, or -1 when memory is out. */
int spdy_open(struct spdy *spdy, uint32_t stream, const struct spdy_header *headers, size_t count);
int spdy_fin(struct spdy *spdy, uint32_t stream);
int spdy_reset(struct spdy *spdy, uint32_t stream, enum spdy_status status);
int spdy_ping(struct spdy *spdy);
int spdy_goaway(struct spdy *spdy);
/* The head of a data frame, for who sends its payload behind it. size < 2^24. */
void spdy_data_head(uint8_t ret[SPDY_HEAD], uint32_t stream, size_t size);

/* The dictionary of header blocks, a constant of the protocol (section 2.6.10.1). */
extern const char spdy_dictionary[];
#define SPDY_DICTIONARY_SIZE 1423

#endif
