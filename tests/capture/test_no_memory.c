/* Every allocation fails in turn: what profiles and dumps mean is said, or that memory is out. */
#include "tests/capture/profile_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/failing_alloc.h"

static bool is_odd(void *context, const char *text, size_t length)
{
	(void)context, (void)text;
	return length % 2;
}

/* Success is possible without all of the memory; a failure has its reason, and a line. */
static void check(const struct failing *walk, enum cap_status status, const struct cap_error *error)
{
	char name[40];

	if (!failing_hit(walk))
		assert_int_equal(status, CAP_OK);
	if (status == CAP_OK) {
		assert_int_equal(error->status, CAP_OK);
		return;
	}
	if (status != CAP_MEMORY || !strstr(error->text, "out of memory"))
		fail_msg("%s: status %d, '%s'", failing_name(walk, name), status, error->text);
	assert_int_equal(error->status, CAP_MEMORY);
}

/* ---- what is done ---------------------------------------------------------------------------- */

struct inputs {
	struct bytes bytes, base_bytes;
	struct cap_profile *profile, *base;
};

typedef enum cap_status operation(const struct inputs *in, struct cap_error *error);

static enum cap_status parse(const struct inputs *in, struct cap_error *error)
{
	struct cap_profile *profile = NULL;
	enum cap_status status = cap_profile_parse(in->bytes.data, in->bytes.size, &profile, error);

	cap_profile_free(profile);
	return status;
}

static enum cap_status merge(const struct inputs *in, struct cap_error *error)
{
	struct cap_profile *both[] = {in->profile, in->base}, *profile = NULL;
	enum cap_status status = cap_profile_merge(both, 2, &profile, error);

	cap_profile_free(profile);
	return status;
}

static enum cap_status diff(const struct inputs *in, struct cap_error *error)
{
	struct cap_profile *profile = NULL;
	enum cap_status status = cap_profile_diff(in->profile, in->base, &profile, error);

	cap_profile_free(profile);
	return status;
}

static enum cap_status encode(const struct inputs *in, struct cap_error *error)
{
	unsigned char *bytes = NULL;
	size_t size = 0;
	enum cap_status status = cap_profile_encode(in->profile, &bytes, &size, error);

	free(bytes);
	return status;
}

static enum cap_status filter(const struct inputs *in, struct cap_error *error)
{
	const struct cap_matcher odd = {is_odd, NULL};
	bool focused = false, ignored = false;
	struct cap_profile *profile = NULL;
	enum cap_status status = cap_profile_parse(in->bytes.data, in->bytes.size, &profile, error);

	if (status == CAP_OK)
		status = cap_profile_filter(profile, &odd, NULL, &focused, &ignored, error);
	cap_profile_free(profile);
	return status;
}

static enum cap_status top(const struct inputs *in, struct cap_error *error)
{
	struct cap_row *rows = NULL;
	size_t count = 0;
	enum cap_status status = cap_profile_top(in->profile, 0, false, &rows, &count, error);

	free(rows);
	return status;
}

static enum cap_status graph(const struct inputs *in, struct cap_error *error)
{
	const struct cap_graph_options options = {
		.by_line = true, .edges = true, .node_count = 20, .node_fraction = 0.01};
	struct cap_graph drawn = {0};
	enum cap_status status = cap_profile_graph(in->profile, &options, &drawn, error);

	if (status == CAP_OK)
		cap_graph_release(&drawn);
	return status;
}

static enum cap_status flame(const struct inputs *in, struct cap_error *error)
{
	struct cap_flame *nodes = NULL;
	size_t count = 0;
	enum cap_status status = cap_profile_flame(in->profile, 0, in->base, 0, 0.001, &nodes, &count, error);

	free(nodes);
	return status;
}

static enum cap_status places(const struct inputs *in, struct cap_error *error)
{
	struct cap_place *found = NULL;
	size_t count = 0;
	enum cap_status status = cap_profile_places(in->profile, 1, &found, &count, error);

