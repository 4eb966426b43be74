/* What speaks against comparing these runs: plans that differ, verdicts that are not good. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/compare.h"
#include "plugin/text.h"

/* Of a hostile run.json. */
#define NOTES_MAX 60

void compare_note(struct compare_notes *notes, bool grave, const char *format, ...)
{
	va_list arguments;
	char text[600];

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	text_clean(text);
	if (notes->count == NOTES_MAX)
		return;
	for (size_t i = 0; i < notes->count; i++)
		if (strcmp(notes->items[i].text, text) == 0)
			return;
	if ((notes->count & (notes->count - 1)) == 0)
		notes->items =
			xrealloc(notes->items, (notes->count ? 2 * notes->count : 1) * sizeof *notes->items);
	notes->items[notes->count++] = (struct compare_note){grave, xstrdup(text)};
}

/* ---- plans ---------------------------------------------------------------------------- */

/* What makes no difference to the figures, or is told otherwise. */
static const char *const silent[] = {"thresholds", "abort_if",      "timeout", "baseline",
                                     "settle",     "graceful_stop", NULL};
/* What makes little. */
static const char *const slight[] = {"window", "slice", "io", "threads", NULL};

static bool is_among(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

/* An item as people read it: text without quotes, "none" for what is not there. */
static char *value_of(const cJSON *item)
{
	char *json, *ret;

	if (!item)
		return xstrdup("none");
	if (cJSON_IsString(item))
		return xstrndup(item->valuestring, 150);
	json = cJSON_PrintUnformatted(item);
	ret = xstrndup(json ? json : "", 150);
	cJSON_free(json);
	return ret;
}

/* Another address is another cluster or port; another path is another load. */
static const char *behind_host(const char *url)
{
	const char *host = strstr(url, "://");

	return host ? host + 3 + strcspn(host + 3, "/?#") : url;
}

static void compare_item(struct comparison *comparison, const struct compare_run *first,
                         const struct compare_run *run, const char *name, const cJSON *one,
                         const cJSON *other)
{
	bool grave = !is_among(name, slight);
	char *left, *right;

	if (is_among(name, silent) || (one && other && cJSON_Compare(one, other, true)))
		return;
	left = value_of(one);
	right = value_of(other);
	if (strcmp(name, "url") == 0 && one && other && strcmp(behind_host(left), behind_host(right)) == 0)
		compare_note(&comparison->notes, false,
		             "the loads went to different addresses, the first run's to '%s'", left);
	else
		compare_note(&comparison->notes, grave, "plans differ in %.40s: '%s' in %s, '%s' in %s", name,
		             left, first->read.path, right, run->read.path);
	free(left);
	free(right);
}

static void compare_section(struct comparison *comparison, const struct compare_run *run, const char *path)
{
	const struct compare_run *first = &comparison->runs[0];
	const cJSON *one = run_read_at(&first->read, path), *other = run_read_at(&run->read, path), *item;

	cJSON_ArrayForEach(item, one)
	{
		if (item->string)
			compare_item(comparison, first, run, item->string, item,
			             cJSON_GetObjectItemCaseSensitive(other, item->string));
	}
	cJSON_ArrayForEach(item, other)
	{
		if (item->string && !cJSON_GetObjectItemCaseSensitive(one, item->string))
			compare_item(comparison, first, run, item->string, NULL, item);
	}
}

/* ---- verdicts ----------------------------------------------------------------------------- */

static void note_verdict(struct comparison *comparison, const struct compare_run *run)
{
	const char *verdict = run_read_text(&run->read, "verdict/verdict");
	const cJSON *check;

	if (verdict && strcmp(verdict, "not trusted") != 0)
		return;
	comparison->untrusted = true;
	if (!verdict)
		compare_note(&comparison->notes, true, "%s has no verdict", run->read.path);
	cJSON_ArrayForEach(check, run_read_at(&run->read, "verdict/checks"))
	{
		const cJSON *level = cJSON_GetObjectItemCaseSensitive(check, "level");
		const cJSON *text = cJSON_GetObjectItemCaseSensitive(check, "text");

		if (cJSON_IsString(level) && strcmp(level->valuestring, "fail") == 0 && cJSON_IsString(text))
			compare_note(&comparison->notes, true, "%s cannot be trusted: %.300s", run->read.path,
			             text->valuestring);
	}
}

static void note_share(struct comparison *comparison, const struct compare_run *run)
{
	if (cJSON_IsTrue(run_read_at(&run->read, "target/share_assumed")))
		compare_note(&comparison->notes, true,
		             "%s: the pod's share of the requests is assumed (%.3g); --pod-share gives it",
		             run->read.path, run_read_number(&run->read, "target/share", 1));
	if (cJSON_IsTrue(run_read_at(&run->read, "target/tunnel_bound")))
		compare_note(
			&comparison->notes, false,
			"%s: its load went through the tunnel: rates and latencies are the tunnel's as well",
			run->read.path);
}

void compare_notes_make(struct comparison *comparison)
{
	const struct compare_run *first = &comparison->runs[0];
	const char *tool = run_read_text(&first->read, "tool");

	for (size_t i = 0; i < comparison->run_count; i++) {
		const struct compare_run *run = &comparison->runs[i];
		const char *other = run_read_text(&run->read, "tool");

		note_verdict(comparison, run);
		note_share(comparison, run);
		compare_section(comparison, run, "plan/load");
		compare_section(comparison, run, "plan/capture");
		if (tool && other && strcmp(tool, other) != 0)
			compare_note(&comparison->notes, false, "written by '%.60s' and '%.60s'", tool,
			             other);
	}
	if (!compare_knows_runs(comparison))
		compare_note(
			&comparison->notes, false,
			"for what differs from run to run %.3g%% is assumed (--run-spread); three runs a side or "
			"more tell it",
			100 * comparison->run_spread);
}
