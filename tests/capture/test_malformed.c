/* Profiles as they should not be: cut, damaged, lying, too big. Each is an error or a profile, never a crash.
 */
#include "tests/capture/profile_help.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "capture/gzip.h"

/* Parses; what comes out is walked through in every way. */
static enum cap_status try_bytes(const unsigned char *data, size_t size, struct cap_error *error)
{
	/* a block of its own size, so that a sanitizer sees each byte read beyond it */
	unsigned char *copy = malloc(size ? size : 1);
	struct cap_profile *profile = (struct cap_profile *)1;
	enum cap_status status;

	*error = (struct cap_error){.status = CAP_OK};
	memcpy(copy, data, size);
	status = cap_profile_parse(copy, size, &profile, error);
	free(copy);
	assert_int_equal(status, error->status);
	if (status != CAP_OK) {
		assert_ptr_equal(profile, (struct cap_profile *)1);
		assert_true(*error->text && strlen(error->text) < sizeof error->text - 1);
		return status;
	}
	for (size_t i = 0; i < cap_profile_type_count(profile) && i < 4; i++)
		free(rows_of(profile, cap_profile_type(profile, i, NULL), i % 2));
	cap_profile_free(profile);
	return status;
}

static void refused(const unsigned char *data, size_t size, enum cap_status status, const char *says)
{
	struct cap_error error;

	assert_int_equal(try_bytes(data, size, &error), status);
	if (!strstr(error.text, says))
		fail_msg("'%s' lacks '%s'", error.text, says);
}

static void refused_buffer(struct proto_buffer *buffer, const char *says)
{
	refused(buffer->bytes, buffer->size, CAP_FORMAT, says);
	proto_buffer_release(buffer);
}

static const char *const small[] = {"hand-odd.pb",  "hand-negative.pb", "hand-names.pb",
                                    "hand-drop.pb", "goroutine.pb.gz",  "threadcreate.pb.gz"};

static void cut_at_every_byte(void **state)
{
	struct cap_error error;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(small); i++) {
		struct bytes bytes = bytes_plain(small[i]);
		size_t whole = 0;

		for (size_t size = 0; size < bytes.size; size++) {
			enum cap_status status = try_bytes(bytes.data, size, &error);

			assert_true(status == CAP_OK || status == CAP_FORMAT);
			whole += status == CAP_OK;
		}
		assert_true(whole < bytes.size / 4); /* most of the cuts fall into a field */
		free(bytes.data);
	}
}

static void gzip_cut_at_every_byte(void **state)
{
	struct bytes bytes = bytes_read("mutex.pb.gz");
	struct cap_error error;

	(void)state;
	for (size_t size = 0; size < bytes.size; size++)
		assert_int_equal(try_bytes(bytes.data, size, &error), CAP_FORMAT);
	assert_int_equal(try_bytes(bytes.data, bytes.size, &error), CAP_OK);
	refused(bytes.data, bytes.size - 1, CAP_FORMAT, "gzip: cut short");
	free(bytes.data);
}

static void every_byte_damaged(void **state)
{
	static const unsigned char masks[] = {0x01, 0x07, 0x80, 0xff};
	struct cap_error error;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(small); i++) {
		struct bytes bytes = bytes_plain(small[i]);

		for (size_t at = 0; at < bytes.size; at++) {
			for (size_t m = 0; m < COUNT_OF(masks); m++) {
				enum cap_status status;

				bytes.data[at] ^= masks[m];
				status = try_bytes(bytes.data, bytes.size, &error);
				assert_true(status == CAP_OK || status == CAP_FORMAT);
				bytes.data[at] ^= masks[m];
			}
		}
		free(bytes.data);
	}
}

static void gzip_damaged(void **state)
{
	struct bytes bytes = bytes_read("goroutine.pb.gz");
	struct cap_error error;
	size_t good = 0;

	(void)state;
	for (size_t at = 0; at < bytes.size; at++) {
		bytes.data[at] ^= 0x10;
		good += try_bytes(bytes.data, bytes.size, &error) == CAP_OK;
		bytes.data[at] ^= 0x10;
	}
	assert_true(good < 10); /* time, flags and system in the head are free to change */
	bytes.data[bytes.size - 5] ^= 1;
	refused(bytes.data, bytes.size, CAP_FORMAT, "gzip: damaged (incorrect data check)");
	free(bytes.data);
}

