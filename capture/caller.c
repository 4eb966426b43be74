#include "capture/caller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture/clock.h"
#include "capture/failure.h"
#include "capture/thread.h"

#define SECOND  1000000000L
#define WAITING (50 * 1000000L)

/* The lines of credentials and what else the handle was given, without a Host: ours is its place. */
static size_t lines_of(const struct easy *easy, const char **ret)
{
	size_t count = 0;

	for (const struct curl_slist *item = easy->headers; item; item = item->next) {
		if (strncasecmp(item->data, "Host:", 5) == 0)
			continue;
		if (ret)
			ret[count] = item->data;
		count++;
	}
	return count;
}

static char *handshake(const struct caller *caller, struct channel *channel, const struct easy *easy)
{
	size_t count = lines_of(easy, NULL);
	const char **lines = calloc(count + 1, sizeof *lines);
	char *text = NULL;

	if (!lines)
		return NULL;
	lines_of(easy, lines);
	if (upgrade_init(&channel->upgrade, channel->way) == 0)
		text = upgrade_request(&channel->upgrade, caller->path, channel->port, caller->host,
		                       caller->api_server->user_agent, lines, count);
	free(lines);
	return text;
}

static void begin(const struct caller *caller, struct channel *channel)
{
	struct easy easy = {0};
	char *request = NULL;

	if (endpoint_easy(caller->api_server, "/", &easy, &channel->error) == CAP_OK &&
	    endpoint_credentials(caller->api_server, &easy, &channel->error) == CAP_OK) {
		request = handshake(caller, channel, &easy);
		if (!request)
			failure_set(&channel->error, CAP_MEMORY, "out of memory");
	}
	if (request)
		channel_dial(channel, &easy, request, clock_now());
	else
		channel->state = CHANNEL_ENDED;
	easy_release(&easy);
}

/* Credentials that are being fetched are asked for again soon: whoever ends the tunnel need not wait for
 * them. */
static bool must_wait(const struct caller *caller)
{
	const struct cap_endpoint *api_server = caller->api_server;

	return api_server->credentials_ready &&
	       !api_server->credentials_ready(api_server->credentials_context);
}

/* Locked. */
static void wait_a_little(struct caller *caller)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += WAITING;
	until.tv_sec += until.tv_nsec / SECOND;
	until.tv_nsec %= SECOND;
	pthread_cond_timedwait(&caller->changed, &caller->lock, &until);
}

/* Locked. The first one whose time has come; NULL: none. */
static struct channel *take_due(struct caller *caller)
{
	int64_t now = clock_now();

	for (struct channel **at = &caller->waiting; *at; at = &(*at)->next) {
		struct channel *channel = *at;

		if (channel->not_before > now)
			continue;
		*at = channel->next;
		return channel;
	}
	return NULL;
}

static void *run(void *context)
{
	struct caller *caller = context;

	pthread_setname_np(pthread_self(), "tunnel-caller");
	pthread_mutex_lock(&caller->lock);
	while (!caller->stop) {
		struct channel *channel;

		if (!caller->waiting) {
			pthread_cond_wait(&caller->changed, &caller->lock);
			continue;
		}
		channel = must_wait(caller) ? NULL : take_due(caller);
		if (!channel) {
			wait_a_little(caller);
			continue;
		}
		pthread_mutex_unlock(&caller->lock);
		begin(caller, channel);
		caller->ready(caller->context, channel);
		pthread_mutex_lock(&caller->lock);
	}
	pthread_mutex_unlock(&caller->lock);
	return NULL;
}

/* "/prefix/api/v1/..." : a server may lie behind a path. Names of namespaces and pods need no escaping. */
static char *resource_path(const struct cap_endpoint *api_server, const char *ns, const char *pod)
{
	const char *host = strstr(api_server->url, "://");
	const char *prefix = host ? strchr(host + 3, '/') : NULL;
	char *ret;

	return asprintf(&ret, "%s/api/v1/namespaces/%s/pods/%s/portforward", prefix ? prefix : "", ns, pod) <
	                       0
	               ? NULL
	               : ret;
}

static void release(struct caller *caller)
{
	pthread_cond_destroy(&caller->changed);
	pthread_mutex_destroy(&caller->lock);
	free(caller->path);
	free(caller->host);
}

int caller_start(struct caller *caller, const struct cap_endpoint *api_server, const char *ns,
                 const char *pod, void (*ready)(void *context, struct channel *channel), void *context)
{
	pthread_condattr_t clock;

	*caller = (struct caller){
		.api_server = api_server,
		.path = resource_path(api_server, ns, pod),
		.host = endpoint_host(api_server),
		.ready = ready,
		.context = context,
	};
	pthread_mutex_init(&caller->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&caller->changed, &clock);
	pthread_condattr_destroy(&clock);
	if (caller->path && caller->host && thread_start(&caller->thread, run, caller) == 0)
		return 0;
	release(caller);
	return -1;
}

void caller_add(struct caller *caller, struct channel *channel)
{
	struct channel **end = &caller->waiting;

	channel->next = NULL;
	pthread_mutex_lock(&caller->lock);
	while (*end)
		end = &(*end)->next;
	*end = channel;
	pthread_cond_signal(&caller->changed);
	pthread_mutex_unlock(&caller->lock);
}

struct channel *caller_stop(struct caller *caller)
{
	pthread_mutex_lock(&caller->lock);
	caller->stop = true;
	pthread_cond_signal(&caller->changed);
	pthread_mutex_unlock(&caller->lock);
	pthread_join(caller->thread, NULL);
	release(caller);
	return caller->waiting;
}
