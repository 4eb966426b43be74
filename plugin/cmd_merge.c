#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/command.h"
#include "plugin/profile_file.h"
#include "plugin/signals.h"
#include "plugin/text.h"

struct merge_options {
	const char *profile;
	bool force;
};

#define AT(field) offsetof(struct merge_options, field)

/* clang-format off */
static const struct option merge_options[] = {
	{.name = "profile", .kind = OPTION_TEXT, .offset = AT(profile), .value = "NAME",
	 .help = "which profile of run directories: heap, idle/cpu (default cpu)"},
	{.name = "force", .letter = 'f', .kind = OPTION_FLAG, .offset = AT(force), .help = "write over OUT if it is there"},
	{0},
};
/* clang-format on */

struct bytes {
	unsigned char *data;
	size_t size;
};

static int merge(const struct option_list *names, const char *profile, struct bytes *ret, struct error *error)
{
	size_t count = names->count - 1, read = 0;
	struct cap_profile **profiles = xcalloc(count, sizeof(*profiles)), *merged = NULL;
	struct cap_error cause = {0};
	int status = 0;

	while (status == 0 && read < count) {
		status = profile_file_read(names->items[read + 1], profile, &profiles[read], error);
		read += status == 0;
	}
	if (status == 0 && (cap_profile_merge(profiles, count, &merged, &cause) != CAP_OK ||
	                    cap_profile_encode(merged, &ret->data, &ret->size, &cause) != CAP_OK))
		status = error_set(error, "these profiles cannot be merged: %s", cause.text);
	for (size_t i = 0; i < read; i++)
		cap_profile_free(profiles[i]);
	free(profiles);
	cap_profile_free(merged);
	return status;
}

static int cannot_write(const char *path, struct error *error)
{
	return error_set(error, "cannot write '%s': %s", path, strerror(errno));
}

static int write_bytes(int fd, const struct bytes *bytes)
{
	size_t written = 0;

	while (written < bytes->size) {
		ssize_t done = write(fd, bytes->data + written, bytes->size - written);

		if (done < 0 && errno != EINTR)
			return -1;
		written += done > 0 ? (size_t)done : 0;
	}
	return 0;
}

/* Under another name first, so that OUT is never half a profile. */
static int put_file(const char *path, bool force, const struct bytes *bytes, struct error *error)
{
	char *partial = xprintf("%s.partial-XXXXXX", path);
	int fd = mkostemp(partial, O_CLOEXEC), status = 0;

	if (fd < 0) {
		status = cannot_write(path, error);
	} else {
		signals_register(partial);
		if (write_bytes(fd, bytes) < 0 || fsync(fd) < 0)
			status = cannot_write(path, error);
		if (close(fd) < 0 && status == 0)
			status = cannot_write(path, error);
		if (status == 0 && signals_cancel) {
			status = error_set(error, "interrupted; '%s' was not written", path);
			error->exit = EXIT_INTERRUPTED;
		}
		if (status == 0 &&
		    renameat2(AT_FDCWD, partial, AT_FDCWD, path, force ? 0 : RENAME_NOREPLACE) < 0)
			status = cannot_write(path, error);
		if (status < 0)
			unlink(partial);
		signals_forget();
	}
	free(partial);
	return status;
}

static int put_stdout(const struct bytes *bytes, struct error *error)
{
	return write_bytes(STDOUT_FILENO, bytes) < 0 ? cannot_write("standard output", error) : 0;
}

static int check_usage(const struct merge_options *options, const struct option_list *arguments,
                       struct error *error)
{
	const char *out = arguments->count ? arguments->items[0] : "";

	if (arguments->count < 2)
		return error_usage(error, "give a file to write and the profiles to merge: merge OUT IN...");
	if (strcmp(out, "-") == 0 && isatty(STDOUT_FILENO))
		return error_usage(error,
		                   "a profile is not for a terminal; name a file, or redirect the output");
	if (strcmp(out, "-") != 0 && !options->force && access(out, F_OK) == 0)
		return error_usage(error,
		                   "'%s' is there already; the first name is what is written: give another, "
		                   "or --force",
		                   out);
	return 0;
}

static int run(const struct command *command, int argc, char **argv, struct error *error)
{
	struct merge_options options = {0};
	struct option_group groups[] = {{"Options", merge_options, &options}};
	struct option_list arguments = {0};
	struct bytes bytes = {0};
	int status = command_parse(command, groups, 1, argc, argv, &arguments, error);

	if (status == 0)
		status = check_usage(&options, &arguments, error);
	if (status == 0) {
		signals_catch();
		status = merge(&arguments, options.profile, &bytes, error);
		if (status == 0 && strcmp(arguments.items[0], "-") == 0)
			status = put_stdout(&bytes, error);
		else if (status == 0)
			status = put_file(arguments.items[0], options.force, &bytes, error);
	}
	free(bytes.data);
	free(arguments.items);
	return status < 0 ? (int)error->exit : EXIT_GOOD;
}

const struct command cmd_merge = {
	.name = "merge",
	.usage = "merge OUT IN... [options]",
	.summary = "Sums profiles of the same kind into one file",
	.help = "IN is a profile, a run directory of loadtest, or - for standard input; OUT is written whole or\n"
		"not at all, for its owner alone, - is standard output. What it holds is what go tool pprof\n"
		"-proto makes of the same profiles.",
	.run = run,
};
