#include <stdlib.h>
#include <string.h>

#include "plugin/shots_private.h"
#include "plugin/text.h"

struct parts {
	struct shots *const *items;
	const char *const *names; /* of the pods */
	size_t count;
};

/* Of profiles taken side by side. NULL: there are none, or they do not fit together. */
static struct cap_profile *sum_profiles(struct cap_profile *const *profiles, size_t count,
                                        struct cap_error *error)
{
	struct cap_profile *ret = NULL;

	if (!count || cap_profile_merge(profiles, count, &ret, error) != CAP_OK)
		return NULL;
	cap_profile_set_duration(ret, cap_profile_duration(ret) / (int64_t)count);
	return ret;
}

/* ---- one shot of each --------------------------------------------------------------- */

static void note_times(struct shot *ret, const struct shot *part)
{
	if (part->begin && (!ret->begin || part->begin < ret->begin))
		ret->begin = part->begin;
	if (part->end > ret->end)
		ret->end = part->end;
}

/* The first failure is the one that is told. */
static void note_failure(struct shot *ret, const struct shot *part, const char *name)
{
	ret->partial |= part->partial || !part->data;
	if (ret->error.status != CAP_OK || part->error.status == CAP_OK)
		return;
	ret->error = part->error;
	snprintf(ret->error.text, sizeof ret->error.text, "pod '%.100s': %.*s", name,
	         (int)sizeof ret->error.text - 120, part->error.text);
}

static void encode(struct shot *ret, const struct cap_profile *profile)
{
	if (profile && cap_profile_encode(profile, &ret->data, &ret->size, &ret->error) != CAP_OK)
		ret->data = NULL;
}

static void sum_shot(struct shot *ret, const struct parts *parts, size_t shot)
{
	struct cap_profile *profiles[PODS_MAX] = {NULL}, *sum;
	struct cap_error error;
	size_t count = 0;

	for (size_t i = 0; i < parts->count; i++) {
		const struct shot *part = &parts->items[i]->list[shot];

		if (part->data &&
		    cap_profile_parse(part->data, part->size, &profiles[count], &error) == CAP_OK)
			count++;
	}
	sum = sum_profiles(profiles, count, &ret->error);
	encode(ret, sum);
	cap_profile_free(sum);
	for (size_t i = 0; i < count; i++)
		cap_profile_free(profiles[i]);
}

static void append(struct shot *ret, const struct shot *part)
{
	if (!part->data)
		return;
	ret->data = xrealloc(ret->data, ret->size + part->size + 2);
	if (ret->size)
		ret->data[ret->size++] = '\n'; /* a line without anything ends a goroutine */
	memcpy(ret->data + ret->size, part->data, part->size);
	ret->size += part->size;
	ret->data[ret->size] = '\0';
}

static void join_shot(struct shot *ret, const struct parts *parts, size_t shot)
{
	bool is_dump = strcmp(ret->file, "goroutine.txt") == 0;

	for (size_t i = 0; i < parts->count && (is_dump || !ret->data); i++)
		append(ret, &parts->items[i]->list[shot]);
}

/* ---- the CPU ------------------------------------------------------------------------- */

/* The slice of a part that was taken beside the one that began at `begin`. */
static const struct shots_slice *slice_beside(const struct shots *part, int64_t begin)
{
	const struct shots_slice *ret = NULL;
	int64_t nearest = part->slice / 2;

	for (unsigned i = 0; i < part->slice_count; i++) {
		int64_t apart = llabs(part->slices[i].begin - begin);

		if (apart > nearest)
			continue;
		nearest = apart;
		ret = &part->slices[i];
	}
	return ret;
}

/* Where nothing was lost slices are counted; on a slow machine those of one number drift apart. */
static bool is_whole(const struct shots *part)
{
	return part->slice_count == part->slices_wanted;
}

/* The sum of the slices beside number `i` of `lead`; without a profile when a pod that gave any has none
 * there. */
static struct shots_slice sum_slice(const struct parts *parts, const struct shots *lead, unsigned i)
{
	const struct shots_slice *first = &lead->slices[i];
	struct cap_profile *profiles[PODS_MAX];
	struct shots_slice ret = *first;
	struct cap_error error;
	size_t count = 0;

	ret.profile = NULL;
	for (size_t part = 0; part < parts->count; part++) {
		const struct shots *shots = parts->items[part];
		const struct shots_slice *one;

		if (!shots->slice_count)
			continue;
		one = is_whole(lead) && is_whole(shots) ? &shots->slices[i]
		                                        : slice_beside(shots, first->begin);
		if (!one)
			return ret;
		profiles[count++] = one->profile;
		ret.begin = one->begin < ret.begin ? one->begin : ret.begin;
		ret.end = one->end > ret.end ? one->end : ret.end;
	}
	ret.profile = sum_profiles(profiles, count, &error);
	return ret;
}

static void sum_slices(struct shots *ret, const struct parts *parts)
{
	const struct shots *first = NULL;

	for (size_t i = 0; i < parts->count; i++) {
		if (parts->items[i]->slices_wanted > ret->slices_wanted)
			ret->slices_wanted = parts->items[i]->slices_wanted;
		if (!first && parts->items[i]->slice_count)
			first = parts->items[i];
	}
	for (unsigned i = 0; first && i < first->slice_count; i++) {
		struct shots_slice slice = sum_slice(parts, first, i);

		if (!slice.profile)
			continue;
		ret->slice_profiles[ret->slice_count] = slice.profile;
		ret->slices[ret->slice_count++] = slice;
	}
}

/* All that each pod gave, also in slices that have none beside them. */
static void sum_cpu(struct shots *ret, struct shot *shot, const struct parts *parts)
{
	struct cap_profile *profiles[PODS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < parts->count; i++)
		if (parts->items[i]->cpu)
			profiles[count++] = parts->items[i]->cpu;
	ret->cpu = sum_profiles(profiles, count, &shot->error);
	encode(shot, ret->cpu);
	sum_slices(ret, parts);
}

struct shots *shots_merge(struct shots *const *items, const char *const *names, size_t count)
{
	const struct parts parts = {items, names, count < PODS_MAX ? count : PODS_MAX};
	struct shots *ret = xcalloc(1, sizeof *ret);

	*ret = (struct shots){.begin = items[0]->begin,
	                      .length = items[0]->length,
	                      .slice = items[0]->slice,
	                      .count = items[0]->count};
	for (size_t s = 0; s < ret->count; s++) {
		struct shot *shot = &ret->list[s];

		*shot = (struct shot){.name = items[0]->list[s].name, .file = items[0]->list[s].file};
		ret->kind[s] = items[0]->kind[s];
		for (size_t i = 0; i < parts.count; i++) {
			note_times(shot, &items[i]->list[s]);
			note_failure(shot, &items[i]->list[s], names[i]);
		}
		if (ret->kind[s]->when == WHOLE_IN_SLICES)
			sum_cpu(ret, shot, &parts);
		else if (strstr(shot->file, ".pb.gz"))
			sum_shot(shot, &parts, s);
		else
			join_shot(shot, &parts, s);
	}
	return ret;
}
