#include "plugin/capacity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plan.h"
#include "plugin/text.h"

struct capacity_plan capacity_plan_default(void)
{
	return (struct capacity_plan){
		.start = 100,
		.lowest = 1,
		.highest = 10e6,
		.factor = 2,
		.tolerance = 0.05,
		.shortfall = 0.02,
		.max_steps = 40,
		.max_time = 3600 * SECOND,
	};
}

void capacity_init(struct capacity *capacity, const struct capacity_plan *plan)
{
	*capacity = (struct capacity){.plan = *plan};
}

void capacity_release(struct capacity *capacity)
{
	free(capacity->steps);
	*capacity = (struct capacity){0};
}

/* ---- the next rate ------------------------------------------------------------ */

static double next_rate(const struct capacity *c)
{
	const struct capacity_plan *plan = &c->plan;

	if (!c->count)
		return fmin(fmax(plan->start, plan->lowest), plan->highest);
	if (!(c->above > 0))
		return fmin(c->knee * plan->factor, plan->highest);
	if (!(c->knee > 0))
		return fmax(c->above / plan->factor, plan->lowest);
	return sqrt(c->knee * c->above);
}

bool capacity_next(const struct capacity *capacity, double *ret_rate)
{
	if (capacity->end != CAPACITY_RUNNING)
		return false;
	*ret_rate = next_rate(capacity);
	return true;
}

/* ---- judging --------------------------------------------------------------------- */

/* Requests that may be missing at the two ends of a stretch, whatever its rate. */
#define EDGES 2

static enum capacity_fault judge(const struct capacity_plan *plan, const struct capacity_step *step)
{
	double seconds = (double)step->length / 1e9,
	       edges = seconds > 0 ? EDGES / (step->asked * seconds) : 0;

	if (step->saturated)
		return CAPACITY_SATURATED;
	if (step->verdict == THRESHOLD_EMPTY || step->verdict == THRESHOLD_UNKNOWN)
		return CAPACITY_EMPTY;
	if (step->verdict == THRESHOLD_BROKEN)
		return CAPACITY_BROKEN;
	if (step->dropped)
		return CAPACITY_DROPPED;
	return step->achieved < step->asked * (1 - plan->shortfall - edges) ? CAPACITY_SHORT : CAPACITY_GOOD;
}

static int64_t longest_step(const struct capacity *c)
{
	int64_t most = 0;

	for (size_t i = 0; i < c->count; i++)
		most = c->steps[i].took > most ? c->steps[i].took : most;
	return most;
}

static enum capacity_end find_end(const struct capacity *c, enum capacity_fault last)
{
	const struct capacity_plan *plan = &c->plan;

	if (last == CAPACITY_SATURATED)
		return CAPACITY_BY_SATURATION;
	if (c->knee > 0 && c->above > 0 && c->above - c->knee <= plan->tolerance * c->knee)
		return CAPACITY_FOUND;
	if (c->knee >= plan->highest)
		return CAPACITY_AT_HIGHEST;
	if (c->above > 0 && c->above <= plan->lowest)
		return CAPACITY_UNDER_LOWEST;
	if (c->count >= plan->max_steps)
		return CAPACITY_OUT_OF_STEPS;
	return c->used + longest_step(c) > plan->max_time ? CAPACITY_OUT_OF_TIME : CAPACITY_RUNNING;
}

void capacity_add(struct capacity *capacity, const struct capacity_step *step)
{
	enum capacity_fault fault = judge(&capacity->plan, step);

	capacity->steps = xrealloc(capacity->steps, (capacity->count + 1) * sizeof *capacity->steps);
	capacity->steps[capacity->count] = *step;
	capacity->steps[capacity->count++].fault = fault;
	capacity->used += step->took;
	if (fault == CAPACITY_GOOD)
		capacity->knee = fmax(capacity->knee, step->asked);
	else if (fault != CAPACITY_SATURATED)
		capacity->above = capacity->above > 0 ? fmin(capacity->above, step->asked) : step->asked;
	capacity->end = find_end(capacity, fault);
}

int64_t capacity_longest(const struct capacity_plan *plan, int64_t step)
{
	double steps = (double)step * plan->max_steps, time = (double)plan->max_time;

	/* the first step is made whatever it takes */
	return (int64_t)fmin(steps, fmax(time, (double)step));
}
