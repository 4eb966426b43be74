/*
 * Thresholds in k6's grammar (https://grafana.com/docs/k6/latest/using-k6/thresholds/):
 *
 *     METRIC[{TAG:VALUE,...}]: METHOD OPERATOR NUMBER [, abortOnFail [, delayAbortEval=DURATION]]
 *
 *     http_req_duration{status:200}: p(95)<500
 *     http_req_failed: rate<0.01, abortOnFail, delayAbortEval=10s
 *
 * The two words behind the commas are what k6 has in an object beside the expression. Operators: > >= < <= ==
 * ===
 * !=. Times are milliseconds.
 *
 * metric                                   methods                        tags
 * http_reqs                                count, rate (a second)         status, phase
 * iterations, dropped_iterations,          count, rate                    phase
 *   data_sent, data_received
 * http_req_failed, checks                  rate (0 to 1)                  phase
 * vus, vus_max                             value
 * http_req_duration (sent to done)         avg, min, max, med, p(N)       status, phase
 * iteration_duration (the same here)       as above                       phase
 * http_req_response (due to done),         as above                       phase
 *   http_req_lag (due to sent): ours; a load by rate, or with an expected interval
 * http_req_sending, _waiting, _receiving,  as above
 *   _connecting, _tls_handshaking
 *
 * Tags: status:200 or status:2xx; phase:ramp, window or rest, which is before, in and after the capture
 * window. Errors (exit 2) name the column.
 */
#ifndef PLUGIN_THRESHOLD_H
#define PLUGIN_THRESHOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/loadgen.h"
#include "plugin/error.h"
#include "plugin/options.h"

enum threshold_method {
	THRESHOLD_COUNT,
	THRESHOLD_RATE,
	THRESHOLD_VALUE,
	THRESHOLD_AVG,
	THRESHOLD_MIN,
	THRESHOLD_MAX,
	THRESHOLD_MED,
	THRESHOLD_PERCENTILE,
	THRESHOLD_METHODS
};

enum threshold_operator {
	THRESHOLD_OVER,
	THRESHOLD_OVER_EQUAL,
	THRESHOLD_UNDER,
	THRESHOLD_UNDER_EQUAL,
	THRESHOLD_EQUAL,
	THRESHOLD_UNEQUAL
};

/* In the order of the table in threshold.c. */
enum threshold_metric {
	METRIC_HTTP_REQS,
	METRIC_HTTP_REQ_FAILED,
	METRIC_HTTP_REQ_DURATION,
	METRIC_HTTP_REQ_RESPONSE,
	METRIC_HTTP_REQ_LAG,
	METRIC_HTTP_REQ_SENDING,
	METRIC_HTTP_REQ_WAITING,
	METRIC_HTTP_REQ_RECEIVING,
	METRIC_HTTP_REQ_CONNECTING,
	METRIC_HTTP_REQ_TLS_HANDSHAKING,
	METRIC_ITERATIONS,
	METRIC_ITERATION_DURATION,
	METRIC_DROPPED_ITERATIONS,
	METRIC_VUS,
	METRIC_VUS_MAX,
	METRIC_DATA_SENT,
	METRIC_DATA_RECEIVED,
	METRIC_CHECKS,
	METRICS
};

#define THRESHOLD_ALL_PHASES LG_PHASES

struct threshold {
	char *name;       /* the metric with its tags, as it was written */
	char *expression; /* METHOD OPERATOR NUMBER, likewise: k6's summary has both as keys */
	enum threshold_metric metric;
	int status;     /* 0: any; 1 to 5: a class; else that one */
	unsigned phase; /* enum lg_phase, or all */
	enum threshold_method method;
	double percentile;
	enum threshold_operator op;
	double number;
	bool abort_on_fail;
	int64_t delay_abort; /* ns from the start of the load */
};

struct thresholds {
	struct threshold *items;
	size_t count;
	uint16_t apart[LG_MAX_APART]; /* statuses that lg_plan.apart has to have */
	size_t apart_count;
};

/* `option` is what errors call it. Without a metric in the text it is `metric`; METRICS: there has to be one.
 */
int threshold_parse(const char *option, const char *text, enum threshold_metric metric, struct threshold *ret,
                    struct error *error);
void threshold_release(struct threshold *threshold);

/* Each of the list; 0, or -1 with a line and *ret untouched. */
int thresholds_parse(const char *option, const struct option_list *texts, struct thresholds *ret,
                     struct error *error);
void thresholds_release(struct thresholds *thresholds);

/* Could it ever be told under this plan? 0, or -1 with a line. */
int threshold_fits(const char *option, const struct threshold *threshold, const struct lg_plan *plan,
                   struct error *error);

/* "http_req_duration"; static. */
const char *threshold_metric_name(enum threshold_metric metric);

/* ---- evaluation ------------------------------------------------------------------ */

/* What is looked at. From a snapshot there are no latencies, no phases, and no statuses but classes. */
struct threshold_source {
	struct lg_counts counts[LG_PHASES]; /* from a snapshot: all in the first */
	double seconds[LG_PHASES];
	double vus, vus_max;
	bool checks[LG_CHECKS];       /* that were asked for */
	const struct lg_result *load; /* for latencies; NULL: a snapshot */
};

/* A result: of a run that has ended, or of lg_look() at `now`. */
struct threshold_source threshold_source_result(const struct lg_result *load, int64_t now,
                                                const struct lg_plan *plan);
struct threshold_source threshold_source_snapshot(const struct lg_snapshot *snapshot, int64_t started,
                                                  const struct lg_plan *plan);

enum threshold_verdict {
	THRESHOLD_HOLDS,
	THRESHOLD_BROKEN,
	THRESHOLD_EMPTY,   /* nothing was measured that it could be told by */
	THRESHOLD_UNKNOWN, /* not to be told from this source */
};

/* *ret_value is what was compared, in the metric's unit; untouched when there is nothing. */
enum threshold_verdict threshold_evaluate(const struct threshold *threshold,
                                          const struct threshold_source *source, double *ret_value);
/* At the end of a run. No sample at all is no success, but one of no sample with that status is as k6 has it.
 */
bool threshold_succeeds(const struct threshold *threshold, enum threshold_verdict verdict);
/* While it runs: does the run end here, so long after its start? */
bool threshold_aborts(const struct threshold *threshold, enum threshold_verdict verdict, int64_t elapsed);

#endif
