/* error.c, text.c, duration.c, options.c: lines that may be printed, words as people write them. */
#include "tests/plugin/test.h"

#include <stdlib.h>

#include "plugin/options.h"
#include "plugin/text.h"

/* ---- text.c, error.c --------------------------------------------------------- */

static void cleans_what_a_terminal_acts_on(void **state)
{
	static const char *const pairs[][2] = {
		{"plain - \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	         "plain - \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"\x1b[31mred\x1b[0m", "?[31mred?[0m"},
		{"a\tb\rc\nd\x7f", "a?b?c?d?"},
		{"C1 \xc2\x9b"
	         "31m \xc2\x80 \xc2\x9f",
	         "C1 ??31m ?? ??"},
		{"no C1 \xc2\xa0", "no C1 \xc2\xa0"},
		{"over \xe2\x80\xae long \xe2\x81\xa6 x \xe2\x81\xa9", "over ??? long ??? x ???"},
		{"mark \xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "mark ????????"},
		{"line \xe2\x80\xa8 paragraph \xe2\x80\xa9", "line ??? paragraph ???"},
		{"dash \xe2\x80\x93 dots \xe2\x80\xa6", "dash \xe2\x80\x93 dots \xe2\x80\xa6"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		char *text = xstrdup(pairs[i][0]);

		text_clean(text);
		assert_string_equal(text, pairs[i][1]);
		free(text);
	}
}

static void cleans_what_is_no_utf8(void **state)
{
	static const char *const pairs[][2] = {
		{"\xff\xfe", "??"},
		{"alone \x80 \xbf", "alone ? ?"},
		{"cut \xc3", "cut ?"},
		{"cut \xe2\x82", "cut ??"},
		{"cut \xf0\x9f\x98", "cut ???"},
		{"too long \xc0\x80 \xc1\xbf", "too long ?? ??"},
		{"too long \xe0\x80\x9b", "too long ???"},
		{"surrogate \xed\xa0\x80", "surrogate ???"},
		{"beyond \xf4\x90\x80\x80 \xf5\x80\x80\x80", "beyond ???? ????"},
		{"C1 as a bare byte \x9b", "C1 as a bare byte ?"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		char *text = xstrdup(pairs[i][0]);

		text_clean(text);
		assert_string_equal(text, pairs[i][1]);
		free(text);
	}
}

static void offers_the_nearest_name(void **state)
{
	static const char *const names[] = {"namespace", "context", "kubeconfig", "vus", NULL};
	char long_word[200];

	(void)state;
	assert_string_equal(text_nearest("namespaec", names), "namespace");
	assert_string_equal(text_nearest("contxt", names), "context");
	assert_string_equal(text_nearest("vu", names), "vus");
	assert_null(text_nearest("something-else", names));
	assert_null(text_nearest("", names));
	memset(long_word, 'a', sizeof long_word - 1);
	long_word[sizeof long_word - 1] = '\0';
	assert_null(text_nearest(long_word, names));
	long_word[64] = '\0';
	assert_null(text_nearest(long_word, (const char *const[]){long_word + 60, NULL}));
	assert_ptr_equal(text_nearest(long_word, (const char *const[]){long_word, NULL}), long_word);
}

static void wipes_and_copies(void **state)
{
	char secret[] = "secret";

	(void)state;
	text_wipe(NULL);
	text_wipe(secret);
	assert_memory_equal(secret, "\0\0\0\0\0\0", 7);
	assert_null(xstrdup(NULL));
}

static void errors_are_one_printable_line(void **state)
{
	struct error error = {0};
	char big[2000];

	(void)state;
	assert_int_equal(error_set(&error, "pod '%s'", "a\n\x1b[2Jb"), -1);
	assert_string_equal(error.text, "pod 'a??[2Jb'");
	assert_int_equal(error.exit, EXIT_ERROR);
	assert_int_equal(error_usage(&error, "no"), -1);
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_int_equal(error_prefix(&error, "while %s\n", "x"), -1);
	assert_string_equal(error.text, "while x?: no");
	assert_int_equal(error.exit, EXIT_USAGE);
	memset(big, 'x', sizeof big);
	big[sizeof big - 1] = '\0';
	error_prefix(&error, "%s", big);
	assert_int_equal(strlen(error.text), sizeof error.text - 1);
	error_set(&error, "again %.5s: %s", big, "cause");
	error_prefix(&error, "%s", error.text);
	assert_string_equal(error.text, "again xxxxx: cause: again xxxxx: cause");
	error.detail = xstrdup("more");
	error_release(&error);
	error_release(&error);
}

/* ---- duration.c ---------------------------------------------------------------- */

static void reads_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} rows[] = {
		{"0", 0},
		{"0s", 0},
		{"1ns", 1},
		{"2us", 2000},
		{"500ms", 500000000},
		{"10s", 10000000000},
		{"1m30s", 90000000000},
		{"2h", 7200000000000},
		{"1.5s", 1500000000},
		{"0.1s", 100000000},
		{"1h0m0.25s", 3600250000000},
		{"100h", 360000000000000},
		{"100h1ms", INT64_MAX},
		{"99999999999999999999999999h", INT64_MAX},
		/* refused */
		{"", -1},
		{"5", -1},
		{"s", -1},
		{"-1s", -1},
		{"+1s", -1},
		{"1 s", -1},
		{"1s ", -1},
		{"1d", -1},
		{"1.s.", -1},
		{".s", -1},
		{"1e3s", -1},
		{"0x1s", -1},
		{"inf", -1},
		{"nan", -1},
		{"1s1", -1},
		{"1000h1", -1},
	};
	char digits[500];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (duration_parse(rows[i].text) != rows[i].ns)
			fail_msg("'%s' is %lld", rows[i].text, (long long)duration_parse(rows[i].text));
	memset(digits, '9', sizeof digits);
	strcpy(digits + sizeof digits - 2, "s");
	assert_int_equal(duration_parse(digits), INT64_MAX);
}

static void prints_durations(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} rows[] = {
		{0, "0s"},
		{1500, "1.5us"},
		{250000000, "250ms"},
		{999499000, "999ms"},
		{999600000, "1s"},
		{999900, "1ms"},
		{1500000000, "1.5s"},
		{59000000000, "59s"},
		{59960000000, "1m0s"},
		{90000000000, "1m30s"},
		{3599900000000, "1h0m0s"},
		{3661000000000, "1h1m1s"},
		{360000000000000, "100h0m0s"},
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_string_equal(duration_print(rows[i].ns, text), rows[i].text);
		if (rows[i].ns >= 60000000000 && rows[i].ns % 1000000000 == 0)
			assert_int_equal(duration_parse(text), rows[i].ns);
	}
}

