/* Frames that come in, over a wire in memory: every cut, every wrong byte, every ceiling. */
#include <malloc.h>
#include <string.h>

#include "memory_wire.h"

static void assert_data(const char *text)
{
	assert_int_equal(queue_size(&forward->data), strlen(text));
	if (*text)
		assert_memory_equal(queue_head(&forward->data), text, strlen(text));
}

static void add_some_of_all(void)
{
	add_ports();
	add_message(0, "one ", 4);
	add_message(7, "of no channel", 13);
	add_frame(FRAME_FIN | FRAME_BINARY, "", 0);
	add_frame(FRAME_FIN | FRAME_PING, "pi", 2);
	add_frame(FRAME_BINARY, "\0two ", 5);
	add_frame(FRAME_FIN | FRAME_PING, "ng", 2);
	add_frame(FRAME_MORE, "th", 2);
	add_frame(FRAME_MORE, "", 0);
	add_frame(FRAME_FIN | FRAME_MORE, "ree ", 4);
	add_frame(FRAME_FIN | FRAME_PONG, "", 0);
	add_frame(FRAME_FIN | FRAME_TEXT, "\0four", 5);
	add_frame(FRAME_BINARY, "", 0);
	add_frame(FRAME_FIN | FRAME_MORE, "\0 five", 6);
	add_message(1, "", 0);
}

static void data_comes_through(void **state)
{
	(void)state;
	for (size_t step = 0; step < 20; step++) {
		wire.step = step;
		add_some_of_all();
		forward_read(forward);
		assert_data("one two three four five");
		assert_int_equal(forward->bytes_in, 23);
		assert_false(forward->ended || forward->more);
		forward_write(forward);
		assert_int_equal(queue_size(&wire.out), 16);
		assert_int_equal(queue_head(&wire.out)[0], FRAME_FIN | FRAME_PONG);
		assert_false(forward_pending(forward));
		again();
	}
}

static void early_bytes_count(void **state)
{
	struct queue early;

	(void)state;
	add_some_of_all();
	early = wire.in;
	wire.in = (struct queue){0};
	forward_free(forward);
	forward = forward_v4_new(&(struct forward_setup){&memory_calls, &wire, PORT, &early, &failure});
	assert_null(early.data);
	add_message(0, "!", 1);
	forward_read(forward);
	assert_data("one two three four five!");
}

/* The end comes after each byte in turn: what was there is delivered, and it counts as a cut. */
static void cut_at_every_byte(void **state)
{
	size_t all = 1;

	(void)state;
	for (size_t i = 0; i < all; i++) {
		add_some_of_all();
		all = queue_size(&wire.in);
		wire.in.end = wire.in.begin + i;
		wire.ends = true;
		forward_read(forward);
		assert_true(forward->ended && forward->cut);
		assert_int_equal(failure.status, CAP_OK);
		assert_true(queue_size(&forward->data) <= 23);
		assert_memory_equal("one two three four five", queue_head(&forward->data),
		                    queue_size(&forward->data));
		again();
	}
	assert_true(all > 50);
}

static void large_messages_stream(void **state)
{
	static uint8_t data[200000];
	uint64_t size = 1ULL << 30;

	(void)state;
	stream_fill(data, 0, sizeof data);
	add_ports();
	add_header(FRAME_FIN | FRAME_BINARY, size);
	add("\0", 1);
	for (int i = 0; i < 10; i++) {
		stream_fill(data, (uint64_t)i * sizeof data, sizeof data);
		add(data, sizeof data);
		forward_read(forward);
		assert_int_equal(queue_size(&forward->data), sizeof data);
		assert_true(stream_is(queue_head(&forward->data), (uint64_t)i * sizeof data, sizeof data));
		queue_drop(&forward->data, sizeof data);
	}
	assert_false(forward->ended);
	assert_true(forward->data.room < 1000000);
}

/* A message in many parts is not kept as a whole either. */
static void fragments_are_not_kept(void **state)
{
	static uint8_t data[100000];
	size_t before;

	(void)state;
	add_ports();
	add_frame(FRAME_BINARY, "", 1);
	forward_read(forward);
	before = mallinfo2().uordblks;
	for (int i = 0; i < 100; i++) {
		add_frame(FRAME_MORE, data, sizeof data);
		forward_read(forward);
		assert_int_equal(queue_size(&forward->data), sizeof data);
		queue_drop(&forward->data, sizeof data);
	}
	assert_in_range(mallinfo2().uordblks, 0, before + 1000000); /* sanitizers count nothing */
}

