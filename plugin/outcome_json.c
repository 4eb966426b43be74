#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/findings.h"
#include "plugin/outcome.h"
#include "plugin/pgo.h"
#include "plugin/replicas_report.h"
#include "plugin/run_read.h"
#include "plugin/text.h"

/* Functions in the document: go tool pprof has them all. */
#define FUNCTIONS_MAX 100

static void add_text(cJSON *json, const char *name, const char *text)
{
	char *clean = xstrdup(text);

	text_clean(clean);
	if (*clean)
		cJSON_AddStringToObject(json, name, clean);
	free(clean);
}

static void add_number(cJSON *json, const char *name, double value)
{
	cJSON_AddNumberToObject(json, name, value);
}

/* An instant in both clocks: {"unix": RFC 3339, "elapsed_s": since the run began}. */
static void add_instant(cJSON *json, const char *name, const struct outcome *outcome, int64_t instant)
{
	cJSON *both;
	char wall[40];

	if (!instant)
		return;
	both = cJSON_AddObjectToObject(json, name);
	cJSON_AddStringToObject(both, "time", outcome_wall(outcome, instant, wall));
	add_number(both, "monotonic_ns", (double)instant);
	add_number(both, "elapsed_s", (double)(instant - outcome->at.begun) / SECOND);
}

static cJSON *times_json(const struct outcome *outcome)
{
	const struct outcome_times *at = &outcome->at;
	const struct lg_result *load = outcome->load;
	cJSON *json = cJSON_CreateObject();

	add_instant(json, "begun", outcome, at->begun);
	add_instant(json, "prepared", outcome, at->prepared);
	add_instant(json, "load_started", outcome, load ? load->started : 0);
	add_instant(json, "ramp_ended", outcome, load ? load->ramp_ended : 0);
	add_instant(json, "settled", outcome, at->settled);
	add_instant(json, "window_begin", outcome, load ? load->window_begin : 0);
	add_instant(json, "captures_end", outcome, at->capture_end);
	add_instant(json, "window_end", outcome, outcome_window(outcome) ? load->window_end : 0);
	add_instant(json, "load_stopped", outcome, load ? load->stopped : 0);
	add_instant(json, "cooled", outcome, at->cooled);
	add_instant(json, "ended", outcome, at->ended);
	return json;
}

static void add_pod(cJSON *json, const struct outcome *outcome)
{
	const struct target *target = &outcome->target;

	cJSON_AddStringToObject(json, "namespace", target->pod->ns);
	cJSON_AddStringToObject(json, "pod", target->pod->name);
	cJSON_AddStringToObject(json, "uid", target->pod->uid);
	add_text(json, "node", target->pod->node);
	add_text(json, "server", cluster_server(target->cluster));
	if (cluster_context(target->cluster))
		add_text(json, "context", cluster_context(target->cluster));
	add_number(json, "ready_pods", (double)target->ready_pods);
	cJSON_AddItemToObject(json, "ranking", ranking_json(&target->ranking));
}

static cJSON *changes_json(const struct outcome *outcome)
{
	cJSON *json = cJSON_CreateArray();

	for (unsigned i = 0; i < outcome->change_count; i++) {
		const struct change *change = &outcome->changes[i];
		cJSON *item = cJSON_CreateObject();

		add_text(item, "from", change->from);
		add_text(item, "to", change->to);
		add_text(item, "why", change->why);
		add_text(item, "phase", change->phase);
		cJSON_AddBoolToObject(item, "same_pod", change->same);
		add_instant(item, "at", outcome, change->at);
		cJSON_AddItemToArray(json, item);
	}
	return json;
}

static cJSON *target_json(const struct outcome *outcome)
{
	const struct target *target = &outcome->target;
	cJSON *json = cJSON_CreateObject(), *pprof;

	add_text(json, "name", target->name);
	add_text(json, "why", target->why);
	if (target->pod)
		add_pod(json, outcome);
	if (outcome->change_count)
		cJSON_AddItemToObject(json, "replaced", changes_json(outcome));
	if (target->has_pprof) {
		pprof = cJSON_AddObjectToObject(json, "pprof");
		if (target->pod)
			add_number(pprof, "port", target->pprof.port);
		add_text(pprof, "url", target->process_url);
		add_text(pprof, "path", target->pprof_path);
		add_text(pprof, "why", target->pprof_why);
	}
	add_text(json, "load_url", target->load_url);
	cJSON_AddBoolToObject(json, "tunnel_bound", target->tunnel_bound);
	if (target->bastion) {
		cJSON_AddStringToObject(json, "bastion", bastion_name(target->bastion));
		cJSON_AddBoolToObject(json, "bastion_bound", target->bastion_bound);
	}
	add_number(json, "share", target->share);
	cJSON_AddBoolToObject(json, "share_assumed", target->share_assumed);
	cJSON_AddBoolToObject(json, "share_measured", target->share_measured);
	add_text(json, "share_why", target->share_why);
	return json;
}

