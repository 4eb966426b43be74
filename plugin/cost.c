#include "plugin/cost.h"

#include <math.h>
#include <stdlib.h>

#include "plugin/spread.h"
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

static uint64_t samples_of(int64_t ns, double period)
{
	return period > 0 && ns > 0 ? (uint64_t)llround((double)ns / period) : 0;
}

static void fill_row(struct cost_row *row, const struct cap_row *from, double period, double scale)
{
	*row = (struct cost_row){.function = from->function,
	                         .flat = from->flat,
	                         .cum = from->cum,
	                         .samples = samples_of(from->flat, period),
	                         .per_request = scale > 0 ? (double)from->flat * scale : -1,
	                         .spread = 1};
}

static void fill_place(struct cost_place *place, const struct cap_place *from, double period, double scale)
{
	*place = (struct cost_place){.place = *from,
	                             .samples = samples_of(from->value, period),
	                             .per_request = scale > 0 ? (double)from->value * scale : -1,
	                             .spread = 1};
}

/* ---- errors -------------------------------------------------------------------- */

/* Rows or places of a profile, by name. */
static struct spread_item *items_of(const struct cap_profile *cpu, bool places, double period,
                                    size_t *ret_count)
{
	int type = cap_profile_type_index(cpu, "cpu");
	struct cap_row *rows = NULL;
	struct cap_place *by_place = NULL;
	struct spread_item *items;

	*ret_count = 0;
	if (type < 0 || period <= 0)
		return NULL;
	if (places)
		cap_profile_places(cpu, (size_t)type, &by_place, ret_count, NULL);
	else
		cap_profile_top(cpu, (size_t)type, false, &rows, ret_count, NULL);
	items = xcalloc(*ret_count + 1, sizeof *items);
	for (size_t i = 0; i < *ret_count; i++)
		items[i] = places ? (struct spread_item){by_place[i].function,
		                                         (double)by_place[i].value / period}
		                  : (struct spread_item){rows[i].function, (double)rows[i].flat / period};
	free(rows);
	free(by_place);
	return items;
}

static void spread_over(struct spread *spread, const struct cap_profile *cpu,
                        struct cap_profile *const *slices, size_t slice_count, bool places, double period)
{
	size_t count;
	struct spread_item *items = items_of(cpu, places, period, &count);

	spread_init(spread, items, count, (double)cap_profile_duration(cpu));
	free(items);
	for (size_t i = 0; slice_count >= SPREAD_SLICES && i < slice_count; i++) {
		items = items_of(slices[i], places, period, &count);
		spread_add(spread, items, count, (double)cap_profile_duration(slices[i]));
		free(items);
	}
}

static double error_of(uint64_t samples, double spread)
{
	return samples ? sqrt(spread / (double)samples) : 0;
}

static void set_errors(struct cost *cost, const struct cap_profile *cpu, struct cap_profile *const *slices,
                       size_t slice_count, double period)
{
	struct spread spread;

	spread_over(&spread, cpu, slices, slice_count, false, period);
	for (size_t i = 0; i < cost->count; i++) {
		cost->rows[i].spread = spread_factor(&spread, cost->rows[i].function);
		cost->rows[i].error = error_of(cost->rows[i].samples, cost->rows[i].spread);
	}
	spread_release(&spread);
	spread_over(&spread, cpu, slices, slice_count, true, period);
	for (size_t i = 0; i < cost->place_count; i++) {
		cost->places[i].spread = spread_factor(&spread, cost->places[i].place.function);
		cost->places[i].error = error_of(cost->places[i].samples, cost->places[i].spread);
	}
	spread_release(&spread);
}

/* ---- the whole ------------------------------------------------------------------- */

static void fill_places(struct cost *cost, const struct cap_profile *cpu, size_t type, double period,
                        double scale)
{
	struct cap_place *places = NULL;

	if (cap_profile_places(cpu, type, &places, &cost->place_count, NULL) != CAP_OK)
		return;
	cost->places = xcalloc(cost->place_count + 1, sizeof *cost->places);
	for (size_t i = 0; i < cost->place_count; i++)
		fill_place(&cost->places[i], &places[i], period, scale);
	free(places);
}

void cost_make(const struct cap_profile *cpu, struct cap_profile *const *slices, size_t slice_count,
               int64_t window, uint64_t requests, double share, struct cost *ret)
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
	fill_places(ret, cpu, (size_t)type, period, scale);
	set_errors(ret, cpu, slices, slice_count, period);
}

void cost_release(struct cost *cost)
{
	free(cost->rows);
	free(cost->places);
	*cost = (struct cost){0};
}
