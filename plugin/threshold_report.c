#include "plugin/threshold_report.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/clock.h"
#include "plugin/text.h"

void threshold_report_make(const struct thresholds *thresholds, const struct lg_result *load,
                           const struct lg_plan *plan, struct threshold_report *ret)
{
	struct threshold_source source = threshold_source_result(load, clock_now(), plan);

	*ret = (struct threshold_report){.rows = xcalloc(thresholds->count + 1, sizeof *ret->rows),
	                                 .count = thresholds->count};
	for (size_t i = 0; i < ret->count; i++) {
		struct threshold_row *row = &ret->rows[i];
		enum threshold_verdict verdict;

		row->threshold = &thresholds->items[i];
		verdict = threshold_evaluate(row->threshold, &source, &row->value);
		row->measured = verdict == THRESHOLD_HOLDS || verdict == THRESHOLD_BROKEN;
		row->holds = threshold_succeeds(row->threshold, verdict);
		ret->failed = ret->failed || !row->holds;
	}
}

void threshold_report_release(struct threshold_report *report)
{
	free(report->rows);
	*report = (struct threshold_report){0};
}

const struct threshold *threshold_report_abort(const struct thresholds *thresholds,
                                               const struct lg_result *load, int64_t now,
                                               const struct lg_plan *plan)
{
	struct threshold_source source = threshold_source_result(load, now, plan);

	for (size_t i = 0; i < thresholds->count; i++) {
		const struct threshold *threshold = &thresholds->items[i];
		double value;

		if (threshold_aborts(threshold, threshold_evaluate(threshold, &source, &value),
		                     now - load->started))
			return threshold;
	}
	return NULL;
}

void threshold_report_print(FILE *out, const struct threshold_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct threshold_row *row = &report->rows[i];
		char *line = xprintf("%s: %s", row->threshold->name, row->threshold->expression);

		text_clean(line);
		fprintf(out, "  %-7s  %s", row->holds ? "ok" : "fail", line);
		if (row->measured)
			fprintf(out, " (%.4g)\n", row->value);
		else
			fputs(" (nothing measured)\n", out);
		free(line);
	}
}

cJSON *threshold_report_json(const struct threshold_report *report)
{
	cJSON *json = cJSON_CreateArray();

	for (size_t i = 0; i < report->count; i++) {
		const struct threshold_row *row = &report->rows[i];
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "metric", row->threshold->name);
		cJSON_AddStringToObject(item, "threshold", row->threshold->expression);
		if (row->measured)
			cJSON_AddNumberToObject(item, "value", row->value);
		cJSON_AddBoolToObject(item, "ok", row->holds);
		cJSON_AddItemToArray(json, item);
	}
	return json;
}

/* A metric with tags is one of its own in k6's summary: of the kind it is without, with what was asked of it.
 */
static cJSON *add_tagged(cJSON *metrics, const struct threshold_row *row)
{
	char *plain = xstrndup(row->threshold->name, strcspn(row->threshold->name, "{"));
	const cJSON *whole = cJSON_GetObjectItemCaseSensitive(metrics, plain);
	cJSON *metric = cJSON_AddObjectToObject(metrics, row->threshold->name);

	cJSON_AddItemToObject(metric, "type",
	                      cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(whole, "type"), 1));
	cJSON_AddItemToObject(metric, "contains",
	                      cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(whole, "contains"), 1));
	cJSON_AddObjectToObject(metric, "values");
	free(plain);
	return metric;
}

static void add_value(cJSON *metric, const struct threshold_row *row)
{
	const char *expression = row->threshold->expression;
	char *method = xstrndup(expression, strcspn(expression, " <>=!"));
	cJSON *values = cJSON_GetObjectItemCaseSensitive(metric, "values");

	if (row->measured && values && !cJSON_GetObjectItemCaseSensitive(values, method))
		cJSON_AddNumberToObject(values, method, row->value);
	free(method);
}

void threshold_report_k6(cJSON *metrics, const struct threshold_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct threshold_row *row = &report->rows[i];
		const char *name = row->threshold->name;
		cJSON *metric = cJSON_GetObjectItemCaseSensitive(metrics, name), *list, *ok;

		if (!metric)
			metric = add_tagged(metrics, row);
		add_value(metric, row);
		list = cJSON_GetObjectItemCaseSensitive(metric, "thresholds");
		if (!list)
			list = cJSON_AddObjectToObject(metric, "thresholds");
		ok = cJSON_AddObjectToObject(list, row->threshold->expression);
		cJSON_AddBoolToObject(ok, "ok", row->holds);
	}
}
