/* What has been recorded by all threads since the last look, without disturbing them. */
#ifndef LOADGEN_VIEW_H
#define LOADGEN_VIEW_H

#include "loadgen/histogram.h"
#include "loadgen/worker.h"

struct lg_view {
	struct lg_histogram fresh; /* since the last look */
	uint64_t seen[LG_HISTOGRAM_COUNTS];
	uint64_t sums[LG_HISTOGRAM_COUNTS]; /* zero between two looks */
};

/* Service latencies of all phases, into view->fresh. */
void lg_view_look(struct lg_view *view, const struct lg_worker *workers, unsigned count);

#endif
