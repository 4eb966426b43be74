/* The graph behind rows and trees, where recorded reports have no example: edges of cutoffs, paths, calls. */
#include "tests/capture/profile_help.h"

#include <stdlib.h>
#include <string.h>

#include "capture/profile.h"

static void check_path(const char *path, const char *expected)
{
	char out[256];
	size_t length = profile_clean_path(path, strlen(path), out);

	out[length] = '\0';
	if (strcmp(out, expected) != 0)
		fail_msg("'%s' became '%s', not '%s'", path, out, expected);
}

/* What Go's filepath.Clean says, but for the first and the last three. */
static void paths_are_cleaned_as_go_does(void **state)
{
	static const char *const paths[][2] = {
		{"", ""},
		{"a.go", "a.go"},
		{"./a.go", "a.go"},
		{"a//b/./c.go", "a/b/c.go"},
		{"/a/b/../c.go", "/a/c.go"},
		{"a/b/../../c.go", "c.go"},
		{"../a/../b.go", "../b.go"},
		{"../../a", "../../a"},
		{"/../a", "/a"},
		{"/..", "/"},
		{"a/..", "."},
		{"..", ".."},
		{"a/../..", ".."},
		{"/a/", "/a"},
		{"//", "/"},
		{"...", "..."},
		{".a/..b", ".a/..b"},
		{"/proc/self/cwd/./a.go", "a.go"},
		{"/proc/self/cwd/a/../b.go", "b.go"},
		{"/proc/self/cwd/", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(paths); i++)
		check_path(paths[i][0], paths[i][1]);
}

/* main (1000) calls a (10), b (9) and, by way of a, b. */
static struct cap_profile *made(void)
{
	struct proto_buffer buffer = made_begin("main", "a", "b", NULL);

	for (uint64_t i = 1; i <= 3; i++)
		made_function(&buffer, i, i + 2);
	made_sample(&buffer, 981, 1, 0);
	made_sample(&buffer, 10, 2, 1, 0);
	made_sample(&buffer, 5, 3, 1, 0);
	made_sample(&buffer, 4, 3, 2, 1, 0);
	return made_end(&buffer);
}

static void check_graph(double node_fraction, double edge_fraction, size_t node_count, const char *expected)
{
	struct cap_graph_options options = {.edges = true,
	                                    .node_count = node_count,
	                                    .node_fraction = node_fraction,
	                                    .edge_fraction = edge_fraction};
	struct cap_profile *profile = made();
	struct cap_error error = {0};
	struct cap_graph graph;
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	assert_int_equal(cap_profile_graph(profile, &options, &graph, &error), CAP_OK);
	for (size_t i = 0; i < graph.count; i++) {
		const struct cap_node *node = &graph.nodes[i];

		fprintf(out, "%s %lld:", node->frame.function, (long long)node->cum);
		for (size_t n = 0; n < node->in_count; n++)
			fprintf(out, " <%s %lld", node->in[n].other->function, (long long)node->in[n].weight);
		for (size_t n = 0; n < node->out_count; n++)
			fprintf(out, " >%s %lld", node->out[n].other->function,
			        (long long)node->out[n].weight);
		fputc('\n', out);
	}
	fprintf(out, "%zu dropped, %zu selected\n", graph.dropped, graph.selected);
	fclose(out);
	assert_string_equal(got, expected);
	free(got);
	cap_graph_release(&graph);
	cap_profile_free(profile);
}

static void what_reaches_a_cutoff_stays(void **state)
{
	(void)state;
	check_graph(0, 0, 0,
	            "main 1000: >a 14 >b 5\na 14: <main 14 >b 4\nb 9: <main 5 <a 4\n0 dropped, 3 selected\n");
	check_graph(0.009, 0.005, 0,
	            "main 1000: >a 14 >b 5\na 14: <main 14\nb 9: <main 5\n0 dropped, 3 selected\n");
	check_graph(0.010, 0.006, 0, "main 1000: >a 14\na 14: <main 14\n1 dropped, 2 selected\n");
}

/* Calls by way of a, which is not shown, are calls of main's. */
static void calls_lead_on_over_what_is_left_out(void **state)
{
	struct cap_profile *profile;
	struct proto_buffer buffer = made_begin("main", "a", "b", NULL);
	struct cap_graph_options options = {.edges = true, .node_count = 2};
	struct cap_error error = {0};
	struct cap_graph graph;

	(void)state;
	for (uint64_t i = 1; i <= 3; i++)
		made_function(&buffer, i, i + 2);
	made_sample(&buffer, 50, 1, 0);
	made_sample(&buffer, 20, 3, 2, 1, 0);
	profile = made_end(&buffer);
	assert_int_equal(cap_profile_graph(profile, &options, &graph, &error), CAP_OK);
	assert_int_equal(graph.count, 2);
	assert_string_equal(graph.nodes[1].frame.function, "b");
	assert_int_equal(graph.nodes[1].in_count, 1);
	assert_string_equal(graph.nodes[1].in[0].other->function, "main");
	assert_int_equal(graph.nodes[1].in[0].weight, 20);
	cap_graph_release(&graph);
	cap_profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_cleaned_as_go_does),
		cmocka_unit_test(what_reaches_a_cutoff_stays),
		cmocka_unit_test(calls_lead_on_over_what_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
