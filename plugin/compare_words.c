#include "plugin/compare_words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/figures.h"
#include "plugin/text.h"
#include "plugin/text_out.h"

/* 0.071 -> "7.1%": two digits, down to a ten-thousandth of a per cent. */
static const char *percent(double part, char ret[32])
{
	double value = fabs(100 * part);
	int decimals = value >= 9.95      ? 0
	               : value >= 0.995   ? 1
	               : value >= 0.0995  ? 2
	               : value >= 0.00995 ? 3
	                                  : 4;

	snprintf(ret, 32, "%.*f%%", value > 0 ? decimals : 0, value);
	return ret;
}

/* Beyond this there is nothing to learn from the number. */
#define HIDDEN_MOST 1.0

static const char *direction(const struct compare_row *row)
{
	bool more = row->effect.value[NEW] > row->effect.value[BASE];

	switch (row->kind) {
	case COMPARE_RATE:
		return more ? "higher" : "lower";
	case COMPARE_FAILED:
		return more ? "more" : "fewer";
	default:
		return more ? "slower" : "faster";
	}
}

const char *compare_hidden_words(const struct compare_row *row, char ret[WORDS_SIZE])
{
	double hidden = compare_hidden(row);
	char bound[32];

	if (isnan(hidden) || hidden > HIDDEN_MOST)
		snprintf(ret, WORDS_SIZE, "it varies too much to tell");
	else
		snprintf(ret, WORDS_SIZE, "a change under %s%s could hide", percent(hidden, bound),
		         row->kind == COMPARE_FAILED ? " of the requests" : "");
	return ret;
}

/* " ± 2.0%"; where that would reach far to what it is an error of, which it does to one side more: " (2.5% to
 * 60%)". */
static const char *interval(const struct compare_row *row, char ret[64])
{
	char low[32], high[32];

	if (compare_error(row) <= fabs(row->effect.change) / 2)
		snprintf(ret, 64, " ± %s", percent(compare_error(row), high));
	else if (row->effect.change < 0)
		snprintf(ret, 64, " (%s%s to %s)", row->effect.high > 0 ? "-" : "",
		         percent(row->effect.high, low), percent(row->effect.low, high));
	else
		snprintf(ret, 64, " (%s%s to %s)", row->effect.low < 0 ? "-" : "",
		         percent(row->effect.low, low), percent(row->effect.high, high));
	return ret;
}

const char *compare_words(const struct compare_row *row, char ret[WORDS_SIZE])
{
	char change[32], error[64], hidden[WORDS_SIZE];
	double difference = row->effect.value[NEW] - row->effect.value[BASE];

	if (row->unknown)
		snprintf(ret, WORDS_SIZE, "not told: how much it varies is not known");
	else if (row->kind != COMPARE_FAILED && !row->tested)
		snprintf(ret, WORDS_SIZE, "not told: too few samples");
	else if (!row->told)
		snprintf(ret, WORDS_SIZE, "not distinguishable (%.150s)", compare_hidden_words(row, hidden));
	else if (row->kind == COMPARE_FAILED)
		snprintf(ret, WORDS_SIZE, "%s by %s of the requests", direction(row),
		         percent(difference, change));
	else if (isnan(row->effect.change))
		snprintf(ret, WORDS_SIZE, "%s",
		         row->effect.value[NEW] > 0 ? "only in the new runs" : "only in the base");
	else
		snprintf(ret, WORDS_SIZE, "%s by %s%s", direction(row), percent(row->effect.change, change),
		         interval(row, error));
	return ret;
}

const char *compare_change(const struct compare_row *row, char ret[64])
{
	char change[32], error[64];

	if (isnan(row->effect.change))
		snprintf(ret, 64, "%s", row->effect.value[NEW] > 0 ? "new" : "gone");
	else
		snprintf(ret, 64, "%s%s%s", row->effect.change < 0 ? "-" : "+",
		         percent(row->effect.change, change), interval(row, error));
	return ret;
}

static bool has_requests(const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->run_count; i++)
		if (run_read_number(&comparison->runs[i].read, "load/window/requests", 0) <= 0)
			return false;
	return true;
}

const char *compare_value(const struct comparison *comparison, const struct compare_row *row, int side,
                          char ret[32])
{
	double value = row->effect.value[side];
	char count[32];

	if (isnan(value))
		snprintf(ret, 32, "-");
	else if (row->kind == COMPARE_RATE)
		snprintf(ret, 32, "%s/s", figure_count(value, count));
	else if (row->kind == COMPARE_LATENCY)
		figure_time(value * 1e3, ret);
	else if (row->kind == COMPARE_FAILED)
		percent(value, ret);
	else if (has_requests(comparison))
		figure_time(value, ret);
	else
		snprintf(ret, 32, "%.3g cores", value);
	return ret;
}

