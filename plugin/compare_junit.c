/*
 * For what reads JUnit's XML: a case for each --fail-on, which fails when it is broken and is skipped when it
 * is undecided; and a case for each figure, which says what was found and never fails.
 */
#include <stdlib.h>

#include "plugin/compare_words.h"
#include "plugin/text.h"

static void print_escaped(FILE *out, const char *text)
{
	char *clean = xstrdup(text);

	text_clean(clean);
	for (const char *at = clean; *at; at++)
		switch (*at) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*at, out);
		}
	free(clean);
}

static void open_case(FILE *out, const char *class, const char *name)
{
	fprintf(out, "    <testcase classname=\"kubectl-pprof.compare.%s\" name=\"", class);
	print_escaped(out, name);
	fputs("\">\n", out);
}

static void print_element(FILE *out, const char *element, const char *text)
{
	fprintf(out, "      <%s message=\"", element);
	print_escaped(out, text);
	fputs("\"/>\n", out);
}

static void print_output(FILE *out, const char *text)
{
	fputs("      <system-out>", out);
	print_escaped(out, text);
	fputs("</system-out>\n", out);
}

static void print_limit(FILE *out, const struct comparison *comparison, const struct compare_limit *limit)
{
	char *words = compare_limit_words(comparison, limit);

	open_case(out, "fail-on", limit->text);
	if (limit->state == LIMIT_BROKEN)
		print_element(out, "failure", words);
	else if (limit->state != LIMIT_HOLDS)
		print_element(out, "skipped", words);
	else
		print_output(out, words);
	fputs("    </testcase>\n", out);
	free(words);
}

static void print_figure(FILE *out, const struct comparison *comparison, const struct compare_row *row)
{
	char title[32], base[32], new[32], words[WORDS_SIZE], *text;

	open_case(out, row->kind == COMPARE_FUNCTION ? "function" : "figure",
	          row->kind == COMPARE_FUNCTION ? row->name : compare_title(comparison, row, title));
	text = xprintf("%s -> %s: %s", compare_value(comparison, row, BASE, base),
	               compare_value(comparison, row, NEW, new), compare_words(row, words));
	print_output(out, text);
	fputs("    </testcase>\n", out);
	free(text);
}

void compare_print_junit(FILE *out, const struct compare_output *output)
{
	const struct comparison *comparison = output->comparison;
	size_t tested, told = compare_told(comparison, &tested), failed = 0, skipped = 0, shown;

	shown = told < output->top ? told : output->top;
	for (size_t i = 0; i < output->limit_count; i++) {
		failed += output->limits[i].state == LIMIT_BROKEN;
		skipped +=
			output->limits[i].state == LIMIT_UNDECIDED || output->limits[i].state == LIMIT_ABSENT;
	}
	tested = output->limit_count + comparison->heads.count + shown;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	fprintf(out, "<testsuites tests=\"%zu\" failures=\"%zu\">\n", tested, failed);
	fprintf(out,
	        "  <testsuite name=\"kubectl-pprof compare\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\">\n",
	        tested, failed, skipped);
	for (size_t i = 0; i < output->limit_count; i++)
		print_limit(out, comparison, &output->limits[i]);
	for (size_t i = 0; i < comparison->heads.count; i++)
		print_figure(out, comparison, &comparison->heads.items[i]);
	for (size_t i = 0; i < shown; i++)
		print_figure(out, comparison, &comparison->functions.items[i]);
	fputs("  </testsuite>\n</testsuites>\n", out);
}
