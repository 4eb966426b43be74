/* --focus and --ignore, for the commands that have them. */
#ifndef PLUGIN_PROFILE_FILTER_H
#define PLUGIN_PROFILE_FILTER_H

#include "capture/capture.h"
#include "plugin/pattern.h"

struct profile_filter {
	struct pattern *focus, *ignore;     /* NULL: none */
	bool focus_matched, ignore_matched; /* in any profile so far */
};

/* Compiles both; NULL: none. Release it after a failure too. */
int profile_filter_init(struct profile_filter *ret, const char *focus, const char *ignore,
                        struct error *error);
/* Takes samples away. */
int profile_filter_apply(struct profile_filter *filter, struct cap_profile *profile, struct error *error);
/* A line on standard error for each expression that matched nothing. */
void profile_filter_note(const struct profile_filter *filter);
void profile_filter_release(struct profile_filter *filter);

#endif
