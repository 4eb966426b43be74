/* SPDY port-forward: over a wire in memory, every cut, wrong length and ceiling; and with servers that fail.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/spdy.h"
#include "memory_wire.h"
#include "spdy_server.h"

#define ERRORS 1 /* the streams' numbers */
#define DATA   3

static z_stream packer;

/* ---- what the server sends, into the wire in memory -------------------------------------- */

static int setup(void **state)
{
	(void)state;
	if (forward_setup_spdy(NULL) < 0 || deflateInit(&packer, 9) != Z_OK)
		return -1;
	return deflateSetDictionary(&packer, (const Bytef *)spdy_dictionary, SPDY_DICTIONARY_SIZE);
}

static int teardown(void **state)
{
	deflateEnd(&packer);
	return forward_teardown(state);
}

static void anew(void)
{
	teardown(NULL);
	assert_int_equal(setup(NULL), 0);
}

static void number(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void add_raw(uint32_t first, unsigned flags, const void *data, size_t size)
{
	uint8_t head[8];

	number(head, first);
	number(head + 4, flags << 24 | (uint32_t)size);
	add(head, sizeof head);
	add(data, size);
}

static void add_control(unsigned type, unsigned flags, const void *data, size_t size)
{
	add_raw(0x80030000u | type, flags, data, size);
}

static void add_two(unsigned type, uint32_t first, uint32_t second)
{
	uint8_t data[8];

	number(data, first);
	number(data + 4, second);
	add_control(type, 0, data, sizeof data);
}

/* A frame of `lead` bytes, the first four a stream, and this block, packed. */
static void add_block(unsigned type, size_t lead, uint32_t stream, const void *block, size_t size)
{
	size_t room = size + 1024;
	uint8_t *data = calloc(1, lead + room);

	number(data, stream);
	packer.next_in = (Bytef *)(uintptr_t)block;
	packer.avail_in = (uInt)size;
	packer.next_out = data + lead;
	packer.avail_out = (uInt)room;
	deflate(&packer, Z_SYNC_FLUSH);
	add_control(type, 0, data, lead + room - packer.avail_out);
	free(data);
}

static void add_replies(void)
{
	add_block(S_SYN_REPLY, 4, ERRORS, "\0\0\0\0", 4);
	add_block(S_SYN_REPLY, 4, DATA,
	          "\0\0\0\1\0\0\0\6status\0\0\0\3"
	          "200",
	          21);
}

static void add_data(uint32_t stream, unsigned flags, const char *text)
{
	add_raw(stream, flags, text, strlen(text));
}

static void assert_data(const char *text)
{
	assert_int_equal(queue_size(&forward->data), strlen(text));
	if (*text)
		assert_memory_equal(queue_head(&forward->data), text, strlen(text));
}

static void drop_out(void)
{
	forward_write(forward);
	queue_drop(&wire.out, queue_size(&wire.out));
}

/* ---- in order ------------------------------------------------------------------------------ */

static void the_dictionary_is_the_protocols(void **state)
{
	(void)state;
	assert_int_equal(adler32(adler32(0, NULL, 0), (const Bytef *)spdy_dictionary, SPDY_DICTIONARY_SIZE),
	                 0xe3c6a7c2); /* of google's dictionary: what zlib puts into each stream's head */
}

static void nothing_is_sent_before_the_reply(void **state)
{
	uint8_t message[FORWARD_ROOM + 2] = "........hi";
	const uint8_t *out;

	(void)state;
	assert_true(forward_full(forward) && forward_pending(forward));
	forward_write(forward);
	out = queue_head(&wire.out);
	assert_memory_equal(out, "\x80\3\0\1\0", 5);
	assert_memory_equal(out + 8, "\0\0\0\1\0\0\0\0\0\0\x38", 11);
	drop_out();
	add_replies();
	forward_read(forward);
	assert_true(forward->ready);
	assert_false(forward_full(forward));
	forward_write(forward);
	assert_int_equal(queue_size(&wire.out), 8);
	assert_memory_equal(queue_head(&wire.out), "\0\0\0\1\1\0\0\0", 8); /* the error stream's end */
	drop_out();
	forward_send(forward, message, 2);
	assert_int_equal(forward->bytes_out, 2);
	forward_ping(forward);
	forward_write(forward);
	assert_int_equal(queue_size(&wire.out), 22);
	assert_memory_equal(queue_head(&wire.out), "\0\0\0\3\0\0\0\2hi\x80\3\0\6\0\0\0\4\0\0\0\1", 22);
}

static void data_comes_through(void **state)
{
	(void)state;
	for (size_t step = 0; step < 20; step++) {
		wire.step = step;
		add_two(S_SETTINGS, 0, 0);
		add_replies();
		add_data(DATA, 0, "one ");
		add_two(S_WINDOW_UPDATE, DATA, 70000);
		add_data(DATA, 0, "");
		add_control(S_PING, 0, "\0\0\0\2", 4);
		add_control(S_PING, 0, "\0\0\0\1", 4); /* an answer to one of ours */
		add_block(S_HEADERS, 4, DATA, "\0\0\0\1\0\0\0\1a\0\0\0\1b", 14);
		add_data(77, 0, "of no stream of ours");
		add_control(99, 0, "a kind that nobody knows", 24);
		add_block(S_SYN_STREAM, 10, 2, "\0\0\0\0", 4); /* a stream of the server's own */
		add_data(DATA, 0, "two");
		drop_out();
		forward_read(forward);
		assert_data("one two");
		assert_int_equal(failure.status, CAP_OK);
		assert_int_equal(forward->bytes_in, 7);
		assert_false(forward->ended || forward->more);
		forward_write(forward);
		assert_memory_equal(queue_head(&wire.out) + 8, "\x80\3\0\6\0\0\0\4\0\0\0\2", 12);
		assert_memory_equal(queue_head(&wire.out) + 20, "\x80\3\0\3\0\0\0\x08\0\0\0\2\0\0\0\3", 16);
		assert_int_equal(queue_size(&wire.out), 36);
		anew();
	}
}

/* ---- ends ---------------------------------------------------------------------------------- */

static void ends_so(enum cap_status status, const char *words, const char *data)
{
	drop_out();
	forward_read(forward);
	assert_true(forward->ended);
	assert_int_equal(failure.status, status);
	assert_has(failure.text, words);
	assert_data(data);
	anew();
}

#define REFUSED "failed to connect: dial tcp4 127.0.0.1:6060: connect: connection refused\n"

static void each_end(void **state)
{
	(void)state;
	add_replies(), add_data(DATA, 0, "x"), add_data(DATA, S_FIN, "y"), add_data(DATA, 0, "z");
	ends_so(CAP_OK, "", "xy");
	add_replies(), add_data(DATA, 0, "x"), add_two(S_RST, DATA, 6), add_data(DATA, 0, "z");
	ends_so(CAP_LOST, "port 6060: the server reset the stream with status 6", "x");
	add_two(S_RST, ERRORS, 3);
	ends_so(CAP_LOST, "the server refuses the stream with status 3", "");
	add_two(S_RST, DATA, 3);
	ends_so(CAP_LOST, "the server refuses the stream with status 3", "");
	add_two(S_GOAWAY, 0, 2);
	ends_so(CAP_LOST, "the server takes no streams any more, status 2", "");
	add_replies(), add_data(DATA, 0, "x"), add_data(ERRORS, 0, "network namespace "),
		add_data(ERRORS, 0, "is closed");
	add_two(S_RST, DATA, 5);
	ends_so(CAP_LOST, "port-forward to port 6060: ended: network namespace is closed", "x");
	add_replies(), add_data(ERRORS, 0, REFUSED), add_data(DATA, S_FIN, "");
	ends_so(CAP_PORT, "nothing listens on port 6060 in the pod", "");
	add_replies(), add_data(ERRORS, S_FIN, REFUSED);
	ends_so(CAP_PORT, "nothing listens on port 6060 in the pod", "");
	add_replies(), add_data(ERRORS, 0, REFUSED), wire.ends = true;
	ends_so(CAP_PORT, "nothing listens", "");
}

static void goaway_lets_it_go_on(void **state)
{
	(void)state;
	add_replies();
	add_two(S_GOAWAY, DATA, 0);
	add_data(ERRORS, S_FIN, "");
	add_two(S_RST, ERRORS, 5);
	add_data(DATA, 0, "still");
	forward_read(forward);
	assert_false(forward->ended);
	assert_data("still");
}

static void cut_at_every_byte(void **state)
{
	size_t all = 1;

	(void)state;
	for (size_t i = 0; i < all; i++) {
		add_replies();
		add_data(DATA, 0, "data");
		all = queue_size(&wire.in);
		wire.in.end = wire.in.begin + i;
		wire.ends = true;
		forward_read(forward);
		assert_true(forward->ended && forward->cut);
		assert_int_equal(failure.status, CAP_OK);
		assert_int_equal(queue_size(&forward->data), i > all - 4 ? i - (all - 4) : 0);
		anew();
	}
}

/* ---- what is broken ------------------------------------------------------------------------- */

static void breaks(const char *words)
{
	ends_so(CAP_FORMAT, words, "");
}

static void broken_frames(void **state)
{
	(void)state;
	add_raw(0x80020002u, 0, "\0\0\0\1", 4);
	breaks("port-forward to port 6060: the server broke the SPDY protocol: the server does not speak SPDY/3");
	add("HTTP/1.1 400 Bad", 16);
	for (int i = 0; i < 3; i++) { /* "HTTP" is data of a stream that nobody knows: to be passed over */
		forward_read(forward);
		assert_data("");
	}
	anew();
	add_control(S_RST, 0, "\0\0\0\1", 4);
	breaks("a control frame has the wrong length");
	add_control(S_PING, 0, "\0\0\0\2\0", 5);
	breaks("a control frame has the wrong length");
	add_control(S_GOAWAY, 0, "", 0);
	breaks("a control frame has the wrong length");
	add_control(S_SYN_REPLY, 0, "\0\0\0", 3);
	breaks("a control frame has the wrong length");
	add_control(S_SYN_STREAM, 0, "\0\0\0\2\0\0\0\0\0", 9);
	breaks("a control frame has the wrong length");
}

static void broken_blocks(void **state)
{
	uint8_t *zeros = calloc(1, 4 * SPDY_BLOCK_MAX);

	(void)state;
	add_control(S_SYN_REPLY, 0, "\0\0\0\3no zlib here", 16);
	breaks("a header block does not inflate");
	add_control(S_SYN_REPLY, 0, "\0\0\0\3\x78\xbb\1\2\3\4", 10);
	breaks("a header block is of another dictionary");
	add_control(S_SYN_REPLY, 0, "\0\0\0\3", 4);
	breaks("a header block is malformed");
	add_block(S_SYN_REPLY, 4, DATA, zeros, 4 * SPDY_BLOCK_MAX);
	breaks("a header block is too long");
	add_block(S_SYN_REPLY, 4, DATA, "\0\0\0\1\0\0\0\7status", 14);
	breaks("a header block is malformed");
	add_block(S_SYN_REPLY, 4, DATA, "\0\0\0\1\377\377\377\377a\0\0\0\1b", 14);
	breaks("a header block is malformed");
	add_block(S_SYN_REPLY, 4, DATA, "\377\377\377\377", 4);
	breaks("a header block is malformed");
	add_block(S_SYN_REPLY, 4, DATA, "\0\0\0\0x", 5);
	breaks("a header block is malformed");
	free(zeros);
}

static void floods(void **state)
{
	static uint8_t data[10000];

	(void)state;
	add_replies();
	forward_read(forward);
	drop_out();
	wire.blocked = true;
	add_control(S_PING, 0, "\0\0\0\2", 4);
	wire.endless = true;
	for (int i = 0; i < 100 && !forward->ended; i++)
		forward_read(forward);
	assert_true(forward->ended);
	assert_has(failure.text, "the server sends pings and reads no answer");
	anew();

	add_replies();
	forward_read(forward);
	add_raw(DATA, 0, data, sizeof data);
	wire.endless = true;
	for (int i = 0; i < 10; i++)
		forward_read(forward);
	assert_true(forward->more);
	assert_in_range(queue_size(&forward->data), FORWARD_LIMIT, FORWARD_LIMIT + 32768);
}

/* ---- through a tunnel ------------------------------------------------------------------------ */

static const enum cap_way both[] = {CAP_WAY_SPDY_WEBSOCKET, CAP_WAY_SPDY};

static struct cap_tunnel *tunnel_of(struct gate *gate, enum cap_way way, const struct channel_times *times)
{
	struct cap_endpoint endpoint;

	gate->open = GATE_SPDY_WEBSOCKET | GATE_SPDY;
	endpoint = endpoint_of(bed_tls(script_gate, gate));
	return bed_tunnel_by(&endpoint, way, times);
}

struct megabytes {
	int fd;
	size_t size;
};

static void *write_on(void *context)
{
	struct megabytes *all = context;
	uint8_t data[20000];

	for (size_t at = 0; at < all->size; at += sizeof data) {
		stream_fill(data, at, sizeof data);
		if (!put(all->fd, data, sizeof data))
			return context;
	}
	return NULL;
}

static void much_goes_both_ways(void **state)
{
	static struct gate gate;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(both); i++) {
		struct megabytes all = {bed_dial(tunnel_of(&gate, both[i], NULL), 6060), 4000000};
		uint8_t data[20000];
		pthread_t thread;
		void *failed;

		assert_int_equal(pthread_create(&thread, NULL, write_on, &all), 0);
		for (size_t at = 0; at < all.size; at += sizeof data) {
			assert_int_equal(get(all.fd, data, sizeof data), sizeof data);
			assert_true(stream_is(data, at, sizeof data));
		}
		pthread_join(thread, &failed);
		assert_null(failed);
		hang_up(all.fd);
		bed_tunnel_close();
	}
}

