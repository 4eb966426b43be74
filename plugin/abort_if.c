#include "plugin/abort_if.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/clock.h"
#include "plugin/plan.h"
#include "plugin/stretch.h"
#include "plugin/text.h"

#define OPTION       "--abort-if"
#define SHORTEST     (1 * SECOND)
#define LONGEST      (5 * SECOND)
#define REQUESTS_MIN 20

/* ---- the rules ------------------------------------------------------------------ */

static int check_rule(const char *text, const struct threshold *rule, struct error *error)
{
	if (rule->phase != THRESHOLD_ALL_PHASES)
		return error_usage(error, OPTION ": '%s': it looks at the last second, which has no phases",
		                   text);
	if (rule->abort_on_fail)
		return error_usage(error,
		                   OPTION ": '%s': abortOnFail is for --threshold; this ends the run anyway",
		                   text);
	if (rule->status > 5)
		return error_usage(error,
		                   OPTION ": '%s': it looks at classes of statuses only, such as status:5xx",
		                   text);
	return 0;
}

static int add_rule(const char *text, struct abort_rules *rules, struct error *error)
{
	struct threshold rule;

	if (strcmp(text, "restarts") == 0) {
		rules->restarts = true;
		return 0;
	}
	if (threshold_parse(OPTION, text, METRIC_HTTP_REQ_DURATION, &rule, error) < 0)
		return -1;
	if (check_rule(text, &rule, error) < 0) {
		threshold_release(&rule);
		return -1;
	}
	rules->items = xrealloc(rules->items, (rules->count + 1) * sizeof *rules->items);
	rules->items[rules->count++] = rule;
	return 0;
}

int abort_rules_parse(const struct option_list *texts, struct abort_rules *ret, struct error *error)
{
	struct abort_rules rules = {0};

	for (size_t i = 0; i < texts->count; i++) {
		if (add_rule(texts->items[i], &rules, error) < 0) {
			abort_rules_release(&rules);
			return -1;
		}
	}
	*ret = rules;
	return 0;
}

void abort_rules_release(struct abort_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		threshold_release(&rules->items[i]);
	free(rules->items);
	*rules = (struct abort_rules){0};
}

/* ---- while it runs ---------------------------------------------------------------- */

static void judge(struct abort_watch *watch, const struct abort_rules *rules,
                  const struct threshold_source *source, int64_t length)
{
	for (size_t i = 0; i < rules->count && !*watch->why; i++) {
		const struct threshold *rule = &rules->items[i];
		double value;

		if (threshold_evaluate(rule, source, &value) != THRESHOLD_HOLDS)
			continue;
		snprintf(watch->why, sizeof watch->why, "%.80s: %.80s (%.4g over the last %.1f s)",
		         rule->name, rule->expression, value, (double)length / SECOND);
		text_clean(watch->why);
	}
}

static void begin_stretch(struct abort_watch *watch, struct lg_run *run)
{
	lg_result_free(watch->before);
	watch->before = lg_look(run);
	watch->since = clock_now();
}

static void end_stretch(struct abort_watch *watch, const struct abort_rules *rules, struct lg_run *run,
                        const struct lg_plan *load)
{
	int64_t length = clock_now() - watch->since;
	struct lg_result *after = lg_look(run);

	if (!after)
		return;
	stretch_take(after, watch->before);
	if (length >= LONGEST || lg_counts_sum(after).requests >= REQUESTS_MIN) {
		struct threshold_source source = stretch_source(after, load, length);

		judge(watch, rules, &source, length);
		begin_stretch(watch, run);
	}
	lg_result_free(after);
}

void abort_watch_look(struct abort_watch *watch, const struct abort_rules *rules, struct lg_run *run,
                      const struct lg_plan *load, unsigned restarts)
{
	if (rules->restarts && restarts)
		snprintf(watch->why, sizeof watch->why,
		         "restarts (a container of the pod was restarted, %u time%s)", restarts,
		         restarts == 1 ? "" : "s");
	if (!rules->count || *watch->why)
		return;
	if (!watch->before)
		begin_stretch(watch, run);
	else if (clock_now() - watch->since >= SHORTEST)
		end_stretch(watch, rules, run, load);
}

void abort_watch_release(struct abort_watch *watch)
{
	lg_result_free(watch->before);
	watch->before = NULL;
}
