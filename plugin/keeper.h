/*
 * Keeps a run its pod. Until the window begins, a pod that is lost, leaves or has a container restarted is
 * resolved anew: the same pod once it is ready again, else another of the target's. Meanwhile the load goes
 * on, and is looked after. From the window on a lost pod ends the run: two processes have no profile in
 * common. Of several pods (--pods) none is replaced: the run ends when all are lost.
 */
#ifndef PLUGIN_KEEPER_H
#define PLUGIN_KEEPER_H

#include "plugin/plan.h"
#include "plugin/replicas.h"
#include "plugin/target.h"
#include "plugin/watch.h"

#define KEEPER_WITHIN (30 * SECOND) /* for a pod to be ready */
#define KEEPER_MOST   5             /* changes in a run; one more ends it */

/* One pod in another's place, or in its own with a new process. */
struct change {
	char from[256], to[256]; /* as in target.name */
	char why[160];           /* "was deleted" */
	char phase[16];
	int64_t at; /* CLOCK_MONOTONIC, when the new one was ready */
	bool same;  /* a container of the same pod was restarted */
};

struct search;

struct keeper {
	const struct plan *plan;
	struct target *target;
	struct replicas *replicas;
	struct watch **watch; /* the one replica's; NULL: there are several, or no pod, and nothing is kept */
	struct search *search; /* NULL: none is under way */
	struct change changes[KEEPER_MOST];
	unsigned count, restarts; /* restarts: of watches that have ended */
	bool closed, lost;
	char why[800]; /* once lost */
};

/* The replicas are watched already. */
void keeper_start(struct keeper *keeper, const struct plan *plan, struct target *target,
                  struct replicas *replicas);
/* Often. True: the target has changed, and the newest of `changes` says how. */
bool keeper_tick(struct keeper *keeper, const char *phase);
/* The pod is being resolved anew. */
bool keeper_busy(const struct keeper *keeper);
/* The window begins: no other pod is taken from now on. False: the pod is gone just now, and resolved anew.
 */
bool keeper_close(struct keeper *keeper, const char *phase);
/* There is no pod any more, and `why` (of a single one) says what happened. */
bool keeper_lost(const struct keeper *keeper);
/* Of containers of the target's pods since the run began. */
unsigned keeper_restarts(struct keeper *keeper);
/* Ends all of it, the watches too. Of a keeper that was not started: nothing. */
void keeper_stop(struct keeper *keeper);

/* "pod 'a/b' was deleted in phase 'ramp': 'a/c' took its place"; cut to fit. Returns ret. */
const char *change_text(const struct change *change, char *ret, size_t size);

#endif
