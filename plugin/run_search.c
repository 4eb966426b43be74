#include <stdlib.h>

#include "plugin/clock.h"
#include "plugin/run_parts.h"

/* A generator's thread above this may be the limit itself. */
#define GENERATOR_FULL 0.9

/* Ticks for that long; how busy the generator's busiest thread was meanwhile, on average. */
static double wait_busy(struct run *run, int64_t length)
{
	int64_t end = clock_now() + length;
	double sum = 0;
	unsigned ticks = 0;

	for (; clock_now() < end && !run_must_end(run); ticks++) {
		run_tick(run);
		sum += run->busiest;
	}
	return ticks ? sum / ticks : 0;
}

/* The pod went away while a rate was tried: it is tried again on the next one. */
static bool is_upset(struct run *run, unsigned changes)
{
	bool upset = keeper_busy(&run->keeper) || run->keeper.count != changes;

	run_wait_for_pod(run);
	return upset;
}

/* One rate of the search for capacity; false: the run ends. */
static bool take_step(struct run *run, double rate)
{
	struct lg_plan load = plan_load(run->plan, NULL);
	struct capacity_step step = {.asked = rate};
	int64_t begin = clock_now(), stretch;
	unsigned changes = run->keeper.count;
	struct lg_result *before, *after;

	lg_set_rate(run->load, rate);
	wait_busy(run, CAPACITY_SETTLE);
	stretch = clock_now();
	before = lg_look(run->load);
	step.saturated = wait_busy(run, run->plan->capacity_step) > GENERATOR_FULL;
	after = lg_look(run->load);
	step.took = clock_now() - begin;
	if (before && after && !run_must_end(run) && !is_upset(run, changes)) {
		capacity_measure(&step, &run->plan->goal, &load, before, after, clock_now() - stretch);
		capacity_add(&run->outcome->capacity, &step);
	}
	lg_result_free(before);
	lg_result_free(after);
	return before && after && !run_must_end(run);
}

/* Ends with the load at the rate that was found, or the first one's when none was. */
void run_find_capacity(struct run *run)
{
	struct capacity_plan search = capacity_plan_default();
	struct capacity *capacity = &run->outcome->capacity;
	char *line;
	double rate;

	search.start = run->plan->rate;
	search.max_time = CAPACITY_MOST;
	if (run->plan->max_rate > 0 && run->plan->max_rate < search.highest)
		search.highest = run->plan->max_rate;
	capacity_init(capacity, &search);
	progress_phase(&run->progress, "search", "at most ", CAPACITY_MOST);
	while (capacity_next(capacity, &rate) && take_step(run, rate))
		;
	line = capacity_line(capacity, &run->plan->goal);
	progress_note(&run->progress, "%s", line);
	free(line);
	lg_set_rate(run->load,
	            run->plan->capacity_share * (capacity->knee > 0 ? capacity->knee : search.start));
	run->steady = (struct steady){0};
}
