/* The tunnel with a server that behaves: bytes, ways there, pings, and its end in every state. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bed.h"

static struct cap_tunnel_stats stats_of(struct cap_tunnel *tunnel)
{
	struct cap_tunnel_stats stats;

	cap_tunnel_stats(tunnel, &stats);
	return stats;
}

static void assert_echo(int fd, const char *text)
{
	char got[64] = "";

	assert_true(put(fd, text, strlen(text)));
	assert_int_equal(get(fd, got, strlen(text)), strlen(text));
	assert_string_equal(got, text);
}

/* ---- the ordinary way ---------------------------------------------------------- */

static void bytes_go_both_ways(void **state)
{
	struct stand_in *server = bed_plain(script_echo, NULL);
	struct cap_tunnel *tunnel = bed_tunnel_to(server);
	struct cap_error error = {.status = CAP_OK, .text = "untouched"};
	int fd = bed_dial(tunnel, 6060);

	(void)state;
	assert_echo(fd, "hello");
	assert_echo(fd, "again");
	assert_int_equal(stats_of(tunnel).open, 1);
	hang_up(fd);
	assert_soon(tunnel_open_count(tunnel) == 0);
	assert_int_equal(stats_of(tunnel).connections, 1);
	assert_int_equal(stats_of(tunnel).failed, 0);
	assert_int_equal(stats_of(tunnel).bytes_out, 10);
	assert_int_equal(stats_of(tunnel).bytes_in, 10);
	assert_int_equal(cap_tunnel_error(tunnel, 0, 0, &error), CAP_OK);
	assert_string_equal(error.text, "untouched");
	assert_int_equal(stand_in_accepted(server), 1);
}

static void the_same_over_tls(void **state)
{
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_tls(script_echo, NULL));
	int first = bed_dial(tunnel, 1), second = bed_dial(tunnel, 65535);

	(void)state;
	assert_echo(first, "one");
	assert_echo(second, "two");
	assert_echo(first, "three");
}

static void nothing_is_opened_before_a_dial(void **state)
{
	struct stand_in *server = bed_plain(script_echo, NULL);
	struct cap_tunnel *tunnel = bed_tunnel_to(server);

	(void)state;
	assert_int_equal(stats_of(tunnel).connections, 0);
	bed_tunnel_close();
	assert_int_equal(stand_in_accepted(server), 0);
	cap_tunnel_close(NULL);
}

struct held {
	_Atomic int gate;
	char head[4096];
	uint8_t got[64];
	_Atomic int read;
	_Atomic bool ended;
};

static void script_held(struct peer *peer, void *context)
{
	struct held *held = context;
	ssize_t got;

	if (peer_wait(peer, &held->gate, 1) && peer_upgrade(peer, held->head, sizeof held->head) &&
	    peer_begin(peer, head_port(held->head)))
		while ((got = peer_read_data(peer, held->got + held->read,
		                             sizeof held->got - (size_t)held->read)) >= 0)
			held->read += (int)got;
	held->ended = true;
}

static void early_bytes_are_kept(void **state)
{
	static struct held held;
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_plain(script_held, &held));
	int fd = bed_dial(tunnel, 80);

	(void)state;
	assert_true(put(fd, "ear", 3));
	assert_true(put(fd, "ly", 2));
	held.gate = 1;
	assert_soon(held.read == 5);
	assert_memory_equal(held.got, "early", 5);
}

/* ---- what is asked of the server ----------------------------------------------------- */

static int give_credentials(void *context, char ***ret, char error[512])
{
	char **lines = calloc(70, sizeof *lines);

	(void)error;
	++*(int *)context;
	lines[0] = strdup("Authorization: Bearer secret");
	for (int i = 1; i < 69; i++)
		if (asprintf(&lines[i], "Impersonate-Group: g%d", i) < 0)
			lines[i] = NULL;
	*ret = lines;
	return 0;
}

static void request_names_all(void **state)
{
	static struct held held = {.gate = 1};
	struct stand_in *server = bed_plain(script_held, &held);
	struct cap_endpoint endpoint = endpoint_of(server);
	struct cap_tunnel *tunnel;
	char url[128], host[128];
	static int calls;
	int fd;

	(void)state;
	snprintf(url, sizeof url, "%s/k8s/clusters/c-1", stand_in_url(server));
	snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%u\r\n", stand_in_port(server));
	endpoint.url = url;
	endpoint.user_agent = "kubectl-pprof/1";
	endpoint.credentials = give_credentials;
	endpoint.credentials_context = &calls;
	tunnel = bed_tunnel(&endpoint, NULL);
	fd = bed_dial(tunnel, 6060);
	assert_true(put(fd, "x", 1));
	assert_soon(held.read == 1);
	assert_ptr_equal(strstr(held.head,
	                        "GET /k8s/clusters/c-1/api/v1/namespaces/n/pods/p/portforward?ports=6060 "
	                        "HTTP/1.1\r\n"),
	                 held.head);
	assert_has(held.head, host);
	assert_null(strstr(strstr(held.head, "\r\nHost:") + 2, "\r\nHost:"));
	assert_has(held.head, "\r\nUser-Agent: kubectl-pprof/1\r\n");
	assert_has(held.head, "\r\nAuthorization: Bearer secret\r\n");
	assert_has(held.head, "\r\nImpersonate-Group: g1\r\n");
	assert_has(held.head,
	           "\r\nImpersonate-Group: g68\r\n"); /* none is left out: it would be another user */
	assert_has(held.head, "\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n");
	assert_int_equal(calls, 1);
}

