#include "loadgen/view.h"

static uint32_t top_of(const struct lg_worker *workers, unsigned count)
{
	uint32_t top = 0;

	for (unsigned i = 0; i < count * LG_PHASES; i++) {
		const struct lg_histogram *h = workers[i / LG_PHASES].stats.service[i % LG_PHASES];
		uint32_t its = atomic_load_explicit(&h->top, memory_order_relaxed);

		top = its > top ? its : top;
	}
	return top;
}

void lg_view_look(struct lg_view *view, const struct lg_worker *workers, unsigned count)
{
	uint32_t top = top_of(workers, count);

	lg_histogram_reset(&view->fresh);
	for (uint32_t index = 0; index < top; index++) {
		uint64_t sum = 0;

		for (unsigned i = 0; i < count; i++)
			for (int phase = 0; phase < LG_PHASES; phase++)
				sum += lg_counter_get(&workers[i].stats.service[phase]->counts[index]);
		if (sum != view->seen[index])
			lg_histogram_add_at(&view->fresh, index, sum - view->seen[index]);
		view->seen[index] = sum;
	}
}
