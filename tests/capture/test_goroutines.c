/* goroutines.c: dumps of real programs with a fault each; and by hand, whole, odd and damaged. */
#include "tests/capture/profile_help.h"

#include <stdlib.h>

static const char *const versions[] = {"1.19.13", "1.24.13", "1.26.8"};

static struct cap_goroutines parsed(const char *text)
{
	struct cap_goroutines ret = {0};
	struct cap_error error = {0};

	if (cap_goroutines_parse(text, strlen(text), &ret, &error) != CAP_OK)
		fail_msg("%s", error.text);
	return ret;
}

static struct cap_goroutines dump_of(const char *version, const char *fault, const char *phase)
{
	char name[128];
	struct bytes bytes;
	struct cap_goroutines ret;

	snprintf(name, sizeof name, "%s/%s-%s.txt", version, fault, phase);
	bytes = bytes_read(name);
	ret = parsed((const char *)bytes.data);
	free(bytes.data);
	return ret;
}

/* A phase of a program: the dumps and what came of comparing them. */
struct compared {
	struct cap_goroutines idle, loaded, after;
	struct cap_growth *rows;
	size_t count;
};

static struct compared compare(const char *version, const char *fault)
{
	struct compared ret = {.idle = dump_of(version, fault, "idle"),
	                       .loaded = dump_of(version, fault, "loaded"),
	                       .after = dump_of(version, fault, "after")};

	assert_int_equal(
		cap_goroutines_compare(&ret.idle, &ret.loaded, &ret.after, &ret.rows, &ret.count, NULL),
		CAP_OK);
	return ret;
}

static void release(struct compared *compared)
{
	free(compared->rows);
	cap_goroutines_release(&compared->idle);
	cap_goroutines_release(&compared->loaded);
	cap_goroutines_release(&compared->after);
}

static bool goes_through(const struct cap_goroutine_group *group, const char *function)
{
	for (size_t i = 0; i < group->frame_count; i++)
		if (strcmp(group->frames[i].function, function) == 0)
			return true;
	return false;
}

static void programs_with_a_fault_are_suspected(void **state)
{
	static const struct {
		const char *fault, *function, *suspect;
		size_t suspects;
		int64_t idle, loaded, after;
		unsigned minutes;
	} rows[] = {
		{"leak", "main.leaked", "leak", 1, 0, 40, 40, 1},
		{"leak-twin", "main.waitForEnd", "", 0, 0, 40, 0, 0},
		{"nil-channel", "main.receiveNothing", "blocked for ever", 1, 3, 3, 3, 1},
		{"stall", "main.wantLock", "stall", 1, 0, 12, 12, 1},
		{"pool", "main.worker", "", 0, 16, 16, 16, 1},
		{"deadlock", "main.lockBoth", "deadlock", 2, 0, 1, 1, 1},
	};

	(void)state;
	for (size_t v = 0; v < COUNT_OF(versions); v++)
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			struct compared compared = compare(versions[v], rows[i].fault);
			const struct cap_growth *found = NULL;
			size_t suspects = 0;

			for (size_t r = 0; r < compared.count; r++) {
				suspects += compared.rows[r].suspect != CAP_SUSPECT_NONE;
				if (goes_through(compared.rows[r].group, rows[i].function))
					found = &compared.rows[r];
			}
			print_message("%s %s\n", versions[v], rows[i].fault);
			assert_non_null(found);
			assert_string_equal(cap_suspect_name(found->suspect), rows[i].suspect);
			assert_int_equal(suspects, rows[i].suspects);
			assert_int_equal(found->idle, rows[i].idle);
			assert_int_equal(found->loaded, rows[i].loaded);
			assert_int_equal(found->after, rows[i].after);
			assert_int_equal(found->minutes, rows[i].minutes);
			assert_true(found->group->created);
			release(&compared);
		}
}

/* ---- by hand ---------------------------------------------------------------------- */

#define WORKER(header)                                                                                       \
	header "\nmain.worker(0xc000012345?, {0x1, 0x2})\n\t/src/a b/main.go:42 +0x1d\n"                     \
	       "created by main.start in goroutine 1\n\t/src/main.go:7 +0x2\n\n"

