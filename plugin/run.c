#include "plugin/run.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/clock.h"
#include "plugin/document.h"
#include "plugin/pgo.h"
#include "plugin/run_files.h"
#include "plugin/run_parts.h"
#include "plugin/signals.h"
#include "plugin/summary.h"

#define TICK       (100 * MILLI)
#define LOOK_EVERY (1 * SECOND)
/* The pods are ranked again this far into the window: late, so that the metrics have seen the load. */
#define RANK_AT 0.8

bool run_must_end(const struct run *run)
{
	return signals_cancel || keeper_lost(&run->keeper) || run->finished || run->crossed ||
	       run->too_fast || *run->abort.why;
}

/* Once a second the whole result so far, for those who want more than a snapshot. */
static void look(struct run *run, const struct lg_snapshot *snapshot)
{
	const struct thresholds *thresholds = &run->plan->thresholds;
	struct lg_plan load = plan_load(run->plan, NULL);
	struct lg_result *result;

	if ((!run->prometheus && !thresholds->count) || snapshot->now < run->look_at)
		return;
	run->look_at = snapshot->now + LOOK_EVERY;
	result = lg_look(run->load);
	if (!result)
		return;
	prometheus_show(run->prometheus, result, snapshot);
	run->crossed = threshold_report_abort(thresholds, result, snapshot->now, &load);
	lg_result_free(result);
}

static void keep_target(struct run *run)
{
	const struct target *target = &run->outcome->target;
	char text[800];

	if (!keeper_tick(&run->keeper, run->progress.phase))
		return;
	change_text(&run->keeper.changes[run->keeper.count - 1], text, sizeof text);
	progress_note(&run->progress, "target  %s (%s)", text, target->why);
	run->outcome->idle_former = run->outcome->idle != NULL;
}

void run_tick(struct run *run)
{
	struct lg_plan load = plan_load(run->plan, NULL);
	struct lg_snapshot snapshot;

	if (run->load) {
		lg_snapshot(run->load, &snapshot);
		abort_watch_look(&run->abort, &run->plan->abort_rules, run->load, &load,
		                 keeper_restarts(&run->keeper));
		run->ramp_done = snapshot.ramp_done;
		run->finished = snapshot.finished;
		run->busiest = snapshot.busiest_thread;
		run->stages_done = snapshot.stages_done;
		if (snapshot.ramp_done) {
			steady_add(&run->steady, snapshot.now, snapshot.total.requests);
			slice_track_add(&run->outcome->track, snapshot.now, snapshot.total.requests);
		}
		if (run->plan->rate <= 0) /* a schedule has its ceiling already */
			run->too_fast |= guard_over(&run->guard, run->plan->max_rate, snapshot.now,
			                            snapshot.total.requests);
		look(run, &snapshot);
	}
	if (run->rank_at && clock_now() >= run->rank_at) {
		replicas_rank(&run->outcome->replicas);
		run->rank_at = 0;
	}
	progress_tick(&run->progress, run->load ? &snapshot : NULL, replicas_cpu(&run->outcome->replicas));
	keep_target(run);
	clock_sleep(TICK);
}

/* ---- the phases ---------------------------------------------------------- */

/* Where there is no load, the heap is looked at after a collection. */
static unsigned alive(const struct plan *plan)
{
	return plan->profiles & PROFILE_HEAP ? PROFILE_HEAP_ALIVE : 0;
}

/* Another pod is being looked for: not for long. */
void run_wait_for_pod(struct run *run)
{
	if (keeper_busy(&run->keeper))
		progress_phase(&run->progress, "wait", "at most ", KEEPER_WITHIN);
	while (keeper_busy(&run->keeper) && !run_must_end(run))
		run_tick(run);
}

