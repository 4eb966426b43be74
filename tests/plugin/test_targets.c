/* targets.c: vegeta's targets file with weights. */
#include "tests/plugin/test.h"

#include <stdlib.h>

#include "plugin/targets.h"
#include "plugin/text.h"

static int setup(void **state)
{
	(void)state;
	folder_make();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	folder_remove();
	return 0;
}

static struct targets good(const char *text, const struct targets_defaults *defaults)
{
	struct targets targets = {0};
	struct error error = {0};

	if (targets_read(file_write("t.txt", text), defaults, &targets, &error) < 0)
		fail_msg("refused: %s", error.text);
	assert_string_equal(error.text, "");
	return targets;
}

/* The error, less the folder's name. */
static const char *bad(const char *text)
{
	static struct error error;
	struct targets targets = {.count = 77};
	const char *path = file_write("t.txt", text);

	error = (struct error){0};
	assert_int_equal(targets_read(path, NULL, &targets, &error), -1);
	assert_int_equal(targets.count, 77);
	assert_int_equal(error.exit, EXIT_USAGE);
	return strncmp(error.text, path, strlen(path)) ? error.text : error.text + strlen(path) + 1;
}

static void assert_headers(const struct lg_target *target, const char *const *want)
{
	size_t i = 0;

	for (; want[i]; i++) {
		assert_non_null(target->headers[i]);
		assert_string_equal(target->headers[i], want[i]);
	}
	assert_null(target->headers[i]);
}

static void reads_what_vegeta_reads(void **state)
{
	struct targets targets;

	(void)state;
	file_write("a/b.json", "{\"a\": 1}\n");
	targets = good("# the shop\n"
	               "\n"
	               "GET http://shop:8080/goods?page=1\n"
	               "Accept: application/json\n"
	               "  X-Two:  b:c \t\r\n"
	               "\n"
	               "\n"
	               "  POST \t http://shop/orders  \r\n"
	               "@a/b.json\n"
	               "DELETE http://shop/orders/1\n"
	               "HEAD http://shop/\n"
	               "X-Last: 1\n"
	               "M-SEARCH http://shop/x",
	               NULL);
	assert_int_equal(targets.count, 5);
	assert_string_equal(targets.items[0].method, "GET");
	assert_string_equal(targets.items[0].url, "http://shop:8080/goods?page=1");
	assert_headers(&targets.items[0], (const char *[]){"Accept: application/json", "X-Two:  b:c", NULL});
	assert_null(targets.items[0].body);
	assert_string_equal(targets.items[1].method, "POST");
	assert_string_equal(targets.items[1].url, "http://shop/orders");
	assert_headers(&targets.items[1], (const char *[]){NULL});
	assert_int_equal(targets.items[1].body_size, 9);
	assert_memory_equal(targets.items[1].body, "{\"a\": 1}\n", 9);
	assert_string_equal(targets.items[2].method, "DELETE");
	assert_headers(&targets.items[2], (const char *[]){NULL});
	assert_int_equal(targets.items[2].body_size, 0);
	assert_headers(&targets.items[3], (const char *[]){"X-Last: 1", NULL});
	assert_string_equal(targets.items[4].method, "M-SEARCH");
	for (size_t i = 0; i < targets.count; i++)
		assert_int_equal(targets.items[i].weight, 1);
	targets_release(&targets);
	targets_release(&targets);
}

static void reads_weights(void **state)
{
	struct targets targets = good("# weight: 3\n# another comment\n\nGET http://a/\n"
	                              "#WEIGHT :10000\nGET http://b/\n"
	                              "# weights: 9\n# weight 9\n# weightless\n#\nGET http://c/\n"
	                              "X: y\n# weight:\t1\nGET http://d/\n",
	                              NULL);

	(void)state;
	assert_int_equal(targets.count, 4);
	assert_int_equal(targets.items[0].weight, 3);
	assert_int_equal(targets.items[1].weight, 10000);
	assert_int_equal(targets.items[2].weight, 1);
	assert_int_equal(targets.items[3].weight, 1);
	assert_headers(&targets.items[2], (const char *[]){"X: y", NULL});
	targets_release(&targets);
}

