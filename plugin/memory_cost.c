#include "plugin/memory_cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/figures.h"
#include "plugin/findings.h"
#include "plugin/shots.h"
#include "plugin/text.h"

#define PERIOD       (512.0 * 1024) /* of Go's sampling, as it is unless a program sets it */
#define ROWS_MOST    100
#define PRINT_MOST   3
#define GROWTH_LEAST (512 * 1024) /* below a sample or two growth is chance */

static struct cap_profile *parse(const struct shots *shots, const char *file)
{
	const struct shot *shot = shots_find(shots, file);
	struct cap_profile *ret = NULL;
	struct cap_error error;

	if (!shot || !shot->data || cap_profile_parse(shot->data, shot->size, &ret, &error) != CAP_OK)
		return NULL;
	return ret;
}

/* ---- allocations ------------------------------------------------------------------ */

static int by_name(const void *left, const void *right)
{
	const struct cap_place *a = left, *b = right;

	return strcmp(a->function, b->function);
}

static void fill_rows(struct memory_cost *cost, const struct cap_place *bytes, struct cap_place *objects,
                      size_t object_count, double scale)
{
	double total = 0;

	for (size_t i = 0; i < cost->row_count; i++)
		total += (double)bytes[i].value;
	qsort(objects, object_count, sizeof *objects, by_name);
	for (size_t i = 0; i < cost->row_count; i++) {
		const struct cap_place *same =
			bsearch(&bytes[i], objects, object_count, sizeof *objects, by_name);
		double value = (double)bytes[i].value;

		cost->rows[i] = (struct memory_row){.place = bytes[i],
		                                    .bytes = scale > 0 ? value * scale : -1,
		                                    .objects = -1,
		                                    .share = total > 0 ? value / total : 0,
		                                    .error = 1 / sqrt(fmax(1, value / PERIOD))};
		if (same && scale > 0)
			cost->rows[i].objects = (double)same->value * scale;
	}
}

static void take_allocations(struct memory_cost *cost, int64_t window, uint64_t requests, double share)
{
	const struct cap_profile *allocs = cost->profiles[MEMORY_ALLOCS];
	int space = allocs ? cap_profile_type_index(allocs, "alloc_space") : -1;
	int count = allocs ? cap_profile_type_index(allocs, "alloc_objects") : -1;
	int64_t profiled = allocs ? cap_profile_duration(allocs) : 0;
	struct cap_place *bytes = NULL, *objects = NULL;
	size_t object_count = 0;
	double scale = 0;

	/* Go publishes allocations with the collections: a window without one has none to show. */
	if (space < 0 || count < 0 || cap_profile_total(allocs, (size_t)space) <= 0 ||
	    cap_profile_places(allocs, (size_t)space, &bytes, &cost->row_count, NULL) != CAP_OK)
		return;
	cap_profile_places(allocs, (size_t)count, &objects, &object_count, NULL);
	if (profiled > 0 && requests && share > 0)
		scale = (double)window / (double)profiled / ((double)requests * share);
	if (scale > 0) {
		cost->bytes = (double)cap_profile_total(allocs, (size_t)space) * scale;
		cost->objects = (double)cap_profile_total(allocs, (size_t)count) * scale;
	}
	cost->error = 1 / sqrt(fmax(1, (double)cap_profile_total(allocs, (size_t)space) / PERIOD));
	cost->rows = xcalloc(cost->row_count + 1, sizeof *cost->rows);
	fill_rows(cost, bytes, objects, object_count, scale);
	free(bytes);
	free(objects);
}

/* ---- bytes in use -------------------------------------------------------------------- */

struct in_use {
	struct cap_place place;
	int64_t bytes[MEMORY_PROFILES];
};

static int by_place(const void *left, const void *right)
{
	return by_name(&((const struct in_use *)left)->place, &((const struct in_use *)right)->place);
}

/* The places of all heap profiles one behind the other. */
static struct in_use *gather(struct memory_cost *cost, size_t *ret_count)
{
	struct in_use *ret = NULL;

