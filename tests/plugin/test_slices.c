/* slices.c with capture slices of the test's own: what requests they get, and how neighbours of a long window
 * merge. */
#include "tests/plugin/test.h"

#include <stdlib.h>

#include "plugin/slices.h"

static struct shots_slice given[100];
static unsigned given_count;

/* In place of shots.c. */
unsigned shots_slices(const struct shots *shots, unsigned *ret_wanted)
{
	(void)shots;
	*ret_wanted = given_count;
	return given_count;
}

const struct shots_slice *shots_slice(const struct shots *shots, unsigned i)
{
	(void)shots;
	return &given[i];
}

/* One function, seen once: string table "", "samples", "count", "main.f". */
static struct cap_profile *profile_once(void)
{
	static const unsigned char bytes[] =
		"\x0a\x04\x08\x01\x10\x02"         /* sample_type */
		"\x12\x06\x0a\x01\x01\x12\x01\x01" /* sample: location 1, value 1 */
		"\x22\x06\x08\x01\x22\x02\x08\x01" /* location 1: line of function 1 */
		"\x2a\x04\x08\x01\x10\x03"         /* function 1 */
		"\x32\x00\x32\x07samples\x32\x05"
		"count\x32\x06main.f";
	struct cap_profile *profile = NULL;
	struct cap_error error = {0};

	if (cap_profile_parse(bytes, sizeof bytes - 1, &profile, &error) != CAP_OK)
		fail_msg("%s", error.text);
	return profile;
}

static void give(unsigned count)
{
	given_count = count;
	for (unsigned i = 0; i < count; i++)
		given[i] = (struct shots_slice){profile_once(), 100 * i + 1, 100 * i + 91};
}

static void take_back(void)
{
	for (unsigned i = 0; i < given_count; i++)
		cap_profile_free(given[i].profile);
}

static int64_t samples_of(const struct slice *slice)
{
	struct cap_profile *profile = NULL;
	struct cap_error error = {0};
	int64_t ret;

	assert_non_null(slice->data);
	assert_int_equal(cap_profile_parse(slice->data, slice->size, &profile, &error), CAP_OK);
	ret = cap_profile_total(profile, 0);
	cap_profile_free(profile);
	return ret;
}

static void test_track(void **state)
{
	struct slice_track track = {0};

	(void)state;
	assert_true(slice_track_between(&track, 0, 10) == 0);
	slice_track_add(&track, 100, 1000);
	slice_track_add(&track, 200, 1100);
	slice_track_add(&track, 200, 9999); /* no time has passed */
	slice_track_add(&track, 300, 1400);
	assert_true(slice_track_between(&track, 100, 300) == 400);
	assert_true(slice_track_between(&track, 150, 250) == 50 + 150);
	assert_true(slice_track_between(&track, 0, 150) ==
	            50); /* not seen before the first look, nor behind the last */
	assert_true(slice_track_between(&track, 250, 999) == 150);
	assert_true(slice_track_between(&track, 210, 220) == 30);
	slice_track_release(&track);
}

static struct slices made(const struct slice_track *track)
{
	struct slices slices;

	slices_make((const struct shots *)given, track, &slices);
	return slices;
}

static void test_few(void **state)
{
	struct slice_track track = {0};
	struct slices slices;

	(void)state;
	slice_track_add(&track, 1, 0);
	slice_track_add(&track, 1001, 10000); /* ten a nanosecond */
	give(3);
	slices = made(&track);
	assert_int_equal(slices.count, 3);
	assert_string_equal(slices.items[2].file, "slices/cpu-03.pb.gz");
	assert_int_equal(slices.items[2].begin, 201);
	assert_int_equal(slices.items[2].end, 291);
	assert_int_equal(slices.items[2].length, 90);
	assert_true(slices.items[2].requests == 900);
	assert_int_equal(samples_of(&slices.items[0]), 1);
	slices_release(&slices);
	take_back();
	give(1); /* it is cpu.pb.gz */
	slices = made(&track);
	assert_int_equal(slices.count, 0);
	take_back();
	slice_track_release(&track);
}

/* 50 in groups of three, the last of two. */
static void test_many(void **state)
{
	struct slice_track track = {0};
	struct slices slices;
	int64_t samples = 0;

	(void)state;
	slice_track_add(&track, 1, 0);
	slice_track_add(&track, 10001, 100000);
	give(50);
	slices = made(&track);
	assert_int_equal(slices.count, 17);
	assert_int_equal(slices.items[0].end, 291);
	assert_int_equal(slices.items[0].length, 270);
	assert_true(slices.items[0].requests == 2700);
	assert_int_equal(slices.items[16].begin, 4801);
	assert_int_equal(slices.items[16].length, 180);
	for (size_t i = 0; i < slices.count; i++)
		samples += samples_of(&slices.items[i]);
	assert_int_equal(samples, 50);
	slices_release(&slices);
	take_back();
	slice_track_release(&track);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_track),
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
