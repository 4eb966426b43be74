#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/command.h"
#include "plugin/diff_print.h"
#include "plugin/flame_svg.h"
#include "plugin/measure.h"
#include "plugin/profile_file.h"
#include "plugin/profile_filter.h"

#define DURATION_SLACK 0.02 /* of difference before a word is said of it */

enum diff_format { DIFF_TEXT, DIFF_JSON, DIFF_FOLDED, DIFF_SVG };

struct diff_options {
	const char *profile, *sample_type, *focus, *ignore;
	bool by_cum, by_line;
	unsigned top;
	int output;
};

static const char *const formats[] = {"text", "json", "folded", "svg", NULL};

#define AT(field) offsetof(struct diff_options, field)

/* clang-format off */
static const struct option diff_options[] = {
	{.name = "profile", .kind = OPTION_TEXT, .offset = AT(profile), .value = "NAME",
	 .help = "which profile of run directories: heap, idle/cpu (default cpu)"},
	{.name = "sample-type", .kind = OPTION_TEXT, .offset = AT(sample_type), .value = "TYPE",
	 .help = "values to compare: cpu or samples, inuse_space or alloc_objects (default: what the profile "
	         "names, else its last)"},
	{.name = "top", .kind = OPTION_COUNT, .offset = AT(top), .value = "N", .max = 1000000,
	 .help = "the N largest changes only (default all from 0.5% on)"},
	{.name = "cum", .kind = OPTION_FLAG, .offset = AT(by_cum),
	 .help = "compare what a function and all that it calls took, not the function alone"},
	{.name = "focus", .kind = OPTION_TEXT, .offset = AT(focus), .value = "REGEXP",
	 .help = "only stacks with a function, file or binary that matches; percentages stay those of the whole"},
	{.name = "ignore", .kind = OPTION_TEXT, .offset = AT(ignore), .value = "REGEXP",
	 .help = "no stacks with a function, file or binary that matches"},
	{.name = "lines", .kind = OPTION_FLAG, .offset = AT(by_line), .help = "a row for each line, not for each function"},
	{.name = "output", .letter = 'o', .kind = OPTION_CHOICE, .offset = AT(output),
	 .value = "text|json|folded|svg", .choices = formats,
	 .help = "format of standard output (default text); folded has both values, svg is a flame graph of B "
	         "in the colours of the change"},
	{0},
};
/* clang-format on */

static int check_usage(const struct diff_options *options, const struct option_list *arguments,
                       struct error *error)
{
	bool rows = options->by_cum || options->by_line || options->top;

	if (arguments->count < 2)
		return error_usage(error,
		                   "give two profiles: diff BEFORE AFTER, each a file or a run directory");
	if (arguments->count > 2)
		return error_usage(error, "diff takes two profiles, '%s' is one too many",
		                   arguments->items[2]);
	if (strcmp(arguments->items[0], "-") == 0 && strcmp(arguments->items[1], "-") == 0)
		return error_usage(error, "only one of the two can be standard input");
	if (rows && options->output > DIFF_JSON)
		return error_usage(error,
		                   "--top, --cum and --lines are for rows, and -o %s is stacks; leave them "
		                   "out or take -o text or -o json",
		                   formats[options->output]);
	return 0;
}

/* What grew may only have been watched for longer. */
static void note_durations(const struct diff_view *view)
{
	int64_t before = cap_profile_duration(view->profiles[0]),
		after = cap_profile_duration(view->profiles[1]);
	char text_before[MEASURE_TEXT], text_after[MEASURE_TEXT];

	if (before <= 0 || after <= 0 ||
	    ((double)after <= (double)before * (1 + DURATION_SLACK) &&
	     (double)before <= (double)after * (1 + DURATION_SLACK)))
		return;
	fprintf(stderr, "note: the profiles cover %s and %s: of what differs, the shares say more\n",
	        measure_text(before, "ns", "auto", text_before),
	        measure_text(after, "ns", "auto", text_after));
}

static int print(const struct diff_view *view, int output, struct error *error)
{
	note_durations(view);
	switch ((enum diff_format)output) {
	case DIFF_TEXT:
		return diff_text(stdout, view, error);
	case DIFF_JSON:
		return diff_json(stdout, view, error);
	case DIFF_FOLDED:
		return diff_folded(stdout, view, error);
	case DIFF_SVG:
		break;
	}
	return flame_svg(stdout, view->profiles[1], view->type, view->profiles[0], view->names[1],
	                 view->names[0], error);
}

/* Both, whole and then filtered: what shares are of, and what is left. */
static int prepare(const struct diff_options *options, struct cap_profile *const *profiles,
                   struct profile_filter *filter, struct diff_view *view, struct error *error)
{
	size_t type;

	for (size_t i = 0; i < 2; i++) {
		if (profile_file_type(profiles[i], view->names[i], options->sample_type, &type, error) < 0)
			return -1;
		view->type = i ? view->type : type;
		view->profiles[i] = profiles[i];
		if (view->type >= cap_profile_type_count(profiles[i]))
			continue;
		view->totals[i] = cap_profile_total(profiles[i], view->type);
		if (profile_filter_apply(filter, profiles[i], error) < 0)
			return -1;
	}
	profile_filter_note(filter);
	return 0;
}

static int compare(const struct diff_options *options, struct cap_profile *const *profiles,
                   const char *const *names, struct error *error)
{
	struct diff_view view = {.names = {names[0], names[1]},
	                         .by_cum = options->by_cum,
	                         .by_line = options->by_line,
	                         .top = options->top};
	struct cap_profile *difference = NULL;
	struct profile_filter filter;
	struct cap_error cause = {0};
	int status = profile_filter_init(&filter, options->focus, options->ignore, error);

	if (status == 0)
		status = prepare(options, profiles, &filter, &view, error);
	if (status == 0 && cap_profile_diff(profiles[1], profiles[0], &difference, &cause) != CAP_OK)
		status = error_set(error, "'%s' and '%s' cannot be compared: %s", names[0], names[1],
		                   cause.text);
	view.difference = difference;
	if (status == 0)
		status = print(&view, options->output, error);
	cap_profile_free(difference);
	profile_filter_release(&filter);
	return status;
}

static int diff(const struct diff_options *options, const char *const *names, struct error *error)
{
	struct cap_profile *profiles[2] = {NULL, NULL};
	int status = profile_file_read(names[0], options->profile, &profiles[0], error);

	if (status == 0)
		status = profile_file_read(names[1], options->profile, &profiles[1], error);
	if (status == 0)
		status = compare(options, profiles, names, error);
	cap_profile_free(profiles[0]);
	cap_profile_free(profiles[1]);
	return status;
}

static int run(const struct command *command, int argc, char **argv, struct error *error)
{
	struct diff_options options = {0};
	struct option_group groups[] = {{"Options", diff_options, &options}};
	struct option_list arguments = {0};
	int status = command_parse(command, groups, 1, argc, argv, &arguments, error);

	if (status == 0)
		status = check_usage(&options, &arguments, error);
	if (status == 0)
		status = diff(&options, arguments.items, error);
	free(arguments.items);
	return status < 0 ? (int)error->exit : EXIT_GOOD;
}

const struct command cmd_diff = {
	.name = "diff",
	.usage = "diff A B [options]",
	.summary = "Shows what changed from one profile to another, absolutely and in shares",
	.help = "A is before, B after: each a profile, a run directory of loadtest, or - for standard input.\n"
		"Rows and changes are those of go tool pprof -top -diff_base A B. That a change is more than\n"
		"chance is not said here.",
	.run = run,
};
