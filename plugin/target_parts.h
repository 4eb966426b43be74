/* Steps of target_prepare that are gone again when another pod is taken (target_again.c). Private to the two.
 */
#ifndef PLUGIN_TARGET_PARTS_H
#define PLUGIN_TARGET_PARTS_H

#include "plugin/target.h"

/* Ranks the pods and takes the top one. A negated HTTP status or -1 on failure. */
int target_pick(const struct plan *plan, struct target *target, struct error *error);
/* Takes that one. */
void target_take_ranked(struct target *target, const struct ranked_pod *ranked);
int target_open_tunnel(const struct plan *plan, struct target *target, struct error *error);
int target_find_pprof(const struct plan *plan, struct target *target, struct error *error);
void target_set_share(const struct plan *plan, struct target *target);
/* The load's connections go through the tunnel as it is now. */
void target_set_route(struct target *target);
void target_release_formers(struct target *target);

#endif
