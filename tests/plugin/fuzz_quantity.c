/*
 * Fuzzes quantities: what is taken in nano, rounded up, is what is taken in milli and whole; a duration that
 * is written is read again as the same. tests/fuzz drives it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/options.h"
#include "plugin/quantity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int good)
{
	if (!good)
		abort();
}

/* Away from zero. */
static int64_t rounded(int64_t value, int64_t by)
{
	return value / by + (value % by > 0) - (value % by < 0);
}

static void a_quantity(const char *text)
{
	int64_t whole, milli, nano;
	int good = quantity_parse(text, 0, &whole);

	check(quantity_parse(text, 3, &milli) == good && quantity_parse(text, 9, &nano) == good);
	if (good < 0)
		return;
	if (llabs(nano) < INT64_MAX / 2)
		check(rounded(nano, 1000000) == milli && rounded(milli, 1000) == whole);
	if (nano >= 0 && nano < INT64_MAX / 2)
		check(quantity_milli(nano) == milli);
}

static void a_duration(const char *text)
{
	int64_t ns = duration_parse(text);
	char again[32];

	check(ns >= -1);
	if (ns >= 0 && ns != INT64_MAX)
		check(duration_parse(duration_write(ns, again)) == ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1);

	check(text != NULL);
	if (size)
		memcpy(text, data, size);
	a_quantity(text);
	a_duration(text);
	free(text);
	return 0;
}
