#include "plugin/outcome.h"

#include <stdio.h>
#include <time.h>

void outcome_release(struct outcome *outcome)
{
	shots_free(outcome->idle);
	shots_free(outcome->shots);
	shots_free(outcome->after);
	if (outcome->load)
		lg_result_free(outcome->load);
	cost_release(&outcome->cost);
	meaning_release(&outcome->meaning);
	slice_track_release(&outcome->track);
	slices_release(&outcome->slices);
	threshold_report_release(&outcome->thresholds);
	capacity_release(&outcome->capacity);
	watch_report_release(&outcome->pod);
	target_release(&outcome->target);
}

int64_t outcome_window(const struct outcome *outcome)
{
	const struct lg_result *load = outcome->load;

	if (!load || !load->window_begin || load->window_end <= load->window_begin)
		return 0;
	return load->window_end - load->window_begin;
}

const char *outcome_wall(const struct outcome *outcome, int64_t instant, char ret[40])
{
	int64_t unix_ns = instant + outcome->at.wall_offset;
	time_t seconds = (time_t)(unix_ns / SECOND);
	struct tm tm;
	char text[24];

	ret[0] = '\0';
	if (!instant || !gmtime_r(&seconds, &tm))
		return ret;
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret, 40, "%s.%03dZ", text, (int)(unix_ns % SECOND / MILLI));
	return ret;
}
