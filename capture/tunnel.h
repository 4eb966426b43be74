/* The tunnel as the rest of capture, and its tests, see it. Private to capture. */
#ifndef CAPTURE_TUNNEL_H
#define CAPTURE_TUNNEL_H

#include "capture/capture.h"

struct channel_times;

/* As cap_tunnel_open, with other times. */
enum cap_status tunnel_open(const struct cap_endpoint *api_server, const char *ns, const char *pod,
                            enum cap_way way, const struct channel_times *times, struct cap_tunnel **ret,
                            struct cap_error *error);
/* As cap_tunnel_dial, for a connected non-blocking socket: its peer is who speaks to the pod. The tunnel
 * takes it, also when it fails (-1). */
int tunnel_carry(struct cap_tunnel *tunnel, int socket, uint16_t port, struct cap_error *error);

/* Do requests go by the API server's proxy: sure, or worth a try since the other ways are refused? */
enum tunnel_proxy { TUNNEL_PROXY_NO, TUNNEL_PROXY_MAYBE, TUNNEL_PROXY_SURE };
enum tunnel_proxy tunnel_proxy(struct cap_tunnel *tunnel);
/* The proxy let a request through, or refused it: *error is then what stands for all the refusals. */
void tunnel_proxied(struct cap_tunnel *tunnel);
void tunnel_proxy_refused(struct cap_tunnel *tunnel, struct cap_error *error);
const struct cap_endpoint *tunnel_api_server(const struct cap_tunnel *tunnel);
/* "/api/v1/namespaces/N/pods/https:P:6060/proxy": behind the endpoint's URL. malloc'd, NULL: no memory. */
char *tunnel_proxy_path(const struct cap_tunnel *tunnel, bool tls, uint16_t port);

#endif
