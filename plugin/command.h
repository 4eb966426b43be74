/* A command of the table in main.c: cmd_*.c defines one each. */
#ifndef PLUGIN_COMMAND_H
#define PLUGIN_COMMAND_H

#include "plugin/error.h"
#include "plugin/options.h"

struct command {
	const char *name;
	const char *usage;   /* "loadtest [TYPE/NAME | POD] [options]" */
	const char *summary; /* one line */
	const char *help;    /* paragraphs above the options, may be NULL */
	/* argv[0] is what follows the command's name. Returns an exit status; on
	 * failure it has set `error` and returns error->exit. */
	int (*run)(const struct command *command, int argc, char **argv, struct error *error);
};

extern const struct command cmd_loadtest, cmd_top, cmd_version;
extern const struct command cmd_show, cmd_diff, cmd_merge; /* reading profiles */

/*
 * What every command does first: parses, answers --help. Returns -1 (error
 * set), 0 (go on), or 1 (help was printed: exit 0).
 */
int command_parse(const struct command *command, const struct option_group *groups, size_t group_count,
                  int argc, char **argv, struct option_list *ret_arguments, struct error *error);

/* "kubectl pprof" when run as a plugin, else "kubectl-pprof". */
const char *program_name(void);

/* The kubectl flags that every command takes; base: struct kube_flags. */
extern const struct option kube_options[];

#endif
