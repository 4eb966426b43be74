/*
 * A connection inside this process whose one end libcurl makes itself: libcurl
 * before 8.0 (Debian 12 has 7.88.1) connects a socket even when it is told that
 * it is connected already (curl#10626), so it is given one to connect, to a
 * listener without a path that lives until the other end is taken, and takes
 * this process only. Private to capture.
 */
#ifndef CAPTURE_HANDOVER_H
#define CAPTURE_HANDOVER_H

#include <curl/curl.h>

struct handover {
	int listener; /* -1: none */
};

#define HANDOVER_INIT ((struct handover){-1})

/* For CURLOPT_OPENSOCKETFUNCTION: a socket, and in *address where it is to be connected. */
curl_socket_t handover_open(struct handover *handover, struct curl_sockaddr *address);
/* The other end, once libcurl has connected: non-blocking, close-on-exec, the caller's. -1: not yet. */
int handover_take(struct handover *handover);
void handover_release(struct handover *handover);

#endif
