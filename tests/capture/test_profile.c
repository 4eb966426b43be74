/* Profiles as they should be: rows of `go tool pprof -top`, merging, writing again, types and totals. */
#include "tests/capture/profile_help.h"

#include <dirent.h>
#include <stdlib.h>

/* ---- rows as go tool pprof prints them -------------------------------------------------- */

static struct cap_profile *difference(const char *base_name, const char *name)
{
	struct cap_profile *base = profile_read(base_name), *profile = profile_read(name), *ret = NULL;
	struct cap_error error = {0};

	if (cap_profile_diff(profile, base, &ret, &error) != CAP_OK)
		fail_msg("%s", error.text);
	cap_profile_free(base);
	cap_profile_free(profile);
	return ret;
}

static struct cap_profile *merged(char *names)
{
	struct cap_profile *profiles[8], *ret = NULL;
	struct cap_error error = {0};
	size_t count = 0;
	char *name;

	if (strncmp(names, "-diff_base=", 11) == 0) {
		name = strsep(&names, " ");
		return difference(name + 11, names);
	}
	while ((name = strsep(&names, " ")))
		profiles[count++] = profile_read(name);
	if (count == 1)
		return profiles[0];
	if (cap_profile_merge(profiles, count, &ret, &error) != CAP_OK)
		fail_msg("%s", error.text);
	while (count)
		cap_profile_free(profiles[--count]);
	return ret;
}

/* "# go tool pprof ... -ORDER -sample_index=TYPE -unit=UNIT FILE...", and the rows. */
static void check_golden(const char *name)
{
	struct bytes golden = bytes_read(name);
	char *text = (char *)golden.data, *line = strsep(&text, "\n");
	bool by_cum = strstr(line, " -cum ") != NULL;
	char *type = strstr(line, "-sample_index="), *files = strstr(line, "-unit="), *rows;
	struct cap_profile *profile;

	assert_true(type && files && text);
	type += strlen("-sample_index=");
	type[strcspn(type, " ")] = '\0';
	files = strchr(files, ' ') + 1;
	profile = merged(files);
	rows = rows_of(profile, type, by_cum);
	if (strcmp(rows, text) != 0)
		fail_msg("%s: the rows are not those of go tool pprof:\n%s", name, rows);
	free(rows);
	cap_profile_free(profile);
	free(golden.data);
}

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text);

	return length > strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static void rows_are_those_of_go_tool_pprof(void **state)
{
	DIR *folder = opendir(PROFILES);
	struct dirent *entry;
	int count = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		if (!ends_in(entry->d_name, ".flat") && !ends_in(entry->d_name, ".cum"))
			continue;
		check_golden(entry->d_name);
		count++;
	}
	closedir(folder);
	assert_int_equal(count, 56);
}

/* ---- writing and reading again ------------------------------------------------------------ */

static const char *const recorded[] = {"cpu.pb.gz",        "cpu-labels.pb.gz",   "heap.pb.gz",
                                       "allocs.pb.gz",     "goroutine.pb.gz",    "mutex.pb.gz",
                                       "block.pb.gz",      "threadcreate.pb.gz", "hand-odd.pb",
                                       "hand-negative.pb", "hand-names.pb",      "hand-drop.pb"};

static void same_profile(const struct cap_profile *a, const struct cap_profile *b)
{
	assert_int_equal(cap_profile_type_count(a), cap_profile_type_count(b));
	assert_int_equal(cap_profile_sample_count(a), cap_profile_sample_count(b));
	assert_int_equal(cap_profile_duration(a), cap_profile_duration(b));
	assert_int_equal(cap_profile_time(a), cap_profile_time(b));
	assert_int_equal(cap_profile_type_index(a, NULL), cap_profile_type_index(b, NULL));
	for (size_t i = 0; i < cap_profile_type_count(a); i++) {
		const char *unit_a, *unit_b, *type = cap_profile_type(a, i, &unit_a);
		char *rows_a, *rows_b;

		assert_string_equal(type, cap_profile_type(b, i, &unit_b));
		assert_string_equal(unit_a, unit_b);
		assert_int_equal(cap_profile_total(a, i), cap_profile_total(b, i));
		rows_a = rows_of(a, type, i % 2);
		rows_b = rows_of(b, type, i % 2);
		assert_string_equal(rows_a, rows_b);
		free(rows_a);
		free(rows_b);
	}
}

