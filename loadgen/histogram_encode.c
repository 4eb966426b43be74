/* HdrHistogram V2: counts as ZigZag LEB128-64b9B, zlib around them, base64 around that. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "loadgen/histogram.h"

#define COOKIE            (0x1c849303U | 0x10U)
#define COOKIE_COMPRESSED (0x1c849304U | 0x10U)
#define HEADER_SIZE       40U
#define COUNT_SIZE        9U /* at most, of one encoded count */

static unsigned char *put_be(unsigned char *at, uint64_t value, int size)
{
	for (int i = size - 1; i >= 0; i--)
		*at++ = (unsigned char)(value >> (8 * i));
	return at;
}

static unsigned char *put_zigzag(unsigned char *at, int64_t value)
{
	uint64_t bits = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);

	for (unsigned i = 0; i < COUNT_SIZE - 1; i++) {
		if (bits < 0x80) {
			*at++ = (unsigned char)bits;
			return at;
		}
		*at++ = (unsigned char)(bits | 0x80);
		bits >>= 7;
	}
	*at++ = (unsigned char)bits;
	return at;
}

/* A negative number stands for that many zeros in a row. */
static unsigned char *put_counts(unsigned char *at, const struct lg_histogram *h, uint32_t top)
{
	for (uint32_t i = 0; i < top;) {
		uint64_t count = lg_counter_get(&h->counts[i]);
		int64_t zeros = 0;

		for (; !count && i < top; zeros++)
			count = ++i < top ? lg_counter_get(&h->counts[i]) : 0;
		if (zeros) {
			at = put_zigzag(at, zeros == 1 ? 0 : -zeros);
			continue;
		}
		at = put_zigzag(at, (int64_t)count);
		i++;
	}
	return at;
}

static size_t put_histogram(unsigned char *out, const struct lg_histogram *h, uint32_t top)
{
	unsigned char *counts = out + HEADER_SIZE, *end = put_counts(counts, h, top), *at = out;
	const double ratio = 1;
	uint64_t ratio_bits;

	memcpy(&ratio_bits, &ratio, sizeof ratio_bits);
	at = put_be(at, COOKIE, 4);
	at = put_be(at, (uint64_t)(end - counts), 4);
	at = put_be(at, 0, 4);
	at = put_be(at, LG_HISTOGRAM_DIGITS, 4);
	at = put_be(at, LG_HISTOGRAM_LOWEST, 8);
	at = put_be(at, LG_HISTOGRAM_HIGHEST, 8);
	put_be(at, ratio_bits, 8);
	return (size_t)(end - out);
}

static char *base64(const unsigned char *data, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *ret = malloc((size + 2) / 3 * 4 + 1), *at = ret;

	if (!ret)
		return NULL;
	for (size_t i = 0; i < size; i += 3) {
		unsigned bits = (unsigned)data[i] << 16;

		bits |= i + 1 < size ? (unsigned)data[i + 1] << 8 : 0;
		bits |= i + 2 < size ? data[i + 2] : 0;
		*at++ = digits[bits >> 18];
		*at++ = digits[bits >> 12 & 63];
		*at++ = i + 1 < size ? digits[bits >> 6 & 63] : '=';
		*at++ = i + 2 < size ? digits[bits & 63] : '=';
	}
	*at = '\0';
	return ret;
}

static char *compress_and_encode(const unsigned char *plain, size_t size)
{
	uLongf packed_size = compressBound((uLong)size);
	unsigned char *packed = malloc(8 + packed_size);
	char *ret = NULL;

	if (packed &&
	    compress2(packed + 8, &packed_size, plain, (uLong)size, Z_DEFAULT_COMPRESSION) == Z_OK) {
		put_be(put_be(packed, COOKIE_COMPRESSED, 4), packed_size, 4);
		ret = base64(packed, 8 + packed_size);
	}
	free(packed);
	return ret;
}

char *lg_histogram_encode(const struct lg_histogram *h)
{
	uint32_t top = atomic_load_explicit(&h->top, memory_order_relaxed);
	unsigned char *plain = malloc(HEADER_SIZE + (size_t)(top ? top : 1) * COUNT_SIZE);
	char *ret = NULL;

	if (plain)
		ret = compress_and_encode(plain, put_histogram(plain, h, top));
	free(plain);
	return ret;
}
