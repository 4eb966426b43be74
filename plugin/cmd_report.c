#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/command.h"
#include "plugin/opener.h"
#include "plugin/report.h"
#include "plugin/text.h"

struct report_options {
	const char *base, *out;
	bool open;
};

#define AT(field) offsetof(struct report_options, field)

/* clang-format off */
static const struct option report_options[] = {
	{.name = "base", .kind = OPTION_TEXT, .offset = AT(base), .value = "RUN",
	 .help = "another run to compare with, an older release's say (default: the idle pod of the same run)"},
	{.name = "out", .letter = 'o', .kind = OPTION_TEXT, .offset = AT(out), .value = "FILE",
	 .help = "the page, '-' for standard output (default report.html in the run)"},
	{.name = "open", .kind = OPTION_FLAG, .offset = AT(open),
	 .help = "show it in the browser, by xdg-open"},
	{0},
};
/* clang-format on */

static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t done = write(fd, text, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		text += done;
		size -= (size_t)done;
	}
	return 0;
}

/* Under another name first: a page is whole or it is not there. */
static int write_file(const char *path, const char *text, size_t size, struct error *error)
{
	char *temporary = xprintf("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC), status = fd < 0 ? -1 : write_all(fd, text, size),
	    cause = errno;

	if (fd >= 0 && close(fd) != 0 && status == 0) {
		cause = errno;
		status = -1;
	}
	if (status == 0 && rename(temporary, path) != 0) {
		cause = errno;
		status = -1;
	}
	if (status < 0) {
		if (fd >= 0)
			unlink(temporary);
		error_set(error, "cannot write the report '%s': %s; -o names another file", path,
		          strerror(cause));
	}
	free(temporary);
	return status;
}

static int deliver(const struct report_options *options, const struct run_read *run, const char *text,
                   size_t size, struct error *error)
{
	char *path;
	int status;

	if (options->out && strcmp(options->out, "-") == 0) {
		if (fwrite(text, 1, size, stdout) != size || fflush(stdout) != 0)
			return error_set(error, "cannot write to standard output");
		return 0;
	}
	path = options->out ? xstrdup(options->out) : xprintf("%s/report.html", run->path);
	status = write_file(path, text, size, error);
	if (status == 0) {
		char *clean = xstrdup(path);

		text_clean(clean);
		printf("%s\n", clean);
		free(clean);
		if (options->open)
			status = opener_open(path, error);
	}
	free(path);
	return status;
}

static int make(const struct report_options *options, const char *run_path, struct error *error)
{
	struct run_read run = {0}, base = {0};
	char *text = NULL;
	size_t size;
	int status = run_read_open(run_path, &run, error);

	if (status == 0 && options->base)
		status = run_read_open(options->base, &base, error);
	if (status == 0)
		status = report_make(&run, options->base ? &base : NULL, &text, &size, error);
	if (status == 0)
		status = deliver(options, &run, text, size, error);
	free(text);
	run_read_release(&base);
	run_read_release(&run);
	return status;
}

static int check(const struct report_options *options, const struct option_list *arguments,
                 struct error *error)
{
	if (!arguments->count)
		return error_usage(error, "report wants a run: the folder that loadtest wrote");
	if (arguments->count > 1)
		return error_usage(error,
		                   "report takes one run, '%s' is one too many; --base names another to "
		                   "compare with",
		                   arguments->items[1]);
	if (options->open && options->out && strcmp(options->out, "-") == 0)
		return error_usage(error, "--open wants a file, not standard output");
	return 0;
}

static int run(const struct command *command, int argc, char **argv, struct error *error)
{
	struct report_options options = {0};
	struct option_group groups[] = {{"Options", report_options, &options}};
	struct option_list arguments = {0};
	int status = command_parse(command, groups, 1, argc, argv, &arguments, error);

	if (status == 0) {
		status = check(&options, &arguments, error);
		if (status == 0)
			status = make(&options, arguments.items[0], error);
	}
	free(arguments.items);
	options_release(groups, 1);
	return status < 0 ? (int)error->exit : EXIT_GOOD;
}

const struct command cmd_report = {
	.name = "report",
	.usage = "report RUN [--base RUN] [-o FILE] [--open]",
	.summary = "Makes the page of a run again, or one that compares it with another",
	.help = "Every run has a report.html: verdict, timeline, latencies, flame graphs, costs and findings in one\n"
		"file that fetches nothing. This makes it again from the run's other files, with --base beside\n"
		"another run.",
	.run = run,
};
