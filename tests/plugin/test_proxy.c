/* proxy.c: which proxy the environment means. */
#include "tests/plugin/test.h"

#include <stdlib.h>

#include "plugin/proxy.h"

static void clear(void)
{
	static const char *const names[] = {"HTTP_PROXY",  "http_proxy", "HTTPS_PROXY",
	                                    "https_proxy", "NO_PROXY",   "no_proxy"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		unsetenv(names[i]);
}

/* NULL: none. */
static void chooses(const char *server, const char *proxy)
{
	struct error error = {0};
	char *ret = (char *)1;

	assert_int_equal(proxy_from_environment(server, &ret, &error), 0);
	if (proxy)
		assert_string_equal(ret, proxy);
	else
		assert_null(ret);
	free(ret);
}

static void chooses_by_scheme(void **state)
{
	(void)state;
	clear();
	chooses("https://a:6443", NULL);
	setenv("http_proxy", "http://plain:1", 1);
	chooses("https://a:6443", NULL);
	chooses("http://a:8080", "http://plain:1");
	setenv("https_proxy", "secure:2", 1);
	chooses("https://a:6443", "http://secure:2");
	setenv("HTTPS_PROXY", "socks5://upper:3", 1);
	chooses("HTTPS://a:6443", "socks5://upper:3");
	setenv("HTTPS_PROXY", "", 1);
	chooses("https://a:6443", "http://secure:2");
	clear();
}

static void refuses_other_schemes_and_hides_the_value(void **state)
{
	struct error error = {0};
	char *ret = NULL;

	(void)state;
	clear();
	setenv("HTTPS_PROXY", "ftp://me:secret@proxy", 1);
	assert_int_equal(proxy_from_environment("https://a", &ret, &error), -1);
	assert_has(error.text, "$HTTPS_PROXY must start with http://, https:// or socks5://");
	assert_has_not(error.text, "secret");
	clear();
}

static void loopback_never(void **state)
{
	(void)state;
	clear();
	setenv("HTTPS_PROXY", "p:1", 1);
	chooses("https://localhost:6443", NULL);
	chooses("https://127.0.0.1:6443/path", NULL);
	chooses("https://127.9.9.9", NULL);
	chooses("https://[::1]:6443", NULL);
	chooses("https://128.0.0.1", "http://p:1");
	clear();
}

static void no_proxy_lists(void **state)
{
	static const struct {
		const char *list, *host, *port;
		bool excluded;
	} rows[] = {
		{"", "a.example", "443", false},
		{"*", "a.example", "443", true},
		{"a.example", "a.example", "443", true},
		{"A.Example", "a.eXample", "443", true},
		{"example", "a.example", "443", true},
		{"xample", "a.example", "443", false},
		{".example", "a.example", "443", true},
		{".example", "example", "443", false},
		{"*.example", "a.example", "443", true},
		{"*.example", "example", "443", false},
		{"a.example:443", "a.example", "443", true},
		{"a.example:8443", "a.example", "443", false},
		{"x, a.example ,y", "a.example", "443", true},
		{",,", "a.example", "443", false},
		{"10.0.0.1", "10.0.0.1", "443", true},
		{"10.0.0.1:6443", "10.0.0.1", "443", false},
		{"10.0.0.0/8", "10.9.8.7", "443", true},
		{"10.0.0.0/8", "11.0.0.1", "443", false},
		{"10.0.0.0/9", "10.128.0.1", "443", false},
		{"10.0.0.0/33", "10.0.0.1", "443", false},
		{"10.0.0.0/", "10.0.0.1", "443", false},
		{"10.0.0.0/-1", "10.0.0.1", "443", false},
		{"0.0.0.0/0", "1.2.3.4", "443", true},
		{"10.0.0.0/8", "ten.example", "443", false},
		{"fd00::/8", "fd12::1", "443", true},
		{"fd00::/8", "fe80::1", "443", false},
		{"[fd00::1]:443", "fd00::1", "443", true},
		{"fd00::1", "fd00:0::1", "443", true},
		{"fd00::/129", "fd00::1", "443", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (proxy_excluded(rows[i].list, rows[i].host, rows[i].port) != rows[i].excluded)
			fail_msg("'%s' and %s:%s", rows[i].list, rows[i].host, rows[i].port);
	setenv("HTTPS_PROXY", "p:1", 1);
	setenv("no_proxy", "a.example:443,10.1.0.0/16", 1);
	chooses("https://a.example/path", NULL);
	chooses("https://a.example:6443", "http://p:1");
	chooses("https://10.1.2.3:6443", NULL);
	clear();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses_by_scheme),
		cmocka_unit_test(refuses_other_schemes_and_hides_the_value),
		cmocka_unit_test(loopback_never),
		cmocka_unit_test(no_proxy_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