static void written_and_read_it_is_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(recorded); i++) {
		struct cap_profile *first = profile_read(recorded[i]), *second;
		struct cap_error error = {0};
		unsigned char *bytes, *again;
		size_t size, again_size;

		assert_int_equal(cap_profile_encode(first, &bytes, &size, &error), CAP_OK);
		second = profile_parsed(bytes, size);
		same_profile(first, second);
		assert_int_equal(cap_profile_encode(second, &again, &again_size, &error), CAP_OK);
		assert_int_equal(size, again_size);
		assert_memory_equal(bytes, again, size);
		free(bytes);
		free(again);
		cap_profile_free(first);
		cap_profile_free(second);
	}
}

/* ---- merging ---------------------------------------------------------------------------------- */

static enum cap_status merge(struct cap_profile *a, struct cap_profile *b, struct cap_profile **ret,
                             struct cap_error *error)
{
	return cap_profile_merge((struct cap_profile *[]){a, b}, 2, ret, error);
}

static void merging_sums(void **state)
{
	struct cap_profile *one = profile_read("cpu.pb.gz"), *two = profile_read("cpu-2.pb.gz"), *sum, *back;
	struct cap_error error = {0};

	(void)state;
	assert_int_equal(merge(one, two, &sum, &error), CAP_OK);
	assert_int_equal(merge(two, one, &back, &error), CAP_OK);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(cap_profile_total(sum, i),
		                 cap_profile_total(one, i) + cap_profile_total(two, i));
		assert_int_equal(cap_profile_total(back, i), cap_profile_total(sum, i));
	}
	assert_int_equal(cap_profile_duration(sum), cap_profile_duration(one) + cap_profile_duration(two));
	assert_int_equal(cap_profile_time(sum), cap_profile_time(one));
	assert_int_equal(cap_profile_time(back), cap_profile_time(one));
	assert_int_equal(cap_profile_sample_count(sum), cap_profile_sample_count(back));
	cap_profile_free(one);
	cap_profile_free(two);
	same_profile(sum, sum); /* it borrows nothing from them */
	cap_profile_free(sum);
	cap_profile_free(back);
}

static void merging_with_itself_adds_no_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(recorded); i++) {
		struct cap_profile *one = profile_read(recorded[i]), *alone, *twice;
		struct cap_error error = {0};

		assert_int_equal(cap_profile_merge(&one, 1, &alone, &error), CAP_OK);
		assert_int_equal(merge(alone, alone, &twice, &error), CAP_OK);
		assert_int_equal(cap_profile_sample_count(alone), cap_profile_sample_count(twice));
		assert_int_equal(cap_profile_total(twice, 0), 2 * cap_profile_total(alone, 0));
		cap_profile_free(one);
		cap_profile_free(alone);
		cap_profile_free(twice);
	}
}

static struct cap_profile *of_value(int64_t value)
{
	struct proto_buffer buffer = made_begin("f", "g", NULL);

	made_function(&buffer, 1, 3);
	made_function(&buffer, 2, 4);
	made_sample(&buffer, value, 1, 2, 0);
	return made_end(&buffer);
}

static void what_cancels_out_is_gone(void **state)
{
	struct cap_profile *plus = of_value(5), *minus = of_value(-5), *sum;
	struct cap_error error = {0};
	char *rows;

	(void)state;
	assert_int_equal(merge(plus, minus, &sum, &error), CAP_OK);
	assert_int_equal(cap_profile_sample_count(sum), 0);
	assert_int_equal(cap_profile_total(sum, 0), 0);
	rows = rows_of(sum, NULL, false);
	assert_string_equal(rows, "");
	free(rows);
	cap_profile_free(plus);
	cap_profile_free(minus);
	cap_profile_free(sum);
}

static void merging_unlike_profiles_is_refused(void **state)
{
	struct cap_profile *cpu = profile_read("cpu.pb.gz"), *heap = profile_read("heap.pb.gz"),
			   *mutex = profile_read("mutex.pb.gz"), *sum = (struct cap_profile *)1;
	struct cap_error error = {0};

	(void)state;
	assert_int_equal(merge(cpu, heap, &sum, &error), CAP_FORMAT);
	assert_string_equal(error.text, "merge: profile 2 has 4 sample types, profile 1 has 2");
	assert_int_equal(merge(cpu, mutex, &sum, &error), CAP_FORMAT);
	assert_string_equal(error.text,
	                    "merge: sample type 1 of profile 2 is 'contentions/count', of profile 1 "
	                    "'samples/count'");
	assert_int_equal(cap_profile_merge(NULL, 0, &sum, &error), CAP_FORMAT);
	assert_int_equal(merge(cpu, mutex, &sum, NULL), CAP_FORMAT);
	assert_ptr_equal(sum, (struct cap_profile *)1);
	cap_profile_free(cpu);
	cap_profile_free(heap);
	cap_profile_free(mutex);
	cap_profile_free(NULL);
}

