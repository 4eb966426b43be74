#include "plugin/report_names.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/report_write.h"
#include "plugin/text.h"

/* FNV-1a. */
static size_t hash(const char *text)
{
	uint64_t value = 14695981039346656037U;

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 1099511628211U;
	return (size_t)(value ^ value >> 32);
}

static uint32_t *slot_of(const struct report_names *names, const char *name)
{
	size_t at = hash(name);

	for (;; at++) {
		uint32_t *slot = &names->slots[at & (names->slot_count - 1)];

		if (!*slot || strcmp(names->items[*slot - 1], name) == 0)
			return slot;
	}
}

static void grow(struct report_names *names)
{
	free(names->slots);
	names->slot_count = names->slot_count ? 2 * names->slot_count : 1024;
	names->slots = xcalloc(names->slot_count, sizeof *names->slots);
	for (size_t i = 0; i < names->count; i++)
		*slot_of(names, names->items[i]) = (uint32_t)i + 1;
}

uint32_t report_names_number(struct report_names *names, const char *name)
{
	uint32_t *slot;

	if (2 * (names->count + 1) > names->slot_count)
		grow(names);
	slot = slot_of(names, name);
	if (!*slot) {
		if (names->count == names->room) {
			names->room = names->room ? 2 * names->room : 256;
			names->items = xrealloc(names->items, names->room * sizeof *names->items);
		}
		names->items[names->count++] = name;
		*slot = (uint32_t)names->count;
	}
	return *slot - 1;
}

void report_names_write(FILE *out, const struct report_names *names)
{
	fputc('[', out);
	for (size_t i = 0; i < names->count; i++) {
		if (i)
			fputc(',', out);
		report_text_cut(out, names->items[i], REPORT_NAME_MAX);
	}
	fputc(']', out);
}

void report_names_release(struct report_names *names)
{
	free(names->items);
	free(names->slots);
	*names = (struct report_names){0};
}
