/*
 * kubectl-pprof: load a pod, capture its profiles at peak, say what a request costs.
 *
 * The parts, in the order of a run:
 *
 *   main.c           the command table
 *   options.c        command line from a table; --help from the same table
 *   option_file.c    the same options from a plan file and the config file
 *   command.c        what every command does first: command line, plan file, config file
 *   cmd_loadtest.c   the options of the main job -> struct plan (plan.c checks it)
 *   kubeconfig.c     which cluster, who to be            cluster.c  its API, errors in words
 *   pods.c           what a target or selector means     ranking.c  joined with metrics, the top pod
 *   pprof_port.c     where the pod's pprof may be
 *   target.c         pod, tunnel and pprof made ready, probed before any load
 *   guard.c          production asked about, ceilings, hosts that are not the cluster's own
 *   run.c            the orchestration: idle, ramp, settle, window, cool-down, tear-down
 *   shots.c          what is captured when, on threads of its own
 *   watch.c          a thread that keeps an eye on the pod
 *   keeper.c         another pod in its place, if it is lost before the window
 *   steady.c         is the rate steady?                 verdict.c  can the run be trusted?
 *   progress.c       what is seen meanwhile (stderr)     summary.c  what is said at the end (stdout)
 *   meaning.c        what its profiles mean: findings, goroutines that stay, memory
 *   document.c       the run as JSON and YAML            k6.c       load.json
 *   cmd_explain.c    the same of profiles that are there already
 *   rundir.c         the run directory, written atomically
 *   report.c         report.html, made from the files of a run; its parts are in report/
 *   slices.c         the pieces of the window that are kept for comparisons
 *   run_read.c       a run's folder read back
 *   compare*.c       two releases' runs held against each other
 *   cmd_show.c       a profile read: show_text.c, show_json.c, show_stacks.c, flame_svg.c
 *   cmd_diff.c       two of them side by side (diff_print.c)   cmd_merge.c  several into one file
 *   signals.c        SIGINT, SIGTERM, SIGHUP
 *
 * Below lie loadgen/ (the load engine) and capture/ (tunnel, pprof, profiles).
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/command.h"
#include "plugin/text.h"

/* In the order of --help. */
/* clang-format off */
static const struct command *const commands[] = {
	&cmd_loadtest,
	&cmd_top,
	&cmd_compare,
	&cmd_report,
	&cmd_explain,
	&cmd_show,
	&cmd_diff,
	&cmd_merge,
	&cmd_config,
	&cmd_version,
};
/* clang-format on */

#define COMMAND_COUNT (sizeof commands / sizeof *commands)
_Static_assert(COMMAND_COUNT <= COMMANDS_MAX, "more commands than COMMANDS_MAX");

static const char *program = "kubectl-pprof";

const char *program_name(void)
{
	return program;
}

/* kubectl runs its plugins by their path, as kubectl-NAME: say what the user typed. */
static void set_program_name(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	if (strncmp(slash ? slash + 1 : argv0, "kubectl-", 8) == 0)
		program = "kubectl pprof";
}

static void print_help(FILE *out)
{
	fprintf(out,
	        "Drives load at a Kubernetes service, captures CPU and goroutine profiles of its busiest pod at\n"
	        "peak, and says what each request costs by function and whether the run can be trusted.\n\n"
	        "Usage:\n  %s COMMAND [options]\n\nCommands:\n",
	        program);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out,
	        "  %-10s %s\n\nExit status: 0 good, 1 error, 2 wrong usage, 98 the run cannot be trusted (with\n"
	        "--strict), 99 a threshold does not hold, 130 interrupted.\n\nTry:\n"
	        "  %s loadtest deploy/api --url http://api.example/      # load, capture, verdict\n"
	        "  %s loadtest --pprof-url http://127.0.0.1:6060 --url http://127.0.0.1:8080/   # no cluster\n"
	        "  %s COMMAND --help\n",
	        "help", "this text, or that of a command", program, program, program);
}

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int unknown_command(const char *name, struct error *error)
{
	const char *names[COMMANDS_MAX + 1], *near;

	command_names(names);
	near = text_nearest(name, names);
	if (near)
		return error_usage(error, "unknown command '%s'; did you mean '%s'?", name, near);
	return error_usage(error, "unknown command '%s'; '%s --help' lists them", name, program);
}

void command_names(const char *ret[COMMANDS_MAX + 1])
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		ret[i] = commands[i]->name;
	ret[COMMAND_COUNT] = NULL;
}

void command_help_all(struct error *error)
{
	char *help[] = {"--help", NULL};

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		commands[i]->run(commands[i], 1, help, error);
}

static int run(int argc, char **argv, struct error *error)
{
	const char *name = argc > 1 ? argv[1] : "--help";
	const struct command *command;
	char *help[] = {"--help", NULL};

	if (strcmp(name, "--version") == 0)
		name = "version";
	if (strcmp(name, "help") == 0 && argc > 2) {
		command = command_find(argv[2]);
		return command ? command->run(command, 1, help, error)
		               : (unknown_command(argv[2], error), EXIT_USAGE);
	}
	if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		print_help(stdout);
		return EXIT_GOOD;
	}
	command = command_find(name);
	if (command)
		return command->run(command, argc - 2, argv + 2, error);
	if (name[0] == '-')
		error_usage(error, "give a command before options; '%s --help' lists them", program);
	else
		unknown_command(name, error);
	return EXIT_USAGE;
}

/* What cJSON has no memory for it leaves out, and does not say so. */
static void *allocate(size_t size)
{
	return xchecked(malloc(size));
}

int main(int argc, char **argv)
{
	struct error error = {0};
	int status;

	cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = allocate, .free_fn = free});
	set_program_name(argv[0]);
	status = run(argc, argv, &error);
	command_locate(&error);
	if (error.text[0])
		fprintf(stderr, "error: %s\n", error.text);
	if (error.detail)
		fputs(error.detail, stderr);
	error_release(&error);
	command_release();
	if (fflush(stdout) != 0 && status == EXIT_GOOD) {
		fprintf(stderr, "error: cannot write to standard output\n");
		status = EXIT_ERROR;
	}
	return status;
}