static void equal_stacks_are_one_group(void **state)
{
	struct cap_goroutines dump =
		parsed(WORKER("goroutine 7 [chan receive, 3 minutes]:")
	                       WORKER("goroutine 8 [chan receive (scan), 12 minutes, locked to thread]:")
	                               WORKER("goroutine 9 [select]:")
	                                       WORKER("goroutine 10 gp=0xc0001 m=3 mp=0x7 [chan receive]:"));
	const struct cap_goroutine_group *group = &dump.groups[0];

	(void)state;
	assert_int_equal(dump.total, 4);
	assert_int_equal(dump.count, 2);
	assert_int_equal(group->count, 3);
	assert_string_equal(group->state, "chan receive");
	assert_int_equal(group->minutes, 12);
	assert_int_equal(group->frame_count, 2);
	assert_string_equal(group->frames[0].function, "main.worker");
	assert_string_equal(group->frames[0].file, "/src/a b/main.go");
	assert_int_equal(group->frames[0].line, 42);
	assert_string_equal(group->frames[1].function, "main.start");
	assert_true(group->created);
	assert_false(dump.cut);
	assert_string_equal(dump.groups[1].state, "select");
	cap_goroutines_release(&dump);
}

static void methods_generics_and_elided_frames(void **state)
{
	struct cap_goroutines dump =
		parsed("goroutine 1 [sync.Mutex.Lock, 2 minutes]:\r\n"
	               "internal/sync.(*Mutex).lockSlow(0xc00012A0)\r\n\t/go/mutex.go:149 +0x15d\r\n"
	               "main.(*T[...]).M(...)\n\t/src/t.go:9\n"
	               "...12 frames elided...\n"
	               "example.com/x.F[go.shape.int](0x1)\n\t/src/x.go:3 +0x1 fp=0xc0 sp=0xc1 pc=0x45\n"
	               "main.main()\n\t/src/main.go:1 +0x2\n");
	const struct cap_goroutine_group *group = &dump.groups[0];

	(void)state;
	assert_int_equal(dump.total, 1);
	assert_int_equal(group->lock, 0xc00012a0);
	assert_int_equal(group->frame_count, 4);
	assert_string_equal(group->frames[1].function, "main.(*T[...]).M");
	assert_string_equal(group->frames[2].function, "example.com/x.F[go.shape.int]");
	assert_int_equal(group->frames[2].line, 3);
	assert_string_equal(group->frames[2].file, "/src/x.go");
	assert_false(group->created);
	cap_goroutines_release(&dump);
}

static void counted_dumps_are_read_too(void **state)
{
	struct cap_goroutines dump = parsed(
		"goroutine profile: total 15\n12 @ 0x43b8d6 0x44a1f2\n# labels: {\"a\":\"b\"}\n"
		"#\t0x43b8d5\tmain.leaked+0x15\t\t/src/work.go:175\n#\t0x1\tmain.outer+0x2\t/src/o.go:1\n\n"
		"3 @ 0x1\n#\t0x1\tmain.main+0x2\t/src/main.go:9\n");

	(void)state;
	assert_int_equal(dump.total, 15);
	assert_int_equal(dump.count, 2);
	assert_int_equal(dump.groups[0].count, 12);
	assert_string_equal(dump.groups[0].state, "");
	assert_int_equal(dump.groups[0].frame_count, 2);
	assert_string_equal(dump.groups[0].frames[0].function, "main.leaked");
	assert_string_equal(dump.groups[0].frames[0].file, "/src/work.go");
	assert_int_equal(dump.groups[0].frames[0].line, 175);
	cap_goroutines_release(&dump);
}

static void cut_at_every_byte(void **state)
{
	static const char whole[] = WORKER(
		"goroutine 7 [chan receive, 3 minutes]:") "12 @ 0x43b8d6\n#\t0x43b8d5\tmain.leaked+0x15\t\t/src/work.go:175\n";

	(void)state;
	for (size_t size = 0; size < sizeof whole; size++) {
		char *copy = malloc(size ? size : 1); /* of its own size, so that a sanitizer sees */
		struct cap_goroutines dump = {0};
		struct cap_error error = {0};
		enum cap_status status;

		memcpy(copy, whole, size);
		status = cap_goroutines_parse(copy, size, &dump, &error);
		assert_true(status == CAP_OK || (status == CAP_FORMAT && *error.text));
		if (status == CAP_OK)
			assert_int_equal(dump.cut, copy[size - 1] != '\n');
		cap_goroutines_release(&dump);
		free(copy);
	}
}

