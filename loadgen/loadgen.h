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

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for one error line, always terminated, no newline. */
#define LG_ERROR_SIZE 512

/* Ceilings that lg_start() enforces. */
#define LG_MAX_VUS     100000
#define LG_MAX_THREADS 256
#define LG_MAX_APART   8

/*
 * Opens one connection to a target's host (a name or an address, without brackets) and port
 * for the engine, instead of socket()+connect(): returns a connected, non-blocking, close-on-exec stream
 * socket that the engine then owns, or -1 with a line in `error`. Must return at once (what is not yet
 * connected behind the socket queues in it). Called from the engine's threads.
 */
typedef int lg_dial_fn(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE]);

/*
 * One kind of request. Several are picked by weight, in an order that is the same in every run.
 *
 * Path, query, headers' values and body may have places that each request fills in: {{seq}}, its number from
 * 0;
 * {{uuid}}; {{rand 1 100}}, a whole number, ends included; {{csv.COLUMN}}, that column in row number % rows
 * of the plan's table; {{"text"}}, for a plain "{{". Values are percent-encoded in a URL; control characters
 * in them do not come into a header.
 */
struct lg_target {
	const char *url;            /* http[s]://host[:port]/path?query */
	const char *method;         /* NULL: GET, or POST with a body */
	const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
	const void *body;           /* may be NULL */
	size_t body_size;
	unsigned weight; /* 0: 1 */
};

/* The model of the load: closed (a number of users, each waits for its answer) or open (a rate, whatever
 * comes back). */
enum lg_model { LG_VUS, LG_RATE };

/* A straight line from the target before (0 at first) to `target`: VUs, or requests a second. */
struct lg_stage {
	int64_t length;
	double target;
};

/* Open model, no VU free at a scheduled start: the start is given up and counted, or made late. */
enum lg_late { LG_DROP, LG_QUEUE };

/* HTTP/1.1 on plain connections and what ALPN says over TLS; or one of them alone (HTTP/2 by prior
 * knowledge). */
enum lg_http_version { LG_HTTP_AUTO, LG_HTTP_1, LG_HTTP_2 };

/* How connections are driven: io_uring where the kernel lets us, or one of the two alone. */
enum lg_io_kind { LG_IO_AUTO, LG_IO_EPOLL, LG_IO_URING };

struct lg_tls_options {
	const char *ca, *cert, *key; /* PEM files; NULL: the system's, none, none */
	bool insecure;               /* the server's certificate is not verified */
};

/* What makes an answer a good one. */
struct lg_expect {
	const char *status; /* "200,204,3xx"; NULL: any below 400 */
	const char *body;   /* text that it must hold; NULL: any */
};

/* Values for {{csv.COLUMN}}; a cell is rows[row * column_count + column]. */
struct lg_table {
	const char *const *columns;
	size_t column_count;
	const char *const *rows;
	size_t row_count;
};

/*
 * What to send, how hard, how long. Strings are borrowed until lg_finish().
 * The stages up to the first one that ends at the highest target are the ramp;
 * from there that target is held until lg_release(), and the others follow,
 * less what the hold has already taken of those that keep to that target.
 */
struct lg_plan {
	const char *url, *method; /* one kind of request, as in struct lg_target */
	const char *const *headers;
	const void *body;
	size_t body_size;
	const struct lg_target *targets; /* or several kinds; the five above are not looked at then */
	size_t target_count;
	const struct lg_table *table; /* NULL: none */
	uint64_t seed;                /* of {{uuid}} and {{rand}}; 0: another one for each run */
	bool no_templates;            /* "{{" means nothing */

