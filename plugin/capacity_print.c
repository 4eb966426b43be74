/* The curve of a search for capacity, as text and as JSON. */
#include <stdlib.h>
#include <string.h>

#include "plugin/capacity.h"
#include "plugin/figures.h"
#include "plugin/plan.h"
#include "plugin/text.h"

static const char *const fault_names[] = {
	[CAPACITY_GOOD] = "ok",          [CAPACITY_SATURATED] = "saturated", [CAPACITY_EMPTY] = "empty",
	[CAPACITY_BROKEN] = "threshold", [CAPACITY_DROPPED] = "dropped",     [CAPACITY_SHORT] = "short",
};

static const char *const end_names[] = {
	[CAPACITY_RUNNING] = "running",
	[CAPACITY_FOUND] = "found",
	[CAPACITY_AT_HIGHEST] = "at_highest",
	[CAPACITY_UNDER_LOWEST] = "under_lowest",
	[CAPACITY_BY_SATURATION] = "generator_saturated",
	[CAPACITY_OUT_OF_STEPS] = "out_of_steps",
	[CAPACITY_OUT_OF_TIME] = "out_of_time",
};

/* Of the threshold, without its operator: "p(99)". */
static char *method_of(const struct threshold *goal)
{
	size_t size = strcspn(goal->expression, "<>=!");

	while (size && strchr(" \t", goal->expression[size - 1]))
		size--;
	return xstrndup(goal->expression, size);
}

/* The step at a rate, the last one if it was tried twice; NULL: there is none. */
static const struct capacity_step *step_at(const struct capacity *c, double rate)
{
	for (size_t i = c->count; i-- > 0;)
		if (c->steps[i].asked == rate)
			return &c->steps[i];
	return NULL;
}

/* "p(99) is 71.2", "12 starts were dropped", ... */
static char *fault_text(const struct capacity_step *step, const struct threshold *goal)
{
	char *method, *ret, count[32];

	switch (step->fault) {
	case CAPACITY_GOOD:
		return xstrdup("ok");
	case CAPACITY_SATURATED:
		return xstrdup("the load generator was saturated");
	case CAPACITY_EMPTY:
		return xstrdup("nothing to measure");
	case CAPACITY_BROKEN:
		method = method_of(goal);
		ret = xprintf("%s is %.4g", method, step->value);
		free(method);
		return ret;
	case CAPACITY_DROPPED:
		return xprintf("%s starts dropped", figure_count((double)step->dropped, count));
	case CAPACITY_SHORT:
		return xprintf("%.1f%% of the rate", 100 * step->achieved / step->asked);
	}
	return NULL;
}

static char *end_text(const struct capacity *c)
{
	char count[32];

	switch (c->end) {
	case CAPACITY_RUNNING:
		return xstrdup("the search was cut short");
	case CAPACITY_FOUND:
		return xprintf("found to within %g%%", 100 * c->plan.tolerance);
	case CAPACITY_AT_HIGHEST:
		return xprintf("no more than %s/s are asked for", figure_count(c->plan.highest, count));
	case CAPACITY_UNDER_LOWEST:
		return xprintf("no less than %s/s are asked for", figure_count(c->plan.lowest, count));
	case CAPACITY_BY_SATURATION:
		return xstrdup("the load generator was saturated, the target may do more");
	case CAPACITY_OUT_OF_STEPS:
		return xprintf("%u steps were made, no more are allowed", c->plan.max_steps);
	case CAPACITY_OUT_OF_TIME:
		return xstrdup("there is no time for another step");
	}
	return NULL;
}

char *capacity_line(const struct capacity *capacity, const struct threshold *goal)
{
	const struct capacity_step *above = capacity->above > 0 ? step_at(capacity, capacity->above) : NULL;
	char knee[32], next[32], *end = end_text(capacity), *fault = above ? fault_text(above, goal) : NULL,
				 *ret;
	const char *met = figure_count(capacity->knee, knee);

	if (!(capacity->knee > 0))
		ret = xprintf("no rate that was tried meets %s: %s%s%s%s%s", goal->expression, end,
		              above ? "; at " : "", above ? figure_count(capacity->above, next) : "",
		              above ? "/s " : "", above ? fault : "");
	else if (!above)
		ret = xprintf("%s/s meets %s, and more was not tried: %s", met, goal->expression, end);
	else
		ret = xprintf("%s/s meets %s, %s/s does not (%s): %s", met, goal->expression,
		              figure_count(capacity->above, next), fault, end);
	free(end);
	free(fault);
	return ret;
}

