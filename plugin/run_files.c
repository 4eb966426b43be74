#include "plugin/run_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/k6.h"
#include "plugin/timeline.h"

static int write_shots(struct rundir *dir, const struct shots *shots, const char *folder, struct error *error)
{
	char name[64];

	for (size_t i = 0; i < shots_count(shots); i++) {
		const struct shot *shot = shots_at(shots, i);

		snprintf(name, sizeof name, "%s%s", folder, shot->file);
		if (shot->data && rundir_write(dir, name, shot->data, shot->size, error) < 0)
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

/* One histogram a line: the tag of HdrHistogram's log format says which. */
static char *latency_log(const struct outcome *outcome)
{
	static const char *const tags[LG_PHASES] = {"before", "window", "after"};
	const struct lg_result *load = outcome->load;
	const int64_t begins[] = {load->started, load->window_begin, load->window_end};
	const int64_t ends[] = {load->window_begin ? load->window_begin : load->stopped, load->window_end,
	                        load->stopped};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out,
	        "#[Histogram log format version 1.3]\n#[service latency in microseconds]\n#[StartTime: %.3f]\n",
	        (double)(load->started + outcome->at.wall_offset) / SECOND);
	fputs("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
	      out);
	for (int i = 0; i < LG_PHASES; i++) {
		char *encoded = begins[i] ? lg_histogram_encode(load->service[i]) : NULL;

		if (encoded && lg_histogram_count(load->service[i]))
			fprintf(out, "Tag=%s,%.3f,%.3f,%.3f,%s\n", tags[i],
			        (double)(begins[i] - load->started) / SECOND,
			        (double)(ends[i] - begins[i]) / SECOND,
			        (double)lg_histogram_max(load->service[i]), encoded);
		free(encoded);
	}
	if (fclose(out) != 0)
		free(text), text = NULL;
	return text;
}

int run_files_write(struct outcome *outcome, struct rundir *dir, struct error *error)
{
	int64_t when = (outcome->at.begun + outcome->at.wall_offset) / SECOND;

	if (write_shots(dir, outcome->shots, "", error) < 0 ||
	    write_shots(dir, outcome->idle, "idle/", error) < 0)
		return -1;
	if (outcome->load &&
	    (write_json(dir, "load.json", k6_summary(outcome->load, outcome->plan->vus), error) < 0 ||
	     write_text(dir, "timeline.csv", timeline_csv(outcome), error) < 0 ||
	     write_text(dir, "latency.hlog", latency_log(outcome), error) < 0))
		return -1;
	if (write_json(dir, "run.json", outcome_json(outcome), error) < 0 ||
	    rundir_keep(dir, when, outcome->target.name, error) < 0)
		return -1;
	snprintf(outcome->directory, sizeof outcome->directory, "%s", dir->final);
	return 0;
}
