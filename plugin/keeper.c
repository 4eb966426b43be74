#include "plugin/keeper.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/clock.h"
#include "plugin/signals.h"
#include "plugin/text.h"

#define PAUSE (250 * MILLI)
#define TICK  (50 * MILLI)
/* So long a pod whose container was restarted is waited for alone. */
#define SAME_WITHIN (20 * SECOND)

/* The thread's work: `target` is only read. */
struct search {
	const struct plan *plan;
	const struct target *target;
	pthread_t thread;
	bool started;
	atomic_bool stop, done;
	struct target fresh;
	int status;
	struct error error;
	struct change change;
};

/* ---- the search ---------------------------------------------------------- */

static void pause_search(struct search *search)
{
	int64_t end = clock_now() + PAUSE;

	while (clock_now() < end && !atomic_load(&search->stop) && !signals_cancel)
		clock_sleep(TICK);
}

static void *search_main(void *argument)
{
	struct search *search = argument;
	int64_t begin = clock_now(), elapsed;
	bool final;

	for (;;) {
		elapsed = clock_now() - begin;
		error_release(&search->error);
		search->error = (struct error){0};
		search->status = target_again(search->plan, search->target, elapsed > SAME_WITHIN,
		                              &search->fresh, &final, &search->error);
		if (search->status == 0 || final || elapsed > KEEPER_WITHIN || signals_cancel ||
		    atomic_load(&search->stop))
			break;
		pause_search(search);
	}
	atomic_store(&search->done, true);
	return NULL;
}

static void begin_search(struct keeper *keeper, const struct change *change)
{
	struct search *search = xcalloc(1, sizeof *search);

	search->plan = keeper->plan;
	search->target = keeper->target;
	search->change = *change;
	search->started = signals_thread(&search->thread, search_main, search);
	if (!search->started)
		search_main(search);
	keeper->search = search;
}

static void end_search(struct keeper *keeper)
{
	struct search *search = keeper->search;

	if (!search)
		return;
	atomic_store(&search->stop, true);
	if (search->started)
		pthread_join(search->thread, NULL);
	if (search->status == 0)
		target_drop(keeper->target, &search->fresh);
	error_release(&search->error);
	free(search);
	keeper->search = NULL;
}

/* ---- what has happened ------------------------------------------------------ */

/* What the watch saw, in words; its report is of no more use then. */
static void describe(struct keeper *keeper, enum watch_state state, struct change *ret)
{
	struct watch_report report = {0};
	const char *how = watch_lost(*keeper->watch) ? watch_lost_how(*keeper->watch) : NULL;

	keeper->restarts += watch_restarts(*keeper->watch);
	watch_stop(*keeper->watch, &report);
	*keeper->watch = NULL;
	snprintf(ret->from, sizeof ret->from, "%s", keeper->target->name);
	if (how)
		snprintf(ret->why, sizeof ret->why, "%s", how);
	else if (state == WATCH_LEAVING)
		snprintf(ret->why, sizeof ret->why, "was terminating");
	else
		snprintf(ret->why, sizeof ret->why, "had a container restarted%s%.60s%s",
		         *report.reason ? " (" : "", report.reason, *report.reason ? ")" : "");
	watch_report_release(&report);
}

static void lose(struct keeper *keeper, const struct change *change, const char *rest)
{
	snprintf(keeper->why, sizeof keeper->why, "pod '%.250s' %.150s in phase '%s'%s%.280s", change->from,
	         change->why, change->phase, *rest ? ": " : "", rest);
	keeper->lost = true;
}

static void look_for_loss(struct keeper *keeper, const char *phase)
{
	enum watch_state state = watch_state(*keeper->watch);
	struct change change = {0};

	if (state == WATCH_FINE)
		return;
	snprintf(change.phase, sizeof change.phase, "%s", phase);
	describe(keeper, state, &change);
	if (keeper->count == KEEPER_MOST)
		lose(keeper, &change, "that is once too often");
	else
		begin_search(keeper, &change);
}

