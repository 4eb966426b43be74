#include "plugin/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/option_file.h"
#include "plugin/text.h"

#define GROUPS_MAX  16
#define FILE_OPTION "file" /* a command that has it takes a plan file */

/* What the command line and the files of this process have given. */
static struct {
	const char *config;                        /* --config */
	struct yaml_node *config_root, *plan_root; /* options are borrowed from them */
	char *config_path;
	struct option_givens givens;
	bool as_template; /* --help prints a section of the config file instead */
} given;

/* clang-format off */
static const struct option general_options[] = {
	{.name = "config", .kind = OPTION_TEXT, .offset = 0, .value = "FILE", .by_hand = true,
	 .help = "defaults and limits (default: $XDG_CONFIG_HOME/kubectl-pprof/config.yaml, else under ~/.config, if there "
	         "is one; the command 'config' prints one to begin with)"},
	{0},
};
/* clang-format on */

static void print_command_help(const struct command *command, const struct option_group *groups, size_t count)
{
	if (given.as_template) {
		option_file_template(stdout, GUARD_SECTION, command->name, groups, count);
		option_file_template(stdout, command->name, command->name, groups, count);
		return;
	}
	printf("%s\n\nUsage:\n  %s %s\n", command->summary, program_name(), command->usage);
	if (command->help)
		printf("\n%s\n", command->help);
	options_help(stdout, groups, count);
}

/* ---- the config file ---------------------------------------------------------- */

/* Where it is when --config does not say; malloc'd, NULL: nowhere. */
static char *usual_path(void)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (base && *base == '/')
		return xprintf("%s/kubectl-pprof/config.yaml", base);
	return home && *home == '/' ? xprintf("%s/.config/kubectl-pprof/config.yaml", home) : NULL;
}

static bool is_section(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static int check_sections(const struct yaml_node *root, struct error *error)
{
	const char *names[COMMANDS_MAX + 2] = {GUARD_SECTION};
	const char *path = given.config_path, *near;

	command_names(names + 1);
	if (root->kind != YAML_MAP && root->kind != YAML_NULL)
		return error_usage(error, "%s:%u:%u: sections are wanted here, such as 'loadtest:'", path,
		                   root->line, root->column);
	for (const struct yaml_node *node = root->first; node; node = node->next) {
		if (is_section(node->key, names))
			continue;
		near = text_nearest(node->key, names);
		if (near)
			return error_usage(error, "%s:%u:%u: unknown section '%s'; did you mean '%s'?", path,
			                   node->key_line, node->key_column, node->key, near);
		return error_usage(error,
		                   "%s:%u:%u: unknown section '%s'; there are '%s' and the commands' names",
		                   path, node->key_line, node->key_column, node->key, GUARD_SECTION);
	}
	return 0;
}

static int read_config(struct error *error)
{
	given.config_path = given.config ? xstrdup(given.config) : usual_path();
	if (!given.config_path || (!given.config && access(given.config_path, F_OK) != 0))
		return 0;
	if (yaml_read(given.config_path, &given.config_root, error) < 0) {
		if (errno)
			error_prefix(error, "config file");
		error->exit = EXIT_USAGE;
		return -1;
	}
	return check_sections(given.config_root, error);
}

static bool has_guard(const struct option_file *file)
{
	for (size_t g = 0; g < file->group_count; g++)
		if (file->groups[g].options->section)
			return true;
	return false;
}

static int apply_config(const struct command *command, struct option_file *file, struct error *error)
{
	if (read_config(error) < 0)
		return -1;
	file->name = given.config_path;
	file->source = SOURCE_CONFIG;
	if (option_file_apply(file, yaml_get(given.config_root, command->name), NULL, error) < 0)
		return -1;
	if (!has_guard(file))
		return 0;
	return option_file_apply(file, yaml_get(given.config_root, GUARD_SECTION), GUARD_SECTION, error);
}

/* ---- the plan file --------------------------------------------------------------- */

static int apply_plan(struct option_file *file, struct error *error)
{
	void *base;
	const struct option *option = options_find(file->groups, file->group_count, NULL, FILE_OPTION, &base);
	const char *path = option ? *(const char **)((char *)base + option->offset) : NULL;

	if (!path)
		return 0;
	if (strcmp(path, "-") == 0)
		path = "/dev/stdin";
	if (yaml_read(path, &given.plan_root, error) < 0) {
		if (errno)
			error_prefix(error, "--file");
		error->exit = EXIT_USAGE;
		return -1;
	}
	file->name = path;
	file->source = SOURCE_PLAN;
	return option_file_apply(file, given.plan_root, NULL, error);
}

/* ---- all of it -------------------------------------------------------------------- */

static int parse(const struct command *command, const struct option_group *groups, size_t count, int argc,
                 char **argv, struct option_list *ret_arguments, struct error *error)
{
	struct option_file file = {
		.groups = groups, .group_count = count, .givens = &given.givens, .arguments = ret_arguments};
	bool help = false;

	if (options_parse(groups, count, argc, argv, ret_arguments, &given.givens, &help, error) < 0)
		return -1;
	if (help) {
		print_command_help(command, groups, count);
		return 1;
	}
	if (count && (apply_plan(&file, error) < 0 || apply_config(command, &file, error) < 0))
		return -1;
	return 0;
}

int command_parse(const struct command *command, const struct option_group *groups, size_t group_count,
                  int argc, char **argv, struct option_list *ret_arguments, struct error *error)
{
	struct option_group all[GROUPS_MAX + 1];

	if (group_count == 0 || group_count > GROUPS_MAX)
		return parse(command, groups, group_count, argc, argv, ret_arguments, error);
	memcpy(all, groups, group_count * sizeof *all);
	all[group_count] =
		(struct option_group){.title = "General", .options = general_options, .base = &given};
	return parse(command, all, group_count + 1, argc, argv, ret_arguments, error);
}

void command_templates(bool on)
{
	given.as_template = on;
}

void command_locate(struct error *error)
{
	option_file_locate(&given.givens, error);
}

void command_release(void)
{
	yaml_node_free(given.config_root);
	yaml_node_free(given.plan_root);
	free(given.config_path);
	free(given.givens.items);
	memset(&given, 0, sizeof given);
}
