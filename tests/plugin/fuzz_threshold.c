/*
 * Fuzzes thresholds: what is taken is the same when it is written and read again, and can be evaluated; what
 * is refused names a column of the text. tests/fuzz drives it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"
#include "plugin/threshold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

/* The column is behind the text, which may be cut. */
static void check_refusal(const struct error *error, const char *text)
{
	const char *at = error->text, *last = NULL;
	unsigned long column;

	check(error->exit == EXIT_USAGE && !strncmp(at, "--x: '", 6));
	while ((at = strstr(at, "', column ")))
		last = at++;
	check(last);
	column = strtoul(last + strlen("', column "), NULL, 10);
	check(column >= 1 && column <= strlen(text) + 1);
}

static void same(const struct threshold *a, const struct threshold *b)
{
	check(!strcmp(a->name, b->name) && !strcmp(a->expression, b->expression));
	check(a->metric == b->metric && a->status == b->status && a->phase == b->phase);
	check(a->method == b->method && a->percentile == b->percentile);
	check(a->op == b->op && a->number == b->number);
}

static void evaluate(const struct threshold *t)
{
	const struct lg_snapshot snapshot = {.now = 2000000000, .total.requests = 10, .total.failed = 1};
	const struct lg_plan plan = {.vus = 1};
	struct threshold_source source = threshold_source_snapshot(&snapshot, 0, &plan);
	double value = 0;
	enum threshold_verdict verdict = threshold_evaluate(t, &source, &value);

	if (verdict == THRESHOLD_HOLDS || verdict == THRESHOLD_BROKEN)
		check(t->method <= THRESHOLD_VALUE);
}

static void parse(const char *text)
{
	struct threshold t, again;
	struct error error = {0};
	char *written;

	if (threshold_parse("--x", text, METRICS, &t, &error) < 0) {
		check_refusal(&error, text);
		return;
	}
	check(t.percentile >= 0 && t.percentile <= 100 && (!t.delay_abort || t.abort_on_fail));
	evaluate(&t);
	written = xprintf("%s : %s", t.name, t.expression);
	check(threshold_parse("--x", written, METRICS, &again, &error) == 0);
	same(&t, &again);
	free(written);
	threshold_release(&t);
	threshold_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct threshold t;
	struct error error = {0};

	parse(text);
	if (threshold_parse("--x", text, METRIC_HTTP_REQ_DURATION, &t, &error) == 0)
		threshold_release(&t);
	free(text);
	return 0;
}
