#include "plugin/slices.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugin/text.h"

void slice_track_add(struct slice_track *track, int64_t at, uint64_t requests)
{
	size_t count = track->count;

	if (count && at <= track->looks[count - 1].at)
		return;
	if ((count & (count - 1)) == 0)
		track->looks = xrealloc(track->looks, (count ? 2 * count : 1) * sizeof *track->looks);
	track->looks[track->count++] = (struct slice_look){at, requests};
}

static double done_at(const struct slice_track *track, int64_t at)
{
	size_t low = 0, high = track->count;
	const struct slice_look *before, *after;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (track->looks[middle].at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return (double)track->looks[0].requests;
	before = &track->looks[low - 1];
	if (low == track->count)
		return (double)before->requests;
	after = before + 1;
	return (double)before->requests + (double)(after->requests - before->requests) *
	                                          (double)(at - before->at) /
	                                          (double)(after->at - before->at);
}

double slice_track_between(const struct slice_track *track, int64_t begin, int64_t end)
{
	return track->count ? done_at(track, end) - done_at(track, begin) : 0;
}

void slice_track_release(struct slice_track *track)
{
	free(track->looks);
	*track = (struct slice_track){0};
}

/* The shots' slices [first, last) as one. */
static void make_one(const struct shots *shots, unsigned first, unsigned last,
                     const struct slice_track *track, struct slice *ret)
{
	struct cap_profile *parts[SLICES_MAX], *merged = NULL;
	struct cap_error error;

	for (unsigned i = first; i < last; i++) {
		const struct shots_slice *one = shots_slice(shots, i);

		parts[i - first] = one->profile;
		ret->begin = i == first ? one->begin : ret->begin;
		ret->end = one->end;
		ret->length += one->end - one->begin;
		ret->requests += slice_track_between(track, one->begin, one->end);
	}
	if (cap_profile_merge(parts, last - first, &merged, &error) == CAP_OK)
		cap_profile_encode(merged, &ret->data, &ret->size, &error);
	cap_profile_free(merged);
}

void slices_make(const struct shots *shots, const struct slice_track *track, struct slices *ret)
{
	unsigned wanted, got = shots ? shots_slices(shots, &wanted) : 0;
	unsigned group = (got + SLICES_KEPT - 1) / SLICES_KEPT;

	*ret = (struct slices){0};
	if (got < 2)
		return;
	for (unsigned first = 0; first < got; first += group) {
		struct slice *slice = &ret->items[ret->count++];

		snprintf(slice->file, sizeof slice->file, "slices/cpu-%02zu.pb.gz", ret->count);
		make_one(shots, first, first + group < got ? first + group : got, track, slice);
	}
}

void slices_release(struct slices *slices)
{
	for (size_t i = 0; i < slices->count; i++)
		free(slices->items[i].data);
	*slices = (struct slices){0};
}
