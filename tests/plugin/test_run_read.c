/* Reading a run's folder back: what is there, what is not, and what somebody else put there. */
#include "tests/plugin/test.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "plugin/run_read.h"

#define GOOD                                                                                                 \
	"{\"schema\":\"kubectl-pprof.run/v1\",\"load\":{\"window\":{\"requests\":12,\"rate\":\"x\"}},"       \
	"\"target\":{\"name\":\"api\"},\"slices\":%s}"

static struct error error;

static struct run_read opened(const char *slices)
{
	struct run_read run = {0};
	char text[2048];

	snprintf(text, sizeof text, GOOD, slices);
	file_write("run/run.json", text);
	assert_int_equal(run_read_open(path_of("run"), &run, &error), 0);
	return run;
}

static int setup(void **state)
{
	(void)state;
	error = (struct error){0};
	folder_make();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	folder_remove();
	return 0;
}

static void test_json(void **state)
{
	struct run_read run = opened("[]"), other;
	char slashes[4200];

	(void)state;
	assert_true(run_read_number(&run, "load/window/requests", -1) == 12);
	assert_true(run_read_number(&run, "load/window/rate", -1) == -1);
	assert_true(run_read_number(&run, "load/after/requests", -1) == -1);
	assert_string_equal(run_read_text(&run, "target/name"), "api");
	assert_null(run_read_text(&run, "target/name/further"));
	assert_null(run_read_text(&run, "load"));
	snprintf(slashes, sizeof slashes, "%s//", path_of("run"));
	assert_int_equal(run_read_open(slashes, &other, &error), 0);
	assert_string_equal(other.path, run.path);
	run_read_release(&other);
	assert_int_equal(run_read_open(path_of("run/run.json"), &other, &error), 0);
	assert_string_equal(other.path, run.path);
	run_read_release(&other);
	run_read_release(&run);
}

static void assert_refused(const char *text, const char *words)
{
	struct run_read run;

	if (text)
		file_write("run/run.json", text);
	error = (struct error){0};
	assert_int_equal(run_read_open(path_of("run"), &run, &error), -1);
	assert_int_equal(error.exit, EXIT_ERROR);
	assert_has(error.text, words);
}

static void test_not_a_run(void **state)
{
	(void)state;
	assert_refused(NULL, "No such file or directory; give a folder that loadtest wrote");
	assert_refused("", "run.json is not JSON");
	assert_refused("{\"schema\":", "run.json is not JSON");
	assert_refused("[]", "not that of a run");
	assert_refused("{\"schema\":\"kubectl-pprof.run/v9\\u001b\"}",
	               "its schema is 'kubectl-pprof.run/v9?'");
	remove(path_of("run/run.json"));
	assert_int_equal(mkfifo(path_of("run/run.json"), 0600), 0);
	assert_refused(NULL, "it is no regular file");
	remove(path_of("run/run.json"));
	assert_int_equal(mkdir(path_of("run/run.json"), 0700), 0);
	assert_refused(NULL, "Is a directory");
}

static void test_files(void **state)
{
	static const char *const bad[] = {
		"../run/run.json", "/etc/passwd", "a/../run.json", "a/b/c", "", ".x", "a b", "a/", "idle/.."};
	struct run_read run = opened("[]");
	struct cap_profile *profile = NULL;
	unsigned char *bytes;
	size_t size;

	(void)state;
	file_write("run/idle/goroutine.txt", "some");
	assert_int_equal(run_read_file(&run, "idle/goroutine.txt", &bytes, &size, &error), 0);
	assert_string_equal(bytes, "some");
	assert_int_equal(size, 4);
	free(bytes);
	assert_int_equal(run_read_file(&run, "goroutine.txt", &bytes, &size, &error), 1);
	assert_int_equal(run_read_profile(&run, "cpu.pb.gz", &profile, &error), 1);
	assert_string_equal(error.text, "");
	file_write("run/cpu.pb.gz", "no profile");
	assert_int_equal(run_read_profile(&run, "cpu.pb.gz", &profile, &error), -1);
	assert_has(error.text, "'cpu.pb.gz': ");
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(run_read_file(&run, bad[i], &bytes, &size, &error), -1);
		assert_has(error.text, "is no name of a run's file");
	}
	run_read_release(&run);
}

