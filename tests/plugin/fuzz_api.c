/*
 * Fuzzes what an API server answers: pods, metrics, and a Status behind a failure; and what a credential
 * plugin prints. Names that are taken are names, and nothing that a terminal acts on is in a line. tests/fuzz
 * drives it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/cluster_failure.h"
#include "plugin/exec_plugin.h"
#include "plugin/pods.h"
#include "plugin/pprof_port.h"
#include "plugin/ranking.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int good)
{
	if (!good)
		abort();
}

static void a_pod(const cJSON *json)
{
	struct pprof_candidate candidates[PPROF_CANDIDATES_MAX];
	struct error error = {0};
	struct pod pod;

	if (pod_parse(json, &pod, &error) < 0) {
		check(error.text[0] != '\0');
		return;
	}
	check(name_valid(pod.name) && name_valid(pod.ns));
	check(pprof_candidates(&pod, 0, NULL, candidates) <= PPROF_CANDIDATES_MAX);
	pod_release(&pod);
}

static void usage(const cJSON *json)
{
	struct pod_usage used;
	struct error error = {0};

	if (usage_parse(json, &used, &error) < 0)
		check(error.text[0] != '\0');
	else
		check(used.cpu_nano >= 0 && used.memory_bytes >= 0 && used.cpu_milli >= 0);
}

static void a_failure(const char *body, long status)
{
	struct kubeconfig config = {
		.server = (char *)"https://a", .user = (char *)"u", .context = (char *)"c"};
	struct cluster_call call = {&config, "GET /x", "get", "pods", "shop", NULL, 1000000000};
	struct cap_error failure = {.status = CAP_HTTP, .http_status = status, .text = "said"};
	struct error error = {0};

	check(cluster_call_failed(&call, &failure, body, &error) == -status);
	check(error.text[0] && !strpbrk(error.text, "\r\n\x1b"));
	check(!error.detail || !strchr(error.detail, '\x1b'));
	error_release(&error);
}

static void credentials(const char *text)
{
	struct kube_exec exec = {.command = (char *)"c",
	                         .api_version = (char *)"client.authentication.k8s.io/v1"};
	struct exec_result result = {0};
	struct error error = {0};

	if (exec_result_parse(&exec, text, &result, &error) < 0) {
		check(error.text[0] && !result.token && !result.cert && !result.key);
		return;
	}
	check((result.token && *result.token) || (result.cert && *result.cert));
	check(!result.cert == !result.key);
	exec_result_expired(&result, 10);
	exec_result_release(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1);
	cJSON *json;

	check(text != NULL);
	if (size)
		memcpy(text, data, size);
	json = cJSON_ParseWithLength(text, size);
	a_pod(json);
	usage(json);
	credentials(text);
	a_failure(text, 403);
	a_failure(text, 500);
	cJSON_Delete(json);
	free(text);
	return 0;
}
