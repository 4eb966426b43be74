#include "plugin/pgo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/findings.h"
#include "plugin/outcome.h"
#include "plugin/signals.h"
#include "plugin/text.h"

static int cannot(const char *path, int cause, struct error *error)
{
	return error_set(error, "--pgo: cannot write '%s': %s", path, strerror(cause));
}

/* "build/" of "build/default.pgo"; "." without a slash. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
}

int pgo_check(const char *path, struct error *error)
{
	struct stat status;
	char *folder;
	int refused;

	if (!*path)
		return error_usage(error, "--pgo: give the file's name, such as default.pgo");
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return error_usage(error, "--pgo: '%s' is no file; name one, such as default.pgo", path);
	folder = folder_of(path);
	refused = access(folder, W_OK | X_OK) == 0 ? 0 : errno;
	free(folder);
	return refused ? cannot(path, refused, error) : 0;
}

static int write_file(FILE *file, const struct shot *cpu)
{
	int cause = 0;

	errno = 0;
	if (fwrite(cpu->data, 1, cpu->size, file) != cpu->size)
		cause = errno ? errno : EIO;
	if (fclose(file) != 0 && !cause)
		cause = errno;
	return cause;
}

/* Readable by whom umask lets read: it is to be checked in with the source. */
static int replace(const char *path, const struct shot *cpu, struct error *error)
{
	char *temporary = xprintf("%s.partial-%ld", path, (long)getpid());
	FILE *file = fopen(temporary, "wxe");
	int cause = file ? 0 : errno;

	if (file) {
		signals_register(temporary);
		cause = write_file(file, cpu);
		if (!cause && rename(temporary, path) != 0)
			cause = errno;
		if (cause)
			unlink(temporary);
	}
	free(temporary);
	return cause ? cannot(path, cause, error) : 0;
}

int pgo_write(struct outcome *outcome, struct error *error)
{
	const struct shot *cpu = shots_find(outcome->shots, "cpu.pb.gz");

	if (!outcome->plan->pgo || outcome->partial[0] || !cpu || !cpu->data)
		return 0;
	if (replace(outcome->plan->pgo, cpu, error) < 0)
		return -1;
	outcome->pgo_written = true;
	return 0;
}

static bool has_start_lines(const struct outcome *outcome)
{
	return shots_cpu(outcome->shots) && cap_profile_has_start_lines(shots_cpu(outcome->shots));
}

void pgo_print(FILE *out, const struct outcome *outcome)
{
	if (!outcome->plan->pgo)
		return;
	if (!outcome->pgo_written) {
		fprintf(out, "%-11snot written: the run has no whole CPU profile\n", "PGO");
		return;
	}
	fprintf(out,
	        "%-11s%s, for go build -pgo; beside main.go and named default.pgo it is taken by itself\n",
	        "PGO", outcome->plan->pgo);
	if (!has_start_lines(outcome))
		fprintf(out,
		        "  warn     it does not say where functions start, and go build will refuse it: build the "
		        "service with Go 1.20 or newer\n");
	fprintf(out,
	        "  note     it favours what this load uses; if production differs, merge a profile of production "
	        "into it\n");
}

void pgo_json(cJSON *json, const struct outcome *outcome)
{
	cJSON *pgo;

	if (!outcome->plan->pgo)
		return;
	pgo = cJSON_AddObjectToObject(json, "pgo");
	json_text(pgo, "file", outcome->plan->pgo);
	cJSON_AddBoolToObject(pgo, "written", outcome->pgo_written);
	cJSON_AddBoolToObject(pgo, "start_lines", has_start_lines(outcome));
}
