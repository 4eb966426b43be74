#include "plugin/compare_limit.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/statistics.h"
#include "plugin/text.h"

#define NUMBER_MAX 1e6

static const char *const metrics[] = {
	"cost",         "function",     "rate",         "errors",         "p50",
	"p90",          "p95",          "p99",          "p99.9",          "response-p50",
	"response-p90", "response-p95", "response-p99", "response-p99.9", NULL};

static int malformed(const char *text, const char *at, struct error *error, const char *what)
{
	return error_usage(
		error,
		"--fail-on '%s': column %d: %s; it is METRIC>NUMBER%%, as in 'cost>5%%' or 'rate<-5%%'", text,
		(int)(at - text) + 1, what);
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

static const char *find_metric(const char *name)
{
	for (size_t i = 0; metrics[i]; i++)
		if (strcmp(metrics[i], name) == 0)
			return metrics[i];
	return NULL;
}

static int unknown_metric(const char *text, const char *at, const char *name, struct error *error)
{
	const char *near = text_nearest(name, metrics);

	if (near)
		return error_usage(error,
		                   "--fail-on '%s': column %d: unknown metric '%s'; did you mean '%s'?", text,
		                   (int)(at - text) + 1, name, near);
	return error_usage(
		error,
		"--fail-on '%s': column %d: unknown metric '%s'; there are cost, function, rate, errors, "
		"p50, p90, p95, p99, p99.9 and response-p50 to response-p99.9",
		text, (int)(at - text) + 1, name);
}

static int parse_number(const char *text, const char *at, bool below, double *ret, struct error *error)
{
	const char *start = at;
	char *end;
	double number;

	if (below && *at != '-')
		return malformed(text, at, error, "a fall is a number below 0");
	if (!below && *at == '-')
		return malformed(text, at, error, "a rise is no number below 0; a fall is written '<-5%'");
	if (*at == '-')
		at++;
	if (!isdigit((unsigned char)*at) || at[strspn(at, "0123456789.")] == 'x')
		return malformed(text, at, error, "a number is wanted");
	number = strtod(at, &end);
	if (number > NUMBER_MAX)
		return malformed(text, start, error, "the number is too large");
	at = skip_blanks(end);
	if (*at != '%')
		return malformed(text, at, error, "'%' is wanted behind the number");
	at = skip_blanks(at + 1);
	if (*at)
		return malformed(text, at, error,
		                 "there is more than one condition; give --fail-on for each");
	*ret = (below ? -number : number) / 100;
	return 0;
}

int compare_limit_parse(const char *text, struct compare_limit *ret, struct error *error)
{
	const char *at = skip_blanks(text), *start = at;
	struct compare_limit limit = {.text = text};
	size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
	char name[64];

	if (!length)
		return malformed(text, at, error, "a metric is wanted");
	snprintf(name, sizeof name, "%.*s", (int)(length < 60 ? length : 60), at);
	if (!find_metric(name))
		return unknown_metric(text, start, name, error);
	limit.metric = find_metric(name);
	at = skip_blanks(at + length);
	if (*at != '>' && *at != '<')
		return malformed(text, at, error, "'>' or '<' is wanted behind the metric");
	if (parse_number(text, skip_blanks(at + 1), *at == '<', &limit.limit, error) < 0)
		return -1;
	*ret = limit;
	return 0;
}

/* ---- checking --------------------------------------------------------------------------- */

/* The change that the limit speaks of, and the one furthest that way which the interval holds. */
static double change_of(const struct compare_row *row, bool below, double *ret_far)
{
	if (row->kind == COMPARE_FAILED) {
		*ret_far = compare_hidden(row);
		return row->effect.value[NEW] - row->effect.value[BASE];
	}
	*ret_far = below ? row->effect.low : row->effect.high;
	return row->effect.change;
}

static bool beyond(double change, double limit, bool below)
{
	return below ? change < limit : change > limit;
}

static enum compare_state state_of(const struct compare_row *row, double limit, bool below)
{
	double far, change = change_of(row, below, &far);

	if (row->unknown || !row->tested)
		return row->kind == COMPARE_FAILED && !row->unknown && beyond(0, far, true) &&
		                       far < fabs(limit)
		               ? LIMIT_HOLDS
		               : LIMIT_UNDECIDED;
	if (beyond(change, limit, below) && row->effect.p < STATISTICS_LEVEL)
		return LIMIT_BROKEN;
	if (row->kind == COMPARE_FAILED)
		return far > fabs(limit) && row->effect.p >= STATISTICS_LEVEL ? LIMIT_UNDECIDED : LIMIT_HOLDS;
	return isnan(far) || beyond(far, limit, below) ? LIMIT_UNDECIDED : LIMIT_HOLDS;
}

/* The function that changed most that way, of those that are findings. */
static void check_functions(struct compare_limit *limit, const struct comparison *comparison, bool below)
{
	limit->state = comparison->functions.count ? LIMIT_HOLDS : LIMIT_ABSENT;
	for (size_t i = 0; i < comparison->functions.count; i++) {
		const struct compare_row *row = &comparison->functions.items[i];

		if (!row->told || !beyond(row->points, limit->limit, below) ||
		    (limit->row && fabs(limit->row->points) >= fabs(row->points)))
			continue;
		limit->state = LIMIT_BROKEN;
		limit->row = row;
	}
}

void compare_limit_check(struct compare_limit *limit, const struct comparison *comparison)
{
	bool below = strchr(limit->text, '<') != NULL;

	limit->state = LIMIT_ABSENT;
	limit->row = NULL;
	if (strcmp(limit->metric, "function") == 0) {
		check_functions(limit, comparison, below);
		return;
	}
	for (size_t i = 0; i < comparison->heads.count; i++) {
		const struct compare_row *row = &comparison->heads.items[i];

		if (strcmp(row->name, limit->metric) != 0)
			continue;
		limit->row = row;
		limit->state = state_of(row, limit->limit, below);
	}
}

const char *compare_state_name(enum compare_state state)
{
	static const char *const names[] = {"holds", "undecided", "broken", "absent"};

	return names[state];
}
