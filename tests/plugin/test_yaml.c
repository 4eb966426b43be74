/* yaml.c: trees with lines, errors that name them, ceilings. */
#include "tests/plugin/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugin/text.h"
#include "plugin/yaml.h"

static struct yaml_node *good(const char *text)
{
	struct yaml_node *ret = NULL;
	struct error error = {0};

	if (yaml_parse("f.yaml", text, strlen(text), &ret, &error) != 0)
		fail_msg("%s", error.text);
	return ret;
}

/* `says`: how the message begins, or something in it when it starts with '*'. */
static void bad_bytes(const char *text, size_t size, const char *says)
{
	struct yaml_node *ret = (struct yaml_node *)1;
	struct error error = {0};

	assert_int_equal(yaml_parse("f.yaml", text, size, &ret, &error), -1);
	assert_ptr_equal(ret, (struct yaml_node *)1);
	if (*says == '*')
		assert_has(error.text, says + 1);
	else if (strncmp(error.text, says, strlen(says)) != 0)
		fail_msg("'%s' does not begin with '%s'", error.text, says);
}

static void bad(const char *text, const char *says)
{
	bad_bytes(text, strlen(text), says);
}

static void remembers_where_things_stand(void **state)
{
	struct yaml_node *root = good("a: 1\nb:\n  c: two\n  list:\n  - x\n  - {y: z}\nempty:\n");
	const struct yaml_node *b = yaml_get(root, "b"), *list = yaml_get(b, "list");

	(void)state;
	assert_int_equal(root->kind, YAML_MAP);
	assert_string_equal(yaml_get(root, "a")->text, "1");
	assert_int_equal(yaml_get(b, "c")->line, 3);
	assert_int_equal(yaml_get(b, "c")->column, 6);
	assert_int_equal(list->kind, YAML_LIST);
	assert_string_equal(list->first->text, "x");
	assert_int_equal(list->first->line, 5);
	assert_string_equal(yaml_get(list->first->next, "y")->text, "z");
	assert_int_equal(yaml_get(root, "empty")->kind, YAML_NULL);
	assert_int_equal(yaml_get(root, "empty")->line, 7);
	assert_null(yaml_get(root, "nothing"));
	assert_null(yaml_get(NULL, "a"));
	assert_null(yaml_get(list, "a"));
	yaml_node_free(root);
	root = good("");
	assert_int_equal(root->kind, YAML_NULL);
	yaml_node_free(root);
	root = good("# only a comment\n---\n...\n");
	assert_int_equal(root->kind, YAML_NULL);
	yaml_node_free(root);
	yaml_node_free(NULL);
}

static void errors_name_file_line_and_column(void **state)
{
	(void)state;
	bad("a: 1\nb: [1, 2\nc: 3\n", "f.yaml:3:");
	bad("a: 1\n b: 2\n", "f.yaml:2:");
	bad("\tb: 2\n", "f.yaml:1:1:");
	bad("a: 'x\n", "f.yaml:");
	bad("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: this key stands twice in the same map");
	bad("? [a, b]\n: c\n", "f.yaml:1:3: a key must be plain text");
	bad("a: 1\n---\nb: 2\n", "f.yaml:3: a second document");
	bad("a: *missing\n", "f.yaml:1:4:");
	bad("a: \"x\\0y\"\n", "f.yaml:1:4: a value holds a NUL byte");
	bad("\"x\\0y\": a\n", "f.yaml:1:1: a key holds a NUL byte");
	bad("a: \"\x1b[31m\"\n", "f.yaml: control characters are not allowed at byte 4");
	bad("a: \xff\n", "f.yaml: ");
	bad("a: \xff\n", "*must be UTF-8");
	bad_bytes("a: \0b", 5, "f.yaml: control characters are not allowed");
}

static void ceilings_hold(void **state)
{
	char *text = malloc(5 << 20);
	size_t size = 0;

	(void)state;
	memset(text, ' ', 5 << 20);
	bad_bytes(text, 5 << 20, "f.yaml: larger than 4 MiB");
	memset(text, '[', 500);
	bad_bytes(text, 500, "f.yaml:");
	memset(text, '[', 66);
	memset(text + 66, ']', 66);
	bad_bytes(text, 132, "f.yaml:1:66: nested more than 64 deep");
	yaml_node_free(good("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"));
	for (int i = 0; i < 5001; i++)
		size += (size_t)sprintf(text + size, "k%d: 1\n", i);
	bad_bytes(text, size, "f.yaml:1:1: more than 5000 keys");
	size = 0;
	for (int i = 0; i < 100001; i++)
		size += (size_t)sprintf(text + size, "- 1\n");
	bad_bytes(text, size, "*more than 100000 nodes");
	free(text);
	/* ten to the ninth, by aliases */
	bad("a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
	    "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
	    "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
	    "*more than 100000 nodes");
	bad("a: &a [*a]\n", "*nested more than 64 deep");
	yaml_node_free(good("a: &a {x: 1}\nb: *a\n"));
}

