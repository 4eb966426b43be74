#include "plugin/outcome.h"

#include <stdio.h>
#include <time.h>

void outcome_release(struct outcome *outcome)
{
	replicas_release(&outcome->replicas);
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

const struct shots *outcome_idle(const struct outcome *outcome)
{
	return outcome->idle_former ? NULL : outcome->idle;
}

const char *outcome_idle_folder(const struct outcome *outcome)
{
	return outcome->idle_former ? "idle-former/" : "idle/";
}

/* Figures come late: those that cover a time before the load say nothing of it. */
static bool is_of_load(const struct outcome *outcome, const struct pod_usage *usage)
{
	const struct lg_result *load = outcome->load;

	return load && usage_begin(usage) >= (load->started + outcome->at.wall_offset) / SECOND;
}

struct outcome_peak outcome_peak(const struct outcome *outcome)
{
	const struct watch_report *pod = &outcome->pod;
	struct outcome_peak ret = {-1, -1, 0};

	for (size_t i = 0; i < pod->sample_count; i++) {
		const struct pod_usage *usage = &pod->samples[i].usage;

		if (!is_of_load(outcome, usage))
			continue;
		ret.readings++;
		ret.cpu = usage->cpu_milli > ret.cpu ? usage->cpu_milli : ret.cpu;
		ret.memory = usage->memory_bytes > ret.memory ? usage->memory_bytes : ret.memory;
	}
	return ret;
}

int64_t outcome_cpu_limit(const struct outcome *outcome)
{
	const struct pod *pod = outcome->target.pod;
	int64_t sum = 0;

	for (size_t i = 0; pod && i < pod->container_count; i++) {
		if (!pod->containers[i].cpu_limit)
			return 0;
		sum += pod->containers[i].cpu_limit;
	}
	return sum;
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
