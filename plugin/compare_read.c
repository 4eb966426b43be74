/* The CPU profiles of runs as one table of samples: functions by runs and by slices. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/compare.h"
#include "plugin/text.h"

/* Of hostile runs: functions times blocks. */
#define CELLS_MAX ((size_t)64 << 20)

/* How often one function was seen in one profile. */
struct seen {
	const char *name; /* the profile's */
	unsigned block;   /* a run, or behind all of those a slice */
	float samples;
};

struct reading {
	struct comparison *comparison;
	struct compare_table *table;
	struct cap_profile **profiles; /* whose names are borrowed */
	size_t profile_count;
	struct seen *seen;
	size_t seen_count;
};

static struct cap_profile *keep(struct reading *reading, struct cap_profile *profile)
{
	size_t count = reading->profile_count;

	if ((count & (count - 1)) == 0)
		reading->profiles = xrealloc(reading->profiles, (count ? 2 * count : 1) * sizeof(void *));
	reading->profiles[reading->profile_count++] = profile;
	return profile;
}

/* Nanoseconds between two samples; 0: it is no CPU profile, or an empty one. */
static double period_of(const struct cap_profile *cpu)
{
	int samples = cap_profile_type_index(cpu, "samples"), time = cap_profile_type_index(cpu, "cpu");
	double count = samples < 0 ? 0 : (double)cap_profile_total(cpu, (size_t)samples);

	return count > 0 && time >= 0 ? (double)cap_profile_total(cpu, (size_t)time) / count : 0;
}

static void see(struct reading *reading, const char *name, unsigned block, double samples)
{
	size_t count = reading->seen_count;

	if (samples <= 0)
		return;
	if ((count & (count - 1)) == 0)
		reading->seen = xrealloc(reading->seen, (count ? 2 * count : 1) * sizeof *reading->seen);
	reading->seen[reading->seen_count++] = (struct seen){name, block, (float)samples};
}

/* Adds a profile's functions under `block`; all its samples in *ret_all. */
static int see_profile(struct reading *reading, const struct compare_run *run, const char *file,
                       unsigned block, double period, double *ret_all, struct error *error)
{
	struct cap_profile *cpu = reading->profiles[reading->profile_count - 1];
	struct cap_error failure = {0};
	struct cap_row *rows;
	size_t count;
	int type = cap_profile_type_index(cpu, "cpu");

	*ret_all = 0;
	if (type < 0 || period <= 0)
		return 0;
	if (cap_profile_top(cpu, (size_t)type, false, &rows, &count, &failure) != CAP_OK)
		return error_set(error, "run '%s': '%s': %s", run->read.path, file, failure.text);
	for (size_t i = 0; i < count; i++)
		see(reading, rows[i].function, block,
		    round((double)(reading->comparison->cum ? rows[i].cum : rows[i].flat) / period));
	free(rows);
	*ret_all = round((double)cap_profile_total(cpu, (size_t)type) / period);
	return 0;
}

/* What a profile of `profiled` ns is divided by, if it covers a stretch of `seconds` in which all pods did
 * `requests`. */
static double exposure(const struct reading *reading, const struct compare_run *run, double profiled,
                       double seconds, double requests, double period)
{
	double share = run_read_number(&run->read, "target/share", 1), ret;

	if (period <= 0 || seconds <= 0)
		return 0;
	ret = reading->table->per_request ? requests * share * profiled / 1e9 / seconds / period
	                                  : profiled / period;
	return isfinite(ret) && ret > 0 ? ret : 0;
}

static int read_slice(struct reading *reading, const struct compare_run *run, size_t index,
                      const struct run_slice *slice, double period, struct error *error)
{
	struct compare_blocks *blocks = &reading->table->blocks;
	struct cap_profile *cpu;
	size_t at = blocks->slice_count;
	int status = run_read_profile(&run->read, slice->file, &cpu, error);

	if (status == 1)
		compare_note(&reading->comparison->notes, false, "%s: '%s' is missing", run->read.path,
		             slice->file);
	if (status)
		return status;
	keep(reading, cpu);
	blocks->slice_run = xrealloc(blocks->slice_run, (at + 1) * sizeof *blocks->slice_run);
	blocks->slice_x = xrealloc(blocks->slice_x, (at + 1) * sizeof *blocks->slice_x);
	reading->table->slice_all = xrealloc(reading->table->slice_all, (at + 1) * sizeof(double));
	blocks->slice_run[at] = index;
	blocks->slice_x[at] = exposure(reading, run, (double)cap_profile_duration(cpu), slice->length,
	                               slice->requests, period);
	blocks->slice_count++;
	return see_profile(reading, run, slice->file, COMPARE_RUNS_MAX + (unsigned)at, period,
	                   &reading->table->slice_all[at], error);
}