static cJSON *counts_json(const struct lg_counts *counts)
{
	static const char *const classes[] = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
	cJSON *json = cJSON_CreateObject(), *part;

	add_number(json, "requests", (double)counts->requests);
	add_number(json, "failed", (double)counts->failed);
	part = cJSON_AddObjectToObject(json, "status");
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (counts->status[i])
			add_number(part, classes[i], (double)counts->status[i]);
	part = cJSON_AddObjectToObject(json, "errors");
	for (int i = 0; i < LG_ERROR_KINDS; i++)
		if (counts->errors[i])
			add_number(part, lg_error_kind_name((enum lg_error_kind)i),
			           (double)counts->errors[i]);
	if (counts->dropped)
		add_number(json, "dropped", (double)counts->dropped);
	if (counts->no_port)
		add_number(json, "no_local_port", (double)counts->no_port);
	add_number(json, "bytes_sent", (double)counts->bytes_sent);
	add_number(json, "bytes_received", (double)counts->bytes_received);
	return json;
}

static cJSON *latency_json(const struct lg_histogram *latency)
{
	static const struct {
		const char *name;
		double percentile;
	} points[] = {{"p50", 50}, {"p90", 90}, {"p95", 95}, {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}};
	cJSON *json = cJSON_CreateObject();

	add_number(json, "count", (double)lg_histogram_count(latency));
	add_number(json, "min_us", (double)lg_histogram_min(latency));
	add_number(json, "mean_us", lg_histogram_mean(latency));
	add_number(json, "stddev_us", lg_histogram_stddev(latency));
	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		char name[16];

		snprintf(name, sizeof name, "%s_us", points[i].name);
		add_number(json, name, (double)lg_histogram_percentile(latency, points[i].percentile));
	}
	add_number(json, "max_us", (double)lg_histogram_max(latency));
	if (lg_histogram_over_range(latency))
		add_number(json, "over_range", (double)lg_histogram_over_range(latency));
	return json;
}

static cJSON *threads_json(const struct lg_result *load)
{
	cJSON *json = cJSON_CreateArray();

	for (size_t i = 0; i < load->thread_count; i++) {
		cJSON *thread = cJSON_CreateObject();

		add_number(thread, "cpu", load->threads[i].cpu);
		if (load->threads[i].run_queue_wait >= 0)
			add_number(thread, "run_queue_wait", load->threads[i].run_queue_wait);
		cJSON_AddItemToArray(json, thread);
	}
	return json;
}

static cJSON *load_json(const struct outcome *outcome)
{
	static const char *const phases[LG_PHASES] = {"before", "window", "after"};
	const struct lg_result *load = outcome->load;
	int64_t window = outcome_window(outcome);
	cJSON *json = cJSON_CreateObject();

	for (int i = 0; i < LG_PHASES; i++) {
		cJSON *phase;

		if (i != LG_BEFORE && !window)
			continue;
		phase = counts_json(&load->counts[i]);
		cJSON_AddItemToObject(phase, "service_latency", latency_json(load->service[i]));
		if (load->response[i])
			cJSON_AddItemToObject(phase, "response_latency", latency_json(load->response[i]));
		if (load->lag[i])
			cJSON_AddItemToObject(phase, "schedule_lag", latency_json(load->lag[i]));
		if (i == LG_WINDOW) {
			add_number(phase, "seconds", (double)window / SECOND);
			add_number(phase, "rate", (double)load->counts[i].requests * SECOND / (double)window);
		}
		cJSON_AddItemToObject(json, phases[i], phase);
	}
	add_number(json, "connections", (double)load->connections);
	add_number(json, "censored", (double)load->censored);
	if (load->unsent)
		add_number(json, "unsent", (double)load->unsent);
	add_text(json, "io", lg_io_name((enum lg_io_kind)outcome->plan->io));
	cJSON_AddItemToObject(json, "threads", threads_json(load));
	cJSON_AddBoolToObject(json, "saturated", load->saturated);
	add_text(json, "saturated_reason", load->saturated_reason);
	add_text(json, "first_error", load->first_error);
	return json;
}

