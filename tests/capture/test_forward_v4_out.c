/* Frames that go out, over a wire in memory that may block or break. */
#include <stdlib.h>
#include <string.h>

#include "memory_wire.h"

#define REFUSED "failed to connect: dial tcp4 127.0.0.1:6060: connect: connection refused\n"

static void send_text(const char *text)
{
	uint8_t message[70000];

	memcpy(message + FORWARD_ROOM, text, strlen(text));
	forward_send(forward, message, strlen(text));
}

/* Takes the first frame off what was written; returns its size. */
static size_t next_frame(uint8_t *ret_first, uint8_t *ret)
{
	const uint8_t *at = queue_head(&wire.out);
	size_t size, header = 2;

	assert_true(queue_size(&wire.out) >= 2);
	*ret_first = at[0];
	assert_true(at[1] & 0x80);
	size = at[1] & 0x7f;
	assert_true(size < 127);
	if (size == 126) {
		size = (size_t)at[2] << 8 | at[3];
		header = 4;
	}
	assert_true(queue_size(&wire.out) >= header + 4 + size);
	for (size_t i = 0; i < size; i++)
		ret[i] = at[header + 4 + i] ^ at[header + i % 4];
	queue_drop(&wire.out, header + 4 + size);
	return size;
}

static void sends_whole_masked_messages(void **state)
{
	static uint8_t message[FORWARD_ROOM + 60000], got[70000];
	uint8_t first;

	(void)state;
	stream_fill(message + FORWARD_ROOM, 0, 60000);
	forward_send(forward, message, sizeof message - FORWARD_ROOM);
	send_text("x");
	forward_ping(forward);
	assert_true(forward_pending(forward));
	forward_write(forward);
	assert_false(forward_pending(forward));
	assert_int_equal(forward->bytes_out, 60001);
	assert_int_equal(next_frame(&first, got), 0);
	assert_int_equal(first, FRAME_FIN | FRAME_PING);
	assert_int_equal(next_frame(&first, got), 60001);
	assert_int_equal(first, FRAME_FIN | FRAME_BINARY);
	assert_int_equal(got[0], 0);
	assert_true(stream_is(got + 1, 0, 60000));
	assert_int_equal(next_frame(&first, got), 2);
	assert_memory_equal(got, "\0x", 2);
	assert_int_equal(queue_size(&wire.out), 0);
}

/* SSL_write wants the same bytes at the same place after it could not write them (memory_write checks). */
static void blocked_writes_come_again(void **state)
{
	static uint8_t message[FORWARD_ROOM + 30000], got[70000];
	size_t size = 0, part;
	uint8_t first;

	(void)state;
	srandom(4);
	for (int i = 0; i < 300; i++) {
		wire.blocked = random() % 3;
		forward_send(forward, message, (size_t)random() % 30000);
		if (i % 7 == 0)
			forward_ping(forward);
		forward_write(forward);
	}
	wire.blocked = false;
	forward_write(forward);
	assert_false(forward_pending(forward));
	while (queue_size(&wire.out)) {
		part = next_frame(&first, got);
		size += part ? part - 1 : 0;
	}
	assert_int_equal(size, forward->bytes_out);
}

static void knows_when_it_is_full(void **state)
{
	static uint8_t message[FORWARD_ROOM + 30000];
	int count = 0;

	(void)state;
	wire.blocked = true;
	for (; !forward_full(forward) && count < 100; count++) {
		forward_send(forward, message, sizeof message - FORWARD_ROOM);
		forward_write(forward);
	}
	assert_int_equal(count, FORWARD_LIMIT / 30000 + 1);
	wire.blocked = false;
	forward_write(forward);
	assert_false(forward_full(forward));

	wire.blocked = true;
	for (count = 0; !forward_full(forward) && count < 100000; count++)
		send_text("x");
	assert_int_equal(count, WEBSOCKET_MESSAGES);
}

static void says_goodbye(void **state)
{
	uint8_t first, got[200];

	(void)state;
	send_text("last");
	forward_write(forward);
	forward_close(forward);
	next_frame(&first, got);
	assert_int_equal(first, FRAME_FIN | FRAME_BINARY);
	assert_int_equal(next_frame(&first, got), 2);
	assert_int_equal(first, FRAME_FIN | FRAME_CLOSE);
	assert_memory_equal(got, "\x03\xe8", 2);
	assert_int_equal(queue_size(&wire.out), 0);
	again();

	wire.blocked = true;
	send_text("last");
	forward_close(forward); /* does not wait */
	assert_int_equal(queue_size(&wire.out), 0);
	again();

	add_frame(FRAME_FIN | FRAME_CLOSE, "", 0);
	forward_read(forward);
	forward_write(forward);
	forward_close(forward); /* once is enough */
	next_frame(&first, got);
	assert_int_equal(queue_size(&wire.out), 0);
}

/* Why a server takes nothing any more is among what it said before it went. */
static void reads_on_when_writing_fails(void **state)
{
	(void)state;
	add_ports();
	forward_read(forward);
	send_text("request");
	add_message(1, REFUSED, strlen(REFUSED));
	wire.broken = true;
	forward_write(forward);
	assert_true(forward->ended);
	assert_int_equal(failure.status, CAP_PORT);
	assert_false(forward_pending(forward));
	again();

	send_text("request");
	wire.broken = true;
	forward_write(forward);
	assert_true(forward->ended && forward->cut);
	assert_int_equal(failure.status, CAP_OK);
	again();

	add_endless();
	send_text("request");
	wire.broken = true;
	forward_write(forward);
	assert_true(forward->more && !forward->ended); /* there is more to read */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		forward_test(sends_whole_masked_messages), forward_test(blocked_writes_come_again),
		forward_test(knows_when_it_is_full),       forward_test(says_goodbye),
		forward_test(reads_on_when_writing_fails),
	};

	return cmocka_run_group_tests_name("v4 out", tests, NULL, NULL);
}
