/* One HTTP exchange, straight or through a tunnel. Private to capture. */
#ifndef CAPTURE_REQUEST_H
#define CAPTURE_REQUEST_H

#include "capture/capture.h"

/* `endpoint` for a straight one, else `tunnel` and `port`. */
struct exchange {
	const struct cap_endpoint *endpoint;
	struct cap_tunnel *tunnel;
	uint16_t port;
	bool tls; /* through the tunnel: https, certificate not verified */
	const struct cap_request *request;
	const char *const *headers; /* further lines, NULL-terminated; NULL: none */
};

/* As cap_request, over either way. A tunnel's own failure stands for what libcurl makes of the cut
 * connection. */
enum cap_status exchange_once(const struct exchange *exchange, struct cap_response *ret,
                              struct cap_error *error);
/* The same; where a tunnel's ways are closed but for the API server's proxy, by that. */
enum cap_status exchange_run(const struct exchange *exchange, struct cap_response *ret,
                             struct cap_error *error);

#endif
