/* The whole of one run. */
#ifndef LOADGEN_RUN_H
#define LOADGEN_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/control.h"
#include "loadgen/job.h"
#include "loadgen/loadgen.h"
#include "loadgen/monitor.h"
#include "loadgen/view.h"
#include "loadgen/worker.h"

struct lg_run {
	struct lg_plan plan; /* a copy: what it points to is the caller's */
	struct lg_job job;
	struct lg_control control;
	struct lg_worker *workers;
	unsigned worker_count; /* initialised */
	struct lg_monitor monitor;
	bool monitored;
	int64_t started, stopped;
	/* of the last snapshot */
	struct lg_view *view;
	struct lg_usage *usages;
};

/* Frees all; the threads are gone. Accepts NULL. */
void lg_run_free(struct lg_run *run);

#endif
