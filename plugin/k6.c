#include "plugin/k6.h"

static void add_counter(cJSON *metrics, const char *name, const char *contains, double count, double seconds)
{
	cJSON *metric = cJSON_AddObjectToObject(metrics, name), *values;

	cJSON_AddStringToObject(metric, "type", "counter");
	cJSON_AddStringToObject(metric, "contains", contains);
	values = cJSON_AddObjectToObject(metric, "values");
	cJSON_AddNumberToObject(values, "count", count);
	cJSON_AddNumberToObject(values, "rate", seconds > 0 ? count / seconds : 0);
}

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

static struct lg_counts sum_counts(const struct lg_result *load)
{
	struct lg_counts sum = {0};

	for (int i = 0; i < LG_PHASES; i++) {
		sum.requests += load->counts[i].requests;
		sum.failed += load->counts[i].failed;
		sum.bytes_sent += load->counts[i].bytes_sent;
		sum.bytes_received += load->counts[i].bytes_received;
	}
	return sum;
}

static void add_state(cJSON *json, double milliseconds)
{
	cJSON *state = cJSON_AddObjectToObject(json, "state"), *group;

	cJSON_AddBoolToObject(state, "isStdOutTTY", 0);
	cJSON_AddBoolToObject(state, "isStdErrTTY", 0);
	cJSON_AddNumberToObject(state, "testRunDurationMs", milliseconds);
	group = cJSON_AddObjectToObject(json, "root_group");
	cJSON_AddStringToObject(group, "name", "");
	cJSON_AddStringToObject(group, "path", "");
	cJSON_AddItemToObject(group, "groups", cJSON_CreateArray());
	cJSON_AddItemToObject(group, "checks", cJSON_CreateArray());
}

cJSON *k6_summary(const struct lg_result *load, unsigned vus)
{
	double seconds = (double)(load->stopped - load->started) / 1e9;
	struct lg_counts sum = sum_counts(load);
	cJSON *json = cJSON_CreateObject();
	cJSON *metrics = cJSON_AddObjectToObject(json, "metrics");

	add_counter(metrics, "http_reqs", "default", (double)sum.requests, seconds);
	add_counter(metrics, "iterations", "default", (double)sum.requests, seconds);
	add_counter(metrics, "data_sent", "data", (double)sum.bytes_sent, seconds);
	add_counter(metrics, "data_received", "data", (double)sum.bytes_received, seconds);
	add_rate(metrics, "http_req_failed", (double)sum.failed, (double)sum.requests);
	add_trend(metrics, "http_req_duration", load->whole);
	add_trend(metrics, "http_req_connecting", load->connect);
	add_gauge(metrics, "vus", vus);
	add_gauge(metrics, "vus_max", vus);
	add_state(json, seconds * 1e3);
	return json;
}
