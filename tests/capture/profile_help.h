/* What the tests of profiles share: files, and profiles made by hand. */
#ifndef TESTS_CAPTURE_PROFILE_HELP_H
#define TESTS_CAPTURE_PROFILE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/capture.h"
#include "capture/proto.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

struct bytes {
	unsigned char *data;
	size_t size;
};

/* A file of tests/capture/profiles, malloc'd. Fails the test when it cannot be read. */
struct bytes bytes_read(const char *name);
/* The same, decompressed. */
struct bytes bytes_plain(const char *name);
/* Parsed; fails the test when it is none. */
struct cap_profile *profile_read(const char *name);
struct cap_profile *profile_parsed(const void *data, size_t size);

/*
 * A profile by hand: string 1 "value", 2 "count", 3 and on those given (up to
 * NULL); one sample type, "value" in "count". The rest is put with proto_put.
 */
struct proto_buffer made_begin(const char *string, ...);
/* A function, and a location of the same id that has it: `name` is a string's number. */
void made_function(struct proto_buffer *buffer, uint64_t id, uint64_t name);
/* A sample of one value; location ids up to 0, the leaf first. */
void made_sample(struct proto_buffer *buffer, int64_t value, ...);
struct cap_profile *made_end(struct proto_buffer *buffer);

/* Rows as "flat cum name", by newlines, malloc'd. */
char *rows_of(const struct cap_profile *profile, const char *type, bool by_cum);

#endif
