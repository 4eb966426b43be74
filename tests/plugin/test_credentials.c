/* credentials.c, exec_plugin.c: who we say we are. */
#include "tests/plugin/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "plugin/credentials.h"
#include "plugin/exec_plugin.h"

#define V1 "client.authentication.k8s.io/v1"

static int set_up(void **state)
{
	(void)state;
	folder_make();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	folder_remove();
	return 0;
}

/* The header lines joined by '|' (good until the next call), or the error. */
static const char *lines_of(struct credentials *credentials)
{
	static char text[4096];
	char error[512] = "", **lines = NULL;

	*text = '\0';
	if (credentials_headers(credentials, &lines, error) < 0) {
		assert_null(lines);
		snprintf(text, sizeof text, "error: %s", error);
		return text;
	}
	for (char **line = lines; *line; line++) {
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", line == lines ? "" : "|",
		         *line);
		free(*line);
	}
	free(lines);
	return text;
}

static struct credentials *credentials_of(struct kubeconfig *config)
{
	struct credentials *ret = NULL;
	struct error error = {0};

	if (credentials_new(config, &ret, &error) != 0)
		fail_msg("%s", error.text);
	return ret;
}

static void says(struct kubeconfig config, const char *wanted)
{
	struct credentials *credentials = credentials_of(&config);

	assert_string_equal(lines_of(credentials), wanted);
	credentials_free(credentials);
}

static void lines_by_kind(void **state)
{
	char *groups[] = {"g", "h", NULL};
	struct kube_extra extra[] = {{"Scopes", "a"}, {"x/Y z", "b"}};

	(void)state;
	says((struct kubeconfig){.server = "https://a"}, "");
	says((struct kubeconfig){.server = "https://a", .token = "t"}, "Authorization: Bearer t");
	says((struct kubeconfig){.server = "HTTPS://a", .token = "t"}, "Authorization: Bearer t");
	says((struct kubeconfig){.server = "https://a", .username = "u", .password = "p"},
	     "Authorization: Basic dTpw");
	says((struct kubeconfig){.server = "https://a", .username = "user", .password = "pa:ss"},
	     "Authorization: Basic dXNlcjpwYTpzcw==");
	says((struct kubeconfig){.server = "https://a",
	                         .token = "t",
	                         .as = "boss",
	                         .as_uid = "7",
	                         .as_groups = groups,
	                         .as_extra = extra,
	                         .as_extra_count = 2},
	     "Authorization: Bearer t|Impersonate-User: boss|Impersonate-Uid: 7|Impersonate-Group: g|Impersonate-Group: "
	     "h|Impersonate-Extra-scopes: a|Impersonate-Extra-x%2Fy%20z: b");
}

static void secrets_leave_only_over_tls(void **state)
{
	(void)state;
	says((struct kubeconfig){.server = "http://a", .token = "t", .as = "boss"}, "Impersonate-User: boss");
	says((struct kubeconfig){.server = "http://a", .username = "u", .password = "p"}, "");
}

static void no_line_starts_another(void **state)
{
	(void)state;
	says((struct kubeconfig){.server = "https://a", .token = "t\r\nX: y"},
	     "error: a credential in the kubeconfig holds a line break");
	says((struct kubeconfig){.server = "https://a", .as = "t\nX: y"},
	     "error: a credential in the kubeconfig holds a line break");
}

static void token_files_are_read_again(void **state)
{
	struct kubeconfig config = {.server = "https://a", .token = "fallback"};
	struct credentials *credentials;

	(void)state;
	config.token_file = (char *)path_of("token");
	credentials = credentials_of(&config);
	assert_string_equal(lines_of(credentials), "Authorization: Bearer fallback");
	file_write("token", "\n first \r\n");
	config.token_file = (char *)path_of("token");
	assert_string_equal(lines_of(credentials), "Authorization: Bearer first");
	file_write("token", "second");
	config.token_file = (char *)path_of("token");
	assert_string_equal(lines_of(credentials), "Authorization: Bearer first"); /* not each time */
	assert_true(credentials_refresh(credentials));
	assert_string_equal(lines_of(credentials), "Authorization: Bearer second");
	file_write("token", " \n");
	config.token_file = (char *)path_of("token");
	credentials_refresh(credentials);
	assert_string_equal(lines_of(credentials), "Authorization: Bearer second");
	credentials_free(credentials);
	config.token = NULL;
	credentials = credentials_of(&config);
	assert_has(lines_of(credentials), "error: token file '");
	assert_has(lines_of(credentials), "is empty");
	remove(path_of("token"));
	assert_has(lines_of(credentials), "No such file or directory");
	credentials_free(credentials);
	credentials_free(NULL);
}

