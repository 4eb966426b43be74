#include "plugin/run_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/k6.h"
#include "plugin/latency_files.h"
#include "plugin/replicas_report.h"
#include "plugin/report.h"
#include "plugin/timeline.h"

int run_files_shots(struct rundir *dir, const struct shots *shots, const char *folder, struct error *error)
{
	char name[400];

	for (size_t i = 0; i < shots_count(shots); i++) {
		const struct shot *shot = shots_at(shots, i);

		snprintf(name, sizeof name, "%s%s", folder, shot->file);
		if (shot->data && rundir_write(dir, name, shot->data, shot->size, error) < 0)
			return -1;
	}
	return 0;
}

static int write_slices(struct rundir *dir, const struct slices *slices, struct error *error)
{
	for (size_t i = 0; i < slices->count; i++) {
		const struct slice *slice = &slices->items[i];

		if (slice->data && rundir_write(dir, slice->file, slice->data, slice->size, error) < 0)
			return -1;
	}
	return 0;
}

static int write_text(struct rundir *dir, const char *name, char *text, struct error *error)
{
	int status = text ? rundir_write(dir, name, text, strlen(text), error)
	                  : error_set(error, "out of memory while writing '%s'", name);

	free(text);
	return status;
}

static int write_json(struct rundir *dir, const char *name, cJSON *json, struct error *error)
{
	char *text = cJSON_Print(json);

	cJSON_Delete(json);
	return write_text(dir, name, text, error);
}

/* Made of the files that are there already. A run without its page is still a run. */
static void write_report(struct rundir *dir)
{
	struct run_read run = {0};
	struct error error = {0};
	char *text = NULL;
	size_t size;
	int status = run_read_open(dir->temporary, &run, &error);

	if (status == 0)
		status = report_make(&run, NULL, &text, &size, &error);
	if (status == 0)
		status = rundir_write(dir, "report.html", text, size, &error);
	if (status < 0)
		fprintf(stderr, "warning: no report.html: %s\n", error.text);
	free(text);
	run_read_release(&run);
	error_release(&error);
}

int run_files_write(struct outcome *outcome, struct rundir *dir, struct error *error)
{
	int64_t when = (outcome->at.begun + outcome->at.wall_offset) / SECOND;
	bool lost;

	if (rundir_restore(dir, &lost, error) < 0)
		return -1;
	if (lost)
		fprintf(stderr, "warning: the folder of the run was removed meanwhile, and is made anew\n");
	if (run_files_shots(dir, outcome->shots, "", error) < 0 ||
	    run_files_shots(dir, outcome->idle, outcome_idle_folder(outcome), error) < 0 ||
	    run_files_shots(dir, outcome->after, "after/", error) < 0 ||
	    write_slices(dir, &outcome->slices, error) < 0 ||
	    (outcome->replicas.count > 1 && replicas_write(dir, &outcome->replicas, error) < 0))
		return -1;
	if (outcome->load &&
	    (write_json(dir, "load.json", k6_summary(outcome->load, outcome->plan, &outcome->thresholds),
	                error) < 0 ||
	     write_text(dir, "timeline.csv", timeline_csv(outcome), error) < 0 ||
	     write_text(dir, "latency.hlog", latency_hlog(outcome), error) < 0 ||
	     write_text(dir, "latency.hgrm", latency_hgrm(outcome), error) < 0))
		return -1;
	if (write_json(dir, "run.json", outcome_json(outcome), error) < 0)
		return -1;
	write_report(dir);
	if (rundir_keep(dir, when, outcome->target.name, error) < 0)
		return -1;
	snprintf(outcome->directory, sizeof outcome->directory, "%s", dir->final);
	return 0;
}
