/*
 * Text with places that each request fills in for itself:
 *
 *     {{seq}}          its number among those of all threads, from 0
 *     {{uuid}}         a version 4 UUID, another one in each place
 *     {{rand 1 100}}   a whole number, both ends included; they may be negative
 *     {{csv.COLUMN}}   that column in row number % rows of the plan's table
 *     {{"text"}}       just that: {{"{{"}} is a plain "{{"
 *
 * White space within the braces does not count. "}}" alone is plain text.
 */
#ifndef LOADGEN_TEMPLATE_H
#define LOADGEN_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/loadgen.h"
#include "loadgen/random.h"

/* What is done to values (not to the text around them), so that they stay one value where they are put. */
enum lg_encoding {
	LG_ENCODE_NOTHING, /* a body */
	LG_ENCODE_URL,     /* all but the unreserved characters (RFC 3986, section 2.3) as %XX */
	LG_ENCODE_FIELD,   /* a header's value: control characters are left out, but for the tab */
};

/* Where a template stands, for errors. */
struct lg_place {
	const char *name;   /* "url", "body" */
	const char *origin; /* lines and columns count from here */
};

#define LG_TEMPLATE_MAX_PARTS 20000U /* places to fill in, and texts between them */

struct lg_part;

/* Zeroed: empty. Borrows the texts and the table. */
struct lg_template {
	struct lg_part *parts;
	size_t count;
	size_t most; /* bytes that it comes to at most */
};

/* What a request has to put in. */
struct lg_values {
	uint64_t seq;
	uint64_t length;         /* of the body */
	struct lg_random random; /* moves on */
};

/* The first place to fill in; NULL: none. */
const char *lg_template_find(const char *text, size_t size);

/* Behind the place at `at`; NULL: it has no end. */
const char *lg_template_skip(const char *at, const char *end);

/* Adds text at the end; the table may be NULL. 0, or -1 with a line. */
int lg_template_add(struct lg_template *template, const char *text, size_t size, enum lg_encoding encoding,
                    const struct lg_table *table, const struct lg_place *place, char error[LG_ERROR_SIZE]);
/* Adds a place for the body's length in digits; 0, or -1 when memory is out. */
int lg_template_add_length(struct lg_template *template);
void lg_template_release(struct lg_template *template);

/* Writes the text for these values, template->most bytes at most; the end of it. */
char *lg_template_render(const struct lg_template *template, struct lg_values *values, char *out);

#endif
