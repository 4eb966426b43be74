#include "plugin/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

static int set(struct error *error, enum exit_status status, const char *format, va_list arguments)
{
	char line[sizeof error->text];

	vsnprintf(line, sizeof line, format, arguments);
	text_clean(line);
	error->exit = status;
	memcpy(error->text, line, sizeof line);
	return -1;
}

int error_set(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set(error, EXIT_ERROR, format, arguments);
	va_end(arguments);
	return -1;
}

int error_usage(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set(error, EXIT_USAGE, format, arguments);
	va_end(arguments);
	return -1;
}

int error_prefix(struct error *error, const char *format, ...)
{
	char line[2 * sizeof error->text + 2]; /* both, and what is between them */
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	vsnprintf(line, sizeof error->text, format, arguments);
	va_end(arguments);
	length = strlen(line);
	snprintf(line + length, sizeof line - length, ": %s", error->text);
	line[sizeof error->text - 1] = '\0';
	text_clean(line);
	memcpy(error->text, line, sizeof error->text);
	return -1;
}

void error_release(struct error *error)
{
	free(error->detail);
	error->detail = NULL;
}
