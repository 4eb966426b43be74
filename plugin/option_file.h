/*
 * Options from YAML files, by the same tables as the command line's: a plan file (loadtest -f) and the
 * sections of the config file. Keys are the long names; those that may be repeated take a list (or one
 * value), flags true or false, and `target` is the argument TYPE/NAME. Values are checked as on the command
 * line.
 *
 * A value is taken only if nothing higher has given that option, or one that cannot stand beside it
 * (struct option, `against`): the command line wins over the plan file, and that over the config file. A list
 * is replaced, not added to.
 *
 * Errors (exit 2) begin with FILE:LINE:COLUMN; an unknown key is one, with the nearest name.
 */
#ifndef PLUGIN_OPTION_FILE_H
#define PLUGIN_OPTION_FILE_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "plugin/options.h"
#include "plugin/yaml.h"

struct option_file {
	const char *name; /* as errors call it; outlives `givens` */
	enum option_source source;
	const struct option_group *groups;
	size_t group_count;
	struct option_givens *givens;
	struct option_list *arguments; /* gets `target` */
};

/* Takes the options in `map` (a map or nothing), which outlives what they were set in. */
int option_file_apply(const struct option_file *file, const struct yaml_node *map, const char *section,
                      struct error *error);
/* Puts FILE:LINE:COLUMN before "--NAME: ..." if that option came from a file. */
void option_file_locate(const struct option_givens *givens, struct error *error);

/*
 * What the options are now, as such a file (the caller deletes it). Values that may be secrets are left out:
 * *ret_left_out names them ("--header, --body", malloc'd) or is NULL.
 */
cJSON *option_file_json(const struct option_group *groups, size_t group_count,
                        const struct option_list *arguments, char **ret_left_out);
/* A section of the config file in which all is commented out: each option with its help. The command's own is
 * called as it is. */
void option_file_template(FILE *out, const char *section, const char *command,
                          const struct option_group *groups, size_t group_count);

#endif
