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
	/* Options that cannot stand beside this one ("rate ramp"); "target" is the argument TYPE/NAME. One
	 * from the command line drops such a one from a file (option_file.h). Said at one of the two is
	 * enough. */
	const char *against;
	const char *section; /* of the config file, and nowhere else; NULL: command line and files */
	bool by_hand;        /* on the command line only, in no file */
	bool secret;         /* its value may be one: it is not printed */
};

struct option_group {
	const char *title;
	const struct option *options; /* ends with a NULL name */
	void *base;
};

/* Where the value of an option came from: the higher ones win. */
enum option_source { SOURCE_LINE, SOURCE_PLAN, SOURCE_CONFIG };

/* An option that was given, and where. */
struct option_given {
	const char *name; /* "target" for the argument */
	enum option_source source;
	const char *section; /* of the config file, NULL: an option of the command line's */
	const char *file;    /* NULL: the command line */
	unsigned line, column;
};

/* All that were given so far. Zeroed: none; the caller frees items. */
struct option_givens {
	struct option_given *items;
	size_t count;
};

/*
 * Parses argv[0..argc) (options and arguments mixed). Arguments are appended to
 * *ret_arguments (items is the caller's to free). --help sets *ret_help and
 * stops. Wrong usage: -1 with exit 2, nearest option name offered. `givens` (may be NULL) gets what was
 * given.
 */
int options_parse(const struct option_group *groups, size_t group_count, int argc, char **argv,
                  struct option_list *ret_arguments, struct option_givens *givens, bool *ret_help,
                  struct error *error);

/* The option of that name on the command line (section NULL) or in that section, and its base; NULL: none. */
const struct option *options_find(const struct option_group *groups, size_t group_count, const char *section,
                                  const char *name, void **ret_base);
/* Sets one value, borrowed; of a list, appends one. Exit 2 with "--NAME: ..." if it is none. */
int option_set(const struct option *option, void *base, const char *text, struct error *error);
/* Remembers that it was given. */
void option_note(struct option_givens *givens, const struct option_given *given);
void option_list_append(struct option_list *list, const char *item);

/* Prints every group, one option a line, wrapped for 80 columns and more. */
void options_help(FILE *out, const struct option_group *groups, size_t group_count);

/* Frees what OPTION_LIST values hold. */
void options_release(const struct option_group *groups, size_t group_count);

/* ns as duration_parse reads it, to the nanosecond: "1m30s", "1234ms"; returns ret. */
char *duration_write(int64_t ns, char ret[32]);
/* "1m30s" -> ns; -1 when malformed, INT64_MAX when over 100 hours. */
int64_t duration_parse(const char *text);
/* ns -> "1m30s", "1.5s", "250ms" into `ret`; returns it. */
char *duration_print(int64_t ns, char ret[32]);

#endif
