/* The tunnel with servers that fail once it is open: wrong frames, errors, cuts at every byte. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"

/* ---- frames -------------------------------------------------------------------------------- */

struct talk {
	void (*say)(struct peer *peer);
	bool opens;
};

static void script_talk(struct peer *peer, void *context)
{
	const struct talk *talk = context;

	if (talk->opens ? peer_open(peer) : peer_upgrade(peer, NULL, 0)) {
		talk->say(peer);
		peer_read_to_end(peer);
	}
}

static void talk_fails_with(bool opens, void (*say)(struct peer *peer), enum cap_status status,
                            const char *words)
{
	static struct talk talks[16];
	static size_t count;
	struct talk *talk = &talks[count++];

	*talk = (struct talk){say, opens};
	server_fails_with(bed_plain(script_talk, talk), status, words);
}

static void say_data_first(struct peer *peer)
{
	peer_message(peer, 0, "HTTP/1.1 200 OK\r\n\r\n", 19);
}

static void say_error_first(struct peer *peer)
{
	peer_message(peer, 1, "unable to do portforwarding: socat not found", 44);
}

static void say_error(struct peer *peer)
{
	peer_message(peer, 1, "error forwarding port 6060 to pod p: \033[2Jgone\n", 46);
}

static void say_code(struct peer *peer)
{
	peer_close(peer, 1011, "internal error");
}

static void say_garbage(struct peer *peer)
{
	uint8_t data[5000];

	stream_fill(data, 77, sizeof data);
	peer_write(peer, data, sizeof data);
}

static void say_masked(struct peer *peer)
{
	peer_write(peer, "\x82\x83mask\x00zz", 9);
}

static void wrong_frames(void **state)
{
	(void)state;
	talk_fails_with(false, say_data_first, CAP_FORMAT, "does not begin with the port's number");
	talk_fails_with(false, say_error_first, CAP_LOST, "socat not found");
	talk_fails_with(true, say_error, CAP_LOST,
	                "port-forward to port 6060: ended: error forwarding port 6060 to pod p: ?[2Jgone");
	talk_fails_with(true, say_code, CAP_LOST, "closed it with code 1011, internal error");
	talk_fails_with(true, say_garbage, CAP_FORMAT, "broke the WebSocket protocol");
	talk_fails_with(true, say_masked, CAP_FORMAT, "broke the WebSocket protocol");
}

static void nothing_listens(void **state)
{
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_plain(script_relay, NULL));
	uint16_t port = refusing_port();
	int fd = bed_dial(tunnel, port);
	struct cap_error error;
	char words[64];

	(void)state;
	snprintf(words, sizeof words, "nothing listens on port %u in the pod", port);
	assert_int_equal(ends_with(tunnel, fd, &error), CAP_PORT);
	assert_string_equal(error.text, words);
}

static void script_pings_only(struct peer *peer, void *context)
{
	char pings[3 * 4000];

	(void)context;
	for (size_t i = 0; i < sizeof pings; i += 3)
		memcpy(pings + i, "\x89\x01x", 3);
	if (peer_open(peer))
		while (peer_write(peer, pings, sizeof pings))
			;
}

static void pings_without_end(void **state)
{
	struct stand_in *server =
		bed_server(&(struct stand_in_options){.script = script_pings_only, .buffer = 4096});

	(void)state;
	server_fails_with(server, CAP_FORMAT, "sends pings and reads no answer");
}

/* ---- cut anywhere ----------------------------------------------------------------------------- */

struct cut {
	bool resets;
	_Atomic size_t all;
};

/* The n-th connection gets n bytes of what a whole one gets. */
static void script_cut(struct peer *peer, void *context)
{
	char head[8192], key[128], accept[32], text[512];
	struct cut *cut = context;
	size_t size, given = peer_number(peer);

	if (!peer_read_head(peer, head, sizeof head) ||
	    !head_value(head, "Sec-WebSocket-Key", key, sizeof key))
		return;
	websocket_accept(key, accept);
	size = (size_t)snprintf(text, sizeof text,
	                        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: %s\r\n"
	                        "Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n",
	                        accept);
	memcpy(text + size, "\x82\x03\x00\xac\x17\x82\x03\x01\xac\x17\x89\x01x\x82\x05\x00wxyz", 20);
	size += 20;
	cut->all = size;
	peer_write(peer, text, given < size ? given : size);
	if (cut->resets)
		peer_reset(peer);
}