static void take_idle_once(struct run *run)
{
	const struct plan *plan = run->plan;
	unsigned profiles =
		(plan->profiles & (PROFILE_GOROUTINE | (plan->baseline ? PROFILE_CPU : 0U))) | alive(plan);
	struct outcome *outcome = run->outcome;

	if (!outcome->target.has_pprof || !profiles)
		return;
	progress_phase(&run->progress, "idle", "", plan->baseline);
	replicas_take(&outcome->replicas, REPLICA_IDLE, profiles, plan->baseline, plan->slice);
	while (!replicas_taken(&outcome->replicas, REPLICA_IDLE) && !run_must_end(run) &&
	       !keeper_busy(&run->keeper))
		plan->baseline ? run_tick(run) : clock_sleep(5 * MILLI);
	outcome->idle = replicas_join(&outcome->replicas, REPLICA_IDLE,
	                              run_must_end(run) || keeper_busy(&run->keeper));
}

/* Of the pod that the load is going to be on. */
static void take_idle(struct run *run)
{
	take_idle_once(run);
	while (keeper_busy(&run->keeper)) {
		shots_free(run->outcome->idle);
		run->outcome->idle = NULL;
		run_wait_for_pod(run);
		if (run_must_end(run))
			return;
		take_idle_once(run);
	}
}

static int start_load(struct run *run, struct error *error)
{
	struct lg_plan load = plan_load(run->plan, run->outcome->target.load_url);
	char line[LG_ERROR_SIZE];

	target_dial_for(&run->outcome->target, &load);
	run->outcome->at.load = clock_now();
	if (lg_start(&load, &run->load, line) < 0)
		return error_set(error, "start the load: %s", line);
	return 0;
}

static void wait_for_ramp(struct run *run)
{
	progress_phase(&run->progress, "ramp", "", run->plan->ramp);
	while (!run->ramp_done && !run_must_end(run))
		run_tick(run);
}

static void wait_until_steady(struct run *run)
{
	int64_t end = clock_now() + run->plan->settle;

	if (run->changes != run->keeper.count) {
		run->steady = (struct steady){0};
		run->outcome->steady = false;
		run->changes = run->keeper.count;
	}
	progress_phase(&run->progress, "settle", "at most ", run->plan->settle);
	while (!run->outcome->steady && clock_now() < end && !run_must_end(run) &&
	       !keeper_busy(&run->keeper)) {
		run_tick(run);
		run->outcome->steady = steady_now(&run->steady, &run->outcome->variation);
	}
	run->outcome->at.settled = clock_now();
}

/* Until the rate is steady, on a pod that is there. */
static void settle(struct run *run)
{
	do {
		run_wait_for_pod(run);
		if (!run_must_end(run))
			wait_until_steady(run);
	} while (!run_must_end(run) && !keeper_close(&run->keeper, run->progress.phase));
}

static void capture(struct run *run)
{
	const struct plan *plan = run->plan;
	struct outcome *outcome = run->outcome;
	struct replicas *replicas = &outcome->replicas;
	/* Without captures the window is a plain stretch of time. */
	bool captures = outcome->target.has_pprof && plan->profiles;
	int64_t begin = clock_now() + 2 * LG_WINDOW_LEAD, end;
	struct lg_snapshot snapshot;

	progress_phase(&run->progress, "capture", "", plan->window);
	lg_set_window(run->load, begin, INT64_MAX);
	clock_sleep(begin - clock_now());
	outcome->at.capture_begin = begin;
	run->rank_at = begin + (int64_t)(RANK_AT * (double)plan->window);
	if (captures)
		replicas_take(replicas, REPLICA_WINDOW, plan->profiles, plan->window, plan->slice);
	while (((captures && !replicas_taken(replicas, REPLICA_WINDOW)) ||
	        clock_now() < begin + plan->window) &&
	       !run_must_end(run))
		run_tick(run);
	if (captures)
		outcome->shots = replicas_join(replicas, REPLICA_WINDOW, run_must_end(run));
	outcome->at.capture_end = clock_now();
	lg_snapshot(run->load, &snapshot);
	slice_track_add(&outcome->track, snapshot.now, snapshot.total.requests);
	end = outcome->at.capture_end + 2 * LG_WINDOW_LEAD;
	lg_set_window(run->load, begin, end);
	clock_sleep(end - clock_now());
}

