#include "capture/tunnel.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/caller.h"
#include "capture/clock.h"
#include "capture/failure.h"
#include "capture/thread.h"
#include "capture/ways.h"

#define SECOND 1000000000LL
#define NOTED  16 /* ports whose newest failure is kept */

struct noted {
	int64_t at; /* 0: none */
	uint16_t port;
	struct cap_error error;
};

struct cap_tunnel {
	struct channel_times times;
	int tick_ms;    /* pings and silence are looked at this often at least */
	char *ns, *pod; /* for the proxy */
	struct caller caller;
	pthread_t thread;
	int wake;

	/* the thread's own */
	struct channel *channels;
	struct pollfd *polled;
	size_t polled_room;

	pthread_mutex_t lock; /* of all below */
	struct channel *fresh;
	bool stop;
	struct ways ways;
	bool exhausted; /* every way to forward was refused */
	struct cap_tunnel_stats stats;
	struct noted noted[NOTED];
};

/* ---- a new connection ------------------------------------------------------ */

static void wake(struct cap_tunnel *tunnel)
{
	const uint64_t one = 1;

	if (write(tunnel->wake, &one, sizeof one) < 0)
		return; /* the counter is full: the thread has not slept since */
}

/* On the caller's thread. */
static void add_fresh(void *context, struct channel *channel)
{
	struct cap_tunnel *tunnel = context;

	pthread_mutex_lock(&tunnel->lock);
	channel->next = tunnel->fresh;
	tunnel->fresh = channel;
	pthread_mutex_unlock(&tunnel->lock);
	wake(tunnel);
}

static struct channel *take_fresh(struct cap_tunnel *tunnel)
{
	struct channel *fresh;

	pthread_mutex_lock(&tunnel->lock);
	fresh = tunnel->fresh;
	tunnel->fresh = NULL;
	pthread_mutex_unlock(&tunnel->lock);
	return fresh;
}

/* It is open: this way is known here. */
static void settle(struct cap_tunnel *tunnel, struct channel *channel)
{
	channel->told = true;
	pthread_mutex_lock(&tunnel->lock);
	ways_settle(&tunnel->ways, channel->way);
	pthread_mutex_unlock(&tunnel->lock);
}

/* The way after the one that was refused; AUTO: none, and the channel's error stands for them all. */
static enum cap_way way_after(struct cap_tunnel *tunnel, struct channel *channel)
{
	enum cap_way next;

	pthread_mutex_lock(&tunnel->lock);
	next = ways_next(&tunnel->ways, channel->way, &channel->error);
	if (next == CAP_WAY_PROXY) {
		tunnel->exhausted = true;
		next = CAP_WAY_AUTO;
	}
	if (next == CAP_WAY_AUTO && tunnel->ways.refused[channel->way].status != CAP_OK)
		channel->error = *ways_refusal(&tunnel->ways, &channel->error);
	pthread_mutex_unlock(&tunnel->lock);
	return next;
}

/* ---- the end of one ----------------------------------------------------------- */

/* The slot of that port, else an empty one, else the oldest. */
static struct noted *noted_slot(struct cap_tunnel *tunnel, uint16_t port)
{
	struct noted *slot = tunnel->noted;

	for (size_t i = 0; i < NOTED; i++) {
		if (tunnel->noted[i].at && tunnel->noted[i].port == port)
			return &tunnel->noted[i];
		if (tunnel->noted[i].at < slot->at)
			slot = &tunnel->noted[i];
	}
	return slot;
}

static void count_end(struct cap_tunnel *tunnel, const struct channel *channel)
{
	pthread_mutex_lock(&tunnel->lock);
	tunnel->stats.open--;
	if (channel->error.status != CAP_OK) {
		tunnel->stats.failed++;
		*noted_slot(tunnel, channel->port) =
			(struct noted){clock_now(), channel->port, channel->error};
	}
	pthread_mutex_unlock(&tunnel->lock);
}

/* A refusal that passes: other credentials, or a server that says when it wants to be asked again. */
static bool may_pass(struct cap_tunnel *tunnel, struct channel *channel)
{
	const struct cap_endpoint *server = tunnel->caller.api_server;
	const struct cap_error *refusal = &channel->error;
	int64_t again = cap_error_again(refusal);

	if (channel->state != CHANNEL_REFUSED || refusal->status != CAP_HTTP)
		return false;
	if (refusal->http_status == 401 && !channel->renewed && server->credentials_rejected) {
		channel->renewed = true;
		return server->credentials_rejected(server->credentials_context);
	}
	if (!again || channel->put_off == CAP_AGAIN_TIMES)
		return false;
	channel->put_off++;
	channel->not_before = clock_now() + again;
	return true;
}

