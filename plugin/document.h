/* Printing a JSON tree as JSON or YAML. */
#ifndef PLUGIN_DOCUMENT_H
#define PLUGIN_DOCUMENT_H

#include <cjson/cJSON.h>
#include <stdio.h>

enum document_format { DOCUMENT_TEXT, DOCUMENT_JSON, DOCUMENT_YAML };
extern const char *const document_formats[]; /* "text", "json", "yaml", NULL */

/* One document, ending in a newline; format is DOCUMENT_JSON or DOCUMENT_YAML. */
void document_print(FILE *out, const cJSON *json, int format);

#endif
