/*
 * The target of a run, made ready: pod picked, tunnel up, pprof found and
 * answering, the load's destination known and answering. Nothing but small
 * probes was sent when target_prepare returns.
 */
#ifndef PLUGIN_TARGET_H
#define PLUGIN_TARGET_H

#include <stdatomic.h>

#include "capture/capture.h"
#include "loadgen/loadgen.h"
#include "plugin/bastion.h"
#include "plugin/cluster.h"
#include "plugin/plan.h"
#include "plugin/ranking.h"

/*
 * What a target was before another pod took its place: kept until the run is over, since threads of the load
 * may be inside the tunnel, and others read the pods.
 */
struct target_former {
	struct ranking ranking;
	struct cap_tunnel *tunnel; /* NULL: the target has it still */
	struct target_former *older;
};

/* Where the load's connections go through the tunnel; never changed once it is in use. */
struct target_route {
	struct cap_tunnel *tunnel;
	uint16_t port;
	struct target_route *older;
};

struct target {
	char name[256]; /* "default/api-7f", or the host of --pprof-url; printable */
	char why[256];  /* why this one */
	/* With a cluster; all NULL without one. */
	struct cluster *cluster;
	struct ranking ranking;
	const struct ranked_pod *ranked;
	const struct pod *pod;
	size_t ready_pods; /* usable ones that matched */
	/* pprof */
	bool has_pprof;
	struct cap_tunnel *tunnel;
	struct cap_endpoint process; /* of --pprof-url */
	char process_url[1024];
	struct cap_pprof pprof;
	char pprof_path[256], pprof_why[160];
	/* load */
	char load_url[2048], load_why[160];
	uint16_t load_port;      /* through the tunnel */
	bool tunnel_bound;       /* the load goes through the tunnel */
	bool bastion_bound;      /* ... through the bastion */
	struct bastion *bastion; /* of --ssh; NULL: none */
	/* of --pods; each has a way to it and its pprof, and no load of its own */
	struct target *peers;
	size_t peer_count;
	char peer_note[160]; /* fewer than asked for, "" otherwise */
	bool is_peer;        /* cluster and bastion are another target's */
	atomic_uint dialled; /* connections of the load through the tunnel go to each in turn */
	double share;        /* of the requests that this pod and its peers serve */
	bool share_assumed, share_measured;
	char share_why[160];
	struct target_former *formers;
	struct target_route *_Atomic route; /* the newest; tunnel-bound load only */
};

/* `ret` is released with target_release whatever the outcome. */
int target_prepare(const struct plan *plan, struct target *ret, struct error *error);
void target_release(struct target *target);

/* Ends all tunnels of it and its peers; the load has ended before. */
void target_close_tunnels(struct target *target);

/*
 * Resolves a target once more that is a pod which was lost, or whose container was restarted: the same pod if
 * it is ready, else (`other`) the top one of those that are; its tunnel made, its pprof answering. Tries
 * once, on any thread, and changes nothing of `target`. What *ret holds is for target_move or target_drop.
 * *ret_final: trying again is of no use.
 */
int target_again(const struct plan *plan, const struct target *target, bool other, struct target *ret,
                 bool *ret_final, struct error *error);
/* `target` is what `fresh` was found to be; its load goes there from now on. Nobody reads `target` meanwhile,
 * but for the load. */
void target_move(const struct plan *plan, struct target *target, struct target *fresh);
/* The name of another pod that is ready; false: there is none. */
bool target_other(const struct plan *plan, const struct target *target, char *ret, size_t size);
void target_drop(const struct target *target, struct target *fresh);
/* It is that pod; why, is for others to say. */
void target_name_pod(struct target *target, const struct ranked_pod *ranked);
/* One pod made ready: tunnel, pprof (if anything is captured), CPU profiler free (if it is asked for). */
int target_reach(const struct plan *plan, struct target *target, struct error *error);

/*
 * An assumed share gives way to a measured one: the part of the CPU of all ready pods under load that what is
 * captured used, which is its part of the requests as far as each costs the same.
 */
void target_take_share(struct target *target, double share);

/* The load does not go straight: `load` is told how its connections are made. */
void target_dial_for(struct target *target, struct lg_plan *load);

/* A failure on the way to this target's pprof, in words with what to do next. Returns -1. */
int target_failure(const struct target *target, const struct cap_error *failure, const char *doing,
                   struct error *error);

#endif
