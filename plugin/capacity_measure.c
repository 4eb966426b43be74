#include "plugin/capacity.h"
#include "plugin/plan.h"

int capacity_goal_parse(const char *option, const char *text, struct threshold *ret, struct error *error)
{
	struct threshold goal;
	int status = 0;

	if (threshold_parse(option, text, METRIC_HTTP_REQ_DURATION, &goal, error) < 0)
		return -1;
	if (goal.phase != THRESHOLD_ALL_PHASES)
		status = error_usage(error, "%s: '%s': a step of the search has no phases", option, text);
	else if (goal.abort_on_fail)
		status = error_usage(error, "%s: '%s': abortOnFail is for --threshold", option, text);
	if (status < 0)
		threshold_release(&goal);
	else
		*ret = goal;
	return status;
}

/* ---- one look less another ------------------------------------------------------ */

static void subtract(struct lg_histogram *from, const struct lg_histogram *what)
{
	if (from && what)
		lg_histogram_subtract(from, what);
}

static void subtract_counts(struct lg_counts *from, const struct lg_counts *what)
{
	from->requests -= what->requests;
	from->failed -= what->failed;
	from->dropped -= what->dropped;
	from->bytes_sent -= what->bytes_sent;
	from->bytes_received -= what->bytes_received;
	for (int i = 0; i < 6; i++)
		from->status[i] -= what->status[i];
	for (int i = 0; i < LG_ERROR_KINDS; i++)
		from->errors[i] -= what->errors[i];
	for (int i = 0; i < LG_CHECKS; i++)
		for (int held = 0; held < 2; held++)
			from->checks[i][held] -= what->checks[i][held];
}

static void subtract_phase(struct lg_result *from, const struct lg_result *what, unsigned phase)
{
	subtract_counts(&from->counts[phase], &what->counts[phase]);
	subtract(from->service[phase], what->service[phase]);
	subtract(from->response[phase], what->response[phase]);
	subtract(from->lag[phase], what->lag[phase]);
	for (int i = 0; i < 6; i++)
		subtract(from->by_status[phase][i], what->by_status[phase][i]);
	for (size_t i = 0; i < from->apart_count; i++)
		subtract(from->by_code[phase][i], what->by_code[phase][i]);
}

static void subtract_result(struct lg_result *from, const struct lg_result *what)
{
	for (unsigned phase = 0; phase < LG_PHASES; phase++)
		subtract_phase(from, what, phase);
	subtract(from->whole, what->whole);
	subtract(from->sending, what->sending);
	subtract(from->waiting, what->waiting);
	subtract(from->receiving, what->receiving);
	subtract(from->connect, what->connect);
	subtract(from->handshake, what->handshake);
}

/* ---- a step ------------------------------------------------------------------------ */

static double milliseconds(const struct lg_histogram *h, double percentile)
{
	return (double)lg_histogram_percentile(h, percentile) / 1e3;
}

/* Over all phases; without memory or a schedule 0. */
static double response_p99(const struct lg_result *load)
{
	struct lg_histogram *sum = lg_histogram_new();
	double ret = 0;

	if (sum && load->response[0]) {
		for (unsigned phase = 0; phase < LG_PHASES; phase++)
			lg_histogram_merge(sum, load->response[phase]);
		ret = milliseconds(sum, 99);
	}
	lg_histogram_free(sum);
	return ret;
}

void capacity_measure(struct capacity_step *step, const struct threshold *goal, const struct lg_plan *plan,
                      const struct lg_result *before, struct lg_result *after, int64_t length)
{
	struct threshold_source source;
	struct lg_counts sum;

	subtract_result(after, before);
	sum = lg_counts_sum(after);
	source = threshold_source_result(after, after->started, plan);
	for (unsigned phase = 0; phase < LG_PHASES; phase++)
		source.seconds[phase] = phase ? 0 : (double)length / SECOND;
	step->length = length;
	step->achieved = length > 0 ? (double)sum.requests * SECOND / (double)length : 0;
	step->requests = sum.requests;
	step->failed = sum.failed;
	step->dropped = sum.dropped;
	step->p50 = milliseconds(after->whole, 50);
	step->p95 = milliseconds(after->whole, 95);
	step->p99 = milliseconds(after->whole, 99);
	step->max = (double)lg_histogram_max(after->whole) / 1e3;
	step->response_p99 = response_p99(after);
	step->verdict = threshold_evaluate(goal, &source, &step->value);
}
