#include "plugin/k6.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/text.h"

static void add_counter(cJSON *metrics, const char *name, const char *contains, double count, double seconds)
{
	cJSON *metric = cJSON_AddObjectToObject(metrics, name), *values;

	cJSON_AddStringToObject(metric, "type", "counter");
	cJSON_AddStringToObject(metric, "contains", contains);
	values = cJSON_AddObjectToObject(metric, "values");
	cJSON_AddNumberToObject(values, "count", count);
	cJSON_AddNumberToObject(values, "rate", seconds > 0 ? count / seconds : 0);
}

/* k6 calls a hit "pass", also where the rate is one of failures. */
static void add_rate(cJSON *metrics, const char *name, double hits, double all)
{
	cJSON *metric = cJSON_AddObjectToObject(metrics, name), *values;

	cJSON_AddStringToObject(metric, "type", "rate");
	cJSON_AddStringToObject(metric, "contains", "default");
	values = cJSON_AddObjectToObject(metric, "values");
	cJSON_AddNumberToObject(values, "rate", all > 0 ? hits / all : 0);
	cJSON_AddNumberToObject(values, "passes", hits);
	cJSON_AddNumberToObject(values, "fails", all - hits);
}

static void add_gauge(cJSON *metrics, const char *name, double value)
{
	cJSON *metric = cJSON_AddObjectToObject(metrics, name), *values;

	cJSON_AddStringToObject(metric, "type", "gauge");
	cJSON_AddStringToObject(metric, "contains", "default");
	values = cJSON_AddObjectToObject(metric, "values");
	cJSON_AddNumberToObject(values, "value", value);
	cJSON_AddNumberToObject(values, "min", value);
	cJSON_AddNumberToObject(values, "max", value);
}

/* Microseconds in, milliseconds out. */
static void add_trend(cJSON *metrics, const char *name, const struct lg_histogram *latency)
{
	cJSON *metric = cJSON_AddObjectToObject(metrics, name), *values;

	cJSON_AddStringToObject(metric, "type", "trend");
	cJSON_AddStringToObject(metric, "contains", "time");
	values = cJSON_AddObjectToObject(metric, "values");
	cJSON_AddNumberToObject(values, "avg", lg_histogram_mean(latency) / 1e3);
	cJSON_AddNumberToObject(values, "min", (double)lg_histogram_min(latency) / 1e3);
	cJSON_AddNumberToObject(values, "med", (double)lg_histogram_percentile(latency, 50) / 1e3);
	cJSON_AddNumberToObject(values, "max", (double)lg_histogram_max(latency) / 1e3);
	cJSON_AddNumberToObject(values, "p(90)", (double)lg_histogram_percentile(latency, 90) / 1e3);
	cJSON_AddNumberToObject(values, "p(95)", (double)lg_histogram_percentile(latency, 95) / 1e3);
	cJSON_AddNumberToObject(values, "p(99)", (double)lg_histogram_percentile(latency, 99) / 1e3);
}

/* k6 knows groups and checks by the MD5 of their path; without one, where MD5 is forbidden. */
static void add_path(cJSON *json, const char *path)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	char id[2 * EVP_MAX_MD_SIZE + 1] = "";

	cJSON_AddStringToObject(json, "path", path);
	if (!EVP_Digest(path, strlen(path), digest, &size, EVP_md5(), NULL))
		return;
	for (unsigned i = 0; i < size; i++)
		snprintf(id + (size_t)2 * i, 3, "%02x", digest[i]);
	cJSON_AddStringToObject(json, "id", id);
}

static void add_checks(cJSON *group, const struct plan *plan, const struct lg_counts *sum)
{
	cJSON *list = cJSON_AddArrayToObject(group, "checks");
	const char *const names[LG_CHECKS] = {
		[LG_CHECK_STATUS] = plan->expect_status, [LG_CHECK_BODY] = plan->expect_body};
	static const char *const what[LG_CHECKS] = {
		[LG_CHECK_STATUS] = "status is", [LG_CHECK_BODY] = "body holds"};

	for (int i = 0; i < LG_CHECKS; i++) {
		cJSON *check;
		char *path;

		if (!names[i])
			continue;
		path = xprintf("::%s %s", what[i], names[i]);
		check = cJSON_CreateObject();
		cJSON_AddStringToObject(check, "name", path + 2);
		add_path(check, path);
		cJSON_AddNumberToObject(check, "passes", (double)sum->checks[i][1]);
		cJSON_AddNumberToObject(check, "fails", (double)sum->checks[i][0]);
		cJSON_AddItemToArray(list, check);
		free(path);
	}
}