/* ---- options.c ------------------------------------------------------------------- */

struct wanted {
	bool all, verbose;
	const char *name;
	struct option_list headers;
	int64_t wait;
	unsigned users;
	uint16_t port;
	double share;
	int by;
};

#define AT(field) offsetof(struct wanted, field)

static const char *const orders[] = {"cpu", "memory", NULL};
static const struct option table[] = {
	{.name = "all", .letter = 'A', .kind = OPTION_FLAG, .offset = AT(all), .help = "all of them"},
	{.name = "verbose", .letter = 'v', .kind = OPTION_FLAG, .offset = AT(verbose), .help = "more words"},
	{.name = "name",
         .letter = 'n',
         .kind = OPTION_TEXT,
         .offset = AT(name),
         .value = "NAME",
         .help = "a name"},
	{.name = "header",
         .letter = 'H',
         .kind = OPTION_LIST,
         .offset = AT(headers),
         .value = "LINE",
         .help = "one"},
	{.name = "wait",
         .kind = OPTION_DURATION,
         .offset = AT(wait),
         .value = "DURATION",
         .help = "how long",
         .min = 1000000000,
         .max = 60000000000},
	{.name = "users",
         .letter = 'u',
         .kind = OPTION_COUNT,
         .offset = AT(users),
         .value = "N",
         .min = 1,
         .max = 1000,
         .help = "a help so long that it has to be wrapped, since no line of it may go beyond column one hundred"},
	{.name = "port", .kind = OPTION_PORT, .offset = AT(port), .value = "PORT", .help = "a port"},
	{.name = "share", .kind = OPTION_SHARE, .offset = AT(share), .value = "SHARE", .help = "a share"},
	{.name = "by",
         .kind = OPTION_CHOICE,
         .offset = AT(by),
         .value = "cpu|memory",
         .choices = orders,
         .help = "an order"},
	{0},
};

/* Words behind each other, up to NULL. Outputs in *wanted and `arguments` (joined by blanks). */
static int parse(struct wanted *wanted, char arguments[256], struct error *error, ...)
{
	struct option_group group = {"Options", table, wanted};
	struct option_list list = {0};
	bool help = false;
	char *words[32];
	va_list rest;
	int count = 0, status;

	va_start(rest, error);
	while ((words[count] = va_arg(rest, char *)))
		count++;
	va_end(rest);
	*wanted = (struct wanted){0};
	*error = (struct error){0};
	status = options_parse(&group, 1, count, words, &list, NULL, &help, error);
	*arguments = '\0';
	for (size_t i = 0; i < list.count; i++)
		snprintf(arguments + strlen(arguments), 256 - strlen(arguments), "%s%s", i ? " " : "",
		         list.items[i]);
	free(list.items);
	return status < 0 ? status : help;
}

static void forget(struct wanted *wanted)
{
	options_release(&(struct option_group){"", table, wanted}, 1);
}

