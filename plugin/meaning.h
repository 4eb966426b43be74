/*
 * What a run's profiles mean, beyond rows: findings in the CPU profile, goroutines
 * that stay, what a request allocates. capture/ finds; this puts it beside the
 * requests of the window, and says it.
 *
 * In run.json (and -o json|yaml; members that are not known are left out):
 *
 *   "findings": [{
 *     "name": "allocation", "title": "memory is allocated", "share": 0.23, "threshold": 0.15,
 *     "ns_per_request": 8120.5, "samples": 225, "relative_error": 0.067,
 *     "function": "runtime.mallocgc", "caller": "main.encode", "file": "/src/main.go", "line": 42,
 *     "callers": [{"function": "main.encode", "file": "/src/main.go", "line": 42, "share": 0.19}],
 *     "means": "...", "do": "...", "confidence": "high"}]
 *   "findings_refused": "why there are none"
 *     Shares, a caller's too, are of all the CPU of the profile; errors are one standard error. Findings come
 * by share, callers (5 at most) too; "caller", "file" and "line" are the first one's. Confidence: "high",
 *     "medium", "low". Three are not of the CPU profile and have no ns_per_request (wait_findings.h,
 * hot_replica.h): "mutex-wait" needs --profiles mutex, its shares are of the window's length and may be over
 * 1; "cpu-throttling" has the share of the pod's CPU limit, and no callers; "hot-replica" needs --pods, has
 * the share of the CPU of all pods, and a function only where it does other work than the others.
 *
 *   "cpu": {..., "functions": [{..., "relative_error": 0.04, "overdispersion": 1.7}],
 *     "by_application": [{"function": "main.encode", "file": "/src/main.go", "line": 42, "own": true,
 *       "cum_ns": 2100000000, "samples": 210, "ns_per_request": 20000.0, "relative_error": 0.07}]}
 *     All of the CPU, each stack once, for its first frame that is the program's own ("own": false: another
 * module's, or the root of a stack that has neither). "overdispersion" is in the relative error already.
 *
 *   "goroutine_groups": [{
 *     "count": 812, "idle": 2, "after": 790, "state": "chan receive", "minutes": 3,
 *     "stack": ["main.leakedWorker (/src/work.go:175)", "created by main.serveLeak (/src/work.go:168)"],
 *     "suspect": "leak"}]
 *     "count" is in the middle of the window; "after" needs --cooldown. "suspect": "leak", "stall", "blocked
 * for ever", "deadlock" or "". Suspects come first, then by count; 100 groups at most.
 *
 *   "goroutines": {"idle": 10, "loaded": 27, "after": 10}
 *
 *   "memory": {
 *     "alloc_bytes_per_request": 40960.0, "alloc_objects_per_request": 310.0, "relative_error": 0.01,
 *     "inuse_bytes_idle": 1048576, "inuse_bytes": 9437184, "inuse_bytes_after": 1150976,
 *     "functions": [{"function": "main.encode", "file": "/src/main.go", "line": 42, "own": true, "share":
 * 0.8, "alloc_bytes_per_request": 32768.0, "alloc_objects_per_request": 240.0, "relative_error": 0.01}],
 *     "growth": [{"function": "main.remember", "file": "/src/main.go", "line": 51, "own": true,
 *       "inuse_bytes_idle": 0, "inuse_bytes": 8388608, "inuse_bytes_after": 8388608}]}
 *     Allocations need --profiles allocs, bytes in use heap (idle and after with a forced collection, so that
 * what is left is what lives; in the window as of its last one).
 */
#ifndef PLUGIN_MEANING_H
#define PLUGIN_MEANING_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "capture/capture.h"
#include "plugin/hot_replica.h"
#include "plugin/memory_cost.h"

struct outcome;

struct meaning {
	struct cap_findings findings; /* with those of wait_findings.h */
	struct cap_profile *mutex;    /* that some of them borrow from */
	struct hot_replica hot;       /* likewise */
	bool explained;               /* there was a CPU profile to explain */
	struct cap_goroutines idle, loaded, after;
	struct cap_growth *groups;
	size_t group_count;
	struct memory_cost memory;
};

/* From the captures and costs of the outcome, which outlive it. What cannot be read is left out. */
void meaning_make(const struct outcome *outcome, struct meaning *ret);
void meaning_release(struct meaning *meaning);

/* Adds the members above, but for those in "cpu". */
void meaning_json(cJSON *json, const struct outcome *outcome);
/* The lines of the summary: below the table of costs, and below the count of goroutines. */
void meaning_print_cpu(FILE *out, const struct outcome *outcome);
void meaning_print_rest(FILE *out, const struct outcome *outcome);

#endif
