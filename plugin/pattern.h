/*
 * Regular expressions that the user gives, through PCRE2: what Go's RE2 takes is
 * taken and means the same (as in Go, '$' is the very end); look-around works too.
 * Backtracking has a limit: once an expression has gone beyond it on a name,
 * nothing matches any more, and pattern_check says so.
 */
#ifndef PLUGIN_PATTERN_H
#define PLUGIN_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "plugin/error.h"

struct pattern;

/* `option` is for errors: "focus". An expression that does not compile: exit 2 with the reason and the place.
 */
int pattern_new(const char *option, const char *expression, struct pattern **ret, struct error *error);
/* Does it match anywhere in the text? */
bool pattern_matches(struct pattern *pattern, const char *text, size_t length);
/* -1 with a line (exit 1) if a match was given up for its cost. NULL is fine, as it is to free. */
int pattern_check(const struct pattern *pattern, struct error *error);
void pattern_free(struct pattern *pattern);

#endif