	free(found);
	return status;
}

static enum cap_status findings(const struct inputs *in, struct cap_error *error)
{
	struct cap_findings found = {0};
	enum cap_status status = cap_findings_make(in->profile, &found, error);

	cap_findings_release(&found);
	return status;
}

static enum cap_status goroutines(const struct inputs *in, struct cap_error *error)
{
	struct cap_goroutines before = {0}, after = {0};
	struct cap_growth *rows = NULL;
	size_t count;
	enum cap_status status = cap_goroutines_parse(in->bytes.data, in->bytes.size, &before, error);

	if (status == CAP_OK)
		status = cap_goroutines_parse(in->base_bytes.data, in->base_bytes.size, &after, error);
	if (status == CAP_OK)
		status = cap_goroutines_compare(&before, &after, &after, &rows, &count, error);
	free(rows);
	cap_goroutines_release(&before);
	cap_goroutines_release(&after);
	return status;
}

/* ---- each, again and again ------------------------------------------------------------------- */

static struct inputs inputs_of(const char *name, const char *base, bool are_profiles)
{
	struct inputs in = {.bytes = bytes_read(name), .base_bytes = bytes_read(base)};

	if (are_profiles) {
		in.profile = profile_parsed(in.bytes.data, in.bytes.size);
		in.base = profile_parsed(in.base_bytes.data, in.base_bytes.size);
	}
	return in;
}

static void inputs_release(struct inputs *in)
{
	free(in->bytes.data);
	free(in->base_bytes.data);
	cap_profile_free(in->profile);
	cap_profile_free(in->base);
}

static void walk_over(operation *run, const char *name, const char *base, bool are_profiles)
{
	struct failing walk = {0};
	struct inputs in = inputs_of(name, base, are_profiles);

	while (failing_next(&walk)) {
		struct cap_error error = {.status = CAP_OK};
		enum cap_status status;

		failing_begin(&walk);
		status = run(&in, &error);
		failing_end(&walk);
		check(&walk, status, &error);
	}
	assert_true(walk.runs > FAILING_KINDS);
	inputs_release(&in);
}

#define TEST(name, first, second, are_profiles)                                                              \
	static void test_##name(void **state)                                                                \
	{                                                                                                    \
		(void)state;                                                                                 \
		walk_over(name, first, second, are_profiles);                                                \
	}

TEST(parse, "cpu-labels.pb.gz", "cpu.pb.gz", true)
TEST(merge, "cpu.pb.gz", "cpu-2.pb.gz", true)
TEST(diff, "cpu.pb.gz", "cpu-2.pb.gz", true)
TEST(encode, "cpu-labels.pb.gz", "cpu.pb.gz", true)
TEST(filter, "cpu.pb.gz", "cpu.pb.gz", true)
TEST(top, "cpu.pb.gz", "cpu.pb.gz", true)
TEST(graph, "cpu.pb.gz", "cpu.pb.gz", true)
TEST(flame, "cpu.pb.gz", "cpu-2.pb.gz", true)
TEST(places, "cpu.pb.gz", "cpu.pb.gz", true)
TEST(findings, "cpu.pb.gz", "cpu.pb.gz", true)
TEST(goroutines, "goroutine-1.txt", "goroutine-1.txt", false)

static void test_text(void **state)
{
	(void)state;
	walk_over(parse, "goroutine-1.txt", "goroutine-1.txt", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),      cmocka_unit_test(test_merge),
		cmocka_unit_test(test_diff),       cmocka_unit_test(test_encode),
		cmocka_unit_test(test_filter),     cmocka_unit_test(test_top),
		cmocka_unit_test(test_graph),      cmocka_unit_test(test_flame),
		cmocka_unit_test(test_places),     cmocka_unit_test(test_findings),
		cmocka_unit_test(test_goroutines), cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
