/*
 * Prepares the connections of a tunnel: credentials, which may come from a program that takes its time, and
 * the handshake's text. On a thread of its own, so that connections that are open do not wait for it. Private
 * to the tunnel.
 */
#ifndef CAPTURE_CALLER_H
#define CAPTURE_CALLER_H

#include <pthread.h>

#include "capture/channel.h"

struct caller {
	const struct cap_endpoint *api_server;
	char *path; /* of the API server's URL, and the resource */
	char *host; /* for the Host header */
	void (*ready)(void *context, struct channel *channel);
	void *context;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	bool stop;
	struct channel *waiting;
};

/* `ready` is called on the caller's thread: the channel connects now, or has failed. -1: no memory or thread
 * left, and nothing is to be stopped. */
int caller_start(struct caller *caller, const struct cap_endpoint *api_server, const char *ns,
                 const char *pod, void (*ready)(void *context, struct channel *channel), void *context);
/* Takes the channel, until it is `ready`. Thread-safe. */
void caller_add(struct caller *caller, struct channel *channel);
/* Waits for the thread; returns the channels that were not begun. */
struct channel *caller_stop(struct caller *caller);

#endif
