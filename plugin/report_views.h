/* Every profile of a run that a page shows, with those of its base: the idle pod's, or another run's. */
#ifndef PLUGIN_REPORT_VIEWS_H
#define PLUGIN_REPORT_VIEWS_H

#include <stdio.h>

#include "plugin/report_view.h"
#include "plugin/run_read.h"

#define REPORT_PROFILES 12 /* of a run */
#define REPORT_VIEWS    24

struct report_profile {
	char name[40]; /* "cpu" */
	struct cap_profile *profile, *base;
	struct report_side now, before;
};

struct report_views {
	struct report_profile profiles[REPORT_PROFILES];
	size_t profile_count;
	struct report_view items[REPORT_VIEWS];
	size_t count;
	char note[512]; /* what could not be read, "" if all could */
};

/* `base` NULL: the idle pod's profiles. A profile that cannot be read is left out and noted. */
void report_views_make(const struct run_read *run, const struct run_read *base, struct report_views *ret);
void report_views_release(struct report_views *views);

/*
 * "strings": [...], "views": [...], without a comma in front. `room`: 1 for what a page has room for, 0.5 for
 * half of that and so on.
 */
void report_views_write(FILE *out, const struct report_views *views, double room);

#endif
