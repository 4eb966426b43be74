/* For a pull request: GitHub's Markdown. Whatever comes from a run stands in code, where it does nothing. */
#include <stdlib.h>
#include <string.h>

#include "plugin/compare_words.h"
#include "plugin/text.h"

#define NAME_SHOWN 200

/* `text` in backticks, for a cell of a table: a backtick or a bar of its own would end it. */
static void print_code(FILE *out, const char *text)
{
	char *clean = xstrndup(text, NAME_SHOWN);

	text_clean(clean);
	fputc('`', out);
	for (const char *at = clean; *at; at++)
		if (*at == '|')
			fputs("\\|", out);
		else
			fputc(*at == '`' ? '\'' : *at, out);
	fputs(strlen(text) > NAME_SHOWN ? "...`" : "`", out);
	free(clean);
}

static void print_heads(FILE *out, const struct comparison *comparison)
{
	char title[32], base[32], new[32], words[WORDS_SIZE];

	fputs("| | base | new | |\n|---|---:|---:|---|\n", out);
	for (size_t i = 0; i < comparison->heads.count; i++) {
		const struct compare_row *row = &comparison->heads.items[i];
		const char *bold = row->told ? "**" : "";

		fprintf(out, "| %s | %s | %s | %s%s%s |\n", compare_title(comparison, row, title),
		        compare_value(comparison, row, BASE, base), compare_value(comparison, row, NEW, new),
		        bold, compare_words(row, words), bold);
	}
}

static void print_functions(FILE *out, const struct compare_output *output)
{
	const struct compare_rows *rows = &output->comparison->functions;
	size_t tested, told = compare_told(output->comparison, &tested);
	char base[32], new[32], change[64];

	if (!told)
		return;
	fprintf(out,
	        "\n| function%s | base | new | change | points of the whole cost |\n|---|---:|---:|---:|---:|\n",
	        output->comparison->cum ? ", with all it calls" : "");
	for (size_t i = 0; i < told && i < output->top; i++) {
		const struct compare_row *row = &rows->items[i];

		fputs("| ", out);
		print_code(out, row->name);
		fprintf(out, " | %s | %s | %s | %+.1f |\n",
		        compare_value(output->comparison, row, BASE, base),
		        compare_value(output->comparison, row, NEW, new), compare_change(row, change),
		        100 * row->points);
	}
	if (told > output->top)
		fprintf(out, "\nand %zu more functions\n", told - output->top);
}

static void print_limits(FILE *out, const struct compare_output *output)
{
	static const char *const marks[] = {"✅ holds", "❔ undecided", "❌ broken", "❔ absent"};

	if (output->limit_count)
		fputc('\n', out);
	for (size_t i = 0; i < output->limit_count; i++) {
		fprintf(out, "- %s: ", marks[output->limits[i].state]);
		print_code(out, output->limits[i].text);
		fputc('\n', out);
	}
}

static void print_details(FILE *out, const struct comparison *comparison)
{
	char words[WORDS_SIZE];

	fputs("\n<details><summary>Runs and notes</summary>\n\n", out);
	for (size_t i = 0; i < comparison->run_count; i++) {
		const struct compare_run *run = &comparison->runs[i];

		fprintf(out, "- %s ", run->side == BASE ? "base" : "new");
		print_code(out, run->read.path);
		fprintf(out, ": %s\n", compare_run_words(run, words));
	}
	for (size_t i = 0; i < comparison->notes.count; i++) {
		fputs(comparison->notes.items[i].grave ? "- **warning**: " : "- note: ", out);
		print_code(out, comparison->notes.items[i].text);
		fputc('\n', out);
	}
	fputs("- ± is an interval of 95 %; functions are findings at a false discovery rate of 5 %\n\n</details>\n",
	      out);
}

void compare_print_markdown(FILE *out, const struct compare_output *output)
{
	char *summary = compare_summary(output->comparison);

	fprintf(out, "### %s\n\n", summary);
	print_heads(out, output->comparison);
	print_functions(out, output);
	print_limits(out, output);
	print_details(out, output->comparison);
	free(summary);
}
