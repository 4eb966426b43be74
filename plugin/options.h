/*
 * Command-line options from one declarative table, which drives both parsing
 * and --help. A command lists groups; a group is a table of options whose
 * `offset` points into the struct at the group's `base`.
 *
 * Accepted forms: --name VALUE, --name=VALUE, -x VALUE, -xVALUE, clustered
 * flags (-Ax), "--" (the rest are arguments). A flag takes --name=true|false.
 */
#ifndef PLUGIN_OPTIONS_H
#define PLUGIN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "plugin/error.h"

enum option_kind {
	OPTION_FLAG,     /* bool */
	OPTION_TEXT,     /* const char *, borrowed from argv */
	OPTION_LIST,     /* struct option_list, repeatable */
	OPTION_DURATION, /* int64_t ns: 500ms, 10s, 1m30s, 2h; a bare 0 */
	OPTION_COUNT,    /* unsigned */
	OPTION_PORT,     /* uint16_t, 1..65535 */
	OPTION_SHARE,    /* double, over 0 up to 1: 0.5 or 1/3 */
	OPTION_CHOICE,   /* int: index into choices */
};

/* NULL-terminated list of borrowed strings. */
struct option_list {
	const char **items;
	size_t count;
};

struct option {
	const char *name; /* without dashes */
	char letter;      /* 0: none */
	enum option_kind kind;
	size_t offset;              /* of the value in the group's base */
	const char *value;          /* placeholder in help, NULL for flags */
	const char *help;           /* one sentence, no full stop; names the default */
	int64_t min, max;           /* durations (ns) and counts, inclusive */
	const char *const *choices; /* NULL-terminated */
};

struct option_group {
	const char *title;
	const struct option *options; /* ends with a NULL name */
	void *base;
};

/*
 * Parses argv[0..argc) (options and arguments mixed). Arguments are appended to
 * *ret_arguments (items is the caller's to free). --help sets *ret_help and
 * stops. Wrong usage: -1 with exit 2, nearest option name offered.
 */
int options_parse(const struct option_group *groups, size_t group_count, int argc, char **argv,
                  struct option_list *ret_arguments, bool *ret_help, struct error *error);

/* Prints every group, one option a line, wrapped for 80 columns and more. */
void options_help(FILE *out, const struct option_group *groups, size_t group_count);

/* Frees what OPTION_LIST values hold. */
void options_release(const struct option_group *groups, size_t group_count);

/* "1m30s" -> ns; -1 when malformed, INT64_MAX when over 100 hours. */
int64_t duration_parse(const char *text);
/* ns -> "1m30s", "1.5s", "250ms" into `ret`; returns it. */
char *duration_print(int64_t ns, char ret[32]);

#endif
