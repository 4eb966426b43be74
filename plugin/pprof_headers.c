#include "plugin/pprof_headers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

#define FILE_MAX    65536
#define HEADERS_MAX 64

struct reader {
	char **lines;
	size_t count;
	struct error *error;
};

/* RFC 9110, section 5.6.2: a token, then a colon; a value without control characters. */
static bool is_header(const char *line)
{
	size_t name = strspn(line, "!#$%&'*+-.^_`|~0123456789"
	                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (!name || line[name] != ':')
		return false;
	for (const char *at = line + name; *at; at++)
		if ((unsigned char)*at < ' ' && *at != '\t')
			return false;
	return true;
}

static int add(struct reader *reader, const char *line, const char *where)
{
	if (!is_header(line))
		return error_usage(reader->error, "--pprof-header: %s is no 'NAME: VALUE'", where);
	if (reader->count == HEADERS_MAX)
		return error_usage(reader->error, "--pprof-header: more than %d lines", HEADERS_MAX);
	reader->lines = xrealloc(reader->lines, (reader->count + 2) * sizeof *reader->lines);
	reader->lines[reader->count++] = xstrdup(line);
	reader->lines[reader->count] = NULL;
	return 0;
}

static int add_lines(struct reader *reader, char *text, const char *path)
{
	char *rest = text, *line, where[600];

	for (unsigned number = 1; (line = strsep(&rest, "\n")); number++) {
		line[strcspn(line, "\r")] = '\0';
		if (!*line || *line == '#')
			continue;
		snprintf(where, sizeof where, "line %u of '%.500s'", number, path);
		if (add(reader, line, where) < 0)
			return -1;
	}
	return 0;
}

static int add_file(struct reader *reader, const char *path)
{
	FILE *file = fopen(path, "re");
	char *text;
	size_t size;
	int status;

	if (!file)
		return error_usage(reader->error, "--pprof-header: cannot read '%s': %s", path,
		                   strerrordesc_np(errno));
	text = xcalloc(1, FILE_MAX + 2);
	size = fread(text, 1, FILE_MAX + 1, file);
	if (ferror(file))
		status = error_usage(reader->error, "--pprof-header: cannot read '%s'", path);
	else if (size > FILE_MAX || memchr(text, '\0', size))
		status = error_usage(reader->error, "--pprof-header: '%s' is no text of up to 64 KiB", path);
	else
		status = add_lines(reader, text, path);
	fclose(file);
	explicit_bzero(text, FILE_MAX + 2);
	free(text);
	return status;
}

int pprof_headers_read(const struct option_list *given, char ***ret, struct error *error)
{
	struct reader reader = {.error = error};
	int status = 0;

	for (size_t i = 0; status == 0 && i < given->count; i++) {
		const char *item = given->items[i];

		status = *item == '@' ? add_file(&reader, item + 1) : add(&reader, item, "what is given");
	}
	if (status == 0)
		*ret = reader.lines;
	else
		pprof_headers_free(reader.lines);
	return status;
}

void pprof_headers_free(char **headers)
{
	for (size_t i = 0; headers && headers[i]; i++) {
		text_wipe(headers[i]);
		free(headers[i]);
	}
	free(headers);
}
