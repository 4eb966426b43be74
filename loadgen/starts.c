#include "loadgen/starts.h"

static struct lg_vu *take_vu(struct lg_worker *w)
{
	struct lg_vu *vu = w->idle;

	if (vu)
		w->idle = vu->next;
	else if (w->fresh < w->vu_count)
		vu = &w->vus[w->fresh++];
	return vu;
}

void lg_starts_run(struct lg_worker *w)
{
	for (w->late = false; w->budget && !w->stopping;) {
		uint64_t index = w->index + w->next_start * w->job->threads;
		int64_t due = lg_pace_due(w->pace, index);
		struct lg_vu *vu;

		if (due == INT64_MAX || w->began + due > w->now) {
			lg_timer_set(&w->timers, &w->start_timer, due == INT64_MAX ? due : w->began + due);
			return;
		}
		vu = take_vu(w);
		if (!vu && w->job->plan->late == LG_QUEUE) {
			w->late = true;
			return;
		}
		w->next_start++;
		if (vu)
			lg_vu_start(vu, w->began + due);
		else
			lg_stats_drop(&w->stats), w->budget--;
	}
}

void lg_starts_free(struct lg_worker *w, struct lg_vu *vu)
{
	vu->state = LG_VU_IDLE;
	vu->next = w->idle;
	w->idle = vu;
	if (w->late)
		lg_starts_run(w);
}
