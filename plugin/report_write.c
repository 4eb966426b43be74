#include "plugin/report_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

char *report_cut(const char *text, size_t most)
{
	size_t length = strlen(text), end = most - 3;
	char *cut;

	if (length <= most) {
		cut = xstrdup(text);
		text_clean(cut);
		return cut;
	}
	while (end && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	cut = xprintf("%.*s...", (int)end, text);
	text_clean(cut);
	return cut;
}

void report_text_cut(FILE *out, const char *text, size_t most)
{
	char *clean = report_cut(text, most);

	fputc('"', out);
	for (const char *at = clean; *at; at++) {
		if (*at == '"' || *at == '\\')
			fprintf(out, "\\%c", *at);
		else if (*at == '<' || *at == '>' || *at == '&' || (unsigned char)*at < 0x20)
			fprintf(out, "\\u%04x", (unsigned)*at);
		else
			fputc(*at, out);
	}
	fputc('"', out);
	free(clean);
}

void report_text(FILE *out, const char *text)
{
	report_text_cut(out, text, REPORT_TEXT_MAX);
}

void report_name(FILE *out, const char *name, bool first)
{
	if (!first)
		fputc(',', out);
	report_text(out, name);
	fputc(':', out);
}

void report_number(FILE *out, double value)
{
	if (!isfinite(value))
		fputs("null", out);
	else if (value == trunc(value) && fabs(value) < 9e15)
		fprintf(out, "%.0f", value);
	else
		fprintf(out, "%.7g", value);
}

static void write_members(FILE *out, const cJSON *json, const char *without)
{
	bool is_list = cJSON_IsArray(json), first = true;
	int count = 0;

	fputc(is_list ? '[' : '{', out);
	for (const cJSON *item = json->child; item; item = item->next) {
		if (is_list && count++ == REPORT_LIST_MAX)
			break;
		if (!is_list && without && strcmp(item->string, without) == 0)
			continue;
		if (!is_list)
			report_name(out, item->string, first);
		else if (!first)
			fputc(',', out);
		report_document(out, item, without);
		first = false;
	}
	fputc(is_list ? ']' : '}', out);
}

void report_document(FILE *out, const cJSON *json, const char *without)
{
	if (cJSON_IsArray(json) || cJSON_IsObject(json))
		write_members(out, json, without);
	else if (cJSON_IsString(json))
		report_text(out, json->valuestring);
	else if (cJSON_IsNumber(json))
		report_number(out, json->valuedouble);
	else if (cJSON_IsBool(json))
		fputs(cJSON_IsTrue(json) ? "true" : "false", out);
	else
		fputs("null", out);
}

void report_html(FILE *out, const char *text)
{
	char *clean = report_cut(text, REPORT_NAME_MAX);

	for (const char *at = clean; *at; at++) {
		switch (*at) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*at, out);
		}
	}
	free(clean);
}
