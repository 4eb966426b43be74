#include <stdlib.h>
#include <string.h>

#include "capture/profile_merge.h"

#define MANY_LABELS 64

/* What is merged; with `diff` the second one is the base. */
struct inputs {
	struct cap_profile *const *profiles;
	size_t count;
	bool diff;
};

static bool out_of_memory(struct merge *merge)
{
	profile_error(merge->error, CAP_MEMORY, "merge: out of memory");
	return false;
}

/* ---- samples: stack and labels --------------------------------------------- */

/* Text before numbers, then by key. */
static int label_compare(const struct profile_label *a, const struct profile_label *b)
{
	if (!a->str != !b->str)
		return a->str ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

static int label_compare_all(const void *left, const void *right)
{
	const struct profile_label *a = left, *b = right;
	int compared = label_compare(a, b);

	if (compared || a->str != b->str)
		return compared ? compared : a->str < b->str ? -1 : 1;
	if (a->num != b->num)
		return a->num < b->num ? -1 : 1;
	return a->unit < b->unit ? -1 : a->unit > b->unit;
}

/* The order of equal keys stays and counts, as upstream, but in samples with absurdly many. */
static void labels_sort(struct profile_label *labels, size_t count)
{
	if (count > MANY_LABELS) {
		qsort(labels, count, sizeof *labels, label_compare_all);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		struct profile_label label = labels[i];
		size_t to = i;

		for (; to && label_compare(&label, &labels[to - 1]) < 0; to--)
			labels[to] = labels[to - 1];
		labels[to] = label;
	}
}

static bool labels_same(const struct profile_label *a, const struct profile_label *b, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (a[i].key != b[i].key || a[i].str != b[i].str || a[i].num != b[i].num ||
		    a[i].unit != b[i].unit)
			return false;
	return true;
}

static bool sample_same(const void *context, uint32_t a, uint32_t b)
{
	const struct cap_profile *profile = context;
	const uint32_t *frame = profile->frame_start, *label = profile->label_start;
	uint32_t frames = frame[a + 1] - frame[a], labels = label[a + 1] - label[a];

	return frames == frame[b + 1] - frame[b] && labels == label[b + 1] - label[b] &&
	       memcmp(profile->frames + frame[a], profile->frames + frame[b], frames * sizeof(uint32_t)) ==
	               0 &&
	       labels_same(profile->labels + label[a], profile->labels + label[b], labels);
}

static uint32_t sample_hash(const struct cap_profile *profile, size_t n)
{
	uint32_t start = profile->frame_start[n];
	uint32_t hash = profile_hash(profile->frames + start,
	                             (profile->frame_start[n + 1] - start) * sizeof *profile->frames, 0);

	for (uint32_t i = profile->label_start[n]; i < profile->label_start[n + 1]; i++) {
		const struct profile_label *label = &profile->labels[i];

		hash = profile_hash(&label->num, sizeof label->num, hash ^ label->str * 31 ^ label->key);
	}
	return hash;
}

/* Everything that sample_count + 1 samples need; indexes of frames and labels must fit in 32 bits. */
static bool reserve_sample(struct merge *merge, size_t frames, size_t labels)
{
	struct cap_profile *out = merge->out;
	struct profile_room *room = &merge->room;
	size_t n = out->sample_count;

	if (out->frame_start[n] + frames >= PROFILE_NONE || out->label_start[n] + labels >= PROFILE_NONE) {
		profile_error(merge->error, CAP_TOO_BIG, "merge: too many frames for one profile");
		return false;
	}
	if (!profile_reserve(&out->frames, &room->frames, out->frame_start[n], frames, sizeof *out->frames) ||
	    !profile_reserve(&out->labels, &room->labels, out->label_start[n], labels, sizeof *out->labels) ||
	    !profile_reserve(&out->frame_start, &room->frame_start, n + 1, 1, sizeof *out->frame_start) ||
	    !profile_reserve(&out->label_start, &room->label_start, n + 1, 1, sizeof *out->label_start) ||
	    !profile_reserve(&out->values, &room->values, n * out->type_count, out->type_count,
	                     sizeof *out->values))
		return out_of_memory(merge);
	return true;
}

static bool map_frames(struct merge *merge, struct merge_source *source, size_t sample)
{
	struct cap_profile *out = merge->out;
	uint32_t end = out->frame_start[out->sample_count];

	for (uint32_t i = source->profile->frame_start[sample]; i < source->profile->frame_start[sample + 1];
	     i++) {
		uint32_t location = merge_location(merge, source, source->profile->frames[i]);

		if (location == PROFILE_NONE)
			return out_of_memory(merge);
		out->frames[end++] = location;
	}
	out->frame_start[out->sample_count + 1] = end;
	return true;
}

static bool put_base_label(struct cap_profile *out, struct profile_label *ret)
{
	ret->key = profile_strings_put(&out->strings, "pprof::base", 11);
	ret->str = profile_strings_put(&out->strings, "true", 4);
	ret->num = ret->unit = 0;
	return ret->key != PROFILE_NONE && ret->str != PROFILE_NONE;
}

static bool map_labels(struct merge *merge, struct merge_source *source, size_t sample)
{
	struct cap_profile *out = merge->out;
	uint32_t start = out->label_start[out->sample_count], end = start;

	for (uint32_t i = source->profile->label_start[sample]; i < source->profile->label_start[sample + 1];
	     i++) {
		struct profile_label *label = &out->labels[end++];

		*label = source->profile->labels[i];
		label->key = merge_string(merge, source, label->key);
		label->str = merge_string(merge, source, label->str);
		label->unit = merge_string(merge, source, label->unit);
		if (label->key == PROFILE_NONE || label->str == PROFILE_NONE || label->unit == PROFILE_NONE)
			return out_of_memory(merge);
	}
	if (source->is_base && !put_base_label(out, &out->labels[end++]))
		return out_of_memory(merge);
	labels_sort(out->labels + start, end - start);
	out->label_start[out->sample_count + 1] = end;
	return true;
}

static void add_values(struct cap_profile *out, uint32_t sample, const int64_t *values, bool negate)
{
	int64_t *sums = out->values + sample * out->type_count;

	if (sample == out->sample_count) {
		memset(sums, 0, out->type_count * sizeof *values);
		out->sample_count++;
	}
	for (size_t i = 0; i < out->type_count; i++)
		sums[i] = profile_sum(sums[i], negate ? profile_negated(values[i]) : values[i]);
}

static bool map_sample(struct merge *merge, struct merge_source *source, size_t sample)
{
	const struct cap_profile *from = source->profile;
	struct cap_profile *out = merge->out;
	uint32_t found;

	if (!reserve_sample(merge, from->frame_start[sample + 1] - from->frame_start[sample],
	                    from->label_start[sample + 1] - from->label_start[sample] + source->is_base) ||
	    !map_frames(merge, source, sample) || !map_labels(merge, source, sample))
		return false;
	found = profile_index_put(&merge->samples, sample_hash(out, out->sample_count),
	                          (uint32_t)out->sample_count, sample_same, out);
	if (found == PROFILE_NONE)
		return out_of_memory(merge);
	add_values(out, found, from->values + sample * out->type_count, source->is_base);
	return true;
}

static bool is_zero(const struct cap_profile *profile, size_t sample)
{
	for (size_t i = 0; i < profile->type_count; i++)
		if (profile->values[sample * profile->type_count + i])
			return false;
	return true;
}

/* ---- a source ---------------------------------------------------------------- */

static uint32_t *none(size_t count)
{
	uint32_t *items = malloc((count + 1) * sizeof *items);

	if (items)
		memset(items, 0xff, count * sizeof *items);
	return items;
}

static bool source_init(struct merge_source *source, const struct cap_profile *profile)
{
	*source = (struct merge_source){.profile = profile,
	                                .strings = none(profile->strings.count),
	                                .mappings = none(profile->mapping_count),
	                                .functions = none(profile->function_count),
	                                .locations = none(profile->location_count)};
	return source->strings && source->mappings && source->functions && source->locations;
}

static void source_release(struct merge_source *source)
{
	free(source->strings);
	free(source->mappings);
	free(source->functions);
	free(source->locations);
}

/* The first mapping is the main program, so the first of the first source that has one stays first. */
static bool map_source(struct merge *merge, struct merge_source *source)
{
	bool ok = true;

	if (!merge->out->mapping_count && source->profile->mapping_count &&
	    merge_mapping(merge, source, 0) == PROFILE_NONE)
		return out_of_memory(merge);
	for (size_t i = 0; ok && i < source->profile->sample_count; i++)
		if (!is_zero(source->profile, i))
			ok = map_sample(merge, source, i);
	return ok;
}

/* ---- headers ----------------------------------------------------------------- */

static bool type_same(const struct cap_profile *a, struct profile_type x, const struct cap_profile *b,
                      struct profile_type y)
{
	return strcmp(profile_text(a, x.type), profile_text(b, y.type)) == 0 &&
	       strcmp(profile_text(a, x.unit), profile_text(b, y.unit)) == 0;
}

/* n: what the profiles are called in errors. */
static bool check_types(struct merge *merge, const struct cap_profile *a, const struct cap_profile *b,
                        const size_t n[2])
{
	if (a->type_count != b->type_count) {
		profile_error(merge->error, CAP_FORMAT,
		              "merge: profile %zu has %zu sample types, profile %zu has %zu", n[1],
		              b->type_count, n[0], a->type_count);
		return false;
	}
	for (size_t i = 0; i < a->type_count; i++) {
		if (type_same(a, a->types[i], b, b->types[i]))
			continue;
		profile_error(
			merge->error, CAP_FORMAT,
			"merge: sample type %zu of profile %zu is '%.60s/%.60s', of profile %zu '%.60s/%.60s'",
			i + 1, n[1], profile_text(b, b->types[i].type), profile_text(b, b->types[i].unit),
			n[0], profile_text(a, a->types[i].type), profile_text(a, a->types[i].unit));
		return false;
	}
	if (type_same(a, a->period_type, b, b->period_type))
		return true;
	profile_error(merge->error, CAP_FORMAT,
	              "merge: the period of profile %zu is in '%.60s', of profile %zu in '%.60s'", n[1],
	              profile_text(b, b->period_type.type), n[0], profile_text(a, a->period_type.type));
	return false;
}

static bool start_types(struct merge *merge, struct merge_source *first)
{
	const struct cap_profile *from = first->profile;
	struct cap_profile *out = merge->out;

	if (!profile_reserve(&out->types, &merge->room.types, 0, from->type_count, sizeof *out->types))
		return false;
	out->type_count = from->type_count;
	for (size_t i = 0; i < from->type_count; i++) {
		out->types[i].type = merge_string(merge, first, from->types[i].type);
		out->types[i].unit = merge_string(merge, first, from->types[i].unit);
		if (out->types[i].type == PROFILE_NONE || out->types[i].unit == PROFILE_NONE)
			return false;
	}
	return true;
}

/* What the first source decides alone. */
static bool start(struct merge *merge, struct merge_source *first)
{
	const struct cap_profile *from = first->profile;
	struct cap_profile *out = merge->out;

	out->period_type.type = merge_string(merge, first, from->period_type.type);
	out->period_type.unit = merge_string(merge, first, from->period_type.unit);
	out->drop_frames = merge_string(merge, first, from->drop_frames);
	out->keep_frames = merge_string(merge, first, from->keep_frames);
	return (start_types(merge, first) && out->period_type.type != PROFILE_NONE &&
	        out->period_type.unit != PROFILE_NONE && out->drop_frames != PROFILE_NONE &&
	        out->keep_frames != PROFILE_NONE) ||
	       out_of_memory(merge);
}

static bool comment_same(const void *context, uint32_t a, uint32_t b)
{
	const uint32_t *comments = context;

	return comments[a] == comments[b];
}

static bool map_comments(struct merge *merge, struct merge_source *source)
{
	struct cap_profile *out = merge->out;
	uint32_t comment, found;

	for (size_t i = 0; i < source->profile->comment_count; i++) {
		comment = merge_string(merge, source, source->profile->comments[i]);
		if (comment == PROFILE_NONE || !profile_reserve(&out->comments, &merge->room.comments,
		                                                out->comment_count, 1, sizeof *out->comments))
			return false;
		out->comments[out->comment_count] = comment;
		found = profile_index_put(&merge->comments, profile_hash(&comment, sizeof comment, 0),
		                          (uint32_t)out->comment_count, comment_same, out->comments);
		if (found == PROFILE_NONE)
			return false;
		out->comment_count += found == out->comment_count;
	}
	return true;
}

static bool add_header(struct merge *merge, struct merge_source *source)
{
	const struct cap_profile *from = source->profile;
	struct cap_profile *out = merge->out;

	if (from->time && (!out->time || from->time < out->time))
		out->time = from->time;
	out->duration = profile_sum(out->duration, from->duration);
	if (!out->period || out->period < from->period)
		out->period = from->period;
	if (!out->default_type)
		out->default_type = merge_string(merge, source, from->default_type);
	if (!out->doc_url)
		out->doc_url = merge_string(merge, source, from->doc_url);
	return (map_comments(merge, source) && out->default_type != PROFILE_NONE &&
	        out->doc_url != PROFILE_NONE) ||
	       out_of_memory(merge);
}

/* ---- the whole --------------------------------------------------------------- */

static bool merge_all(struct merge *merge, const struct inputs *inputs)
{
	struct cap_profile *const *profiles = inputs->profiles;
	struct merge_source source;
	bool ok = true;

	for (size_t i = 1; ok && i < inputs->count; i++)
		ok = check_types(merge, profiles[0], profiles[i],
		                 inputs->diff ? (size_t[]){2, 1} : (size_t[]){1, i + 1});
	for (size_t i = 0; ok && i < inputs->count; i++) {
		ok = source_init(&source, profiles[i]) || out_of_memory(merge);
		source.is_base = inputs->diff && i == 1;
		ok = ok && (i > 0 || start(merge, &source)) && add_header(merge, &source) &&
		     map_source(merge, &source);
		source_release(&source);
	}
	if (ok &&
	    !(profile_names(merge->out) && profile_mapping_labels(merge->out) && profile_prune(merge->out)))
		ok = out_of_memory(merge);
	return ok;
}

static enum cap_status merge_once(const struct inputs *inputs, struct cap_profile **ret,
                                  struct cap_error *error)
{
	struct cap_error local = {.status = CAP_OK};
	struct merge merge = {.error = &local};

	merge.out = profile_new(&merge.room);
	if (!merge.out)
		out_of_memory(&merge);
	else if (merge_all(&merge, inputs))
		*ret = merge.out;
	if (local.status != CAP_OK) {
		cap_profile_free(merge.out);
		if (error)
			*error = local;
	}
	profile_index_release(&merge.mappings);
	profile_index_release(&merge.functions);
	profile_index_release(&merge.locations);
	profile_index_release(&merge.samples);
	profile_index_release(&merge.comments);
	return local.status;
}

/* Samples that cancelled out leave tables with entries that nothing refers to: once more, as upstream. */
static enum cap_status merge_inputs(const struct inputs *inputs, struct cap_profile **ret,
                                    struct cap_error *error)
{
	struct cap_profile *merged, *smaller = NULL;
	enum cap_status status = merge_once(inputs, &merged, error);

	if (status != CAP_OK)
		return status;
	for (size_t i = 0; i < merged->sample_count; i++) {
		if (!is_zero(merged, i))
			continue;
		status = merge_once(&(struct inputs){&merged, 1, false}, &smaller, error);
		cap_profile_free(merged);
		merged = smaller;
		break;
	}
	if (status == CAP_OK)
		*ret = merged;
	return status;
}

enum cap_status cap_profile_merge(struct cap_profile *const *profiles, size_t count, struct cap_profile **ret,
                                  struct cap_error *error)
{
	if (!count)
		return profile_error(error, CAP_FORMAT, "merge: no profiles");
	return merge_inputs(&(struct inputs){profiles, count, false}, ret, error);
}

enum cap_status cap_profile_diff(const struct cap_profile *profile, const struct cap_profile *base,
                                 struct cap_profile **ret, struct cap_error *error)
{
	struct cap_profile *both[] = {(struct cap_profile *)profile, (struct cap_profile *)base};

	return merge_inputs(&(struct inputs){both, 2, true}, ret, error);
}
