#include "plugin/text_out.h"

#include <string.h>

#include "plugin/text.h"

#define FIRST_ROOM 4096

static ssize_t take(void *cookie, const char *bytes, size_t size)
{
	struct text_out *out = cookie;

	while (out->room - out->size <= size)
		out->text = xrealloc(out->text, out->room *= 2);
	memcpy(out->text + out->size, bytes, size);
	out->size += size;
	return (ssize_t)size;
}

void text_out_begin(struct text_out *ret)
{
	*ret = (struct text_out){.text = xcalloc(1, FIRST_ROOM), .room = FIRST_ROOM};
	ret->file = xchecked(fopencookie(ret, "w", (cookie_io_functions_t){.write = take}));
}

char *text_out_end(struct text_out *out, size_t *ret_size)
{
	fclose(out->file);
	out->text[out->size] = '\0';
	if (ret_size)
		*ret_size = out->size;
	return out->text;
}
