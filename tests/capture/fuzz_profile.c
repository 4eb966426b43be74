/*
 * Fuzzes profiles: what parses can be ranked, drawn, filtered, compared, written,
 * read again and merged, and is the same then. tests/fuzz drives it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "capture/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static void rank(const struct cap_profile *profile)
{
	size_t count = cap_profile_type_count(profile);
	struct cap_row *rows;

	check(cap_profile_type_index(profile, NULL) < (int)count);
	for (size_t i = 0; i < count && i < 4; i++) {
		check(cap_profile_top(profile, i, i & 1, &rows, &count, NULL) == CAP_OK);
		for (size_t r = 0; r < count; r++)
			check(rows[r].function && rows[r].file); /* a name may begin with a NUL */
		free(rows);
		count = cap_profile_type_count(profile);
	}
}

static void draw(const struct cap_profile *profile)
{
	for (unsigned way = 0; way < 8 && cap_profile_type_count(profile); way++) {
		struct cap_graph_options options = {.by_cum = way & 1,
		                                    .by_line = way & 2,
		                                    .edges = way & 4,
		                                    .node_count = way & 1 ? 3 : 0,
		                                    .node_fraction = way & 2 ? 0.1 : 0,
		                                    .edge_fraction = way & 4 ? 0.1 : 0};
		struct cap_graph graph;

		check(cap_profile_graph(profile, &options, &graph, NULL) == CAP_OK);
		for (size_t i = 0; i < graph.count; i++)
			for (size_t n = 0; n < graph.nodes[i].in_count; n++)
				check(graph.nodes[i].in[n].other->function != NULL);
		cap_graph_release(&graph);
	}
}

static void grow_tree(const struct cap_profile *profile, const struct cap_profile *base)
{
	struct cap_flame *nodes;
	size_t count;

	if (!cap_profile_type_count(profile))
		return;
	check(cap_profile_flame(profile, 0, base, 0, base ? 0.01 : 0, &nodes, &count, NULL) == CAP_OK);
	check(count && nodes[0].size == count);
	for (size_t i = 1; i < count; i++)
		check(nodes[i].parent < i && nodes[i].depth == nodes[nodes[i].parent].depth + 1);
	free(nodes);
}

static bool is_odd(void *context, const char *text, size_t length)
{
	(void)context;
	return text[length] == '\0' && length % 2;
}

/* Samples are kept or not; what is kept and what is not are all. */
static void filter(const uint8_t *data, size_t size, size_t samples)
{
	struct cap_matcher odd = {is_odd, NULL};
	struct cap_profile *profile = NULL;
	bool focused, ignored;

	check(cap_profile_parse(data, size, &profile, NULL) == CAP_OK);
	check(cap_profile_filter(profile, NULL, &odd, &focused, &ignored, NULL) == CAP_OK);
	check(profile->sample_count <= samples);
	check(cap_profile_filter(profile, &odd, NULL, &focused, &ignored, NULL) == CAP_OK);
	check(profile->sample_count == 0);
	rank(profile);
	cap_profile_free(profile);
}

static void compare(const struct cap_profile *profile)
{
	struct cap_profile *difference = NULL;

	check(cap_profile_diff(profile, profile, &difference, NULL) == CAP_OK);
	draw(difference);
	grow_tree(difference, profile);
	cap_profile_free(difference);
}

static void same(const struct cap_profile *a, const struct cap_profile *b)
{
	check(a->type_count == b->type_count && a->time == b->time && a->duration == b->duration);
	check(a->sample_count == b->sample_count && a->location_count == b->location_count);
	for (size_t i = 0; i < a->type_count && i < 4; i++)
		check(cap_profile_total(a, i) == cap_profile_total(b, i));
}

static void write_and_read(const struct cap_profile *profile)
{
	struct cap_profile *again = NULL;
	unsigned char *bytes;
	size_t size;

	check(cap_profile_encode(profile, &bytes, &size, NULL) == CAP_OK);
	check(cap_profile_parse(bytes, size, &again, NULL) == CAP_OK);
	same(profile, again);
	cap_profile_free(again);
	free(bytes);
}

static void merge(struct cap_profile *profile)
{
	struct cap_profile *both[] = {profile, profile}, *alone = NULL, *twice = NULL;

	check(cap_profile_merge(both, 1, &alone, NULL) == CAP_OK);
	check(cap_profile_merge(both, 2, &twice, NULL) == CAP_OK);
	check(alone->sample_count <= profile->sample_count && twice->sample_count <= alone->sample_count);
	check(alone->location_count <= profile->location_count);
	rank(twice);
	write_and_read(twice);
	cap_profile_free(alone);
	cap_profile_free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cap_profile *profile = NULL;
	struct cap_error error = {.status = CAP_OK};

	if (cap_profile_parse(data, size, &profile, &error) != CAP_OK) {
		check(!profile && (error.status == CAP_FORMAT || error.status == CAP_TOO_BIG) && *error.text);
		return 0;
	}
	rank(profile);
	draw(profile);
	grow_tree(profile, NULL);
	write_and_read(profile);
	merge(profile);
	compare(profile);
	filter(data, size, profile->sample_count);
	cap_profile_free(profile);
	return 0;
}
