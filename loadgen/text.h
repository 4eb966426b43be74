/* Error lines of LG_ERROR_SIZE. */
#ifndef LOADGEN_TEXT_H
#define LOADGEN_TEXT_H

#include <stddef.h>

/* Writes the line, cut to LG_ERROR_SIZE, control and non-ASCII bytes as '?'. Returns -1 always. */
int lg_error_set(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How many bytes of a text are quoted in a line, that the reason behind it is not cut off. */
int lg_text_shown(const char *from, const char *end);

/* A token of RFC 9110, section 5.6.2, not empty. */
int lg_text_is_token(const char *text, size_t length);

#endif
