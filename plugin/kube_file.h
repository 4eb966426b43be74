/* Reading small files whole. */
#ifndef PLUGIN_KUBE_FILE_H
#define PLUGIN_KUBE_FILE_H

#include <stddef.h>

#include "plugin/error.h"

/*
 * The file's bytes, malloc'd and followed by a NUL (text_wipe them if secret).
 * NULL with a line otherwise; errno is then that of open or read, or 0 when the
 * file is over `ceiling` bytes. ret_size may be NULL.
 */
char *kube_file_read(const char *path, size_t ceiling, size_t *ret_size, struct error *error);

#endif