/* ---- how it ends ------------------------------------------------------------------------ */

static void ends_as(enum cap_status status, const char *words)
{
	forward_read(forward);
	assert_true(forward->ended);
	assert_false(forward->cut);
	assert_int_equal(failure.status, status);
	assert_has(failure.text, words);
}

static void port_is_told_first(void **state)
{
	static const struct {
		const char *first;
		size_t size;
	} wrong[] = {{"HTTP/1.1 200 OK", 15}, {"", 0},         {"\xac", 1},
	             {"\xac\x17\0", 3},       {"\xad\x17", 2}, {"\xac\x18", 2}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		add_message(1, "\xac\x17", 2);
		add_message(0, wrong[i].first, wrong[i].size);
		add_message(0, "more", 4);
		ends_as(CAP_FORMAT,
		        "port-forward to port 6060: the server does not begin with the port's number");
		assert_data("");
		again();
	}
}

#define REFUSED "failed to connect: dial tcp4 127.0.0.1:6060: connect: connection refused\n"

#define SOCAT "socat E connect(5, AF=2 127.0.0.1:6060, 16): Connection refused"

static void errors_end_it(void **state)
{
	char far[600 + sizeof REFUSED];

	(void)state;
	memset(far, 'x', sizeof far);
	memcpy(far + 600, REFUSED, sizeof REFUSED);
	add_ports();
	add_message(0, "before", 6);
	add_message(1, "network \033[1m namespace is closed", 32);
	add_message(0, "behind", 6);
	ends_as(CAP_LOST, "port-forward to port 6060: ended: network ?[1m namespace is closed");
	assert_data("before");
	again();

	add_ports();
	add_message(1, REFUSED, strlen(REFUSED));
	ends_as(CAP_PORT, "nothing listens on port 6060 in the pod");
	again();

	add_ports();
	add_message(1, far, sizeof far - 1); /* containerd says first what it tried, in so many words */
	ends_as(CAP_PORT, "nothing listens on port 6060 in the pod");
	again();

	add_ports();
	add_message(1, SOCAT, strlen(SOCAT));
	ends_as(CAP_PORT, "nothing listens on port 6060 in the pod");
	again();

	add_message(1, REFUSED, strlen(REFUSED)); /* without a port before it */
	ends_as(CAP_PORT, "nothing listens on port 6060 in the pod");
}

static void long_errors_are_cut(void **state)
{
	static char text[100000];

	(void)state;
	memset(text, 'x', sizeof text);
	add_ports();
	add_message(1, text, sizeof text);
	ends_as(CAP_LOST, "ended: xxx");
	assert_true(strlen(failure.text) < 400);
}

static void first_failure_stays(void **state)
{
	(void)state;
	add_ports();
	add_message(1, "the first", 9);
	add_message(1, "the second", 10);
	add_frame(FRAME_FIN | 3, "", 0);
	ends_as(CAP_LOST, "the first");
}

static void close_frames(void **state)
{
	(void)state;
	add_ports();
	add_message(0, "data", 4);
	add_frame(FRAME_FIN | FRAME_CLOSE, "\x03\xe8", 2);
	add_message(0, "behind", 6);
	ends_as(CAP_OK, "");
	assert_data("data");
	forward_write(forward);
	assert_int_equal(queue_head(&wire.out)[0], FRAME_FIN | FRAME_CLOSE);
	again();

	add_frame(FRAME_FIN | FRAME_CLOSE, "", 0);
	ends_as(CAP_OK, "");
	again();

	add_frame(FRAME_FIN | FRAME_CLOSE, "\x03\xf3too \tmuch", 11);
	ends_as(CAP_LOST, "port-forward to port 6060: the server closed it with code 1011, too ?much");
	again();

	add_frame(FRAME_FIN | FRAME_CLOSE, "\x03\xe9", 2);
	ends_as(CAP_LOST, "the server closed it with code 1001");
}