static void fills_in_defaults(void **state)
{
	const char *const headers[] = {"Accept: */*", "X-Own: 1", NULL};
	const struct targets_defaults defaults = {.headers = headers, .body = "hello", .body_size = 5};
	struct targets targets;

	(void)state;
	file_write("empty", "");
	targets = good("GET http://a/\naccept: text/html\n\nPOST http://b/\n@empty\n", &defaults);
	assert_headers(&targets.items[0], (const char *[]){"accept: text/html", "X-Own: 1", NULL});
	assert_ptr_equal(targets.items[0].body, defaults.body);
	assert_int_equal(targets.items[0].body_size, 5);
	assert_headers(&targets.items[1], (const char *[]){"Accept: */*", "X-Own: 1", NULL});
	assert_int_equal(targets.items[1].body_size, 0);
	targets_release(&targets);
}

static void checks_templates(void **state)
{
	const char *const columns[] = {"id"}, *const rows[] = {"1"};
	const struct lg_table table = {columns, 1, rows, 1};
	struct targets targets = good("GET http://a/{{rand 1 9}}?{{csv.id}}\nX: {{csv.id}}\n",
	                              &(struct targets_defaults){.table = &table});

	(void)state;
	assert_string_equal(targets.items[0].url, "http://a/{{rand 1 9}}?{{csv.id}}");
	targets_release(&targets);
	targets = good("GET http://a/{{sec}}\n", &(struct targets_defaults){.no_templates = true});
	targets_release(&targets);
	file_write("b", "a\nb{{csv.id}}");
	assert_has(bad("GET http://a/\nX: {{sec}}\n"),
	           "2:1: header 'X': template: column 6: unknown name 'sec'");
	assert_has(bad("GET http://a/\n@b\n"), "2:2: body: template: line 2, column 4: there is no data");
	assert_has(bad("GET http://a/{{seq\n"), "1:5: url: template: column 10: '{{' without '}}'");
}

static void names_line_and_column(void **state)
{
	(void)state;
	file_write("b", "x");
	assert_string_equal(bad("\n GET\n"),
	                    "2:2: 'GET' is no target; want METHOD URL, such as GET http://host/");
	assert_has(bad("get http://a/\n"), "1:1: 'get http://a/' is no target");
	assert_has(bad("X: y\n"), "1:1: 'X: y' is no target");
	assert_has(bad("@b\n"), "1:1: '@b' is no target");
	assert_has(bad("GET http://a/\n@b\nX: y\n"), "3:1: 'X: y' is no target");
	assert_has(bad("GET http://a/\n\nX: y\n"), "3:1: 'X: y' is no target");
	assert_has(bad("# c\nGET   localhost/\n"), "2:7: url 'localhost/' has no scheme");
	assert_has(bad("GET http://a/ HTTP/1.1\n"), "1:5: url 'http://a/ HTTP/1.1': byte 10 is not allowed");
	assert_has(bad("CONNECT http://a/\n"), "1:9: method 'CONNECT' is not supported");
	assert_has(bad("GET http://a/\n\tnonsense\n"), "2:2: malformed header");
	assert_has(bad("GET http://a/\nContent-Length: 3\n"),
	           "2:1: header 'Content-Length' is set by the load");
	assert_has(bad("GET http://a/\nX: a\x01"
	               "b\n"),
	           "2:5: a control character (byte 1)");
	assert_has(bad("GET http://a/\n@\n"), "2:1: a body without the name of its file");
	assert_has(bad("GET http://a/\n  @none.json\n"), "2:4: cannot read '");
	assert_has(bad("GET http://a/\n  @none.json\n"), "/none.json': No such file");
	assert_has(bad("# weight: 0\nGET http://a/\n"), "1:11: a weight is a number from 1 to 10000");
	assert_has(bad("# weight: 10001\nGET http://a/\n"), "1:11: a weight");
	assert_has(bad("# weight: 99999999999999999999\nGET http://a/\n"), "1:11: a weight");
	assert_has(bad("# weight: 2x\nGET http://a/\n"), "1:11: a weight");
	assert_has(bad("# weight:\nGET http://a/\n"), "1:10: a weight");
	assert_has(bad("# weight: 2\n\n# weight: 2\nGET http://a/\n"),
	           "3:1: a second weight for one target, the first is in line 1");
	assert_has(bad("GET http://a/\n# weight: 2\n"), "2:1: a weight, and no target below it");
	assert_string_equal(bad("# nothing\n"), " no target in it; want lines such as GET http://host/");
	assert_string_equal(bad(""), " no target in it; want lines such as GET http://host/");
}

