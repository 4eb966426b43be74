#include "loadgen/http.h"

#include <string.h>

enum state {
	STATUS_LINE,
	REASON,
	FIELD_START,
	NAME,
	VALUE,
	LIST,
	HEAD_LF,
	LAST_HEAD_STATE = HEAD_LF,
	BODY,
	BODY_TO_END,
	CHUNK_SIZE,
	CHUNK_EXTENSION,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	DONE,
	BROKEN
};

enum field { OTHER, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION };

typedef const char *step_fn(struct lg_http *http, const char *at, const char *end);

static const char *fail(struct lg_http *http, const char *at, const char *error)
{
	http->error = error;
	http->state = BROKEN;
	return at;
}

void lg_http_begin(struct lg_http *http, bool head_only)
{
	memset(http, 0, offsetof(struct lg_http, token));
	http->head_only = head_only;
}

/* "HTTP/1.1 200": by position, for it may be cut anywhere. */
static const char *step_status_line(struct lg_http *http, const char *at, const char *end)
{
	static const char magic[] = "HTTP/1.";

	for (; at < end; at++, http->position++) {
		unsigned position = http->position, digit = (unsigned char)*at - (unsigned)'0';

		if (position < 7 ? *at != magic[position] : position == 7 && digit > 9)
			return fail(http, at, "the answer does not start with 'HTTP/1.'");
		if (position == 7)
			http->version_1_0 = digit == 0;
		if (position == 8 && *at != ' ')
			return fail(http, at, "malformed status line");
		if (position >= 9 && position <= 11) {
			if (digit > 9 || (position == 9 && !digit))
				return fail(http, at, "malformed status code");
			http->status = (uint16_t)(http->status * 10 + digit);
		}
		if (position == 12) {
			if (*at != ' ' && *at != '\r' && *at != '\n')
				return fail(http, at, "malformed status code");
			http->state = REASON;
			return at;
		}
	}
	return at;
}

/* To the end of the line, then the next header. */
static const char *skip_line(struct lg_http *http, const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	if (!newline)
		return end;
	http->state = FIELD_START;
	return newline + 1;
}

/* Past an interim answer: the next one starts; the ceilings go on. */
static void begin_next(struct lg_http *http)
{
	struct lg_http before = *http;

	lg_http_begin(http, before.head_only);
	http->match = before.match;
	http->memo = before.memo;
	http->head = before.head;
	http->fields = before.fields;
}

static void end_head(struct lg_http *http)
{
	bool empty = http->head_only || http->status == 204 || http->status == 304 || http->status == 101;

	if (http->status < 200 && http->status != 101) {
		begin_next(http);
		return;
	}
	http->keep_alive = !http->close && (!http->version_1_0 || (http->stay && !http->has_coding));
	if (http->status == 101)
		http->keep_alive = false;
	http->state = DONE;
	if (empty)
		return;
	if (http->has_coding ? http->chunked : http->has_length) {
		http->state = http->has_coding ? CHUNK_SIZE : http->left ? BODY : DONE;
		http->left = http->has_coding ? 0 : http->left;
		http->position = 0;
		return;
	}
	http->keep_alive = false;
	http->state = BODY_TO_END;
}

static const char *step_head_lf(struct lg_http *http, const char *at, const char *end)
{
	(void)end;
	if (*at != '\n')
		return fail(http, at, "a CR without LF in the headers");
	if (http->trailer)
		http->state = DONE;
	else
		end_head(http);
	return at + 1;
}

static bool token_is(const struct lg_http *http, const char *word)
{
	size_t length = strlen(word);

	return http->token_length == length && !memcmp(http->token, word, length);
}

static void token_add(struct lg_http *http, const char *text, size_t size)
{
	uint8_t length = http->token_length;

	for (; size && length < LG_HTTP_TOKEN; size--, text++)
		http->token[length++] = *text >= 'A' && *text <= 'Z' ? (char)(*text | 0x20) : *text;
	http->token_length = length;
}

