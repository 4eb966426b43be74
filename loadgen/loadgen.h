/*
 * loadgen - a multi-threaded HTTP load engine.
 *
 * A plan goes in; live snapshots and one result come out. The engine knows
 * nothing of Kubernetes, prints nothing, reads no environment and never exits.
 *
 * Life of a run:
 *     lg_start() -> lg_snapshot()* , lg_set_window() -> lg_stop() -> lg_finish()
 *
 * Time: every instant is CLOCK_MONOTONIC in nanoseconds (int64_t), every
 * duration is nanoseconds. Latencies are recorded in microseconds.
 * Threads: all functions of one run are called from one thread (the owner).
 */
#ifndef LOADGEN_H
#define LOADGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for one error line, always terminated, no newline. */
#define LG_ERROR_SIZE 512

/* Ceilings that lg_start() enforces. */
#define LG_MAX_VUS     100000
#define LG_MAX_THREADS 256

/*
 * Opens one connection for the engine instead of socket()+connect(): returns a
 * connected, non-blocking, close-on-exec stream socket that the engine then
 * owns, or -1 with a line in `error`. Must return at once (what is not yet
 * connected behind the socket queues in it). Called from the engine's threads.
 */
typedef int lg_dial_fn(void *context, char error[LG_ERROR_SIZE]);

/* What to send, how hard, how long. Strings are borrowed until lg_finish(). */
struct lg_plan {
	const char *url;            /* http://host[:port]/path?query */
	const char *method;         /* NULL: GET, or POST with a body */
	const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
	const void *body;           /* may be NULL */
	size_t body_size;
	unsigned vus;     /* virtual users = connections at full load, >= 1 */
	unsigned threads; /* 0: one per usable core, at most vus */
	int64_t ramp;     /* VUs start evenly over this time; 0: all at once */
	int64_t think;    /* pause of a VU between its requests */
	int64_t timeout;  /* of one request, connecting included; 0: 60 s */
	lg_dial_fn *dial; /* NULL: resolve and connect to the URL's host */
	void *dial_context;
};

/* Where a request belongs, by the instant it was done (see lg_set_window). */
enum lg_phase { LG_BEFORE, LG_WINDOW, LG_AFTER, LG_PHASES };

enum lg_error_kind {
	LG_ERROR_CONNECT,  /* refused, unreachable, no such name, dial failed */
	LG_ERROR_TIMEOUT,  /* not done within plan.timeout */
	LG_ERROR_RESET,    /* closed or reset before the answer was whole */
	LG_ERROR_PROTOCOL, /* not HTTP, or beyond a ceiling */
	LG_ERROR_KINDS
};

/* "connect", "timeout", ...; static. */
const char *lg_error_kind_name(enum lg_error_kind kind);

/* Counts that add up exactly across threads and phases. */
struct lg_counts {
	uint64_t requests;  /* done: whole answers plus errors */
	uint64_t status[6]; /* whole answers by class: [1]=1xx (final, i.e. 101) .. [5]=5xx, [0]=other */
	uint64_t errors[LG_ERROR_KINDS];
	uint64_t failed; /* errors plus answers of status >= 400 */
	uint64_t bytes_sent;
	uint64_t bytes_received;
};

/* A look at a running engine, cheap enough for 10 a second. */
struct lg_snapshot {
	int64_t now;
	struct lg_counts total;
	unsigned vus;       /* started and not stopped */
	unsigned in_flight; /* requests sent and not done */
	bool ramp_done;
	/* service latency of what was done since the previous snapshot, us; 0 if none */
	uint64_t recent_p50, recent_p99;
	double busiest_thread;          /* CPU share 0..1 of the busiest thread since the previous snapshot */
	char last_error[LG_ERROR_SIZE]; /* the newest error in words, or "" */
};

/*
 * Latency histogram, HdrHistogram's layout: 3 significant digits, unit 1 us,
 * 1 us .. 1 h, auto-resize off. Opaque; merged by adding counts.
 */