static void what_is_no_dump_is_refused(void **state)
{
	static const char *const texts[] = {"",
	                                    "\n",
	                                    "hello",
	                                    "goroutine profile: total 0\n",
	                                    "<html>\n\tx:1\n",
	                                    "1 @",
	                                    "main.main()\n\t/src/main.go:1\n"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct cap_goroutines dump = {0};
		struct cap_error error = {0};

		assert_int_equal(cap_goroutines_parse(texts[i], strlen(texts[i]), &dump, &error), CAP_FORMAT);
		assert_null(dump.groups);
		assert_non_null(strstr(error.text, "goroutine"));
	}
}

static void names_are_cleaned_and_cut(void **state)
{
	char text[5000];
	struct cap_goroutines dump;

	(void)state;
	snprintf(text, sizeof text, "goroutine 1 [a\033[31m]:\nmain.\033%0*d()\n\t/src/\177.go:5\n", 3000, 1);
	dump = parsed(text);
	assert_string_equal(dump.groups[0].state, "a?[31m");
	assert_int_equal(strlen(dump.groups[0].frames[0].function), 1024);
	assert_int_equal(dump.groups[0].frames[0].function[5], '?');
	assert_string_equal(dump.groups[0].frames[0].file, "/src/?.go");
	cap_goroutines_release(&dump);
}

static void deep_stacks_end(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct cap_goroutines dump;

	(void)state;
	fputs("goroutine 1 [running]:\n", out);
	for (int i = 0; i < 5000; i++)
		fprintf(out, "main.f()\n\t/src/main.go:%d\n", i);
	fclose(out);
	dump = parsed(text);
	assert_int_equal(dump.groups[0].frame_count, 1024);
	cap_goroutines_release(&dump);
	free(text);
}

/* ---- thresholds -------------------------------------------------------------------- */

static char *many(const char *state_and_time, const char *function, unsigned count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs("goroutine 1 [running]:\nmain.main()\n\t/src/main.go:1 +0x1\n\n", out);
	for (unsigned i = 0; i < count; i++)
		fprintf(out, "goroutine %u [%s]:\n%s(0x1)\n\t/src/main.go:5 +0x1\n\n", i + 2, state_and_time,
		        function);
	fclose(out);
	return text;
}

static struct cap_goroutines many_parsed(const char *state_and_time, unsigned count)
{
	char *text = many(state_and_time, "main.f", count);
	struct cap_goroutines ret = parsed(text);

	free(text);
	return ret;
}

/* The suspect of main.f among so many before, in and after. */
static const char *suspect(const char *state_and_time, unsigned idle, unsigned loaded, unsigned after)
{
	struct compared all = {.idle = many_parsed(state_and_time, idle),
	                       .loaded = many_parsed(state_and_time, loaded),
	                       .after = many_parsed(state_and_time, after)};
	const char *ret = "none";

	assert_int_equal(
		cap_goroutines_compare(&all.idle, &all.loaded, &all.after, &all.rows, &all.count, NULL),
		CAP_OK);
	for (size_t i = 0; i < all.count; i++)
		if (goes_through(all.rows[i].group, "main.f"))
			ret = cap_suspect_name(all.rows[i].suspect);
	release(&all);
	return ret;
}

static void a_leak_is_ten_or_a_tenth_more(void **state)
{
	(void)state;
	assert_string_equal(suspect("select", 0, 9, 9), "");
	assert_string_equal(suspect("select", 0, 10, 10), "leak");
	assert_string_equal(suspect("select", 200, 219, 219), "");
	assert_string_equal(suspect("select", 200, 220, 220), "leak");
	assert_string_equal(suspect("select", 0, 500, 3), "");
	assert_string_equal(suspect("IO wait", 5, 100, 15), "leak");
}

