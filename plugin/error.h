/*
 * The plugin's error object: one line and the exit status it leads to.
 * Every fallible function takes it last, returns 0 or -1, and leaves it alone
 * on success. Lines are lower case, without a full stop or newline, and already
 * printable: error_set cleans control characters out of what it formats.
 */
#ifndef PLUGIN_ERROR_H
#define PLUGIN_ERROR_H

#include <stdarg.h>

/* Exit statuses, documented in README.md. */
enum exit_status {
	EXIT_GOOD = 0,
	EXIT_ERROR = 1,
	EXIT_USAGE = 2,
	EXIT_UNTRUSTED = 98,
	EXIT_THRESHOLD = 99,
	EXIT_INTERRUPTED = 130,
};

struct error {
	enum exit_status exit;
	char text[1024];
	char *detail; /* further lines to print below (a Role, a list), malloc'd or NULL */
};

/* Sets the line (exit 1). Always returns -1, so that callers can `return error_set(...)`. */
int error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with exit 2: the user asked for something that cannot be. */
int error_usage(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts "CONTEXT: " in front of the line. Always returns -1. */
int error_prefix(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Frees `detail`. */
void error_release(struct error *error);

#endif
