#include "plugin/rundir.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "plugin/signals.h"

static int cannot(const char *path, struct error *error)
{
	return error_set(error, "cannot write the run directory '%s': %s; --out names another place", path,
	                 strerror(errno));
}

static void make_base(struct rundir *dir)
{
	dir->made_base = mkdir(RUNDIR_BASE, 0700) == 0;
	if (dir->made_base)
		signals_register(RUNDIR_BASE);
}

int rundir_open(struct rundir *dir, const char *out, struct error *error)
{
	struct stat status;

	*dir = (struct rundir){0};
	if (out && strlen(out) > sizeof dir->final - 64)
		return error_usage(error, "--out is too long");
	if (out && lstat(out, &status) == 0)
		return error_set(
			error, "--out: '%s' exists already; a run is never written over, name another", out);
	if (out) {
		size_t length = strlen(out);

		while (length > 1 && out[length - 1] == '/')
			length--;
		snprintf(dir->final, sizeof dir->final, "%.*s", (int)length, out);
		snprintf(dir->temporary, sizeof dir->temporary, "%.4000s.partial-XXXXXX", dir->final);
	} else {
		make_base(dir);
		snprintf(dir->temporary, sizeof dir->temporary, RUNDIR_BASE "/run.partial-XXXXXX");
	}
	if (!mkdtemp(dir->temporary)) {
		cannot(out ? out : RUNDIR_BASE, error);
		dir->temporary[0] = '\0';
		return -1;
	}
	signals_register(dir->temporary);
	return 0;
}

/* "a" and "a/b" of "a/b/c"; those that end before `from` are there already. */
static void make_parents(const char *path, size_t from)
{
	char parent[8192];

	for (const char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
		if (*parent && mkdir(parent, 0700) == 0)
			signals_register(parent);
	}
}

int rundir_restore(struct rundir *dir, bool *ret_lost, struct error *error)
{
	struct stat status;

	*ret_lost = lstat(dir->temporary, &status) != 0 && errno == ENOENT;
	if (!*ret_lost)
		return 0;
	make_parents(dir->temporary, 0);
	return mkdir(dir->temporary, 0700) == 0 ? 0 : cannot(dir->temporary, error);
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t done = write(fd, data, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		data += done;
		size -= (size_t)done;
	}
	return 0;
}

int rundir_write(struct rundir *dir, const char *name, const void *data, size_t size, struct error *error)
{
	char path[8192];
	int fd, status;

	snprintf(path, sizeof path, "%s/%s", dir->temporary, name);
	make_parents(path, strlen(dir->temporary) + 1);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return cannot(path, error);
	signals_register(path);
	status = write_all(fd, data, size);
	if (close(fd) != 0)
		status = -1;
	return status < 0 ? cannot(path, error) : 0;
}

/* pprof-runs/20261124-140310-default-api-7f: what a shell and every file system takes. */
static void name_it(struct rundir *dir, long long when, const char *target)
{
	time_t seconds = (time_t)when;
	char stamp[32], name[128];
	struct tm tm;
	size_t i;

	localtime_r(&seconds, &tm);
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &tm);
	for (i = 0; target[i] && i < sizeof name - 1; i++)
		name[i] = isalnum((unsigned char)target[i]) || target[i] == '.' ? target[i] : '-';
	name[i] = '\0';
	snprintf(dir->final, sizeof dir->final, RUNDIR_BASE "/%s-%s", stamp, name);
}

int rundir_keep(struct rundir *dir, long long when, const char *target, struct error *error)
{
	char wanted[4096];

	if (!dir->final[0])
		name_it(dir, when, target);
	snprintf(wanted, sizeof wanted, "%s", dir->final);
	/* rename() onto an empty folder works, onto a filled one it does not: two runs in one second. */
	for (int i = 2; renameat2(AT_FDCWD, dir->temporary, AT_FDCWD, dir->final, RENAME_NOREPLACE) != 0;
	     i++) {
		if ((errno != EEXIST && errno != ENOTEMPTY) || i > 99)
			return cannot(wanted, error);
		snprintf(dir->final, sizeof dir->final, "%.4080s-%d", wanted, i);
	}
	dir->temporary[0] = '\0';
	signals_forget();
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status, (void)kind, (void)walk;
	return remove(path);
}

void rundir_discard(struct rundir *dir)
{
	if (dir->temporary[0])
		nftw(dir->temporary, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	if (dir->made_base)
		rmdir(RUNDIR_BASE);
	dir->temporary[0] = '\0';
	signals_forget();
}
