#include "plugin/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Length of the valid UTF-8 sequence at p (RFC 3629), 0 if there is none. */
static size_t utf8_length(const unsigned char *p)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = *p < 0x80 ? 1 : *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
	uint32_t point;

	if (length == 1)
		return 1;
	if (*p < 0xc2 || *p > 0xf4)
		return 0;
	point = *p & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (p[i] & 0x3fU);
	}
	if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return length;
}

/* Characters that make a terminal show text in another order than it has (Unicode TR 36, 3.3), and U+2028/9.
 */
static int reorders(const unsigned char *p, size_t length)
{
	if (length == 2)
		return p[0] == 0xd8 && p[1] == 0x9c; /* U+061C */
	if (length != 3 || p[0] != 0xe2)
		return 0;
	return (p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xa8 && p[2] <= 0xae))) ||
	       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

void text_clean(char *text)
{
	unsigned char *p = (unsigned char *)text;

	while (*p) {
		size_t length = utf8_length(p);
		int control = *p < 0x20 || *p == 0x7f || (length == 2 && *p == 0xc2 && p[1] < 0xa0) ||
		              reorders(p, length);

		if (length == 0)
			length = 1, control = 1;
		if (control)
			memset(p, '?', length);
		p += length;
	}
}

void *xchecked(void *memory)
{
	if (!memory) {
		fputs("error: out of memory\n", stderr);
		_Exit(1);
	}
	return memory;
}

void *xcalloc(size_t count, size_t size)
{
	return xchecked(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t size)
{
	return xchecked(realloc(old, size ? size : 1));
}

char *xstrdup(const char *text)
{
	return text ? xchecked(strdup(text)) : NULL;
}

char *xstrndup(const char *text, size_t length)
{
	return xchecked(strndup(text, length));
}

char *xprintf(const char *format, ...)
{
	va_list arguments;
	char *ret = NULL;
	int length;

	va_start(arguments, format);
	length = vasprintf(&ret, format, arguments);
	va_end(arguments);
	return xchecked(length < 0 ? NULL : ret);
}

/* Levenshtein distance, for words shorter than 64 characters. */
static size_t distance(const char *a, const char *b)
{
	size_t row[65], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j], best = diagonal + (a[i - 1] != b[j - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = above;
			row[j] = best;
		}
	}
	return row[n];
}

const char *text_nearest(const char *word, const char *const *names)
{
	size_t best = strlen(word) / 3 + 2;
	const char *ret = NULL;

	if (strlen(word) > 64)
		return NULL;
	for (; *names; names++) {
		size_t d = strlen(*names) > 64 ? best : distance(word, *names);

		if (d < best)
			best = d, ret = *names;
	}
	return ret;
}

void text_wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
}
