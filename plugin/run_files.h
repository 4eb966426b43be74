/* What one run leaves: its files. Private to run.c. */
#ifndef PLUGIN_RUN_FILES_H
#define PLUGIN_RUN_FILES_H

#include "plugin/outcome.h"
#include "plugin/rundir.h"

/* Writes every file and renames the folder; outcome->directory is set. */
int run_files_write(struct outcome *outcome, struct rundir *dir, struct error *error);

#endif
