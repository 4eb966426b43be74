/* Showing a file to the user in the program that the desktop has for it. */
#ifndef PLUGIN_OPENER_H
#define PLUGIN_OPENER_H

#include "plugin/error.h"

/* By xdg-open, found on PATH, told the file's absolute path; waits for it, not for the browser. */
int opener_open(const char *path, struct error *error);

#endif
