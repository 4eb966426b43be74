/* What one run leaves: its files. */
#ifndef PLUGIN_RUN_FILES_H
#define PLUGIN_RUN_FILES_H

#include "plugin/outcome.h"
#include "plugin/rundir.h"

/* Writes every file and renames the folder; outcome->directory is set. */
int run_files_write(struct outcome *outcome, struct rundir *dir, struct error *error);

/* What shots gave, its names below `folder` ("idle/"). */
int run_files_shots(struct rundir *dir, const struct shots *shots, const char *folder, struct error *error);

#endif
