#include "loadgen/template.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/text.h"

#define MOST_DIGITS 20
#define UUID_SIZE   36

enum kind { TEXT, SEQ, LENGTH, UUID, RAND, CELL, QUOTED };

struct lg_part {
	enum kind kind;
	enum lg_encoding encoding;
	const char *text; /* TEXT, QUOTED */
	size_t size;      /* CELL: of the longest */
	int64_t low;      /* RAND */
	uint64_t span;
	const char *const *cells; /* CELL: of the first row */
	size_t columns, rows;
};

/* A place in a text: what stands between its braces. */
struct tag {
	const char *open; /* its "{{" */
	const char *text, *end;
};

/* ---- reading ------------------------------------------------------------------ */

const char *lg_template_find(const char *text, size_t size)
{
	return size ? memmem(text, size, "{{", 2) : NULL;
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/* Behind the closing braces of the place that begins at `open`; NULL: there are none. */
static const char *read_tag(const char *open, const char *end, struct tag *tag)
{
	const char *text = skip_blanks(open + 2, end), *from = text, *close;

	if (text < end && *text == '"') {
		from = memchr(text + 1, '"', (size_t)(end - text - 1));
		if (!from)
			return NULL;
		from++;
	}
	close = memmem(from, (size_t)(end - from), "}}", 2);
	if (!close)
		return NULL;
	*tag = (struct tag){.open = open, .text = text, .end = close};
	while (tag->end > text && (tag->end[-1] == ' ' || tag->end[-1] == '\t'))
		tag->end--;
	return close + 2;
}

const char *lg_template_skip(const char *at, const char *end)
{
	struct tag tag;

	return read_tag(at, end, &tag);
}

/* "url: template: column 14: ", with the line where it is not the first. */
static int fail(const struct lg_place *place, const char *at, const char *cause, char *error)
{
	const char *begin = place->origin;
	size_t line = 1;

	for (const char *end; (end = memchr(begin, '\n', (size_t)(at - begin))); begin = end + 1)
		line++;
	if (line > 1)
		return lg_error_set(error, "%s: template: line %zu, column %td: %s", place->name, line,
		                    at - begin + 1, cause);
	return lg_error_set(error, "%s: template: column %td: %s", place->name, at - begin + 1, cause);
}

static bool is_word(const struct tag *tag, const char *word)
{
	return (size_t)(tag->end - tag->text) == strlen(word) && !memcmp(tag->text, word, strlen(word));
}

static bool begins_with(const struct tag *tag, const char *word)
{
	return (size_t)(tag->end - tag->text) >= strlen(word) && !memcmp(tag->text, word, strlen(word));
}

static bool is_quoted(const struct tag *tag)
{
	size_t size = (size_t)(tag->end - tag->text);

	return size > 1 && *tag->text == '"' && memchr(tag->text + 1, '"', size - 1) == tag->end - 1;
}

/* Behind a whole number of 64 bits; NULL: there is none. */
static const char *read_number(const char *at, const char *end, int64_t *ret)
{
	bool negative = at < end && *at == '-';
	int64_t value = 0;
	const char *digit = at + negative;

	for (at = digit; at < end && isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *at - '0', &value)) /* below zero there is one more */
			return NULL;
	if (at == digit || (!negative && value == INT64_MIN))
		return NULL;
	*ret = negative ? value : -value;
	return at;
}

static int read_rand(const struct tag *tag, struct lg_part *part, const struct lg_place *place, char *error)
{
	const char *at = skip_blanks(tag->text + strlen("rand"), tag->end);
	int64_t high;

	at = read_number(at, tag->end, &part->low);
	if (at && at < tag->end && (*at == ' ' || *at == '\t'))
		at = read_number(skip_blanks(at, tag->end), tag->end, &high);
	else
		at = NULL;
	if (at != tag->end || high < part->low)
		return fail(place, tag->text,
		            "rand wants two whole numbers, the smaller one first: rand 1 100", error);
	part->kind = RAND;
	part->span = (uint64_t)high - (uint64_t)part->low;
	return 0;
}

/* ---- columns ---------------------------------------------------------------------- */

