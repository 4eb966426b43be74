/* What a threshold is compared with, and how that comes out. */
#include <string.h>

#include "plugin/plan.h"
#include "plugin/threshold.h"

/* ---- sources -------------------------------------------------------------------- */

static void fill_plan(struct threshold_source *source, const struct lg_plan *plan)
{
	source->vus_max = plan->model == LG_RATE && plan->max_vus ? plan->max_vus : plan->vus;
	source->checks[LG_CHECK_STATUS] = plan->expect.status;
	source->checks[LG_CHECK_BODY] = plan->expect.body;
}

struct threshold_source threshold_source_result(const struct lg_result *load, int64_t now,
                                                const struct lg_plan *plan)
{
	struct threshold_source source = {.load = load, .vus = load->most_vus};
	int64_t end = load->stopped ? load->stopped : now;
	int64_t begin = load->window_begin ? load->window_begin : end;
	int64_t after = load->window_end ? load->window_end : end;

	memcpy(source.counts, load->counts, sizeof source.counts);
	source.seconds[LG_BEFORE] = (double)(begin - load->started) / SECOND;
	source.seconds[LG_WINDOW] = (double)(after - begin) / SECOND;
	source.seconds[LG_AFTER] = (double)(end - after) / SECOND;
	fill_plan(&source, plan);
	return source;
}

struct threshold_source threshold_source_snapshot(const struct lg_snapshot *snapshot, int64_t started,
                                                  const struct lg_plan *plan)
{
	struct threshold_source source = {.vus = snapshot->vus};

	source.counts[0] = snapshot->total;
	source.seconds[0] = (double)(snapshot->now - started) / SECOND;
	fill_plan(&source, plan);
	return source;
}

/* ---- counts ---------------------------------------------------------------------- */

static bool covers(const struct threshold *t, unsigned phase)
{
	return t->phase == THRESHOLD_ALL_PHASES || t->phase == phase;
}

static int code_index(const struct threshold *t, const struct lg_result *load)
{
	for (size_t i = 0; i < load->apart_count; i++)
		if (load->apart[i] == t->status)
			return (int)i;
	return -1;
}

static double count_requests(const struct threshold *t, const struct threshold_source *source, unsigned phase)
{
	if (!t->status)
		return (double)source->counts[phase].requests;
	if (t->status < 100)
		return (double)source->counts[phase].status[t->status];
	return (double)lg_histogram_count(source->load->by_code[phase][code_index(t, source->load)]);
}

static double count(const struct threshold *t, const struct threshold_source *source, unsigned phase)
{
	const struct lg_counts *counts = &source->counts[phase];

	switch (t->metric) {
	case METRIC_DROPPED_ITERATIONS:
		return (double)counts->dropped;
	case METRIC_DATA_SENT:
		return (double)counts->bytes_sent;
	case METRIC_DATA_RECEIVED:
		return (double)counts->bytes_received;
	default:
		return count_requests(t, source, phase);
	}
}

static enum threshold_verdict counter(const struct threshold *t, const struct threshold_source *source,
                                      double *ret)
{
	double sum = 0, seconds = 0;

	for (unsigned i = 0; i < LG_PHASES; i++)
		if (covers(t, i)) {
			sum += count(t, source, i);
			seconds += source->seconds[i];
		}
	if (t->method == THRESHOLD_RATE && !(seconds > 0))
		return THRESHOLD_EMPTY;
	*ret = t->method == THRESHOLD_RATE ? sum / seconds : sum;
	return THRESHOLD_HOLDS;
}

static enum threshold_verdict rate(const struct threshold *t, const struct threshold_source *source,
                                   double *ret)
{
	double part = 0, whole = 0;

	for (unsigned i = 0; i < LG_PHASES; i++) {
		const struct lg_counts *counts = &source->counts[i];

		if (!covers(t, i))
			continue;
		if (t->metric == METRIC_HTTP_REQ_FAILED) {
			part += (double)counts->failed;
			whole += (double)counts->requests;
			continue;
		}
		for (int check = 0; check < LG_CHECKS; check++)
			if (source->checks[check]) {
				part += (double)counts->checks[check][1];
				whole += (double)(counts->checks[check][0] + counts->checks[check][1]);
			}
	}
	if (!(whole > 0))
		return THRESHOLD_EMPTY;
	*ret = part / whole;
	return THRESHOLD_HOLDS;
}

/* ---- latencies --------------------------------------------------------------------- */

static const struct lg_histogram *service_of(const struct threshold *t, const struct lg_result *load,
                                             unsigned phase)
{
	if (!t->status)
		return load->service[phase];
	return t->status < 100 ? load->by_status[phase][t->status]
	                       : load->by_code[phase][code_index(t, load)];
}

static const struct lg_histogram *histogram_of(const struct threshold *t, const struct lg_result *load,
                                               unsigned phase)
{
	switch (t->metric) {
	case METRIC_HTTP_REQ_RESPONSE:
		return load->response[phase];
	case METRIC_HTTP_REQ_LAG:
		return load->lag[phase];
	default:
		return service_of(t, load, phase);
	}
}

/* Of the whole run, for the metrics that are not kept by phase; NULL: another one. */
static const struct lg_histogram *part_of(const struct threshold *t, const struct lg_result *load)
{
	switch (t->metric) {
	case METRIC_HTTP_REQ_SENDING:
		return load->sending;
	case METRIC_HTTP_REQ_WAITING:
		return load->waiting;
	case METRIC_HTTP_REQ_RECEIVING:
		return load->receiving;
	case METRIC_HTTP_REQ_CONNECTING:
		return load->connect;
	case METRIC_HTTP_REQ_TLS_HANDSHAKING:
		return load->handshake;
	default:
		return NULL;
	}
}

