/*
 * A text that is printed into. As open_memstream, but when memory is out the program ends, as in text.h:
 * open_memstream would leave a gap in the text, and not say so.
 */
#ifndef PLUGIN_TEXT_OUT_H
#define PLUGIN_TEXT_OUT_H

#include <stdio.h>

struct text_out {
	FILE *file; /* to print into */
	char *text;
	size_t size, room;
};

/* *ret stays where it is until the end. */
void text_out_begin(struct text_out *ret);
/* The text, for the caller to free; followed by a NUL. ret_size may be NULL. */
char *text_out_end(struct text_out *out, size_t *ret_size);

#endif