/* ---- fields ----------------------------------------------------------------------------------- */

static void put_tag(struct proto_buffer *buffer, uint32_t number, unsigned wire)
{
	static const unsigned char zeros[8];

	proto_put_varint(buffer, (uint64_t)number << 3 | wire);
	if (wire == PROTO_FIXED64 || wire == PROTO_FIXED32)
		for (int i = 0; i < (wire == PROTO_FIXED64 ? 8 : 4); i++)
			proto_put_varint(buffer, zeros[i]);
	else if (wire == PROTO_VARINT || wire == PROTO_BYTES)
		proto_put_varint(buffer, 0);
	else if (wire == PROTO_GROUP)
		proto_put_varint(buffer, (uint64_t)number << 3 | PROTO_GROUP_END);
}

static void wrong_wire_types(void **state)
{
	(void)state;
	for (uint32_t number = 1; number <= 15; number++) {
		bool is_table = number <= 6 || number == 11;

		for (unsigned wire = 0; wire < 8; wire++) {
			struct proto_buffer buffer = made_begin(NULL);
			bool good = (wire == PROTO_BYTES && (is_table || number == 13)) ||
			            (wire == PROTO_VARINT && !is_table);

			if (good)
				goto next; /* what an empty one gives is its own matter */
			put_tag(&buffer, number, wire);
			refused(buffer.bytes, buffer.size, CAP_FORMAT, "profile: ");
		next:
			proto_buffer_release(&buffer);
		}
	}
}

static void unknown_fields_are_passed_over(void **state)
{
	struct proto_buffer buffer = made_begin("f", NULL);
	struct cap_error error;

	(void)state;
	for (uint32_t number = 16; number < 40000; number += 777)
		for (unsigned wire = 0; wire <= 5; wire++)
			if (wire != PROTO_GROUP_END)
				put_tag(&buffer, number, wire);
	assert_int_equal(try_bytes(buffer.bytes, buffer.size, &error), CAP_OK);
	put_tag(&buffer, 100, 6);
	refused_buffer(&buffer, "a field has an unknown wire type");
}

static void groups(void **state)
{
	struct proto_buffer buffer = made_begin(NULL);

	(void)state;
	for (int i = 0; i < 40; i++)
		proto_put_varint(&buffer, 100 << 3 | PROTO_GROUP);
	refused_buffer(&buffer, "groups are nested too deep");
	buffer = made_begin(NULL);
	proto_put_varint(&buffer, 100 << 3 | PROTO_GROUP);
	proto_put_varint(&buffer, 101 << 3 | PROTO_GROUP_END);
	refused_buffer(&buffer, "a group ends that was not open");
	buffer = made_begin(NULL);
	proto_put_varint(&buffer, 100 << 3 | PROTO_GROUP);
	refused_buffer(&buffer, "a number is cut short");
}

static void lengths_that_lie(void **state)
{
	static const uint64_t lengths[] = {1, 127, 1 << 20, UINT32_MAX, 1ULL << 40, INT64_MAX, UINT64_MAX};

	(void)state;
	for (uint32_t number = 1; number <= 20; number++) {
		for (size_t i = 0; i < COUNT_OF(lengths); i++) {
			struct proto_buffer buffer = made_begin(NULL);

			proto_put_varint(&buffer, (uint64_t)number << 3 | PROTO_BYTES);
			proto_put_varint(&buffer, lengths[i]);
			refused_buffer(&buffer, "a field is longer than what holds it");
		}
	}
	/* a length inside a message may not reach beyond it */
	struct proto_buffer buffer = made_begin(NULL);
	size_t begun = proto_begin(&buffer, 2);

	proto_put_varint(&buffer, 1 << 3 | PROTO_BYTES);
	proto_put_varint(&buffer, 4);
	proto_end(&buffer, begun);
	proto_put(&buffer, 12, 100000000);
	refused_buffer(&buffer, "sample 1: a field is longer than what holds it");
}

static void numbers_that_do_not_end(void **state)
{
	unsigned char bytes[16];

	(void)state;
	memset(bytes, 0xff, sizeof bytes);
	refused(bytes, sizeof bytes, CAP_FORMAT, "a number is longer than 10 bytes");
	refused(bytes, 3, CAP_FORMAT, "a number is cut short at byte 0 of 3");
	refused((const unsigned char *)"\x00\x00", 2, CAP_FORMAT, "a field has no valid number");
	refused((const unsigned char *)"", 0, CAP_FORMAT, "profile: empty");
}