static int no_column(const char *name, size_t size, const struct tag *tag, const struct lg_table *table,
                     const struct lg_place *place, char *error)
{
	char cause[LG_ERROR_SIZE];
	int length = snprintf(cause, sizeof cause, "the data has no column '%.*s'; it has ",
	                      size < 100 ? (int)size : 100, name);

	for (size_t i = 0; i < table->column_count && length < LG_ERROR_SIZE; i++)
		length += snprintf(cause + length, sizeof cause - (size_t)length, "%s%s", i ? ", " : "",
		                   table->columns[i]);
	return fail(place, tag->text, cause, error);
}

static int read_column(const struct tag *tag, struct lg_part *part, const struct lg_table *table,
                       const struct lg_place *place, char *error)
{
	const char *name = tag->text + strlen("csv.");
	size_t size = (size_t)(tag->end - name), column = 0;

	if (!table || !table->row_count)
		return fail(place, tag->text, "there is no data to take a column from", error);
	while (column < table->column_count &&
	       (strlen(table->columns[column]) != size || memcmp(table->columns[column], name, size) != 0))
		column++;
	if (column == table->column_count)
		return no_column(name, size, tag, table, place, error);
	part->kind = CELL;
	part->cells = table->rows + column;
	part->columns = table->column_count;
	part->rows = table->row_count;
	return 0;
}

/* ---- parts ------------------------------------------------------------------------ */

static int read_part(const struct tag *tag, struct lg_part *part, const struct lg_table *table,
                     const struct lg_place *place, char *error)
{
	char cause[200];

	if (is_word(tag, "seq") || is_word(tag, "uuid")) {
		part->kind = *tag->text == 's' ? SEQ : UUID;
		return 0;
	}
	if (is_word(tag, "rand") || begins_with(tag, "rand ") || begins_with(tag, "rand\t"))
		return read_rand(tag, part, place, error);
	if (begins_with(tag, "csv."))
		return read_column(tag, part, table, place, error);
	if (is_quoted(tag)) {
		part->kind = QUOTED;
		part->text = tag->text + 1;
		part->size = (size_t)(tag->end - tag->text - 2);
		return 0;
	}
	snprintf(cause, sizeof cause, "unknown name '%.*s'; want seq, uuid, rand A B or csv.COLUMN",
	         tag->end - tag->text < 100 ? (int)(tag->end - tag->text) : 100, tag->text);
	return fail(place, tag->text, cause, error);
}

static unsigned digits_of(uint64_t value)
{
	unsigned digits = 1;

	for (; value >= 10; value /= 10)
		digits++;
	return digits;
}

static unsigned width_of(int64_t value)
{
	return value < 0 ? 1 + digits_of(-(uint64_t)value) : digits_of((uint64_t)value);
}

/* Looked for once a column. */
static size_t longest_cell(const struct lg_template *template, const struct lg_part *part)
{
	size_t most = 0;

	for (size_t i = 0; i < template->count; i++)
		if (template->parts[i].cells == part->cells)
			return template->parts[i].size;
	for (size_t row = 0; row < part->rows; row++) {
		size_t size = strlen(part->cells[row * part->columns]);

		most = size > most ? size : most;
	}
	return most;
}

static size_t most_of(const struct lg_part *part)
{
	size_t factor = part->encoding == LG_ENCODE_URL ? 3 : 1;
	int64_t high = (int64_t)((uint64_t)part->low + part->span);

	switch (part->kind) {
	case SEQ:
	case LENGTH:
		return MOST_DIGITS;
	case UUID:
		return UUID_SIZE;
	case RAND:
		return width_of(part->low) > width_of(high) ? width_of(part->low) : width_of(high);
	case CELL:
	case QUOTED:
		return factor * part->size;
	case TEXT:
		break;
	}
	return part->size;
}

static int add(struct lg_template *template, const struct lg_part *part)
{
	struct lg_part *grown = realloc(template->parts, (template->count + 1) * sizeof *grown);

	if (!grown)
		return -1;
	grown[template->count++] = *part;
	template->parts = grown;
	template->most += most_of(part);
	return 0;
}

static int add_text(struct lg_template *template, const char *text, size_t size)
{
	return size ? add(template, &(struct lg_part){.kind = TEXT, .text = text, .size = size}) : 0;
}

int lg_template_add_length(struct lg_template *template)
{
	return add(template, &(struct lg_part){.kind = LENGTH});
}