static cJSON *row_json(const struct cost_row *row)
{
	cJSON *json = cJSON_CreateObject();

	add_text(json, "function", row->function);
	add_number(json, "flat_ns", (double)row->flat);
	add_number(json, "cum_ns", (double)row->cum);
	add_number(json, "samples", (double)row->samples);
	if (row->per_request >= 0)
		add_number(json, "ns_per_request", row->per_request);
	add_number(json, "relative_error", row->error);
	add_number(json, "overdispersion", row->spread);
	return json;
}

static cJSON *place_row_json(const struct cost_place *row)
{
	cJSON *json = cJSON_CreateObject();

	place_json(json, &row->place);
	cJSON_AddBoolToObject(json, "own", row->place.own);
	add_number(json, "cum_ns", (double)row->place.value);
	add_number(json, "samples", (double)row->samples);
	if (row->per_request >= 0)
		add_number(json, "ns_per_request", row->per_request);
	add_number(json, "relative_error", row->error);
	add_number(json, "overdispersion", row->spread);
	return json;
}

static cJSON *cpu_json(const struct cost *cost)
{
	cJSON *json = cJSON_CreateObject(), *rows;

	add_number(json, "cpu_ns", (double)cost->cpu);
	add_number(json, "profiled_ns", (double)cost->profiled);
	add_number(json, "samples", (double)cost->samples);
	add_number(json, "cores", cost->cores);
	if (cost->per_request >= 0)
		add_number(json, "ns_per_request", cost->per_request);
	rows = cJSON_AddArrayToObject(json, "functions");
	for (size_t i = 0; i < cost->count && i < FUNCTIONS_MAX; i++)
		cJSON_AddItemToArray(rows, row_json(&cost->rows[i]));
	rows = cJSON_AddArrayToObject(json, "by_application");
	for (size_t i = 0; i < cost->place_count && i < FUNCTIONS_MAX; i++)
		cJSON_AddItemToArray(rows, place_row_json(&cost->places[i]));
	return json;
}

cJSON *outcome_captures_json(const struct outcome *outcome, const struct shots *shots, const char *folder)
{
	cJSON *json = cJSON_CreateArray();

	for (size_t i = 0; i < shots_count(shots); i++) {
		const struct shot *shot = shots_at(shots, i);
		cJSON *item = cJSON_CreateObject();
		char name[400];

		snprintf(name, sizeof name, "%s%s", folder, shot->file);
		cJSON_AddStringToObject(item, "file", name);
		add_number(item, "bytes", (double)shot->size);
		add_instant(item, "begin", outcome, shot->begin);
		add_instant(item, "end", outcome, shot->end);
		cJSON_AddBoolToObject(item, "captured", shot->data != NULL);
		cJSON_AddBoolToObject(item, "partial", shot->partial);
		add_text(item, "error", shot->error.text);
		cJSON_AddItemToArray(json, item);
	}
	return json;
}

static cJSON *slices_json(const struct outcome *outcome)
{
	cJSON *json = cJSON_CreateArray();

	for (size_t i = 0; i < outcome->slices.count; i++) {
		const struct slice *slice = &outcome->slices.items[i];
		cJSON *item = cJSON_CreateObject();

		cJSON_AddItemToArray(json, item);
		cJSON_AddStringToObject(item, "file", slice->file);
		add_instant(item, "begin", outcome, slice->begin);
		add_instant(item, "end", outcome, slice->end);
		add_number(item, "seconds", (double)slice->length / SECOND);
		add_number(item, "requests", (double)llround(slice->requests));
	}
	return json;
}

