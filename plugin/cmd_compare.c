#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/command.h"
#include "plugin/compare_words.h"
#include "plugin/document.h"
#include "plugin/text.h"

enum { OUTPUT_MARKDOWN = DOCUMENT_YAML + 1, OUTPUT_JUNIT };
enum { BY_FLAT, BY_CUM };

struct compare_options {
	struct option_list fail_on;
	unsigned top;
	int output, by;
	double run_spread;
	bool strict;
};

static const char *const formats[] = {"text", "json", "yaml", "markdown", "junit", NULL};
static const char *const by_names[] = {"flat", "cum", NULL};

#define AT(field) offsetof(struct compare_options, field)

/* clang-format off */
static const struct option options_table[] = {
	{.name = "fail-on", .kind = OPTION_LIST, .offset = AT(fail_on), .value = "CONDITION",
	 .help = "exit with status 99 if it comes true, as in 'cost>5%' (repeatable; grammar above)"},
	{.name = "by", .kind = OPTION_CHOICE, .offset = AT(by), .value = "flat|cum", .choices = by_names,
	 .help = "compare functions by the time in themselves or with all that they call (default flat)"},
	{.name = "top", .kind = OPTION_COUNT, .offset = AT(top), .value = "N", .min = 1, .max = 10000,
	 .help = "functions to show at most (default 20)"},
	{.name = "output", .letter = 'o', .kind = OPTION_CHOICE, .offset = AT(output),
	 .value = "text|json|yaml|markdown|junit", .choices = formats,
	 .help = "format of standard output (default text); markdown is for a pull request"},
	{.name = "run-spread", .kind = OPTION_SHARE, .offset = AT(run_spread), .value = "SHARE",
	 .help = "standard deviation of a figure from run to run, assumed while there are less than three runs a side "
	         "(default 0.04)"},
	{.name = "strict", .kind = OPTION_FLAG, .offset = AT(strict),
	 .help = "exit with status 98 if a run cannot be trusted or a --fail-on is undecided"},
	{0},
};
/* clang-format on */

static const char help[] =
	"BASE and NEW are folders that loadtest wrote. Figures are compared by their rates, what a request\n"
	"costs first, with intervals of 95 % and in words that go no further than the samples do: what is\n"
	"not distinguishable is said with the change that could hide in it.\n\n"
	"Three runs a side or more tell what differs from run to run by itself; with fewer it is assumed, and\n"
	"less is found. The word 'vs' parts the sides:\n"
	"  compare before after                      # a run each\n"
	"  compare before-* vs after-*               # several each\n\n"
	"CONDITION is METRIC>NUMBER% or METRIC<-NUMBER%. It comes true if the figure changed by more, and the\n"
	"change is distinguishable from none. METRIC:\n"
	"  cost                     CPU a request\n"
	"  p50 p90 p95 p99 p99.9    latency; response-p99 and so on from when a request was due (--rate)\n"
	"  rate                     requests a second\n"
	"  errors                   failed share of the requests; NUMBER is in percentage points\n"
	"  function                 the function that changed most; NUMBER is in % of the whole cost a request";

/* ---- arguments --------------------------------------------------------------------- */

static int part(const struct option_list *arguments, struct compare_paths *ret, struct error *error)
{
	size_t at = 0, count = arguments->count;

	while (at < count && strcmp(arguments->items[at], "vs") != 0)
		at++;
	for (size_t i = at + 1; i < count; i++)
		if (strcmp(arguments->items[i], "vs") == 0)
			return error_usage(error,
			                   "'vs' stands once, between the base's runs and the new ones");
	if (at == count && count != 2)
		return error_usage(
			error,
			count < 2
				? "give two runs: compare BASE NEW"
				: "more than two runs: say which are the base's, compare BASE... vs NEW...");
	if (at < count && (at == 0 || at == count - 1))
		return error_usage(error, "there has to be a run on each side of 'vs'");
	if (at == count)
		*ret = (struct compare_paths){{arguments->items, arguments->items + 1}, {1, 1}};
	else
		*ret = (struct compare_paths){{arguments->items, arguments->items + at + 1},
		                              {at, count - at - 1}};
	return 0;
}

static int parse_limits(const struct option_list *texts, struct compare_limit *limits, struct error *error)
{
	for (size_t i = 0; i < texts->count; i++)
		if (compare_limit_parse(texts->items[i], &limits[i], error) < 0)
			return -1;
	return 0;
}

/* ---- output -------------------------------------------------------------------------- */

static void print(int format, const struct compare_output *output)
{
	cJSON *json;

	if (format == DOCUMENT_TEXT) {
		compare_print_text(stdout, output);
	} else if (format == OUTPUT_MARKDOWN) {
		compare_print_markdown(stdout, output);
	} else if (format == OUTPUT_JUNIT) {
		compare_print_junit(stdout, output);
	} else {
		json = compare_json(output);
		document_print(stdout, json, format);
		cJSON_Delete(json);
	}
}

static int judge(const struct compare_output *output, bool strict, struct error *error)
{
	int status = strict && output->comparison->untrusted ? EXIT_UNTRUSTED : EXIT_GOOD;

	for (size_t i = 0; i < output->limit_count; i++) {
		const struct compare_limit *limit = &output->limits[i];

		if (limit->state == LIMIT_ABSENT)
			return error_set(
				error,
				"--fail-on '%s': the runs have no such figure; response-* needs a load by "
				"--rate, cost and function a CPU profile",
				limit->text);
		if (limit->state == LIMIT_UNDECIDED && strict && status == EXIT_GOOD)
			status = EXIT_UNTRUSTED;
		if (limit->state == LIMIT_BROKEN)
			status = EXIT_THRESHOLD;
	}
	return status;
}

static int compare(const struct compare_options *options, const struct compare_paths *sides,
                   struct compare_limit *limits, struct error *error)
{
	struct comparison *comparison = xcalloc(1, sizeof *comparison);
	struct compare_output output = {comparison, limits, options->fail_on.count, options->top};
	int status = compare_runs(sides, options->by == BY_CUM, options->run_spread, comparison, error);

	for (size_t i = 0; status == 0 && i < output.limit_count; i++)
		compare_limit_check(&limits[i], comparison);
	if (status == 0) {
		print(options->output, &output);
		status = judge(&output, options->strict, error);
	}
	comparison_release(comparison);
	free(comparison);
	return status;
}

static int run(const struct command *command, int argc, char **argv, struct error *error)
{
	struct compare_options options = {.top = 20, .run_spread = COMPARE_RUN_SPREAD};
	struct option_group groups[] = {{"Options", options_table, &options}};
	struct option_list arguments = {0};
	struct compare_limit *limits = NULL;
	struct compare_paths sides;
	int status = command_parse(command, groups, 1, argc, argv, &arguments, error);

	if (status == 0) {
		limits = xcalloc(options.fail_on.count + 1, sizeof *limits);
		status = part(&arguments, &sides, error);
		if (status == 0)
			status = parse_limits(&options.fail_on, limits, error);
		if (status == 0)
			status = compare(&options, &sides, limits, error);
	} else if (status > 0) {
		status = EXIT_GOOD;
	}
	free(limits);
	free(arguments.items);
	options_release(groups, 1);
	return status < 0 ? (int)error->exit : status;
}

const struct command cmd_compare = {
	.name = "compare",
	.usage = "compare BASE NEW | BASE... vs NEW... [options]",
	.summary = "Says what two releases' runs differ in: CPU a request by function, latency, errors",
	.help = help,
	.run = run,
};