static void typed_reads(void **state)
{
	struct yaml_node *root = good(
		"t: text\nn: 5\nyes: true\nno: \"false\"\nnull1: ~\nnull2:\nm: {a: b}\nl: [1]\non: On\noff: no\n");
	struct error error = {0};
	const struct yaml_node *child = root;
	const char *text = "as it was";
	bool flag = false;

	(void)state;
	assert_int_equal(yaml_text("f", root, "absent", &text, &error), 0);
	assert_int_equal(yaml_text("f", root, "null1", &text, &error), 0);
	assert_int_equal(yaml_text("f", root, "null2", &text, &error), 0);
	assert_string_equal(text, "as it was");
	assert_int_equal(yaml_text("f", root, "n", &text, &error), 0);
	assert_string_equal(text, "5");
	assert_int_equal(yaml_text("f", root, "l", &text, &error), -1);
	assert_string_equal(error.text, "f:8:4: 'l' must be text");
	assert_int_equal(yaml_bool("f", root, "yes", &flag, &error), 0);
	assert_true(flag);
	assert_int_equal(yaml_bool("f", root, "off", &flag, &error), 0);
	assert_false(flag);
	assert_int_equal(yaml_bool("f", root, "on", &flag, &error), 0);
	assert_true(flag);
	assert_int_equal(yaml_bool("f", root, "no", &flag, &error), -1);
	assert_string_equal(error.text, "f:4:5: 'no' must be true or false");
	assert_int_equal(yaml_bool("f", root, "n", &flag, &error), -1);
	assert_int_equal(yaml_child("f", root, "absent", YAML_MAP, &child, &error), 0);
	assert_null(child);
	assert_int_equal(yaml_child("f", root, "m", YAML_MAP, &child, &error), 0);
	assert_non_null(child);
	assert_int_equal(yaml_child("f", root, "m", YAML_LIST, &child, &error), -1);
	assert_string_equal(error.text, "f:7:4: 'm' must be a list");
	yaml_node_free(root);
}

static void becomes_json(void **state)
{
	struct yaml_node *root =
		good("a: 1\nb: -2.5e1\nc: \"1\"\nd: true\ne: ~\nf: [x, {y: z}]\ng: 1_000\nh: .inf\n"
	             "i: nan\nj: ''\nk: '-'\nl: 1.2.3\n");
	cJSON *json = yaml_to_json(root);
	char *text = cJSON_PrintUnformatted(json);

	(void)state;
	assert_string_equal(
		text, "{\"a\":1,\"b\":-25,\"c\":\"1\",\"d\":true,\"e\":null,\"f\":[\"x\",{\"y\":\"z\"}],"
		      "\"g\":\"1_000\",\"h\":\".inf\",\"i\":\"nan\",\"j\":\"\",\"k\":\"-\",\"l\":\"1.2.3\"}");
	cJSON_free(text);
	cJSON_Delete(json);
	yaml_node_free(root);
}

static void reads_files(void **state)
{
	struct yaml_node *root = NULL;
	struct error error = {0};

	(void)state;
	folder_make();
	assert_int_equal(yaml_read(file_write("good", "a: b\n"), &root, &error), 0);
	assert_string_equal(yaml_get(root, "a")->text, "b");
	yaml_node_free(root);
	assert_int_equal(yaml_read(path_of("missing"), &root, &error), -1);
	assert_int_equal(errno, ENOENT);
	assert_has(error.text, "missing': No such file or directory");
	assert_int_equal(yaml_read("/", &root, &error), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(yaml_read(file_write("bad", "a: [\n"), &root, &error), -1);
	assert_int_equal(errno, 0);
	assert_has(error.text, "/bad:2:1: ");
	assert_int_equal(yaml_read("/dev/zero", &root, &error), -1);
	assert_int_equal(errno, 0);
	assert_has(error.text, "larger than 4096 KiB");
	folder_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remembers_where_things_stand),
		cmocka_unit_test(errors_name_file_line_and_column),
		cmocka_unit_test(ceilings_hold),
		cmocka_unit_test(typed_reads),
		cmocka_unit_test(becomes_json),
		cmocka_unit_test(reads_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