	*ret_count = 0;
	for (int which = MEMORY_IDLE; which < MEMORY_PROFILES; which++) {
		const struct cap_profile *heap = cost->profiles[which];
		int type = heap ? cap_profile_type_index(heap, "inuse_space") : -1;
		struct cap_place *places = NULL;
		size_t count = 0;

		if (type < 0 || cap_profile_places(heap, (size_t)type, &places, &count, NULL) != CAP_OK)
			continue;
		cost->inuse[which] = cap_profile_total(heap, (size_t)type);
		ret = xrealloc(ret, (*ret_count + count + 1) * sizeof *ret);
		for (size_t i = 0; i < count; i++) {
			ret[*ret_count] = (struct in_use){.place = places[i]};
			ret[(*ret_count)++].bytes[which] = places[i].value;
		}
		free(places);
	}
	return ret;
}

static struct memory_growth growth_of(const struct memory_cost *cost, const struct in_use *in_use)
{
	struct memory_growth ret = {.place = in_use->place, .idle = -1, .loaded = -1, .after = -1};
	int64_t now;

	if (cost->inuse[MEMORY_IDLE] >= 0)
		ret.idle = in_use->bytes[MEMORY_IDLE];
	if (cost->inuse[MEMORY_LOADED] >= 0)
		ret.loaded = in_use->bytes[MEMORY_LOADED];
	if (cost->inuse[MEMORY_AFTER] >= 0)
		ret.after = in_use->bytes[MEMORY_AFTER];
	now = ret.after >= 0 ? ret.after : ret.loaded;
	ret.place.value = ret.idle >= 0 && now >= 0 ? now - ret.idle : 0;
	return ret;
}

static int by_growth(const void *left, const void *right)
{
	const struct memory_growth *a = left, *b = right;

	if (a->place.value != b->place.value)
		return a->place.value > b->place.value ? -1 : 1;
	return by_name(&a->place, &b->place);
}

static void take_growth(struct memory_cost *cost)
{
	size_t count, i = 0;
	struct in_use *all = gather(cost, &count);

	if (!all)
		return;
	qsort(all, count, sizeof *all, by_place);
	cost->growth = xcalloc(count + 1, sizeof *cost->growth);
	while (i < count) {
		struct in_use sum = all[i];
		struct memory_growth growth;

		for (i++; i < count && by_place(&sum, &all[i]) == 0; i++)
			for (int which = 0; which < MEMORY_PROFILES; which++)
				sum.bytes[which] += all[i].bytes[which];
		growth = growth_of(cost, &sum);
		if (growth.place.value >= GROWTH_LEAST)
			cost->growth[cost->growth_count++] = growth;
	}
	qsort(cost->growth, cost->growth_count, sizeof *cost->growth, by_growth);
	free(all);
}

void memory_cost_make(const struct shots *idle, const struct shots *loaded, const struct shots *after,
                      int64_t window, uint64_t requests, double share, struct memory_cost *ret)
{
	*ret = (struct memory_cost){.bytes = -1, .objects = -1};
	for (int i = 0; i < MEMORY_PROFILES; i++)
		ret->inuse[i] = -1;
	ret->profiles[MEMORY_ALLOCS] = parse(loaded, "allocs.pb.gz");
	ret->profiles[MEMORY_IDLE] = parse(idle, "heap.pb.gz");
	ret->profiles[MEMORY_LOADED] = parse(loaded, "heap.pb.gz");
	ret->profiles[MEMORY_AFTER] = parse(after, "heap.pb.gz");
	take_allocations(ret, window, requests, share);
	take_growth(ret);
}

void memory_cost_release(struct memory_cost *cost)
{
	free(cost->rows);
	free(cost->growth);
	for (int i = 0; i < MEMORY_PROFILES; i++)
		cap_profile_free(cost->profiles[i]);
	*cost = (struct memory_cost){0};
}

/* ---- said ---------------------------------------------------------------------------- */

static void add_known(cJSON *json, const char *name, double value)
{
	if (value >= 0)
		cJSON_AddNumberToObject(json, name, value);
}