/* All of it counts: the window is the load. */
static void send_requests(struct run *run)
{
	while (!keeper_close(&run->keeper, run->progress.phase) && !run_must_end(run))
		run_wait_for_pod(run);
	progress_phase(&run->progress, "load", "", 0);
	while (!run_must_end(run))
		run_tick(run);
}

/* The stages behind the one that was held for the capture. */
static void finish_stages(struct run *run)
{
	struct lg_plan load = plan_load(run->plan, NULL);
	int64_t rest;

	lg_ramp_length(&load, &rest);
	if (!rest)
		return;
	lg_release(run->load);
	progress_phase(&run->progress, "stages", "at most ", rest);
	do
		run_tick(run);
	while (!run->stages_done && !run_must_end(run));
}

static void drive(struct run *run)
{
	if (plan_is_counted(run->plan)) {
		send_requests(run);
		return;
	}
	wait_for_ramp(run);
	if (run->plan->find_capacity && !run_must_end(run))
		run_find_capacity(run);
	if (!run_must_end(run))
		settle(run);
	if (!run_must_end(run))
		capture(run);
	if (!run_must_end(run))
		finish_stages(run);
}

static void stop_load(struct run *run)
{
	struct outcome *outcome = run->outcome;

	if (!run->load)
		return;
	lg_stop(run->load, run_must_end(run) ? 0 : run->plan->graceful_stop);
	outcome->load = lg_finish(run->load);
	outcome->at.load_stopped = clock_now();
	run->load = NULL;
}

/* Some time after the load, what it left behind. */
static void cool_down(struct run *run)
{
	struct outcome *outcome = run->outcome;
	unsigned profiles = (run->plan->profiles & PROFILE_GOROUTINE) | alive(run->plan);
	int64_t end;

	if (!run->plan->cooldown || !outcome->target.has_pprof || !profiles || run_must_end(run))
		return;
	stop_load(run);
	progress_phase(&run->progress, "cool", "", run->plan->cooldown);
	for (end = clock_now() + run->plan->cooldown; clock_now() < end && !run_must_end(run);)
		run_tick(run);
	if (run_must_end(run))
		return;
	replicas_take(&outcome->replicas, REPLICA_AFTER, profiles, 0, run->plan->slice);
	while (!replicas_taken(&outcome->replicas, REPLICA_AFTER) && !run_must_end(run))
		clock_sleep(5 * MILLI);
	outcome->after = replicas_join(&outcome->replicas, REPLICA_AFTER, run_must_end(run));
	outcome->at.cooled = clock_now();
}

/* Ends whatever runs, in the order in which nothing can hang on something already gone. */
static void tear_down(struct run *run)
{
	struct outcome *outcome = run->outcome;

	stop_load(run);
	abort_watch_release(&run->abort);
	prometheus_close(run->prometheus);
	keeper_stop(&run->keeper);
	memcpy(outcome->changes, run->keeper.changes, sizeof outcome->changes);
	outcome->change_count = run->keeper.count;
	if (outcome->target.tunnel)
		tunnel_report_make(outcome->target.tunnel, (enum cap_way)run->plan->tunnel, &outcome->tunnel);
	target_close_tunnels(&outcome->target);
	outcome->at.ended = clock_now();
	progress_end(&run->progress);
}

/* ---- what it means -------------------------------------------------------- */

/* Of figures from before the ramp's end nothing can be told: the load was another one. */
static void take_share(struct outcome *outcome)
{
	const struct lg_result *load = outcome->load;
	int64_t offset = outcome->at.wall_offset;
	time_t begin, end;
	double share = replicas_share(&outcome->replicas, &begin, &end);

	if (load && load->ramp_ended && begin * SECOND >= load->started + offset &&
	    end * SECOND >= load->ramp_ended + offset)
		target_take_share(&outcome->target, share);
}

