#include "plugin/compare.h"

#include <stdlib.h>

static int open_side(struct comparison *comparison, int side, const char *const *paths, size_t count,
                     struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		struct compare_run *run = &comparison->runs[comparison->run_count];

		if (comparison->run_count == COMPARE_RUNS_MAX)
			return error_usage(error, "too many runs, %d at most", COMPARE_RUNS_MAX);
		*run = (struct compare_run){.side = side, .cores = -1};
		if (run_read_open(paths[i], &run->read, error) < 0)
			return -1;
		comparison->run_count++;
		if (run_read_number(&run->read, "load/window/seconds", 0) <= 0)
			return error_set(error, "run '%s': it has no capture window to compare",
			                 run->read.path);
	}
	return 0;
}

int compare_runs(const struct compare_paths *paths, bool cum, double run_spread, struct comparison *ret,
                 struct error *error)
{
	struct compare_table table = {0};
	int status;

	*ret = (struct comparison){.cum = cum, .run_spread = run_spread};
	if (open_side(ret, BASE, paths->paths[BASE], paths->counts[BASE], error) < 0 ||
	    open_side(ret, NEW, paths->paths[NEW], paths->counts[NEW], error) < 0)
		return -1;
	compare_notes_make(ret);
	status = compare_table_read(ret, &table, error);
	if (status == 0) {
		compare_cost(&table, &ret->heads, &ret->functions);
		status = compare_load(ret, error);
		compare_judge(&ret->heads);
	}
	compare_table_release(&table);
	return status;
}

bool compare_knows_runs(const struct comparison *comparison)
{
	return comparison->run_count >= SIDES + COMPARE_RUNS_DF;
}

void comparison_release(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->run_count; i++) {
		struct compare_run *run = &comparison->runs[i];

		run_read_release(&run->read);
		free(run->seconds);
		lg_histogram_free(run->latency[0]);
		lg_histogram_free(run->latency[1]);
	}
	compare_rows_release(&comparison->heads);
	compare_rows_release(&comparison->functions);
	for (size_t i = 0; i < comparison->notes.count; i++)
		free(comparison->notes.items[i].text);
	free(comparison->notes.items);
	*comparison = (struct comparison){0};
}
