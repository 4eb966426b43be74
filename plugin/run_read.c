#include "plugin/run_read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin/kube_file.h"
#include "plugin/text.h"

#define NAME_MAX_LENGTH 200

static int check_schema(const char *path, const cJSON *json, struct error *error)
{
	const cJSON *schema = cJSON_GetObjectItemCaseSensitive(json, "schema");

	if (!cJSON_IsObject(json) || !cJSON_IsString(schema))
		return error_set(error, "run '%s': run.json is not that of a run", path);
	if (strcmp(schema->valuestring, RUN_SCHEMA) != 0)
		return error_set(error,
		                 "run '%s': its schema is '%.60s', this version reads '%s'; use the version "
		                 "that wrote it",
		                 path, schema->valuestring, RUN_SCHEMA);
	return 0;
}

/* "RUN/", "RUN/run.json" and "RUN" are the same. */
static char *folder_of(const char *path)
{
	static const char tail[] = "/run.json";
	size_t length = strlen(path);

	if (length >= sizeof tail && strcmp(path + length - (sizeof tail - 1), tail) == 0)
		length -= sizeof tail - 1;
	while (length > 1 && path[length - 1] == '/')
		length--;
	return xstrndup(path, length);
}

/* NULL with the cause in words; *ret_missing: it is not there. A pipe that never ends is none of our files.
 */
static char *read_regular(const char *path, size_t ceiling, size_t *ret_size, bool *ret_missing,
                          const char **ret_cause)
{
	struct error ignored = {0};
	struct stat status;
	char *bytes = NULL;

	*ret_missing = false;
	if (stat(path, &status) < 0) {
		*ret_missing = errno == ENOENT || errno == ENOTDIR;
		*ret_cause = strerror(errno);
		return NULL;
	}
	*ret_cause = S_ISDIR(status.st_mode) ? strerror(EISDIR) : "it is no regular file";
	if (!S_ISREG(status.st_mode))
		return NULL;
	bytes = kube_file_read(path, ceiling, ret_size, &ignored);
	if (!bytes)
		*ret_cause = errno ? strerror(errno) : "it is too large";
	return bytes;
}

static int read_json(const char *folder, cJSON **ret, struct error *error)
{
	char *name = xprintf("%s/run.json", folder), *text;
	const char *cause;
	bool missing;
	size_t size;
	cJSON *json;

	text = read_regular(name, RUN_READ_JSON_MAX, &size, &missing, &cause);
	free(name);
	if (!text)
		return error_set(error,
		                 "run '%s': cannot read its run.json: %s; give a folder that loadtest wrote",
		                 folder, cause);
	json = cJSON_ParseWithLength(text, size);
	free(text);
	if (!json)
		return error_set(error, "run '%s': run.json is not JSON; was it changed or cut?", folder);
	if (check_schema(folder, json, error) < 0) {
		cJSON_Delete(json);
		return -1;
	}
	*ret = json;
	return 0;
}

int run_read_open(const char *path, struct run_read *ret, struct error *error)
{
	char *folder = folder_of(path);
	cJSON *json = NULL;

	if (read_json(folder, &json, error) < 0) {
		free(folder);
		return -1;
	}
	*ret = (struct run_read){folder, json};
	return 0;
}

void run_read_release(struct run_read *run)
{
	free(run->path);
	cJSON_Delete(run->json);
	*run = (struct run_read){0};
}

const cJSON *run_read_at(const struct run_read *run, const char *path)
{
	const cJSON *json = run->json;
	char name[64];

	while (json && *path) {
		size_t length = strcspn(path, "/");

		if (length >= sizeof name)
			return NULL;
		memcpy(name, path, length);
		name[length] = '\0';
		json = cJSON_GetObjectItemCaseSensitive(json, name);
		path += length + (path[length] == '/');
	}
	return json;
}

double run_read_number(const struct run_read *run, const char *path, double otherwise)
{
	const cJSON *item = run_read_at(run, path);

	return cJSON_IsNumber(item) && isfinite(item->valuedouble) ? item->valuedouble : otherwise;
}

const char *run_read_text(const struct run_read *run, const char *path)
{
	const cJSON *item = run_read_at(run, path);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

/* Letters, digits and what our own names have, at most one folder deep: never out of the run. */
static bool is_plain(const char *name)
{
	const char *slash = strchr(name, '/');

	return *name && strlen(name) < NAME_MAX_LENGTH && name[0] != '.' && name[0] != '/' &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./")] ==
	               '\0' &&
	       (!slash || (slash[1] != '.' && slash[1] && !strchr(slash + 1, '/')));
}

int run_read_file(const struct run_read *run, const char *name, unsigned char **ret, size_t *ret_size,
                  struct error *error)
{
	char *path, *bytes;
	const char *cause;
	bool missing;

	if (!is_plain(name))
		return error_set(error, "run '%s': '%.200s' is no name of a run's file", run->path, name);
	path = xprintf("%s/%s", run->path, name);
	bytes = read_regular(path, RUN_READ_FILE_MAX, ret_size, &missing, &cause);
	free(path);
	if (missing)
		return 1;
	if (!bytes)
		return error_set(error, "run '%s': cannot read '%s': %s", run->path, name, cause);
	*ret = (unsigned char *)bytes;
	return 0;
}

int run_read_profile(const struct run_read *run, const char *name, struct cap_profile **ret,
                     struct error *error)
{
	struct cap_error failure = {0};
	unsigned char *bytes;
	size_t size;
	int status = run_read_file(run, name, &bytes, &size, error);

	if (status)
		return status;
	if (cap_profile_parse(bytes, size, ret, &failure) != CAP_OK)
		status = error_set(error, "run '%s': '%s': %s", run->path, name, failure.text);
	free(bytes);
	return status;
}