int lg_template_add(struct lg_template *template, const char *text, size_t size, enum lg_encoding encoding,
                    const struct lg_table *table, const struct lg_place *place, char error[LG_ERROR_SIZE])
{
	const char *end, *open;

	if (!size) /* there may be no text either */
		return 0;
	end = text + size;
	while ((open = lg_template_find(text, (size_t)(end - text)))) {
		struct lg_part part = {0};
		const char *before = text;
		struct tag tag;

		text = read_tag(open, end, &tag);
		if (!text)
			return fail(place, open, "'{{' without '}}'; for a plain '{{' write {{\"{{\"}}",
			            error);
		if (read_part(&tag, &part, table, place, error) < 0)
			return -1;
		part.encoding = encoding;
		if (part.kind == CELL)
			part.size = longest_cell(template, &part);
		if (template->count + 2 > LG_TEMPLATE_MAX_PARTS)
			return fail(place, open, "too many places to fill in", error);
		if (add_text(template, before, (size_t)(open - before)) < 0 || add(template, &part) < 0)
			return lg_error_set(error, "out of memory for a template");
	}
	if (add_text(template, text, (size_t)(end - text)) < 0)
		return lg_error_set(error, "out of memory for a template");
	return 0;
}

void lg_template_release(struct lg_template *template)
{
	free(template->parts);
	*template = (struct lg_template){0};
}

/* ---- writing ---------------------------------------------------------------------- */

static char *write_number(char *out, uint64_t value)
{
	char digits[MOST_DIGITS], *at = digits + sizeof digits;
	size_t size;

	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	size = (size_t)(digits + sizeof digits - at);
	memcpy(out, at, size);
	return out + size;
}

static char *write_rand(char *out, const struct lg_part *part, struct lg_random *random)
{
	int64_t value = (int64_t)((uint64_t)part->low + lg_random_upto(random, part->span));

	if (value >= 0)
		return write_number(out, (uint64_t)value);
	*out = '-';
	return write_number(out + 1, -(uint64_t)value);
}

/* RFC 9562, section 5.4: 122 random bits, version 4, variant 10. */
static char *write_uuid(char *out, struct lg_random *random)
{
	static const char hex[] = "0123456789abcdef";
	uint64_t halves[] = {(lg_random_next(random) & ~0xf000ULL) | 0x4000,
	                     lg_random_next(random) >> 2 | 1ULL << 63};

	for (int i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*out++ = '-';
		*out++ = hex[halves[i / 16] >> (60 - i % 16 * 4) & 15];
	}
	return out;
}

static bool is_unreserved(unsigned char c)
{
	return c < 0x80 && (isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~');
}

static char *write_encoded(char *out, const char *text, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (is_unreserved(c)) {
			*out++ = (char)c;
			continue;
		}
		*out++ = '%';
		*out++ = hex[c >> 4];
		*out++ = hex[c & 15];
	}
	return out;
}

static char *write_field(char *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((unsigned char)text[i] >= ' ' && text[i] != 0x7f) || text[i] == '\t')
			*out++ = text[i];
	return out;
}

static char *write_value(char *out, enum lg_encoding encoding, const char *text, size_t size)
{
	switch (encoding) {
	case LG_ENCODE_URL:
		return write_encoded(out, text, size);
	case LG_ENCODE_FIELD:
		return write_field(out, text, size);
	case LG_ENCODE_NOTHING:
		break;
	}
	memcpy(out, text, size);
	return out + size;
}

static char *write_part(const struct lg_part *part, struct lg_values *values, char *out)
{
	const char *cell;

	switch (part->kind) {
	case SEQ:
		return write_number(out, values->seq);
	case LENGTH:
		return write_number(out, values->length);
	case UUID:
		return write_uuid(out, &values->random);
	case RAND:
		return write_rand(out, part, &values->random);
	case CELL:
		cell = part->cells[values->seq % part->rows * part->columns];
		return write_value(out, part->encoding, cell, strlen(cell));
	case QUOTED:
		return write_value(out, part->encoding, part->text, part->size);
	case TEXT:
		break;
	}
	memcpy(out, part->text, part->size);
	return out + part->size;
}

char *lg_template_render(const struct lg_template *template, struct lg_values *values, char *out)
{
	for (size_t i = 0; i < template->count; i++)
		out = write_part(&template->parts[i], values, out);
	return out;
}
