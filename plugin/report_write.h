/*
 * Writing what others wrote into the page: as JSON inside a script element, or
 * as HTML text. What a terminal would act on is '?' there too (text_clean), text
 * is cut at a number of bytes, and '<' never stands as itself, so that nothing
 * in it can end the element.
 */
#ifndef PLUGIN_REPORT_WRITE_H
#define PLUGIN_REPORT_WRITE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define REPORT_NAME_MAX 300  /* bytes of a name of a profile */
#define REPORT_TEXT_MAX 1000 /* bytes of any other text */

/* Cleaned and cut to `most` bytes, "..." at its end if it was longer; malloc'd. */
char *report_cut(const char *text, size_t most);

/* A JSON string, quotes and all, of at most so many bytes of the text. */
void report_text_cut(FILE *out, const char *text, size_t most);
void report_text(FILE *out, const char *text);
/* "NAME": in front of a value, with a comma before it unless `first`. */
void report_name(FILE *out, const char *name, bool first);
/* A JSON number: whole ones as such, others to seven digits; null when it is none. */
void report_number(FILE *out, double value);
/* A document with its texts cut, its lists cut to REPORT_LIST_MAX, and without members named `without` (NULL:
 * none). */
void report_document(FILE *out, const cJSON *json, const char *without);

#define REPORT_LIST_MAX 200

/* Text of an HTML element or of an attribute in double quotes. */
void report_html(FILE *out, const char *text);

#endif
