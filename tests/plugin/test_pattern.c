/* Regular expressions: Go's syntax, its meaning of '$', reasons, and an end to backtracking. */
#include "tests/plugin/test.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/pattern.h"

static struct pattern *made(const char *expression)
{
	struct pattern *ret = NULL;
	struct error error = {0};

	if (pattern_new("focus", expression, &ret, &error) < 0)
		fail_msg("%s", error.text);
	return ret;
}

static void check(const char *expression, const char *text, bool expected)
{
	struct pattern *pattern = made(expression);

	if (pattern_matches(pattern, text, strlen(text)) != expected)
		fail_msg("'%s' on '%s'", expression, text);
	pattern_free(pattern);
}

static void what_go_takes_is_taken(void **state)
{
	(void)state;
	check("mallocgc|^main\\.", "main.burn", true);
	check("^main\\.", "runtime.main.", false);
	check("(?i)JSON", "encoding/json.Marshal", true);
	check("\\.\\(\\*\\w+\\)\\.", "main.(*stack).push", true);
	check("[[:digit:]]+$", "main.main.func12", true);
	check("(?P<name>foo)\\z", "barfoo", true);
	check("\\Qa.b\\E", "a.b", true);
	check("\\pL{3}", "d\303\251j\303\240", true);
	check("x{2,3}?", "axx", true);
	check("", "", true);
}

static void the_end_is_the_end(void **state)
{
	(void)state;
	check("foo$", "foo", true);
	check("foo$", "foo\n", false);
}

/* A name that is no UTF-8 is looked at piece by piece. */
static void any_bytes_can_be_matched(void **state)
{
	(void)state;
	check("main", "\xff\xfemain\x80", true);
	check("nothing", "\xff\xfemain\x80", false);
}

static void a_wrong_one_is_refused(void **state)
{
	struct pattern *pattern = NULL;
	struct error error = {0};

	(void)state;
	assert_int_equal(pattern_new("peek", "a(b", &pattern, &error), -1);
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_string_equal(error.text,
	                    "--peek: 'a(b' is not a regular expression: missing closing parenthesis "
	                    "at character 4");
	assert_null(pattern);
}

static void endless_backtracking_ends(void **state)
{
	struct pattern *pattern = made("^(a+)+b?(a+)+$");
	char text[200];
	struct error error = {0};

	(void)state;
	memset(text, 'a', sizeof text);
	text[199] = '!';
	assert_false(pattern_matches(pattern, text, sizeof text));
	assert_false(pattern_matches(pattern, "aaa", 3));
	assert_int_equal(pattern_check(pattern, &error), -1);
	assert_int_equal(error.exit, EXIT_ERROR);
	assert_string_equal(error.text,
	                    "--focus: the expression needs too many steps on a name of this profile; "
	                    "write it without nested repetition");
	pattern_free(pattern);
	assert_int_equal(pattern_check(NULL, &error), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_go_takes_is_taken),    cmocka_unit_test(the_end_is_the_end),
		cmocka_unit_test(any_bytes_can_be_matched),  cmocka_unit_test(a_wrong_one_is_refused),
		cmocka_unit_test(endless_backtracking_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