/* ---- text ------------------------------------------------------------------------- */

static int by_rate(const void *a, const void *b)
{
	const struct capacity_step *const *one = a, *const *other = b;

	if ((*one)->asked != (*other)->asked)
		return (*one)->asked < (*other)->asked ? -1 : 1;
	return *one < *other ? -1 : *one > *other;
}

static void print_step(FILE *out, const struct capacity *c, const struct capacity_step *step,
                       const struct threshold *goal)
{
	char asked[32], achieved[32], p50[32], p95[32], p99[32], max[32], failed[32], dropped[32];
	char *fault = fault_text(step, goal);

	fprintf(out, "%c %9s %9s %8s %8s %8s %8s %8s %8s  %s\n",
	        step->fault == CAPACITY_GOOD && step->asked == c->knee ? '*' : ' ',
	        figure_count(step->asked, asked), figure_count(step->achieved, achieved),
	        figure_time(step->p50 * MILLI, p50), figure_time(step->p95 * MILLI, p95),
	        figure_time(step->p99 * MILLI, p99), figure_time(step->max * MILLI, max),
	        figure_count((double)step->failed, failed), figure_count((double)step->dropped, dropped),
	        fault);
	free(fault);
}

void capacity_print(FILE *out, const struct capacity *capacity, const struct threshold *goal)
{
	const struct capacity_step **sorted = xcalloc(capacity->count + 1, sizeof *sorted);
	char *line = capacity_line(capacity, goal);

	for (size_t i = 0; i < capacity->count; i++)
		sorted[i] = &capacity->steps[i];
	qsort(sorted, capacity->count, sizeof *sorted, by_rate);
	fprintf(out, "  %9s %9s %8s %8s %8s %8s %8s %8s\n", "asked/s", "done/s", "p50", "p95", "p99", "max",
	        "failed", "dropped");
	for (size_t i = 0; i < capacity->count; i++)
		print_step(out, capacity, sorted[i], goal);
	fprintf(out, "%s\n", line);
	free(sorted);
	free(line);
}

/* ---- JSON -------------------------------------------------------------------------- */

static cJSON *step_json(const struct capacity_step *step)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddNumberToObject(json, "asked", step->asked);
	cJSON_AddNumberToObject(json, "achieved", step->achieved);
	cJSON_AddNumberToObject(json, "seconds", (double)step->length / SECOND);
	cJSON_AddNumberToObject(json, "requests", (double)step->requests);
	cJSON_AddNumberToObject(json, "failed", (double)step->failed);
	cJSON_AddNumberToObject(json, "dropped", (double)step->dropped);
	cJSON_AddNumberToObject(json, "late", (double)step->late);
	cJSON_AddNumberToObject(json, "p50_ms", step->p50);
	cJSON_AddNumberToObject(json, "p95_ms", step->p95);
	cJSON_AddNumberToObject(json, "p99_ms", step->p99);
	cJSON_AddNumberToObject(json, "max_ms", step->max);
	cJSON_AddNumberToObject(json, "response_p99_ms", step->response_p99);
	if (step->verdict == THRESHOLD_HOLDS || step->verdict == THRESHOLD_BROKEN)
		cJSON_AddNumberToObject(json, "value", step->value);
	cJSON_AddBoolToObject(json, "met", step->fault == CAPACITY_GOOD);
	if (step->fault != CAPACITY_GOOD)
		cJSON_AddStringToObject(json, "fault", fault_names[step->fault]);
	return json;
}

cJSON *capacity_json(const struct capacity *capacity, const struct threshold *goal)
{
	cJSON *json = cJSON_CreateObject(), *steps;
	char *line = capacity_line(capacity, goal);

	cJSON_AddStringToObject(json, "metric", goal->name);
	cJSON_AddStringToObject(json, "threshold", goal->expression);
	if (capacity->knee > 0)
		cJSON_AddNumberToObject(json, "knee", capacity->knee);
	if (capacity->above > 0)
		cJSON_AddNumberToObject(json, "above", capacity->above);
	cJSON_AddStringToObject(json, "ended", end_names[capacity->end]);
	cJSON_AddStringToObject(json, "text", line);
	steps = cJSON_AddArrayToObject(json, "steps");
	for (size_t i = 0; i < capacity->count; i++)
		cJSON_AddItemToArray(steps, step_json(&capacity->steps[i]));
	free(line);
	return json;
}