/* Bytes that no name of a field has. */
static const bool ends_name[256] = {[0 ... ' '] = true, [':'] = true, [0x7f] = true};
/* Bytes that no word of a list has. */
static const bool ends_word[256] = {[' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true, [','] = true};

static const char *find_end(const char *at, const char *end, const bool ends[256])
{
	while (at < end && !ends[(unsigned char)*at])
		at++;
	return at;
}

/* A name is this word; letters and '-' alone have the bits of small ones of them. */
static bool name_is(const char *name, const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((name[i] | 0x20) != word[i])
			return false;
	return true;
}

static enum field field_named(const char *name, size_t length)
{
	switch (length) {
	case 10:
		return name_is(name, "connection", length) ? CONNECTION : OTHER;
	case 14:
		return name_is(name, "content-length", length) ? CONTENT_LENGTH : OTHER;
	case 17:
		return name_is(name, "transfer-encoding", length) ? TRANSFER_ENCODING : OTHER;
	default:
		return OTHER;
	}
}

static void begin_value(struct lg_http *http, const char *name, size_t length)
{
	http->field = (uint8_t)(http->trailer ? OTHER : field_named(name, length));
	http->state = http->field == OTHER ? VALUE : LIST;
	http->token_length = 0;
	http->token_ended = false;
}

/* A name that is whole and well-formed is read where it lies; step_name sees to the others. */
static const char *begin_field(struct lg_http *http, const char *at, const char *end)
{
	const char *colon = find_end(at, end, ends_name);

	if (colon == at || colon == end || *colon != ':') {
		http->token_length = 0;
		http->state = NAME;
		return at;
	}
	begin_value(http, at, (size_t)(colon - at));
	return http->state == VALUE ? skip_line(http, colon + 1, end) : colon + 1;
}

static const char *step_field_start(struct lg_http *http, const char *at, const char *end)
{
	if (*at == '\r') {
		http->state = HEAD_LF;
		return at + 1;
	}
	if (*at == '\n')
		return step_head_lf(http, at, end);
	if (*at == ' ' || *at == '\t') {
		if (http->field != OTHER || !http->fields)
			return fail(http, at, "a folded header line");
		http->state = VALUE;
		return at + 1;
	}
	if (++http->fields > LG_HTTP_MAX_FIELDS)
		return fail(http, at, "too many headers");
	return begin_field(http, at, end);
}

static const char *step_name(struct lg_http *http, const char *at, const char *end)
{
	for (; at < end; at++) {
		if (*at == ':') {
			if (!http->token_length)
				return fail(http, at, "a header without a name");
			begin_value(http, http->token, http->token_length);
			return at + 1;
		}
		if (ends_name[(unsigned char)*at])
			return fail(http, at, "malformed header line");
		token_add(http, at, 1);
	}
	return at;
}

static const char *take_length(struct lg_http *http)
{
	uint64_t length = 0;

	if (!http->token_length || http->token_length == LG_HTTP_TOKEN)
		return "malformed Content-Length";
	for (int i = 0; i < http->token_length; i++) {
		unsigned digit = (unsigned char)http->token[i] - (unsigned)'0';

		if (digit > 9)
			return "malformed Content-Length";
		length = length * 10 + digit;
	}
	if (length > INT64_MAX)
		return "malformed Content-Length";
	if (http->has_length && http->left != length)
		return "Content-Length headers that disagree";
	http->has_length = true;
	http->left = length;
	return NULL;
}

static const char *take_coding(struct lg_http *http)
{
	bool chunked = token_is(http, "chunked");

	if (!http->token_length || token_is(http, "identity"))
		return NULL;
	if (http->chunked && chunked)
		return "chunked twice in Transfer-Encoding";
	http->has_coding = true;
	http->chunked = chunked;
	return NULL;
}

/* One word of a list is complete: NULL, or what is wrong with it. */
static const char *take_token(struct lg_http *http)
{
	switch (http->field) {
	case CONTENT_LENGTH:
		return take_length(http);
	case TRANSFER_ENCODING:
		return take_coding(http);
	default:
		http->close = http->close || token_is(http, "close");
		http->stay = http->stay || token_is(http, "keep-alive");
		return NULL;
	}
}

/* A value that is a list of words between commas. */
static const char *step_list(struct lg_http *http, const char *at, const char *end)
{
	while (at < end) {
		const char *next = find_end(at, end, ends_word);

		if (next > at) {
			if (http->token_ended)
				http->token_length = LG_HTTP_TOKEN;
			token_add(http, at, (size_t)(next - at));
			at = next;
		} else if (*at != ',' && *at != '\n') {
			http->token_ended = http->token_length > 0;
			at++;
		} else {
			const char *error = take_token(http);

			if (error)
				return fail(http, at, error);
			http->token_length = 0;
			http->token_ended = false;
			if (*at++ == ',')
				continue;
			http->state = FIELD_START;
			return at;
		}
	}
	return at;
}

static const char *walk(struct lg_http *http, const char *at, const char *end, enum state next)
{
	size_t size = (size_t)(end - at);

	if (http->match)
		lg_match_feed(http->match, at, size < http->left ? size : (size_t)http->left);
	if (size < http->left) {
		http->left -= size;
		return end;
	}
	at += http->left;
	http->left = 0;
	http->state = (uint8_t)next;
	return at;
}

static const char *step_body(struct lg_http *http, const char *at, const char *end)
{
	return walk(http, at, end, DONE);
}

static const char *step_body_to_end(struct lg_http *http, const char *at, const char *end)
{
	if (http->match)
		lg_match_feed(http->match, at, (size_t)(end - at));
	return end;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *step_chunk_size_lf(struct lg_http *http, const char *at, const char *end)
{
	(void)end;
	if (*at != '\n')
		return fail(http, at, "malformed chunk size");
	http->field = OTHER;
	http->trailer = http->left == 0;
	http->state = http->left ? CHUNK_DATA : FIELD_START;
	return at + 1;
}

static const char *step_chunk_size(struct lg_http *http, const char *at, const char *end)
{
	for (; at < end; at++) {
		int digit = hex(*at);

		if (digit < 0)
			break;
		if (http->left > INT64_MAX >> 4 || ++http->position > 64)
			return fail(http, at, "chunk size too large");
		http->left = http->left << 4 | (unsigned)digit;
	}
	if (at == end)
		return at;
	if (!http->position || !strchr("\r\n; \t", *at) || !*at)
		return fail(http, at, "malformed chunk size");
	http->position = 0;
	http->state = *at == '\r' ? CHUNK_SIZE_LF : CHUNK_EXTENSION;
	return *at == '\r' ? at + 1 : at;
}

static const char *step_chunk_extension(struct lg_http *http, const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));
	size_t size = (size_t)((newline ? newline : end) - at);

	if (size + http->position > LG_HTTP_MAX_EXTENSION)
		return fail(http, at, "chunk extensions too long");
	http->position = (uint16_t)(http->position + size);
	return newline ? step_chunk_size_lf(http, newline, end) : end;
}

static const char *step_chunk_data(struct lg_http *http, const char *at, const char *end)
{
	return walk(http, at, end, CHUNK_DATA_CR);
}

static const char *step_chunk_data_end(struct lg_http *http, const char *at, const char *end)
{
	(void)end;
	if (*at != (http->state == CHUNK_DATA_CR ? '\r' : '\n'))
		return fail(http, at, "a chunk longer than its size");
	http->state = http->state == CHUNK_DATA_CR ? CHUNK_DATA_LF : CHUNK_SIZE;
	http->position = 0;
	return at + 1;
}

static step_fn *const steps[] = {
	[STATUS_LINE] = step_status_line,
	[REASON] = skip_line,
	[FIELD_START] = step_field_start,
	[NAME] = step_name,
	[VALUE] = skip_line,
	[LIST] = step_list,
	[HEAD_LF] = step_head_lf,
	[BODY] = step_body,
	[BODY_TO_END] = step_body_to_end,
	[CHUNK_SIZE] = step_chunk_size,
	[CHUNK_EXTENSION] = step_chunk_extension,
	[CHUNK_SIZE_LF] = step_chunk_size_lf,
	[CHUNK_DATA] = step_chunk_data,
	[CHUNK_DATA_CR] = step_chunk_data_end,
	[CHUNK_DATA_LF] = step_chunk_data_end,
};

/* ---- feeding ------------------------------------------------------------------------ */

static bool is_head(const struct lg_http *http)
{
	return http->state <= LAST_HEAD_STATE;
}

static const char *step(struct lg_http *http, const char *at, const char *end)
{
	bool head = is_head(http);
	const char *next = steps[http->state](http, at, end);

	if (head && http->state != BROKEN) {
		if ((size_t)(next - at) > LG_HTTP_MAX_HEAD - http->head)
			fail(http, at, "headers longer than 64 KiB");
		else
			http->head += (uint32_t)(next - at);
	}
	return next;
}

/* Takes over what the same bytes said before. */
static bool recall(struct lg_http *http, const char *data, size_t size)
{
	const struct lg_http_memo *memo = http->memo;
	struct lg_match *match = http->match;

	if (!memo->size || size < memo->size || memo->said.head_only != http->head_only ||
	    memcmp(data, memo->head, memo->size))
		return false;
	*http = memo->said;
	http->match = match;
	return true;
}

static void remember(const struct lg_http *http, const char *data, size_t size)
{
	struct lg_http_memo *memo = http->memo;

	if (size > LG_HTTP_MEMO || http->state == BROKEN)
		return;
	memo->said = *http;
	memo->size = (uint16_t)size;
	memcpy(memo->head, data, size);
}

/* An answer from its first byte: its head, as far as it is here. */
static const char *feed_head(struct lg_http *http, const char *data, const char *end)
{
	const char *at = data;

	if (recall(http, data, (size_t)(end - data)))
		return data + http->memo->size;
	while (at < end && is_head(http))
		at = step(http, at, end);
	if (!is_head(http))
		remember(http, data, (size_t)(at - data));
	return at;
}

enum lg_http_progress lg_http_feed(struct lg_http *http, const char *data, size_t size, size_t *ret_used)
{
	const char *at = data, *end = data + size;

	if (http->memo && http->state == STATUS_LINE && lg_http_untouched(http))
		at = feed_head(http, data, end);
	while (at < end && http->state < DONE)
		at = step(http, at, end);
	*ret_used = (size_t)(at - data);
	return http->state == DONE ? LG_HTTP_DONE : http->state == BROKEN ? LG_HTTP_BROKEN : LG_HTTP_MORE;
}

enum lg_http_progress lg_http_end(struct lg_http *http)
{
	if (http->state == BODY_TO_END)
		http->state = DONE;
	return http->state == DONE ? LG_HTTP_DONE : LG_HTTP_MORE;
}