/* ---- tables ------------------------------------------------------------------------------------ */

static void references_that_lead_nowhere(void **state)
{
	struct proto_buffer buffer = made_begin("f", NULL);

	(void)state;
	made_sample(&buffer, 1, 7, 0);
	refused_buffer(&buffer, "sample 1 refers to location 7, which is not there");
	buffer = made_begin("f", NULL);
	made_function(&buffer, 1, 9);
	refused_buffer(&buffer, "function 1 refers to string 9 of 4");
	buffer = made_begin("f", NULL);
	made_function(&buffer, 1, UINT64_MAX);
	refused_buffer(&buffer, "function 1: string -1 cannot be in the string table");
	buffer = made_begin("f", NULL);
	made_function(&buffer, 0, 3);
	refused_buffer(&buffer, "function 1 has id 0");
	buffer = made_begin("f", NULL);
	made_function(&buffer, 5, 3);
	made_function(&buffer, 5, 3);
	refused_buffer(&buffer, "functions 1 and 2 have the same id 5");
	buffer = made_begin("f", NULL);
	made_function(&buffer, UINT64_MAX, 3);
	made_function(&buffer, 1, 3);
	made_function(&buffer, UINT64_MAX, 3);
	refused_buffer(&buffer, "functions 1 and 3 have the same id 18446744073709551615");
	buffer = made_begin("f", NULL);
	proto_put(&buffer, 7, 50);
	refused_buffer(&buffer, "field 7 refers to string 50 of 4");
}

static void tables_that_do_not_fit(void **state)
{
	struct proto_buffer buffer = {.bytes = NULL};

	(void)state;
	proto_put_bytes(&buffer, 6, "x", 1);
	refused_buffer(&buffer, "the first entry of the string table is not empty");
	buffer = (struct proto_buffer){.bytes = NULL};
	proto_put(&buffer, 12, 1);
	refused_buffer(&buffer, "it has no string table");
	buffer = made_begin("f", NULL);
	made_function(&buffer, 1, 3);
	made_sample(&buffer, 1, 1, 0);
	made_sample(&buffer, 1, 1, 0);
	proto_put_bytes(&buffer, 2, "", 0);
	refused_buffer(&buffer, "sample 3 has 0 values, sample 1 has 1");
	buffer = made_begin("f", NULL);
	proto_put_bytes(&buffer, 2, "", 0);
	refused_buffer(&buffer, "sample 1 has 0 values");
	buffer = made_begin("f", NULL);
	proto_put_bytes(&buffer, 2, "\x12\x02\x01\x02", 4);
	refused_buffer(&buffer, "samples have 2 values, but there are 1 sample types");
	buffer = made_begin("f", NULL);
	proto_put(&buffer, 9, 5);
	proto_put(&buffer, 9, 6);
	refused_buffer(&buffer, "several profiles one after the other");
}

/* ---- ceilings ----------------------------------------------------------------------------------- */

static void gzip_ceiling_is_exact(void **state)
{
	unsigned char zeros[3000] = {0}, *packed, *plain = (unsigned char *)1;
	struct cap_error error = {0};
	size_t size, plain_size = 0;

	(void)state;
	assert_int_equal(gzip_deflate(zeros, 1000, &packed, &size, &error), CAP_OK);
	assert_int_equal(gzip_inflate(packed, size, 999, &plain, &plain_size, &error), CAP_TOO_BIG);
	assert_ptr_equal(plain, (unsigned char *)1);
	assert_int_equal(gzip_inflate(packed, size, 1000, &plain, &plain_size, &error), CAP_OK);
	assert_int_equal(plain_size, 1000);
	free(plain);
	/* members behind each other count together */
	packed = realloc(packed, size * 2 + 1);
	memcpy(packed + size, packed, size);
	assert_int_equal(gzip_inflate(packed, size * 2, 1999, &plain, &plain_size, &error), CAP_TOO_BIG);
	assert_int_equal(gzip_inflate(packed, size * 2, 2000, &plain, &plain_size, &error), CAP_OK);
	assert_int_equal(plain_size, 2000);
	free(plain);
	packed[size * 2] = 'x';
	assert_int_equal(gzip_inflate(packed, size * 2 + 1, 5000, &plain, &plain_size, &error), CAP_FORMAT);
	assert_int_equal(gzip_inflate(packed, size + 5, 5000, &plain, &plain_size, &error), CAP_FORMAT);
	free(packed);
}