static void broken_protocol(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} broken[] = {
		{"\x82\x84mask\0abc", 10}, /* masked */
		{"\xc2\x02\0a", 4},        /* a reserved bit */
		{"\xa2\x02\0a", 4},
		{"\x92\x02\0a", 4},
		{"\x83\x00", 2}, /* opcodes that do not exist */
		{"\x8b\x00", 2},
		{"\x09\x00", 2},                    /* a ping in parts */
		{"\x89\x7e\x00\x7e", 4},            /* a ping too long */
		{"\x80\x02\0a", 4},                 /* goes on with nothing */
		{"\x02\x02\0a\x82\x02\0a", 8},      /* begins anew within a message */
		{"\x82\x7f\x80\0\0\0\0\0\0\0", 10}, /* 2^63 bytes */
		{"\x82\x7e\x00\x05", 4},            /* a length longer than it need be */
		{"\x82\x7f\0\0\0\0\0\0\x01\0", 10},
		{"\x88\x02\x00\x01", 4}, /* codes of a close frame that do not exist */
		{"\x88\x02\x03\xee", 4},
		{"\x88\x04\x03\xe8\xff\xfe", 6}, /* a reason that is no UTF-8 */
		{"\x81\x03\0\xc3\x28", 5},       /* text that is none */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		add_ports();
		add_message(0, "data", 4);
		add(broken[i].bytes, broken[i].size);
		ends_as(CAP_FORMAT, "port-forward to port 6060: the server broke the WebSocket protocol");
		assert_int_equal(queue_head(&forward->data)[0], 'd');
		again();
	}
}

/* ---- ceilings ------------------------------------------------------------------------------ */

static void reads_no_more_than_it_may(void **state)
{
	(void)state;
	add_endless();
	for (int i = 0; i < 5; i++) {
		forward_read(forward);
		assert_true(forward->more);
		assert_in_range(queue_size(&forward->data), FORWARD_LIMIT - 10100, FORWARD_LIMIT + 10000);
	}
	queue_drop(&forward->data, 100000);
	forward_read(forward);
	assert_true(forward->more);
	assert_in_range(queue_size(&forward->data), FORWARD_LIMIT, FORWARD_LIMIT + 10000);
}

/* Data that is taken off as fast as it comes does not hold the thread either. */
static void returns_from_a_flood(void **state)
{
	(void)state;
	add_ports();
	forward_read(forward);
	add_frame(FRAME_FIN | FRAME_PONG, "", 0);
	add_message(9, "nobody's", 8);
	wire.endless = true;
	for (int i = 0; i < 10; i++) {
		forward_read(forward);
		assert_true(forward->more && !forward->ended);
		assert_int_equal(queue_size(&forward->data), 0);
	}
}

static void pings_without_end(void **state)
{
	(void)state;
	add_ports();
	for (int i = 0; i < 20; i++) { /* answered as they come, they may go on for ever */
		for (int j = 0; j < WEBSOCKET_MESSAGES; j++)
			add_frame(FRAME_FIN | FRAME_PING, "x", 1);
		forward_read(forward);
		assert_false(forward->ended);
		forward_write(forward);
		assert_int_equal(queue_size(&wire.out), WEBSOCKET_MESSAGES * 7);
		queue_drop(&wire.out, queue_size(&wire.out));
	}
	wire.blocked = true;
	add_frame(FRAME_FIN | FRAME_PING, "x", 1);
	wire.endless = true;
	forward_read(forward);
	assert_true(forward->ended);
	wire.blocked = false;
	forward_write(forward);
	assert_in_range(queue_size(&wire.out) / 7, WEBSOCKET_MESSAGES, 2 * WEBSOCKET_MESSAGES + 10);
	assert_int_equal(failure.status, CAP_FORMAT);
	assert_has(failure.text, "sends pings and reads no answer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		forward_test(data_comes_through),     forward_test(early_bytes_count),
		forward_test(cut_at_every_byte),      forward_test(large_messages_stream),
		forward_test(fragments_are_not_kept), forward_test(port_is_told_first),
		forward_test(errors_end_it),          forward_test(long_errors_are_cut),
		forward_test(first_failure_stays),    forward_test(close_frames),
		forward_test(broken_protocol),        forward_test(reads_no_more_than_it_may),
		forward_test(returns_from_a_flood),   forward_test(pings_without_end),
	};

	return cmocka_run_group_tests_name("v4", tests, NULL, NULL);
}
