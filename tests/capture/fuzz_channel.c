/*
 * Fuzzes what a port-forward's server sends: the answer to the handshake, and the frames behind it. Whatever
 * comes, and however it is cut: no more is kept than may be, what is written is frames, an end has its
 * reason, and the pod's bytes are the same. tests/fuzz drives it.
 *
 * An input is a byte of settings (below) and what the server sends.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/forward.h"
#include "capture/upgrade.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	STEP = 0x0f,    /* bytes of one read; 0: as many as there is room for */
	NO_HEAD = 0x10, /* begins with frames */
	ENDS = 0x20,    /* the wire ends after them */
	BLOCKS = 0x40,  /* every other write blocks */
	KEEPS = 0x80,   /* the pod's bytes are not taken off: back pressure */
};

static const struct upgrade asked = {.way = CAP_WAY_WEBSOCKET,
                                     .key = "dGhlIHNhbXBsZSBub25jZQ==",
                                     .accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="};

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_error(const struct cap_error *error)
{
	check(error->status != CAP_OK && *error->text && strlen(error->text) < sizeof error->text);
	for (const char *at = error->text; *at; at++)
		check(*at >= ' ' && *at <= '~');
}

/* ---- the handshake -------------------------------------------------------------- */

/* The bytes are followed by a NUL and nothing else, so that asan sees a step too far. */
static enum upgrade_state answer(const uint8_t *data, size_t size, bool ended, size_t *ret_head)
{
	struct cap_error error = {.status = CAP_OK};
	char *copy = malloc(size + 1);
	enum upgrade_state state;

	memcpy(copy, data, size);
	copy[size] = '\0';
	state = upgrade_answer(&asked, copy, size, ended, ret_head, &error);
	if (state == UPGRADE_REFUSED || state == UPGRADE_BROKEN)
		check_error(&error);
	else
		check(error.status == CAP_OK);
	check(state != UPGRADE_OPEN || *ret_head <= size);
	free(copy);
	return state;
}

/* Goes on until it is decided; *ret_size is how much that took. */
static enum upgrade_state shake(const uint8_t *data, size_t size, size_t step, size_t *ret_size,
                                size_t *ret_head)
{
	enum upgrade_state state = UPGRADE_MORE, whole;
	size_t at = 0, head = 0;

	while (state == UPGRADE_MORE && at < size) {
		at = step && size - at > step ? at + step : size;
		state = answer(data, at, false, ret_head);
	}
	*ret_size = at;
	whole = answer(data, size, true, &head);
	check(whole != UPGRADE_MORE);
	check(state == UPGRADE_MORE || state == whole);
	check(state != UPGRADE_OPEN || head == *ret_head);
	return state;
}

/* ---- frames ------------------------------------------------------------------------ */

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

/* What goes out is whole, masked frames of the kinds that a client sends. */
static void check_out(const struct wire *wire)
{
	const uint8_t *at = queue_head(&wire->out);
	size_t left = queue_size(&wire->out);

	while (left) {
		uint8_t opcode = left < 2 ? 0 : at[0] & 0x0f;
		size_t size = left < 2 ? 0 : at[1] & 0x7f, head = size == 126 ? 8 : 6;

		check(left >= head && at[0] & 0x80 && at[1] & 0x80 && size != 127);
		check(opcode == 2 || opcode == 8 || opcode == 9 || opcode == 10);
		size = size == 126 ? (size_t)at[2] << 8 | at[3] : size;
		check(left >= head + size);
		at += head + size;
		left -= head + size;
	}
}

static void take_off(struct forward *forward, struct queue *got)
{
	check(queue_add(got, queue_head(&forward->data), queue_size(&forward->data)) == 0);
	queue_drop(&forward->data, queue_size(&forward->data));
}

/* The pod's bytes go into `got`. */
static void talk(struct wire *wire, struct queue *early, struct queue *got)
{
	static const struct forward_wire calls = {wire_read, wire_write};
	struct cap_error error = {.status = CAP_OK};
	struct forward *forward = forward_v4_new(&(struct forward_setup){&calls, wire, 6060, early, &error});
	uint8_t message[FORWARD_ROOM + 8] = {0};

	check(forward != NULL);
	for (int rounds = 0; rounds < 200 && !forward->ended; rounds++) {
		if (!forward_full(forward))
			forward_send(forward, message, 5);
		if (rounds % 3 == 0)
			forward_ping(forward);
		forward_read(forward);
		check(queue_size(&forward->data) < FORWARD_LIMIT + 4096);
		if (!(wire->settings & KEEPS))
			take_off(forward, got);
		forward_write(forward);
		if (!forward->more && !wire->size && !(wire->settings & ENDS))
			break;
	}
	take_off(forward, got);
	check(!forward->cut || (forward->ended && error.status == CAP_OK));
	if (error.status != CAP_OK)
		check(forward->ended), check_error(&error);
	forward_close(forward);
	wire->settings &= (uint8_t)~BLOCKS;
	forward_write(forward);
	check(!forward_pending(forward) || forward->ended);
	check_out(wire);
	forward_free(forward);
	queue_release(&wire->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct queue early = {0}, got = {0}, got_plain = {0};
	size_t step, taken = 0, head = 0, both;
	struct wire wire, plain;

	if (!size)
		return 0;
	step = data[0] & STEP;
	wire = (struct wire){.data = data + 1, .size = size - 1, .step = step, .settings = data[0]};
	if (!(data[0] & NO_HEAD)) {
		if (shake(wire.data, wire.size, size > 4000 ? 500 : step, &taken, &head) != UPGRADE_OPEN)
			return 0;
		check(queue_add(&early, wire.data + head, taken - head) == 0);
		wire.data += taken;
		wire.size -= taken;
	}
	plain = wire;
	plain.data -= taken - head; /* the same in one piece */
	plain.size += taken - head;
	plain.step = 0;
	plain.settings &= (uint8_t)~BLOCKS;
	talk(&wire, &early, &got);
	talk(&plain, &early, &got_plain);
	both = queue_size(&got) < queue_size(&got_plain) ? queue_size(&got) : queue_size(&got_plain);
	check(!both || memcmp(queue_head(&got), queue_head(&got_plain), both) == 0);
	queue_release(&got);
	queue_release(&got_plain);
	return 0;
}
