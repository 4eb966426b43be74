#include "plugin/capacity.h"
#include "plugin/plan.h"
#include "plugin/stretch.h"

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

	stretch_take(after, before);
	sum = lg_counts_sum(after);
	source = stretch_source(after, plan, length);
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
