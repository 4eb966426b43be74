/* kubeconfig*.c: files, contexts, clusters, users, flags and the service account. */
#include "tests/plugin/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/kubeconfig.h"

#define PLAIN                                                                                                \
	"apiVersion: v1\nkind: Config\ncurrent-context: one\n"                                               \
	"clusters:\n- name: c\n  cluster: {server: 'https://api.example:6443/'}\n"                           \
	"users:\n- name: u\n  user: {token: s3cret}\n"                                                       \
	"contexts:\n- name: one\n  context: {cluster: c, user: u, namespace: prod}\n"                        \
	"- name: two\n  context: {cluster: c}\n"

static int set_up(void **state)
{
	(void)state;
	folder_make();
	setenv("HOME", path_of("home"), 1);
	unsetenv("KUBECONFIG");
	unsetenv("POD_NAMESPACE");
	unsetenv("KUBERNETES_SERVICE_HOST");
	unsetenv("KUBERNETES_SERVICE_PORT");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	folder_remove();
	return 0;
}

static void load(struct kube_flags flags, struct kubeconfig *ret)
{
	struct error error = {0};

	if (kubeconfig_load(&flags, ret, &error) != 0)
		fail_msg("%s", error.text);
}

/* The text of the error. */
static const char *fails(struct kube_flags flags, enum exit_status status)
{
	static struct error error;
	struct kubeconfig config = {.server = (char *)1};

	error = (struct error){0};
	assert_int_equal(kubeconfig_load(&flags, &config, &error), -1);
	assert_ptr_equal(config.server, (char *)1);
	assert_int_equal(error.exit, status);
	assert_has_not(error.text, "s3cret");
	return error.text;
}

/* A file with this cluster and this user, as flow maps. */
static const char *with(const char *cluster, const char *user)
{
	char text[4096];

	snprintf(text, sizeof text,
	         "current-context: one\nclusters:\n- name: c\n  cluster: %s\nusers:\n- name: u\n  user: %s\n"
	         "contexts:\n- name: one\n  context: {cluster: c, user: u}\n",
	         cluster, user);
	return file_write("with", text);
}

#define SERVER "{server: 'https://a'}"

static void load_with(const char *cluster, const char *user, struct kubeconfig *ret)
{
	load((struct kube_flags){.kubeconfig = with(cluster, user)}, ret);
}

static const char *fails_with(const char *cluster, const char *user)
{
	return fails((struct kube_flags){.kubeconfig = with(cluster, user)}, EXIT_ERROR);
}

/* ---- files -------------------------------------------------------------------------- */

static void takes_the_current_context(void **state)
{
	struct kubeconfig config;

	(void)state;
	load((struct kube_flags){.kubeconfig = file_write("config", PLAIN)}, &config);
	assert_string_equal(config.context, "one");
	assert_string_equal(config.cluster, "c");
	assert_string_equal(config.user, "u");
	assert_string_equal(config.ns, "prod");
	assert_string_equal(config.server, "https://api.example:6443");
	assert_string_equal(config.token, "s3cret");
	assert_has(config.source, "/config");
	assert_false(config.in_cluster || config.insecure);
	kubeconfig_release(&config);
	load((struct kube_flags){.kubeconfig = path_of("config"), .context = "two", .ns = "mine"}, &config);
	assert_string_equal(config.context, "two");
	assert_string_equal(config.ns, "mine");
	assert_null(config.user);
	assert_null(config.token);
	kubeconfig_release(&config);
	load((struct kube_flags){.kubeconfig = path_of("config"), .context = "two"}, &config);
	assert_string_equal(config.ns, "default");
	kubeconfig_release(&config);
}

