#include <math.h>
#include <stdlib.h>

#include "plugin/compare_words.h"
#include "plugin/text.h"

/* Raised when a reader of an older one would go wrong; additions leave it. */
#define SCHEMA "kubectl-pprof.compare/v1"
/* Functions that are no findings, in the document. */
#define OTHERS_MAX 100

static void add_number(cJSON *json, const char *name, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(json, name, value);
}

static void add_text(cJSON *json, const char *name, const char *text)
{
	char *clean = xstrdup(text);

	text_clean(clean);
	cJSON_AddStringToObject(json, name, clean);
	free(clean);
}

static const char *unit_of(const struct compare_row *row, bool per_request)
{
	switch (row->kind) {
	case COMPARE_RATE:
		return "requests/s";
	case COMPARE_LATENCY:
		return "us";
	case COMPARE_FAILED:
		return "share";
	default:
		return per_request ? "ns/request" : "cores";
	}
}

static bool per_request(const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->run_count; i++)
		if (run_read_number(&comparison->runs[i].read, "load/window/requests", 0) <= 0)
			return false;
	return true;
}

static cJSON *row_json(const struct comparison *comparison, const struct compare_row *row)
{
	const struct compare_effect *effect = &row->effect;
	cJSON *json = cJSON_CreateObject();
	char words[WORDS_SIZE];

	cJSON_AddStringToObject(json, row->kind == COMPARE_FUNCTION ? "function" : "name", row->name);
	cJSON_AddStringToObject(json, "unit", unit_of(row, per_request(comparison)));
	add_number(json, "base", effect->value[BASE]);
	add_number(json, "new", effect->value[NEW]);
	add_number(json, "change", effect->change);
	add_number(json, "change_low", effect->low);
	add_number(json, "change_high", effect->high);
	if (row->kind == COMPARE_COST || row->kind == COMPARE_FUNCTION) {
		add_number(json, "base_samples", effect->count[BASE]);
		add_number(json, "new_samples", effect->count[NEW]);
		add_number(json, "phi", effect->phi);
	}
	if (row->kind == COMPARE_FUNCTION)
		add_number(json, "points", row->points);
	if (row->tested)
		add_number(json, "p", effect->p);
	if (!row->told)
		add_number(json, "could_hide", compare_hidden(row));
	cJSON_AddBoolToObject(json, "finding", row->told);
	cJSON_AddStringToObject(json, "words", compare_words(row, words));
	return json;
}

static cJSON *runs_json(const struct comparison *comparison, int side)
{
	cJSON *json = cJSON_CreateArray();

	for (size_t i = 0; i < comparison->run_count; i++) {
		const struct compare_run *run = &comparison->runs[i];
		const char *verdict = run_read_text(&run->read, "verdict/verdict");
		cJSON *item;

		if (run->side != side)
			continue;
		item = cJSON_CreateObject();
		cJSON_AddItemToArray(json, item);
		add_text(item, "directory", run->read.path);
		if (verdict)
			add_text(item, "verdict", verdict);
		add_number(item, "seconds", run_read_number(&run->read, "load/window/seconds", NAN));
		add_number(item, "requests", run_read_number(&run->read, "load/window/requests", NAN));
		if (run->cores >= 0)
			add_number(item, "cores", run->cores);
	}
	return json;
}

static cJSON *limits_json(const struct compare_output *output)
{
	cJSON *json = cJSON_CreateArray();

	for (size_t i = 0; i < output->limit_count; i++) {
		const struct compare_limit *limit = &output->limits[i];
		char *words = compare_limit_words(output->comparison, limit);
		cJSON *item = cJSON_CreateObject();

		cJSON_AddItemToArray(json, item);
		add_text(item, "condition", limit->text);
		cJSON_AddStringToObject(item, "state", compare_state_name(limit->state));
		cJSON_AddStringToObject(item, "words", words);
		free(words);
	}
	return json;
}

static void add_rows(cJSON *json, const struct compare_output *output)
{
	const struct comparison *comparison = output->comparison;
	cJSON *figures = cJSON_AddArrayToObject(json, "figures"), *functions;
	size_t tested, told = compare_told(comparison, &tested);

	for (size_t i = 0; i < comparison->heads.count; i++)
		cJSON_AddItemToArray(figures, row_json(comparison, &comparison->heads.items[i]));
	cJSON_AddStringToObject(json, "by", comparison->cum ? "cum" : "flat");
	cJSON_AddNumberToObject(json, "functions_tested", (double)tested);
	cJSON_AddNumberToObject(json, "functions_differ", (double)told);
	functions = cJSON_AddArrayToObject(json, "functions");
	for (size_t i = 0; i < comparison->functions.count && i < told + OTHERS_MAX; i++)
		cJSON_AddItemToArray(functions, row_json(comparison, &comparison->functions.items[i]));
}

cJSON *compare_json(const struct compare_output *output)
{
	const struct compare_notes *notes = &output->comparison->notes;
	char *summary = compare_summary(output->comparison);
	cJSON *json = cJSON_CreateObject(), *list;

	cJSON_AddStringToObject(json, "schema", SCHEMA);
	cJSON_AddStringToObject(json, "tool", "kubectl-pprof " KP_VERSION);
	cJSON_AddStringToObject(json, "summary", summary);
	cJSON_AddBoolToObject(json, "trusted", !output->comparison->untrusted);
	cJSON_AddItemToObject(json, "base", runs_json(output->comparison, BASE));
	cJSON_AddItemToObject(json, "new", runs_json(output->comparison, NEW));
	add_rows(json, output);
	cJSON_AddItemToObject(json, "fail_on", limits_json(output));
	list = cJSON_AddArrayToObject(json, "notes");
	for (size_t i = 0; i < notes->count; i++) {
		cJSON *item = cJSON_CreateObject();

		cJSON_AddItemToArray(list, item);
		cJSON_AddBoolToObject(item, "warning", notes->items[i].grave);
		cJSON_AddStringToObject(item, "text", notes->items[i].text);
	}
	free(summary);
	return json;
}