static cJSON *pod_json(const struct outcome *outcome)
{
	const struct watch_report *pod = &outcome->pod;
	cJSON *json = cJSON_CreateObject(), *samples;

	add_number(json, "restarts", pod->restarts);
	add_text(json, "lost", pod->lost);
	if (pod->ranked) {
		cJSON_AddBoolToObject(json, "still_top", pod->still_top);
		add_text(json, "top_at_peak", pod->top);
	}
	samples = cJSON_AddArrayToObject(json, "usage");
	for (size_t i = 0; i < pod->sample_count; i++) {
		cJSON *sample = cJSON_CreateObject();

		add_instant(sample, "read", outcome, pod->samples[i].at);
		add_text(sample, "timestamp", pod->samples[i].usage.timestamp);
		add_number(sample, "cpu_milli", (double)pod->samples[i].usage.cpu_milli);
		add_number(sample, "memory_bytes", (double)pod->samples[i].usage.memory_bytes);
		cJSON_AddItemToArray(samples, sample);
	}
	return json;
}

static cJSON *verdict_json(const struct outcome *outcome)
{
	const struct verdict *verdict = &outcome->verdict;
	cJSON *json = cJSON_CreateObject(), *checks;

	cJSON_AddStringToObject(json, "verdict", verdict_word(verdict));
	cJSON_AddBoolToObject(json, "steady", outcome->steady);
	if (outcome->variation >= 0)
		add_number(json, "rate_variation", outcome->variation);
	checks = cJSON_AddArrayToObject(json, "checks");
	for (size_t i = 0; i < verdict->count; i++) {
		cJSON *check = cJSON_CreateObject();

		cJSON_AddStringToObject(check, "name", verdict->checks[i].name);
		cJSON_AddStringToObject(check, "level", check_level_name(verdict->checks[i].level));
		add_text(check, "text", verdict->checks[i].text);
		cJSON_AddItemToArray(checks, check);
	}
	return json;
}

static void add_captures(cJSON *json, const struct outcome *outcome)
{
	cJSON *goroutines;

	cJSON_AddItemToObject(json, "captures", outcome_captures_json(outcome, outcome->shots, ""));
	cJSON_AddItemToObject(json, "idle_captures",
	                      outcome_captures_json(outcome, outcome->idle, outcome_idle_folder(outcome)));
	if (outcome->after)
		cJSON_AddItemToObject(json, "after_captures",
		                      outcome_captures_json(outcome, outcome->after, "after/"));
	if (outcome->slices.count)
		cJSON_AddItemToObject(json, "slices", slices_json(outcome));
	if (outcome->cost.rows)
		cJSON_AddItemToObject(json, "cpu", cpu_json(&outcome->cost));
	goroutines = cJSON_AddObjectToObject(json, "goroutines");
	if (outcome->goroutines_idle >= 0)
		add_number(goroutines, "idle", (double)outcome->goroutines_idle);
	if (outcome->goroutines >= 0)
		add_number(goroutines, "loaded", (double)outcome->goroutines);
	if (outcome->goroutines_after >= 0)
		add_number(goroutines, "after", (double)outcome->goroutines_after);
	meaning_json(json, outcome);
}

cJSON *outcome_json(const struct outcome *outcome)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "schema", RUN_SCHEMA);
	cJSON_AddStringToObject(json, "tool", "kubectl-pprof " KP_VERSION);
	cJSON_AddBoolToObject(json, "partial", outcome->partial[0] != '\0');
	add_text(json, "partial_why", outcome->partial);
	cJSON_AddItemToObject(json, "plan", plan_json(outcome->plan));
	cJSON_AddItemToObject(json, "target", target_json(outcome));
	cJSON_AddItemToObject(json, "timeline", times_json(outcome));
	if (outcome->load)
		cJSON_AddItemToObject(json, "load", load_json(outcome));
	add_captures(json, outcome);
	if (outcome->target.pod)
		cJSON_AddItemToObject(json, "pod", pod_json(outcome));
	if (outcome->replicas.count > 1)
		cJSON_AddItemToObject(json, "pods", replicas_json(outcome));
	if (outcome->tunnel.taken)
		cJSON_AddItemToObject(json, "tunnel", tunnel_report_json(&outcome->tunnel));
	if (outcome->capacity.count)
		cJSON_AddItemToObject(json, "capacity",
		                      capacity_json(&outcome->capacity, &outcome->plan->goal));
	if (outcome->thresholds.count)
		cJSON_AddItemToObject(json, "thresholds", threshold_report_json(&outcome->thresholds));
	pgo_json(json, outcome);
	cJSON_AddItemToObject(json, "verdict", verdict_json(outcome));
	add_text(json, "directory", outcome->directory);
	return json;
}
