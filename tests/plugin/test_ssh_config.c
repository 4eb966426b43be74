/* ssh_config.c: what ~/.ssh/config says of a host. */
#include "tests/plugin/test.h"

#include <stdio.h>

#include "plugin/ssh_config.h"

static const char *home;

static void put(const char *name, const char *text)
{
	char path[40];

	snprintf(path, sizeof path, ".ssh/%s", name);
	file_write(path, text);
}

static int read_config(const char *name, struct ssh_settings *ret, struct error *error)
{
	*ret = (struct ssh_settings){0};
	return ssh_config_read(path_of(".ssh/config"), home, name, ret, error);
}

static struct ssh_settings settings_of(const char *text, const char *name)
{
	struct error error = {0};
	struct ssh_settings ret;

	put("config", text);
	assert_int_equal(read_config(name, &ret, &error), 0);
	return ret;
}

static void is(const char *got, const char *wanted)
{
	if (wanted)
		assert_string_equal(got, wanted);
	else
		assert_null(got);
}

static void first_value_counts(void **state)
{
	struct ssh_settings got = settings_of("User early\n"
	                                      "Host gate\n\tHostName 10.0.0.1\n  Port=2222\n  User late\n"
	                                      "Host *\n  HostName wrong\n  Port 22\n",
	                                      "gate");

	(void)state;
	is(got.host, "10.0.0.1");
	is(got.user, "early");
	assert_int_equal(got.port, 2222);
	is(got.jump, NULL);
	ssh_settings_release(&got);
}

static void patterns_choose(void **state)
{
	static const char text[] = "Host *.corp !bad.corp gate?\n  User ops\n"
				   "Match host x.corp\n  User nobody\n"
				   "Match all\n  Port 7\n";
	static const struct {
		const char *name, *user;
	} cases[] = {{"x.corp", "ops"}, {"bad.corp", NULL}, {"gate1", "ops"},
	             {"gate", NULL},    {"X.CORP", "ops"},  {"corp", NULL}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct ssh_settings got = settings_of(text, cases[i].name);

		is(got.user, cases[i].user);
		assert_int_equal(got.port, 7);
		ssh_settings_release(&got);
	}
}

static void files_add_up(void **state)
{
	char wanted[200];
	struct ssh_settings got = settings_of("Host a\nIdentityFile ~/.ssh/one # mine\n"
	                                      "IdentityFile \"/keys/of us/%h\"\nIdentityFile none\n"
	                                      "UserKnownHostsFile /a /b\nUserKnownHostsFile /c\n"
	                                      "ProxyJump ops@gate:23\n",
	                                      "a");

	(void)state;
	snprintf(wanted, sizeof wanted, "%s/.ssh/one", home);
	is(got.identities[0], wanted);
	is(got.identities[1], "/keys/of us/a");
	is(got.identities[2], NULL);
	is(got.known_hosts[0], "/a");
	is(got.known_hosts[1], "/b");
	is(got.known_hosts[2], NULL);
	is(got.jump, "ops@gate:23");
	ssh_settings_release(&got);
}

static void quotes_end_with_their_line(void **state)
{
	struct ssh_settings got =
		settings_of("Host \"a\r\nUser \"two words\r\nProxyJump \"\"\nPort 7\n", "a");

	(void)state;
	is(got.user, "two words");
	is(got.jump, NULL);
	assert_int_equal(got.port, 7);
	ssh_settings_release(&got);
}

static void includes_files(void **state)
{
	struct ssh_settings got;
	struct error error = {0};

	(void)state;
	put("conf-1", "Host a\n  User one\n");
	put("conf-2", "Host b\n  User two\n");
	got = settings_of("Include conf-*\nHost *\n  User other\n", "b");
	is(got.user, "two");
	ssh_settings_release(&got);
	put("conf-1", "Include conf-1\n");
	put("config", "Include conf-1\n");
	assert_int_equal(read_config("b", &got, &error), -1);
	assert_non_null(strstr(error.text, "include one another"));
}

static void refuses_with_the_line(void **state)
{
	static const char *const ports[] = {"0", "65536", "ssh", "-1", "22x"};
	struct ssh_settings got;
	char text[80];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ports); i++) {
		struct error error = {0};

		snprintf(text, sizeof text, "# a\n\nHost *\n  Port %s\n", ports[i]);
		put("config", text);
		assert_int_equal(read_config("a", &got, &error), -1);
		assert_non_null(strstr(error.text, "config:4: no port: '"));
	}
}

static void no_file_says_nothing(void **state)
{
	struct ssh_settings got = {.port = 1};
	struct error error = {0};

	(void)state;
	assert_int_equal(ssh_config_read("/nowhere/config", home, "a", &got, &error), 0);
	assert_int_equal(got.port, 0);
	ssh_settings_release(&got);
}

static int make_home(void **state)
{
	(void)state;
	home = folder_make();
	return 0;
}

static int remove_home(void **state)
{
	(void)state;
	folder_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_value_counts),   cmocka_unit_test(patterns_choose),
		cmocka_unit_test(files_add_up),         cmocka_unit_test(quotes_end_with_their_line),
		cmocka_unit_test(includes_files),       cmocka_unit_test(refuses_with_the_line),
		cmocka_unit_test(no_file_says_nothing),
	};

	return cmocka_run_group_tests(tests, make_home, remove_home);
}