/* The search has ended; true: with a pod. */
static bool take(struct keeper *keeper)
{
	struct search *search = keeper->search;
	struct change *change = &search->change;
	bool found = search->status == 0;

	if (found) {
		change->same = strcmp(search->fresh.pod->uid, keeper->target->pod->uid) == 0;
		target_move(keeper->plan, keeper->target, &search->fresh);
		search->status = -1; /* it is the target's now */
		snprintf(change->to, sizeof change->to, "%s", keeper->target->name);
		change->at = clock_now();
		keeper->changes[keeper->count++] = *change;
		*keeper->watch = watch_start(keeper->plan, keeper->target, 1);
	} else {
		lose(keeper, change, search->error.text);
	}
	end_search(keeper);
	return found;
}

/* Lost in the window: which pod another run might take. */
static void name_another(struct keeper *keeper)
{
	size_t length = strlen(keeper->why);
	char name[256];

	if (target_other(keeper->plan, keeper->target, name, sizeof name))
		snprintf(keeper->why + length, sizeof keeper->why - length,
		         "; pod '%s' is ready for another run", name);
}

/* ---- the keeper as others see it --------------------------------------------- */

void keeper_start(struct keeper *keeper, const struct plan *plan, struct target *target,
                  struct replicas *replicas)
{
	*keeper = (struct keeper){.plan = plan, .target = target, .replicas = replicas};
	if (replicas->count == 1 && replicas->items[0].watch)
		keeper->watch = &replicas->items[0].watch;
}

bool keeper_tick(struct keeper *keeper, const char *phase)
{
	struct change change = {0};

	if (keeper->lost || !keeper->watch)
		return false;
	if (keeper->search)
		return atomic_load(&keeper->search->done) && take(keeper);
	if (!keeper->closed) {
		look_for_loss(keeper, phase);
	} else if (watch_lost(*keeper->watch)) {
		snprintf(change.why, sizeof change.why, "%s", watch_lost_how(*keeper->watch));
		snprintf(change.from, sizeof change.from, "%s", keeper->target->name);
		snprintf(change.phase, sizeof change.phase, "%s", phase);
		lose(keeper, &change, "");
	}
	return false;
}

bool keeper_busy(const struct keeper *keeper)
{
	return keeper->search != NULL;
}

bool keeper_close(struct keeper *keeper, const char *phase)
{
	if (keeper->watch && !keeper->search) {
		watch_look(*keeper->watch);
		keeper_tick(keeper, phase);
	}
	keeper->closed = !keeper->search;
	return keeper->closed;
}

bool keeper_lost(const struct keeper *keeper)
{
	return keeper->lost || (keeper->replicas && !keeper->watch && replicas_lost(keeper->replicas));
}

unsigned keeper_restarts(struct keeper *keeper)
{
	return keeper->restarts + (keeper->replicas ? replicas_restarts(keeper->replicas) : 0);
}

void keeper_stop(struct keeper *keeper)
{
	struct watch_report *report;

	if (!keeper->replicas)
		return;
	end_search(keeper);
	replicas_unwatch(keeper->replicas);
	if (!keeper->watch)
		return;
	report = keeper->replicas->items[0].pod;
	if (keeper->lost && keeper->closed && !signals_cancel)
		name_another(keeper);
	if (keeper->lost)
		snprintf(report->lost, sizeof report->lost, "%s", keeper->why);
}

const char *change_text(const struct change *change, char *ret, size_t size)
{
	if (change->same)
		snprintf(ret, size, "pod '%.200s' %.150s in phase '%s': it went on with the new process",
		         change->from, change->why, change->phase);
	else
		snprintf(ret, size, "pod '%.200s' %.150s in phase '%s': '%.200s' took its place",
		         change->from, change->why, change->phase, change->to);
	return ret;
}