static void analyse(struct run *run)
{
	struct outcome *outcome = run->outcome;
	uint64_t requests = outcome->load ? outcome->load->counts[LG_WINDOW].requests : 0;
	struct lg_plan load = plan_load(run->plan, NULL);
	unsigned wanted, slice_count = outcome->shots ? shots_slices(outcome->shots, &wanted) : 0;
	const struct replica *lost = replicas_first_lost(&outcome->replicas);

	if (signals_cancel)
		snprintf(outcome->partial, sizeof outcome->partial,
		         "interrupted by a signal while in phase '%s'", run->progress.phase);
	else if (lost)
		snprintf(outcome->partial, sizeof outcome->partial, "%s", lost->pod->lost);
	else if (run->finished && !plan_is_counted(run->plan))
		snprintf(outcome->partial, sizeof outcome->partial,
		         "the load ended after --requests %u, in phase '%s'", run->plan->requests,
		         run->progress.phase);
	else if (run->too_fast)
		snprintf(outcome->partial, sizeof outcome->partial,
		         "the load went at %.0f/s, over the ceiling of %g/s, in phase '%s', and was ended",
		         run->guard.rate, run->plan->max_rate, run->progress.phase);
	else if (run->crossed)
		snprintf(outcome->partial, sizeof outcome->partial,
		         "threshold '%.150s: %.150s' was crossed in phase '%s'", run->crossed->name,
		         run->crossed->expression, run->progress.phase);
	else if (*run->abort.why)
		snprintf(outcome->partial, sizeof outcome->partial,
		         "the target suffers, so the load was stopped in phase '%s': --abort-if %s",
		         run->progress.phase, run->abort.why);
	if (outcome->load)
		threshold_report_make(&run->plan->thresholds, outcome->load, &load, &outcome->thresholds);
	outcome->goroutines_idle = shots_goroutines(outcome_idle(outcome));
	outcome->goroutines = shots_goroutines(outcome->shots);
	slices_make(outcome->shots, &outcome->track, &outcome->slices);
	replicas_measure(&outcome->replicas);
	take_share(outcome);
	outcome->goroutines_after = shots_goroutines(outcome->after);
	cost_make(shots_cpu(outcome->shots), shots_slice_profiles(outcome->shots), slice_count,
	          outcome_window(outcome), requests, outcome->target.share, &outcome->cost);
	meaning_make(outcome, &outcome->meaning);
	verdict_make(outcome, &outcome->verdict);
}

/* The first asked-for profile of the window of which nothing came. */
static const struct shot *missing(const struct outcome *outcome)
{
	for (size_t i = 0; i < shots_count(outcome->shots); i++)
		if (!shots_at(outcome->shots, i)->data)
			return shots_at(outcome->shots, i);
	return NULL;
}

static void say(const struct run *run)
{
	cJSON *json;

	if (run->plan->output == DOCUMENT_TEXT) {
		summary_print(stdout, run->outcome);
		return;
	}
	json = outcome_json(run->outcome);
	document_print(stdout, json, run->plan->output);
	cJSON_Delete(json);
}

/* The exit status of a run that was kept. */
static int judge(const struct run *run, struct error *error)
{
	const struct outcome *outcome = run->outcome;
	const struct shot *lost = missing(outcome);
	bool said = fflush(stdout) == 0;

	if (outcome->partial[0]) {
		error_set(error, "%s; what was got until then is in '%s'", outcome->partial,
		          outcome->directory);
		error->exit = signals_cancel                    ? EXIT_INTERRUPTED
		              : run->crossed || *run->abort.why ? EXIT_THRESHOLD
		                                                : EXIT_ERROR;
		return -1;
	}
	if (lost)
		return error_set(error, "capture '%s': %s; the rest of the run is in '%s'", lost->file,
		                 lost->error.text, outcome->directory);
	if (!said)
		return error_set(error, "cannot write to standard output; the run is kept in '%s'",
		                 outcome->directory);
	if (outcome->thresholds.failed)
		return EXIT_THRESHOLD;
	return run->plan->strict && outcome->verdict.level == CHECK_FAIL ? EXIT_UNTRUSTED : EXIT_GOOD;
}