/* ---- exec plugins ------------------------------------------------------------------------ */

static struct kubeconfig plugin(const char *script)
{
	struct kubeconfig ret = {.server = "https://a",
	                         .exec = {.api_version = V1, .interactive = KUBE_NEVER}};

	file_write("plugin", script);
	file_mode("plugin", 0700);
	ret.exec.command = (char *)path_of("plugin");
	return ret;
}

#define CREDENTIAL "'{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{"
#define SAYS(rest) "#!/bin/sh\nprintf '%s' " CREDENTIAL rest "}}'\n"

static void takes_a_token(void **state)
{
	struct kubeconfig config = plugin(SAYS("\"token\":\"tok\""));
	struct credentials *credentials = credentials_of(&config);

	(void)state;
	assert_string_equal(lines_of(credentials), "Authorization: Bearer tok");
	credentials_free(credentials);
}

static void takes_a_certificate(void **state)
{
	struct kubeconfig config =
		plugin(SAYS("\"clientCertificateData\":\"CERT\",\"clientKeyData\":\"KEY\""));
	struct credentials *credentials = credentials_of(&config);
	struct cap_pem cert, key;

	(void)state;
	assert_string_equal(lines_of(credentials), "");
	credentials_identity(credentials, &cert, &key);
	assert_string_equal(cert.data, "CERT");
	assert_int_equal(cert.size, 4);
	assert_string_equal(key.data, "KEY");
	credentials_free(credentials);
}

/* Each run says its number. */
#define COUNTS "#!/bin/sh\necho x >>\"$0.runs\"\nn=$(wc -l <\"$0.runs\")\nprintf '%s%s%s' " CREDENTIAL

static void is_run_again_when_it_must(void **state)
{
	struct kubeconfig config = plugin(
		COUNTS "\"token\":\"t' \"$n\" '\",\"expirationTimestamp\":\"2100-01-01T00:00:00Z\"}}'\n");
	struct credentials *credentials = credentials_of(&config);

	(void)state;
	assert_string_equal(lines_of(credentials), "Authorization: Bearer t1");
	assert_string_equal(lines_of(credentials), "Authorization: Bearer t1");
	assert_true(credentials_refresh(credentials));
	assert_string_equal(lines_of(credentials), "Authorization: Bearer t2");
	assert_string_equal(lines_of(credentials), "Authorization: Bearer t2");
	credentials_free(credentials);
	config = plugin(COUNTS
	                "\"token\":\"t' \"$n\" '\",\"expirationTimestamp\":\"2001-01-01T00:00:00Z\"}}'\n");
	credentials = credentials_of(&config);
	/* over when it came: used all the same, since the next one would be no better */
	assert_string_equal(lines_of(credentials), "Authorization: Bearer t3");
	credentials_free(credentials);
}

/* From its second run on it waits for the file "go", once it has made the file "runs". */
#define WAITS                                                                                                \
	"#!/bin/sh\nif [ -e \"$0.first\" ]; then touch \"${0%/*}/runs\"\n"                                   \
	"while [ ! -e \"${0%/*}/go\" ]; do sleep 0.02; done; n=2; else touch \"$0.first\"; n=1; fi\n"        \
	"printf '%s%s%s' " CREDENTIAL "\"token\":\"t' $n '\"}}'\n"

static void await_file(const char *name)
{
	while (access(path_of(name), F_OK) != 0)
		usleep(5000);
}

