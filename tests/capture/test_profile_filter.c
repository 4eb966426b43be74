/* What a diff holds, and which samples a filter keeps. */
#include "tests/capture/profile_help.h"

#include <stdlib.h>
#include <string.h>

static bool holds(void *context, const char *text, size_t length)
{
	assert_int_equal(strlen(text), length);
	return strstr(text, context) != NULL;
}

static struct cap_matcher matcher(const char *part)
{
	return (struct cap_matcher){holds, (void *)part};
}

static void check_rows(const struct cap_profile *profile, const char *expected)
{
	char *rows = rows_of(profile, NULL, true);

	assert_string_equal(rows, expected);
	free(rows);
}

/* main calls a, b and both. */
static struct cap_profile *made(int64_t a, int64_t b, int64_t both)
{
	struct proto_buffer buffer = made_begin("main", "a", "b", NULL);

	for (uint64_t i = 1; i <= 3; i++)
		made_function(&buffer, i, i + 2);
	made_sample(&buffer, a, 2, 1, 0);
	made_sample(&buffer, b, 3, 1, 0);
	made_sample(&buffer, both, 3, 2, 1, 0);
	made_sample(&buffer, 1000, 0);
	return made_end(&buffer);
}

static void filter(struct cap_profile *profile, const char *focus, const char *ignore, bool *ret_focus,
                   bool *ret_ignore)
{
	struct cap_matcher focused = matcher(focus), ignored = matcher(ignore);
	struct cap_error error = {0};

	assert_int_equal(cap_profile_filter(profile, focus ? &focused : NULL, ignore ? &ignored : NULL,
	                                    ret_focus, ret_ignore, &error),
	                 CAP_OK);
}

static void check_filter(const char *focus, const char *ignore, bool focused, bool ignored,
                         const char *expected)
{
	struct cap_profile *profile = made(1, 20, 300);
	bool got_focus, got_ignore;

	filter(profile, focus, ignore, &got_focus, &got_ignore);
	check_rows(profile, expected);
	assert_int_equal(got_focus, focused);
	assert_int_equal(got_ignore, ignored);
	cap_profile_free(profile);
}

static void samples_are_kept_by_their_frames(void **state)
{
	(void)state;
	check_filter("b", NULL, true, false, "320\t320\tb\n0\t320\tmain\n0\t300\ta\n");
	check_filter("a", NULL, true, false, "0\t321\tmain\n320\t320\tb\n1\t301\ta\n");
}

/* "a" is in "main" too: the name whole. */
static bool is(void *context, const char *text, size_t length)
{
	(void)length;
	return strcmp(text, context) == 0;
}

static void focus_and_ignore_go_together(void **state)
{
	struct cap_matcher a = {is, "a"}, b = {is, "b"}, none = {is, "none"};
	struct cap_error error = {0};
	bool focused, ignored;
	struct cap_profile *profile = made(1, 20, 300);

	(void)state;
	assert_int_equal(cap_profile_filter(profile, &b, &a, &focused, &ignored, &error), CAP_OK);
	check_rows(profile, "20\t20\tb\n0\t20\tmain\n");
	assert_true(focused && ignored);
	assert_int_equal(cap_profile_filter(profile, NULL, &none, &focused, &ignored, &error), CAP_OK);
	check_rows(profile, "20\t20\tb\n0\t20\tmain\n");
	assert_true(focused && !ignored);
	assert_int_equal(cap_profile_filter(profile, &none, NULL, &focused, &ignored, &error), CAP_OK);
	check_rows(profile, "");
	assert_true(!focused && !ignored);
	assert_int_equal(cap_profile_sample_count(profile), 0);
	cap_profile_free(profile);
}

/* Labels and all values move along. */
static void what_is_kept_is_whole(void **state)
{
	struct cap_profile *profile = profile_read("heap.pb.gz"), *rest = profile_read("heap.pb.gz"), *both;
	struct cap_error error = {0};
	bool focused, ignored;

	(void)state;
	filter(profile, "json", NULL, &focused, &ignored);
	filter(rest, NULL, "json", &focused, &ignored);
	assert_true(cap_profile_sample_count(profile) > 0 && cap_profile_sample_count(rest) > 0);
	assert_int_equal(cap_profile_merge((struct cap_profile *[]){profile, rest}, 2, &both, &error),
	                 CAP_OK);
	cap_profile_free(profile);
	cap_profile_free(rest);
	profile = profile_read("heap.pb.gz");
	for (size_t i = 0; i < 4; i++) {
		const char *type = cap_profile_type(profile, i, NULL);
		char *one = rows_of(profile, type, false), *two = rows_of(both, type, false);

		assert_string_equal(one, two);
		assert_int_equal(cap_profile_total(profile, i), cap_profile_total(both, i));
		free(one);
		free(two);
	}
	cap_profile_free(profile);
	cap_profile_free(both);
}

static void a_diff_is_what_changed(void **state)
{
	struct cap_profile *before = made(1, 20, 300), *after = made(5, 20, 200), *diff;
	struct cap_error error = {0};

	(void)state;
	assert_int_equal(cap_profile_diff(after, before, &diff, &error), CAP_OK);
	check_rows(diff, "-100\t-100\tb\n4\t-96\ta\n0\t-96\tmain\n");
	assert_int_equal(cap_profile_total(diff, 0), 1321);
	assert_int_equal(cap_profile_sample_count(diff), 8);
	cap_profile_free(before);
	cap_profile_free(after);
	cap_profile_free(diff);
}

static void nothing_changed(void **state)
{
	struct cap_profile *one = profile_read("cpu.pb.gz"), *diff;
	struct cap_error error = {0};

	(void)state;
	assert_int_equal(cap_profile_diff(one, one, &diff, &error), CAP_OK);
	check_rows(diff, "");
	assert_int_equal(cap_profile_total(diff, 1), cap_profile_total(one, 1));
	cap_profile_free(one);
	cap_profile_free(diff);
}

static void unlike_profiles_have_no_difference(void **state)
{
	struct cap_profile *cpu = profile_read("cpu.pb.gz"), *heap = profile_read("heap.pb.gz"), *diff = NULL;
	struct cap_error error = {0};

	(void)state;
	assert_int_equal(cap_profile_diff(cpu, heap, &diff, &error), CAP_FORMAT);
	assert_null(diff);
	cap_profile_free(cpu);
	cap_profile_free(heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_are_kept_by_their_frames),
		cmocka_unit_test(focus_and_ignore_go_together),
		cmocka_unit_test(what_is_kept_is_whole),
		cmocka_unit_test(a_diff_is_what_changed),
		cmocka_unit_test(nothing_changed),
		cmocka_unit_test(unlike_profiles_have_no_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
