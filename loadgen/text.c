#include "loadgen/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/loadgen.h"

int lg_error_set(char *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, LG_ERROR_SIZE, format, arguments);
	va_end(arguments);
	for (char *p = error; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return -1;
}

int lg_text_shown(const char *from, const char *end)
{
	return end - from < 160 ? (int)(end - from) : 160;
}

int lg_text_is_token(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (!c || c > '~' || (!isalnum(c) && !strchr("!#$%&'*+-.^_`|~", c)))
			return 0;
	}
	return length > 0;
}
