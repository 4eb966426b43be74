#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin/command.h"
#include "plugin/document.h"
#include "plugin/figures.h"
#include "plugin/findings.h"
#include "plugin/goroutine_groups.h"
#include "plugin/kube_file.h"
#include "plugin/text.h"

#define SCHEMA       "kubectl-pprof.explain/v1"
#define FILE_CEILING ((size_t)512 << 20)
#define RUN_CEILING  ((size_t)64 << 20)

struct explain_options {
	int output;
};

/* What there is to explain, and what came of it. */
struct explanation {
	const char *path;
	struct cap_profile *cpu;
	struct cap_findings findings;
	cJSON *run;   /* run.json; NULL: no run, which some of the findings borrow from */
	double scale; /* ns a request for each ns of the profile, 0: unknown */
	struct cap_goroutines idle, loaded, after;
	struct cap_growth *groups;
	size_t group_count;
};

/* clang-format off */
static const struct option explain_options[] = {
	{.name = "output", .letter = 'o', .kind = OPTION_CHOICE, .offset = offsetof(struct explain_options, output),
	 .value = "text|json|yaml", .choices = document_formats, .help = "format of standard output (default text)"},
	{0},
};
/* clang-format on */

static int refuse(const char *path, const struct cap_error *why, struct error *error)
{
	return error_set(error, "%s: %s", path, why->text);
}

static int take_cpu(struct explanation *explanation, const char *path, const char *bytes, size_t size,
                    struct error *error)
{
	struct cap_error why = {0};

	if (cap_profile_parse(bytes, size, &explanation->cpu, &why) != CAP_OK ||
	    cap_findings_make(explanation->cpu, &explanation->findings, &why) != CAP_OK)
		return refuse(path, &why, error);
	return 0;
}

static int take_dump(struct cap_goroutines *ret, const char *path, const char *bytes, size_t size,
                     struct error *error)
{
	struct cap_error why = {0};

	return cap_goroutines_parse(bytes, size, ret, &why) == CAP_OK ? 0 : refuse(path, &why, error);
}

static int take_file(struct explanation *explanation, struct error *error)
{
	size_t size;
	char *bytes = kube_file_read(explanation->path, FILE_CEILING, &size, error);
	int status;

	if (!bytes)
		return -1;
	if (strncmp(bytes, "goroutine ", strlen("goroutine ")) == 0)
		status = take_dump(&explanation->loaded, explanation->path, bytes, size, error);
	else
		status = take_cpu(explanation, explanation->path, bytes, size, error);
	free(bytes);
	return status;
}

/* ---- a run ----------------------------------------------------------------------- */

/* A file of the run; NULL when it has none. -1 when it cannot be read. */
static int read_part(const char *folder, const char *name, size_t ceiling, char **ret, size_t *ret_size,
                     struct error *error)
{
	char *path = xprintf("%s/%s", folder, name);
	struct error why = {0};
	int status = 0;

	errno = 0;
	*ret = kube_file_read(path, ceiling, ret_size, &why);
	if (!*ret && errno != ENOENT && errno != ENOTDIR)
		status = error_set(error, "%s", why.text);
	error_release(&why);
	free(path);
	return status;
}

static int take_run_dump(const char *folder, const char *name, struct cap_goroutines *ret,
                         struct error *error)
{
	char *bytes, *path;
	size_t size;
	int status = read_part(folder, name, FILE_CEILING, &bytes, &size, error);

	if (status < 0 || !bytes)
		return status;
	path = xprintf("%s/%s", folder, name);
	status = take_dump(ret, path, bytes, size, error);
	free(path);
	free(bytes);
	return status;
}