/* Microseconds in, milliseconds out. */
static double figure(const struct threshold *t, const struct lg_histogram *h)
{
	switch (t->method) {
	case THRESHOLD_AVG:
		return lg_histogram_mean(h) / 1e3;
	case THRESHOLD_MIN:
		return (double)lg_histogram_min(h) / 1e3;
	case THRESHOLD_MAX:
		return (double)lg_histogram_max(h) / 1e3;
	case THRESHOLD_MED:
		return (double)lg_histogram_percentile(h, 50) / 1e3;
	default:
		return (double)lg_histogram_percentile(h, t->percentile) / 1e3;
	}
}

static enum threshold_verdict trend_of(const struct threshold *t, const struct lg_histogram *h, double *ret)
{
	if (!lg_histogram_count(h))
		return THRESHOLD_EMPTY;
	*ret = figure(t, h);
	return THRESHOLD_HOLDS;
}

static enum threshold_verdict trend_of_all(const struct threshold *t, const struct lg_result *load,
                                           double *ret)
{
	struct lg_histogram *sum = lg_histogram_new();
	enum threshold_verdict verdict = THRESHOLD_UNKNOWN;

	if (sum && histogram_of(t, load, 0)) {
		for (unsigned i = 0; i < LG_PHASES; i++)
			lg_histogram_merge(sum, histogram_of(t, load, i));
		verdict = trend_of(t, sum, ret);
	}
	lg_histogram_free(sum);
	return verdict;
}

static enum threshold_verdict trend(const struct threshold *t, const struct lg_result *load, double *ret)
{
	const struct lg_histogram *h;

	if (part_of(t, load))
		return trend_of(t, part_of(t, load), ret);
	if (t->phase == THRESHOLD_ALL_PHASES)
		return trend_of_all(t, load, ret);
	h = histogram_of(t, load, t->phase);
	return h ? trend_of(t, h, ret) : THRESHOLD_UNKNOWN;
}

/* ---- verdicts ----------------------------------------------------------------------- */

static bool compare(double value, enum threshold_operator op, double number)
{
	switch (op) {
	case THRESHOLD_OVER:
		return value > number;
	case THRESHOLD_OVER_EQUAL:
		return value >= number;
	case THRESHOLD_UNDER:
		return value < number;
	case THRESHOLD_UNDER_EQUAL:
		return value <= number;
	case THRESHOLD_EQUAL:
		return value == number;
	case THRESHOLD_UNEQUAL:
		return value != number;
	}
	return false;
}

static enum threshold_verdict value_of(const struct threshold *t, const struct threshold_source *source,
                                       double *ret)
{
	const struct lg_result *load = source->load;

	if (!load && (t->phase != THRESHOLD_ALL_PHASES || t->status >= 100))
		return THRESHOLD_UNKNOWN;
	if (t->status >= 100 && code_index(t, load) < 0)
		return THRESHOLD_UNKNOWN;
	switch (t->metric) {
	case METRIC_VUS:
	case METRIC_VUS_MAX:
		*ret = t->metric == METRIC_VUS ? source->vus : source->vus_max;
		return THRESHOLD_HOLDS;
	case METRIC_HTTP_REQ_FAILED:
	case METRIC_CHECKS:
		return rate(t, source, ret);
	case METRIC_HTTP_REQS:
	case METRIC_ITERATIONS:
	case METRIC_DROPPED_ITERATIONS:
	case METRIC_DATA_SENT:
	case METRIC_DATA_RECEIVED:
		return counter(t, source, ret);
	default:
		return load ? trend(t, load, ret) : THRESHOLD_UNKNOWN;
	}
}

enum threshold_verdict threshold_evaluate(const struct threshold *threshold,
                                          const struct threshold_source *source, double *ret_value)
{
	double value = 0;
	enum threshold_verdict verdict = value_of(threshold, source, &value);

	if (verdict != THRESHOLD_HOLDS)
		return verdict;
	*ret_value = value;
	return compare(value, threshold->op, threshold->number) ? THRESHOLD_HOLDS : THRESHOLD_BROKEN;
}

bool threshold_succeeds(const struct threshold *threshold, enum threshold_verdict verdict)
{
	return verdict == THRESHOLD_HOLDS || (verdict == THRESHOLD_EMPTY && threshold->status);
}

bool threshold_aborts(const struct threshold *threshold, enum threshold_verdict verdict, int64_t elapsed)
{
	return threshold->abort_on_fail && verdict == THRESHOLD_BROKEN && elapsed >= threshold->delay_abort;
}

static bool is_scheduled(const struct lg_plan *plan)
{
	return plan->model == LG_RATE || plan->expected_interval;
}

int threshold_fits(const char *option, const struct threshold *threshold, const struct lg_plan *plan,
                   struct error *error)
{
	const char *name = threshold_metric_name(threshold->metric);

	if ((threshold->metric == METRIC_HTTP_REQ_RESPONSE || threshold->metric == METRIC_HTTP_REQ_LAG) &&
	    !is_scheduled(plan))
		return error_usage(error, "%s: %s needs a schedule: give --rate, or --expected-interval",
		                   option, name);
	if (threshold->metric == METRIC_CHECKS && !plan->expect.status && !plan->expect.body)
		return error_usage(error, "%s: %s needs something to check: --expect-status or --expect-body",
		                   option, name);
	return 0;
}
