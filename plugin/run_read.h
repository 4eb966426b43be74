/*
 * Reading back what a run left: the folder that loadtest wrote (run_files.h), of this version or an older
 * one. Nothing in it is trusted: every file has a ceiling, names that run.json gives are checked before they
 * are opened, text from it has to be cleaned before it reaches a terminal.
 *
 * What an older version did not write, or a run did not get, is "not there" (1), which is no error.
 */
#ifndef PLUGIN_RUN_READ_H
#define PLUGIN_RUN_READ_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/capture.h"
#include "loadgen/loadgen.h"
#include "plugin/error.h"

/* What run.json says in "schema": raised when a reader of an older one would go wrong; additions leave it. */
#define RUN_SCHEMA "kubectl-pprof.run/v1"

#define RUN_READ_JSON_MAX ((size_t)64 << 20)
#define RUN_READ_FILE_MAX ((size_t)256 << 20)

struct run_read {
	char *path;  /* of the folder, without a slash at its end */
	cJSON *json; /* run.json: an object of our schema */
};

/* `path`: the folder, or its run.json. 0, or -1 with a line that begins with the path and *ret untouched. */
int run_read_open(const char *path, struct run_read *ret, struct error *error);
void run_read_release(struct run_read *run);

/* ---- run.json ----------------------------------------------------------------- */

/* The item at a path of names parted by slashes, "load/window/requests"; NULL: not there. */
const cJSON *run_read_at(const struct run_read *run, const char *path);
/* `otherwise` when it is not there or is no finite number. */
double run_read_number(const struct run_read *run, const char *path, double otherwise);
/* NULL when it is not there or is no text; untrusted, belongs to the run. */
const char *run_read_text(const struct run_read *run, const char *path);

/* ---- files --------------------------------------------------------------------- */

/* A file of the folder ("goroutine.txt", "idle/cpu.pb.gz"): 0 and malloc'd bytes followed by a NUL; 1 when it
 * is not there; -1 with a line. */
int run_read_file(const struct run_read *run, const char *name, unsigned char **ret, size_t *ret_size,
                  struct error *error);
/* A profile of the folder, parsed; likewise. */
int run_read_profile(const struct run_read *run, const char *name, struct cap_profile **ret,
                     struct error *error);
/* A histogram of latency.hlog by its tag ("window", "window-response"; latency_files.h), in us; likewise. */
int run_read_latency(const struct run_read *run, const char *tag, struct lg_histogram **ret,
                     struct error *error);

/* A row of timeline.csv: a second of the load. */
struct run_second {
	double elapsed;                         /* s, from the start of the load */
	char phase[16];                         /* "ramp", "settle", "window", "after" */
	double vus, requests, failed, p50, p99; /* latencies in us */
	double cpu, memory;                     /* of the pod: milli cores, bytes; -1: unknown */
};
/* malloc'd; likewise. */
int run_read_seconds(const struct run_read *run, struct run_second **ret, size_t *ret_count,
                     struct error *error);

/* A piece of the window whose CPU profile was kept on its own: run.json's "slices". */
struct run_slice {
	char file[64];      /* "slices/cpu-01.pb.gz" */
	int64_t begin, end; /* CLOCK_MONOTONIC of that machine */
	double length;      /* s of capture in it: less than end - begin if a piece was lost */
	double requests;    /* done in that length, by all pods */
};
/* malloc'd; 1 when there are none. */
int run_read_slices(const struct run_read *run, struct run_slice **ret, size_t *ret_count,
                    struct error *error);

#endif