struct lg_histogram;

uint64_t lg_histogram_count(const struct lg_histogram *h);
uint64_t lg_histogram_min(const struct lg_histogram *h);
uint64_t lg_histogram_max(const struct lg_histogram *h);
double lg_histogram_mean(const struct lg_histogram *h);
double lg_histogram_stddev(const struct lg_histogram *h);
/* Value (us) at percentile 0..100, as HdrHistogram's ValueAtPercentile; 0 if empty. */
uint64_t lg_histogram_percentile(const struct lg_histogram *h, double percentile);
/* Values over the range: counted here, never dropped (they are in count too, at the top bucket). */
uint64_t lg_histogram_over_range(const struct lg_histogram *h);
/* HdrHistogram V2 compressed, base64; a malloc'd string for the caller, NULL when out of memory. */
char *lg_histogram_encode(const struct lg_histogram *h);

/* CPU and lateness of one engine thread inside the window. */
struct lg_thread_use {
	double cpu;            /* share of one core, 0..1 */
	double run_queue_wait; /* share of the time it was runnable but not running; -1: unknown */
};

/* One row a second, for a timeline. */
struct lg_second {
	int64_t at; /* its start */
	uint64_t requests, failed;
	uint64_t p50, p99; /* us, service */
	unsigned vus;
};

struct lg_result {
	int64_t started, ramp_ended, window_begin, window_end, stopped; /* 0: never happened */
	struct lg_counts counts[LG_PHASES];
	struct lg_histogram *service[LG_PHASES]; /* sent -> done, whole answers of any status */
	struct lg_histogram *whole;              /* service, all phases */
	struct lg_histogram *connect;            /* connecting, all phases */
	uint64_t censored;                       /* in flight or connecting when the run ended */
	uint64_t connections;                    /* opened */
	struct lg_thread_use *threads;
	size_t thread_count;
	struct lg_second *seconds;
	size_t second_count;
	bool saturated; /* the generator, not the target, was the limit in the window */
	char saturated_reason[LG_ERROR_SIZE];
	char first_error[LG_ERROR_SIZE]; /* the first error in words, or "" */
};

struct lg_run;

/*
 * Checks the plan (URL, header and method syntax, ceilings, name resolution,
 * file-descriptor limit), starts the threads and the ramp. 0, or -1 with a line
 * in `error` and *ret untouched.
 */
int lg_start(const struct lg_plan *plan, struct lg_run **ret, char error[LG_ERROR_SIZE]);

/* Checks a plan without resolving or sending: for --dry-run and early refusal. */
int lg_check(const struct lg_plan *plan, char error[LG_ERROR_SIZE]);

/* Sends one request of the plan on a connection of its own and waits for the
 * answer: is the target there at all? The HTTP status, or -1 with a line. */
int lg_probe(const struct lg_plan *plan, char error[LG_ERROR_SIZE]);

void lg_snapshot(struct lg_run *run, struct lg_snapshot *ret);

/*
 * Marks the capture window. Requests done in [begin, end) count as LG_WINDOW,
 * by the instant each was done. To be exact an edge must lie in the future by
 * at least LG_WINDOW_LEAD when it is set. `end` may be INT64_MAX (open) and be
 * set by a second call with the same begin.
 */
#define LG_WINDOW_LEAD (10 * 1000000LL)
void lg_set_window(struct lg_run *run, int64_t begin, int64_t end);

/*
 * Asks the threads to end; requests in flight, and those that wait for their
 * connection, get `grace` to finish. Returns at once. A later call may change the grace.
 */
void lg_stop(struct lg_run *run, int64_t grace);

/* Joins the threads, merges, frees the run. The result is the caller's; NULL when out of memory. */
struct lg_result *lg_finish(struct lg_run *run);

void lg_result_free(struct lg_result *result);

#endif
