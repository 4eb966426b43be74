/* cluster_failure.c, rbac.c: what a failed call is told as, and the Role that would help. */
#include "tests/plugin/test.h"

#include <stdlib.h>

#include "plugin/cluster_failure.h"
#include "plugin/rbac.h"
#include "plugin/yaml.h"

static struct kubeconfig config = {
	.server = "https://api:6443", .user = "me", .context = "prod", .source = "/k/config"};
static struct error error;

static int fail_as(enum cap_status status, long http, const char *text, const char *body)
{
	struct cluster_call call = {&config, "list pods", "list", "pods", "default", NULL, 15000000000};
	struct cap_error failure = {.status = status, .http_status = http};

	strcpy(failure.text, text);
	error_release(&error);
	error = (struct error){0};
	return cluster_call_failed(&call, &failure, body, &error);
}

#define STATUS(message) "{\"kind\":\"Status\",\"message\":\"" message "\"}"

static void unreachable_servers(void **state)
{
	(void)state;
	assert_int_equal(fail_as(CAP_DNS, 0, "no such host", NULL), -1);
	assert_string_equal(
		error.text,
		"list pods: cannot resolve the API server 'https://api:6443' of context 'prod': no "
		"such host; is this machine in its network or VPN?");
	assert_int_equal(error.exit, EXIT_ERROR);
	assert_int_equal(fail_as(CAP_CONNECT, 0, "connection refused", NULL), -1);
	assert_string_equal(error.text,
	                    "list pods: cannot reach the API server 'https://api:6443' of context 'prod': "
	                    "connection refused; is the cluster up?");
	fail_as(CAP_TLS, 0, "self-signed certificate", NULL);
	assert_has(error.text,
	           "the certificate of the API server 'https://api:6443' of context 'prod' is not accepted: "
	           "self-signed certificate; see --certificate-authority and --tls-server-name");
	fail_as(CAP_TIMEOUT, 0, "", NULL);
	assert_has(error.text,
	           "no answer from the API server 'https://api:6443' of context 'prod' within 15s; see "
	           "--request-timeout");
	fail_as(CAP_LOST, 0, "cut", NULL);
	assert_has(error.text, "list pods: the API server 'https://api:6443' of context 'prod': cut");
	config.context = NULL;
	fail_as(CAP_CONNECT, 0, "refused", NULL);
	assert_has(error.text, "the API server 'https://api:6443': refused; is the cluster up?");
	fail_as(CAP_TLS, 0, "what answers does not speak TLS", NULL);
	assert_has(
		error.text,
		"no TLS with the API server 'https://api:6443': what answers does not speak TLS; is it http://?");
	config.context = "prod";
}

static void unauthorized(void **state)
{
	(void)state;
	assert_int_equal(fail_as(CAP_HTTP, 401, "HTTP 401", STATUS("Unauthorized")), -401);
	assert_string_equal(
		error.text,
		"list pods: the API server 'https://api:6443' rejects the credentials of user 'me' "
		"(context 'prod') (401); log in again, or choose another --context or --user");
	config.in_cluster = true;
	fail_as(CAP_HTTP, 401, "", NULL);
	assert_has(error.text, "of the pod's service account (401)");
	config.in_cluster = false;
}

static void forbidden_names_the_right_and_prints_the_role(void **state)
{
	(void)state;
	assert_int_equal(
		fail_as(CAP_HTTP, 403, "HTTP 403",
	                STATUS("pods \\\"x\\\" is forbidden: User \\\"system:serviceaccount:ci:bot\\\" cannot get "
	                       "resource \\\"pods/portforward\\\" in API group \\\"\\\" in the namespace \\\"prod\\\"")),
		-403);
	assert_string_equal(
		error.text,
		"list pods: 'system:serviceaccount:ci:bot' may not get pods/portforward in namespace "
		"'prod' (403); the role below would allow it");
	assert_has(error.detail, "kind: Role\n");
	assert_has(error.detail, "  namespace: \"prod\"\n");
	assert_has(error.detail, "- kind: ServiceAccount\n  namespace: \"ci\"\n  name: \"bot\"\n");
	fail_as(CAP_HTTP, 403, "",
	        STATUS("pods.metrics.k8s.io is forbidden: User \\\"me\\\" cannot list resource \\\"pods\\\" in API group "
	               "\\\"metrics.k8s.io\\\" in the namespace \\\"prod\\\""));
	assert_has(error.text, "'me' may not list pods.metrics.k8s.io in namespace 'prod' (403)");
	/* no reason given: what we tried */
	fail_as(CAP_HTTP, 403, "HTTP 403", NULL);
	assert_has(error.text, "user 'me' (context 'prod') may not list pods in namespace 'default' (403)");
	assert_has(error.detail, "name: \"YOUR-USER\"");
}

