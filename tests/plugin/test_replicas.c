/* Several pods' captures as one (shots_merge.c) and the replica that works harder than the others
 * (hot_replica.c), of profiles made here. */
#include "tests/plugin/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/hot_replica.h"
#include "plugin/shots_private.h"
#include "plugin/text.h"

#define SLICE (1 * SECOND)

static const struct kind cpu_kind = {PROFILE_CPU, WHOLE_IN_SLICES, "profile", NULL, "cpu.pb.gz"};
static const struct kind heap_kind = {PROFILE_HEAP, MIDDLE, "heap", NULL, "heap.pb.gz"};
static const struct kind dump_kind = {PROFILE_GOROUTINE, MIDDLE, "goroutine", "debug=2", "goroutine.txt"};

/* ---- a CPU profile of two functions, a second long ----------------------------------------- */

struct bytes {
	unsigned char data[512];
	size_t size;
};

static void put(struct bytes *to, unsigned field, uint64_t value)
{
	to->data[to->size++] = (unsigned char)(field << 3);
	for (; value >= 0x80; value >>= 7)
		to->data[to->size++] = (unsigned char)(value | 0x80);
	to->data[to->size++] = (unsigned char)value;
}

static void put_bytes(struct bytes *to, unsigned field, const void *data, size_t size)
{
	to->data[to->size++] = (unsigned char)(field << 3 | 2);
	to->data[to->size++] = (unsigned char)size;
	memcpy(to->data + to->size, data, size);
	to->size += size;
}

static void put_part(struct bytes *to, unsigned field, const struct bytes *part)
{
	put_bytes(to, field, part->data, part->size);
}

static void put_pair(struct bytes *to, unsigned field, unsigned first, uint64_t a, unsigned second,
                     uint64_t b)
{
	struct bytes part = {0};

	put(&part, first, a);
	put(&part, second, b);
	put_part(to, field, &part);
}

static void put_sample(struct bytes *to, uint64_t place, uint64_t count)
{
	struct bytes part = {0};

	put(&part, 1, place);
	put(&part, 2, count);
	put(&part, 2, count * 10 * MILLI);
	put_part(to, 2, &part);
}

/* So many samples of main.f and of main.g. */
static struct bytes profile_bytes(uint64_t f, uint64_t g)
{
	static const char *const strings[] = {"",       "samples", "count", "cpu", "nanoseconds",
	                                      "main.f", "main.g"};
	struct bytes ret = {0};

	put_pair(&ret, 1, 1, 1, 2, 2);
	put_pair(&ret, 1, 1, 3, 2, 4);
	put_sample(&ret, 1, f);
	put_sample(&ret, 2, g);
	for (uint64_t i = 1; i <= 2; i++) {
		struct bytes line = {0}, place = {0};

		put(&line, 1, i);
		put(&place, 1, i);
		put_part(&place, 4, &line);
		put_part(&ret, 4, &place);
		put_pair(&ret, 5, 1, i, 2, 4 + i);
	}
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		put_bytes(&ret, 6, strings[i], strlen(strings[i]));
	put(&ret, 10, SLICE);
	return ret;
}

static struct cap_profile *parse(const void *data, size_t size)
{
	struct cap_profile *ret = NULL;
	struct cap_error error = {0};

	if (cap_profile_parse(data, size, &ret, &error) != CAP_OK)
		fail_msg("%s", error.text);
	return ret;
}

static struct cap_profile *profile(uint64_t f, uint64_t g)
{
	struct bytes bytes = profile_bytes(f, g);

	return parse(bytes.data, bytes.size);
}

/* ---- a pod's shots ---------------------------------------------------------------------------- */

static struct shots *shots_new(void)
{
	struct shots *ret = xcalloc(1, sizeof *ret);

	*ret = (struct shots){.length = 4 * SECOND, .slice = SLICE, .count = 1, .slices_wanted = 4};
	ret->kind[0] = &cpu_kind;
	ret->list[0] = (struct shot){.name = "profile", .file = "cpu.pb.gz"};
	return ret;
}

static void add_slice(struct shots *shots, int64_t begin, uint64_t f, uint64_t g)
{
	struct cap_profile *one = profile(f, g);

	shots->slice_profiles[shots->slice_count] = one;
	shots->slices[shots->slice_count++] = (struct shots_slice){one, begin, begin + SLICE};
}

static void end_slices(struct shots *shots)
{
	struct shot *shot = &shots->list[0];
	struct cap_error error = {0};

	shot->begin = shots->slices[0].begin;
	shot->end = shots->slices[shots->slice_count - 1].end;
	shot->partial = shots->slice_count < shots->slices_wanted;
	assert_int_equal(cap_profile_merge(shots->slice_profiles, shots->slice_count, &shots->cpu, &error),
	                 CAP_OK);
	assert_int_equal(cap_profile_encode(shots->cpu, &shot->data, &shot->size, &error), CAP_OK);
}