static void takes_every_form(void **state)
{
	struct wanted w;
	struct error error;
	char arguments[256];

	(void)state;
	assert_int_equal(parse(&w, arguments, &error, "one", "--name", "x", "--wait=10s", "two", "-u5", "-Av",
	                       "--port", "8080", "--share=1/4", "--by", "memory", "-H", "a: b",
	                       "--header=c: d", "--", "--three", NULL),
	                 0);
	assert_string_equal(arguments, "one two --three");
	assert_string_equal(w.name, "x");
	assert_int_equal(w.wait, 10000000000);
	assert_int_equal(w.users, 5);
	assert_true(w.all && w.verbose);
	assert_int_equal(w.port, 8080);
	assert_float_equal(w.share, 0.25, 1e-12);
	assert_int_equal(w.by, 1);
	assert_int_equal(w.headers.count, 2);
	assert_string_equal(w.headers.items[0], "a: b");
	assert_string_equal(w.headers.items[1], "c: d");
	assert_null(w.headers.items[2]);
	forget(&w);
	assert_int_equal(
		parse(&w, arguments, &error, "--all=false", "-", "--name=", "-n=y", "-vn", "z", NULL), 0);
	assert_false(w.all);
	assert_true(w.verbose);
	assert_string_equal(arguments, "-");
	assert_string_equal(w.name, "z");
	assert_int_equal(parse(&w, arguments, &error, "--help", "--nonsense", NULL), 1);
	assert_int_equal(parse(&w, arguments, &error, "-h", NULL), 1);
}

/* A wrong command line, and what must be said of it. */
static void refuses(const char *first, const char *second, const char *says)
{
	struct wanted w;
	struct error error;
	char arguments[256];

	assert_int_equal(parse(&w, arguments, &error, first, second, NULL), -1);
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_has(error.text, says);
	forget(&w);
}

static void refuses_what_cannot_be(void **state)
{
	(void)state;
	refuses("--nmae", "x", "unknown option '--nmae'; did you mean '--name'?");
	refuses("--user=3", NULL, "did you mean '--users'?");
	refuses("--zzzzzzzz", NULL, "unknown option '--zzzzzzzz'; --help lists them");
	refuses("--hlep", NULL, "did you mean '--help'?");
	refuses("--=x", NULL, "unknown option '--'");
	refuses("-x", NULL, "unknown option '-x'");
	refuses("-Ax", NULL, "unknown option '-x'");
	refuses("--name", NULL, "--name wants a value: --name NAME");
	refuses("-n", NULL, "--name wants a value");
	refuses("--all=yes", NULL, "neither true nor false");
	refuses("--wait", "10", "'10' is not a duration; write it as 500ms, 10s or 1m30s");
	refuses("--wait", "-10s", "not a duration");
	refuses("--wait", "0", "out of range; give 1s to 1m0s");
	refuses("--wait", "61s", "out of range");
	refuses("--wait", "1000h", "1000h is out of range; give 1s to 1m0s");
	refuses("--users", "-1", "not a whole number from 1 to 1000");
	refuses("--users", "0", "not a whole number from 1 to 1000");
	refuses("--users", "1001", "not a whole number");
	refuses("--users", "99999999999999999999", "not a whole number");
	refuses("--users", "4294967297", "not a whole number");
	refuses("--users", "1.5", "not a whole number");
	refuses("--users", "0x10", "not a whole number");
	refuses("--users", "", "not a whole number");
	refuses("--users", " 5", "not a whole number");
	refuses("--port", "0", "from 1 to 65535");
	refuses("--port", "65536", "from 1 to 65535");
	refuses("--share", "0", "not a share");
	refuses("--share", "1.01", "not a share");
	refuses("--share", "-0.5", "not a share");
	refuses("--share", "1/0", "not a share");
	refuses("--share", "nan", "not a share");
	refuses("--share", "inf", "not a share");
	refuses("--share", "", "not a share");
	refuses("--share", "1/3x", "not a share");
	refuses("--by", "disk", "'disk' is not one of cpu, memory");
	refuses("--name\x1b[31m", NULL, "'--name?[31m'");
}

static void help_is_wrapped(void **state)
{
	struct option_group group = {"Options", table, NULL};
	char *text = NULL, *line, *rest;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	options_help(out, &group, 1);
	fclose(out);
	assert_has(text, "\nOptions:\n");
	assert_has(text, "  -A, --all                   all of them\n");
	assert_has(text, "      --wait DURATION         how long\n");
	rest = text;
	while ((line = strsep(&rest, "\n")))
		assert_true(strlen(line) <= 100);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleans_what_a_terminal_acts_on),
		cmocka_unit_test(cleans_what_is_no_utf8),
		cmocka_unit_test(offers_the_nearest_name),
		cmocka_unit_test(wipes_and_copies),
		cmocka_unit_test(errors_are_one_printable_line),
		cmocka_unit_test(reads_durations),
		cmocka_unit_test(prints_durations),
		cmocka_unit_test(takes_every_form),
		cmocka_unit_test(refuses_what_cannot_be),
		cmocka_unit_test(help_is_wrapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