static void keeps_nobody_waiting_for_a_slow_plugin(void **state)
{
	struct kubeconfig config = plugin(WAITS);
	struct credentials *credentials = credentials_of(&config);

	(void)state;
	assert_true(credentials_ready(credentials));
	assert_string_equal(lines_of(credentials), "Authorization: Bearer t1");
	assert_true(credentials_refresh(credentials));
	assert_false(credentials_ready(credentials));
	await_file("runs");
	assert_false(credentials_ready(credentials));
	file_write("go", "");
	while (!credentials_ready(credentials))
		usleep(5000);
	assert_string_equal(lines_of(credentials), "Authorization: Bearer t2");
	credentials_free(credentials);
}

static void ends_a_plugin_that_runs(void **state)
{
	struct kubeconfig config = plugin(WAITS);
	struct credentials *credentials = credentials_of(&config);

	(void)state;
	assert_true(credentials_refresh(credentials));
	assert_false(credentials_ready(credentials));
	await_file("runs");
	credentials_free(credentials);
}

static void a_failure_is_said_once_it_is_known(void **state)
{
	struct kubeconfig config = plugin("#!/bin/sh\n[ -e \"$0.first\" ] && exit 7; touch \"$0.first\"\n"
	                                  "printf '%s' " CREDENTIAL "\"token\":\"t\"}}'\n");
	struct credentials *credentials = credentials_of(&config);

	(void)state;
	assert_true(credentials_refresh(credentials));
	while (!credentials_ready(credentials))
		usleep(5000);
	assert_has(lines_of(credentials), "failed with status 7");
	credentials_free(credentials);
}

static void is_not_asked_when_the_kubeconfig_says_who(void **state)
{
	struct kubeconfig configs[] = {plugin(WAITS), plugin(WAITS), plugin(WAITS), plugin(WAITS)};

	(void)state;
	configs[0].token = (char *)"static";
	configs[1].cert.path = (char *)"cert";
	configs[2].server = (char *)"http://a";
	configs[3].username = (char *)"u";
	says(configs[0], "Authorization: Bearer static");
	says(configs[1], "");
	says(configs[2], "");
	says(configs[3], "Authorization: Basic dTo=");
	assert_int_equal(access(path_of("plugin.first"), F_OK), -1);
}

static void is_told_what_it_needs(void **state)
{
	char *arguments[] = {"one two", "three", NULL};
	struct kube_extra env[] = {{"GIVEN", "theirs"}, {"NEW", "n"}};
	struct kubeconfig config =
		plugin("#!/bin/sh\ninfo=$(printf '%s' \"$KUBERNETES_EXEC_INFO\" | tr -d '\"')\n"
	               "printf '%s' " CREDENTIAL "\"token\":\"'\"$1|$2|$GIVEN|$NEW|$OURS|$info\"'\"}}'\n");
	struct credentials *credentials;
	const char *text;

	(void)state;
	setenv("GIVEN", "ours", 1);
	setenv("OURS", "kept", 1);
	config.exec.args = arguments;
	config.exec.env = env;
	config.exec.env_count = 2;
	config.exec.provide_cluster_info = true;
	config.exec.cluster_config = json_of("{'aud':'x'}");
	config.ca.data = "CA";
	config.ca.size = 2;
	config.tls_server_name = "name";
	credentials = credentials_of(&config);
	text = lines_of(credentials);
	assert_has(text, "Bearer one two|three|theirs|n|kept|{");
	assert_has(text, "kind:ExecCredential,apiVersion:" V1);
	assert_has(text, "interactive:false");
	assert_has(
		text,
		"cluster:{server:https://a,tls-server-name:name,certificate-authority-data:Q0E=,config:{aud:x}}");
	credentials_free(credentials);
	config.exec.provide_cluster_info = false;
	credentials = credentials_of(&config);
	assert_has_not(lines_of(credentials), "cluster:");
	credentials_free(credentials);
	cJSON_Delete(config.exec.cluster_config);
}

/* What we ignore is not ignored in what we start. */
static void inherits_no_ignored_signal(void **state)
{
	struct kubeconfig config = plugin("#!/bin/sh\nkill -PIPE $$\nexit 9\n");
	struct exec_result result = {0};
	struct error error = {0};

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(exec_plugin_run(&config, NULL, &result, &error), -1);
	signal(SIGPIPE, SIG_DFL);
	assert_has(error.text, "was killed by signal 13");
}

