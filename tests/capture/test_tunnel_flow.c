/* Much data through the tunnel: back pressure both ways, ends with bytes on their way, fairness, no idle
 * work. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bed.h"

#define BLOCK   20000
#define MEGA    1000000
#define STALLED (300 * MS) /* no progress for that long: it has stopped (or the machine stands still) */

/* Until what may grow has stopped growing. */
static uint64_t settled(const _Atomic uint64_t *count)
{
	uint64_t before = 0;
	int64_t since = clock_now();

	while (!before || clock_now() - since < STALLED) {
		if (*count != before) {
			before = *count;
			since = clock_now();
		}
		sleep_ms(5);
	}
	return before;
}

static void read_stream(int fd, uint64_t from, size_t size)
{
	uint8_t data[BLOCK];

	for (uint64_t at = from; at < from + size;) {
		size_t part = from + size - at < BLOCK ? (size_t)(from + size - at) : BLOCK;

		assert_int_equal(get(fd, data, part), part);
		assert_true(stream_is(data, at, part));
		at += part;
	}
}

/* ---- a server that sends ---------------------------------------------------------- */

struct source {
	uint64_t size;       /* then `last` */
	const char *error;   /* on the error channel */
	bool closes, leaves; /* a close frame; and the end at once */
	_Atomic uint64_t sent;
	_Atomic bool done;
};

static void script_source(struct peer *peer, void *context)
{
	struct source *source = context;
	uint8_t data[BLOCK];
	bool going = peer_open(peer);

	while (going && source->sent < source->size) {
		uint64_t left = source->size - source->sent;
		size_t part = left < BLOCK ? (size_t)left : BLOCK;

		stream_fill(data, source->sent, part);
		going = peer_message(peer, 0, data, part);
		source->sent += part;
	}
	if (going && source->error)
		peer_message(peer, 1, source->error, strlen(source->error));
	if (going && source->closes)
		peer_close(peer, 1000, "");
	source->done = true;
	if (!source->leaves)
		peer_read_to_end(peer);
}

static void slow_reader(struct stand_in *server, struct source *source)
{
	int fd = bed_dial(bed_tunnel_to(server), 80);

	assert_true(settled(&source->sent) < 20 * MEGA);
	read_stream(fd, 0, 6 * MEGA);
	hang_up(fd);
}

static void slow_readers_hold_the_server_back(void **state)
{
	static struct source plain = {.size = ~0ULL}, tls = {.size = ~0ULL};

	(void)state;
	slow_reader(bed_plain(script_source, &plain), &plain);
	bed_tunnel_close();
	slow_reader(bed_tls(script_source, &tls), &tls);
}

/* While nobody reads, nobody is heard: that is not the server's silence. */
static void a_pause_is_no_silence(void **state)
{
	const struct channel_times times = {.handshake = PATIENCE, .ping = 500 * MS, .silence = 3 * SECOND};
	static struct source source = {.size = 8 * MEGA};
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_source, &source));
	struct cap_tunnel *tunnel = bed_tunnel(&endpoint, &times);
	int fd = bed_dial(tunnel, 80);

	(void)state;
	settled(&source.sent);
	assert_true(source.sent < source.size);
	sleep_ms(4500);
	read_stream(fd, 0, 8 * MEGA);
	assert_int_equal(tunnel_open_count(tunnel), 1);
}

static void end_after_data(struct source *source, enum cap_status status, const char *words)
{
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_plain(script_source, source));
	int fd = bed_dial(tunnel, 80);
	struct cap_error error;

	assert_soon(source->done);
	sleep_ms(50);
	assert_true(put(fd, "for nobody", 10)); /* no word of it, and no failure of its own */
	sleep_ms(50);
	read_stream(fd, 0, source->size);
	assert_int_equal(ends_with(tunnel, fd, &error), status);
	assert_has(error.text, words);
	bed_tunnel_close();
}

/* More than the sockets hold: some of it waits in the tunnel when the end comes. */
static void data_before_the_end_is_delivered(void **state)
{
	static struct source closes = {.size = 400000, .closes = true},
			     fails = {.size = 400000, .error = "it broke", .closes = true};

	(void)state;
	end_after_data(&closes, CAP_OK, "");
	end_after_data(&fails, CAP_LOST, "port-forward to port 80: ended: it broke");
}

/* ---- a server that takes ------------------------------------------------------------------ */

struct sink {
	_Atomic int gate; /* it reads from here on */
	_Atomic uint64_t got;
	_Atomic bool wrong;
};