static void a_stall_is_ten_for_a_minute(void **state)
{
	(void)state;
	assert_string_equal(suspect("sync.Mutex.Lock, 1 minutes", 0, 10, 0), "stall");
	assert_string_equal(suspect("semacquire, 1 minutes", 0, 10, 0), "stall");
	assert_string_equal(suspect("sync.Mutex.Lock, 1 minutes", 0, 9, 0), "");
	assert_string_equal(suspect("sync.Mutex.Lock", 0, 10, 0), "");
	assert_string_equal(suspect("sync.Mutex.Lock, 1 minutes", 10, 10, 10), "stall");
	assert_string_equal(suspect("chan send, 1 minutes", 0, 10, 0), "stall");
	assert_string_equal(suspect("chan receive, 1 minutes", 0, 10, 0), "stall");
	assert_string_equal(suspect("chan receive, 1 minutes", 10, 10, 10),
	                    ""); /* a pool with nothing to do */
	assert_string_equal(suspect("IO wait, 5 minutes", 0, 100, 0), "");
	assert_string_equal(suspect("sync.Mutex.Lock, 1 minutes", 0, 12, 12),
	                    "stall"); /* rather than a leak */
}

static void nothing_wakes_a_nil_channel(void **state)
{
	(void)state;
	assert_string_equal(suspect("chan receive (nil chan)", 0, 1, 0), "blocked for ever");
	assert_string_equal(suspect("chan send (nil chan), 5 minutes", 1, 1, 1), "blocked for ever");
	assert_string_equal(suspect("select (no cases)", 1, 1, 1), "blocked for ever");
}

static void main_may_wait_for_ever(void **state)
{
	struct cap_goroutines dump =
		parsed("goroutine 1 [select (no cases), 9 minutes]:\nmain.main()\n\t/src/main.go:5 +0x1\n");
	struct cap_growth *rows;
	size_t count;

	(void)state;
	assert_int_equal(cap_goroutines_compare(NULL, &dump, NULL, &rows, &count, NULL), CAP_OK);
	assert_int_equal(count, 1);
	assert_int_equal(rows[0].suspect, CAP_SUSPECT_NONE);
	assert_int_equal(rows[0].idle, -1);
	assert_int_equal(rows[0].loaded, 1);
	assert_int_equal(rows[0].after, -1);
	free(rows);
	cap_goroutines_release(&dump);
}

/* Two that wait for one lock are no deadlock: someone holds it. */
static void a_deadlock_takes_two_locks(void **state)
{
	static const char form[] =
		"goroutine 5 [sync.Mutex.Lock, 2 minutes]:\nsync.(*Mutex).lockSlow(0xc000a0)\n\t/m.go:1\n"
		"main.a()\n\t/a.go:1\n\ngoroutine 6 [sync.Mutex.Lock, 2 minutes]:\n"
		"sync.(*Mutex).lockSlow(0xc000%s)\n\t/m.go:1\nmain.b()\n\t/b.go:1\n";
	static const char *const other[] = {"a0", "b0"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(other); i++) {
		char text[512];
		struct cap_goroutines dump;
		struct cap_growth *rows;
		size_t count;

		snprintf(text, sizeof text, form, other[i]);
		dump = parsed(text);
		assert_int_equal(cap_goroutines_compare(NULL, &dump, NULL, &rows, &count, NULL), CAP_OK);
		assert_int_equal(count, 2);
		for (size_t r = 0; r < count; r++)
			assert_int_equal(rows[r].suspect, i ? CAP_SUSPECT_DEADLOCK : CAP_SUSPECT_NONE);
		free(rows);
		cap_goroutines_release(&dump);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_stacks_are_one_group),
		cmocka_unit_test(methods_generics_and_elided_frames),
		cmocka_unit_test(counted_dumps_are_read_too),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(what_is_no_dump_is_refused),
		cmocka_unit_test(names_are_cleaned_and_cut),
		cmocka_unit_test(deep_stacks_end),
		cmocka_unit_test(a_leak_is_ten_or_a_tenth_more),
		cmocka_unit_test(a_stall_is_ten_for_a_minute),
		cmocka_unit_test(nothing_wakes_a_nil_channel),
		cmocka_unit_test(main_may_wait_for_ever),
		cmocka_unit_test(a_deadlock_takes_two_locks),
		cmocka_unit_test(programs_with_a_fault_are_suspected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
