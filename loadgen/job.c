#include "loadgen/job.h"

#include <inttypes.h>

#include "loadgen/limits.h"
#include "loadgen/text.h"

static int check_duration(const char *name, int64_t duration, char *error)
{
	if (duration < 0 || duration > LG_MAX_DURATION)
		return lg_error_set(error, "%s of %" PRId64 " ns is out of range, want 0 to 24 h", name,
		                    duration);
	return 0;
}

static int check_counts(const struct lg_plan *plan, char *error)
{
	if (plan->vus < 1 || plan->vus > LG_MAX_VUS)
		return lg_error_set(error, "vus of %u is out of range, want 1 to %u", plan->vus, LG_MAX_VUS);
	if (plan->threads > LG_MAX_THREADS)
		return lg_error_set(error, "threads of %u is out of range, want 0 to %u", plan->threads,
		                    LG_MAX_THREADS);
	return 0;
}

static int check(const struct lg_plan *plan, struct lg_url *url, char *error)
{
	if (!plan->url)
		return lg_error_set(error, "the plan has no url");
	if (lg_url_parse(plan->url, url, error) < 0 || lg_request_check(plan, error) < 0)
		return -1;
	if (check_counts(plan, error) < 0 || check_duration("ramp", plan->ramp, error) < 0 ||
	    check_duration("think time", plan->think, error) < 0)
		return -1;
	return check_duration("timeout", plan->timeout, error);
}

int lg_check(const struct lg_plan *plan, char error[LG_ERROR_SIZE])
{
	struct lg_url url;

	return check(plan, &url, error) < 0 ? -1 : lg_limits_check(plan, error);
}

int lg_job_init(struct lg_job *ret, const struct lg_plan *plan, char error[LG_ERROR_SIZE])
{
	struct lg_job job = {.dial = plan->dial,
	                     .dial_context = plan->dial_context,
	                     .vus = plan->vus,
	                     .ramp = plan->ramp,
	                     .think = plan->think,
	                     .timeout = plan->timeout ? plan->timeout : LG_DEFAULT_TIMEOUT};

	if (check(plan, &job.url, error) < 0 || lg_request_init(&job.request, plan, &job.url, error) < 0)
		return -1;
	job.threads = lg_limits_threads(plan);
	if (!job.dial && lg_target_init(&job.target, &job.url, error) < 0) {
		lg_request_release(&job.request);
		return -1;
	}
	*ret = job;
	return 0;
}

void lg_job_release(struct lg_job *job)
{
	lg_request_release(&job->request);
	lg_target_release(&job->target);
}
