/* Open model: starts that are due find a VU, wait for one, or are dropped. */
#ifndef LOADGEN_STARTS_H
#define LOADGEN_STARTS_H

#include "loadgen/worker.h"

/* Makes all starts that are due by worker->now; sets the timer for the next. */
void lg_starts_run(struct lg_worker *worker);
/* The VU is free again. */
void lg_starts_free(struct lg_worker *worker, struct lg_vu *vu);

#endif