/* ---- types, totals, cases --------------------------------------------------------------------- */

static void types_and_totals(void **state)
{
	struct cap_profile *heap = profile_read("heap.pb.gz"), *allocs = profile_read("allocs.pb.gz");
	const char *unit;

	(void)state;
	assert_int_equal(cap_profile_type_count(heap), 4);
	assert_string_equal(cap_profile_type(heap, 1, &unit), "alloc_space");
	assert_string_equal(unit, "bytes");
	assert_string_equal(cap_profile_type(heap, 1, NULL), "alloc_space");
	assert_int_equal(cap_profile_type_index(heap, "inuse_space"), 3);
	assert_int_equal(cap_profile_type_index(heap, "nothing"), -1);
	assert_int_equal(cap_profile_type_index(heap, NULL), 3);
	assert_int_equal(cap_profile_type_index(allocs, NULL), 1); /* default_sample_type */
	cap_profile_free(heap);
	cap_profile_free(allocs);
}

static void totals_are_absolute(void **state)
{
	struct proto_buffer buffer = made_begin("f", NULL);
	struct cap_profile *profile;
	char *rows;

	(void)state;
	made_function(&buffer, 1, 3);
	made_sample(&buffer, 7, 1, 0);
	made_sample(&buffer, -3, 1, 0);
	profile = made_end(&buffer);
	assert_int_equal(cap_profile_total(profile, 0), 10);
	rows = rows_of(profile, NULL, false);
	assert_string_equal(rows, "4\t4\tf\n");
	free(rows);
	cap_profile_free(profile);
}

static void extremes_wrap(void **state)
{
	struct proto_buffer buffer = made_begin("f", NULL);
	struct cap_profile *profile;

	(void)state;
	made_function(&buffer, 1, 3);
	made_sample(&buffer, INT64_MIN, 1, 0);
	made_sample(&buffer, INT64_MAX, 1, 0);
	made_sample(&buffer, INT64_MIN, 1, 0);
	profile = made_end(&buffer);
	free(rows_of(profile, NULL, true));
	cap_profile_total(profile, 0);
	cap_profile_free(profile);
}

static void recursion_counts_once(void **state)
{
	struct proto_buffer buffer = made_begin("f", "main", NULL);
	struct cap_profile *profile;
	char *rows;

	(void)state;
	made_function(&buffer, 1, 3);
	made_function(&buffer, 2, 4);
	made_sample(&buffer, 10, 1, 1, 1, 2, 0);
	made_sample(&buffer, 0, 1, 2, 0);
	profile = made_end(&buffer);
	rows = rows_of(profile, "value", true);
	assert_string_equal(rows, "10\t10\tf\n0\t10\tmain\n");
	free(rows);
	cap_profile_free(profile);
}

static void samples_without_stack_or_value(void **state)
{
	struct proto_buffer buffer = made_begin(NULL);
	struct cap_profile *profile;
	char *rows;

	(void)state;
	made_sample(&buffer, 5, 0);
	profile = made_end(&buffer);
	assert_int_equal(cap_profile_sample_count(profile), 1);
	assert_int_equal(cap_profile_total(profile, 0), 5);
	rows = rows_of(profile, NULL, false);
	assert_string_equal(rows, "");
	free(rows);
	cap_profile_free(profile);
	buffer = made_begin(NULL);
	profile = made_end(&buffer);
	assert_int_equal(cap_profile_sample_count(profile), 0);
	assert_int_equal(cap_profile_total(profile, 0), 0);
	rows = rows_of(profile, NULL, false);
	assert_string_equal(rows, "");
	free(rows);
	cap_profile_free(profile);
}

/* A nameless type list, as a file with only a string table has: nothing to index. */
static void no_types_at_all(void **state)
{
	struct cap_profile *profile = profile_parsed("\x32\x00", 2);

	(void)state;
	assert_int_equal(cap_profile_type_count(profile), 0);
	assert_int_equal(cap_profile_type_index(profile, NULL), -1);
	cap_profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_those_of_go_tool_pprof),
		cmocka_unit_test(written_and_read_it_is_the_same),
		cmocka_unit_test(merging_sums),
		cmocka_unit_test(merging_with_itself_adds_no_samples),
		cmocka_unit_test(what_cancels_out_is_gone),
		cmocka_unit_test(merging_unlike_profiles_is_refused),
		cmocka_unit_test(types_and_totals),
		cmocka_unit_test(totals_are_absolute),
		cmocka_unit_test(extremes_wrap),
		cmocka_unit_test(recursion_counts_once),
		cmocka_unit_test(samples_without_stack_or_value),
		cmocka_unit_test(no_types_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