	enum lg_model model;
	unsigned vus;                  /* closed: at full load, >= 1; open: made ready beforehand */
	unsigned max_vus;              /* open: at most so many; 0: vus */
	double rate;                   /* open: requests a second at full load, > 0 */
	int64_t ramp;                  /* from 0 to full load; 0: at once */
	const struct lg_stage *stages; /* instead of ramp; NULL: none */
	size_t stage_count;
	enum lg_late late;
	uint64_t requests;         /* end after so many; 0: no end */
	int64_t think;             /* closed: pause of a VU between its requests */
	int64_t expected_interval; /* closed: a VU's request is due this long after the one before; 0: never
	                            */
	int64_t timeout;           /* of one request, connecting included; 0: 60 s */

	unsigned threads; /* 0: one per usable core, at most vus */
	enum lg_io_kind io;
	enum lg_http_version http;
	unsigned streams;     /* VUs that share an HTTP/2 connection; 0: 1 */
	bool window_at_start; /* the window begins with the run, and ends when `requests` are done */
	bool no_keepalive;    /* a connection for each request */
	struct lg_tls_options tls;
	struct lg_expect expect;
	const uint16_t *apart; /* statuses that have a histogram each, besides that of their class */
	size_t apart_count;

	lg_dial_fn *dial; /* NULL: resolve and connect to the URL's host */
	void *dial_context;
	const atomic_int *cancel; /* non-zero: lg_probe gives up within 0.1 s; may be NULL */
};

/* Where a request belongs, by the instant it was done (see lg_set_window). */
enum lg_phase { LG_BEFORE, LG_WINDOW, LG_AFTER, LG_PHASES };

enum lg_error_kind {
	LG_ERROR_CONNECT,  /* refused, unreachable, no such name, dial failed */
	LG_ERROR_TLS,      /* handshake failed, certificate not trusted */
	LG_ERROR_TIMEOUT,  /* not done within plan.timeout */
	LG_ERROR_RESET,    /* closed or reset before the answer was whole */
	LG_ERROR_PROTOCOL, /* not HTTP, or beyond a ceiling */
	LG_ERROR_CHECK,    /* a whole answer, but not what plan.expect asks for */
	LG_ERROR_KINDS
};

enum lg_check { LG_CHECK_STATUS, LG_CHECK_BODY, LG_CHECKS };

/* "connect", "timeout", ...; static. */
const char *lg_error_kind_name(enum lg_error_kind kind);
/* "epoll" or "io_uring": what LG_IO_AUTO comes to here; static. */
const char *lg_io_name(enum lg_io_kind io);