static double number_of(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* What a request cost is in run.json, and what else was found. */
static int take_document(struct explanation *explanation, struct error *error)
{
	const cJSON *cpu;
	char *text;
	size_t size;

	if (read_part(explanation->path, "run.json", RUN_CEILING, &text, &size, error) < 0)
		return -1;
	if (!text)
		return error_set(error,
		                 "'%s' is no run: it has no run.json; give a run directory or a profile",
		                 explanation->path);
	explanation->run = cJSON_ParseWithLength(text, size);
	free(text);
	if (!explanation->run)
		return error_set(error, "'%s/run.json' is not JSON", explanation->path);
	cpu = cJSON_GetObjectItemCaseSensitive(explanation->run, "cpu");
	if (number_of(cpu, "cpu_ns") > 0 && number_of(cpu, "ns_per_request") > 0)
		explanation->scale = number_of(cpu, "ns_per_request") / number_of(cpu, "cpu_ns");
	return 0;
}

static int take_run_cpu(struct explanation *explanation, struct error *error)
{
	char *bytes, *path;
	size_t size;
	int status = read_part(explanation->path, "cpu.pb.gz", FILE_CEILING, &bytes, &size, error);

	if (status < 0 || !bytes)
		return status;
	path = xprintf("%s/cpu.pb.gz", explanation->path);
	status = take_cpu(explanation, path, bytes, size, error);
	free(path);
	free(bytes);
	return status;
}

static int take_run(struct explanation *explanation, struct error *error)
{
	const char *folder = explanation->path;

	if (take_document(explanation, error) < 0 || take_run_cpu(explanation, error) < 0 ||
	    take_run_dump(folder, "idle/goroutine.txt", &explanation->idle, error) < 0 ||
	    take_run_dump(folder, "goroutine.txt", &explanation->loaded, error) < 0 ||
	    take_run_dump(folder, "after/goroutine.txt", &explanation->after, error) < 0)
		return -1;
	if (!explanation->cpu && !explanation->idle.count && !explanation->loaded.count &&
	    !explanation->after.count)
		return error_set(error, "run '%s' has neither cpu.pb.gz nor goroutine.txt", folder);
	if (explanation->cpu && !explanation->findings.refused[0])
		findings_read(explanation->run, &explanation->findings);
	return 0;
}

static const struct cap_goroutines *known(const struct cap_goroutines *dump)
{
	return dump->count ? dump : NULL;
}

static int take(struct explanation *explanation, struct error *error)
{
	const struct cap_goroutines *idle, *loaded, *after;
	struct cap_error why = {0};
	struct stat status;
	bool folder = stat(explanation->path, &status) == 0 && S_ISDIR(status.st_mode);

	if ((folder ? take_run(explanation, error) : take_file(explanation, error)) < 0)
		return -1;
	idle = known(&explanation->idle);
	loaded = known(&explanation->loaded);
	after = known(&explanation->after);
	if ((idle || loaded || after) && cap_goroutines_compare(idle, loaded, after, &explanation->groups,
	                                                        &explanation->group_count, &why) != CAP_OK)
		return refuse(explanation->path, &why, error);
	return 0;
}

static void release(struct explanation *explanation)
{
	free(explanation->groups);
	cap_goroutines_release(&explanation->idle);
	cap_goroutines_release(&explanation->loaded);
	cap_goroutines_release(&explanation->after);
	cap_findings_release(&explanation->findings);
	cap_profile_free(explanation->cpu);
	cJSON_Delete(explanation->run);
}

/* ---- said -------------------------------------------------------------------------- */

static void say_json(const struct explanation *explanation, int output)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "schema", SCHEMA);
	json_text(json, "path", explanation->path);
	if (explanation->cpu) {
		cJSON_AddNumberToObject(json, "samples", (double)explanation->findings.samples);
		cJSON_AddNumberToObject(json, "cpu_ns", (double)explanation->findings.total);
		findings_json(json, &explanation->findings, explanation->scale);
	}
	if (explanation->groups)
		goroutine_groups_json(json, explanation->groups, explanation->group_count);
	document_print(stdout, json, output);
	cJSON_Delete(json);
}

static void say_text(const struct explanation *explanation)
{
	uint64_t total = explanation->loaded.total  ? explanation->loaded.total
	                 : explanation->after.total ? explanation->after.total
	                                            : explanation->idle.total;

	if (explanation->cpu && !explanation->findings.refused[0])
		findings_print(stdout, &explanation->findings, explanation->scale);
	if (!explanation->groups)
		return;
	printf("%s%llu goroutines in %zu groups of one stack and state\n",
	       explanation->cpu && !explanation->findings.refused[0] ? "\n" : "", (unsigned long long)total,
	       explanation->group_count);
	goroutine_groups_print(stdout, explanation->groups, explanation->group_count, true);
}

static int execute(const struct explain_options *options, const char *path, struct error *error)
{
	struct explanation explanation = {.path = path};
	int status = take(&explanation, error);

	if (status == 0) {
		if (options->output == DOCUMENT_TEXT)
			say_text(&explanation);
		else
			say_json(&explanation, options->output);
		if (explanation.findings.refused[0])
			status = error_set(error, "%s: %s", path, explanation.findings.refused);
	}
	release(&explanation);
	return status;
}

static int run(const struct command *command, int argc, char **argv, struct error *error)
{
	struct explain_options options = {0};
	struct option_group groups[] = {{"Options", explain_options, &options}};
	struct option_list arguments = {0};
	int status = command_parse(command, groups, 1, argc, argv, &arguments, error);

	if (status > 0)
		status = EXIT_GOOD;
	else if (status == 0 && arguments.count != 1)
		status = error_usage(error, "explain takes one profile, goroutine dump or run directory");
	else if (status == 0)
		status = execute(&options, arguments.items[0], error);
	free(arguments.items);
	return status < 0 ? (int)error->exit : status;
}

const struct command cmd_explain = {
	.name = "explain",
	.usage = "explain FILE | RUN [-o text|json|yaml]",
	.summary = "Says what stands out in a CPU profile, a goroutine dump or a run, why, and what to do",
	.help = "FILE is a CPU profile of Go as pprof serves it, or goroutines as text (goroutine?debug=2); RUN is a\n"
		"run directory. A profile of fewer than 100 samples is not explained.",
	.run = run,
};
