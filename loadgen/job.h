/* A checked plan, made ready: what every thread of a run reads and none writes. */
#ifndef LOADGEN_JOB_H
#define LOADGEN_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/host.h"
#include "loadgen/io.h"
#include "loadgen/loadgen.h"
#include "loadgen/match.h"
#include "loadgen/request.h"

#define LG_DEFAULT_TIMEOUT (60 * 1000000000LL)
#define LG_MAX_DURATION    (24 * 3600 * 1000000000LL) /* of ramp, stage, think, timeout */
#define LG_MAX_TARGETS     1000
#define LG_MAX_WEIGHT      10000U
#define LG_MAX_RATE        10e6 /* requests a second */
#define LG_MAX_STREAMS     1000

struct lg_job {
	const struct lg_plan *plan; /* as it was given */
	const struct lg_io_class *io;
	struct lg_host *hosts;
	unsigned host_count;
	struct lg_request *requests;
	unsigned request_count;
	uint32_t *order; /* indices of requests, each as often as it weighs, well mixed */
	size_t order_count;
	struct lg_tls *tls; /* NULL: no https */
	struct lg_pattern pattern;
	uint64_t good_status[10]; /* bit s % 64 of [s / 64]: status s is good */
	unsigned vus, threads, streams;
	int64_t think, timeout;
	uint64_t seed[2];
	size_t text_size; /* of lg_vu.text */
};

/* Checks and resolves; 0, or -1 with a line. */
int lg_job_init(struct lg_job *ret, const struct lg_plan *plan, char error[LG_ERROR_SIZE]);
void lg_job_release(struct lg_job *job);

/* Reads plan.expect; 0, or -1 with a line. */
int lg_job_read_expect(struct lg_job *job, const struct lg_plan *plan, char error[LG_ERROR_SIZE]);

static inline bool lg_job_expects(const struct lg_job *job, unsigned status)
{
	return status < 640 && job->good_status[status / 64] >> status % 64 & 1;
}

/* The plan's kinds of request, in `single` when there is but one. */
const struct lg_target *lg_plan_targets(const struct lg_plan *plan, struct lg_target *single,
                                        size_t *ret_count);

#endif