static void finds_the_files(void **state)
{
	struct kubeconfig config;

	(void)state;
	assert_has(fails((struct kube_flags){0}, EXIT_ERROR),
	           "no kubeconfig found: neither --kubeconfig, $KUBECONFIG nor ~/.kube/config");
	file_write("home/.kube/config", PLAIN);
	load((struct kube_flags){0}, &config);
	assert_has(config.source, "/home/.kube/config");
	kubeconfig_release(&config);
	setenv("KUBECONFIG", path_of("missing"), 1);
	assert_has(fails((struct kube_flags){0}, EXIT_ERROR), "no kubeconfig found");
	assert_has(fails((struct kube_flags){.kubeconfig = path_of("missing")}, EXIT_ERROR),
	           "No such file or directory");
	setenv("KUBECONFIG", "", 1);
	load((struct kube_flags){0}, &config);
	kubeconfig_release(&config);
}

static void first_file_wins(void **state)
{
	struct kubeconfig config;
	char list[1000];

	(void)state;
	file_write("a", "current-context: ''\nclusters:\n- name: c\n  cluster: {server: 'https://first'}\n");
	file_write("b",
	           "clusters:\n- name: c\n  cluster: {server: 'https://second', tls-server-name: second}\n"
	           "- name: d\n  cluster: {server: 'https://d'}\ncurrent-context: one\n");
	file_write("c", PLAIN);
	snprintf(list, sizeof list, ":%s:%s:%s::%s:%s", path_of("a"), path_of("missing"), path_of("b"),
	         path_of("a"), path_of("c"));
	setenv("KUBECONFIG", list, 1);
	load((struct kube_flags){0}, &config);
	assert_string_equal(config.server, "https://first");
	assert_null(config.tls_server_name);
	assert_string_equal(config.context, "one");
	assert_string_equal(config.token, "s3cret");
	snprintf(list, sizeof list, "%s, %s, %s", path_of("a"), path_of("b"), path_of("c"));
	assert_string_equal(config.source, list);
	kubeconfig_release(&config);
	load((struct kube_flags){.cluster = "d"}, &config);
	assert_string_equal(config.server, "https://d");
	kubeconfig_release(&config);
	load((struct kube_flags){.kubeconfig = path_of("c")}, &config);
	assert_string_equal(config.server, "https://api.example:6443");
	kubeconfig_release(&config);
}

static void relative_paths_belong_to_their_file(void **state)
{
	struct kubeconfig config;
	char list[600], before[300];

	(void)state;
	file_write("one/ca.crt", "CA");
	file_write("two/keys/c.crt", "CERT");
	file_write("two/keys/c.key", "KEY");
	file_write("one/config", "current-context: x\nclusters:\n- name: c\n  cluster: {server: 'https://a', "
	                         "certificate-authority: ./ca.crt}\n");
	file_write(
		"two/config",
		"users:\n- name: u\n  user: {client-certificate: keys/c.crt, client-key: "
		"../two/keys/c.key, tokenFile: tok}\ncontexts:\n- name: x\n  context: {cluster: c, user: u}\n");
	snprintf(list, sizeof list, "%s:two/config", path_of("one/config"));
	assert_non_null(getcwd(before, sizeof before));
	assert_int_equal(chdir(path_of("")), 0);
	setenv("KUBECONFIG", list, 1);
	load((struct kube_flags){0}, &config);
	assert_string_equal(config.ca.path, path_of("one/ca.crt"));
	assert_string_equal(config.cert.path, path_of("two/keys/c.crt"));
	assert_has(config.key.path, "/two/../two/keys/c.key");
	assert_string_equal(config.token_file, path_of("two/tok"));
	kubeconfig_release(&config);
	/* flags: relative to where we are */
	load((struct kube_flags){.certificate_authority = "one/ca.crt"}, &config);
	assert_string_equal(config.ca.path, "one/ca.crt");
	kubeconfig_release(&config);
	assert_int_equal(chdir(before), 0);
}

