/* The histogram against values worked out by brute force, and its encoding read back. */
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "loadgen/histogram.h"

static void test_layout(void **state)
{
	(void)state;
	assert_int_equal(lg_histogram_index(0), 0);
	assert_int_equal(lg_histogram_index(2047), 2047);
	assert_int_equal(lg_histogram_index(2048), 2048);
	assert_int_equal(lg_histogram_index(2049), 2048);
	assert_int_equal(lg_histogram_index(4095), 3071);
	assert_int_equal(lg_histogram_index(4096), 3072);
	assert_true(lg_histogram_index(LG_HISTOGRAM_HIGHEST) < LG_HISTOGRAM_COUNTS);
	for (uint32_t i = 0; i < LG_HISTOGRAM_COUNTS; i++) {
		assert_int_equal(lg_histogram_index(lg_histogram_lowest_at(i)), i);
		assert_int_equal(lg_histogram_index(lg_histogram_highest_at(i)), i);
		if (i)
			assert_int_equal(lg_histogram_lowest_at(i), lg_histogram_highest_at(i - 1) + 1);
	}
}

static void test_empty(void **state)
{
	struct lg_histogram *h = lg_histogram_new();

	(void)state;
	assert_int_equal(lg_histogram_count(h), 0);
	assert_int_equal(lg_histogram_percentile(h, 99), 0);
	assert_int_equal(lg_histogram_max(h), 0);
	assert_true(lg_histogram_mean(h) == 0 && lg_histogram_stddev(h) == 0);
	lg_histogram_free(h);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return *seed >> 33;
}

/* The rank's true value, within the width of one bucket (1/1024 of it). */
static void test_percentiles(void **state)
{
	static const double percentiles[] = {0, 1, 25, 50, 75, 90, 99, 99.9, 99.99, 100};
	enum { VALUES = 50000 };
	uint64_t *values = calloc(VALUES, sizeof *values), seed = 7;
	struct lg_histogram *h = lg_histogram_new();

	(void)state;
	for (int i = 0; i < VALUES; i++) {
		values[i] = next_random(&seed) % (1ULL << (1 + i % 31));
		lg_histogram_record(h, values[i]);
	}
	qsort(values, VALUES, sizeof *values, by_value);
	assert_int_equal(lg_histogram_count(h), VALUES);
	for (size_t i = 0; i < COUNT_OF(percentiles); i++) {
		uint64_t rank = (uint64_t)ceil(percentiles[i] / 100 * VALUES - 1e-9);
		uint64_t want = values[rank ? rank - 1 : 0];
		uint64_t got = lg_histogram_percentile(h, percentiles[i]);

		assert_int_equal(lg_histogram_index(got), lg_histogram_index(want));
	}
	assert_int_equal(lg_histogram_index(lg_histogram_min(h)), lg_histogram_index(values[0]));
	assert_int_equal(lg_histogram_index(lg_histogram_max(h)), lg_histogram_index(values[VALUES - 1]));
	lg_histogram_free(h);
	free(values);
}

static void test_mean(void **state)
{
	struct lg_histogram *h = lg_histogram_new();

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++)
		lg_histogram_record(h, i);
	assert_true(fabs(lg_histogram_mean(h) - 500.5) < 1e-9);
	assert_true(fabs(lg_histogram_stddev(h) - 288.6749902572095) < 1e-9);
	lg_histogram_free(h);
}

static void test_over_range(void **state)
{
	struct lg_histogram *h = lg_histogram_new();

	(void)state;
	lg_histogram_record(h, LG_HISTOGRAM_HIGHEST);
	lg_histogram_record(h, LG_HISTOGRAM_HIGHEST + 1);
	lg_histogram_record(h, UINT64_MAX);
	assert_int_equal(lg_histogram_count(h), 3);
	assert_int_equal(lg_histogram_over_range(h), 2);
	lg_histogram_free(h);
}

static void test_merge(void **state)
{
	struct lg_histogram *all = lg_histogram_new(), *parts[3], *sum = lg_histogram_new();
	uint64_t seed = 3;

	(void)state;
	for (int i = 0; i < 3; i++)
		parts[i] = lg_histogram_new();
	for (int i = 0; i < 10000; i++) {
		uint64_t value = next_random(&seed) * 5;

		lg_histogram_record(all, value);
		lg_histogram_record(parts[i % 3], value);
	}
	for (int i = 0; i < 3; i++)
		lg_histogram_merge(sum, parts[i]);
	assert_memory_equal(all, sum, sizeof *all);
	for (int i = 0; i < 3; i++)
		lg_histogram_free(parts[i]);
	lg_histogram_free(all);
	lg_histogram_free(sum);
}

static size_t decode_base64(const char *text, unsigned char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t size = 0;

	for (; *text && *text != '='; text += 4) {
		unsigned bits = 0;
		int have = 0;

		for (int i = 0; i < 4; i++) {
			const char *digit = text[i] == '=' ? NULL : strchr(digits, text[i]);

			bits = bits << 6 | (digit ? (unsigned)(digit - digits) : 0);
			have += digit != NULL;
		}
		for (int i = 0; i < have - 1; i++)
			out[size++] = (unsigned char)(bits >> (16 - 8 * i));
	}
	return size;
}

static uint64_t be(const unsigned char *at, int size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | *at++;
	return value;
}

