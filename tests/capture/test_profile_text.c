/* Go's text dumps of goroutines, read as profiles. */
#include "tests/capture/profile_help.h"

#include <stdlib.h>
#include <string.h>

#include "capture/profile.h"

static struct cap_profile *read_text(const char *text)
{
	return profile_parsed(text, strlen(text));
}

static void check_rows(const char *text, const char *expected)
{
	struct cap_profile *profile = read_text(text);
	char *rows = rows_of(profile, "goroutine", true);

	assert_string_equal(rows, expected);
	free(rows);
	cap_profile_free(profile);
}

static void check_refused(const char *text, const char *expected)
{
	struct cap_profile *profile = NULL;
	struct cap_error error = {0};

	assert_int_equal(cap_profile_parse(text, strlen(text), &profile, &error), CAP_FORMAT);
	assert_string_equal(error.text, expected);
	assert_null(profile);
}

/* "key=text" of each label of a sample; numbers as "key=12". */
static void check_labels(const struct cap_profile *profile, size_t sample, const char *expected)
{
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	for (uint32_t i = profile->label_start[sample]; i < profile->label_start[sample + 1]; i++) {
		const struct profile_label *label = &profile->labels[i];

		fprintf(out, "%s=", profile_text(profile, label->key));
		if (label->str)
			fprintf(out, "%s;", profile_text(profile, label->str));
		else
			fprintf(out, "%lld;", (long long)label->num);
	}
	fclose(out);
	assert_string_equal(got, expected);
	free(got);
}

static void counts_by_stack(void **state)
{
	(void)state;
	check_rows("goroutine profile: total 28\n"
	           "25 @ 0x47f90e 0x4163ce\n"
	           "# labels: {\"handler\":\"/a\"}\n"
	           "#\t0x502d18\tmain.wait.func1+0x18\t./record.go:149\n"
	           "#\t0x502d19\tmain.main+0x18\t\t./record.go:12\n"
	           "\n"
	           "3 @ 0x47f90e\n"
	           "#\t0x502d18\tmain.wait.func1+0x18\t./record.go:149\n",
	           "28\t28\tmain.wait.func1\n0\t25\tmain.main\n");
}

static void addresses_stay_where_there_are_no_names(void **state)
{
	struct cap_profile *profile = read_text("goroutine profile: total 2\n2 @ 0x47f90e 0x4163ce\n");

	(void)state;
	assert_int_equal(profile->location_count, 2);
	assert_int_equal(profile->locations[0].address, 0x47f90d);
	assert_int_equal(cap_profile_total(profile, 0), 2);
	cap_profile_free(profile);
}

static const char traces[] = "goroutine 1 [running]:\n"
			     "runtime/pprof.(*Profile).WriteTo(0x54ccc3?, {0x55a3b8?, 0x18?}, 0x1b6?)\n"
			     "\truntime/pprof/pprof.go:408 +0x149\n"
			     "main.main()\n"
			     "\t./record.go:215 +0x2ce\n"
			     "\n"
			     "goroutine 35 [chan receive (scan), 17 minutes, locked to thread]:\r\n"
			     "main.wait.func1(...)\r\n"
			     "\tC:/src/record.go:149\r\n"
			     "...additional frames elided...\r\n"
			     "created by main.(*T).wait in goroutine 1\r\n"
			     "\t./record.go:149 +0x37\r\n"
			     "\n"
			     "goroutine 36 gp=0xc000007880 m=nil mp=0x1 [select (no cases)]:\n"
			     "\tgoroutine running on other thread; stack unavailable\n"
			     "created by main.old\n"
			     "\t./record.go:150 +0x37\n";