static void talk_cut(struct spdy_peer *spdy, void *context)
{
	(void)context;
	if (spdy_peer_open(spdy)) {
		spdy_data(spdy, spdy->data_stream, 0, "half", 4);
		spdy_peer_write(spdy,
		                "\0\0\0\3\0\0\0\x09"
		                "half",
		                12);
	}
	peer_reset(spdy->peer);
}

static void talk_mute(struct spdy_peer *spdy, void *context)
{
	(void)context;
	peer_read_to_end(spdy->peer);
}

static void talk_stalled(struct spdy_peer *spdy, void *context)
{
	(void)context;
	spdy_peer_open(spdy); /* or, on a slow machine, a ping comes first */
	peer_read_to_end(spdy->peer);
}

static void talk_garbage(struct spdy_peer *spdy, void *context)
{
	uint8_t data[4096];

	(void)context;
	stream_fill(data, 3, sizeof data);
	data[0] = 0x80; /* a control frame of another version */
	spdy_peer_write(spdy, data, sizeof data);
	peer_read_to_end(spdy->peer);
}

static void talk_refused(struct spdy_peer *spdy, void *context)
{
	(void)context;
	if (spdy_peer_open(spdy) && spdy_data(spdy, spdy->error_stream, 0, REFUSED, strlen(REFUSED)) &&
	    spdy_control_two(spdy, S_RST, spdy->data_stream, 5) &&
	    spdy_control_two(spdy, S_RST, spdy->error_stream, 5))
		peer_read_to_end(spdy->peer);
}

