#include <stdlib.h>
#include <string.h>

#include "plugin/compare_words.h"
#include "plugin/text.h"

#define LABEL "%-14s"

static void print_runs(FILE *out, const struct comparison *comparison)
{
	static const char *const names[SIDES] = {"Base", "New"};
	char words[WORDS_SIZE];

	for (size_t i = 0; i < comparison->run_count; i++) {
		const struct compare_run *run = &comparison->runs[i];
		char *path = xstrdup(run->read.path);

		text_clean(path);
		fprintf(out, LABEL "%s: %s\n", names[run->side], path, compare_run_words(run, words));
		free(path);
	}
}

static void print_head(FILE *out, const struct comparison *comparison, const struct compare_row *row)
{
	char title[32], base[32], new[32], words[WORDS_SIZE];

	fprintf(out, LABEL "%s -> %s: %s\n", compare_title(comparison, row, title),
	        compare_value(comparison, row, BASE, base), compare_value(comparison, row, NEW, new),
	        compare_words(row, words));
}

static void print_functions(FILE *out, const struct compare_output *output)
{
	const struct compare_rows *rows = &output->comparison->functions;
	const struct compare_row *other = compare_largest_other(output->comparison);
	size_t tested, told = compare_told(output->comparison, &tested);
	char base[32], new[32], change[64], words[WORDS_SIZE];

	if (!rows->count)
		return;
	fprintf(out, LABEL "%zu of %zu differ%s%s; %zu with less than %d samples were not tested\n",
	        "Functions", told, tested, told == 1 ? "s" : "",
	        output->comparison->cum ? " (with all they call)" : "", rows->count - tested,
	        COMPARE_SAMPLES);
	if (told)
		fprintf(out, "  %9s %9s  %18s  %7s  %s\n", "base", "new", "change", "points", "function");
	for (size_t i = 0; i < told && i < output->top; i++) {
		const struct compare_row *row = &rows->items[i];
		int wide;

		compare_change(row, change);
		/* ± is one column and two bytes. */
		wide = 18 + (strstr(change, "±") ? 1 : 0);
		fprintf(out, "  %9s %9s  %*s  %+7.1f  %s\n",
		        compare_value(output->comparison, row, BASE, base),
		        compare_value(output->comparison, row, NEW, new), wide, change, 100 * row->points,
		        row->name);
	}
	if (told > output->top)
		fprintf(out, "  and %zu more; --top shows them\n", told - output->top);
	if (other)
		fprintf(out, LABEL "%zu function%s not distinguishable; in the one seen most, %s, %s\n",
		        "Others", tested - told, tested - told == 1 ? " is" : "s are", other->name,
		        compare_hidden_words(other, words));
}

static void print_limits(FILE *out, const struct compare_output *output)
{
	for (size_t i = 0; i < output->limit_count; i++) {
		const struct compare_limit *limit = &output->limits[i];
		char *words = compare_limit_words(output->comparison, limit), *text = xstrdup(limit->text);

		text_clean(text);
		fprintf(out, LABEL "%-9s  %s: %s\n", i ? "" : "Fail on", compare_state_name(limit->state),
		        text, words);
		free(words);
		free(text);
	}
}

static void print_notes(FILE *out, const struct compare_notes *notes)
{
	for (int grave = 1; grave >= 0; grave--)
		for (size_t i = 0; i < notes->count; i++)
			if (notes->items[i].grave == grave)
				fprintf(out, LABEL "%s\n", grave ? "Warning" : "Note", notes->items[i].text);
}

void compare_print_text(FILE *out, const struct compare_output *output)
{
	const struct comparison *comparison = output->comparison;
	char *summary = compare_summary(comparison);

	print_runs(out, comparison);
	for (size_t i = 0; i < comparison->heads.count; i++)
		print_head(out, comparison, &comparison->heads.items[i]);
	print_functions(out, output);
	fprintf(out, LABEL "%s\n", "Result", summary);
	print_limits(out, output);
	print_notes(out, &comparison->notes);
	free(summary);
}