static struct shots *pod(uint64_t f, uint64_t g)
{
	struct shots *ret = shots_new();

	for (int64_t i = 0; i < 4; i++)
		add_slice(ret, 1 + i * SLICE, f, g);
	end_slices(ret);
	return ret;
}

/* ---- shots_merge --------------------------------------------------------------------------------- */

static void pods_are_summed_over_one_time(void **state)
{
	struct shots *parts[] = {pod(3, 1), pod(5, 0)};
	const char *names[] = {"a", "b"};
	struct shots *all = shots_merge(parts, names, 2);
	struct cap_profile *written = parse(all->list[0].data, all->list[0].size);

	(void)state;
	assert_int_equal(cap_profile_total(shots_cpu(all), 0), 4 * (3 + 1 + 5));
	assert_int_equal(cap_profile_duration(shots_cpu(all)), 4 * SLICE);
	assert_int_equal(cap_profile_total(written, 0), 4 * (3 + 1 + 5));
	assert_int_equal(cap_profile_duration(written), 4 * SLICE);
	assert_int_equal(all->slice_count, 4);
	assert_int_equal(cap_profile_total(shots_slice(all, 2)->profile, 0), 9);
	assert_int_equal(cap_profile_duration(shots_slice(all, 2)->profile), SLICE);
	assert_false(all->list[0].partial);
	assert_int_equal(all->list[0].error.status, CAP_OK);
	cap_profile_free(written);
	shots_free(all);
	shots_free(parts[0]);
	shots_free(parts[1]);
}

/* The second pod gave three of four; its later ones begin a little late. All of the CPU counts, but as a
 * slice of all pods only what has both. */