static void take_stream(struct peer *peer, struct sink *sink, _Atomic int *gate, int value)
{
	uint8_t *data = malloc(65536);
	ssize_t got;

	if (peer_open(peer) && peer_wait(peer, gate, value))
		while ((got = peer_read_data(peer, data, 65536)) >= 0) {
			if (!stream_is(data, sink->got, (size_t)got))
				sink->wrong = true;
			sink->got += (uint64_t)got;
		}
	free(data);
}

static void script_sink(struct peer *peer, void *context)
{
	struct sink *sink = context;

	take_stream(peer, sink, &sink->gate, 1);
}

/* As much as is taken until nothing is any more. */
static uint64_t push(int fd, uint64_t ceiling)
{
	int64_t since = clock_now();
	uint8_t data[BLOCK];
	uint64_t at = 0;

	while (at < ceiling && clock_now() - since < STALLED) {
		size_t part = ceiling - at < sizeof data ? (size_t)(ceiling - at) : sizeof data;
		ssize_t sent;

		stream_fill(data, at, part);
		sent = send(fd, data, part, MSG_NOSIGNAL);
		if (sent > 0) {
			at += (uint64_t)sent;
			since = clock_now();
		} else if (errno != EAGAIN) {
			break;
		} else {
			sleep_ms(5);
		}
	}
	return at;
}

static void slow_sink(struct stand_in *server, struct sink *sink)
{
	const struct channel_times times = {.handshake = PATIENCE, .ping = 20 * MS, .silence = PATIENCE};
	struct cap_endpoint endpoint = endpoint_of(server);
	struct cap_tunnel *tunnel = bed_tunnel(&endpoint, &times);
	int fd = bed_dial(tunnel, 80);
	uint64_t at = push(fd, 1000ULL * MEGA);
	uint8_t data[BLOCK];

	assert_true(at < 20 * MEGA);
	sleep_ms(100); /* pings come due meanwhile */
	sink->gate = 1;
	for (uint64_t end = at + 3 * MEGA; at < end; at += BLOCK) {
		stream_fill(data, at, sizeof data);
		assert_true(put(fd, data, sizeof data));
	}
	assert_soon(sink->got == at || sink->wrong);
	assert_false(sink->wrong);
	assert_int_equal(tunnel_open_count(tunnel), 1);
	hang_up(fd);
}

static void slow_servers_hold_the_writer_back(void **state)
{
	static struct sink plain, tls;

	(void)state;
	slow_sink(bed_plain(script_sink, &plain), &plain);
	bed_tunnel_close();
	slow_sink(bed_tls(script_sink, &tls), &tls);
}

struct sinks {
	_Atomic int gate;
	struct sink sinks[64];
};

static void script_sinks(struct peer *peer, void *context)
{
	struct sinks *sinks = context;
	struct sink *sink = &sinks->sinks[peer_number(peer)];

	take_stream(peer, sink, &sinks->gate, 1 + (int)peer_number(peer));
}

static uint64_t bytes_out(struct cap_tunnel *tunnel)
{
	struct cap_tunnel_stats stats;

	cap_tunnel_stats(tunnel, &stats);
	return stats.bytes_out;
}

/*
 * What a caller wrote before it closed is sent, however slow the server: so much is written that it fits into
 * the sockets and into the tunnel, a little more each time, until it does not, so that once it waits in the
 * tunnel.
 */
static void the_last_bytes_are_sent(void **state)
{
	static struct sinks sinks;
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_server(
		&(struct stand_in_options){.script = script_sinks, .context = &sinks, .buffer = 4096}));
	uint64_t before = 0;

	(void)state;
	for (int i = 0; i < (int)COUNT_OF(sinks.sinks); i++) {
		uint64_t size = (uint64_t)(i + 1) * FORWARD_LIMIT / 2;
		int fd = bed_dial(tunnel, 80);
		bool all = push(fd, size) == size;

		for (int64_t end = clock_now() + STALLED; all && bytes_out(tunnel) < before + size;) {
			all = clock_now() < end;
			sleep_ms(2);
		}
		hang_up(fd);
		sleep_ms(20);
		sinks.gate = i + 1;
		assert_soon(tunnel_open_count(tunnel) == 0);
		if (!all)
			break;
		assert_soon(sinks.sinks[i].got == size || sinks.sinks[i].wrong);
		assert_false(sinks.sinks[i].wrong);
		before += size;
	}
	assert_int_equal(cap_tunnel_error(tunnel, 0, 0, &(struct cap_error){0}), CAP_OK);
}

/* ... unless it takes nothing at all. */
static void a_stuck_server_is_left(void **state)
{
	const struct channel_times times = {.handshake = PATIENCE, .ping = 50 * MS, .silence = 1500 * MS};
	static struct sink sink;
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_sink, &sink));
	struct cap_tunnel *tunnel = bed_tunnel(&endpoint, &times);
	int fd = bed_dial(tunnel, 80);

	(void)state;
	push(fd, 1000ULL * MEGA);
	hang_up(fd);
	assert_soon(tunnel_open_count(tunnel) == 0);
}