static void faults_are_told_apart(void **state)
{
	static const struct {
		void (*talk)(struct spdy_peer *spdy, void *context);
		enum cap_status status;
		const char *words;
	} faults[] = {
		{talk_cut, CAP_LOST, "the server cut the connection"},
		{talk_mute, CAP_TIMEOUT, "port-forward to port 6060: "},
		{talk_stalled, CAP_LOST, "the server has gone silent"},
		{talk_garbage, CAP_FORMAT, "does not speak SPDY/3"},
		{talk_refused, CAP_PORT, "nothing listens on port 6060 in the pod"},
	};
	struct cap_error error;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(faults); i++) {
		const struct channel_times times = {
			.handshake = faults[i / 2].talk == talk_mute ? 2 * SECOND : PATIENCE,
			.ping = faults[i / 2].talk == talk_stalled ? 50 * MS : PATIENCE,
			.silence = faults[i / 2].talk == talk_stalled ? 500 * MS : PATIENCE};
		struct gate gate = {.talk = faults[i / 2].talk};
		struct cap_tunnel *tunnel = tunnel_of(&gate, both[i % 2], &times);
		int fd = bed_dial(tunnel, 6060);
		char data[8];

		if (faults[i / 2].talk == talk_cut)
			get(fd, data, 8);
		assert_int_equal(ends_with(tunnel, fd, &error), faults[i / 2].status);
		assert_has(error.text, faults[i / 2].words);
		hang_up(fd);
		bed_tunnel_close();
		bed_stop_servers();
	}
}