static void says_what_is_missing(void **state)
{
	struct targets targets;
	struct error error = {0};

	(void)state;
	assert_int_equal(targets_read(path_of("nowhere"), NULL, &targets, &error), -1);
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_has(error.text, "/nowhere': No such file");
}

/* A body of that many bytes, without a file. */
static size_t made_size;

static char *make_body(const char *path, size_t ceiling, size_t *ret_size, struct error *error)
{
	(void)error;
	assert_string_equal(path, "x");
	assert_int_equal(ceiling, TARGETS_MAX_BODY);
	*ret_size = made_size;
	return xcalloc(made_size + 1, 1);
}

static void refuse(const char *text, size_t size, const char *part)
{
	struct targets targets;
	struct error error = {0};

	assert_int_equal(targets_parse("t", text, size, NULL, make_body, &targets, &error), -1);
	assert_has(error.text, part);
}

static void keeps_its_ceilings(void **state)
{
	static const char target[] = "PUT http://a/\n@x\n";
	char *text = xcalloc(1001, 20), *at = text;
	struct targets targets;
	struct error error = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		at = stpcpy(at, "GET http://a/\n");
	assert_int_equal(targets_parse("t", text, (size_t)(at - text), NULL, make_body, &targets, &error), 0);
	assert_int_equal(targets.count, 1000);
	targets_release(&targets);
	at = stpcpy(at, "GET http://a/\n");
	refuse(text, (size_t)(at - text), "t:1001:1: more than 1000 targets");
	free(text);

	text = xcalloc(TARGETS_MAX_LINE + 100, 1);
	at = stpcpy(text, "GET http://a/\n#");
	memset(at, 'x', TARGETS_MAX_LINE - 1);
	assert_int_equal(targets_parse("t", text, strlen(text), NULL, make_body, &targets, &error), 0);
	targets_release(&targets);
	at[TARGETS_MAX_LINE - 1] = 'x';
	refuse(text, strlen(text), "t:2:1: a line of 16385 bytes, the most is 16384");
	free(text);

	made_size = TARGETS_MAX_BODY;
	text = xprintf("%s%s%s%s%s", target, target, target, target, target);
	refuse(text, strlen(text), "t:10:1: the bodies are over 256 MiB together");
	text[strlen(text) - strlen(target)] = '\0';
	assert_int_equal(targets_parse("t", text, strlen(text), NULL, make_body, &targets, &error), 0);
	targets_release(&targets);
	free(text);
}

static char *see_path(const char *path, size_t ceiling, size_t *ret_size, struct error *error)
{
	(void)ceiling, (void)ret_size;
	error_set(error, "asked for %s", path);
	return NULL;
}

static void looks_beside_the_file(void **state)
{
	static const char *const rows[][3] = {
		{"t.txt", "a/b", "asked for a/b"},
		{"x/t.txt", "a/b", "asked for x/a/b"},
		{"/x/y/t.txt", "../b", "asked for /x/y/../b"},
		{"/x/t.txt", "/a/b", "asked for /a/b"},
		{"/dev/stdin", "b", "asked for b"},
		{"/dev/fd/63", "b", "asked for b"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char *text = xprintf("GET http://a/\n@%s\n", rows[i][1]),
		     *want = xprintf(":2:2: %s", rows[i][2]);
		struct targets targets;
		struct error error = {0};

		assert_int_equal(
			targets_parse(rows[i][0], text, strlen(text), NULL, see_path, &targets, &error), -1);
		assert_string_equal(error.text + strlen(rows[i][0]), want);
		free(text);
		free(want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_what_vegeta_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_weights, setup, teardown),
		cmocka_unit_test_setup_teardown(fills_in_defaults, setup, teardown),
		cmocka_unit_test_setup_teardown(checks_templates, setup, teardown),
		cmocka_unit_test_setup_teardown(names_line_and_column, setup, teardown),
		cmocka_unit_test_setup_teardown(says_what_is_missing, setup, teardown),
		cmocka_unit_test(keeps_its_ceilings),
		cmocka_unit_test(looks_beside_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
