#include "plugin/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

__attribute__((format(printf, 3, 0))) static int set(struct error *error, enum exit_status status,
                                                     const char *format, va_list arguments)
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
	char prefix[sizeof error->text], *line;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(prefix, sizeof prefix, format, arguments);
	va_end(arguments);
	line = xprintf("%s: %s", prefix, error->text);
	text_clean(line);
	snprintf(error->text, sizeof error->text, "%s", line);
	free(line);
	return -1;
}

void error_release(struct error *error)
{
	free(error->detail);
	error->detail = NULL;
}
