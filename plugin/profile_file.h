/* Profiles that the user names: a file, a run directory, or "-" for standard input. */
#ifndef PLUGIN_PROFILE_FILE_H
#define PLUGIN_PROFILE_FILE_H

#include "capture/capture.h"
#include "plugin/error.h"

/*
 * Reads one. Of a directory the file NAME.pb.gz, or NAME itself if it has a dot
 * ("heap", "idle/cpu", "goroutine.txt"); NULL: cpu. A failure names the file,
 * and what else the run holds.
 */
int profile_file_read(const char *path, const char *name, struct cap_profile **ret, struct error *error);

/* The sample type by name or number, or the usual one for NULL. -1, exit 2, and those that there are. */
int profile_file_type(const struct cap_profile *profile, const char *path, const char *name, size_t *ret,
                      struct error *error);

#endif