static void fails(struct kubeconfig config, const char *words)
{
	struct exec_result result = {0};
	struct error error = {0};

	assert_int_equal(exec_plugin_run(&config, NULL, &result, &error), -1);
	assert_has(error.text, "the credential plugin '");
	assert_has(error.text, words);
	assert_has_not(error.text, "s3cret");
	assert_null(result.token);
	error_release(&error);
}

static void failures(void **state)
{
	struct kubeconfig config = {.server = "https://a",
	                            .exec = {.api_version = V1, .interactive = KUBE_NEVER}};
	struct exec_result result = {0};
	struct error error = {0};

	(void)state;
	fails(plugin("#!/bin/sh\necho s3cret; exit 3\n"), "failed with status 3; log in again");
	fails(plugin("#!/bin/sh\nkill -9 $$\n"), "was killed by signal 9");
	fails(plugin("#!/bin/sh\necho s3cret\n"), "printed no JSON");
	fails(plugin("#!/bin/sh\nhead -c 2000000 /dev/zero\n"), "gave no answer in time (or over 1 MiB)");
	config = plugin("x");
	config.exec.command = "kubectl-pprof-no-such-plugin";
	fails(config, "is it installed and on PATH?");
	config.exec.install_hint = "get it\x1b[31m\nwith:\tx\n";
	assert_int_equal(exec_plugin_run(&config, NULL, &result, &error), -1);
	assert_has(error.text, "; its install hint follows");
	assert_string_equal(error.detail, "get it?[31m\nwith:?x\n");
	error_release(&error);
	config = plugin("x");
	file_mode("plugin", 0600);
	fails(config, "Permission denied");
	config.exec.interactive = KUBE_ALWAYS;
	if (!isatty(STDIN_FILENO))
		fails(config, "wants to ask on a terminal, and there is none");
}

static void answers(void **state)
{
	static const struct kube_exec exec = {.command = "plug", .api_version = V1};
	static const char *const bad[][2] = {
		{"", "printed no JSON"},
		{"[]", "printed no ExecCredential"},
		{"{\"kind\":\"Pod\"}", "printed no ExecCredential"},
		{"{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"status\":{"
	         "\"token\":\"s3cret\"}}",
	         "answers in another apiVersion than the kubeconfig asks for"},
		{"{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\"}",
	         "gave neither a token nor a client certificate"},
		{"{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{\"token\":\"\"}}",
	         "gave neither"},
		{"{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{\"token\":5}}",
	         "gave neither"},
		{"{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
	         "\",\"status\":{\"clientKeyData\":\"s3cret\"}}",
	         "a client certificate without its key, or a key without it"},
	};
	struct exec_result result = {0};
	struct error error = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(exec_result_parse(&exec, bad[i][0], &result, &error), -1);
		assert_has(error.text, bad[i][1]);
		assert_has_not(error.text, "s3cret");
	}
	assert_int_equal(exec_result_parse(&exec,
	                                   "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
	                                   "\",\"status\":{\"token\":\"t\",\"expirationTimestamp\":"
	                                   "\"2001-09-09T03:46:40+02:00\"}}",
	                                   &result, &error),
	                 0);
	assert_int_equal(result.expires, 1000000000);
	assert_true(exec_result_expired(&result, 10));
	result.expires = time(NULL) + 5; /* about to */
	assert_true(exec_result_expired(&result, 10));
	result.expires = time(NULL) + 3600;
	assert_false(exec_result_expired(&result, 10));
	result.expires = 0; /* never */
	assert_false(exec_result_expired(&result, 10));
	exec_result_release(&result);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_by_kind),
		TEST(secrets_leave_only_over_tls),
		TEST(no_line_starts_another),
		TEST(token_files_are_read_again),
		TEST(takes_a_token),
		TEST(takes_a_certificate),
		TEST(is_run_again_when_it_must),
		TEST(keeps_nobody_waiting_for_a_slow_plugin),
		TEST(ends_a_plugin_that_runs),
		TEST(a_failure_is_said_once_it_is_known),
		TEST(is_not_asked_when_the_kubeconfig_says_who),
		TEST(is_told_what_it_needs),
		TEST(inherits_no_ignored_signal),
		TEST(failures),
		TEST(answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
