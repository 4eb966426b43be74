/*
 * A thread that keeps an eye on the target pod while the load runs: is it
 * still there, did it restart, what does it use, and (once, when asked) is it
 * still the hottest of its peers?
 */
#ifndef PLUGIN_WATCH_H
#define PLUGIN_WATCH_H

#include "plugin/plan.h"
#include "plugin/target.h"

#define WATCH_SAMPLES_MAX 4096

struct watch_sample {
	int64_t at; /* CLOCK_MONOTONIC when it was read */
	struct pod_usage usage;
};

struct watch_report {
	char lost[800];    /* why the pod is lost: "pod 'a/b' was deleted during the run"; "" it is not */
	unsigned restarts; /* of its containers since the watch began */
	char reason[64];   /* why a container ended before it was restarted: "OOMKilled"; "" unknown */
	bool terminating;
	bool unseen;                  /* the last look at it failed: nobody knows what has become of it */
	struct watch_sample *samples; /* one for each figure the source gave, malloc'd */
	size_t sample_count;
	bool ranked; /* the second ranking worked */
	bool still_top;
	char top[512];            /* the top pod then */
	int64_t top_cpu, own_cpu; /* milli, -1: unknown */
	struct ranking peak;      /* all pods and their figures then */
	char ranked_error[256];   /* why it did not, "" otherwise */
};

struct watch;

/* NULL when the target is no pod. The target outlives the watch. `pods`: how many are watched at once; the
 * more there are, the less often each is looked at. */
struct watch *watch_start(const struct plan *plan, const struct target *target, size_t pods);
/* The pod is gone or another one under its name; NULL watch: never. */
bool watch_lost(struct watch *watch);
/* How, once it is: "was deleted". */
const char *watch_lost_how(struct watch *watch);
enum watch_state {
	WATCH_FINE,
	WATCH_RESTARTED, /* a container of it was, since the watch began */
	WATCH_LEAVING,   /* it is being terminated */
	WATCH_LOST,
};
/* As last seen; NULL watch: fine. */
enum watch_state watch_state(struct watch *watch);
/* Has the pod looked at now, and waits for that, a second at most. */
void watch_look(struct watch *watch);
/* Restarts of its containers since the watch began, as last seen. */
unsigned watch_restarts(struct watch *watch);
/* CPU of the pod, milli, as last seen; -1: unknown. */
int64_t watch_cpu(struct watch *watch);
/* Rank the pods now, behind the caller's back; the report has what came of it. */
void watch_rank(struct watch *watch);
/* Looks at the pod once more, ends the thread (after a signal at once) and fills the report, which the caller
 * releases. */
void watch_stop(struct watch *watch, struct watch_report *ret);
void watch_report_release(struct watch_report *report);

#endif
