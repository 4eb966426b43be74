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

/* One a file: cmd_NAME.c. */
extern const struct command cmd_compare;
extern const struct command cmd_config;
extern const struct command cmd_diff;
extern const struct command cmd_explain;
extern const struct command cmd_loadtest;
extern const struct command cmd_merge;
extern const struct command cmd_report;
extern const struct command cmd_show;
extern const struct command cmd_top;
extern const struct command cmd_version;

#define COMMANDS_MAX  32
#define GUARD_SECTION "guard" /* of the config file; the other sections are called as the commands */

/*
 * What every command does first: parses, answers --help, then takes what the command line has not given from
 * the plan file (if the command has an option --file) and from the config file's section of that name
 * (option_file.h). Returns -1 (error set), 0 (go on), or 1 (help was printed: exit 0). Texts are good until
 * the program ends.
 */
int command_parse(const struct command *command, const struct option_group *groups, size_t group_count,
                  int argc, char **argv, struct option_list *ret_arguments, struct error *error);

/* While on, --help prints the command's section of the config file, all commented out. */
void command_templates(bool on);
/* Says in which file the option stands that the error is about, if it is one of a file. */
void command_locate(struct error *error);
/* At the end of the program: texts of the files are gone then. */
void command_release(void);

/* The commands' names, NULL-terminated, up to COMMANDS_MAX of them. */
void command_names(const char *ret[COMMANDS_MAX + 1]);
/* Runs --help of every command. */
void command_help_all(struct error *error);
/* "kubectl pprof" when run as a plugin, else "kubectl-pprof". */
const char *program_name(void);

/* The kubectl flags that every command takes; base: struct kube_flags. */
extern const struct option kube_options[];

#endif
