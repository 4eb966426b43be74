/*
 * Fuzzes CSV files: what is taken is the same when it is written, every field in quotes, and read again.
 * tests/fuzz drives it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int good)
{
	if (!good)
		abort();
}

static void write_field(FILE *out, const char *field, char behind)
{
	fputc('"', out);
	for (; *field; field++)
		fputs(*field == '"' ? "\"\"" : (const char[]){*field, '\0'}, out);
	fputc('"', out);
	fputc(behind, out);
}

static char *write_table(const struct lg_table *table, size_t *ret_size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	check(out != NULL);
	for (size_t i = 0; i < table->column_count; i++)
		write_field(out, table->columns[i], i + 1 < table->column_count ? ',' : '\n');
	for (size_t i = 0; i < table->column_count * table->row_count; i++)
		write_field(out, table->rows[i], (i + 1) % table->column_count ? ',' : '\n');
	check(fclose(out) == 0);
	return text;
}

static void same(const struct lg_table *a, const struct lg_table *b)
{
	check(a->column_count == b->column_count && a->row_count == b->row_count);
	for (size_t i = 0; i < a->column_count; i++)
		check(!strcmp(a->columns[i], b->columns[i]));
	for (size_t i = 0; i < a->column_count * a->row_count; i++)
		check(!strcmp(a->rows[i], b->rows[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csv csv, again;
	struct error error = {0};
	char *text;

	if (csv_parse("t", (const char *)data, size, &csv, &error) < 0) {
		check(!strncmp(error.text, "t:", 2) && error.exit == EXIT_USAGE);
		return 0;
	}
	check(csv.table.column_count > 0 && csv.table.row_count > 0);
	text = write_table(&csv.table, &size);
	check(csv_parse("t", text, size, &again, &error) == 0);
	same(&csv.table, &again.table);
	free(text);
	csv_release(&csv);
	csv_release(&again);
	return 0;
}
