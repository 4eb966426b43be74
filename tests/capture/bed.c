#include "bed.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SERVERS 8
#define DIALS   1024

static struct {
	struct stand_in *servers[SERVERS];
	size_t server_count;
	struct cap_endpoint api_server;
	struct cap_tunnel *tunnel;
	int dials[DIALS];
	size_t dial_count;
	struct identity identity, stranger;
	unsigned descriptors, threads;
} bed;

void sleep_ms(int ms)
{
	const struct timespec pause = {ms / 1000, ms % 1000 * MS};

	nanosleep(&pause, NULL);
}

void has_part(const char *text, const char *part, const char *file, int line)
{
	if (strstr(text, part))
		return;
	print_error("'%s' has no '%s'\n", text, part);
	_fail(file, line);
}

/* ---- around a test ------------------------------------------------------------- */

static unsigned count_entries(const char *path)
{
	DIR *folder = opendir(path);
	unsigned count = 0;

	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

static void *do_nothing(void *context)
{
	return context;
}

/* What libraries open once and for all is no leak, nor is the thread that tsan adds to the first. */
static void warm_up(void)
{
	pthread_t thread;

	if (bed.identity.cert)
		return;
	if (pthread_create(&thread, NULL, do_nothing, NULL) == 0)
		pthread_join(thread, NULL);
	bed.identity = identity_make(NULL);
	bed.stranger = identity_make(NULL);
	curl_global_init(CURL_GLOBAL_ALL);
}

int bed_setup(void **state)
{
	(void)state;
	warm_up();
	bed.descriptors = count_entries("/proc/self/fd");
	bed.threads = count_entries("/proc/self/task");
	return 0;
}

/* A thread that has been joined is seen a little longer. */
static int check_left(const char *path, unsigned before, const char *what)
{
	int64_t end = clock_now() + PATIENCE;
	unsigned now;

	while ((now = count_entries(path)) != before && clock_now() < end)
		sleep_ms(2);
	if (now == before)
		return 0;
	print_error("%u %s before the test, %u after\n", before, what, now);
	return -1;
}

int bed_teardown(void **state)
{
	int status = 0;

	(void)state;
	while (bed.dial_count)
		close(bed.dials[--bed.dial_count]);
	bed_tunnel_close();
	while (bed.server_count)
		stand_in_stop(bed.servers[--bed.server_count]);
	status |= check_left("/proc/self/fd", bed.descriptors, "descriptors");
	status |= check_left("/proc/self/task", bed.threads, "threads");
	return status;
}

/* ---- servers --------------------------------------------------------------------- */

void bed_stop_servers(void)
{
	while (bed.server_count)
		stand_in_stop(bed.servers[--bed.server_count]);
}

struct stand_in *bed_server(const struct stand_in_options *options)
{
	assert_true(bed.server_count < SERVERS);
	return bed.servers[bed.server_count++] = stand_in_start(options);
}

struct stand_in *bed_plain(stand_in_script *script, void *context)
{
	return bed_server(&(struct stand_in_options){.script = script, .context = context});
}

struct stand_in *bed_tls(stand_in_script *script, void *context)
{
	return bed_server(
		&(struct stand_in_options){.tls = &bed.identity, .script = script, .context = context});
}

const struct identity *bed_identity(void)
{
	return &bed.identity;
}

const struct identity *bed_stranger(void)
{
	return &bed.stranger;
}

struct cap_endpoint endpoint_of(const struct stand_in *server)
{
	return (struct cap_endpoint){
		.url = stand_in_url(server),
		.ca = {.data = bed.identity.cert, .size = strlen(bed.identity.cert)},
	};
}

uint16_t refusing_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	close(fd);
	return ntohs(address.sin_port);
}

/* ---- tunnels ------------------------------------------------------------------------ */

struct cap_tunnel *bed_tunnel_by(const struct cap_endpoint *api_server, enum cap_way way,
                                 const struct channel_times *times)
{
	struct cap_error error = {0};
	enum cap_status status;

	assert_null(bed.tunnel);
	bed.api_server = *api_server;
	if (times)
		status = tunnel_open(&bed.api_server, "n", "p", way, times, &bed.tunnel, &error);
	else
		status = cap_tunnel_open(&bed.api_server, "n", "p", way, &bed.tunnel, &error);
	assert_int_equal(status, CAP_OK);
	return bed.tunnel;
}

struct cap_tunnel *bed_tunnel(const struct cap_endpoint *api_server, const struct channel_times *times)
{
	return bed_tunnel_by(api_server, CAP_WAY_AUTO, times);
}

struct cap_tunnel *bed_tunnel_to(const struct stand_in *server)
{
	struct cap_endpoint endpoint = endpoint_of(server);

	return bed_tunnel(&endpoint, NULL);
}

void bed_tunnel_close(void)
{
	cap_tunnel_close(bed.tunnel);
	bed.tunnel = NULL;
}

int bed_dial(struct cap_tunnel *tunnel, uint16_t port)
{
	struct cap_error error = {0};
	int fd = cap_tunnel_dial(tunnel, port, &error);

	assert_true(fd >= 0);
	assert_true(bed.dial_count < DIALS);
	return bed.dials[bed.dial_count++] = fd;
}

void hang_up(int fd)
{
	for (size_t i = 0; i < bed.dial_count; i++) {
		if (bed.dials[i] != fd)
			continue;
		bed.dials[i] = bed.dials[--bed.dial_count];
		close(fd);
		return;
	}
	fail_msg("%d is no connection of the test", fd);
}

unsigned tunnel_open_count(struct cap_tunnel *tunnel)
{
	struct cap_tunnel_stats stats;

	cap_tunnel_stats(tunnel, &stats);
	return stats.open;
}

/* ---- a connection's bytes ------------------------------------------------------------ */

static void wait_for(int fd, short events)
{
	struct pollfd polled = {.fd = fd, .events = events};

	assert_true(poll(&polled, 1, (int)(PATIENCE / MS)) > 0);
}

bool put(int fd, const void *data, size_t size)
{
	while (size) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			return false;
		if (sent < 0)
			wait_for(fd, POLLOUT);
		else
			data = (const char *)data + sent, size -= (size_t)sent;
	}
	return true;
}

size_t get(int fd, void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = recv(fd, (char *)data + done, size - done, 0);

		if (got < 0 && errno == EAGAIN)
			wait_for(fd, POLLIN);
		else if (got <= 0)
			break;
		else
			done += (size_t)got;
	}
	return done;
}

bool ends(int fd)
{
	char byte;

	return get(fd, &byte, 1) == 0;
}

enum cap_status ends_with(struct cap_tunnel *tunnel, int fd, struct cap_error *ret)
{
	*ret = (struct cap_error){0};
	assert_true(ends(fd));
	return cap_tunnel_error(tunnel, 0, 0, ret);
}

uint8_t stream_byte(uint64_t at)
{
	return (uint8_t)(at * 2654435761u >> 13);
}

void stream_fill(uint8_t *data, uint64_t at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		data[i] = stream_byte(at + i);
}

bool stream_is(const uint8_t *data, uint64_t at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] != stream_byte(at + i))
			return false;
	return true;
}
