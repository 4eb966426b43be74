/*
 * The handshake of a port-forward, as text in and out; whoever has the connection moves the bytes. Private to
 * capture.
 *
 *   websocket       GET ?ports=N, WebSocket (RFC 6455, section 4), offers v4.channel.k8s.io
 *   spdy-websocket  the same, offers SPDY/3.1+portforward.k8s.io (API servers of 1.31 and newer)
 *   spdy            POST, Upgrade: SPDY/3.1, X-Stream-Protocol-Version: portforward.k8s.io
 */
#ifndef CAPTURE_UPGRADE_H
#define CAPTURE_UPGRADE_H

#include <stddef.h>

#include "capture/capture.h"

#define UPGRADE_V4   "v4.channel.k8s.io"
#define UPGRADE_SPDY "SPDY/3.1+portforward.k8s.io"
/* Ceiling of the answer: its head, or head and body when it refuses. */
#define UPGRADE_MAX 65536

struct upgrade {
	enum cap_way way;
	char key[32];    /* Sec-WebSocket-Key */
	char accept[32]; /* what the server must make of it */
};

/* One of the three; makes a fresh key. -1 when there is no randomness. */
int upgrade_init(struct upgrade *upgrade, enum cap_way way);
/*
 * The request: `path` is the URL's own path and the resource, without a query; `headers` are
 * further lines (credentials), `host` the Host. malloc'd, NULL when memory is
 * out; it holds credentials.
 */
char *upgrade_request(const struct upgrade *upgrade, const char *path, uint16_t port, const char *host,
                      const char *user_agent, const char *const *headers, size_t header_count);

enum upgrade_state {
	UPGRADE_MORE,
	UPGRADE_OPEN,
	UPGRADE_REFUSED, /* an HTTP server answers, and says no */
	UPGRADE_BROKEN,  /* what answers is none, or was cut in its answer */
};
/*
 * What the `size` bytes got so far (followed by a NUL) mean; `ended`: no more
 * will come, or nobody waits for it any longer. OPEN: *ret_head is where the
 * protocol's frames begin. REFUSED and BROKEN: `error` says why.
 */
enum upgrade_state upgrade_answer(const struct upgrade *upgrade, const char *data, size_t size, bool ended,
                                  size_t *ret_head, struct cap_error *error);

#endif
