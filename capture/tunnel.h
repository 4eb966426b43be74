/* The tunnel as the rest of capture sees it. Private to capture. */
#ifndef CAPTURE_TUNNEL_H
#define CAPTURE_TUNNEL_H

#include "capture/capture.h"

/* As cap_tunnel_dial, for a connected non-blocking socket: its peer is who speaks to the pod. The tunnel
 * takes it, also when it fails (-1). */
int tunnel_carry(struct cap_tunnel *tunnel, int socket, uint16_t port, struct cap_error *error);

#endif
