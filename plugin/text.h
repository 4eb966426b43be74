/* Strings: cleaning what others wrote, allocation that cannot fail, nearest names. */
#ifndef PLUGIN_TEXT_H
#define PLUGIN_TEXT_H

#include <stddef.h>

/*
 * Replaces by '?', in place, each byte of what a terminal would act on (C0, DEL,
 * C1 in UTF-8, the characters that change the direction of text) and each byte
 * that is not valid UTF-8.
 */
void text_clean(char *text);

/* malloc and friends that end the program when memory is out (one line, exit 1). */
void *xchecked(void *memory); /* itself, if it is not NULL */
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text); /* NULL gives NULL */
char *xstrndup(const char *text, size_t length);
char *xprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The name among `names` (NULL-terminated) nearest to `word`, or NULL if none is near. */
const char *text_nearest(const char *word, const char *const *names);

/* Overwrites a secret before it is freed. NULL is fine. */
void text_wipe(char *secret);

#endif