/* Counts that add up exactly across threads and phases. */
struct lg_counts {
	uint64_t requests;  /* done: whole answers plus errors (failed checks are whole answers as well) */
	uint64_t status[6]; /* whole answers by class: [1]=1xx (final, i.e. 101) .. [5]=5xx, [0]=other */
	uint64_t errors[LG_ERROR_KINDS];
	uint64_t failed;               /* errors, and answers that are not good by plan.expect */
	uint64_t checks[LG_CHECKS][2]; /* [1]: held, [0]: did not */
	uint64_t dropped;              /* open model: starts given up for want of a VU */
	uint64_t no_port;              /* connections that found no free local port; their requests failed */
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
	bool finished;    /* plan.requests are done: nothing more will come */
	bool stages_done; /* the last of the plan's stages is over */
	unsigned late;    /* open model: starts that are due and wait for a VU */
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

/* Zeroed; NULL when out of memory. Untouched pages cost nothing. */
struct lg_histogram *lg_histogram_new(void);
void lg_histogram_free(struct lg_histogram *h);
/* Adds all of `from`, exactly. */
void lg_histogram_merge(struct lg_histogram *h, const struct lg_histogram *from);

uint64_t lg_histogram_count(const struct lg_histogram *h);
uint64_t lg_histogram_min(const struct lg_histogram *h);
uint64_t lg_histogram_max(const struct lg_histogram *h);
double lg_histogram_mean(const struct lg_histogram *h);
double lg_histogram_stddev(const struct lg_histogram *h);
/* Value (us) at percentile 0..100, as HdrHistogram's ValueAtPercentile; 0 if empty. */
uint64_t lg_histogram_percentile(const struct lg_histogram *h, double percentile);
/* How many values are up to this one (us), to the histogram's precision. */
uint64_t lg_histogram_count_to(const struct lg_histogram *h, uint64_t value);
/* Values over the range: counted here, never dropped (they are in count too, at the top bucket). */
uint64_t lg_histogram_over_range(const struct lg_histogram *h);
/* Takes `earlier` away, a copy of the same at some time before. */
void lg_histogram_subtract(struct lg_histogram *h, const struct lg_histogram *earlier);
/* HdrHistogram V2 compressed, base64; a malloc'd string for the caller, NULL when out of memory. */
char *lg_histogram_encode(const struct lg_histogram *h);
/* Reads such text back, from anyone: NULL when it is none, is of another unit or precision, or memory is out.
 */
struct lg_histogram *lg_histogram_decode(const char *text, size_t length);

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
	struct lg_histogram *service[LG_PHASES];               /* sent -> done, whole answers of any status */
	struct lg_histogram *by_status[LG_PHASES][6];          /* the same by status class */
	struct lg_histogram *by_code[LG_PHASES][LG_MAX_APART]; /* the same by plan.apart */
	uint16_t apart[LG_MAX_APART];
	size_t apart_count;
	struct lg_histogram
		*response[LG_PHASES]; /* scheduled -> done; NULL: there is no schedule (closed model) */
	struct lg_histogram *lag[LG_PHASES]; /* scheduled -> sent; NULL likewise */
	struct lg_histogram *whole;          /* service, all phases */
	struct lg_histogram *sending, *waiting,
		*receiving;             /* its parts: last byte out, first byte in, last byte in */
	struct lg_histogram *connect;   /* connecting, all phases */
	struct lg_histogram *handshake; /* TLS, all phases */
	uint64_t censored;              /* in flight or connecting when the run ended */
	uint64_t unsent;                /* open model: due by the stop, but neither sent nor given up */
	unsigned most_vus;              /* at a time (the sum of the threads' own peaks) */
	uint64_t connections;           /* opened */
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

/* Sends one request of the plan (the first target's) on a connection of its own and waits for the
 * answer: is the target there at all? The HTTP status, or -1 with a line. */
int lg_probe(const struct lg_plan *plan, char error[LG_ERROR_SIZE]);

/* Of a plan's stages, those that belong to its ramp: their length, and that of all behind them. */
int64_t lg_ramp_length(const struct lg_plan *plan, int64_t *ret_rest);

void lg_snapshot(struct lg_run *run, struct lg_snapshot *ret);

/*
 * Marks the capture window. Requests done in [begin, end) count as LG_WINDOW,
 * by the instant each was done. To be exact an edge must lie in the future by
 * at least LG_WINDOW_LEAD when it is set. `end` may be INT64_MAX (open) and be
 * set by a second call with the same begin.
 */
#define LG_WINDOW_LEAD (10 * 1000000LL)
void lg_set_window(struct lg_run *run, int64_t begin, int64_t end);

/* Goes on from the hold at the highest target to the stages behind it. Without such: nothing. */
void lg_release(struct lg_run *run);

/* Open model: from now on this rate, whatever the stages say. */
void lg_set_rate(struct lg_run *run, double rate);

/*
 * Asks the threads to end; requests in flight, and those that wait for their
 * connection, get `grace` to finish. Returns at once. A later call may change the grace.
 */
void lg_stop(struct lg_run *run, int64_t grace);

/* Joins the threads, merges, frees the run. The result is the caller's; NULL when out of memory. */
struct lg_result *lg_finish(struct lg_run *run);

/*
 * What the result would be if the run ended now, without threads and seconds; `stopped` is 0. Counts are of
 * about one instant. NULL when memory is out. Meant for once a second.
 */
struct lg_result *lg_look(struct lg_run *run);

/* The sum over the phases. */
struct lg_counts lg_counts_sum(const struct lg_result *result);

void lg_result_free(struct lg_result *result);

#endif