static void unknown_names_list_the_known(void **state)
{
	struct kube_flags flags = {.kubeconfig = file_write("config", PLAIN)};
	const char *text;

	(void)state;
	flags.context = "production";
	text = fails(flags, EXIT_USAGE);
	assert_has(text, "context 'production' does not exist in ");
	assert_has(text, "there is one, two");
	flags.context = "onee";
	assert_has(fails(flags, EXIT_USAGE), "did you mean 'one'?");
	flags.context = NULL;
	flags.cluster = "cluster";
	assert_has(fails(flags, EXIT_USAGE), "cluster 'cluster' does not exist in ");
	flags.cluster = NULL;
	flags.user = "nobody";
	assert_has(fails(flags, EXIT_USAGE), "user 'nobody' does not exist in ");
	flags = (struct kube_flags){.kubeconfig = file_write("gone", "current-context: gone\n")};
	assert_has(fails(flags, EXIT_ERROR), "current-context: context 'gone' does not exist; ");
	flags.kubeconfig = file_write("none", "contexts:\n- name: x\n  context: {cluster: c}\n");
	assert_has(fails(flags, EXIT_ERROR), "sets no current-context; give --context NAME");
	flags.context = "x";
	assert_has(fails(flags, EXIT_ERROR), "cluster 'c' does not exist; ");
	flags.kubeconfig =
		file_write("empty", "contexts:\n- name: x\n  context: {cluster: c}\nclusters:\n- name: c\n");
	assert_has(fails(flags, EXIT_ERROR), "cluster 'c' in ");
	assert_has(fails(flags, EXIT_ERROR), "has no server");
}

static void malformed_files(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"a: [\n", "/f:2:1: "},
		{"- a\n", "/f:1:1: not a kubeconfig: the top must be a map"},
		{"apiVersion: v1\nkind: Pod\n", "/f:2:7: not a kubeconfig: its kind is 'Pod', not 'Config'"},
		{"clusters: {}\n", "/f:1:11: 'clusters' must be a list"},
		{"clusters:\n- c\n", "/f:2:3: each of 'clusters' must be a map with 'name' and 'cluster'"},
		{"users:\n- name: [x]\n", "/f:2:9: 'name' must be text"},
		{"users:\n- name: x\n  user: []\n", "/f:3:9: 'user' must be a map"},
		{"users:\n- name: x\n- name: y\n- name: x\n",
	         "/f:4:3: a second user named 'x' (the first: line 2)"},
		{"current-context: {}\n", "/f:1:18: 'current-context' must be text"},
		{"\xff\xfe\xff", "/f"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *text =
			fails((struct kube_flags){.kubeconfig = file_write("f", rows[i].text)}, EXIT_ERROR);

		assert_int_equal(strncmp(text, "kubeconfig: ", 12), 0);
		assert_has(text, rows[i].says);
	}
}

static void unreadable_files(void **state)
{
	const char *path = file_write("f", PLAIN);

	(void)state;
	assert_has(fails((struct kube_flags){.kubeconfig = path_of("")}, EXIT_ERROR), "Is a directory");
	setenv("KUBECONFIG", path_of("f/below-a-file"), 1);
	assert_has(fails((struct kube_flags){0}, EXIT_ERROR), "Not a directory");
	file_mode("f", 0);
	if (access(path, R_OK) == 0)
		return; /* root reads everything */
	assert_has(fails((struct kube_flags){.kubeconfig = path}, EXIT_ERROR), "Permission denied");
}

/* ---- the cluster ---------------------------------------------------------------------- */

static void servers(void **state)
{
	static const char *const good[][2] = {
		{"{server: 'https://rancher/k8s/clusters/c-1/'}", "https://rancher/k8s/clusters/c-1"},
		{"{server: 'https://[::1]:6443'}", "https://[::1]:6443"},
		{"{server: api:8080}", "http://api:8080"},
		{"{server: api, insecure-skip-tls-verify: true}", "http://api"},
		{"{server: 'https://a///'}", "https://a"},
	};
	static const char *const bad[][2] = {
		{"{server: 'ftp://a'}", "neither http:// nor https://"},
		{"{server: 'https://'}", "names no host"},
		{"{server: 'https://:6443'}", "names no host"},
		{"{server: 'https://me:s3cret@a'}", "must be just scheme, host, port and path"},
		{"{server: 'https://a/?token=s3cret'}", "must be just scheme, host, port and path"},
		{"{server: 'https://a b'}", "must be just scheme"},
		{"{server: [x]}", "'server' must be text"},
		{"{server: ''}", "has no server"},
	};
	struct kubeconfig config;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		load_with(good[i][0], "{}", &config);
		assert_string_equal(config.server, good[i][1]);
		kubeconfig_release(&config);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_has(fails_with(bad[i][0], "{}"), bad[i][1]);
}

