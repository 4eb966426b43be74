/* Looking for a text in a body that comes in pieces (Knuth, Morris, Pratt): no byte is kept. */
#ifndef LOADGEN_MATCH_H
#define LOADGEN_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LG_PATTERN_MAX 1024

struct lg_pattern {
	size_t size; /* 0: nothing is looked for */
	char text[LG_PATTERN_MAX];
	uint16_t back[LG_PATTERN_MAX]; /* length of the longest border of text[0..i] */
};

struct lg_match {
	const struct lg_pattern *pattern; /* NULL: nothing is looked for */
	uint16_t length;                  /* of the pattern's beginning that the last bytes are */
	bool found;
};

/* 0, or -1 when the text is too long. */
int lg_pattern_init(struct lg_pattern *pattern, const char *text);
void lg_match_feed(struct lg_match *match, const char *data, size_t size);

#endif
