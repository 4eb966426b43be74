#include "plugin/goroutine_groups.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/findings.h"
#include "plugin/text.h"

#define SHORT_MOST 5
#define LONG_MOST  20

static char *frame_text(const struct cap_goroutine_group *group, size_t i, bool brief)
{
	const struct cap_goframe *frame = &group->frames[i];
	struct cap_place place = {.function = frame->function, .file = frame->file, .line = frame->line};
	char *text = place_text(&place, brief), *ret;

	if (!group->created || i + 1 < group->frame_count)
		return text;
	ret = xprintf("created by %s", text);
	free(text);
	return ret;
}

static cJSON *group_json(const struct cap_growth *growth)
{
	cJSON *json = cJSON_CreateObject(), *stack;

	cJSON_AddNumberToObject(json, "count", (double)(growth->loaded >= 0 ? growth->loaded : 0));
	if (growth->idle >= 0)
		cJSON_AddNumberToObject(json, "idle", (double)growth->idle);
	if (growth->after >= 0)
		cJSON_AddNumberToObject(json, "after", (double)growth->after);
	json_text(json, "state", growth->group->state);
	cJSON_AddNumberToObject(json, "minutes", growth->minutes);
	stack = cJSON_AddArrayToObject(json, "stack");
	for (size_t i = 0; i < growth->group->frame_count; i++) {
		char *text = frame_text(growth->group, i, false);

		cJSON_AddItemToArray(stack, cJSON_CreateString(text));
		free(text);
	}
	cJSON_AddStringToObject(json, "suspect", cap_suspect_name(growth->suspect));
	return json;
}

void goroutine_groups_json(cJSON *json, const struct cap_growth *groups, size_t count)
{
	cJSON *list = cJSON_AddArrayToObject(json, "goroutine_groups");

	for (size_t i = 0; i < count && i < GROUPS_MOST; i++)
		cJSON_AddItemToArray(list, group_json(&groups[i]));
}

/* ---- text ---------------------------------------------------------------------- */

/* What a reader of the source looks for first: not how the runtime parks a goroutine, or a lock is taken. */
static size_t telling_frame(const struct cap_goroutine_group *group)
{
	static const char *const inside[] = {"runtime.", "sync.", "internal/", "syscall.", NULL};

	for (size_t i = 0; i < group->frame_count; i++) {
		bool hidden = false;

		for (const char *const *prefix = inside; *prefix; prefix++)
			hidden |= strncmp(group->frames[i].function, *prefix, strlen(*prefix)) == 0;
		if (!hidden)
			return i;
	}
	return 0;
}

static const char *counts_text(const struct cap_growth *growth, char ret[96])
{
	char idle[32] = "", after[32] = "";

	if (growth->idle >= 0)
		snprintf(idle, sizeof idle, "%lld before, ", (long long)growth->idle);
	if (growth->after >= 0)
		snprintf(after, sizeof after, ", %lld after", (long long)growth->after);
	snprintf(ret, 96, "%s%lld%s%s", idle, (long long)(growth->loaded >= 0 ? growth->loaded : 0),
	         growth->idle >= 0 || growth->after >= 0 ? " under load" : "", after);
	return ret;
}

static char *state_text(const struct cap_growth *growth)
{
	const char *state = growth->group->state;
	char *ret = growth->minutes ? xprintf("%s, %u min", state, growth->minutes) : xstrdup(state);

	text_clean(ret);
	return ret;
}

static void print_group(FILE *out, const struct cap_growth *growth, bool whole)
{
	const struct cap_goroutine_group *group = growth->group;
	char *state = state_text(growth), *text, counts[96];
	bool suspect = growth->suspect != CAP_SUSPECT_NONE;

	fprintf(out, "  %s%s%s [%s]", cap_suspect_name(growth->suspect), suspect ? ": " : "",
	        counts_text(growth, counts), state);
	free(state);
	if (!whole && group->frame_count) {
		text = frame_text(group, telling_frame(group), true);
		fprintf(out, "  %s", text);
		free(text);
	}
	fputc('\n', out);
	for (size_t i = 0; whole && i < group->frame_count; i++) {
		text = frame_text(group, i, false);
		fprintf(out, "      %s\n", text);
		free(text);
	}
}

/* The goroutine that made the dump. */
static bool is_pprof(const struct cap_goroutine_group *group)
{
	return group->frame_count && strncmp(group->frames[0].function, "runtime/pprof.", 14) == 0;
}

void goroutine_groups_print(FILE *out, const struct cap_growth *groups, size_t count, bool all)
{
	size_t most = all ? LONG_MOST : SHORT_MOST, shown = 0, more = 0;

	for (size_t i = 0; i < count; i++) {
		bool wanted = groups[i].suspect != CAP_SUSPECT_NONE || (all && !is_pprof(groups[i].group));

		if (wanted && shown < most)
			print_group(out, &groups[i], all);
		shown += wanted && shown < most;
		more += wanted;
	}
	if (more > shown)
		fprintf(out, "  and %zu more %s\n", more - shown, all ? "groups" : "suspects");
}
