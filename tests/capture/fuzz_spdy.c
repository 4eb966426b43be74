/*
 * Fuzzes what a port-forward's server sends over SPDY: frames and header blocks. Whatever comes, and however
 * it is cut: no more is kept than may be, what is written is frames of the kinds that a client sends, an end
 * has its reason, and the pod's bytes are the same. tests/fuzz drives it.
 *
 * An input is a byte of settings (below) and what the server sends. Blocks that the fuzzer makes inflate
 * seldom: with PACKS, a byte of 0xff in the input stands for a reply to both streams, well made.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/forward.h"
#include "capture/spdy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	STEP = 0x0f, /* bytes of one read; 0: as many as there is room for */
	PACKS = 0x10,
	ENDS = 0x20,   /* the wire ends after them */
	BLOCKS = 0x40, /* every other write blocks */
	KEEPS = 0x80,  /* the pod's bytes are not taken off: back pressure */
};

#define EXPANDED 1500 /* more says nothing new, and takes its time */

static void check(bool good)
{
	if (!good)
		abort();
}

/* ---- the wire ---------------------------------------------------------------------- */

struct wire {
	const uint8_t *data;
	size_t size, step;
	uint8_t settings;
	unsigned writes;
	struct queue out;
};

static ssize_t wire_read(void *context, void *data, size_t room)
{
	struct wire *wire = context;
	size_t size = wire->size < room ? wire->size : room;

	if (!size && !(wire->settings & ENDS))
		errno = EAGAIN;
	if (!size)
		return wire->settings & ENDS ? 0 : -1;
	size = wire->step && wire->step < size ? wire->step : size;
	memcpy(data, wire->data, size);
	wire->data += size;
	wire->size -= size;
	return (ssize_t)size;
}

static ssize_t wire_write(void *context, const void *data, size_t size)
{
	struct wire *wire = context;

	if (wire->settings & BLOCKS && wire->writes++ & 1) {
		errno = EAGAIN;
		return -1;
	}
	check(queue_add(&wire->out, data, size) == 0);
	return (ssize_t)size;
}

/* What goes out is whole frames of the kinds that a client sends. */
static void check_out(const struct wire *wire)
{
	const uint8_t *at = queue_head(&wire->out);
	size_t left = queue_size(&wire->out);

	while (left) {
		size_t size = left < 8 ? 0 : (size_t)at[5] << 16 | (size_t)at[6] << 8 | at[7];

		check(left >= 8 + size);
		if (at[0] & 0x80)
			check(at[1] == 3 && at[2] == 0 &&
			      (at[3] == 1 || at[3] == 3 || at[3] == 6 || at[3] == 7));
		else
			check(at[3] == 1 || at[3] == 3);
		at += 8 + size;
		left -= 8 + size;
	}
}

/* ---- a connection --------------------------------------------------------------------- */

static void take_off(struct forward *forward, struct queue *got)
{
	check(queue_add(got, queue_head(&forward->data), queue_size(&forward->data)) == 0);
	queue_drop(&forward->data, queue_size(&forward->data));
}

static void check_error(const struct forward *forward, const struct cap_error *error)
{
	check(!forward->cut || (forward->ended && error->status == CAP_OK));
	if (error->status == CAP_OK)
		return;
	check(forward->ended && *error->text && strlen(error->text) < sizeof error->text);
	for (const char *at = error->text; *at; at++)
		check(*at >= ' ' && *at <= '~');
}

static void talk(struct wire *wire, struct queue *got)
{
	static const struct forward_wire calls = {wire_read, wire_write};
	struct cap_error error = {.status = CAP_OK};
	struct queue early = {0};
	struct forward *forward =
		forward_spdy_new(&(struct forward_setup){&calls, wire, 6060, &early, &error}, false);
	uint8_t message[FORWARD_ROOM + 8] = {0};

	check(forward != NULL);
	for (int rounds = 0; rounds < 200 && !forward->ended; rounds++) {
		if (!forward_full(forward))
			forward_send(forward, message, 5);
		if (rounds % 3 == 0)
			forward_ping(forward);
		forward_read(forward);
		check(queue_size(&forward->data) < FORWARD_LIMIT + 32768);
		if (!(wire->settings & KEEPS))
			take_off(forward, got);
		forward_write(forward);
		if (!forward->more && !wire->size && !(wire->settings & ENDS))
			break;
	}
	take_off(forward, got);
	check_error(forward, &error);
	wire->settings &= (uint8_t)~BLOCKS;
	forward_close(forward);
	check_out(wire);
	forward_free(forward);
	queue_release(&wire->out);
}

/* ---- replies that inflate ---------------------------------------------------------------- */

static void add_reply(z_stream *z, struct queue *ret, uint8_t stream)
{
	static uint8_t block[] = "\0\0\0\1\0\0\0\6status\0\0\0\3"
				 "200";
	uint8_t frame[256] = {0x80, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0, stream};

	z->next_in = block;
	z->avail_in = sizeof block - 1;
	z->next_out = frame + 12;
	z->avail_out = sizeof frame - 12;
	deflate(z, Z_SYNC_FLUSH);
	frame[7] = (uint8_t)(sizeof frame - 8 - z->avail_out);
	check(queue_add(ret, frame, sizeof frame - z->avail_out) == 0);
}

static void expand(const uint8_t *data, size_t size, struct queue *ret)
{
	z_stream z = {0};

	check(deflateInit(&z, 1) == Z_OK);
	deflateSetDictionary(&z, (const Bytef *)spdy_dictionary, SPDY_DICTIONARY_SIZE);
	for (size_t i = 0; i < size && queue_size(ret) < EXPANDED; i++) {
		if (data[i] == 0xff) {
			add_reply(&z, ret, 1);
			add_reply(&z, ret, 3);
		} else {
			check(queue_add(ret, data + i, 1) == 0);
		}
	}
	deflateEnd(&z);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct queue got = {0}, got_plain = {0}, sent = {0};
	struct wire wire, plain;
	size_t both;

	if (!size || size > 20000)
		return 0;
	if (data[0] & PACKS)
		expand(data + 1, size - 1, &sent);
	else
		check(queue_add(&sent, data + 1, size - 1) == 0);
	wire = (struct wire){.data = queue_head(&sent),
	                     .size = queue_size(&sent),
	                     .step = data[0] & STEP,
	                     .settings = data[0]};
	plain = wire;
	plain.step = 0;
	plain.settings &= (uint8_t)~BLOCKS;
	talk(&wire, &got);
	talk(&plain, &got_plain);
	both = queue_size(&got) < queue_size(&got_plain) ? queue_size(&got) : queue_size(&got_plain);
	check(!both || memcmp(queue_head(&got), queue_head(&got_plain), both) == 0);
	queue_release(&got);
	queue_release(&got_plain);
	queue_release(&sent);
	return 0;
}
