/* --pprof-header: lines for a pprof that asks for them (basic auth, a token). Their values are secrets. */
#ifndef PLUGIN_PPROF_HEADERS_H
#define PLUGIN_PPROF_HEADERS_H

#include "plugin/error.h"
#include "plugin/options.h"

/*
 * 'NAME: VALUE', or @FILE with a line each, so that the value stands in no process list (blank lines and ones
 * that begin with '#' are passed over). *ret: a NULL-terminated list, NULL for none; released with
 * pprof_headers_free, which wipes it. Errors name no value.
 */
int pprof_headers_read(const struct option_list *given, char ***ret, struct error *error);
void pprof_headers_free(char **headers);

#endif
