#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugin/command.h"
#include "plugin/flame_svg.h"
#include "plugin/profile_file.h"
#include "plugin/profile_filter.h"
#include "plugin/show.h"

enum show_format { SHOW_TEXT, SHOW_JSON, SHOW_FOLDED, SHOW_SPEEDSCOPE, SHOW_SVG };

struct show_options {
	const char *profile, *sample_type, *focus, *ignore, *peek;
	bool by_cum, by_line, tree;
	unsigned top;
	int output;
};

static const char *const formats[] = {"text", "json", "folded", "speedscope", "svg", NULL};

#define AT(field) offsetof(struct show_options, field)

/* clang-format off */
static const struct option show_options[] = {
	{.name = "profile", .kind = OPTION_TEXT, .offset = AT(profile), .value = "NAME",
	 .help = "which profile of a run directory: heap, idle/cpu, goroutine.txt (default cpu)"},
	{.name = "sample-type", .kind = OPTION_TEXT, .offset = AT(sample_type), .value = "TYPE",
	 .help = "values to show: cpu or samples, inuse_space or alloc_objects (default: what the profile "
	         "names, else its last)"},
	{.name = "top", .kind = OPTION_COUNT, .offset = AT(top), .value = "N", .max = 1000000,
	 .help = "the first N functions only (default all from 0.5% on, with --tree 80)"},
	{.name = "cum", .kind = OPTION_FLAG, .offset = AT(by_cum),
	 .help = "sort by what a function and all that it calls took, not by the function alone"},
	{.name = "focus", .kind = OPTION_TEXT, .offset = AT(focus), .value = "REGEXP",
	 .help = "only stacks with a function, file or binary that matches; percentages stay those of the whole"},
	{.name = "ignore", .kind = OPTION_TEXT, .offset = AT(ignore), .value = "REGEXP",
	 .help = "no stacks with a function, file or binary that matches"},
	{.name = "lines", .kind = OPTION_FLAG, .offset = AT(by_line), .help = "a row for each line, not for each function"},
	{.name = "tree", .kind = OPTION_FLAG, .offset = AT(tree), .help = "each function with its callers and what it calls"},
	{.name = "peek", .kind = OPTION_TEXT, .offset = AT(peek), .value = "REGEXP",
	 .help = "the same of functions that match, all callers and all that they call"},
	{.name = "output", .letter = 'o', .kind = OPTION_CHOICE, .offset = AT(output),
	 .value = "text|json|folded|speedscope|svg", .choices = formats,
	 .help = "format of standard output (default text); svg is a flame graph"},
	{0},
};
/* clang-format on */

/* Stacks have neither rows nor an order. */
static int check_usage(const struct show_options *options, const struct option_list *arguments,
                       struct error *error)
{
	bool rows = options->by_cum || options->by_line || options->tree || options->peek || options->top;

	if (!arguments->count)
		return error_usage(error, "give a profile: show FILE or show RUN");
	if (arguments->count > 1)
		return error_usage(error, "show takes one FILE or RUN, '%s' is one too many",
		                   arguments->items[1]);
	if (options->tree && options->peek)
		return error_usage(error, "give --tree or --peek, not both");
	if (rows && options->output > SHOW_JSON)
		return error_usage(error,
		                   "--top, --cum, --lines, --tree and --peek are for rows, and -o %s is "
		                   "stacks; leave them out or take -o text or -o json",
		                   formats[options->output]);
	return 0;
}

static int print(const struct show_view *view, int output, struct error *error)
{
	switch ((enum show_format)output) {
	case SHOW_TEXT:
		return show_text(stdout, view, error);
	case SHOW_JSON:
		return show_json(stdout, view, error);
	case SHOW_FOLDED:
		return show_folded(stdout, view, error);
	case SHOW_SPEEDSCOPE:
		return show_speedscope(stdout, view, error);
	case SHOW_SVG:
		break;
	}
	return flame_svg(stdout, view->profile, view->type, NULL, view->name, NULL, error);
}

static int show(const struct show_options *options, const char *path, struct pattern *peek,
                struct profile_filter *filter, struct error *error)
{
	struct show_view view = {.name = path,
	                         .focus = options->focus,
	                         .ignore = options->ignore,
	                         .peek = peek,
	                         .peek_text = options->peek,
	                         .by_cum = options->by_cum,
	                         .by_line = options->by_line,
	                         .tree = options->tree,
	                         .top = options->top};
	struct cap_profile *profile;
	int status;

	if (profile_file_read(path, options->profile, &profile, error) < 0)
		return -1;
	status = profile_file_type(profile, path, options->sample_type, &view.type, error);
	if (status == 0) {
		view.total = cap_profile_total(profile, view.type);
		status = profile_filter_apply(filter, profile, error);
	}
	view.profile = profile;
	if (status == 0) {
		profile_filter_note(filter);
		status = print(&view, options->output, error);
	}
	cap_profile_free(profile);
	return status;
}

static int show_filtered(const struct show_options *options, const char *path, struct error *error)
{
	struct pattern *peek = NULL;
	struct profile_filter filter;
	int status = profile_filter_init(&filter, options->focus, options->ignore, error);

	if (status == 0 && options->peek)
		status = pattern_new("peek", options->peek, &peek, error);
	if (status == 0)
		status = show(options, path, peek, &filter, error);
	profile_filter_release(&filter);
	pattern_free(peek);
	return status;
}

static int run(const struct command *command, int argc, char **argv, struct error *error)
{
	struct show_options options = {0};
	struct option_group groups[] = {{"Options", show_options, &options}};
	struct option_list arguments = {0};
	int status = command_parse(command, groups, 1, argc, argv, &arguments, error);

	if (status == 0)
		status = check_usage(&options, &arguments, error);
	if (status == 0)
		status = show_filtered(&options, arguments.items[0], error);
	free(arguments.items);
	return status < 0 ? (int)error->exit : EXIT_GOOD;
}

const struct command cmd_show = {
	.name = "show",
	.usage = "show FILE|RUN|- [options]",
	.summary = "Shows where a profile's time or memory went, as go tool pprof does",
	.help = "FILE is a profile of any program that writes pprof's format, or Go's text dump of goroutines;\n"
		"RUN a directory that loadtest left; - is standard input. Text is what go tool pprof -top,\n"
		"-tree and -peek print. A REGEXP is as in Go and Perl.",
	.run = run,
};