static void begin_again(struct cap_tunnel *tunnel, struct channel *channel, enum cap_way way)
{
	channel_again(channel, way);
	caller_add(&tunnel->caller, channel);
}

/* The failure is noted before the socket ends: whoever sees the end finds the reason. */
static void end_channel(struct cap_tunnel *tunnel, struct channel *channel)
{
	enum cap_way next;

	if (may_pass(tunnel, channel)) {
		begin_again(tunnel, channel, channel->way);
		return;
	}
	next = channel->state == CHANNEL_REFUSED ? way_after(tunnel, channel) : CAP_WAY_AUTO;
	if (next != CAP_WAY_AUTO) {
		begin_again(tunnel, channel, next);
		return;
	}
	count_end(tunnel, channel);
	channel_free(channel);
}

static void reap(struct cap_tunnel *tunnel)
{
	struct channel **at = &tunnel->channels;

	while (*at) {
		struct channel *channel = *at;

		if (channel->state < CHANNEL_REFUSED) {
			at = &channel->next;
			continue;
		}
		*at = channel->next;
		end_channel(tunnel, channel);
	}
}

static void begin_fresh(struct cap_tunnel *tunnel)
{
	struct channel *fresh = take_fresh(tunnel);

	while (fresh) {
		struct channel *channel = fresh;

		fresh = channel->next;
		channel->next = tunnel->channels;
		tunnel->channels = channel;
	}
	reap(tunnel); /* those that could not even begin */
}

/* ---- the thread ------------------------------------------------------------------ */

static int poll_room(struct cap_tunnel *tunnel, size_t wanted)
{
	size_t room = tunnel->polled_room ? tunnel->polled_room : 64;
	struct pollfd *polled;

	while (room < wanted)
		room *= 2;
	if (room == tunnel->polled_room)
		return 0;
	polled = realloc(tunnel->polled, room * sizeof *polled);
	if (!polled)
		return -1;
	tunnel->polled = polled;
	tunnel->polled_room = room;
	return 0;
}

/* Returns how many entries there are; [0] is the wake-up. */
static size_t gather(struct cap_tunnel *tunnel, int *ret_timeout)
{
	size_t count = 1;

	*ret_timeout = tunnel->tick_ms;
	tunnel->polled[0] = (struct pollfd){.fd = tunnel->wake, .events = POLLIN};
	for (struct channel *channel = tunnel->channels; channel; channel = channel->next) {
		if (poll_room(tunnel, count + CHANNEL_POLLS) < 0) {
			channel_fail(channel, CAP_MEMORY, "out of memory");
			channel->polled_count = 0;
			*ret_timeout = 0;
			continue;
		}
		channel->polled = count;
		channel->polled_count = channel_wants(channel, tunnel->polled + count);
		count += channel->polled_count;
		if (channel->state == CHANNEL_CONNECTING && dialer_timeout(&channel->dialer) < *ret_timeout)
			*ret_timeout = dialer_timeout(&channel->dialer);
		if (channel_is_eager(channel))
			*ret_timeout = 0;
	}
	return count;
}

static bool is_ready(const struct cap_tunnel *tunnel, const struct channel *channel)
{
	if (channel_is_eager(channel))
		return true;
	for (size_t i = 0; i < channel->polled_count; i++)
		if (tunnel->polled[channel->polled + i].revents)
			return true;
	return false;
}

static void count_bytes(struct cap_tunnel *tunnel, uint64_t in, uint64_t out)
{
	pthread_mutex_lock(&tunnel->lock);
	tunnel->stats.bytes_in += in;
	tunnel->stats.bytes_out += out;
	pthread_mutex_unlock(&tunnel->lock);
}

/* Bytes since the last call. */
static uint64_t take(uint64_t *bytes)
{
	uint64_t moved = *bytes;

	*bytes = 0;
	return moved;
}

static void pump(struct cap_tunnel *tunnel)
{
	int64_t now = clock_now();
	uint64_t in = 0, out = 0;

	for (struct channel *channel = tunnel->channels; channel; channel = channel->next) {
		if (is_ready(tunnel, channel))
			channel_pump(channel, tunnel->polled + channel->polled, channel->polled_count, now);
		channel_clock(channel, now);
		if (channel->state == CHANNEL_OPEN && !channel->told)
			settle(tunnel, channel);
		if (!channel->forward)
			continue;
		in += take(&channel->forward->bytes_in);
		out += take(&channel->forward->bytes_out);
	}
	if (in || out)
		count_bytes(tunnel, in, out);
	reap(tunnel);
}

