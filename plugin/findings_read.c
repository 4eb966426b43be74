#include <math.h>
#include <string.h>

#include "plugin/findings.h"
#include "plugin/text.h"

static const char *text_of(cJSON *object, const char *name)
{
	cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!cJSON_IsString(item))
		return "";
	text_clean(item->valuestring);
	return item->valuestring;
}

static double number_of(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNumber(item) && isfinite(item->valuedouble) && item->valuedouble >= 0 &&
	                       item->valuedouble < 1e15
	               ? item->valuedouble
	               : 0;
}

static enum cap_confidence sure_of(const char *word)
{
	for (int sure = CAP_SURE_LOW; sure <= CAP_SURE_HIGH; sure++)
		if (strcmp(word, cap_confidence_name((enum cap_confidence)sure)) == 0)
			return (enum cap_confidence)sure;
	return CAP_SURE_LOW;
}

static void read_callers(cJSON *list, double total, struct cap_finding *ret)
{
	cJSON *caller;

	cJSON_ArrayForEach(caller, list)
	{
		if (ret->caller_count == CAP_FINDING_CALLERS)
			return;
		if (!*text_of(caller, "function"))
			continue;
		ret->callers[ret->caller_count++] = (struct cap_place){
			.function = text_of(caller, "function"),
			.file = text_of(caller, "file"),
			.line = (int64_t)number_of(caller, "line"),
			.value = (int64_t)(fmin(1e3, number_of(caller, "share")) * total),
		};
	}
}

static bool is_of_the_run(const char *name)
{
	static const char *const names[] = {"mutex-wait", "cpu-throttling", "hot-replica"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

void findings_read(cJSON *run, struct cap_findings *findings)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(run, "findings"), *item;

	cJSON_ArrayForEach(item, list)
	{
		struct cap_finding finding = {
			.name = text_of(item, "name"),
			.title = text_of(item, "title"),
			.means = text_of(item, "means"),
			.todo = text_of(item, "do"),
			.function = text_of(item, "function"),
			.share = number_of(item, "share"),
			.threshold = number_of(item, "threshold"),
			.samples = (uint64_t)number_of(item, "samples"),
			.error = number_of(item, "relative_error"),
			.confidence = sure_of(text_of(item, "confidence")),
		};

		if (!is_of_the_run(finding.name) || !*finding.title || finding.share <= 0)
			continue;
		read_callers(cJSON_GetObjectItemCaseSensitive(item, "callers"), (double)findings->total,
		             &finding);
		findings_insert(findings, &finding);
	}
}
