#include "plugin/replicas_report.h"

#include <string.h>

#include "plugin/run_files.h"
#include "plugin/text.h"

#define LABEL "%-11s"

static const char *const folders[REPLICA_TIMES] = {
	[REPLICA_IDLE] = "idle/", [REPLICA_WINDOW] = "", [REPLICA_AFTER] = "after/"};

/* A pod's name makes a folder; what a server calls a pod need not. */
static void folder_of(const struct replicas *replicas, size_t i, char ret[300])
{
	const char *name = replicas->items[i].target->pod->name;

	if (name_valid(name))
		snprintf(ret, 300, "pods/%s/", name);
	else
		snprintf(ret, 300, "pods/pod-%zu/", i + 1);
}

int replicas_write(struct rundir *dir, const struct replicas *replicas, struct error *error)
{
	char folder[300], whole[320];

	for (size_t i = 0; i < replicas->count; i++) {
		folder_of(replicas, i, folder);
		for (int time = 0; time < REPLICA_TIMES; time++) {
			snprintf(whole, sizeof whole, "%s%s", folder, folders[time]);
			if (run_files_shots(dir, replicas->items[i].shots[time], whole, error) < 0)
				return -1;
		}
	}
	return 0;
}

/* ---- JSON ------------------------------------------------------------------------------ */

static void add_captures(cJSON *json, const struct outcome *outcome, size_t i)
{
	static const char *const names[REPLICA_TIMES] = {[REPLICA_IDLE] = "idle_captures",
	                                                 [REPLICA_WINDOW] = "captures",
	                                                 [REPLICA_AFTER] = "after_captures"};
	char folder[300], whole[320];

	folder_of(&outcome->replicas, i, folder);
	for (int time = 0; time < REPLICA_TIMES; time++) {
		const struct shots *shots = outcome->replicas.items[i].shots[time];

		snprintf(whole, sizeof whole, "%s%s", folder, folders[time]);
		if (shots)
			cJSON_AddItemToObject(json, names[time],
			                      outcome_captures_json(outcome, shots, whole));
	}
}

static cJSON *replica_json(const struct outcome *outcome, size_t i, double cores)
{
	const struct replica *replica = &outcome->replicas.items[i];
	const struct pod *pod = replica->target->pod;
	cJSON *json = cJSON_CreateObject();
	char folder[300];

	folder_of(&outcome->replicas, i, folder);
	folder[strlen(folder) - 1] = '\0';
	cJSON_AddStringToObject(json, "name", pod->name);
	cJSON_AddStringToObject(json, "namespace", pod->ns);
	cJSON_AddStringToObject(json, "uid", pod->uid);
	cJSON_AddStringToObject(json, "node", pod->node);
	cJSON_AddStringToObject(json, "folder", folder);
	if (replica->profiled) {
		cJSON_AddNumberToObject(json, "cores", replica->cores);
		cJSON_AddNumberToObject(json, "relative_error", replica->error);
		cJSON_AddNumberToObject(json, "samples", (double)replica->samples);
		cJSON_AddNumberToObject(json, "cpu_share", cores > 0 ? replica->cores / cores : 0);
	}
	if (replica->goroutines >= 0)
		cJSON_AddNumberToObject(json, "goroutines", (double)replica->goroutines);
	cJSON_AddNumberToObject(json, "restarts", replica->pod->restarts);
	if (replica->pod->lost[0])
		cJSON_AddStringToObject(json, "lost", replica->pod->lost);
	add_captures(json, outcome, i);
	return json;
}

cJSON *replicas_json(const struct outcome *outcome)
{
	double cores = replicas_cores(&outcome->replicas, NULL);
	cJSON *json = cJSON_CreateArray();

	for (size_t i = 0; i < outcome->replicas.count; i++)
		cJSON_AddItemToArray(json, replica_json(outcome, i, cores));
	return json;
}

/* ---- text -------------------------------------------------------------------------------- */

static void print_one(FILE *out, const struct replica *replica, double cores)
{
	char goroutines[24] = "-";

	if (replica->goroutines >= 0)
		snprintf(goroutines, sizeof goroutines, "%lld", (long long)replica->goroutines);
	if (replica->profiled)
		fprintf(out, "  %6.1f%%  %6.3g  ±%3.0f%%  %8llu  %10s  %s",
		        cores > 0 ? 100 * replica->cores / cores : 0, replica->cores, 100 * replica->error,
		        (unsigned long long)replica->samples, goroutines, replica->target->pod->name);
	else
		fprintf(out, "  %7s  %6s  %5s  %8s  %10s  %s", "-", "-", "-", "-", goroutines,
		        replica->target->pod->name);
	fprintf(out, "%s%s\n", replica->pod->restarts ? " (restarted)" : "",
	        replica->pod->lost[0] ? " (lost)" : "");
}

void replicas_print(FILE *out, const struct outcome *outcome)
{
	const struct replicas *replicas = &outcome->replicas;
	double cores = replicas_cores(replicas, NULL);

	if (replicas->count < 2 || !outcome->shots)
		return;
	fprintf(out, LABEL "%zu at the same time, summed below; each by itself is in pods/\n", "Pods",
	        replicas->count);
	fprintf(out, "  %7s  %6s  %5s  %8s  %10s  %s\n", "of CPU", "cores", "error", "samples", "goroutines",
	        "pod");
	for (size_t i = 0; i < replicas->count; i++)
		print_one(out, &replicas->items[i], cores);
}
