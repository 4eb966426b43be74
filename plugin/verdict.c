#include "plugin/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "plugin/outcome.h"
#include "plugin/steady.h"
#include "plugin/text.h"

#define ERRORS_WARN  0.001
#define ERRORS_FAIL  0.05
#define DROPPED_FAIL 0.01
#define LAG_WARN_MS  5
/* Both pods' CPU within this share of each other: neither is hotter. */
#define HOTTER 0.15

__attribute__((format(printf, 4, 5))) static void say(struct verdict *verdict, const char *name,
                                                      enum check_level level, const char *format, ...)
{
	struct check *check = &verdict->checks[verdict->count++];
	va_list arguments;

	*check = (struct check){.name = name, .level = level};
	va_start(arguments, format);
	vsnprintf(check->text, sizeof check->text, format, arguments);
	va_end(arguments);
	text_clean(check->text);
	if (level > verdict->level)
		verdict->level = level;
}

static void check_complete(const struct outcome *outcome, struct verdict *verdict)
{
	if (outcome->partial[0])
		say(verdict, "complete", CHECK_FAIL, "the run is partial: %.250s", outcome->partial);
}

static void check_steady(const struct outcome *outcome, struct verdict *verdict)
{
	char settle[32];

	if (!outcome->at.capture_begin)
		return;
	if (outcome->steady)
		say(verdict, "steady", CHECK_OK, "rate steady before the window (varied by %.1f%%)",
		    100 * outcome->variation);
	else if (outcome->variation < 0)
		say(verdict, "steady", CHECK_WARN,
		    "not known if the rate was steady: that takes %.0fs of --settle and %d requests",
		    (double)STEADY_BUCKET * STEADY_BUCKETS / SECOND, STEADY_LEAST);
	else
		say(verdict, "steady", CHECK_WARN,
		    "rate not steady within %s (varied by %.0f%%); raise --settle",
		    duration_print(outcome->plan->settle, settle), 100 * outcome->variation);
}

static void check_generator(const struct outcome *outcome, struct verdict *verdict)
{
	const struct lg_result *load = outcome->load;
	double busiest = 0;

	if (!outcome_window(outcome))
		return;
	for (size_t i = 0; i < load->thread_count; i++)
		busiest = fmax(busiest, load->threads[i].cpu);
	if (load->saturated)
		say(verdict, "generator", CHECK_FAIL, "load generator saturated: %.200s",
		    load->saturated_reason);
	else
		say(verdict, "generator", CHECK_OK,
		    "load generator had room (busiest thread %.0f%% of a core)", 100 * busiest);
}

/* Open model: were all starts made, and in time? */
static void check_schedule(const struct outcome *outcome, struct verdict *verdict)
{
	const struct lg_result *load = outcome->load;
	const struct lg_counts *counts;
	double late, share, unsent;

	if (!outcome_window(outcome) || outcome->plan->rate <= 0)
		return;
	counts = &load->counts[LG_WINDOW];
	share = (double)counts->dropped / (double)(counts->dropped + counts->requests + 1);
	unsent = (double)load->unsent / (double)(load->unsent + counts->dropped + counts->requests + 1);
	late = (double)lg_histogram_percentile(load->lag[LG_WINDOW], 99) / 1e3;
	if (share > DROPPED_FAIL)
		say(verdict, "schedule", CHECK_FAIL,
		    "%.1f%% of the starts were dropped for want of a free VU; lower --rate or raise --max-vus",
		    100 * share);
	else if (unsent > DROPPED_FAIL)
		say(verdict, "schedule", CHECK_FAIL,
		    "%llu starts were overdue and not sent when the load ended; lower --rate or raise --max-vus",
		    (unsigned long long)load->unsent);
	else if (late > LAG_WARN_MS)
		say(verdict, "schedule", CHECK_WARN, "1%% of the requests left more than %.3g ms late", late);
	else
		say(verdict, "schedule", CHECK_OK,
		    "requests left on schedule (lag p99 %.3g ms, %llu dropped)", late,
		    (unsigned long long)counts->dropped);
}