/* What is under way goes on while a new connection waits for credentials that take their time. */
static bool ready_when_told(void *context)
{
	return atomic_load((_Atomic int *)context) != 0;
}

static void waits_for_credentials_without_a_pause(void **state)
{
	static _Atomic int told;
	struct stand_in *server = bed_plain(script_echo, NULL);
	struct cap_endpoint endpoint = endpoint_of(server);
	struct cap_tunnel *tunnel;
	char got[8] = "";
	int first, second;

	(void)state;
	told = 1;
	endpoint.credentials_ready = ready_when_told;
	endpoint.credentials_context = &told;
	tunnel = bed_tunnel(&endpoint, NULL);
	first = bed_dial(tunnel, 1);
	assert_echo(first, "before");
	told = 0;
	second = bed_dial(tunnel, 2);
	assert_true(put(second, "later", 5));
	for (int i = 0; i < 20; i++)
		assert_echo(first, "meanwhile");
	assert_int_equal(stand_in_accepted(server), 1);
	told = 1;
	assert_int_equal(get(second, got, 5), 5);
	assert_string_equal(got, "later");
}

static void server_name_of_tls(void **state)
{
	struct identity named = identity_make("api.example");
	static struct held held = {.gate = 1};
	struct stand_in *server = bed_server(
		&(struct stand_in_options){.tls = &named, .script = script_held, .context = &held});
	struct cap_endpoint endpoint = endpoint_of(server);
	char host[128];
	int fd;

	(void)state;
	endpoint.ca = (struct cap_pem){.data = named.cert, .size = strlen(named.cert)};
	fd = bed_dial(bed_tunnel(&endpoint, NULL), 80); /* the certificate is for another name */
	assert_true(ends(fd));
	bed_tunnel_close();

	endpoint.tls_server_name = "api.example";
	fd = bed_dial(bed_tunnel(&endpoint, NULL), 80);
	assert_true(put(fd, "x", 1));
	assert_soon(held.read == 1);
	snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%u\r\n", stand_in_port(server));
	assert_has(held.head, host);
	assert_null(strstr(strstr(held.head, "\r\nHost:") + 2, "\r\nHost:"));
	bed_tunnel_close();

	endpoint.tls_server_name = "not a name";
	fd = bed_dial(bed_tunnel(&endpoint, NULL), 80);
	assert_true(ends(fd));
	bed_tunnel_close();
	identity_release(&named);
}

/* ---- other ways there -------------------------------------------------------------------- */

static void through_a_proxy(void **state)
{
	static struct proxy_seen seen;
	struct stand_in *proxy = bed_plain(script_proxy, &seen);
	struct stand_in *servers[] = {bed_plain(script_echo, NULL), bed_tls(script_echo, NULL)};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(servers); i++) {
		struct cap_endpoint endpoint = endpoint_of(servers[i]);
		char target[64];

		endpoint.proxy = stand_in_url(proxy);
		assert_echo(bed_dial(bed_tunnel(&endpoint, NULL), 80), "by proxy");
		snprintf(target, sizeof target, "127.0.0.1:%u", stand_in_port(servers[i]));
		assert_string_equal(seen.target, target);
		assert_int_equal(seen.connects, i + 1);
		bed_tunnel_close();
	}
}

static void relayed_to_a_port(void **state)
{
	struct stand_in *pod = bed_plain(script_silent, NULL);
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_plain(script_relay, NULL));
	int fd = bed_dial(tunnel, stand_in_port(pod));

	(void)state;
	assert_true(put(fd, "x", 1));
	assert_soon(stand_in_accepted(pod) == 1);
	hang_up(fd);
	assert_soon(tunnel_open_count(tunnel) == 0);
	assert_int_equal(stats_of(tunnel).failed, 0);
}

/* ---- many -------------------------------------------------------------------------------- */

