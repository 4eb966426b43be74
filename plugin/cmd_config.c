#include <stdio.h>
#include <stdlib.h>

#include "plugin/command.h"

static const char head[] =
	"# kubectl-pprof's config file: ~/.config/kubectl-pprof/config.yaml, or --config FILE. What is given on the\n"
	"# command line or in a plan file (loadtest -f) wins over it, but for the limits under 'guard'. All of it is\n"
	"# optional, and commented out here. The values that stand here say what is wanted, they are no defaults.\n";

static int run(const struct command *command, int argc, char **argv, struct error *error)
{
	struct option_list arguments = {0};
	int parsed = command_parse(command, NULL, 0, argc, argv, &arguments, error);

	if (parsed == 0 && arguments.count)
		parsed = error_usage(error, "config takes no argument, '%s' was given", arguments.items[0]);
	if (parsed == 0) {
		fputs(head, stdout);
		command_templates(true);
		command_help_all(error);
		command_templates(false);
	}
	free(arguments.items);
	return parsed < 0 ? (int)error->exit : EXIT_GOOD;
}

const struct command cmd_config = {
	.name = "config",
	.usage = "config >~/.config/kubectl-pprof/config.yaml",
	.summary =
		"Prints a config file to begin with: every default and limit that can be set, with comments",
	.run = run,
};