/* Two lines of one tag are one histogram; another tag is another. */
static void test_latency(void **state)
{
#define TWICE_ONE_AND_FIVE "HISTFAAAACN42pNpmSzMwMDAwgABzFCaEURcm7yEwf4DVISFlQkAY6IElg=="
	struct run_read run = opened("[]");
	struct lg_histogram *h;

	(void)state;
	assert_int_equal(run_read_latency(&run, "window", &h, &error), 1);
	file_write("run/latency.hlog", "#[Histogram log format version 1.3]\n\"StartTimestamp\"\n"
	                               "Tag=window,0.1,2,5,x" TWICE_ONE_AND_FIVE "\n");
	assert_int_equal(run_read_latency(&run, "window", &h, &error), -1);
	assert_has(error.text, "latency.hlog: 'window' is no histogram of ours");
	file_write("run/latency.hlog", "#[Histogram log format version 1.3]\n"
	                               "Tag=window,0.1,2,5," TWICE_ONE_AND_FIVE "\r\n"
	                               "Tag=window-lag,0.1,2,5," TWICE_ONE_AND_FIVE "\n"
	                               "Tag=window,0.1,2,5," TWICE_ONE_AND_FIVE);
	assert_int_equal(run_read_latency(&run, "window", &h, &error), 0);
	assert_int_equal(lg_histogram_count(h), 6);
	assert_int_equal(lg_histogram_max(h), 5);
	lg_histogram_free(h);
	assert_int_equal(run_read_latency(&run, "after", &h, &error), 1);
	run_read_release(&run);
}

#define HEADER "time,elapsed_s,phase,vus,requests,failed,p50_us,p99_us,pod_cpu_m,pod_memory_bytes\n"

static void test_seconds(void **state)
{
	struct run_read run = opened("[]");
	struct run_second *rows;
	size_t count;

	(void)state;
	assert_int_equal(run_read_seconds(&run, &rows, &count, &error), 1);
	file_write("run/timeline.csv",
	           HEADER "2026-11-25T00:00:00.000Z,0.000,ramp,1,10,0,300,900,,\n"
	                  "2026-11-25T00:00:01.000Z,1.000,window,2,20,1,310,910,250,1024\n");
	assert_int_equal(run_read_seconds(&run, &rows, &count, &error), 0);
	assert_int_equal(count, 2);
	assert_string_equal(rows[0].phase, "ramp");
	assert_true(rows[0].cpu == -1 && rows[0].memory == -1);
	assert_true(rows[1].elapsed == 1 && rows[1].vus == 2 && rows[1].requests == 20 &&
	            rows[1].failed == 1);
	assert_true(rows[1].p50 == 310 && rows[1].p99 == 910 && rows[1].cpu == 250 && rows[1].memory == 1024);
	free(rows);
	file_write("run/timeline.csv", HEADER);
	assert_int_equal(run_read_seconds(&run, &rows, &count, &error), 1);
	file_write("run/timeline.csv", HEADER "x,0.000,ramp,1,ten,0,300,900,,\n");
	assert_int_equal(run_read_seconds(&run, &rows, &count, &error), -1);
	assert_has(error.text, "timeline.csv: line 2 is no row of ours");
	file_write("run/timeline.csv", "a,b\n1,2\n");
	assert_int_equal(run_read_seconds(&run, &rows, &count, &error), -1);
	assert_has(error.text, "timeline.csv has other columns than ours");
	run_read_release(&run);
}

#define SLICE(file, begin, end, requests)                                                                    \
	"{\"file\":\"" file "\",\"begin\":{\"monotonic_ns\":" begin "},\"end\":{\"monotonic_ns\":" end       \
	"},\"seconds\":2.5,\"requests\":" requests "}"

static void test_slices(void **state)
{
	static const char *const bad[] = {"[{}]", "[7]", "[" SLICE("a", "5", "5", "1") "]",
	                                  "[" SLICE("a", "5", "6", "-1") "]",
	                                  "[" SLICE("a", "5", "1e300", "1") "]"};
	struct run_read run = opened("[" SLICE("slices/cpu-01.pb.gz", "5", "9", "3.5") "]");
	struct run_slice *slices;
	size_t count;

	(void)state;
	assert_int_equal(run_read_slices(&run, &slices, &count, &error), 0);
	assert_int_equal(count, 1);
	assert_string_equal(slices[0].file, "slices/cpu-01.pb.gz");
	assert_true(slices[0].begin == 5 && slices[0].end == 9 && slices[0].requests == 3.5 &&
	            slices[0].length == 2.5);
	free(slices);
	run_read_release(&run);
	run = opened("[]");
	assert_int_equal(run_read_slices(&run, &slices, &count, &error), 1);
	run_read_release(&run);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		run = opened(bad[i]);
		assert_int_equal(run_read_slices(&run, &slices, &count, &error), -1);
		assert_has(error.text, "slice 1 is none of ours");
		run_read_release(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_a_run, setup, teardown),
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_latency, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seconds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slices, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
