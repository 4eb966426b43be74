/* A checked plan, made ready: what every thread of a run reads and none writes. */
#ifndef LOADGEN_JOB_H
#define LOADGEN_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/loadgen.h"
#include "loadgen/request.h"
#include "loadgen/target.h"
#include "loadgen/url.h"

#define LG_DEFAULT_TIMEOUT (60 * 1000000000LL)
#define LG_MAX_DURATION    (24 * 3600 * 1000000000LL) /* of ramp, think, timeout */

struct lg_job {
	struct lg_url url;
	struct lg_request request;
	struct lg_target target; /* empty with a dial function */
	lg_dial_fn *dial;
	void *dial_context;
	unsigned vus, threads;
	int64_t ramp, think, timeout;
};

/* Checks and resolves; 0, or -1 with a line. */
int lg_job_init(struct lg_job *ret, const struct lg_plan *plan, char error[LG_ERROR_SIZE]);
void lg_job_release(struct lg_job *job);

#endif
