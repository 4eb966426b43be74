#include "plugin/profile_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/text.h"

static int cannot_read(const char *path, struct error *error)
{
	return error_set(error, "cannot read '%s': %s", path, strerror(errno));
}

static int read_from(int fd, const char *path, struct cap_profile **ret, struct error *error)
{
	struct cap_error cause = {0};

	if (cap_profile_read(fd, ret, &cause) == CAP_OK)
		return 0;
	if (cause.status == CAP_LOST)
		return error_set(error, "cannot read '%s': %s", path, cause.text);
	return error_set(error, "'%s' is not a profile that can be read: %s", path, cause.text);
}

static int is_profile(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 6 && strcmp(entry->d_name + length - 6, ".pb.gz") == 0;
}

/* "heap.pb.gz": not there; what is? */
static int not_in_run(const char *run, const char *file, struct error *error)
{
	struct dirent **entries;
	int count = scandir(run, &entries, is_profile, alphasort);
	char list[512] = "";

	for (int i = 0; i < count; i++) {
		size_t length = strlen(list);

		snprintf(list + length, sizeof list - length, "%s%s", i ? ", " : "", entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	if (!*list)
		return error_set(error, "'%s' has no %s, nor any other profile; is it a run directory?", run,
		                 file);
	return error_set(error, "'%s' has no %s; --profile names another: %s", run, file, list);
}

static int read_run(const char *run, const char *name, struct cap_profile **ret, struct error *error)
{
	char *file = name && strchr(name, '.') ? xstrdup(name) : xprintf("%s.pb.gz", name ? name : "cpu");
	char *path = xprintf("%s/%s", run, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), status;

	if (fd >= 0)
		status = read_from(fd, path, ret, error);
	else if (errno == ENOENT)
		status = not_in_run(run, file, error);
	else
		status = cannot_read(path, error);
	if (fd >= 0)
		close(fd);
	free(file);
	free(path);
	return status;
}

int profile_file_read(const char *path, const char *name, struct cap_profile **ret, struct error *error)
{
	struct stat info;
	int fd, status;

	if (strcmp(path, "-") == 0)
		return read_from(STDIN_FILENO, "standard input", ret, error);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &info) < 0) {
		status = cannot_read(path, error);
	} else if (S_ISDIR(info.st_mode)) {
		status = read_run(path, name, ret, error);
	} else if (name) {
		status = error_usage(error, "--profile chooses from a run directory, and '%s' is a file",
		                     path);
	} else {
		status = read_from(fd, path, ret, error);
	}
	if (fd >= 0)
		close(fd);
	return status;
}

static int unknown_type(const struct cap_profile *profile, const char *path, const char *name,
                        struct error *error)
{
	char list[512] = "";

	for (size_t i = 0; i < cap_profile_type_count(profile) && i < 16; i++) {
		size_t length = strlen(list);

		snprintf(list + length, sizeof list - length, "%s%.60s", i ? ", " : "",
		         cap_profile_type(profile, i, NULL));
	}
	return error_usage(error, "--sample-type: '%s' has no '%s', only %s", path, name, list);
}

int profile_file_type(const struct cap_profile *profile, const char *path, const char *name, size_t *ret,
                      struct error *error)
{
	size_t count = cap_profile_type_count(profile);
	char *end = NULL;
	long found;

	if (!count)
		return error_set(error, "'%s' is a profile without sample types: there is nothing to show",
		                 path);
	found = name ? strtol(name, &end, 10) : -1;
	if (!name || *end || end == name)
		found = cap_profile_type_index(profile, name);
	if (found < 0 || (size_t)found >= count)
		return unknown_type(profile, path, name, error);
	*ret = (size_t)found;
	return 0;
}
