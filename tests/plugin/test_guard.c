/* guard.c, address.c: hosts, patterns, ceilings. What a cluster says is its own is asked in tests/e2e. */
#include "tests/plugin/test.h"

#include <stdlib.h>

#include "plugin/address.h"
#include "plugin/guard.h"

static void hosts_of_urls(void **state)
{
	static const char *const urls[][2] = {
		{"http://a", "a"},
		{"https://a.b:8080/x@y:z", "a.b"},
		{"http://user:pass@a/", "a"},
		{"http://evil@good@a?q", "a"},
		{"http://a#@b/", "a"},
		{"http://[::1]:80/", "::1"},
		{"http://[fd00::1]", "fd00::1"},
		{"http:///x", ""},
		{"http://", ""},
		{"http://127.0.0.1:80", "127.0.0.1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		char *host = url_host(urls[i][0]);

		assert_string_equal(host, urls[i][1]);
		free(host);
	}
}

static void this_machine(void **state)
{
	static const char *const ours[] = {"localhost", "LOCALHOST",        "127.0.0.1",      "127.255.0.9",
	                                   "::1",       "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1"};
	static const char *const others[] = {"",   "localhost.example", "127.1", "0.0.0.0",
	                                     "::", "128.0.0.1",         "::2",   "ff7f:0:0::ff:7f00:1",
	                                     "1"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ours); i++)
		assert_true(host_is_loopback(ours[i]));
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_false(host_is_loopback(others[i]));
}

static void the_same_host(void **state)
{
	(void)state;
	assert_true(host_equal("a.example", "A.Example."));
	assert_true(host_equal("fd00::1", "FD00:0:0::1"));
	assert_true(host_equal("10.0.0.1", "::ffff:10.0.0.1"));
	assert_false(host_equal("10.0.0.1", "10.0.0.10"));
	assert_false(host_equal("a.example", "b.a.example"));
	assert_false(host_equal("", ""));
	assert_false(host_equal("a", "."));
}

static void patterns(void **state)
{
	const char *items[] = {"*prod*", "eu-?", NULL};
	const struct option_list list = {items, 2}, none = {0};

	(void)state;
	assert_string_equal(guard_match(&list, "my-PRODuction"), "*prod*");
	assert_string_equal(guard_match(&list, "eu-1"), "eu-?");
	assert_null(guard_match(&list, "eu-12"));
	assert_null(guard_match(&list, NULL));
	assert_null(guard_match(&none, "prod"));
}

static void what_is_allowed(void **state)
{
	const char *line[] = {"a.example", "[fd00::1]", "10.0.0.1", NULL}, *file[] = {"*.staging", NULL};
	struct plan plan = {.allow_hosts = {line, 3}, .guard = {.allow_hosts = {file, 1}}};

	(void)state;
	assert_true(guard_host_allowed(&plan, "localhost"));
	assert_true(guard_host_allowed(&plan, "A.example."));
	assert_true(guard_host_allowed(&plan, "fd00:0::1"));
	assert_true(guard_host_allowed(&plan, "::ffff:10.0.0.1"));
	assert_true(guard_host_allowed(&plan, "x.Staging"));
	assert_false(guard_host_allowed(&plan, "staging"));
	assert_false(guard_host_allowed(&plan, "x.a.example"));
	assert_false(guard_host_allowed(&plan, "10.0.0.11"));
	assert_false(guard_host_allowed(&plan, ""));
}

static void too_fast(void **state)
{
	struct guard_watch watch = {0};

	(void)state;
	assert_false(guard_over(&watch, 100, 5 * SECOND, 1000));              /* the first look */
	assert_false(guard_over(&watch, 100, 5 * SECOND + SECOND / 2, 9999)); /* too short to say */
	assert_false(guard_over(&watch, 100, 6 * SECOND, 1104));
	assert_false(guard_over(&watch, 0, 7 * SECOND, 9999)); /* no ceiling */
	assert_true(guard_over(&watch, 100, 8 * SECOND, 1104 + 220));
	assert_true(watch.rate > 109.9 && watch.rate < 110.1);
	assert_false(guard_over(&watch, 100, 9 * SECOND, 1324 + 50));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_of_urls),   cmocka_unit_test(this_machine),
		cmocka_unit_test(the_same_host),   cmocka_unit_test(patterns),
		cmocka_unit_test(what_is_allowed), cmocka_unit_test(too_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