static bool told_to_stop(struct cap_tunnel *tunnel)
{
	bool stop;

	pthread_mutex_lock(&tunnel->lock);
	stop = tunnel->stop;
	pthread_mutex_unlock(&tunnel->lock);
	return stop;
}

static void *run(void *context)
{
	struct cap_tunnel *tunnel = context;
	uint64_t woken;
	int timeout;

	pthread_setname_np(pthread_self(), "tunnel");
	while (!told_to_stop(tunnel)) {
		size_t count = gather(tunnel, &timeout);

		if (poll(tunnel->polled, (nfds_t)count, timeout) < 0)
			continue;
		pump(tunnel);
		if (tunnel->polled[0].revents && read(tunnel->wake, &woken, sizeof woken) > 0)
			begin_fresh(tunnel);
	}
	return NULL;
}

/* ---- the tunnel as others see it --------------------------------------------------- */

static int tick_of(const struct channel_times *times)
{
	int64_t shortest = times->ping < times->silence ? times->ping : times->silence;

	if (times->handshake < shortest)
		shortest = times->handshake;
	return shortest >= 4 * SECOND ? 1000 : (int)(shortest / (4 * SECOND / 1000)) + 1;
}

static void release(struct cap_tunnel *tunnel)
{
	if (tunnel->wake >= 0)
		close(tunnel->wake);
	pthread_mutex_destroy(&tunnel->lock);
	free(tunnel->polled);
	free(tunnel->ns);
	free(tunnel->pod);
	free(tunnel);
}

static void end_list(struct cap_tunnel *tunnel, struct channel *channel)
{
	while (channel) {
		struct channel *next = channel->next;

		channel->state = CHANNEL_ENDED;
		end_channel(tunnel, channel);
		channel = next;
	}
}

/* The channels that nobody has yet. */
static void stop(struct cap_tunnel *tunnel, bool started)
{
	pthread_mutex_lock(&tunnel->lock);
	tunnel->stop = true;
	pthread_mutex_unlock(&tunnel->lock);
	wake(tunnel);
	if (started)
		pthread_join(tunnel->thread, NULL);
	end_list(tunnel, caller_stop(&tunnel->caller));
	end_list(tunnel, take_fresh(tunnel));
	end_list(tunnel, tunnel->channels);
}

static int make(struct cap_tunnel *tunnel, const struct cap_endpoint *api_server)
{
	if (!tunnel->ns || !tunnel->pod || tunnel->wake < 0 || poll_room(tunnel, 1) < 0 ||
	    caller_start(&tunnel->caller, api_server, tunnel->ns, tunnel->pod, add_fresh, tunnel) < 0)
		return -1;
	if (thread_start(&tunnel->thread, run, tunnel) == 0)
		return 0;
	stop(tunnel, false);
	return -1;
}

enum cap_status tunnel_open(const struct cap_endpoint *api_server, const char *ns, const char *pod,
                            enum cap_way way, const struct channel_times *times, struct cap_tunnel **ret,
                            struct cap_error *error)
{
	struct cap_tunnel *tunnel = calloc(1, sizeof *tunnel);

	if (!tunnel)
		return failure_set(error, CAP_MEMORY, "out of memory");
	tunnel->times = *times;
	tunnel->tick_ms = tick_of(times);
	tunnel->ways.asked = way;
	tunnel->ns = strdup(ns);
	tunnel->pod = strdup(pod);
	tunnel->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&tunnel->lock, NULL);
	if (make(tunnel, api_server) < 0) {
		release(tunnel);
		return failure_set(error, CAP_MEMORY, "no memory, descriptor or thread left for a tunnel");
	}
	*ret = tunnel;
	return CAP_OK;
}

enum cap_status cap_tunnel_open(const struct cap_endpoint *api_server, const char *ns, const char *pod,
                                enum cap_way way, struct cap_tunnel **ret, struct cap_error *error)
{
	/* kubelet and containerd answer within a round trip; proxies cut what is idle after 20 s and more. A
	 * connection that nobody answers on costs the captures the time of the silence. */
	static const struct channel_times times = {
		.handshake = 20 * SECOND, .ping = 2 * SECOND, .silence = 8 * SECOND};

	return tunnel_open(api_server, ns, pod, way, &times, ret, error);
}