/* ---- a flood ----------------------------------------------------------------------------------- */

struct drain {
	int fd;
	pthread_t thread;
	_Atomic uint64_t got;
};

static void *read_on(void *context)
{
	struct drain *drain = context;
	uint8_t data[65536];
	size_t got;

	while ((got = get(drain->fd, data, sizeof data)) > 0)
		drain->got += got;
	return NULL;
}

static void script_source_or_echo(struct peer *peer, void *context)
{
	if (peer_number(peer) == 0)
		script_source(peer, context);
	else
		script_echo(peer, NULL);
}

/* A server and a reader that are both fast keep the thread neither from the others nor from ending. */
static void a_flood_leaves_time(void **state)
{
	static struct source source = {.size = ~0ULL};
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_plain(script_source_or_echo, &source));
	struct drain drain = {.fd = bed_dial(tunnel, 80)};
	char word[6] = "";
	int other;

	(void)state;
	assert_int_equal(pthread_create(&drain.thread, NULL, read_on, &drain), 0);
	assert_soon(drain.got > 10 * MEGA);
	other = bed_dial(tunnel, 81);
	for (int i = 0; i < 20; i++) {
		assert_true(put(other, "echo!", 5));
		assert_int_equal(get(other, word, 5), 5);
		assert_string_equal(word, "echo!");
	}
	bed_tunnel_close();
	pthread_join(drain.thread, NULL);
	assert_true(ends(other));
}

/* ---- nothing to do, nothing done ------------------------------------------------------------------ */

static int64_t cpu_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

/* Beside this thread, which is busy for a while, the others of the process do next to nothing: one of them
 * that was busy, too, would get as much as this one, however loaded the machine. */
static void assert_idle(void)
{
	int64_t others, own = cpu_of(CLOCK_THREAD_CPUTIME_ID), end = own + 300 * MS;

	sleep_ms(100);
	others = cpu_of(CLOCK_PROCESS_CPUTIME_ID);
	while (cpu_of(CLOCK_THREAD_CPUTIME_ID) < end)
		;
	others = cpu_of(CLOCK_PROCESS_CPUTIME_ID) - others - (cpu_of(CLOCK_THREAD_CPUTIME_ID) - own);
	assert_in_range(others + SECOND, 0, SECOND + 100 * MS);
}

static void idle_with(stand_in_script *script, void *context, void (*arrange)(int fd))
{
	struct stand_in *server = bed_plain(script, context);
	int fd = bed_dial(bed_tunnel_to(server), 80);

	assert_soon(stand_in_accepted(server) == 1);
	if (arrange)
		arrange(fd);
	assert_idle();
	bed_tunnel_close();
}

static void push_all(int fd)
{
	push(fd, 1000ULL * MEGA);
}

static void push_and_shut(int fd)
{
	push(fd, 1000ULL * MEGA);
	shutdown(fd, SHUT_WR);
}

static void push_and_hang_up(int fd)
{
	push(fd, 1000ULL * MEGA);
	hang_up(fd);
}

/* Sends, and reads nothing. */
static void script_one_way(struct peer *peer, void *context)
{
	static const uint8_t data[BLOCK];

	if (peer_open(peer))
		for (int i = 0; i < 20; i++)
			peer_message(peer, 0, data, sizeof data);
	peer_wait(peer, context, 1);
}

static void waiting_costs_nothing(void **state)
{
	static struct source much = {.size = ~0ULL},
			     closed = {.size = 400000, .closes = true, .leaves = true};
	static struct sink full, shut;
	static _Atomic int never;

	(void)state;
	idle_with(script_silent, NULL, NULL);
	idle_with(script_echo, NULL, NULL);
	idle_with(script_source, &much, NULL);
	idle_with(script_source, &closed, NULL);
	idle_with(script_sink, &full, push_all);
	idle_with(script_sink, &shut, push_and_shut);
	idle_with(script_one_way, &never, push_all);
	idle_with(script_one_way, &never, push_and_hang_up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(slow_readers_hold_the_server_back),
		bed_test(a_pause_is_no_silence),
		bed_test(data_before_the_end_is_delivered),
		bed_test(slow_servers_hold_the_writer_back),
		bed_test(the_last_bytes_are_sent),
		bed_test(a_stuck_server_is_left),
		bed_test(a_flood_leaves_time),
		bed_test(waiting_costs_nothing),
	};

	return cmocka_run_group_tests_name("tunnel flow", tests, NULL, NULL);
}
