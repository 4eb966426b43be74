/*
 * The run directory: files are written under a temporary name beside it and
 * appear all at once by a rename. Folder 0700, files 0600.
 */
#ifndef PLUGIN_RUNDIR_H
#define PLUGIN_RUNDIR_H

#include <stdbool.h>
#include <stddef.h>

#include "plugin/error.h"

#define RUNDIR_BASE "pprof-runs"

struct rundir {
	char temporary[4096];
	char final[4096]; /* "" until it is known */
	int made_base;    /* we made RUNDIR_BASE */
};

/*
 * Makes the temporary folder, so that a place that cannot be written is known
 * before any load is sent. `out` NULL: in RUNDIR_BASE, named by rundir_keep.
 * Refuses an `out` that exists.
 */
int rundir_open(struct rundir *dir, const char *out, struct error *error);
/* Makes the temporary folder anew, and what it lies in, if somebody has removed it (*ret_lost). */
int rundir_restore(struct rundir *dir, bool *ret_lost, struct error *error);
/* A file, or one in a sub-folder ("idle/cpu.pb.gz"), which is made. */
int rundir_write(struct rundir *dir, const char *name, const void *data, size_t size, struct error *error);
/* Renames; without an `out` the name is made of the time (Unix s) and the target. */
int rundir_keep(struct rundir *dir, long long when, const char *target, struct error *error);
/* Removes the temporary folder with all in it, and RUNDIR_BASE if we made it and it is empty. */
void rundir_discard(struct rundir *dir);

#endif
