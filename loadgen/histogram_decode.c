/* What histogram_encode.c writes, or another HdrHistogram of the same unit and precision, read back. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "loadgen/histogram.h"

#define COOKIE            0x1c849303U
#define COOKIE_COMPRESSED 0x1c849304U
#define COOKIE_MASK       0xffffff0fU
#define HEADER_SIZE       40U
#define COUNT_SIZE        9U
#define PLAIN_MAX         (HEADER_SIZE + LG_HISTOGRAM_COUNTS * COUNT_SIZE)
#define TEXT_MAX          ((size_t)4 * PLAIN_MAX)

static uint64_t get_be(const unsigned char *at, int size)
{
	uint64_t value = 0;

	for (int i = 0; i < size; i++)
		value = value << 8 | at[i];
	return value;
}

static int digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Into `out`, which has room for three bytes to four characters; -1: it is not base64. */
static ptrdiff_t base64_decode(const char *text, size_t length, unsigned char *out)
{
	unsigned bits = 0, have = 0;
	unsigned char *at = out;

	while (length && text[length - 1] == '=')
		length--;
	for (size_t i = 0; i < length; i++) {
		int digit = digit_of(text[i]);

		if (digit < 0)
			return -1;
		bits = bits << 6 | (unsigned)digit;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		*at++ = (unsigned char)(bits >> have);
	}
	return at - out;
}

/* The next count, or a negative number of zeros; NULL: it is cut. */
static const unsigned char *get_zigzag(const unsigned char *at, const unsigned char *end, int64_t *ret)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < COUNT_SIZE; i++) {
		unsigned char byte;

		if (at == end)
			return NULL;
		byte = *at++;
		if (i == COUNT_SIZE - 1) {
			bits |= (uint64_t)byte << 56;
			break;
		}
		bits |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80))
			break;
	}
	*ret = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
	return at;
}

static bool take_counts(struct lg_histogram *h, const unsigned char *at, const unsigned char *end)
{
	uint32_t index = 0;
	int64_t count;

	while (at != end) {
		at = get_zigzag(at, end, &count);
		if (!at || (count < 0 ? count < -(int64_t)(LG_HISTOGRAM_COUNTS - index)
		                      : index >= LG_HISTOGRAM_COUNTS || count > INT64_MAX / 65536))
			return false;
		if (count > 0)
			lg_histogram_add_at(h, index, (uint64_t)count);
		index += count < 0 ? (uint32_t)-count : 1;
	}
	return true;
}

static struct lg_histogram *decode_plain(const unsigned char *plain, size_t size)
{
	struct lg_histogram *h;

	if (size < HEADER_SIZE || (get_be(plain, 4) & COOKIE_MASK) != (COOKIE & COOKIE_MASK) ||
	    get_be(plain + 4, 4) > size - HEADER_SIZE || get_be(plain + 8, 4) != 0 ||
	    get_be(plain + 12, 4) != LG_HISTOGRAM_DIGITS || get_be(plain + 16, 8) != LG_HISTOGRAM_LOWEST)
		return NULL;
	h = lg_histogram_new();
	if (h && !take_counts(h, plain + HEADER_SIZE, plain + HEADER_SIZE + get_be(plain + 4, 4))) {
		lg_histogram_free(h);
		h = NULL;
	}
	return h;
}

struct lg_histogram *lg_histogram_decode(const char *text, size_t length)
{
	unsigned char *packed = length < TEXT_MAX ? malloc(length / 4 * 3 + 3) : NULL;
	unsigned char *plain = malloc(PLAIN_MAX);
	struct lg_histogram *ret = NULL;
	uLongf plain_size = PLAIN_MAX;
	ptrdiff_t size = packed && plain ? base64_decode(text, length, packed) : -1;

	if (size > 8 && (get_be(packed, 4) & COOKIE_MASK) == (COOKIE_COMPRESSED & COOKIE_MASK) &&
	    get_be(packed + 4, 4) <= (uint64_t)size - 8 &&
	    uncompress(plain, &plain_size, packed + 8, (uLong)get_be(packed + 4, 4)) == Z_OK)
		ret = decode_plain(plain, plain_size);
	free(packed);
	free(plain);
	return ret;
}
