/*
 * A table from a CSV file (RFC 4180), for the load engine's {{csv.COLUMN}}: the first line names the columns,
 * each further record is a row. Fields with commas, quotes or line breaks stand in double quotes, a quote in
 * them is doubled. Lines end with LF or CRLF; blank lines and a byte order mark are skipped; blanks around a
 * column's name do not count, those around a value do.
 *
 * Ceilings: 64 MiB, 1000 columns, a million rows, 64 KiB a field. Errors (exit 2) begin with
 * FILE:LINE:COLUMN, both from 1, columns in bytes.
 */
#ifndef PLUGIN_CSV_H
#define PLUGIN_CSV_H

#include <stddef.h>

#include "loadgen/loadgen.h"
#include "plugin/error.h"

#define CSV_MAX_FILE    (64U * 1024 * 1024)
#define CSV_MAX_COLUMNS 1000
#define CSV_MAX_ROWS    1000000
#define CSV_MAX_FIELD   (64U * 1024)

struct csv {
	struct lg_table table; /* at least one column and one row */
	char *text;            /* its cells */
	const char **cells;    /* the columns' names, then the rows */
};

/* 0, or -1 with a line and *ret untouched. */
int csv_read(const char *path, struct csv *ret, struct error *error);
/* The same from text, which errors call `name`. */
int csv_parse(const char *name, const char *text, size_t size, struct csv *ret, struct error *error);
void csv_release(struct csv *csv);

#endif