static int interrupted(struct error *error)
{
	error_set(error, "interrupted before the load began; nothing is kept");
	error->exit = EXIT_INTERRUPTED;
	return -1;
}

/* It had to end before the load began: what the idle pod gave is kept, if it gave anything. */
static int ended_idle(const struct run *run, struct error *error)
{
	const struct outcome *outcome = run->outcome;

	for (size_t i = 0; i < shots_count(outcome->idle); i++)
		if (shots_at(outcome->idle, i)->data)
			return 0;
	if (signals_cancel)
		return interrupted(error);
	return error_set(error, "%s; no load was sent",
	                 *run->keeper.why ? run->keeper.why : "all of the pods were lost");
}

static int prepare(struct run *run, struct error *error)
{
	struct outcome *outcome = run->outcome;
	const struct target *target = &outcome->target;

	if (run->plan->pgo && pgo_check(run->plan->pgo, error) < 0)
		return -1;
	if (rundir_open(&run->dir, run->plan->out, error) < 0)
		return -1;
	if (target_prepare(run->plan, &outcome->target, error) < 0)
		return signals_cancel ? interrupted(error) : -1;
	if (run->plan->prometheus_listen) {
		if (prometheus_open(run->plan->prometheus_listen, &run->prometheus, error) < 0)
			return -1;
		progress_note(&run->progress, "metrics http://%s/metrics",
		              prometheus_address(run->prometheus));
	}
	outcome->at.prepared = clock_now();
	progress_note(&run->progress, "target  %s (%s)", target->name, target->why);
	for (size_t i = 0; i < target->peer_count; i++)
		progress_note(&run->progress, "pod     %s as well", target->peers[i].name);
	if (target->peer_note[0])
		progress_note(&run->progress, "note    %s", target->peer_note);
	if (target->ranking.note[0] && strcmp(target->ranking.note, target->why) != 0)
		progress_note(&run->progress, "note    %s", target->ranking.note);
	return 0;
}

static int execute(struct run *run, struct error *error)
{
	if (prepare(run, error) < 0)
		return -1;
	replicas_init(&run->outcome->replicas, &run->outcome->target, &run->outcome->pod);
	replicas_watch(&run->outcome->replicas, run->plan);
	keeper_start(&run->keeper, run->plan, &run->outcome->target, &run->outcome->replicas);
	take_idle(run);
	if (run_must_end(run))
		return ended_idle(run, error);
	if (start_load(run, error) < 0)
		return -1;
	drive(run);
	cool_down(run);
	return 0;
}

int run_loadtest(const struct plan *plan, struct error *error)
{
	struct outcome outcome = {.plan = plan,
	                          .variation = -1,
	                          .goroutines = -1,
	                          .goroutines_idle = -1,
	                          .goroutines_after = -1};
	struct run run = {.plan = plan, .outcome = &outcome};
	int status;

	outcome.at.begun = clock_now();
	outcome.at.wall_offset = clock_wall_offset();
	progress_init(&run.progress, plan->quiet, plan->rate > 0 ? plan->max_vus : plan->vus);
	status = execute(&run, error);
	tear_down(&run);
	if (status == 0) {
		analyse(&run);
		status = pgo_write(&outcome, error);
		if (run_files_write(&outcome, &run.dir, error) < 0)
			status = -1;
		say(&run);
		if (status == 0)
			status = judge(&run, error);
	}
	rundir_discard(&run.dir);
	outcome_release(&outcome);
	return status;
}
