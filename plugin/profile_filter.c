#include "plugin/profile_filter.h"

#include <stdio.h>

int profile_filter_init(struct profile_filter *ret, const char *focus, const char *ignore,
                        struct error *error)
{
	*ret = (struct profile_filter){0};
	if (focus && pattern_new("focus", focus, &ret->focus, error) < 0)
		return -1;
	return ignore ? pattern_new("ignore", ignore, &ret->ignore, error) : 0;
}

static bool matches(void *context, const char *text, size_t length)
{
	return pattern_matches(context, text, length);
}

int profile_filter_apply(struct profile_filter *filter, struct cap_profile *profile, struct error *error)
{
	struct cap_matcher focus = {matches, filter->focus}, ignore = {matches, filter->ignore};
	struct cap_error cause = {0};
	bool focused, ignored;

	if (!filter->focus && !filter->ignore)
		return 0;
	if (cap_profile_filter(profile, filter->focus ? &focus : NULL, filter->ignore ? &ignore : NULL,
	                       &focused, &ignored, &cause) != CAP_OK)
		return error_set(error, "%s", cause.text);
	filter->focus_matched |= focused;
	filter->ignore_matched |= ignored;
	return pattern_check(filter->focus, error) < 0 ? -1 : pattern_check(filter->ignore, error);
}

void profile_filter_note(const struct profile_filter *filter)
{
	if (filter->focus && !filter->focus_matched)
		fprintf(stderr, "note: --focus matches nothing in what was read\n");
	if (filter->ignore && !filter->ignore_matched)
		fprintf(stderr, "note: --ignore matches nothing in what was read\n");
}

void profile_filter_release(struct profile_filter *filter)
{
	pattern_free(filter->focus);
	pattern_free(filter->ignore);
}
