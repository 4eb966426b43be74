#include "plugin/csv.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/kube_file.h"
#include "plugin/text.h"

/* Fields are unescaped in place: `out` is never ahead of `at`. */
struct parser {
	const char *name;
	char *at, *end, *out;
	char *line; /* its first byte */
	size_t line_number;
	struct csv *csv;
	size_t count, room; /* of cells */
	struct error *error;
};

static int fail(const struct parser *p, size_t line, ptrdiff_t column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static int fail(const struct parser *p, size_t line, ptrdiff_t column, const char *format, ...)
{
	char text[sizeof p->error->text];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return error_usage(p->error, "%.255s:%zu:%td: %s", p->name, line, column, text);
}

static int fail_here(const struct parser *p, const char *what)
{
	return fail(p, p->line_number, p->at - p->line + 1, "%s", what);
}

static void keep(struct parser *p, const char *cell)
{
	if (p->count == p->room) {
		p->room = p->room ? 2 * p->room : 64;
		p->csv->cells = xrealloc(p->csv->cells, p->room * sizeof *p->csv->cells);
	}
	p->csv->cells[p->count++] = cell;
}

/* ---- fields ------------------------------------------------------------------ */

static bool at_line_end(const struct parser *p)
{
	return p->at == p->end || *p->at == '\n' ||
	       (*p->at == '\r' && p->at + 1 < p->end && p->at[1] == '\n');
}

static void skip_line_end(struct parser *p)
{
	if (p->at < p->end && *p->at == '\r')
		p->at++;
	if (p->at < p->end)
		p->at++;
	p->line = p->at;
	p->line_number++;
}

static int read_plain(struct parser *p)
{
	for (; !at_line_end(p) && *p->at != ','; *p->out++ = *p->at++) {
		if (*p->at == '"')
			return fail_here(
				p, "a quote within a field; put the field in quotes and double this one");
		if (*p->at == '\r')
			return fail_here(p, "a carriage return without a line feed");
		if (!*p->at)
			return fail_here(p, "a NUL byte");
	}
	return 0;
}

static int read_quoted(struct parser *p)
{
	const size_t line = p->line_number;
	const ptrdiff_t column = p->at - p->line + 1;

	for (p->at++; p->at < p->end; *p->out++ = *p->at++) {
		if (*p->at == '"' && (++p->at == p->end || *p->at != '"'))
			return at_line_end(p) || *p->at == ','
			               ? 0
			               : fail_here(p, "a field goes on behind its closing quote");
		if (*p->at == '\n') {
			p->line = p->at + 1;
			p->line_number++;
		}
		if (!*p->at)
			return fail_here(p, "a NUL byte");
	}
	return fail(p, line, column, "a quote that is never closed");
}

static int read_field(struct parser *p)
{
	const size_t line = p->line_number;
	const ptrdiff_t column = p->at - p->line + 1;
	char *begin = p->out;

	if ((p->at < p->end && *p->at == '"' ? read_quoted(p) : read_plain(p)) < 0)
		return -1;
	if (p->out - begin > (ptrdiff_t)CSV_MAX_FIELD)
		return fail(p, line, column, "a field of %td bytes, the most is %u", p->out - begin,
		            CSV_MAX_FIELD);
	keep(p, begin);
	return 0;
}

/* How many fields; -1 with a line. Each is ended by what was a comma or a line's end. */
static int read_record(struct parser *p)
{
	int count = 0;

	while (true) {
		bool more;

		if (count == CSV_MAX_COLUMNS)
			return fail(p, p->line_number, p->at - p->line + 1, "more than %d fields in a record",
			            CSV_MAX_COLUMNS);
		if (read_field(p) < 0)
			return -1;
		count++;
		more = p->at < p->end && *p->at == ',';
		if (more)
			p->at++;
		else
			skip_line_end(p);
		*p->out++ = '\0';
		if (!more)
			return count;
	}
}

static void skip_blank_lines(struct parser *p)
{
	while (p->at < p->end && at_line_end(p))
		skip_line_end(p);
}

/* ---- records ------------------------------------------------------------------- */

static const char *trimmed(char *name)
{
	size_t size;

	name += strspn(name, " \t");
	for (size = strlen(name); size && strchr(" \t", name[size - 1]);)
		name[--size] = '\0';
	return name;
}

static int read_columns(struct parser *p)
{
	struct lg_table *table = &p->csv->table;
	const size_t line = p->line_number;
	int count = read_record(p);

	if (count < 0)
		return -1;
	table->column_count = (size_t)count;
	for (size_t i = 0; i < p->count; i++) {
		const char *name = p->csv->cells[i] = trimmed((char *)p->csv->cells[i]);

		if (!*name)
			return fail(p, line, 1, "column %zu has no name; the first line names the columns",
			            i + 1);
		for (size_t before = 0; before < i; before++)
			if (!strcmp(p->csv->cells[before], name))
				return fail(p, line, 1, "columns %zu and %zu are both called '%s'",
				            before + 1, i + 1, name);
	}
	return 0;
}

static int read_rows(struct parser *p)
{
	struct lg_table *table = &p->csv->table;

	for (skip_blank_lines(p); p->at < p->end; skip_blank_lines(p)) {
		const size_t line = p->line_number;
		int count;

		if (table->row_count == CSV_MAX_ROWS)
			return fail(p, line, 1, "more than %d rows", CSV_MAX_ROWS);
		count = read_record(p);
		if (count < 0)
			return -1;
		if ((size_t)count != table->column_count)
			return fail(p, line, 1, "%d fields where the first line names %zu columns", count,
			            table->column_count);
		table->row_count++;
	}
	return 0;
}

static int read_all(struct parser *p)
{
	skip_blank_lines(p);
	if (p->at == p->end)
		return error_usage(p->error, "%s: nothing in it; want a line of column names, then rows",
		                   p->name);
	if (read_columns(p) < 0 || read_rows(p) < 0)
		return -1;
	if (!p->csv->table.row_count)
		return error_usage(p->error, "%s: no row below the column names", p->name);
	p->csv->table.columns = p->csv->cells;
	p->csv->table.rows = p->csv->cells + p->csv->table.column_count;
	return 0;
}

/* Takes the text, which has room for a byte behind its end. */
static int parse(const char *name, char *text, size_t size, struct csv *ret, struct error *error)
{
	struct csv csv = {.text = text};
	struct parser parser = {.name = name,
	                        .at = text,
	                        .end = text + size,
	                        .out = text,
	                        .line = text,
	                        .line_number = 1,
	                        .csv = &csv,
	                        .error = error};

	if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		parser.at = parser.line = text + 3;
	if (read_all(&parser) < 0) {
		csv_release(&csv);
		return -1;
	}
	*ret = csv;
	return 0;
}

int csv_parse(const char *name, const char *text, size_t size, struct csv *ret, struct error *error)
{
	char *copy = xcalloc(size + 1, 1);

	if (size)
		memcpy(copy, text, size);
	return parse(name, copy, size, ret, error);
}

int csv_read(const char *path, struct csv *ret, struct error *error)
{
	size_t size;
	char *text = kube_file_read(path, CSV_MAX_FILE, &size, error);

	if (!text) {
		error->exit = EXIT_USAGE;
		return -1;
	}
	return parse(path, text, size, ret, error);
}

void csv_release(struct csv *csv)
{
	free(csv->text);
	free(csv->cells);
	*csv = (struct csv){0};
}
