/* The tunnel as the rest of capture, and its tests, see it. Private to capture. */
#ifndef CAPTURE_TUNNEL_H
#define CAPTURE_TUNNEL_H

#include "capture/capture.h"

struct channel_times;

/* As cap_tunnel_open, with other times. */
enum cap_status tunnel_open(const struct cap_endpoint *api_server, const char *ns, const char *pod,
                            const struct channel_times *times, struct cap_tunnel **ret,
                            struct cap_error *error);
/* As cap_tunnel_dial, for a connected non-blocking socket: its peer is who speaks to the pod. The tunnel
 * takes it, also when it fails (-1). */
int tunnel_carry(struct cap_tunnel *tunnel, int socket, uint16_t port, struct cap_error *error);

#endif