static cJSON *row_json(const struct memory_row *row)
{
	cJSON *json = cJSON_CreateObject();

	place_json(json, &row->place);
	cJSON_AddBoolToObject(json, "own", row->place.own);
	cJSON_AddNumberToObject(json, "share", row->share);
	add_known(json, "alloc_bytes_per_request", row->bytes);
	add_known(json, "alloc_objects_per_request", row->objects);
	cJSON_AddNumberToObject(json, "relative_error", row->error);
	return json;
}

static cJSON *growth_json(const struct memory_growth *growth)
{
	cJSON *json = cJSON_CreateObject();

	place_json(json, &growth->place);
	cJSON_AddBoolToObject(json, "own", growth->place.own);
	add_known(json, "inuse_bytes_idle", (double)growth->idle);
	add_known(json, "inuse_bytes", (double)growth->loaded);
	add_known(json, "inuse_bytes_after", (double)growth->after);
	return json;
}

static bool is_known(const struct memory_cost *cost)
{
	return cost->rows || cost->inuse[MEMORY_IDLE] >= 0 || cost->inuse[MEMORY_LOADED] >= 0 ||
	       cost->inuse[MEMORY_AFTER] >= 0;
}

void memory_cost_json(cJSON *json, const struct memory_cost *cost)
{
	cJSON *memory, *list;

	if (!is_known(cost))
		return;
	memory = cJSON_AddObjectToObject(json, "memory");
	add_known(memory, "alloc_bytes_per_request", cost->bytes);
	add_known(memory, "alloc_objects_per_request", cost->objects);
	if (cost->rows)
		cJSON_AddNumberToObject(memory, "relative_error", cost->error);
	add_known(memory, "inuse_bytes_idle", (double)cost->inuse[MEMORY_IDLE]);
	add_known(memory, "inuse_bytes", (double)cost->inuse[MEMORY_LOADED]);
	add_known(memory, "inuse_bytes_after", (double)cost->inuse[MEMORY_AFTER]);
	list = cJSON_AddArrayToObject(memory, "functions");
	for (size_t i = 0; i < cost->row_count && i < ROWS_MOST; i++)
		cJSON_AddItemToArray(list, row_json(&cost->rows[i]));
	list = cJSON_AddArrayToObject(memory, "growth");
	for (size_t i = 0; i < cost->growth_count && i < ROWS_MOST; i++)
		cJSON_AddItemToArray(list, growth_json(&cost->growth[i]));
}

static void print_in_use(FILE *out, const struct memory_cost *cost)
{
	static const char *const when[] = {"", "before the load", "in the window", "after it"};
	const char *separator = "in use: ";
	char bytes[32];

	for (int which = MEMORY_IDLE; which < MEMORY_PROFILES; which++) {
		if (cost->inuse[which] < 0)
			continue;
		fprintf(out, "%s%s %s", separator, figure_bytes((double)cost->inuse[which], bytes),
		        when[which]);
		separator = ", ";
	}
}

static void print_growth(FILE *out, const struct memory_growth *growth)
{
	char *place = place_text(&growth->place, true), bytes[32];

	fprintf(out, "  %8s more  %s\n", figure_bytes((double)growth->place.value, bytes), place);
	free(place);
}

void memory_cost_print(FILE *out, const struct memory_cost *cost)
{
	char bytes[32], objects[32];

	if (!is_known(cost))
		return;
	fprintf(out, "%-11s", "Memory");
	if (cost->bytes >= 0)
		fprintf(out, "%s in %s objects allocated a request%s", figure_bytes(cost->bytes, bytes),
		        figure_count(cost->objects, objects),
		        cost->inuse[MEMORY_LOADED] >= 0 || cost->inuse[MEMORY_IDLE] >= 0 ? "; " : "");
	print_in_use(out, cost);
	fputc('\n', out);
	for (size_t i = 0; i < cost->row_count && i < PRINT_MOST && cost->rows[i].bytes > 0; i++) {
		char *place = place_text(&cost->rows[i].place, true);

		fprintf(out, "  %8s ±%3.0f%%  %s\n", figure_bytes(cost->rows[i].bytes, bytes),
		        100 * cost->rows[i].error, place);
		free(place);
	}
	for (size_t i = 0; i < cost->growth_count && i < PRINT_MOST; i++)
		print_growth(out, &cost->growth[i]);
}