const char *compare_title(const struct comparison *comparison, const struct compare_row *row, char ret[32])
{
	if (row->kind == COMPARE_COST)
		snprintf(ret, 32, "%s", has_requests(comparison) ? "CPU a request" : "CPU");
	else if (row->kind == COMPARE_RATE)
		snprintf(ret, 32, "Rate");
	else if (row->kind == COMPARE_FAILED)
		snprintf(ret, 32, "Errors");
	else if (strncmp(row->name, "response-", 9) == 0)
		snprintf(ret, 32, "Response %s", row->name + 9);
	else
		snprintf(ret, 32, "Latency %s", row->name);
	return ret;
}

const char *compare_run_words(const struct compare_run *run, char ret[WORDS_SIZE])
{
	const char *verdict = run_read_text(&run->read, "verdict/verdict");
	char window[32], requests[32], cores[32] = "no CPU profile";

	if (run->cores >= 0)
		snprintf(cores, sizeof cores, "%.2f cores", run->cores);
	snprintf(ret, WORDS_SIZE, "%s, %s requests, %s, %.30s",
	         figure_time(run_read_number(&run->read, "load/window/seconds", 0) * 1e9, window),
	         figure_count(run_read_number(&run->read, "load/window/requests", 0), requests), cores,
	         verdict ? verdict : "no verdict");
	text_clean(ret);
	return ret;
}

size_t compare_told(const struct comparison *comparison, size_t *ret_tested)
{
	size_t told = 0;

	*ret_tested = 0;
	for (size_t i = 0; i < comparison->functions.count; i++) {
		told += comparison->functions.items[i].told;
		*ret_tested += comparison->functions.items[i].tested;
	}
	return told;
}

const struct compare_row *compare_largest_other(const struct comparison *comparison)
{
	const struct compare_row *ret = NULL;
	double most = 0;

	for (size_t i = 0; i < comparison->functions.count; i++) {
		const struct compare_row *row = &comparison->functions.items[i];
		double samples = row->effect.count[BASE] + row->effect.count[NEW];

		if (row->told || !row->tested || isnan(compare_hidden(row)) || samples <= most)
			continue;
		most = samples;
		ret = row;
	}
	return ret;
}

/* The titles of the findings that go one way. */
static void list_heads(FILE *out, const struct comparison *comparison, const char *word,
                       const char **separator)
{
	bool first = true;
	char title[32];

	for (size_t i = 0; i < comparison->heads.count; i++) {
		const struct compare_row *row = &comparison->heads.items[i];

		if (!row->told || strcmp(direction(row), word) != 0)
			continue;
		fputs(first ? *separator : ", ", out);
		if (first)
			fprintf(out, "%s: ", word);
		fputs(compare_title(comparison, row, title), out);
		first = false;
		*separator = "; ";
	}
}

char *compare_summary(const struct comparison *comparison)
{
	static const char *const words[] = {"slower", "faster", "lower", "higher", "more", "fewer"};
	const char *separator = "";
	size_t tested, told = compare_told(comparison, &tested);
	struct text_out text;
	FILE *out;

	text_out_begin(&text);
	out = text.file;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		list_heads(out, comparison, words[i], &separator);
	if (!*separator)
		fputs("nothing distinguishable in the figures as a whole", out);
	if (tested)
		fprintf(out, "; %zu of %zu functions differ%s", told, tested, told == 1 ? "s" : "");
	return text_out_end(&text, NULL);
}

char *compare_limit_words(const struct comparison *comparison, const struct compare_limit *limit)
{
	const struct compare_row *row = limit->row;
	char words[WORDS_SIZE], base[32], new[32], part[32];

	if (limit->state == LIMIT_ABSENT)
		return xstrdup("the runs have no such figure");
	if (!row)
		return xstrdup("no function changed by more");
	if (row->kind == COMPARE_FUNCTION)
		return xprintf("%s, %s, %s of the whole cost", row->name, compare_words(row, words),
		               percent(row->points, part));
	return xprintf("%s -> %s, %s", compare_value(comparison, row, BASE, base),
	               compare_value(comparison, row, NEW, new), compare_words(row, words));
}
