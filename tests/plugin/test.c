#include "tests/plugin/test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

void has_part(const char *text, const char *part, bool wanted, const char *file, int line)
{
	if ((strstr(text ? text : "", part) != NULL) == wanted)
		return;
	print_error("text '%s'\n%s '%s'\n", text ? text : "(null)", wanted ? "lacks" : "holds", part);
	_fail(file, line);
}

const char *folder_make(void)
{
	snprintf(folder, sizeof folder, "/tmp/kubectl-pprof-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	return folder;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

void folder_remove(void)
{
	if (*folder)
		nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	*folder = '\0';
}

const char *path_of(const char *name)
{
	static char paths[8][256];
	static unsigned next;
	char *ret = paths[next++ % COUNT_OF(paths)];

	snprintf(ret, sizeof paths[0], "%s/%s", folder, name);
	return ret;
}

const char *file_write(const char *name, const char *text)
{
	const char *path = path_of(name);
	char *slash = strchr(strstr(path, folder) + strlen(folder) + 1, '/');
	FILE *file;

	for (; slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	fclose(file);
	return path;
}

void file_mode(const char *name, unsigned mode)
{
	assert_int_equal(chmod(path_of(name), mode), 0);
}

cJSON *json_of(const char *text)
{
	char *copy = strdup(text);
	cJSON *ret;

	assert_non_null(copy);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	ret = cJSON_Parse(copy);
	if (!ret)
		print_error("no JSON: %s\n", copy);
	free(copy);
	assert_non_null(ret);
	return ret;
}
