/* What every cmocka test needs before cmocka.h, and small helps. */
#ifndef TESTS_PLUGIN_TEST_H
#define TESTS_PLUGIN_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "plugin/error.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Fails, and prints both, unless `text` holds `part`. */
#define assert_has(text, part)     has_part(text, part, true, __FILE__, __LINE__)
#define assert_has_not(text, part) has_part(text, part, false, __FILE__, __LINE__)
void has_part(const char *text, const char *part, bool wanted, const char *file, int line);

/* A folder of the test's own, removed with all that is in it by folder_remove. */
const char *folder_make(void);
void folder_remove(void);
/* FOLDER/NAME, good until the ninth call from here. */
const char *path_of(const char *name);
/* Writes FOLDER/NAME, making folders in between; returns its path as path_of. */
const char *file_write(const char *name, const char *text);
void file_mode(const char *name, unsigned mode);

/* Parses JSON with ' for "; fails the test when it is none. */
cJSON *json_of(const char *text);

#endif
