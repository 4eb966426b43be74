#include "plugin/replicas_report.h"

#include "plugin/run_files.h"
#include "plugin/text.h"

#define LABEL "%-11s"

#define FOLDER_SIZE 300

/* Below a pod's own folder. */
static const char *const folders[REPLICA_TIMES] = {
	[REPLICA_IDLE] = "/idle/", [REPLICA_WINDOW] = "/", [REPLICA_AFTER] = "/after/"};

/* A pod's name, which pod_parse has checked, makes a folder. */
static const char *folder_of(const struct replica *replica, const char *below, char ret[FOLDER_SIZE])
{
	snprintf(ret, FOLDER_SIZE, "pods/%s%s", replica->target->pod->name, below);
	return ret;
}

int replicas_write(struct rundir *dir, const struct replicas *replicas, struct error *error)
{
	char folder[FOLDER_SIZE];

	for (size_t i = 0; i < replicas->count; i++)
		for (int time = 0; time < REPLICA_TIMES; time++)
			if (run_files_shots(dir, replicas->items[i].shots[time],
			                    folder_of(&replicas->items[i], folders[time], folder), error) < 0)
				return -1;
	return 0;
}

/* ---- JSON ------------------------------------------------------------------------------ */

static void add_captures(cJSON *json, const struct outcome *outcome, const struct replica *replica)
{
	static const char *const names[REPLICA_TIMES] = {[REPLICA_IDLE] = "idle_captures",
	                                                 [REPLICA_WINDOW] = "captures",
	                                                 [REPLICA_AFTER] = "after_captures"};
	char folder[FOLDER_SIZE];

	for (int time = 0; time < REPLICA_TIMES; time++)
		if (replica->shots[time])
			cJSON_AddItemToObject(
				json, names[time],
				outcome_captures_json(outcome, replica->shots[time],
			                              folder_of(replica, folders[time], folder)));
}

static cJSON *replica_json(const struct outcome *outcome, const struct replica *replica, double cores)
{
	const struct pod *pod = replica->target->pod;
	cJSON *json = cJSON_CreateObject();
	char folder[FOLDER_SIZE];

	cJSON_AddStringToObject(json, "name", pod->name);
	cJSON_AddStringToObject(json, "namespace", pod->ns);
	cJSON_AddStringToObject(json, "uid", pod->uid);
	cJSON_AddStringToObject(json, "node", pod->node);
	cJSON_AddStringToObject(json, "folder", folder_of(replica, "", folder));
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
	add_captures(json, outcome, replica);
	return json;
}

cJSON *replicas_json(const struct outcome *outcome)
{
	double cores = replicas_cores(&outcome->replicas, NULL);
	cJSON *json = cJSON_CreateArray();

	for (size_t i = 0; i < outcome->replicas.count; i++)
		cJSON_AddItemToArray(json, replica_json(outcome, &outcome->replicas.items[i], cores));
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