int tunnel_carry(struct cap_tunnel *tunnel, int socket, uint16_t port, struct cap_error *error)
{
	struct channel *channel = channel_new(socket, port, &tunnel->times);

	if (!channel) {
		close(socket);
		failure_set(error, CAP_MEMORY, "out of memory");
		return -1;
	}
	pthread_mutex_lock(&tunnel->lock);
	channel->way = ways_first(&tunnel->ways);
	tunnel->stats.connections++;
	tunnel->stats.open++;
	pthread_mutex_unlock(&tunnel->lock);
	caller_add(&tunnel->caller, channel);
	return 0;
}

int cap_tunnel_dial(struct cap_tunnel *tunnel, uint16_t port, struct cap_error *error)
{
	int pair[2];

	if (tunnel_proxy(tunnel) == TUNNEL_PROXY_SURE) {
		failure_set(error, CAP_CONNECT,
		            "the API server's proxy forwards no connections, and the other ways are closed");
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
		failure_set(error, CAP_CONNECT, "no socket left: %s", strerrordesc_np(errno));
		return -1;
	}
	if (tunnel_carry(tunnel, pair[1], port, error) < 0) {
		close(pair[0]);
		return -1;
	}
	return pair[0];
}

enum cap_status cap_tunnel_error(struct cap_tunnel *tunnel, uint16_t port, int64_t since,
                                 struct cap_error *ret)
{
	const struct noted *newest = NULL;
	enum cap_status status = CAP_OK;

	pthread_mutex_lock(&tunnel->lock);
	for (size_t i = 0; i < NOTED; i++) {
		const struct noted *noted = &tunnel->noted[i];

		if (noted->at > since && (!port || noted->port == port) &&
		    (!newest || noted->at > newest->at))
			newest = noted;
	}
	if (newest) {
		*ret = newest->error;
		status = newest->error.status;
	}
	pthread_mutex_unlock(&tunnel->lock);
	return status;
}

void cap_tunnel_stats(struct cap_tunnel *tunnel, struct cap_tunnel_stats *ret)
{
	pthread_mutex_lock(&tunnel->lock);
	*ret = tunnel->stats;
	pthread_mutex_unlock(&tunnel->lock);
}

void cap_tunnel_close(struct cap_tunnel *tunnel)
{
	if (!tunnel)
		return;
	stop(tunnel, true);
	release(tunnel);
}

/* ---- which way it goes -------------------------------------------------------------- */

enum cap_way cap_tunnel_way(struct cap_tunnel *tunnel, struct cap_error ret_refused[CAP_WAYS])
{
	enum cap_way way;

	pthread_mutex_lock(&tunnel->lock);
	way = tunnel->ways.settled;
	memcpy(ret_refused, tunnel->ways.refused, sizeof tunnel->ways.refused);
	pthread_mutex_unlock(&tunnel->lock);
	return way;
}

enum tunnel_proxy tunnel_proxy(struct cap_tunnel *tunnel)
{
	enum tunnel_proxy ret = TUNNEL_PROXY_NO;

	pthread_mutex_lock(&tunnel->lock);
	if (ways_first(&tunnel->ways) == CAP_WAY_PROXY)
		ret = TUNNEL_PROXY_SURE;
	else if (tunnel->exhausted && tunnel->ways.settled == CAP_WAY_AUTO)
		ret = TUNNEL_PROXY_MAYBE;
	pthread_mutex_unlock(&tunnel->lock);
	return ret;
}

void tunnel_proxied(struct cap_tunnel *tunnel)
{
	pthread_mutex_lock(&tunnel->lock);
	ways_settle(&tunnel->ways, CAP_WAY_PROXY);
	pthread_mutex_unlock(&tunnel->lock);
}

void tunnel_proxy_refused(struct cap_tunnel *tunnel, struct cap_error *error)
{
	pthread_mutex_lock(&tunnel->lock);
	ways_next(&tunnel->ways, CAP_WAY_PROXY, error);
	*error = *ways_refusal(&tunnel->ways, error);
	pthread_mutex_unlock(&tunnel->lock);
}

const struct cap_endpoint *tunnel_api_server(const struct cap_tunnel *tunnel)
{
	return tunnel->caller.api_server;
}

char *tunnel_proxy_path(const struct cap_tunnel *tunnel, bool tls, uint16_t port)
{
	char *ret;

	return asprintf(&ret, "/api/v1/namespaces/%s/pods/%s:%s:%u/proxy", tunnel->ns, tls ? "https" : "http",
	                tunnel->pod, port) < 0
	               ? NULL
	               : ret;
}