static void check_errors(const struct outcome *outcome, struct verdict *verdict)
{
	const struct lg_counts *counts;
	double share;

	if (!outcome_window(outcome))
		return;
	counts = &outcome->load->counts[LG_WINDOW];
	if (!counts->requests) {
		say(verdict, "errors", CHECK_FAIL,
		    "no request was done inside the window, %llu were in flight at the end",
		    (unsigned long long)outcome->load->censored);
		return;
	}
	share = (double)counts->failed / (double)counts->requests;
	say(verdict, "errors",
	    share > ERRORS_FAIL   ? CHECK_FAIL
	    : share > ERRORS_WARN ? CHECK_WARN
	                          : CHECK_OK,
	    "%llu of %llu requests failed (%.2f%%)", (unsigned long long)counts->failed,
	    (unsigned long long)counts->requests, 100 * share);
}

static void check_pod(const struct outcome *outcome, struct verdict *verdict)
{
	const struct replicas *replicas = &outcome->replicas;

	if (!outcome->target.pod || !outcome->load)
		return;
	for (size_t i = 0; i < replicas->count; i++) {
		const struct watch_report *pod = replicas->items[i].pod;

		if (!pod->lost[0] && !pod->restarts && !pod->terminating)
			continue;
		if (pod->lost[0])
			say(verdict, "pod", CHECK_FAIL, "%s", pod->lost);
		else if (pod->restarts)
			say(verdict, "pod", CHECK_FAIL,
			    "a container of pod '%.200s' restarted during the run (%u time%s%s%s)",
			    replicas->items[i].target->name, pod->restarts, pod->restarts == 1 ? "" : "s",
			    *pod->reason ? ", " : "", pod->reason);
		else
			say(verdict, "pod", CHECK_WARN, "pod '%.200s' was being terminated during the run",
			    replicas->items[i].target->name);
		return;
	}
	for (size_t i = 0; i < replicas->count; i++) {
		if (!replicas->items[i].pod->unseen)
			continue;
		say(verdict, "pod", CHECK_UNKNOWN,
		    "not known if pod '%.200s' restarted or was replaced: the API server had no answer at the end",
		    replicas->items[i].target->name);
		return;
	}
	say(verdict, "pod", CHECK_OK, "%s%s",
	    replicas->count > 1 ? "no pod restarted or was replaced" : "pod neither restarted nor replaced",
	    outcome->change_count ? " from then on" : "");
}

/* Before the window: what was measured is of one process. */
static void check_changes(const struct outcome *outcome, struct verdict *verdict)
{
	unsigned count = outcome->change_count;
	char text[800];

	if (!count || !outcome->load)
		return;
	change_text(&outcome->changes[count - 1], text, sizeof text);
	say(verdict, "replaced", CHECK_WARN, "before the window %.300s%s%s", text,
	    count > 1 ? ", not for the first time" : "",
	    outcome->idle_former ? "; the baseline is of the former process and not compared with" : "");
}

static void check_samples(const struct outcome *outcome, struct verdict *verdict)
{
	const struct cost *cost = &outcome->cost;

	if (!(outcome->plan->profiles & PROFILE_CPU) || !outcome->at.capture_begin)
		return;
	if (!cost->rows)
		say(verdict, "samples", CHECK_FAIL, "no CPU profile was captured");
	else if (cost->samples < VERDICT_SAMPLES)
		say(verdict, "samples", CHECK_WARN,
		    "only %llu CPU samples, %d wanted; lengthen --window or raise the load",
		    (unsigned long long)cost->samples, VERDICT_SAMPLES);
	else
		say(verdict, "samples", CHECK_OK, "%llu CPU samples", (unsigned long long)cost->samples);
}

static void say_lost(const struct shots *shots, const struct shot *shot, const char *folder,
                     struct verdict *verdict)
{
	const char *why = shot->error.text[0] ? shot->error.text : "the run ended before";
	unsigned wanted, got = shots_slices(shots, &wanted);

	if (shot->data && got < wanted)
		say(verdict, "captures", CHECK_WARN, "%s%s is incomplete, %u of %u slices: %.200s", folder,
		    shot->file, got, wanted, why);
	else if (shot->data)
		say(verdict, "captures", CHECK_WARN, "%s%s is incomplete: %.200s", folder, shot->file, why);
	else
		say(verdict, "captures", CHECK_WARN, "%s%s was not captured: %.200s", folder, shot->file,
		    why);
}

/* Once the load ran, what the idle pod did not give is missed. */
static void check_baseline(const struct outcome *outcome, struct verdict *verdict)
{
	for (size_t i = 0; outcome->load && i < shots_count(outcome->idle); i++) {
		const struct shot *shot = shots_at(outcome->idle, i);

		if (!shot->data || shot->partial) {
			say_lost(outcome->idle, shot, outcome_idle_folder(outcome), verdict);
			return;
		}
	}
}

