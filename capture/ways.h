/*
 * Which way a tunnel goes: the ways there are, their order, and what each refusal means. It holds no
 * connection. Private to the tunnel.
 *
 * The order, and why:
 *
 *   1. websocket: known to every API server since 1.3 and every kubelet's container runtime, so that one
 *      handshake is enough nearly everywhere; the frames are the simplest; proxies pass a WebSocket where
 * they do not pass SPDY (rancher#37355, GKE's Connect Gateway). It was the quickest in tests/bench/tunnel.
 *   2. spdy-websocket: what kubectl speaks since 1.31, so that gateways that know only kubectl's ways know
 * it. Not first: API servers before 1.31 do not have it. The two could be offered in one handshake, but a
 *      server that knows both then takes this one (tried with 1.35: it looks whether it is offered, not in
 *      which place), and older ones the other: offering the first alone costs a second handshake only where
 * it is refused.
 *   3. spdy: the POST of older kubectl. It asks for `create` where the others ask for `get` (and, from 1.35
 *      on, for both), so it is what a role with `create` alone allows.
 *   4. proxy: not port-forward at all. It needs another right, forwards no connections but requests (no load,
 *      therefore), and reaches only what listens on the pod's address.
 *
 * A refusal is an answer to a handshake. After one that says that this way is not known here (a protocol that
 * is not spoken, 400, 405, 426 ...), the next one is tried. After a Kubernetes Status 403, which names the
 * verb that is missing, those with another verb. Any other answer (the pod is not there, the server has
 * trouble, the credentials are wrong) would be the same on every way and ends it; so does a connection that
 * cannot be made, or is cut.
 */
#ifndef CAPTURE_WAYS_H
#define CAPTURE_WAYS_H

#include "capture/capture.h"

struct ways {
	enum cap_way asked;   /* AUTO, or the only one */
	enum cap_way settled; /* AUTO: not yet */
	struct cap_error refused[CAP_WAYS];
};

/* The first to try. */
enum cap_way ways_first(const struct ways *ways);
/* `way` was refused: it is noted, and the next to try is returned; AUTO: there is none, or it would not
 * help. */
enum cap_way ways_next(struct ways *ways, enum cap_way way, const struct cap_error *refusal);
/* That one is open; the first one to be so stays. */
void ways_settle(struct ways *ways, enum cap_way way);
/* What stands for all the refusals, when there is no way left: the first one of a missing right, if there is
 * one, and rather one that names it (the check for `create` of 1.35 does not). */
const struct cap_error *ways_refusal(const struct ways *ways, const struct cap_error *last);

#endif