/* ZigZag LEB128-64b9B, as AbstractHistogram.java and ZigZagEncoding.java say. */
static int64_t zigzag(const unsigned char **at)
{
	uint64_t bits = 0;

	for (int i = 0; i < 9; i++) {
		unsigned char byte = *(*at)++;

		bits |= i == 8 ? (uint64_t)byte << 56 : (uint64_t)(byte & 0x7f) << (7 * i);
		if (i < 8 && !(byte & 0x80))
			break;
	}
	return (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
}

static void assert_decodes_to(const struct lg_histogram *h)
{
	char *text = lg_histogram_encode(h);
	unsigned char *packed = malloc(strlen(text)), *plain = malloc(1 << 20);
	uLongf size = 1 << 20;
	size_t packed_size = decode_base64(text, packed);
	uint32_t index = 0;

	assert_int_equal(be(packed, 4), 0x1c849314);
	assert_int_equal(be(packed + 4, 4), packed_size - 8);
	assert_int_equal(uncompress(plain, &size, packed + 8, packed_size - 8), Z_OK);
	assert_int_equal(be(plain, 4), 0x1c849313);
	assert_int_equal(be(plain + 4, 4), size - 40);
	assert_int_equal(be(plain + 8, 4), 0);
	assert_int_equal(be(plain + 12, 4), 3);
	assert_int_equal(be(plain + 16, 8), 1);
	assert_int_equal(be(plain + 24, 8), 3600000000ULL);
	assert_int_equal(be(plain + 32, 8), 0x3ff0000000000000ULL);
	for (const unsigned char *at = plain + 40; at < plain + size;) {
		int64_t value = zigzag(&at);

		for (int64_t zeros = value < 0 ? -value : 0; zeros > 0; zeros--)
			assert_int_equal(lg_counter_get(&h->counts[index++]), 0);
		if (value >= 0)
			assert_int_equal(lg_counter_get(&h->counts[index++]), value);
	}
	assert_int_equal(index, h->top);
	free(text);
	free(packed);
	free(plain);
}

static void test_encode(void **state)
{
	struct lg_histogram *h = lg_histogram_new();
	uint64_t seed = 1;

	(void)state;
	assert_decodes_to(h);
	lg_histogram_record(h, 2);
	assert_decodes_to(h);
	lg_histogram_add_at(h, 5, 1ULL << 60);
	lg_histogram_add_at(h, 7, 64);
	lg_histogram_add_at(h, 8, 63);
	for (int i = 0; i < 3000; i++)
		lg_histogram_record(h, next_random(&seed));
	assert_decodes_to(h);
	lg_histogram_free(h);
}

static void assert_same(const struct lg_histogram *h, const struct lg_histogram *other)
{
	assert_non_null(other);
	assert_int_equal(h->top, other->top);
	for (uint32_t i = 0; i < h->top; i++)
		assert_int_equal(lg_counter_get(&h->counts[i]), lg_counter_get(&other->counts[i]));
}

static void test_decode(void **state)
{
	struct lg_histogram *h = lg_histogram_new(), *back;
	uint64_t seed = 7;
	char *text;

	(void)state;
	lg_histogram_add_at(h, 0, 1ULL << 40);
	lg_histogram_add_at(h, LG_HISTOGRAM_COUNTS - 1, 3);
	for (int i = 0; i < 3000; i++)
		lg_histogram_record(h, next_random(&seed) % 100000);
	text = lg_histogram_encode(h);
	back = lg_histogram_decode(text, strlen(text));
	assert_same(h, back);
	lg_histogram_free(back);
	/* Cut anywhere, or with one character another, it is refused or read: never more than that. */
	for (size_t i = 0; i < strlen(text); i++) {
		char was = text[i];

		lg_histogram_free(lg_histogram_decode(text, i));
		text[i] = was == 'A' ? 'B' : 'A';
		lg_histogram_free(lg_histogram_decode(text, strlen(text)));
		text[i] = was;
	}
	assert_null(lg_histogram_decode(text, strlen(text) / 2));
	assert_null(lg_histogram_decode("", 0));
	assert_null(lg_histogram_decode("not base64!", 11));
	free(text);
	lg_histogram_free(h);
}

/* What Python made by this recipe: zlib level 9 of counts 2 at 1 us, 1 at 5 us; then with more counts than
 * fit. */
static void test_decode_others(void **state)
{
	static const char good[] = "HISTFAAAACN42pNpmSzMwMDAwgABzFCaEURcm7yEwf4DVISFlQkAY6IElg==",
			  many[] = "HISTFAAAACV42pNpmSzMwMDAygABzFCaEURcm7yEwf4DRIDp73smJgBvDAZ+",
			  digits[] = "HISTFAAAAB942pNpmSzMwMDAyAABTFAazL82eQmD/QeoBABVawSJ";
	struct lg_histogram *h = lg_histogram_decode(good, strlen(good));

	(void)state;
	assert_non_null(h);
	assert_int_equal(lg_histogram_count(h), 3);
	assert_int_equal(lg_histogram_min(h), 1);
	assert_int_equal(lg_histogram_max(h), 5);
	lg_histogram_free(h);
	assert_null(lg_histogram_decode(many, strlen(many)));
	assert_null(lg_histogram_decode(digits, strlen(digits)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),        cmocka_unit_test(test_empty),
		cmocka_unit_test(test_percentiles),   cmocka_unit_test(test_mean),
		cmocka_unit_test(test_over_range),    cmocka_unit_test(test_merge),
		cmocka_unit_test(test_encode),        cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
