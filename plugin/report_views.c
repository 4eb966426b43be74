#include "plugin/report_views.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

/* Of the profile that matters most, and of each other one. */
#define CPU_NODES   12000
#define OTHER_NODES 3000
#define CPU_ROWS    800
#define OTHER_ROWS  300

#define NAME_SIZE sizeof((struct report_profile *)NULL)->name

/* Profiles that hold what went on in the window, and not a moment of it. */
static bool is_of_window(const char *profile)
{
	static const char *const names[] = {"cpu", "allocs", "mutex", "block"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(profile, names[i]) == 0)
			return true;
	return false;
}

/* What a value of the window's is to be multiplied with for a request's part; 0: not known. */
static double per_request(const struct run_read *run, double seconds)
{
	double window = run_read_number(run, "load/window/seconds", 0);
	double requests = run_read_number(run, "load/window/requests", 0);
	double share = run_read_number(run, "target/share", 1);

	return seconds > 0 && window > 0 && requests > 0 && share > 0 ? window / seconds / (requests * share)
	                                                              : 0;
}

static void fill_side(struct report_side *side, const struct cap_profile *profile, const char *name,
                      const char *label, const struct run_read *run)
{
	side->profile = profile;
	snprintf(side->file, sizeof side->file, "%s", label);
	if (!profile || !is_of_window(name))
		return;
	side->seconds = (double)cap_profile_duration(profile) / 1e9;
	if (run)
		side->per_request = per_request(run, side->seconds);
}

/* The words of the first failure; the page says them. */
static int read_one(struct report_views *views, const struct run_read *run, const char *file,
                    struct cap_profile **ret)
{
	struct error error = {0};
	int status = run_read_profile(run, file, ret, &error);

	if (status < 0 && !views->note[0])
		snprintf(views->note, sizeof views->note, "A profile is not shown: %.400s.", error.text);
	error_release(&error);
	return status;
}

static void add_views(struct report_views *views, const struct report_profile *profile)
{
	size_t types = cap_profile_type_count(profile->profile);
	int first = cap_profile_type_index(profile->profile, NULL);

	for (size_t i = 0; i < types && views->count < REPORT_VIEWS; i++) {
		size_t type = first < 0 ? i : ((size_t)first + i) % types;
		const char *unit, *name = cap_profile_type(profile->profile, type, &unit);
		struct cap_error error = {0};
		int status;

		/* A CPU profile's samples are its time in other units; a difference of what is in use may be
		 * negative, and heap has it whole. */
		if ((strcmp(profile->name, "cpu") == 0 && strcmp(name, "samples") == 0 && types > 1) ||
		    (strcmp(profile->name, "allocs") == 0 && strncmp(name, "inuse", 5) == 0))
			continue;
		status = report_view_make(profile->name, &profile->now, &profile->before, type,
		                          &views->items[views->count], &error);
		if (status == 0)
			views->count++;
		else if (status < 0 && !views->note[0])
			snprintf(views->note, sizeof views->note, "A profile is not shown: %.80s: %.300s.",
			         profile->now.file, error.text);
	}
}

static void add_profile(struct report_views *views, const struct run_read *run, const struct run_read *base,
                        const char *file)
{
	struct report_profile *profile = &views->profiles[views->profile_count];
	char before[96];

	snprintf(profile->name, sizeof profile->name, "%.*s", (int)(strlen(file) - strlen(".pb.gz")), file);
	if (read_one(views, run, file, &profile->profile) != 0)
		return;
	snprintf(before, sizeof before, "%s%s", base ? "" : "idle/", file);
	read_one(views, base ? base : run, before, &profile->base);
	fill_side(&profile->now, profile->profile, profile->name, file, run);
	fill_side(&profile->before, profile->base, profile->name, base ? "the base run" : "the idle pod", base);
	views->profile_count++;
	add_views(views, profile);
}

/* "cpu.pb.gz", captured; other files are none of ours. */
static const char *profile_file(const cJSON *capture)
{
	const cJSON *file = cJSON_GetObjectItemCaseSensitive(capture, "file");
	size_t length = cJSON_IsString(file) ? strlen(file->valuestring) : 0;

	if (length <= strlen(".pb.gz") || length >= NAME_SIZE || strchr(file->valuestring, '/') ||
	    strcmp(file->valuestring + length - strlen(".pb.gz"), ".pb.gz") != 0)
		return NULL;
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(capture, "captured")) ? file->valuestring : NULL;
}

void report_views_make(const struct run_read *run, const struct run_read *base, struct report_views *ret)
{
	const cJSON *item, *captures = run_read_at(run, "captures");

	*ret = (struct report_views){0};
	cJSON_ArrayForEach(item, captures)
	{
		const char *file = profile_file(item);

		if (file && ret->profile_count < REPORT_PROFILES)
			add_profile(ret, run, base, file);
	}
}

void report_views_release(struct report_views *views)
{
	for (size_t i = 0; i < views->count; i++)
		report_view_release(&views->items[i]);
	for (size_t i = 0; i < REPORT_PROFILES; i++) {
		cap_profile_free(views->profiles[i].profile);
		cap_profile_free(views->profiles[i].base);
	}
	*views = (struct report_views){0};
}

void report_views_write(FILE *out, const struct report_views *views, double room)
{
	struct report_names names = {0};

	fputs("\"views\":[", out);
	for (size_t i = 0; i < views->count; i++) {
		const struct report_view *view = &views->items[i];
		bool is_cpu = strcmp(view->profile, "cpu") == 0;

		if (i)
			fputc(',', out);
		report_view_write(out, view, &names, (size_t)((is_cpu ? CPU_NODES : OTHER_NODES) * room),
		                  (size_t)((is_cpu ? CPU_ROWS : OTHER_ROWS) * room));
	}
	fputs("],\"strings\":", out);
	report_names_write(out, &names);
	report_names_release(&names);
}
