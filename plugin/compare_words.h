/* A comparison in words, for every form of output. Private to compare_*.c. */
#ifndef PLUGIN_COMPARE_WORDS_H
#define PLUGIN_COMPARE_WORDS_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "plugin/compare.h"
#include "plugin/compare_limit.h"

#define WORDS_SIZE 200

/* "slower by 7.1% ± 2.0%", "not distinguishable (a change under 4% could hide)"; ± is an interval of 95 %. */
const char *compare_words(const struct compare_row *row, char ret[WORDS_SIZE]);
/* "a change under 4% could hide", "it varies too much to tell". */
const char *compare_hidden_words(const struct compare_row *row, char ret[WORDS_SIZE]);
/* A value of the row as people read it: "112us", "7,812/s", "0.02%". */
const char *compare_value(const struct comparison *comparison, const struct compare_row *row, int side,
                          char ret[32]);
/* "CPU a request", "Rate", "Latency p99", "Response p99", "Errors". */
const char *compare_title(const struct comparison *comparison, const struct compare_row *row, char ret[32]);
/* "+72% ± 28%", "new", "gone". */
const char *compare_change(const struct compare_row *row, char ret[64]);
/* A run in a line: "30.1s, 236,288 requests, 0.98 cores, trusted". */
const char *compare_run_words(const struct compare_run *run, char ret[WORDS_SIZE]);
/* "slower: CPU a request, Latency p99; 1 of 61 functions differs"; malloc'd. */
char *compare_summary(const struct comparison *comparison);
/* Why a limit is as it is; malloc'd. */
char *compare_limit_words(const struct comparison *comparison, const struct compare_limit *limit);

/* How many functions are findings, and how many were tested. */
size_t compare_told(const struct comparison *comparison, size_t *ret_tested);
/* The function of most samples that is no finding; NULL: there is none. */
const struct compare_row *compare_largest_other(const struct comparison *comparison);

/* The forms: `top` functions at most. */
struct compare_output {
	const struct comparison *comparison;
	const struct compare_limit *limits;
	size_t limit_count;
	unsigned top;
};
void compare_print_text(FILE *out, const struct compare_output *output);
void compare_print_markdown(FILE *out, const struct compare_output *output);
void compare_print_junit(FILE *out, const struct compare_output *output);
cJSON *compare_json(const struct compare_output *output);

#endif
