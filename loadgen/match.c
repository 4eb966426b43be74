#include "loadgen/match.h"

#include <string.h>

int lg_pattern_init(struct lg_pattern *pattern, const char *text)
{
	size_t size = strlen(text), length = 0;

	if (size > LG_PATTERN_MAX)
		return -1;
	*pattern = (struct lg_pattern){.size = size};
	memcpy(pattern->text, text, size);
	for (size_t i = 1; i < size; i++) {
		while (length && text[i] != text[length])
			length = pattern->back[length - 1];
		length += text[i] == text[length];
		pattern->back[i] = (uint16_t)length;
	}
	return 0;
}

void lg_match_feed(struct lg_match *match, const char *data, size_t size)
{
	const struct lg_pattern *pattern = match->pattern;

	if (!pattern || match->found)
		return;
	for (size_t i = 0; i < size; i++) {
		while (match->length && data[i] != pattern->text[match->length])
			match->length = pattern->back[match->length - 1];
		match->length = (uint16_t)(match->length + (data[i] == pattern->text[match->length]));
		if (match->length == pattern->size) {
			match->found = true;
			return;
		}
	}
}
