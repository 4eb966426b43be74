/*
 * The other pods of --pods: further replicas of the target's workload, each reached by a tunnel of its own
 * and profiled at the same time.
 */
#ifndef PLUGIN_PEERS_H
#define PLUGIN_PEERS_H

#include "plugin/target.h"

/*
 * Fills first->peers with the next pods of its ranking, all made ready as it is itself (tunnel up, pprof
 * found, CPU profiler free), side by side. Fewer ready pods than asked for are no error: first->peer_note
 * says so. -1 with the first pod's failure that there is; target_release releases what was made.
 */
int peers_open(const struct plan *plan, struct target *first, struct error *error);

#endif