static int read_slices(struct reading *reading, const struct compare_run *run, size_t index, double period,
                       struct error *error)
{
	struct run_slice *slices;
	size_t count;
	int status = run_read_slices(&run->read, &slices, &count, error);

	if (status < 0)
		return -1;
	if (status == 1) {
		compare_note(
			&reading->comparison->notes, false,
			"%s has no slices (an older run, or a window of one slice): its own spread is not "
			"known, its counts alone are taken",
			run->read.path);
		return 0;
	}
	for (size_t i = 0; status >= 0 && i < count; i++)
		status = read_slice(reading, run, index, &slices[i], period, error);
	free(slices);
	return status < 0 ? -1 : 0;
}

static int read_run(struct reading *reading, size_t index, struct error *error)
{
	struct compare_run *run = &reading->comparison->runs[index];
	struct compare_table *table = reading->table;
	struct cap_profile *cpu;
	double period;
	int status = run_read_profile(&run->read, "cpu.pb.gz", &cpu, error);

	run->cores = -1;
	if (status == 1)
		compare_note(&reading->comparison->notes, true,
		             "%s has no CPU profile: its load alone is compared", run->read.path);
	if (status)
		return status < 0 ? -1 : 0;
	keep(reading, cpu);
	period = period_of(cpu);
	if (cap_profile_duration(cpu) > 0 && period > 0)
		run->cores = period *
		             (double)cap_profile_total(cpu, (size_t)cap_profile_type_index(cpu, "samples")) /
		             (double)cap_profile_duration(cpu);
	table->blocks.run_x[index] = exposure(reading, run, (double)cap_profile_duration(cpu),
	                                      run_read_number(&run->read, "load/window/seconds", 0),
	                                      run_read_number(&run->read, "load/window/requests", 0), period);
	if (see_profile(reading, run, "cpu.pb.gz", (unsigned)index, period, &table->run_all[index], error) <
	    0)
		return -1;
	return read_slices(reading, run, index, period, error);
}

static int by_name(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->block > y->block) - (x->block < y->block);
}

static int make_rows(struct reading *reading, struct error *error)
{
	struct compare_table *table = reading->table;
	size_t runs = table->blocks.run_count, slices = table->blocks.slice_count, names = 0;
	const struct seen *seen = reading->seen;

	if (reading->seen_count)
		qsort(reading->seen, reading->seen_count, sizeof *seen, by_name);
	for (size_t i = 0; i < reading->seen_count; i++)
		names += i == 0 || strcmp(seen[i].name, seen[i - 1].name) != 0;
	if (names > CELLS_MAX / (runs + slices))
		return error_set(error, "too many functions (%zu) in too many runs to compare", names);
	table->names = xcalloc(names + 1, sizeof *table->names);
	table->run_k = xcalloc(names * runs + 1, sizeof *table->run_k);
	table->slice_k = xcalloc(names * slices + 1, sizeof *table->slice_k);
	for (size_t i = 0; i < reading->seen_count; i++) {
		if (i == 0 || strcmp(seen[i].name, seen[i - 1].name) != 0)
			table->names[table->count++] = xstrdup(seen[i].name);
		if (seen[i].block < COMPARE_RUNS_MAX)
			table->run_k[(table->count - 1) * runs + seen[i].block] += seen[i].samples;
		else
			table->slice_k[(table->count - 1) * slices + seen[i].block - COMPARE_RUNS_MAX] +=
				seen[i].samples;
	}
	return 0;
}

int compare_table_read(struct comparison *comparison, struct compare_table *ret, struct error *error)
{
	struct reading reading = {.comparison = comparison, .table = ret};
	struct compare_blocks *blocks = &ret->blocks;
	int status = 0;

	*ret = (struct compare_table){.per_request = true};
	blocks->run_count = comparison->run_count;
	blocks->run_spread = comparison->run_spread;
	blocks->side = xcalloc(blocks->run_count, sizeof *blocks->side);
	blocks->run_x = xcalloc(blocks->run_count, sizeof *blocks->run_x);
	ret->run_all = xcalloc(blocks->run_count, sizeof *ret->run_all);
	for (size_t i = 0; i < comparison->run_count; i++) {
		blocks->side[i] = comparison->runs[i].side;
		if (run_read_number(&comparison->runs[i].read, "load/window/requests", 0) <= 0)
			ret->per_request = false;
	}
	for (size_t i = 0; status == 0 && i < comparison->run_count; i++)
		status = read_run(&reading, i, error);
	if (status == 0)
		status = make_rows(&reading, error);
	for (size_t i = 0; i < reading.profile_count; i++)
		cap_profile_free(reading.profiles[i]);
	free(reading.profiles);
	free(reading.seen);
	return status;
}