/* 513 members of 1 MiB each, from half a megabyte. */
static void gzip_bomb(void **state)
{
	unsigned char *zeros = calloc(1, 1 << 20), *packed, *bomb;
	struct cap_error error = {0};
	size_t size;

	(void)state;
	assert_int_equal(gzip_deflate(zeros, 1 << 20, &packed, &size, &error), CAP_OK);
	bomb = malloc(size * 513);
	for (size_t i = 0; i < 513; i++)
		memcpy(bomb + i * size, packed, size);
	refused(bomb, size * 513, CAP_TOO_BIG, "gzip: more than 512 MiB when decompressed");
	free(bomb);
	free(packed);
	free(zeros);
}

/* ---- drop_frames: an expression that comes with the profile --------------------------------------- */

static char *rows_with(const char *expression, const char *leaf)
{
	struct proto_buffer buffer = made_begin(leaf, "main", expression, NULL);
	struct cap_profile *profile;
	char *ret;

	made_function(&buffer, 1, 3);
	made_function(&buffer, 2, 4);
	made_sample(&buffer, 1, 1, 2, 0);
	proto_put(&buffer, 7, 5);
	profile = made_end(&buffer);
	ret = rows_of(profile, NULL, false);
	cap_profile_free(profile);
	return ret;
}

static void drops(const char *expression, bool wanted)
{
	char *rows = rows_with(expression, "aaa");

	assert_string_equal(rows, wanted ? "1\t1\tmain\n" : "1\t1\taaa\n0\t1\tmain\n");
	free(rows);
}

static void expressions_are_bounded(void **state)
{
	char long_one[2000];

	(void)state;
	drops("a*", true);
	drops("a", false); /* anchored */
	drops("a+", true);
	drops("((((((((a+)+)+)+)+)+)+)+)", true);
	drops("(((((((((a+)+)+)+)+)+)+)+)+)", false);
	drops("a++++++++++++++++++++++++++++++++++++++++", false);
	drops("a{3}", false);
	drops("(a)\\1\\1", false);
	drops("a\\", false);
	drops("(a", false);
	memset(long_one, '(', 1000);
	memset(long_one + 1000, ')', 1000);
	long_one[1999] = '\0';
	drops(long_one, false);
	memset(long_one, '(', 400);
	strcpy(long_one + 400, "a*");
	memset(long_one + 402, ')', 400);
	long_one[802] = '\0';
	drops(long_one, true);
}

/* libc keeps what it learns of an expression by each text it matches: 14 KB a character for this one. */
static void memory_is_bounded(void **state)
{
	char expression[1000] = "(a|b)*a", name[2001];
	struct rusage before, after;
	uint32_t random = 1;

	(void)state;
	for (int i = 0; i < 180; i++)
		strcat(expression, "(a|b)");
	getrusage(RUSAGE_SELF, &before);
	for (int round = 0; round < 2; round++) {
		struct proto_buffer buffer = made_begin(expression, NULL);

		for (uint64_t i = 0; i < 20; i++) {
			for (int c = 0; c < 2000; c++)
				name[c] = "ab"[(random = random * 1103515245 + 12345) >> 30 & 1];
			proto_put_bytes(&buffer, 6, name, 2000);
			made_function(&buffer, i + 1, 4 + i);
		}
		proto_put(&buffer, 7, 3);
		cap_profile_free(made_end(&buffer));
	}
	getrusage(RUSAGE_SELF, &after);
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
	assert_true(after.ru_maxrss - before.ru_maxrss < 300 << 10);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(gzip_cut_at_every_byte),
		cmocka_unit_test(every_byte_damaged),
		cmocka_unit_test(gzip_damaged),
		cmocka_unit_test(wrong_wire_types),
		cmocka_unit_test(unknown_fields_are_passed_over),
		cmocka_unit_test(groups),
		cmocka_unit_test(lengths_that_lie),
		cmocka_unit_test(numbers_that_do_not_end),
		cmocka_unit_test(references_that_lead_nowhere),
		cmocka_unit_test(tables_that_do_not_fit),
		cmocka_unit_test(gzip_ceiling_is_exact),
		cmocka_unit_test(gzip_bomb),
		cmocka_unit_test(expressions_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
