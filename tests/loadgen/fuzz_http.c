/*
 * Fuzzes the answer parser: the first byte says HEAD or not and how the rest is
 * cut; whole and in pieces must come to the same. tests/fuzz drives it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "loadgen/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum lg_http_progress parse(struct lg_http *http, const char *text, size_t size, size_t step,
                                   size_t *used)
{
	enum lg_http_progress progress = LG_HTTP_MORE;

	*used = 0;
	for (size_t at = 0; at < size && progress == LG_HTTP_MORE; at += step) {
		size_t piece = step < size - at ? step : size - at, taken;

		progress = lg_http_feed(http, text + at, piece, &taken);
		*used += taken;
	}
	return progress;
}

/* The same answer once more, its head remembered. */
static struct lg_http remembered(const char *text, size_t size, bool head_only)
{
	static struct lg_http_memo memo;
	struct lg_http http;
	size_t used;

	memo.size = 0;
	for (int i = 0; i < 2; i++) {
		lg_http_begin(&http, head_only);
		http.memo = &memo;
		parse(&http, text, size, size, &used);
	}
	return http;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lg_http whole, pieces, again;
	size_t whole_used, pieces_used;
	const char *text = (const char *)data + 1;

	if (size < 2)
		return 0;
	lg_http_begin(&whole, data[0] & 1);
	lg_http_begin(&pieces, data[0] & 1);
	if (parse(&whole, text, size - 1, size, &whole_used) !=
	            parse(&pieces, text, size - 1, 1 + data[0] % 13, &pieces_used) ||
	    whole.error != pieces.error || whole.status != pieces.status)
		abort();
	again = remembered(text, size - 1, data[0] & 1);
	if (whole.error != again.error || whole.status != again.status || whole.left != again.left ||
	    whole.keep_alive != again.keep_alive)
		abort();
	if (!whole.error && (whole_used != pieces_used || whole.keep_alive != pieces.keep_alive))
		abort();
	if (lg_http_end(&whole) != lg_http_end(&pieces) || whole.head > LG_HTTP_MAX_HEAD)
		abort();
	return 0;
}
