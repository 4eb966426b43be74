/*
 * A connection being made by libcurl (names, proxies, TLS), step by step, for a thread that polls many. Each
 * has a multi handle of its own: connections of one handle share a cache, from which libcurl drops those that
 * it takes for idle, and ones made with CURLOPT_CONNECT_ONLY look idle to it. Private to capture.
 */
#ifndef CAPTURE_DIALER_H
#define CAPTURE_DIALER_H

#include <poll.h>

#include "capture/endpoint.h"

#define DIALER_SOCKETS 8 /* addresses tried at once, and the resolver's own */

struct dialer {
	CURLM *multi;
	struct easy easy;
	struct pollfd sockets[DIALER_SOCKETS]; /* what to wait for while connecting */
	size_t count;
};

/* Takes the handle (also when it fails), and begins to connect. 0, or -1 when memory is out. */
int dialer_begin(struct dialer *dialer, struct easy *easy);

enum dialer_state { DIALER_MORE, DIALER_CONNECTED, DIALER_FAILED };
/*
 * Goes on as far as it can; `polled` are dialer->sockets as they came back from poll(), NULL: time has
 * passed. CONNECTED: *ret_socket is for poll() only, curl_easy_send and curl_easy_recv move the bytes.
 * FAILED: `error` says why.
 */
enum dialer_state dialer_step(struct dialer *dialer, const struct pollfd *polled, size_t count,
                              curl_socket_t *ret_socket, struct cap_error *error);
/* Milliseconds until it wants a step, whatever the sockets do. */
int dialer_timeout(const struct dialer *dialer);
/* Closes the connection. */
void dialer_release(struct dialer *dialer);

#endif
