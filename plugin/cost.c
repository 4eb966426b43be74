#include "plugin/cost.h"

#include <math.h>
#include <stdlib.h>

#include "plugin/text.h"

/* Go's profiles hold samples and nanoseconds; the ratio of the two is the sampling period. */
static double period_of(const struct cap_profile *cpu, int ns_type, uint64_t *ret_samples)
{
	int count_type = cap_profile_type_index(cpu, "samples");
	int64_t total = cap_profile_total(cpu, (size_t)ns_type);
	int64_t count = count_type < 0 ? 0 : cap_profile_total(cpu, (size_t)count_type);

	if (count <= 0 || total <= 0)
		return 0;
	*ret_samples = (uint64_t)count;
	return (double)total / (double)count;
}

static void fill_row(struct cost_row *row, const struct cap_row *from, double period, double scale)
{
	*row = (struct cost_row){
		.function = from->function, .flat = from->flat, .cum = from->cum, .per_request = -1};
	if (period > 0 && from->flat > 0)
		row->samples = (uint64_t)llround((double)from->flat / period);
	if (row->samples)
		row->error = 1 / sqrt((double)row->samples);
	if (scale > 0)
		row->per_request = (double)from->flat * scale;
}

void cost_make(const struct cap_profile *cpu, int64_t window, uint64_t requests, double share,
               struct cost *ret)
{
	int type = cpu ? cap_profile_type_index(cpu, "cpu") : -1;
	struct cap_row *rows = NULL;
	double scale = 0, period;

	*ret = (struct cost){.per_request = -1};
	if (type < 0 ||
	    cap_profile_top(cpu, (size_t)type, false, &rows, &ret->count, &ret->failure) != CAP_OK)
		return;
	ret->cpu = cap_profile_total(cpu, (size_t)type);
	ret->profiled = cap_profile_duration(cpu);
	period = period_of(cpu, type, &ret->samples);
	if (ret->profiled > 0)
		ret->cores = (double)ret->cpu / (double)ret->profiled;
	if (ret->profiled > 0 && requests && share > 0)
		scale = (double)window / (double)ret->profiled / ((double)requests * share);
	if (scale > 0)
		ret->per_request = (double)ret->cpu * scale;
	ret->rows = xcalloc(ret->count + 1, sizeof *ret->rows);
	for (size_t i = 0; i < ret->count; i++)
		fill_row(&ret->rows[i], &rows[i], period, scale);
	free(rows);
}

void cost_release(struct cost *cost)
{
	free(cost->rows);
	*cost = (struct cost){0};
}