/* 1 KB, many times over: slow is no fault. */
static void talk_slow(struct spdy_peer *spdy, void *context)
{
	uint8_t data[100];

	(void)context;
	if (!spdy_peer_open(spdy))
		return;
	for (size_t at = 0; at < 2000; at += sizeof data) {
		stream_fill(data, at, sizeof data);
		spdy_data(spdy, spdy->data_stream, 0, data, sizeof data);
		sleep_ms(20);
	}
	spdy_data(spdy, spdy->data_stream, S_FIN, NULL, 0);
	peer_read_to_end(spdy->peer);
}

static void slow_is_no_fault(void **state)
{
	static struct gate gate = {.talk = talk_slow};
	struct cap_tunnel *tunnel = tunnel_of(&gate, CAP_WAY_SPDY, NULL);
	uint8_t data[2000];
	int fd = bed_dial(tunnel, 6060);
	struct cap_error error;

	(void)state;
	assert_int_equal(get(fd, data, sizeof data), sizeof data);
	assert_true(stream_is(data, 0, sizeof data));
	assert_int_equal(ends_with(tunnel, fd, &error), CAP_OK);
}

#define spdy_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_dictionary_is_the_protocols),
		spdy_test(nothing_is_sent_before_the_reply),
		spdy_test(data_comes_through),
		spdy_test(each_end),
		spdy_test(goaway_lets_it_go_on),
		spdy_test(cut_at_every_byte),
		spdy_test(broken_frames),
		spdy_test(broken_blocks),
		spdy_test(floods),
		bed_test(much_goes_both_ways),
		bed_test(faults_are_told_apart),
		bed_test(slow_is_no_fault),
	};

	return cmocka_run_group_tests_name("spdy", tests, NULL, NULL);
}
