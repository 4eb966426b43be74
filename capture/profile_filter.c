#include <stdlib.h>
#include <string.h>

#include "capture/profile.h"

enum answer { UNKNOWN, NO, YES };

/* One expression, and what it said of each string of the profile. */
struct side {
	const struct cap_matcher *matcher; /* NULL: none */
	unsigned char *of_string;
	bool matched;
};

enum verdict { NEITHER, FOCUSED, IGNORED };

static bool string_matches(struct side *side, const struct cap_profile *profile, uint32_t string)
{
	const struct profile_string *text = &profile->strings.items[string];

	if (side->of_string[string] == UNKNOWN)
		side->of_string[string] =
			side->matcher->match(side->matcher->context, text->text, text->length) ? YES : NO;
	return side->of_string[string] == YES;
}

/* matchesName of google/pprof, profile/filter.go */
static bool location_matches(struct side *side, const struct cap_profile *profile, size_t i)
{
	const struct profile_location *location = &profile->locations[i];

	for (uint32_t n = 0; n < location->line_count; n++) {
		const struct profile_function *function =
			&profile->functions[profile->lines[location->lines + n].function];

		if (string_matches(side, profile, function->shown) ||
		    string_matches(side, profile, function->file))
			return true;
	}
	return location->mapping != PROFILE_NONE &&
	       string_matches(side, profile, profile->mappings[location->mapping].file);
}

static enum verdict judge(struct side *focus, struct side *ignore, const struct cap_profile *profile,
                          size_t i)
{
	if (ignore->matcher && location_matches(ignore, profile, i)) {
		ignore->matched = true;
		return IGNORED;
	}
	if (focus->matcher && !location_matches(focus, profile, i))
		return NEITHER;
	focus->matched = true;
	return FOCUSED;
}

static bool is_kept(const struct cap_profile *profile, size_t sample, const unsigned char *verdicts)
{
	bool focused = false;

	for (uint32_t i = profile->frame_start[sample]; i < profile->frame_start[sample + 1]; i++) {
		if (verdicts[profile->frames[i]] == IGNORED)
			return false;
		focused |= verdicts[profile->frames[i]] == FOCUSED;
	}
	return focused;
}

/* Moves a sample to where the next one that is kept goes. */
static void keep(struct cap_profile *profile, size_t sample, size_t to)
{
	uint32_t *frame = profile->frame_start, *label = profile->label_start;
	uint32_t frames = frame[sample + 1] - frame[sample], labels = label[sample + 1] - label[sample];

	memmove(profile->frames + frame[to], profile->frames + frame[sample],
	        frames * sizeof *profile->frames);
	memmove(profile->labels + label[to], profile->labels + label[sample],
	        labels * sizeof *profile->labels);
	memmove(profile->values + to * profile->type_count, profile->values + sample * profile->type_count,
	        profile->type_count * sizeof *profile->values);
	frame[to + 1] = frame[to] + frames;
	label[to + 1] = label[to] + labels;
}

static void filter_samples(struct cap_profile *profile, const unsigned char *verdicts)
{
	size_t kept = 0;
	uint32_t frame = 0, label = 0, next_frame, next_label;

	for (size_t i = 0; i < profile->sample_count; i++) {
		next_frame = profile->frame_start[i + 1];
		next_label = profile->label_start[i + 1];
		profile->frame_start[i] = frame;
		profile->label_start[i] = label;
		if (is_kept(profile, i, verdicts))
			keep(profile, i, kept++);
		frame = next_frame;
		label = next_label;
	}
	profile->sample_count = kept;
}

enum cap_status cap_profile_filter(struct cap_profile *profile, const struct cap_matcher *focus,
                                   const struct cap_matcher *ignore, bool *ret_focus, bool *ret_ignore,
                                   struct cap_error *error)
{
	struct side focused = {.matcher = focus, .of_string = calloc(profile->strings.count, 1)};
	struct side ignored = {.matcher = ignore, .of_string = calloc(profile->strings.count, 1)};
	unsigned char *verdicts = malloc(profile->location_count + 1);
	bool ok = focused.of_string && ignored.of_string && verdicts;

	for (size_t i = 0; ok && i < profile->location_count; i++)
		verdicts[i] = (unsigned char)judge(&focused, &ignored, profile, i);
	if (ok) {
		filter_samples(profile, verdicts);
		*ret_focus = focused.matched;
		*ret_ignore = ignored.matched;
	}
	free(focused.of_string);
	free(ignored.of_string);
	free(verdicts);
	return ok ? CAP_OK : profile_error(error, CAP_MEMORY, "profile: out of memory");
}
