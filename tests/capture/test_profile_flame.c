/* The tree of calls: order, sums, the base beside it, what is pruned. */
#include "tests/capture/profile_help.h"

#include <stdlib.h>

#include "capture/profile.h"

/* "depth name self total base_self base_total", by newlines. */
static char *tree_of(const struct cap_profile *profile, const struct cap_profile *base, double prune_below)
{
	struct cap_error error = {0};
	struct cap_flame *nodes;
	size_t count, size;
	char *ret = NULL;
	FILE *out = open_memstream(&ret, &size);

	assert_int_equal(cap_profile_flame(profile, 0, base, 0, prune_below, &nodes, &count, &error), CAP_OK);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%u %s %lld %lld %lld %lld\n", nodes[i].depth, nodes[i].name,
		        (long long)nodes[i].self, (long long)nodes[i].total, (long long)nodes[i].base_self,
		        (long long)nodes[i].base_total);
	fclose(out);
	free(nodes);
	return ret;
}

static void check_tree(struct cap_profile *profile, struct cap_profile *base, double prune_below,
                       const char *expected)
{
	char *tree = tree_of(profile, base, prune_below);

	assert_string_equal(tree, expected);
	free(tree);
}

/* main calls a and b, b calls root (a function of that name) and itself. */
static struct cap_profile *made(int64_t a, int64_t b, int64_t deep)
{
	struct proto_buffer buffer = made_begin("main", "a", "b", "root", NULL);

	for (uint64_t i = 1; i <= 4; i++)
		made_function(&buffer, i, i + 2);
	made_sample(&buffer, a, 2, 1, 0);
	made_sample(&buffer, b, 3, 1, 0);
	made_sample(&buffer, deep, 4, 3, 3, 1, 0);
	made_sample(&buffer, 3, 4, 0);
	return made_end(&buffer);
}

static void stacks_are_merged_from_the_root(void **state)
{
	struct cap_profile *profile = made(10, 20, 5);

	(void)state;
	check_tree(profile, NULL, 0,
	           "0 root 0 38 0 0\n1 main 0 35 0 0\n2 b 20 25 0 0\n3 b 0 5 0 0\n4 root 5 5 0 0\n"
	           "2 a 10 10 0 0\n1 root 3 3 0 0\n");
	cap_profile_free(profile);
}

static void the_base_stands_beside_it(void **state)
{
	struct cap_profile *profile = made(10, 20, 5), *base = made(100, 20, 0);

	(void)state;
	check_tree(profile, base, 0,
	           "0 root 0 38 0 123\n1 main 0 35 0 120\n2 a 10 10 100 100\n2 b 20 25 20 20\n3 b 0 5 0 0\n"
	           "4 root 5 5 0 0\n1 root 3 3 3 3\n");
	cap_profile_free(profile);
	cap_profile_free(base);
}

static void small_subtrees_are_left_out(void **state)
{
	struct cap_profile *profile = made(10, 20, 5), *base = made(100, 20, 0);

	(void)state;
	check_tree(profile, NULL, 0.2, "0 root 0 38 0 0\n1 main 0 35 0 0\n2 b 20 25 0 0\n2 a 10 10 0 0\n");
	check_tree(base, NULL, 0.2, "0 root 0 123 0 0\n1 main 0 120 0 0\n2 a 100 100 0 0\n");
	check_tree(base, profile, 0.3,
	           "0 root 0 123 0 38\n1 main 0 120 0 35\n2 a 100 100 10 10\n2 b 20 20 20 25\n");
	cap_profile_free(profile);
	cap_profile_free(base);
}

/* What cancels out in the sum weighs all the same. */
static void differences_are_not_pruned(void **state)
{
	struct cap_profile *profile = made(10, -7, -3);

	(void)state;
	check_tree(profile, NULL, 0.1,
	           "0 root 0 3 0 0\n1 root 3 3 0 0\n1 main 0 0 0 0\n2 a 10 10 0 0\n2 b -7 -10 0 0\n"
	           "3 b 0 -3 0 0\n4 root -3 -3 0 0\n");
	cap_profile_free(profile);
}

static void deep_stacks_end_somewhere(void **state)
{
	struct proto_buffer buffer = made_begin("f", NULL);
	struct cap_error error = {0};
	struct cap_profile *profile;
	struct cap_flame *nodes;
	size_t begun, list, count;

	(void)state;
	made_function(&buffer, 1, 3);
	begun = proto_begin(&buffer, 2);
	list = proto_begin(&buffer, 1);
	for (int i = 0; i < 5000; i++)
		proto_put_varint(&buffer, 1);
	proto_end(&buffer, list);
	proto_put(&buffer, 2, 7);
	proto_end(&buffer, begun);
	profile = made_end(&buffer);
	assert_int_equal(cap_profile_flame(profile, 0, NULL, 0, 0, &nodes, &count, &error), CAP_OK);
	assert_int_equal(count, CAP_FLAME_DEPTH + 1);
	assert_int_equal(nodes[count - 1].self, 7);
	assert_int_equal(nodes[count - 1].depth, CAP_FLAME_DEPTH);
	assert_int_equal(nodes[0].size, count);
	assert_int_equal(nodes[0].total, 7);
	free(nodes);
	cap_profile_free(profile);
}

/* On every recorded profile: sizes nest, sums add up, as rows of top do. */
static void trees_of_real_profiles_add_up(void **state)
{
	static const char *const names[] = {"cpu.pb.gz",        "heap.pb.gz",    "goroutine.pb.gz",
	                                    "hand-negative.pb", "hand-names.pb", "hand-odd.pb"};

	(void)state;
	for (size_t n = 0; n < COUNT_OF(names); n++) {
		struct cap_profile *profile = profile_read(names[n]);
		struct cap_error error = {0};
		struct cap_flame *nodes;
		size_t count;
		int64_t sum = 0;

		assert_int_equal(cap_profile_flame(profile, 0, NULL, 0, 0, &nodes, &count, &error), CAP_OK);
		assert_int_equal(nodes[0].size, count);
		for (size_t i = 0; i < count; i++) {
			int64_t children = nodes[i].self;

			sum += nodes[i].self;
			for (size_t child = i + 1; child < i + nodes[i].size; child += nodes[child].size) {
				children += nodes[child].total;
				assert_int_equal(nodes[child].parent, i);
				assert_int_equal(nodes[child].depth, nodes[i].depth + 1);
			}
			assert_int_equal(nodes[i].total, children);
		}
		assert_int_equal(nodes[0].total, sum);
		free(nodes);
		cap_profile_free(profile);
	}
}

static void no_samples_is_a_root_alone(void **state)
{
	struct proto_buffer buffer = made_begin(NULL);
	struct cap_profile *profile = made_end(&buffer);

	(void)state;
	check_tree(profile, NULL, 0.1, "0 root 0 0 0 0\n");
	cap_profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stacks_are_merged_from_the_root),
		cmocka_unit_test(the_base_stands_beside_it),
		cmocka_unit_test(small_subtrees_are_left_out),
		cmocka_unit_test(differences_are_not_pruned),
		cmocka_unit_test(deep_stacks_end_somewhere),
		cmocka_unit_test(trees_of_real_profiles_add_up),
		cmocka_unit_test(no_samples_is_a_root_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
