/* The page's names, each once, by number: a profile says them many times over. */
#ifndef PLUGIN_REPORT_NAMES_H
#define PLUGIN_REPORT_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct report_names {
	const char **items; /* borrowed */
	size_t count, room;
	uint32_t *slots; /* a hash table of numbers + 1, its size a power of two */
	size_t slot_count;
};

/* The number of a name, which has to outlive the names. */
uint32_t report_names_number(struct report_names *names, const char *name);
/* A JSON list of all. */
void report_names_write(FILE *out, const struct report_names *names);
void report_names_release(struct report_names *names);

#endif
