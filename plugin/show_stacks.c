#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/show.h"
#include "plugin/text.h"

struct tree {
	struct cap_flame *nodes;
	size_t count;
};

static int tree_make(const struct show_view *view, struct tree *ret, struct error *error)
{
	struct cap_error cause = {0};

	if (cap_profile_flame(view->profile, view->type, NULL, 0, 0, &ret->nodes, &ret->count, &cause) !=
	    CAP_OK)
		return error_set(error, "%s", cause.text);
	return 0;
}

static char *cleaned(const char *name)
{
	char *copy = xstrdup(name);

	text_clean(copy);
	return copy;
}

/* ---- folded ------------------------------------------------------------------- */

/* A name with what separates frames in it would be two. */
static void print_folded_name(FILE *out, const char *name)
{
	char *copy = cleaned(name);

	for (char *c = copy; *c; c++)
		if (*c == ';')
			*c = ',';
	fputs(copy, out);
	free(copy);
}

void show_stack(FILE *out, const struct cap_flame *nodes, uint32_t leaf)
{
	uint32_t path[CAP_FLAME_DEPTH], depth = nodes[leaf].depth;

	for (uint32_t at = leaf; at; at = nodes[at].parent)
		path[nodes[at].depth - 1] = at;
	for (uint32_t i = 0; i < depth; i++) {
		if (i)
			fputc(';', out);
		print_folded_name(out, nodes[path[i]].name);
	}
}

int show_folded(FILE *out, const struct show_view *view, struct error *error)
{
	struct tree tree;

	if (tree_make(view, &tree, error) < 0)
		return -1;
	for (uint32_t i = 1; i < tree.count; i++) {
		if (!tree.nodes[i].self)
			continue;
		show_stack(out, tree.nodes, i);
		fprintf(out, " %lld\n", (long long)tree.nodes[i].self);
	}
	free(tree.nodes);
	return 0;
}

/* ---- speedscope ---------------------------------------------------------------- */

static void print_json_text(FILE *out, const char *text)
{
	char *copy = cleaned(text);
	cJSON *item = cJSON_CreateStringReference(copy);
	char *printed = cJSON_PrintUnformatted(item);

	fputs(printed ? printed : "\"\"", out);
	cJSON_free(printed);
	cJSON_Delete(item);
	free(copy);
}

/* Of a name, whose text is one pointer in the whole tree. */
struct frame {
	const char *name;
	uint32_t node, number;
};

static int compare_frames(const void *left, const void *right)
{
	const struct frame *a = left, *b = right;

	if (a->name != b->name)
		return (uintptr_t)a->name < (uintptr_t)b->name ? -1 : 1;
	return a->node < b->node ? -1 : a->node > b->node;
}

/* The number of each node's frame, and prints the list of them. */
static uint32_t *print_frames(FILE *out, const struct tree *tree)
{
	struct frame *frames = xcalloc(tree->count, sizeof *frames);
	uint32_t *numbers = xcalloc(tree->count, sizeof *numbers), count = 0;

	for (uint32_t i = 1; i < tree->count; i++)
		frames[i - 1] = (struct frame){.name = tree->nodes[i].name, .node = i};
	qsort(frames, tree->count - 1, sizeof *frames, compare_frames);
	for (size_t i = 0; i + 1 < tree->count; i++) {
		const struct cap_flame *node = &tree->nodes[frames[i].node];

		if (i && frames[i].name == frames[i - 1].name) {
			numbers[frames[i].node] = count - 1;
			continue;
		}
		numbers[frames[i].node] = count;
		fprintf(out, "%s{\"name\":", count++ ? "," : "");
		print_json_text(out, node->name);
		if (*node->file) {
			fputs(",\"file\":", out);
			print_json_text(out, node->file);
		}
		if (node->line > 0)
			fprintf(out, ",\"line\":%lld", (long long)node->line);
		fputc('}', out);
	}
	free(frames);
	return numbers;
}

static void print_samples(FILE *out, const struct tree *tree, const uint32_t *numbers)
{
	const struct cap_flame *nodes = tree->nodes;
	const char *separator = "";

	for (uint32_t i = 1; i < tree->count; i++) {
		uint32_t path[CAP_FLAME_DEPTH];

		if (!nodes[i].self)
			continue;
		for (uint32_t at = i; at; at = nodes[at].parent)
			path[nodes[at].depth - 1] = at;
		fprintf(out, "%s[", separator);
		for (uint32_t n = 0; n < nodes[i].depth; n++)
			fprintf(out, "%s%u", n ? "," : "", numbers[path[n]]);
		fputc(']', out);
		separator = ",";
	}
}

/* The units that the schema knows. */
static const char *unit_of(const struct show_view *view)
{
	static const char *const known[] = {"nanoseconds", "microseconds", "milliseconds", "seconds",
	                                    "bytes"};
	const char *unit;

	cap_profile_type(view->profile, view->type, &unit);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i], unit) == 0)
			return known[i];
	return "none";
}

static int64_t print_weights(FILE *out, const struct tree *tree)
{
	const char *separator = "";
	int64_t sum = 0;

	for (uint32_t i = 1; i < tree->count; i++) {
		if (!tree->nodes[i].self)
			continue;
		fprintf(out, "%s%lld", separator, (long long)tree->nodes[i].self);
		sum = (int64_t)((uint64_t)sum + (uint64_t)tree->nodes[i].self);
		separator = ",";
	}
	return sum;
}

static void print_speedscope(FILE *out, const struct show_view *view, const struct tree *tree)
{
	uint32_t *numbers;

	fputs("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"shared\":{\"frames\":[",
	      out);
	numbers = print_frames(out, tree);
	fputs("]},\"profiles\":[{\"type\":\"sampled\",\"name\":", out);
	print_json_text(out, cap_profile_type(view->profile, view->type, NULL));
	fprintf(out, ",\"unit\":\"%s\",\"startValue\":0,\"samples\":[", unit_of(view));
	print_samples(out, tree, numbers);
	fputs("],\"weights\":[", out);
	fprintf(out, "],\"endValue\":%lld}],\"name\":", (long long)print_weights(out, tree));
	print_json_text(out, view->name);
	fputs(",\"activeProfileIndex\":0,\"exporter\":\"kubectl-pprof\"}\n", out);
	free(numbers);
}

int show_speedscope(FILE *out, const struct show_view *view, struct error *error)
{
	struct tree tree;

	if (cap_profile_is_signed(view->profile, view->type))
		return error_set(error, "'%s' has values below 0, which speedscope cannot show; take -o text",
		                 view->name);
	if (tree_make(view, &tree, error) < 0)
		return -1;
	print_speedscope(out, view, &tree);
	free(tree.nodes);
	return 0;
}