static void many_at_once(void **state)
{
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_plain(script_echo, NULL));
	int fds[100];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		fds[i] = bed_dial(tunnel, (uint16_t)(1000 + i));
	for (size_t i = 0; i < COUNT_OF(fds); i++) {
		char text[16];

		snprintf(text, sizeof text, "number %zu", i);
		assert_echo(fds[i], text);
	}
	assert_int_equal(stats_of(tunnel).open, COUNT_OF(fds));
	for (size_t i = 0; i < COUNT_OF(fds); i += 2)
		hang_up(fds[i]);
	for (size_t i = 1; i < COUNT_OF(fds); i += 2)
		assert_echo(fds[i], "still there");
	assert_soon(tunnel_open_count(tunnel) == COUNT_OF(fds) / 2);
}

static void *dial_often(void *context)
{
	struct cap_tunnel *tunnel = context;
	struct cap_error error;
	struct cap_tunnel_stats stats;

	for (int i = 0; i < 25; i++) {
		int fd = cap_tunnel_dial(tunnel, 80, &error);
		char byte = 'x';

		if (fd < 0 || !put(fd, &byte, 1) || get(fd, &byte, 1) != 1 || close(fd) != 0)
			return context;
		cap_tunnel_stats(tunnel, &stats);
		cap_tunnel_error(tunnel, 0, 0, &error);
	}
	return NULL;
}

static void threads_dial_together(void **state)
{
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_plain(script_echo, NULL));
	pthread_t threads[4];
	void *failed = NULL, *one;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, dial_often, tunnel), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		pthread_join(threads[i], &one);
		failed = one ? one : failed;
	}
	assert_null(failed);
	assert_soon(tunnel_open_count(tunnel) == 0);
	assert_int_equal(stats_of(tunnel).connections, 100);
	assert_int_equal(stats_of(tunnel).failed, 0);
}

/* ---- pings ---------------------------------------------------------------------------------- */

struct pinged {
	_Atomic int pings, answers;
	bool mute; /* does not answer pings */
};

static void script_pinged(struct peer *peer, void *context)
{
	struct pinged *pinged = context;
	struct frame *frame = malloc(sizeof *frame);

	if (peer_open(peer) && peer_frame(peer, FRAME_FIN | FRAME_PING, "are you there", 13))
		while (peer_read_frame(peer, frame)) {
			if (frame->opcode == FRAME_PONG && frame->size == 13 &&
			    memcmp(frame->data, "are you there", 13) == 0)
				pinged->answers++;
			if (frame->opcode != FRAME_PING)
				continue;
			if (!pinged->mute)
				peer_frame(peer, FRAME_FIN | FRAME_PONG, frame->data, frame->size);
			pinged->pings++;
		}
	free(frame);
}

/* A capture of 30 s is silent for 30 s: pings keep the way open, and their answers tell that it is. */
static void pings_keep_it_alive(void **state)
{
	const struct channel_times times = {.handshake = PATIENCE, .ping = 50 * MS, .silence = 6 * SECOND};
	static struct pinged pinged;
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_pinged, &pinged));
	struct cap_tunnel *tunnel = bed_tunnel(&endpoint, &times);
	int64_t end = clock_now() + 7500 * MS;
	int fd = bed_dial(tunnel, 80);

	(void)state;
	assert_soon(pinged.pings >= 3 && pinged.answers == 1);
	while (clock_now() < end)
		sleep_ms(100);
	assert_int_equal(stats_of(tunnel).open, 1);
	assert_int_equal(stats_of(tunnel).failed, 0);
	assert_true(pinged.pings < 1000); /* not more often than asked */
	hang_up(fd);
}

static void silence_is_noticed(void **state)
{
	const struct channel_times times = {.handshake = PATIENCE, .ping = 20 * MS, .silence = 300 * MS};
	static struct pinged pinged = {.mute = true};
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_pinged, &pinged));
	struct cap_tunnel *tunnel = bed_tunnel(&endpoint, &times);
	int64_t begin = clock_now();
	int fd = bed_dial(tunnel, 80);
	struct cap_error error;

	(void)state;
	assert_int_equal(ends_with(tunnel, fd, &error), CAP_LOST);
	assert_string_equal(error.text, "port-forward to port 80: the server has gone silent");
	assert_true(clock_now() - begin >= 300 * MS);
}

/* Writing alone is no sign of life. */
static void silence_while_sending(void **state)
{
	const struct channel_times times = {.handshake = PATIENCE, .ping = PATIENCE, .silence = 300 * MS};
	static struct pinged pinged = {.mute = true};
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_pinged, &pinged));
	struct cap_tunnel *tunnel = bed_tunnel(&endpoint, &times);
	int fd = bed_dial(tunnel, 80);
	int64_t end = clock_now() + PATIENCE;
	struct cap_error error;

	(void)state;
	while (put(fd, "x", 1) && clock_now() < end)
		sleep_ms(5);
	assert_int_equal(ends_with(tunnel, fd, &error), CAP_LOST);
	assert_has(error.text, "gone silent");
}