static void each_trace_is_a_sample(void **state)
{
	struct cap_profile *profile = read_text(traces);

	(void)state;
	assert_int_equal(cap_profile_sample_count(profile), 3);
	check_labels(profile, 0, "state=running;");
	check_labels(profile, 1, "state=chan receive;created_by=main.(*T).wait;minutes=17;");
	check_labels(profile, 2, "state=select (no cases);created_by=main.old;");
	assert_string_equal(profile_text(profile, profile->functions[2].file), "C:/src/record.go");
	assert_int_equal(profile->lines[2].line, 149);
	cap_profile_free(profile);
	check_rows(traces,
	           "0\t1\tmain.main\n1\t1\tmain.wait.func1\n1\t1\truntime/pprof.(*Profile).WriteTo\n");
}

/* The same program, dumped both ways one after the other. */
static void both_recorded_dumps_agree(void **state)
{
	struct cap_profile *counts = profile_read("goroutine-1.txt"), *dump = profile_read("goroutine-2.txt");
	static const char *const waiting[] = {"25\t25\tmain.wait.func1\n", "25\t25\tmain.wait.func2\n",
	                                      "25\t25\ttime.Sleep\n", "0\t25\tmain.wait.func3\n",
	                                      "0\t7\tmain.wait.func4\n"};
	char *rows[] = {rows_of(counts, NULL, false), rows_of(dump, NULL, false)};

	(void)state;
	assert_int_equal(cap_profile_total(counts, 0), 83);
	assert_int_equal(cap_profile_total(dump, 0), 83);
	assert_int_equal(cap_profile_sample_count(dump), 83);
	for (size_t i = 0; i < COUNT_OF(waiting); i++) {
		assert_non_null(strstr(rows[0], waiting[i]));
		assert_non_null(strstr(rows[1], waiting[i]));
	}
	free(rows[0]);
	free(rows[1]);
	cap_profile_free(counts);
	cap_profile_free(dump);
}

static void dumps_can_be_written_and_merged(void **state)
{
	struct cap_profile *profile = profile_read("goroutine-2.txt"), *sum, *again;
	struct cap_error error = {0};
	unsigned char *bytes;
	size_t size;

	(void)state;
	assert_int_equal(cap_profile_merge((struct cap_profile *[]){profile, profile}, 2, &sum, &error),
	                 CAP_OK);
	assert_int_equal(cap_profile_encode(sum, &bytes, &size, &error), CAP_OK);
	again = profile_parsed(bytes, size);
	assert_int_equal(cap_profile_total(again, 0), 166);
	assert_true(cap_profile_sample_count(again) < 10); /* equal stacks and states are one */
	free(bytes);
	cap_profile_free(profile);
	cap_profile_free(sum);
	cap_profile_free(again);
}

static void what_cannot_be_read_is_named(void **state)
{
	(void)state;
	check_refused("goroutine profile: total many\n", "goroutine dump: line 1: no total");
	check_refused("goroutine profile: total 3\n2 @ 0x1\n",
	              "goroutine dump: cut short: 2 of 3 goroutines");
	check_refused("goroutine profile: total 1\n\n1 @ 0x1 zz\n",
	              "goroutine dump: line 3: not a list of addresses");
	check_refused("goroutine profile: total 1\n1 @ 0x11111111111111111\n",
	              "goroutine dump: line 2: not an address");
	check_refused("goroutine profile: total 1\nhello\n",
	              "goroutine dump: line 2: neither a stack (COUNT @ ADDRESS...) nor a frame");
	check_refused("goroutine profile: total 1\n99999999999999999999 @ 0x1\n",
	              "goroutine dump: line 2: neither a stack (COUNT @ ADDRESS...) nor a frame");
	check_refused("heap profile: 1: 2 [3: 4] @ heap/1048576\n",
	              "profile: the text form of a heap profile; fetch it without debug=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_by_stack),
		cmocka_unit_test(addresses_stay_where_there_are_no_names),
		cmocka_unit_test(each_trace_is_a_sample),
		cmocka_unit_test(both_recorded_dumps_agree),
		cmocka_unit_test(dumps_can_be_written_and_merged),
		cmocka_unit_test(what_cannot_be_read_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
