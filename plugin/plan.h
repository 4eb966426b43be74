/*
 * The plan of one run: what the user asked for, checked and completed. It is
 * what --dry-run prints and what everything after the command line works from.
 * Durations are nanoseconds. Strings are borrowed from argv unless said.
 */
#ifndef PLUGIN_PLAN_H
#define PLUGIN_PLAN_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "loadgen/loadgen.h"
#include "plugin/abort_if.h"
#include "plugin/csv.h"
#include "plugin/error.h"
#include "plugin/kubeconfig.h"
#include "plugin/options.h"
#include "plugin/targets.h"
#include "plugin/threshold.h"

#define SECOND 1000000000LL
#define MILLI  1000000LL

#define DEFAULT_RAMP (15 * SECOND)

/* --find-capacity: a rate is let settle, then judged; the search as a whole is bounded. */
#define CAPACITY_SETTLE (1 * SECOND)
#define CAPACITY_MOST   (300 * SECOND)

/* The profiles that can be asked for, in the order of shot_kinds (shots.h). */
enum profile_bit {
	PROFILE_CPU = 1,
	PROFILE_GOROUTINE = 2,
	PROFILE_HEAP = 4,
	PROFILE_ALLOCS = 8,
	PROFILE_MUTEX = 16,
	PROFILE_BLOCK = 32,
	PROFILE_THREADCREATE = 64,
	PROFILE_TRACE = 128,
};

/* Of --pods: captured at once, and what "all" becomes. */
#define PODS_MAX 32
#define PODS_ALL (PODS_MAX + 1)

/* In the order of enum lg_late, lg_http_version and lg_io_kind; NULL-terminated. */
extern const char *const late_names[], *const http_names[], *const io_names[];

/* What goes through the host of --ssh. */
enum ssh_for { SSH_FOR_API, SSH_FOR_LOAD, SSH_FOR_BOTH };
extern const char *const ssh_for_names[];
/* Section `guard` of the config file: limits that no option exceeds. All-zero: the defaults. */
struct guard_rules {
	struct option_list production;  /* patterns of context and cluster names; items NULL: *prod* */
	struct option_list allow_hosts; /* as --allow-host */
	const char *max_rate;
	unsigned max_vus; /* 0: none */
};

struct plan {
	/* target */
	struct kube_flags kube;
	const char *target, *selector; /* TYPE/NAME or POD; label selector */
	int by;                        /* enum ranking_by */
	uint16_t pprof_port;           /* 0: find it */
	const char *pprof_path;        /* NULL: find it */
	const char *pprof_url;         /* a plain process, no cluster */
	struct option_list pprof_header_texts;
	bool pprof_insecure;
	int tunnel; /* enum cap_way */
	const char *pods_text;
	double pod_share; /* of the requests that reach the profiled pod; 0: work it out */

	/* load */
	const char *url; /* NULL: through the tunnel */
	uint16_t port;   /* 0: find it */
	const char *path, *method, *body, *body_file;
	struct option_list headers;
	unsigned vus, max_vus, threads;
	int64_t ramp, think, timeout, expected_interval, graceful_stop; /* ramp -1: not given */
	const char *rate_text;
	struct option_list stage_texts;
	int late; /* enum lg_late */
	unsigned requests;
	const char *expect_status, *expect_body;
	const char *targets_file, *data_file;
	struct option_list threshold_texts, abort_texts;
	const char *find_capacity;
	double capacity_share; /* of the knee, for the window */
	int64_t capacity_step; /* what a step is judged over */
	bool no_templates;

	/* how it is sent */
	int http, io; /* enum lg_http_version, enum lg_io_kind */
	unsigned streams;
	bool no_keepalive, insecure;
	int ssh_for; /* enum ssh_for */
	const char *cacert, *cert, *key;

	/* capture */
	int64_t baseline, settle, window, slice, cooldown;
	const char *profiles_text;
	unsigned profiles; /* enum profile_bit, from profiles_text */

	/* what is said */
	const char *out, *prometheus_listen, *pgo;
	unsigned top;
	int output;
	bool strict, dry_run, quiet;

	/* guard */
	struct guard_rules guard;
	struct option_list allow_hosts;
	const char *max_rate_text, *file; /* `file` is the plan file's name */
	bool yes;

	/* made by plan_check */
	unsigned pods;   /* to capture from at most; PODS_ALL */
	double max_rate; /* the lower one of option and config file; 0: none */
	double rate;     /* requests a second at full load; 0: a number of VUs is the load */
	struct lg_stage *stages;
	size_t stage_count;
	struct targets targets; /* of --targets; the first one's URL is `url` then */
	struct csv csv;         /* of --data */
	struct thresholds thresholds;
	struct abort_rules abort_rules;
	struct threshold goal; /* of --find-capacity */
	char **pprof_headers;  /* of --pprof-header, NULL: none; owned */
	char *body_data;       /* of --body-file, owned */
	size_t body_size;
};

/* The options of a plan, of the command line as of files. */
#define PLAN_GROUPS 9
size_t plan_options(struct plan *plan, struct option_group ret[PLAN_GROUPS]);
/* The defaults, before options are read. */
void plan_init(struct plan *plan);
/* Checks what the option table cannot, reads --body-file, fills profiles. Sends nothing. */
int plan_check(struct plan *plan, struct error *error);
void plan_release(struct plan *plan);

/* No cluster is needed: pprof is given by URL, or nothing is captured from a pod. */
bool plan_is_local(const struct plan *plan);

/* The load is a number of requests and nothing is captured: all of it is the window. */
bool plan_is_counted(const struct plan *plan);

/* The engine's plan (borrows from `plan`); `url` is where the load goes. */
struct lg_plan plan_load(const struct plan *plan, const char *url);

/* The longest time a run can take by its plan, for messages. */
int64_t plan_longest(const struct plan *plan);

/* As JSON (the caller deletes it): no header values and no body, they may hold secrets. */
cJSON *plan_json(const struct plan *plan);
/* As aligned text, for --dry-run. */
void plan_print(FILE *out, const struct plan *plan);

#endif