static void forbidden_without_a_right(void **state)
{
	struct cluster_call call = {.config = &config, .doing = "GET /apis"};
	struct cap_error failure = {.status = CAP_HTTP, .http_status = 403, .text = "HTTP 403"};

	(void)state;
	error_release(&error);
	assert_int_equal(cluster_call_failed(&call, &failure, "upgrade\nrefused", &error), -403);
	assert_string_equal(error.text,
	                    "GET /apis: the API server 'https://api:6443' forbids it (403): upgrade?refused");
	assert_int_equal(cluster_call_failed(&call, &failure, "{\"kind\":\"Status\"}", &error), -403);
	assert_has(error.text, "forbids it (403)");
}

static void other_answers(void **state)
{
	(void)state;
	assert_int_equal(fail_as(CAP_HTTP, 404, "HTTP 404", STATUS("pods \\\"x\\\" not found")), -404);
	assert_string_equal(error.text, "list pods: not found (404): pods \"x\" not found");
	fail_as(CAP_HTTP, 404, "HTTP 404", "<html>\x1b[31m");
	assert_string_equal(error.text, "list pods: not found (404): HTTP 404");
	assert_int_equal(fail_as(CAP_HTTP, 503, "HTTP 503", NULL), -503);
	assert_has(error.text, "is overloaded or not ready (503): HTTP 503; try again later");
	assert_int_equal(fail_as(CAP_HTTP, 500, "HTTP 500", STATUS("etcd \\u001b[31m\\n is gone")), -500);
	assert_string_equal(error.text,
	                    "list pods: the API server 'https://api:6443' answers 500: etcd ?[31m? is gone");
	fail_as(CAP_HTTP, 500, "HTTP 500", "{\"kind\":5,\"message\":[]}");
	assert_has(error.text, "answers 500: HTTP 500");
}

/* The documents of a Role, as YAML that parses. */
static struct yaml_node *document(const char *text, int n)
{
	const char *middle = strstr(text, "---\n");
	struct yaml_node *ret = NULL;
	struct error wrong = {0};

	assert_non_null(middle);
	if (yaml_parse("role", n ? middle + 4 : text, n ? strlen(middle + 4) : (size_t)(middle - text), &ret,
	               &wrong) != 0)
		fail_msg("%s\n%s", wrong.text, text);
	return ret;
}

static void roles_are_yaml(void **state)
{
	char *text = rbac_role_yaml("prod", "jane");
	struct yaml_node *role = document(text, 0), *binding = document(text, 1);
	const struct yaml_node *rules = yaml_get(role, "rules");

	(void)state;
	assert_string_equal(yaml_get(role, "kind")->text, "Role");
	assert_string_equal(yaml_get(yaml_get(role, "metadata"), "namespace")->text, "prod");
	assert_int_equal(rules->kind, YAML_LIST);
	assert_string_equal(yaml_get(binding, "kind")->text, "RoleBinding");
	assert_string_equal(yaml_get(yaml_get(binding, "subjects")->first, "name")->text, "jane");
	assert_has(text, "resources: [pods/portforward]\n  verbs: [get, create]\n");
	assert_has_not(text, "nodes");
	assert_has_not(text, "'*'");
	yaml_node_free(role);
	yaml_node_free(binding);
	free(text);
	text = rbac_role_yaml(NULL, NULL);
	role = document(text, 0);
	assert_string_equal(yaml_get(role, "kind")->text, "ClusterRole");
	assert_null(yaml_get(yaml_get(role, "metadata"), "namespace"));
	assert_has(text, "kind: ClusterRoleBinding\n");
	assert_has(text, "YOUR-USER");
	yaml_node_free(role);
	free(text);
}

/* A server that lies about names adds nothing to what the user is told to apply. */
static void roles_take_no_orders(void **state)
{
	char *text = rbac_role_yaml("x\"\nrules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]\n#\\",
	                            "u\"\n  kind: Group\n\\");
	struct yaml_node *role = document(text, 0), *binding = document(text, 1);
	const struct yaml_node *subject = yaml_get(binding, "subjects")->first;

	(void)state;
	assert_has(yaml_get(yaml_get(role, "metadata"), "namespace")->text, "x??rules");
	assert_string_equal(yaml_get(subject, "kind")->text, "User");
	assert_string_equal(yaml_get(subject, "name")->text, "u??  kind: Group??");
	yaml_node_free(role);
	yaml_node_free(binding);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unreachable_servers),
		cmocka_unit_test(unauthorized),
		cmocka_unit_test(forbidden_names_the_right_and_prints_the_role),
		cmocka_unit_test(forbidden_without_a_right),
		cmocka_unit_test(other_answers),
		cmocka_unit_test(roles_are_yaml),
		cmocka_unit_test(roles_take_no_orders),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	error_release(&error);
	return failed;
}
