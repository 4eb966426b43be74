/* csv.c: RFC 4180, and what is none. */
#include "tests/plugin/test.h"

#include <stdlib.h>

#include "plugin/csv.h"
#include "plugin/text.h"

static void assert_table(const char *text, size_t size, const char *const *columns, const char *const *rows)
{
	struct error error = {0};
	struct csv csv;
	size_t count = 0, cells = 0;

	if (csv_parse("t", text, size, &csv, &error) < 0)
		fail_msg("refused: %s", error.text);
	while (columns[count])
		count++;
	while (rows[cells])
		cells++;
	assert_int_equal(csv.table.column_count, count);
	assert_int_equal(csv.table.row_count, cells / count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(csv.table.columns[i], columns[i]);
	for (size_t i = 0; i < cells; i++)
		assert_string_equal(csv.table.rows[i], rows[i]);
	csv_release(&csv);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

#define TABLE(text, columns, rows) assert_table(text, strlen(text), columns, rows)

static void reads_tables(void **state)
{
	(void)state;
	TABLE("a\n1", LIST("a"), LIST("1"));
	TABLE("a,b\n1,2\n3,4\n", LIST("a", "b"), LIST("1", "2", "3", "4"));
	TABLE("a,b\r\n1,2\r\n\r\n3,4\r\n\r\n", LIST("a", "b"), LIST("1", "2", "3", "4"));
	TABLE("\n\na , b c\t\n 1 ,\n,2", LIST("a", "b c"), LIST(" 1 ", "", "", "2"));
	TABLE("\"a\",\" b \"\n\"1,\n2\",\"say \"\"hi\"\"\"\n\"\",\"\"\"\"\n", LIST("a", "b"),
	      LIST("1,\n2", "say \"hi\"", "", "\""));
	TABLE("a\n\"x\"", LIST("a"), LIST("x"));
	TABLE("a\n\"\"\n\"\"", LIST("a"), LIST("", ""));
	TABLE("\xef\xbb\xbf"
	      "a,\xc3\xa9\n\xc3\xa9,\xff\n",
	      LIST("a", "\xc3\xa9"), LIST("\xc3\xa9", "\xff"));
	TABLE("a,b\n,\n", LIST("a", "b"), LIST("", ""));
	TABLE("a\n\"b\r\nc\"\n", LIST("a"), LIST("b\r\nc"));
}

static void refuse(const char *text, size_t size, const char *want)
{
	struct error error = {0};
	struct csv csv = {.text = (char *)1};

	assert_int_equal(csv_parse("t", text, size, &csv, &error), -1);
	assert_string_equal(error.text, want);
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_ptr_equal(csv.text, (char *)1);
}

#define REFUSE(text, want) refuse(text, sizeof(text) - 1, want)

static void names_line_and_column(void **state)
{
	(void)state;
	REFUSE("", "t: nothing in it; want a line of column names, then rows");
	REFUSE("\r\n\n", "t: nothing in it; want a line of column names, then rows");
	REFUSE("a,b\n", "t: no row below the column names");
	REFUSE("a,b\n1,2\n\n3\n", "t:4:1: 1 fields where the first line names 2 columns");
	REFUSE("a,b\n1,2,3\n", "t:2:1: 3 fields where the first line names 2 columns");
	REFUSE("a\n1,\n", "t:2:1: 2 fields where the first line names 1 columns");
	REFUSE("a,,b\n1,2,3\n", "t:1:1: column 2 has no name; the first line names the columns");
	REFUSE("\na,b,\"a \"\n1,2,3\n", "t:2:1: columns 1 and 3 are both called 'a'");
	REFUSE("a,b\n1,x\"y\"\n",
	       "t:2:4: a quote within a field; put the field in quotes and double this one");
	REFUSE("a,b\n\"x\ny\" ,2\n", "t:3:3: a field goes on behind its closing quote");
	REFUSE("a,b\n1,\"x\ny\n", "t:2:3: a quote that is never closed");
	REFUSE("a\n\"", "t:2:1: a quote that is never closed");
	REFUSE("a\nx\ry\n", "t:2:2: a carriage return without a line feed");
	REFUSE("a\nx\r", "t:2:2: a carriage return without a line feed");
	REFUSE("a\nx\0y\n", "t:2:2: a NUL byte");
	REFUSE("a\n\"x\n\0y\"\n", "t:3:1: a NUL byte");
}

static void keeps_its_ceilings(void **state)
{
	size_t size = 2 * (CSV_MAX_ROWS + 2);
	char *text = xcalloc(size, 1), *want;
	struct error error = {0};
	struct csv csv;

	(void)state;
	for (size_t i = 0; i < size; i += 2)
		memcpy(text + i, "a\n", 2);
	assert_int_equal(csv_parse("t", text, size - 2, &csv, &error), 0);
	assert_int_equal(csv.table.row_count, CSV_MAX_ROWS);
	csv_release(&csv);
	refuse(text, size, "t:1000002:1: more than 1000000 rows");

	memset(text, 'x', CSV_MAX_FIELD + 10);
	memcpy(text, "a,b\n1,", 6);
	assert_int_equal(csv_parse("t", text, 6 + CSV_MAX_FIELD, &csv, &error), 0);
	csv_release(&csv);
	refuse(text, 7 + CSV_MAX_FIELD, "t:2:3: a field of 65537 bytes, the most is 65536");

	memset(text, ',', CSV_MAX_COLUMNS + 1);
	refuse(text, CSV_MAX_COLUMNS - 1, "t:1:1: column 1 has no name; the first line names the columns");
	want = xprintf("t:1:%d: more than 1000 fields in a record", CSV_MAX_COLUMNS + 1);
	refuse(text, CSV_MAX_COLUMNS, want);
	free(want);
	free(text);
}

static void reads_files(void **state)
{
	struct error error = {0};
	struct csv csv;

	(void)state;
	folder_make();
	assert_int_equal(csv_read(file_write("d.csv", "a\nb\n"), &csv, &error), 0);
	assert_string_equal(csv.table.rows[0], "b");
	csv_release(&csv);
	assert_int_equal(csv_read(path_of("none"), &csv, &error), -1);
	assert_has(error.text, "/none': No such file");
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_int_equal(csv_read(file_write("e.csv", "a\n"), &csv, &error), -1);
	assert_has(error.text, "/e.csv: no row below");
	folder_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_tables),
		cmocka_unit_test(names_line_and_column),
		cmocka_unit_test(keeps_its_ceilings),
		cmocka_unit_test(reads_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