static void trust(void **state)
{
	struct kubeconfig config;
	struct kube_flags flags = {0};

	(void)state;
	file_write("ca", "CA");
	load_with("{server: 'https://a', certificate-authority-data: \"Q0EK\\nCg==\", tls-server-name: name,"
	          " disable-compression: true, proxy-url: 'socks5://p:1'}",
	          "{}", &config);
	assert_int_equal(config.ca.size, 4);
	assert_memory_equal(config.ca.data, "CA\n\n", 5);
	assert_null(config.ca.path);
	assert_string_equal(config.tls_server_name, "name");
	assert_string_equal(config.proxy_url, "socks5://p:1");
	assert_true(config.disable_compression);
	kubeconfig_release(&config);
	assert_has(
		fails_with(
			"{server: 'https://a', certificate-authority: ca, certificate-authority-data: Q0E=}",
			"{}"),
		":4:89: both 'certificate-authority' and 'certificate-authority-data'; give one");
	assert_has(fails_with("{server: 'https://a', certificate-authority-data: 'Q0E*'}", "{}"),
	           "'certificate-authority-data' is not base64");
	assert_has(fails_with("{server: 'https://a', certificate-authority-data: 'Q0E'}", "{}"),
	           "is not base64");
	assert_has(fails_with("{server: 'https://a', certificate-authority-data: 'Q===Q0EK'}", "{}"),
	           "is not base64");
	assert_has(fails_with("{server: 'https://a', certificate-authority: nowhere}", "{}"),
	           "cannot read the certificate authority '");
	assert_has(fails_with("{server: 'https://a', proxy-url: 'ftp://me:s3cret@p'}", "{}"),
	           "the proxy-url of cluster 'c' must start with http://, https:// or socks5://");
	assert_has(fails_with("{server: 'https://a', insecure-skip-tls-verify: maybe}", "{}"),
	           "must be true or false");
	flags.kubeconfig = with(
		"{server: 'https://a', certificate-authority: ca, insecure-skip-tls-verify: true}", "{}");
	assert_has(fails(flags, EXIT_USAGE), "exclude each other");
	/* flags */
	flags.kubeconfig = with("{server: 'https://a', certificate-authority: ca, tls-server-name: x}", "{}");
	flags.insecure_skip_tls_verify = true;
	load(flags, &config);
	assert_true(config.insecure);
	assert_null(config.ca.path);
	kubeconfig_release(&config);
	flags.certificate_authority = path_of("ca");
	assert_has(fails(flags, EXIT_USAGE), "exclude each other");
	flags.insecure_skip_tls_verify = false;
	flags.server = "https://other";
	load(flags, &config);
	assert_string_equal(config.server, "https://other");
	assert_null(config.tls_server_name);
	kubeconfig_release(&config);
	flags.tls_server_name = "y";
	load(flags, &config);
	assert_string_equal(config.tls_server_name, "y");
	kubeconfig_release(&config);
}

static void flags_alone_are_enough(void **state)
{
	struct kubeconfig config;

	(void)state;
	load((struct kube_flags){.server = "https://a", .token = "t", .ns = "n"}, &config);
	assert_string_equal(config.server, "https://a");
	assert_string_equal(config.token, "t");
	assert_string_equal(config.source, "no kubeconfig file");
	assert_null(config.context);
	kubeconfig_release(&config);
	assert_has(fails((struct kube_flags){.server = "https://a", .ns = "Prod"}, EXIT_USAGE),
	           "namespace 'Prod' is not a Kubernetes name");
	assert_has(fails((struct kube_flags){.server = "https://a", .ns = "a/b"}, EXIT_USAGE),
	           "namespace 'a/b'");
}

/* ---- the user ------------------------------------------------------------------------- */

