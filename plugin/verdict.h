/*
 * Can the run be trusted? A list of checks, each with a level and one line
 * that gives the figure it rests on and, where it is not good, what to do.
 */
#ifndef PLUGIN_VERDICT_H
#define PLUGIN_VERDICT_H

#include <stddef.h>

enum check_level { CHECK_OK, CHECK_UNKNOWN, CHECK_WARN, CHECK_FAIL };

struct check {
	const char *name; /* "steady": stable, for machines */
	enum check_level level;
	char text[320];
};

#define CHECKS_MAX 16

struct verdict {
	struct check checks[CHECKS_MAX];
	size_t count;
	enum check_level level; /* the worst; CHECK_UNKNOWN counts as CHECK_WARN */
};

/* Samples that a CPU profile should have: its largest functions are then known to a few per cent. */
#define VERDICT_SAMPLES 500

struct outcome;

/* From all else in the outcome. */
void verdict_make(const struct outcome *outcome, struct verdict *ret);

/* "ok", "unknown", "warn", "fail". */
const char *check_level_name(enum check_level level);
/* "trusted", "trusted with reservations", "not trusted". */
const char *verdict_word(const struct verdict *verdict);

#endif