static void a_lost_slice_is_no_slice_of_all(void **state)
{
	struct shots *parts[] = {pod(1, 1), shots_new()};
	const char *names[] = {"shop/a", "shop/b"};
	struct shots *all;

	(void)state;
	add_slice(parts[1], 1, 10, 0);
	add_slice(parts[1], 1 + 2 * SLICE + SLICE / 5, 10, 0);
	add_slice(parts[1], 1 + 3 * SLICE + SLICE / 5, 10, 0);
	end_slices(parts[1]);
	parts[1]->list[0].error = (struct cap_error){.status = CAP_LOST, .text = "the tunnel was cut"};
	all = shots_merge(parts, names, 2);
	assert_int_equal(cap_profile_total(shots_cpu(all), 0), 4 * 2 + 3 * 10);
	assert_int_equal(all->slice_count, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(cap_profile_total(shots_slice(all, i)->profile, 0), 12);
	assert_int_equal(shots_slice(all, 1)->begin, 1 + 2 * SLICE);
	assert_int_equal(shots_slice(all, 1)->end, 1 + 3 * SLICE + SLICE / 5);
	assert_true(all->list[0].partial);
	assert_string_equal(all->list[0].error.text, "pod 'shop/b': the tunnel was cut");
	shots_free(all);
	shots_free(parts[0]);
	shots_free(parts[1]);
}

static void a_pod_that_gave_nothing_takes_no_slice_away(void **state)
{
	struct shots *parts[] = {shots_new(), pod(2, 2)};
	const char *names[] = {"a", "b"};
	struct shots *all;

	(void)state;
	parts[0]->list[0].error = (struct cap_error){.status = CAP_PORT, .text = "nothing listens"};
	all = shots_merge(parts, names, 2);
	assert_int_equal(all->slice_count, 4);
	assert_int_equal(cap_profile_total(shots_cpu(all), 0), 16);
	assert_true(all->list[0].partial);
	assert_string_equal(all->list[0].error.text, "pod 'a': nothing listens");
	shots_free(all);
	shots_free(parts[0]);
	shots_free(parts[1]);
}

static void set(struct shots *shots, size_t i, const struct kind *kind, const void *data, size_t size)
{
	shots->kind[i] = kind;
	shots->list[i] = (struct shot){.name = kind->name, .file = kind->file, .size = size};
	shots->list[i].data = xcalloc(1, size + 1);
	memcpy(shots->list[i].data, data, size);
	shots->count = i + 1;
}

static void other_captures_are_summed_or_follow_one_another(void **state)
{
	static const char one[] = "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:1 +0x1\n";
	struct shots *parts[] = {pod(1, 0), pod(1, 0)};
	const char *names[] = {"a", "b"};
	struct bytes heap = profile_bytes(7, 0);
	struct cap_goroutines dump = {0};
	struct cap_profile *sum;
	struct cap_error error = {0};
	struct shots *all;

	(void)state;
	for (int i = 0; i < 2; i++) {
		set(parts[i], 1, &heap_kind, heap.data, heap.size);
		set(parts[i], 2, &dump_kind, one, sizeof one - 1);
	}
	all = shots_merge(parts, names, 2);
	sum = parse(all->list[1].data, all->list[1].size);
	assert_int_equal(cap_profile_total(sum, 0), 14);
	assert_int_equal(cap_goroutines_parse(all->list[2].data, all->list[2].size, &dump, &error), CAP_OK);
	assert_int_equal(dump.total, 2);
	cap_profile_free(sum);
	cap_goroutines_release(&dump);
	shots_free(all);
	shots_free(parts[0]);
	shots_free(parts[1]);
}

/* ---- hot_replica ----------------------------------------------------------------------------------- */

/* Three pods whose slices have these samples of f and g each. */
static struct hot_replica hot_of(const uint64_t f[3], const uint64_t g[3], struct cap_finding *ret_finding)
{
	static struct pod pods[3] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
	struct target targets[3] = {
		{.pod = &pods[0], .name = "shop/a"}, {.pod = &pods[1]}, {.pod = &pods[2]}};
	struct watch_report report = {0};
	struct replicas replicas;
	struct cap_findings findings = {0};
	struct hot_replica hot;

	targets[0].peers = &targets[1];
	targets[0].peer_count = 2;
	replicas_init(&replicas, &targets[0], &report);
	for (int i = 0; i < 3; i++)
		replicas.items[i].shots[REPLICA_WINDOW] = pod(f[i], g[i]);
	replicas_measure(&replicas);
	hot_replica_find(&replicas, &hot);
	hot_replica_add(&hot, &replicas, &findings);
	assert_int_equal(findings.count, hot.found);
	if (hot.found)
		*ret_finding = findings.items[0];
	free(findings.items);
	replicas_release(&replicas);
	return hot;
}

static void more_of_the_same_is_told_from_other_work(void **state)
{
	const uint64_t even[] = {50, 50, 50}, harder[] = {50, 100, 50}, none[] = {0, 0, 0},
		       own[] = {0, 50, 0};
	struct cap_finding finding = {0};
	struct hot_replica hot = hot_of(harder, none, &finding);

	(void)state;
	assert_true(hot.found);
	assert_int_equal(hot.which, 1);
	assert_true(fabs(hot.cores - 1) < 1e-9 && fabs(hot.others - 0.5) < 1e-9);
	assert_true(fabs(finding.share - 0.5) < 1e-9);
	assert_string_equal(hot.title, "pod b uses 1 cores, the others 0.5 on average");
	assert_string_equal(hot.function, "");
	hot = hot_of(even, own, &finding);
	assert_true(hot.found);
	assert_string_equal(hot.function, "main.g");
	assert_non_null(strstr(hot.means, "main.g has 50% of its CPU and 0% of theirs"));
}

/* What is known badly of pods that do next to nothing does not hide the one that does all. */
static void idle_pods_hide_no_hot_one(void **state)
{
	const uint64_t one[] = {1, 100, 0}, alone[] = {0, 100, 0}, none[] = {0, 0, 0};
	struct cap_finding finding = {0};
	struct hot_replica hot = hot_of(one, none, &finding);

	(void)state;
	assert_true(hot.found);
	assert_string_equal(hot.title, "pod b uses 1 cores, the others 0.005 on average");
	assert_true(fabs(finding.error - 0.05) < 1e-9);
	hot = hot_of(alone, none, &finding);
	assert_true(hot.found);
	assert_string_equal(hot.title, "pod b uses 1 cores, the others next to none on average");
}

static void what_chance_does_is_no_finding(void **state)
{
	const uint64_t even[] = {50, 52, 50}, few[] = {1, 2, 1}, none[] = {0, 0, 0};
	struct cap_finding finding = {0};

	(void)state;
	assert_false(hot_of(even, none, &finding).found); /* too near */
	assert_false(hot_of(few, none, &finding).found);  /* twice as much, in too few samples */
	assert_false(hot_of(none, none, &finding).found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pods_are_summed_over_one_time),
		cmocka_unit_test(a_lost_slice_is_no_slice_of_all),
		cmocka_unit_test(a_pod_that_gave_nothing_takes_no_slice_away),
		cmocka_unit_test(other_captures_are_summed_or_follow_one_another),
		cmocka_unit_test(more_of_the_same_is_told_from_other_work),
		cmocka_unit_test(idle_pods_hide_no_hot_one),
		cmocka_unit_test(what_chance_does_is_no_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