/* Every byte of the captures came while the load ran, and every slice came. */
static void check_captures(const struct outcome *outcome, struct verdict *verdict)
{
	const struct lg_result *load = outcome->load;
	size_t count = shots_count(outcome->shots);
	const struct shot *again;

	for (size_t i = 0; i < count; i++) {
		const struct shot *shot = shots_at(outcome->shots, i);

		if (!shot->data || shot->partial) {
			say_lost(outcome->shots, shot, "", verdict);
			return;
		}
		if (load && (shot->begin < load->ramp_ended || shot->end > load->stopped)) {
			say(verdict, "captures", CHECK_FAIL, "%s was captured outside the load", shot->file);
			return;
		}
	}
	if (!count)
		return;
	again = shots_at(outcome->shots, 0);
	if (again->error.status != CAP_OK)
		say(verdict, "captures", CHECK_OK,
		    "all captures began and ended inside the load, %s at the second try: %.200s", again->file,
		    again->error.text);
	else
		say(verdict, "captures", CHECK_OK, "all captures began and ended inside the load");
}

static void check_hottest(const struct outcome *outcome, struct verdict *verdict)
{
	const struct watch_report *pod = &outcome->pod;

	if (!outcome->target.pod || !outcome->at.capture_begin || outcome->target.ready_pods < 2 ||
	    outcome->replicas.count >= outcome->target.ready_pods)
		return;
	if (!pod->ranked)
		say(verdict, "hottest", CHECK_UNKNOWN, "not known if the pod was the hottest at peak: %.200s",
		    pod->ranked_error[0] ? pod->ranked_error : "the run ended before");
	else if (pod->still_top)
		say(verdict, "hottest", CHECK_OK, "still the top pod at peak");
	else if (outcome->plan->by == RANK_CPU && pod->own_cpu >= 0 &&
	         (double)pod->own_cpu >= (1 - HOTTER) * (double)pod->top_cpu)
		say(verdict, "hottest", CHECK_OK,
		    "as hot as the top pod at peak (%lldm beside %lldm of %.100s)", (long long)pod->own_cpu,
		    (long long)pod->top_cpu, pod->top);
	else
		say(verdict, "hottest", CHECK_WARN,
		    "at peak another pod was hotter: %.100s (%lldm, this one %lldm)", pod->top,
		    (long long)pod->top_cpu, (long long)pod->own_cpu);
}

static void check_share(const struct outcome *outcome, struct verdict *verdict)
{
	const struct target *target = &outcome->target;

	if (target->share_measured && outcome->cost.rows)
		say(verdict, "share", CHECK_OK, "the pod%s share of the requests is taken as %.3g: %s",
		    target->peer_count ? "s'" : "'s", target->share, target->share_why);
	if (target->share_assumed && outcome->cost.rows)
		say(verdict, "share", CHECK_WARN,
		    "CPU per request rests on a share of %.3g of the requests, %s", target->share,
		    target->share_why);
	if (target->tunnel_bound && outcome->load)
		say(verdict, "tunnel", CHECK_WARN,
		    "load went through the tunnel: rates and latencies are the tunnel's as well; --url goes straight");
	if (target->bastion_bound && outcome->load)
		say(verdict, "tunnel", CHECK_WARN,
		    "load went through %s: rates and latencies are that way's as well",
		    bastion_name(target->bastion));
}

void verdict_make(const struct outcome *outcome, struct verdict *ret)
{
	*ret = (struct verdict){0};
	check_complete(outcome, ret);
	check_steady(outcome, ret);
	check_generator(outcome, ret);
	check_schedule(outcome, ret);
	check_errors(outcome, ret);
	check_changes(outcome, ret);
	check_pod(outcome, ret);
	check_samples(outcome, ret);
	check_baseline(outcome, ret);
	check_captures(outcome, ret);
	check_hottest(outcome, ret);
	check_share(outcome, ret);
}

const char *check_level_name(enum check_level level)
{
	static const char *const names[] = {"ok", "unknown", "warn", "fail"};

	return names[level];
}

const char *verdict_word(const struct verdict *verdict)
{
	if (verdict->level == CHECK_FAIL)
		return "not trusted";
	return verdict->level == CHECK_OK ? "trusted" : "trusted with reservations";
}
