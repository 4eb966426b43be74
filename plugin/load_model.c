#include "plugin/load_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

/* Starts that are due while a request of this length is under way need a VU each. */
#define ANSWER_WITHIN 1.0
#define MAX_VUS_LOW   64
#define MAX_VUS_HIGH  10000
/* Of a search for capacity, whose rates are not known beforehand. */
#define MAX_VUS_SEARCH 2000
#define FIRST_RATE     100

/* Seconds of "s", "m", "h", nothing else; 0: it is none. */
static double unit_seconds(const char *unit)
{
	if (strcmp(unit, "s") == 0)
		return 1;
	if (strcmp(unit, "m") == 0)
		return 60;
	return strcmp(unit, "h") == 0 ? 3600 : 0;
}

static int malformed(const char *option, const char *text, const char *at, const char *want,
                     struct error *error)
{
	return error_usage(error, "%s: '%s', column %td: want %s", option, text, at - text + 1, want);
}

/* A number at `at`, then nothing or "/s"; *ret_rate says which. */
static int read_target(const char *option, const char *text, const char *at, double *ret, bool *ret_rate,
                       struct error *error)
{
	char *end;
	double value = strtod(at, &end), seconds = 1;

	if (end == at || !(value >= 0) || isinf(value))
		return malformed(option, text, at, "a number, such as 50 or 2000/s", error);
	*ret_rate = *end == '/';
	if (*end == '/')
		seconds = unit_seconds(end + 1);
	else if (*end)
		seconds = 0;
	if (seconds <= 0)
		return malformed(option, text, end, "no more than '/s', '/m' or '/h' here", error);
	*ret = value / seconds;
	return 0;
}

int rate_parse(const char *option, const char *text, double *ret, struct error *error)
{
	double value;
	bool rate;

	if (read_target(option, text, text, &value, &rate, error) < 0)
		return -1;
	if (!(value > 0))
		return error_usage(error, "%s: '%s' is no rate; give requests a second over 0", option, text);
	*ret = value;
	return 0;
}

static int read_stage(const char *text, struct lg_stage *ret, bool *ret_rate, struct error *error)
{
	const char *colon = strchr(text, ':');
	char *length;

	if (!colon)
		return malformed("--stage", text, text + strlen(text),
		                 "DURATION:TARGET, such as 15s:50 or 15s:2000/s", error);
	length = xstrndup(text, (size_t)(colon - text));
	ret->length = duration_parse(length);
	free(length);
	if (ret->length < 0)
		return malformed("--stage", text, text,
		                 "a duration before the ':', such as 500ms, 10s or 1m30s", error);
	return read_target("--stage", text, colon + 1, &ret->target, ret_rate, error);
}

static int read_stages(struct plan *plan, bool *ret_rate, struct error *error)
{
	const struct option_list *texts = &plan->stage_texts;

	plan->stages = xcalloc(texts->count, sizeof *plan->stages);
	for (size_t i = 0; i < texts->count; i++) {
		bool rate;

		if (read_stage(texts->items[i], &plan->stages[i], &rate, error) < 0)
			return -1;
		if (i && rate != *ret_rate)
			return error_usage(
				error, "--stage: '%s' and '%s' mix VUs and a rate; give '/s' to all or none",
				texts->items[0], texts->items[i]);
		*ret_rate = rate;
	}
	plan->stage_count = texts->count;
	return 0;
}

static double highest_target(const struct plan *plan)
{
	double most = 0;

	for (size_t i = 0; i < plan->stage_count; i++)
		most = fmax(most, plan->stages[i].target);
	return most;
}

static int take_stages(struct plan *plan, struct error *error)
{
	bool rate = false;
	double most;

	if (read_stages(plan, &rate, error) < 0)
		return -1;
	most = highest_target(plan);
	if (!(most > 0))
		return error_usage(error, "--stage: no stage has a target over 0");
	if (rate)
		plan->rate = most;
	else if (most != floor(most) || most > LG_MAX_VUS)
		return error_usage(error,
		                   "--stage: %g is no number of VUs; give 1 to %d, or a rate such as 50/s",
		                   most, LG_MAX_VUS);
	else
		plan->vus = (unsigned)most;
	return 0;
}

static unsigned default_max_vus(const struct plan *plan)
{
	double rate = plan->find_capacity ? MAX_VUS_SEARCH : plan->rate;
	double wanted = fmin(fmax(rate * ANSWER_WITHIN, MAX_VUS_LOW), MAX_VUS_HIGH);

	if (plan->guard.max_vus)
		wanted = fmin(wanted, plan->guard.max_vus);
	return plan->vus > wanted ? plan->vus : (unsigned)wanted;
}

static int64_t ramp_of(const struct plan *plan)
{
	const struct lg_plan load = {.stages = plan->stages, .stage_count = plan->stage_count};
	int64_t rest;

	return lg_ramp_length(&load, &rest);
}

int load_model_read(struct plan *plan, struct error *error)
{
	if (plan->find_capacity && (plan->stage_texts.count || plan->requests))
		return error_usage(error, "--find-capacity sets the rate itself: leave %s out",
		                   plan->stage_texts.count ? "--stage" : "--requests");
	if (plan->stage_texts.count && (plan->rate_text || plan->ramp >= 0))
		return error_usage(error, "give --stage, or --rate and --ramp, not both");
	if (plan->rate_text && rate_parse("--rate", plan->rate_text, &plan->rate, error) < 0)
		return -1;
	if (plan->find_capacity && !plan->rate_text)
		plan->rate = plan->max_rate > 0 ? fmin(FIRST_RATE, plan->max_rate) : FIRST_RATE;
	if (plan->stage_texts.count && take_stages(plan, error) < 0)
		return -1;
	if (plan->stage_count)
		plan->ramp = ramp_of(plan);
	else if (plan->ramp < 0)
		plan->ramp = plan->requests || plan->find_capacity ? 0 : DEFAULT_RAMP;
	if (plan->max_vus && plan->rate <= 0)
		return error_usage(error, "--max-vus is for a load by --rate; --vus is all there are");
	if (plan->rate > 0 && plan->think)
		return error_usage(error, "--think is for a load by --vus: with --rate the rate says when");
	if (plan->rate > 0 && plan->expected_interval)
		return error_usage(error,
		                   "--expected-interval is for a load by --vus: --rate has its own schedule");
	if (plan->rate > 0 && !plan->max_vus)
		plan->max_vus = default_max_vus(plan);
	return 0;
}
