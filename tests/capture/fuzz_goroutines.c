/*
 * Fuzzes dumps of goroutines: what parses adds up, and can be compared with itself. tests/fuzz drives it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static void printable(const char *text)
{
	check(text && strlen(text) <= 1024);
	for (; *text; text++)
		check((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void walk(const struct cap_goroutines *dump)
{
	uint64_t total = 0;

	for (size_t i = 0; i < dump->count; i++) {
		const struct cap_goroutine_group *group = &dump->groups[i];

		total += group->count;
		printable(group->state);
		for (size_t f = 0; f < group->frame_count; f++) {
			printable(group->frames[f].function);
			printable(group->frames[f].file);
		}
	}
	check(total == dump->total && dump->count);
}

static void compare(const struct cap_goroutines *dump)
{
	struct cap_growth *rows;
	size_t count;

	check(cap_goroutines_compare(dump, dump, dump, &rows, &count, NULL) == CAP_OK);
	check(count == dump->count);
	for (size_t i = 0; i < count; i++) {
		check(rows[i].idle == rows[i].loaded && rows[i].idle == rows[i].after);
		check(rows[i].suspect != CAP_SUSPECT_LEAK);
	}
	free(rows);
	check(cap_goroutines_compare(NULL, dump, NULL, &rows, &count, NULL) == CAP_OK);
	free(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cap_goroutines dump = {0};
	struct cap_error error = {.status = CAP_OK};

	if (cap_goroutines_parse(data, size, &dump, &error) != CAP_OK) {
		check(!dump.groups && error.status != CAP_OK && *error.text);
		return 0;
	}
	walk(&dump);
	compare(&dump);
	cap_goroutines_release(&dump);
	return 0;
}
