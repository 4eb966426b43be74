#include "loadgen/view.h"

#define HISTOGRAMS (LG_PHASES * 6)

static const struct lg_histogram *histogram_of(const struct lg_worker *worker, unsigned i)
{
	return worker->stats.latencies[i / 6].service[i % 6];
}

static void add(uint64_t *sums, uint32_t *top, const struct lg_histogram *h)
{
	uint32_t its = atomic_load_explicit(&h->top, memory_order_relaxed);

	for (uint32_t index = 0; index < its; index++)
		sums[index] += lg_counter_get(&h->counts[index]);
	*top = its > *top ? its : *top;
}

void lg_view_look(struct lg_view *view, const struct lg_worker *workers, unsigned count)
{
	uint32_t top = 0;

	for (unsigned worker = 0; worker < count; worker++)
		for (unsigned i = 0; i < HISTOGRAMS; i++)
			add(view->sums, &top, histogram_of(&workers[worker], i));
	lg_histogram_reset(&view->fresh);
	for (uint32_t index = 0; index < top; index++) {
		if (view->sums[index] != view->seen[index])
			lg_histogram_add_at(&view->fresh, index, view->sums[index] - view->seen[index]);
		view->seen[index] = view->sums[index];
		view->sums[index] = 0;
	}
}
