#include "plugin/timeline.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugin/text_out.h"

static const char *phase_of(const struct lg_result *load, int64_t at)
{
	if (load->ramp_ended && at < load->ramp_ended)
		return "ramp";
	if (!load->window_begin || at < load->window_begin)
		return "settle";
	return at < load->window_end ? "window" : "after";
}

/* The newest figure of the pod at that time. */
static const struct watch_sample *sample_at(const struct watch_report *pod, int64_t at)
{
	const struct watch_sample *found = NULL;

	for (size_t i = 0; i < pod->sample_count && pod->samples[i].at <= at; i++)
		found = &pod->samples[i];
	return found;
}

static void print_row(FILE *out, const struct outcome *outcome, const struct lg_second *second)
{
	const struct watch_sample *sample = sample_at(&outcome->pod, second->at + SECOND);
	char wall[40];

	fprintf(out, "%s,%.3f,%s,%u,%llu,%llu,%llu,%llu,", outcome_wall(outcome, second->at, wall),
	        (double)(second->at - outcome->load->started) / SECOND, phase_of(outcome->load, second->at),
	        second->vus, (unsigned long long)second->requests, (unsigned long long)second->failed,
	        (unsigned long long)second->p50, (unsigned long long)second->p99);
	if (sample)
		fprintf(out, "%lld,%lld", (long long)sample->usage.cpu_milli,
		        (long long)sample->usage.memory_bytes);
	else
		fputc(',', out);
	fputc('\n', out);
}

char *timeline_csv(const struct outcome *outcome)
{
	struct text_out text;
	FILE *out;

	text_out_begin(&text);
	out = text.file;
	fputs("time,elapsed_s,phase,vus,requests,failed,p50_us,p99_us,pod_cpu_m,pod_memory_bytes\n", out);
	for (size_t i = 0; outcome->load && i < outcome->load->second_count; i++)
		print_row(out, outcome, &outcome->load->seconds[i]);
	return text_out_end(&text, NULL);
}