static void add_check_rate(cJSON *metrics, const struct plan *plan, const struct lg_counts *sum)
{
	const bool asked[LG_CHECKS] = {
		[LG_CHECK_STATUS] = plan->expect_status, [LG_CHECK_BODY] = plan->expect_body};
	double held = 0, all = 0;

	for (int i = 0; i < LG_CHECKS; i++) {
		if (!asked[i])
			continue;
		held += (double)sum->checks[i][1];
		all += (double)(sum->checks[i][0] + sum->checks[i][1]);
	}
	if (asked[LG_CHECK_STATUS] || asked[LG_CHECK_BODY])
		add_rate(metrics, "checks", held, all);
}

static void add_state(cJSON *json, const struct plan *plan, const struct lg_counts *sum, double milliseconds)
{
	cJSON *state = cJSON_AddObjectToObject(json, "state"), *group;

	cJSON_AddBoolToObject(state, "isStdOutTTY", isatty(STDOUT_FILENO));
	cJSON_AddBoolToObject(state, "isStdErrTTY", isatty(STDERR_FILENO));
	cJSON_AddNumberToObject(state, "testRunDurationMs", milliseconds);
	group = cJSON_AddObjectToObject(json, "root_group");
	cJSON_AddStringToObject(group, "name", "");
	add_path(group, "");
	cJSON_AddItemToObject(group, "groups", cJSON_CreateArray());
	add_checks(group, plan, sum);
}

static void add_options(cJSON *json)
{
	static const char *const stats[] = {"avg", "min", "med", "max", "p(90)", "p(95)", "p(99)"};
	cJSON *options = cJSON_AddObjectToObject(json, "options");

	cJSON_AddItemToObject(options, "summaryTrendStats",
	                      cJSON_CreateStringArray(stats, sizeof stats / sizeof *stats));
	cJSON_AddStringToObject(options, "summaryTimeUnit", "");
	cJSON_AddBoolToObject(options, "noColor", false);
}

static void add_trends(cJSON *metrics, const struct lg_result *load)
{
	add_trend(metrics, "http_req_duration", load->whole);
	add_trend(metrics, "http_req_sending", load->sending);
	add_trend(metrics, "http_req_waiting", load->waiting);
	add_trend(metrics, "http_req_receiving", load->receiving);
	add_trend(metrics, "http_req_connecting", load->connect);
	if (lg_histogram_count(load->handshake))
		add_trend(metrics, "http_req_tls_handshaking", load->handshake);
	/* an iteration is one request */
	add_trend(metrics, "iteration_duration", load->whole);
}

cJSON *k6_summary(const struct lg_result *load, const struct plan *plan,
                  const struct threshold_report *thresholds)
{
	double seconds = (double)(load->stopped - load->started) / 1e9;
	struct lg_counts sum = lg_counts_sum(load);
	cJSON *json = cJSON_CreateObject();
	cJSON *metrics = cJSON_AddObjectToObject(json, "metrics");

	add_counter(metrics, "http_reqs", "default", (double)sum.requests, seconds);
	add_counter(metrics, "iterations", "default", (double)sum.requests, seconds);
	add_counter(metrics, "data_sent", "data", (double)sum.bytes_sent, seconds);
	add_counter(metrics, "data_received", "data", (double)sum.bytes_received, seconds);
	if (plan->rate > 0)
		add_counter(metrics, "dropped_iterations", "default", (double)sum.dropped, seconds);
	add_rate(metrics, "http_req_failed", (double)sum.failed, (double)sum.requests);
	add_check_rate(metrics, plan, &sum);
	add_trends(metrics, load);
	add_gauge(metrics, "vus", load->most_vus);
	add_gauge(metrics, "vus_max", plan->rate > 0 ? plan->max_vus : plan->vus);
	threshold_report_k6(metrics, thresholds);
	add_options(json);
	add_state(json, plan, &sum, seconds * 1e3);
	return json;
}
