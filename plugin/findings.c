#include "plugin/findings.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/figures.h"
#include "plugin/text.h"

#define SHORT_MOST 5
#define WIDTH      110

void json_text(cJSON *json, const char *name, const char *text)
{
	char *clean = xstrdup(text);

	text_clean(clean);
	if (*clean)
		cJSON_AddStringToObject(json, name, clean);
	free(clean);
}

void place_json(cJSON *json, const struct cap_place *place)
{
	json_text(json, "function", place->function);
	json_text(json, "file", place->file);
	if (place->line > 0)
		cJSON_AddNumberToObject(json, "line", (double)place->line);
}

char *place_text(const struct cap_place *place, bool brief)
{
	const char *file = place->file, *slash = strrchr(file, '/');
	char *ret;

	if (brief && slash)
		file = slash + 1;
	if (*file && place->line > 0)
		ret = xprintf("%s (%s:%lld)", place->function, file, (long long)place->line);
	else if (*file)
		ret = xprintf("%s (%s)", place->function, file);
	else
		ret = xstrdup(place->function);
	text_clean(ret);
	return ret;
}

void findings_insert(struct cap_findings *findings, const struct cap_finding *finding)
{
	size_t at = 0;

	findings->items = xrealloc(findings->items, (findings->count + 1) * sizeof *findings->items);
	while (at < findings->count && findings->items[at].share >= finding->share)
		at++;
	memmove(findings->items + at + 1, findings->items + at,
	        (findings->count - at) * sizeof *findings->items);
	findings->items[at] = *finding;
	findings->count++;
}

/* ---- JSON ---------------------------------------------------------------------- */

static cJSON *finding_json(const struct cap_finding *finding, double scale, double total)
{
	cJSON *json = cJSON_CreateObject(), *callers;

	cJSON_AddStringToObject(json, "name", finding->name);
	cJSON_AddStringToObject(json, "title", finding->title);
	cJSON_AddNumberToObject(json, "share", finding->share);
	cJSON_AddNumberToObject(json, "threshold", finding->threshold);
	if (scale > 0 && finding->value > 0)
		cJSON_AddNumberToObject(json, "ns_per_request", (double)finding->value * scale);
	cJSON_AddNumberToObject(json, "samples", (double)finding->samples);
	cJSON_AddNumberToObject(json, "relative_error", finding->error);
	json_text(json, "function", finding->function);
	if (finding->caller_count) {
		json_text(json, "caller", finding->callers[0].function);
		json_text(json, "file", finding->callers[0].file);
		if (finding->callers[0].line > 0)
			cJSON_AddNumberToObject(json, "line", (double)finding->callers[0].line);
	}
	callers = cJSON_AddArrayToObject(json, "callers");
	for (size_t i = 0; i < finding->caller_count; i++) {
		cJSON *caller = cJSON_CreateObject();

		place_json(caller, &finding->callers[i]);
		cJSON_AddNumberToObject(caller, "share", (double)finding->callers[i].value / total);
		cJSON_AddItemToArray(callers, caller);
	}
	cJSON_AddStringToObject(json, "means", finding->means);
	cJSON_AddStringToObject(json, "do", finding->todo);
	cJSON_AddStringToObject(json, "confidence", cap_confidence_name(finding->confidence));
	return json;
}

void findings_json(cJSON *json, const struct cap_findings *findings, double scale)
{
	cJSON *list = cJSON_AddArrayToObject(json, "findings");

	for (size_t i = 0; i < findings->count; i++)
		cJSON_AddItemToArray(list, finding_json(&findings->items[i], scale, (double)findings->total));
	json_text(json, "findings_refused", findings->refused);
}

/* ---- text ------------------------------------------------------------------------ */

static void print_line(FILE *out, const struct cap_finding *finding)
{
	char *place = finding->caller_count ? place_text(&finding->callers[0], true) : NULL;

	fprintf(out, "  %5.1f%% ±%3.0f%%  %s: %s%s%s%s\n", 100 * finding->share, 100 * finding->error,
	        finding->name, finding->title, place ? ", most by " : "", place ? place : "",
	        finding->confidence == CAP_SURE_LOW ? " (not sure)" : "");
	free(place);
}

void findings_print_short(FILE *out, const struct cap_findings *findings, const char *more)
{
	fprintf(out, "%-11s", "Findings");
	if (findings->refused[0])
		fprintf(out, "%s: %s\n", findings->count ? "none of CPU" : "none", findings->refused);
	else if (!findings->count)
		fputs("none: no known pattern reaches its threshold\n", out);
	else
		fprintf(out, "%zu; what they mean and what to do: kubectl pprof explain %s\n",
		        findings->count, more);
	for (size_t i = 0; i < findings->count && i < SHORT_MOST; i++)
		print_line(out, &findings->items[i]);
	if (findings->count > SHORT_MOST)
		fprintf(out, "  and %zu more\n", findings->count - SHORT_MOST);
}

/* Words below one another from column 11 on. */
static void print_wrapped(FILE *out, const char *label, const char *text)
{
	size_t column = 11;

	fprintf(out, "    %-7s", label);
	while (*text) {
		size_t word = strcspn(text, " ");
		const char *space = column > 11 ? " " : "";

		if (column + word + 1 > WIDTH) {
			fprintf(out, "\n%11s", "");
			column = 11;
			space = "";
		}
		fprintf(out, "%s%.*s", space, (int)word, text);
		column += strlen(space) + word;
		text += word;
		text += *text == ' ';
	}
	fputc('\n', out);
}

static void print_callers(FILE *out, const struct cap_finding *finding, double total)
{
	for (size_t i = 0; i < finding->caller_count; i++) {
		char *place = place_text(&finding->callers[i], false);

		fprintf(out, "    %-6s%5.1f%%  %s\n", i ? "" : "by",
		        100 * (double)finding->callers[i].value / total, place);
		free(place);
	}
}

static void print_finding(FILE *out, const struct cap_finding *finding, double scale, double total)
{
	char *function = xstrdup(finding->function), each[32];

	text_clean(function);
	fprintf(out, "\n%.1f%% ±%.0f%%  %s: %s\n", 100 * finding->share, 100 * finding->error, finding->name,
	        finding->title);
	fprintf(out, "    sure   %s: %llu samples, reported from %.3g%% on\n",
	        cap_confidence_name(finding->confidence), (unsigned long long)finding->samples,
	        100 * finding->threshold);
	if (scale > 0 && finding->value > 0)
		fprintf(out, "    costs  %s of CPU a request\n",
		        figure_time((double)finding->value * scale, each));
	if (*function)
		fprintf(out, "    in     %s\n", function);
	print_callers(out, finding, total);
	print_wrapped(out, "means", finding->means);
	print_wrapped(out, "do", finding->todo);
	free(function);
}

void findings_print(FILE *out, const struct cap_findings *findings, double scale)
{
	fprintf(out, "%zu finding%s in %llu CPU samples%s\n", findings->count,
	        findings->count == 1 ? "" : "s", (unsigned long long)findings->samples,
	        findings->count ? "" : ": no known pattern reaches its threshold");
	for (size_t i = 0; i < findings->count; i++)
		print_finding(out, &findings->items[i], scale, (double)findings->total);
}