static void users(void **state)
{
	struct kubeconfig config;

	(void)state;
	file_write("c.crt", "CERT");
	file_write("c.key", "KEY");
	load_with(SERVER, "{client-certificate-data: Q0VSVA==, client-key: c.key}", &config);
	assert_memory_equal(config.cert.data, "CERT", 5);
	assert_string_equal(config.key.path, path_of("c.key"));
	kubeconfig_release(&config);
	load_with(SERVER, "{username: u, password: s3cret}", &config);
	assert_string_equal(config.password, "s3cret");
	kubeconfig_release(&config);
	load_with(SERVER, "{as: a, as-uid: '7', as-groups: [g, h], as-user-extra: {k: [v, w], l: [x]}}",
	          &config);
	assert_string_equal(config.as, "a");
	assert_string_equal(config.as_uid, "7");
	assert_string_equal(config.as_groups[1], "h");
	assert_null(config.as_groups[2]);
	assert_int_equal(config.as_extra_count, 3);
	assert_string_equal(config.as_extra[1].value, "w");
	assert_string_equal(config.as_extra[2].key, "l");
	kubeconfig_release(&config);
	assert_has(fails_with(SERVER, "{token: s3cret, username: u}"),
	           "user 'u' has both a token and a user name with password; keep one");
	assert_has(fails_with(SERVER, "{client-certificate: c.crt}"), "a client certificate without its key");
	assert_has(fails_with(SERVER, "{client-key: c.key}"), "a client key without its certificate");
	assert_has(fails_with(SERVER, "{client-key: gone, client-certificate: c.crt}"),
	           "cannot read the client key '");
	assert_has(fails_with(SERVER, "{as-groups: g}"), "'as-groups' must be a list");
	assert_has(fails_with(SERVER, "{as-groups: [{}]}"), "this list must hold at most 256 texts");
	assert_has(fails_with(SERVER, "{as-user-extra: {k: v}}"), "each of 'as-user-extra' must be a list");
	assert_has(fails_with(SERVER, "{auth-provider: {name: gcp}}"),
	           ":7:25: auth-provider 'gcp' was removed from Kubernetes clients; get an exec plugin");
	assert_has(fails((struct kube_flags){.kubeconfig = with(SERVER, "{as-uid: x}")}, EXIT_USAGE),
	           "give --as");
}

static void user_flags(void **state)
{
	const char *extra[] = {"k=v=w", NULL}, *wrong[] = {"=v", NULL}, *groups[] = {"admins", NULL};
	struct kube_flags flags = {
		.token = "flag", .as = "boss", .as_group = {groups, 1}, .as_user_extra = {extra, 1}};
	struct kubeconfig config;

	(void)state;
	flags.kubeconfig = with(
		SERVER,
		"{username: u, password: p, tokenFile: t, as: x, as-groups: [y], as-user-extra: "
		"{a: [b]}, exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: c}}");
	load(flags, &config);
	assert_string_equal(config.token, "flag");
	assert_null(config.username);
	assert_null(config.password);
	assert_null(config.token_file);
	assert_null(config.exec.command);
	assert_string_equal(config.as, "boss");
	assert_string_equal(config.as_groups[0], "admins");
	assert_null(config.as_groups[1]);
	assert_int_equal(config.as_extra_count, 1);
	assert_string_equal(config.as_extra[0].key, "k");
	assert_string_equal(config.as_extra[0].value, "v=w");
	kubeconfig_release(&config);
	flags.as_user_extra.items = wrong;
	assert_has(fails(flags, EXIT_USAGE), "--as-user-extra: '=v' is not KEY=VALUE");
}