/* ---- the end of the tunnel in every state ------------------------------------------------------ */

static void closes_while_connecting(void **state)
{
	struct stand_in *server = bed_plain(script_silent, NULL); /* answers nothing to a TLS handshake */
	struct cap_endpoint endpoint = endpoint_of(server);
	struct cap_tunnel *tunnel;
	char url[64];
	int fd;

	(void)state;
	snprintf(url, sizeof url, "https://127.0.0.1:%u", stand_in_port(server));
	endpoint.url = url;
	tunnel = bed_tunnel(&endpoint, NULL);
	fd = bed_dial(tunnel, 80);
	assert_soon(stand_in_accepted(server) == 1);
	bed_tunnel_close();
	assert_true(ends(fd));
}

static void closes_while_upgrading(void **state)
{
	struct stand_in *server = bed_plain(script_silent, NULL);
	struct cap_tunnel *tunnel = bed_tunnel_to(server);
	int fd = bed_dial(tunnel, 80);

	(void)state;
	assert_soon(stand_in_accepted(server) == 1);
	sleep_ms(20);
	bed_tunnel_close();
	assert_true(ends(fd));
}

static void closes_right_after_a_dial(void **state)
{
	struct stand_in *server = bed_plain(script_echo, NULL);

	(void)state;
	for (int i = 0; i < 50; i++) {
		struct cap_tunnel *tunnel = bed_tunnel_to(server);
		int fd = bed_dial(tunnel, 80), other = bed_dial(tunnel, 81);

		bed_tunnel_close();
		assert_true(ends(fd) && ends(other));
		hang_up(fd);
		hang_up(other);
	}
}

static void script_goodbye(struct peer *peer, void *context)
{
	struct frame *frame = malloc(sizeof *frame);

	if (peer_open(peer) && peer_message(peer, 0, "x", 1))
		while (peer_read_frame(peer, frame))
			if (frame->opcode == FRAME_CLOSE && frame->masked && frame->size == 2 &&
			    memcmp(frame->data, "\x03\xe8", 2) == 0)
				++*(_Atomic int *)context;
	free(frame);
}

static void says_goodbye(void **state)
{
	static _Atomic int goodbyes;
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_tls(script_goodbye, &goodbyes));
	int fd = bed_dial(tunnel, 80), other = bed_dial(tunnel, 80);
	char byte;

	(void)state;
	assert_int_equal(get(fd, &byte, 1) + get(other, &byte, 1), 2);
	hang_up(other);
	assert_soon(goodbyes == 1);
	bed_tunnel_close();
	assert_soon(goodbyes == 2);
	assert_true(ends(fd));
}

/* ---- callers that go ------------------------------------------------------------------------------ */

/* What was asked in vain is given up at once, and does not reach the pod late. */
static void gives_up_with_its_caller(void **state)
{
	const struct channel_times times = {.handshake = PATIENCE, .ping = PATIENCE, .silence = PATIENCE};
	static struct held held;
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_held, &held));
	struct cap_tunnel *tunnel = bed_tunnel(&endpoint, &times);
	int fd = bed_dial(tunnel, 80);

	(void)state;
	assert_true(put(fd, "GET /profile", 12));
	sleep_ms(20);
	hang_up(fd);
	assert_soon(tunnel_open_count(tunnel) == 0);
	assert_int_equal(stats_of(tunnel).failed, 0);
	held.gate = 1;
	assert_soon(held.ended);
	assert_int_equal(held.read, 0);
}

/* The protocol has no half-close. */
static void half_close_is_the_end(void **state)
{
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_plain(script_echo, NULL));
	int fd = bed_dial(tunnel, 80);

	(void)state;
	assert_echo(fd, "x");
	shutdown(fd, SHUT_WR);
	assert_true(ends(fd));
	assert_soon(tunnel_open_count(tunnel) == 0);
	assert_int_equal(stats_of(tunnel).failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(bytes_go_both_ways),
		bed_test(the_same_over_tls),
		bed_test(nothing_is_opened_before_a_dial),
		bed_test(early_bytes_are_kept),
		bed_test(waits_for_credentials_without_a_pause),
		bed_test(request_names_all),
		bed_test(server_name_of_tls),
		bed_test(through_a_proxy),
		bed_test(relayed_to_a_port),
		bed_test(many_at_once),
		bed_test(threads_dial_together),
		bed_test(pings_keep_it_alive),
		bed_test(silence_is_noticed),
		bed_test(silence_while_sending),
		bed_test(closes_while_connecting),
		bed_test(closes_while_upgrading),
		bed_test(closes_right_after_a_dial),
		bed_test(says_goodbye),
		bed_test(gives_up_with_its_caller),
		bed_test(half_close_is_the_end),
	};

	return cmocka_run_group_tests_name("tunnel", tests, NULL, NULL);
}