static void cut_at_every_byte(struct stand_in *server, struct cut *cut)
{
	struct cap_tunnel *tunnel = bed_tunnel_to(server);
	size_t last = 0;

	for (size_t i = 0; i <= (cut->all ? cut->all : 1); i++) {
		int64_t since = clock_now();
		int fd = bed_dial(tunnel, 6060);
		struct cap_error error = {0};
		enum cap_status status;
		char data[8];

		last = get(fd, data, sizeof data);
		assert_memory_equal(data, "wxyz", last);
		assert_true(last <= 4);
		assert_true(ends(fd));
		status = cap_tunnel_error(tunnel, 6060, since, &error);
		assert_true(status == CAP_LOST || status == CAP_FORMAT);
		assert_has(error.text, status == CAP_LOST ? "the server cut the connection" : "speak HTTP");
		assert_int_equal(stand_in_accepted(server), i + 1);
		hang_up(fd);
	}
	assert_true(cut->all > 100);
	assert_true(cut->resets || last == 4);
	assert_soon(tunnel_open_count(tunnel) == 0);
	bed_tunnel_close();
}

static void cut_anywhere(void **state)
{
	static struct cut ends_here, resets = {.resets = true}, tls;

	(void)state;
	cut_at_every_byte(bed_plain(script_cut, &ends_here), &ends_here);
	cut_at_every_byte(bed_plain(script_cut, &resets), &resets);
	cut_at_every_byte(bed_tls(script_cut, &tls), &tls);
}

/* ---- one among others -------------------------------------------------------------------------- */

static void script_by_port(struct peer *peer, void *context)
{
	char head[8192];
	uint8_t data[100];
	ssize_t got;
	uint16_t port;

	(void)context;
	if (!peer_upgrade(peer, head, sizeof head))
		return;
	port = head_port(head);
	if (port < 1000) {
		char words[32];

		snprintf(words, sizeof words, "error of port %u", port);
		peer_begin(peer, port);
		peer_message(peer, 1, words, strlen(words));
		peer_read_to_end(peer);
	} else if (peer_begin(peer, port)) {
		while ((got = peer_read_data(peer, data, sizeof data)) >= 0)
			peer_message(peer, 0, data, (size_t)got);
	}
}

static void failures_are_told_apart(void **state)
{
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_plain(script_by_port, NULL));
	int good = bed_dial(tunnel, 1000);
	struct cap_error error = {.text = "untouched"};
	char words[64], byte;
	int64_t since = 0;

	(void)state;
	for (uint16_t port = 1; port <= 20; port++) {
		int fd = bed_dial(tunnel, port);

		since = clock_now();
		assert_true(put(good, "x", 1));
		assert_int_equal(get(good, &byte, 1), 1);
		assert_int_equal(ends_with(tunnel, fd, &error), CAP_LOST); /* the newest of any port */
		snprintf(words, sizeof words, "error of port %u", port);
		assert_has(error.text, words);
	}
	assert_int_equal(cap_tunnel_error(tunnel, 20, since, &error), CAP_LOST);
	assert_int_equal(cap_tunnel_error(tunnel, 5, 0, &error), CAP_LOST); /* those of 16 ports are kept */
	assert_has(error.text, "error of port 5");
	error = (struct cap_error){.text = "untouched"};
	assert_int_equal(cap_tunnel_error(tunnel, 4, 0, &error), CAP_OK);
	assert_int_equal(cap_tunnel_error(tunnel, 1000, 0, &error), CAP_OK);
	assert_int_equal(cap_tunnel_error(tunnel, 19, since, &error), CAP_OK);
	assert_int_equal(cap_tunnel_error(tunnel, 0, clock_now(), &error), CAP_OK);
	assert_string_equal(error.text, "untouched");
	assert_true(put(good, "x", 1));
	assert_int_equal(get(good, &byte, 1), 1);
}

static void script_drip(struct peer *peer, void *context)
{
	char head[8192], key[128], accept[32], text[512];
	size_t size;

	(void)context;
	if (!peer_read_head(peer, head, sizeof head) ||
	    !head_value(head, "Sec-WebSocket-Key", key, sizeof key))
		return;
	websocket_accept(key, accept);
	size = (size_t)snprintf(text, sizeof text,
	                        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: %s\r\n"
	                        "Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n",
	                        accept);
	memcpy(text + size, "\x82\x03\x00\xac\x17\x82\x03\x01\xac\x17\x82\x05\x00wxyz\x88\x02\x03\xe8", 21);
	for (size_t i = 0; i < size + 21; i++) {
		peer_write(peer, text + i, 1);
		sleep_ms(1);
	}
	peer_read_to_end(peer);
}

static void slow_is_no_fault(void **state)
{
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_tls(script_drip, NULL));
	int fd = bed_dial(tunnel, 6060);
	char data[8];

	(void)state;
	assert_int_equal(get(fd, data, sizeof data), 4);
	assert_memory_equal(data, "wxyz", 4);
	assert_soon(tunnel_open_count(tunnel) == 0);
	assert_int_equal(cap_tunnel_error(tunnel, 0, 0, &(struct cap_error){0}), CAP_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(wrong_frames), bed_test(nothing_listens),         bed_test(pings_without_end),
		bed_test(cut_anywhere), bed_test(failures_are_told_apart), bed_test(slow_is_no_fault),
	};

	return cmocka_run_group_tests_name("tunnel cuts", tests, NULL, NULL);
}