static void exec_sections(void **state)
{
	static const char *const bad[][2] = {
		{"{exec: {command: c}}", ":7:16: exec apiVersion '' is not supported"},
		{"{exec: {command: c, apiVersion: client.authentication.k8s.io/v1alpha1}}",
	         "v1alpha1' is not supported"},
		{"{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}}",
	         "'exec' needs a 'command'"},
		{"{exec: {command: c, apiVersion: client.authentication.k8s.io/v1}}",
	         "needs interactiveMode"},
		{"{exec: []}", "'exec' must be a map"},
		{"{exec: {command: c, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, env: [{value: x}]}}",
	         "each of 'env' needs a name"},
		{"{exec: {command: c, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, env: [{name: a=b}]}}",
	         "each of 'env' needs a name"},
		{"{exec: {command: c, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Sometimes}}",
	         "interactiveMode must be Never, IfAvailable or Always"},
	};
	struct kubeconfig config;

	(void)state;
	load_with(
		"{server: 'https://a', extensions: [{name: other, extension: 1}, {name: "
		"client.authentication.k8s.io/exec, extension: {aud: x}}]}",
		"{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: bin/plug, args: [a, '2'], env: "
		"[{name: A, value: B}, {name: E}], provideClusterInfo: true, interactiveMode: Never, installHint: get it}}",
		&config);
	assert_string_equal(config.exec.command, path_of("bin/plug"));
	assert_string_equal(config.exec.args[1], "2");
	assert_null(config.exec.args[2]);
	assert_int_equal(config.exec.env_count, 2);
	assert_string_equal(config.exec.env[0].value, "B");
	assert_string_equal(config.exec.env[1].value, "");
	assert_true(config.exec.provide_cluster_info);
	assert_int_equal(config.exec.interactive, KUBE_NEVER);
	assert_string_equal(config.exec.install_hint, "get it");
	assert_string_equal(cJSON_GetObjectItem(config.exec.cluster_config, "aud")->valuestring, "x");
	kubeconfig_release(&config);
	load_with(
		SERVER,
		"{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: plug}}",
		&config);
	assert_string_equal(config.exec.command, "plug");
	kubeconfig_release(&config);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_has(fails_with(SERVER, bad[i][0]), bad[i][1]);
}

/* ---- inside a pod ----------------------------------------------------------------------- */

static void account_write(const char *name, const char *text)
{
	char path[600];
	FILE *file;

	mkdir(ACCOUNT, 0700);
	snprintf(path, sizeof path, ACCOUNT "%s", name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void falls_back_to_the_service_account(void **state)
{
	struct kube_flags flags = {0};
	struct kubeconfig config;

	(void)state;
	account_write("token", "t\n");
	account_write("ca.crt", "CA");
	account_write("namespace", "team\n");
	assert_has(fails(flags, EXIT_ERROR), "no kubeconfig found");
	setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	load(flags, &config);
	assert_true(config.in_cluster);
	assert_string_equal(config.server, "https://10.0.0.1:443");
	assert_string_equal(config.ca.path, ACCOUNT "ca.crt");
	assert_string_equal(config.token_file, ACCOUNT "token");
	assert_string_equal(config.ns, "team");
	kubeconfig_release(&config);
	setenv("POD_NAMESPACE", "pod", 1);
	setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	load(flags, &config);
	assert_string_equal(config.ns, "pod");
	assert_string_equal(config.server, "https://[fd00::1]:443");
	kubeconfig_release(&config);
	flags.ns = "flag";
	flags.token = "mine";
	load(flags, &config);
	assert_string_equal(config.ns, "flag");
	assert_string_equal(config.token, "mine");
	assert_null(config.token_file);
	kubeconfig_release(&config);
	/* anything configured is meant, even when it is wrong */
	file_write("home/.kube/config", "current-context: gone\n");
	assert_has(fails(flags, EXIT_ERROR), "context 'gone' does not exist");
	file_write("home/.kube/config", "apiVersion: v1\nkind: Config\nclusters: []\n");
	load(flags, &config);
	assert_true(config.in_cluster);
	kubeconfig_release(&config);
	remove(ACCOUNT "token");
	assert_has(fails(flags, EXIT_ERROR), "sets no current-context");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_the_current_context),
		TEST(finds_the_files),
		TEST(first_file_wins),
		TEST(relative_paths_belong_to_their_file),
		TEST(unknown_names_list_the_known),
		TEST(malformed_files),
		TEST(unreadable_files),
		TEST(servers),
		TEST(trust),
		TEST(flags_alone_are_enough),
		TEST(users),
		TEST(user_flags),
		TEST(exec_sections),
		TEST(falls_back_to_the_service_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
