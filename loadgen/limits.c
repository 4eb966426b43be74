#include "loadgen/limits.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#include "loadgen/text.h"

#define SPARE_DESCRIPTORS 128 /* of the rest of the process */

unsigned lg_limits_cores(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

	return count > 0 ? (unsigned)count : 1;
}

static unsigned vus_of(const struct lg_plan *plan)
{
	return plan->model == LG_RATE && plan->max_vus ? plan->max_vus : plan->vus;
}

unsigned lg_limits_threads(const struct lg_plan *plan)
{
	unsigned threads = plan->threads ? plan->threads : lg_limits_cores();

	if (threads > LG_MAX_THREADS)
		threads = LG_MAX_THREADS;
	return threads < vus_of(plan) ? threads : vus_of(plan);
}

/* A dialled connection may need a second descriptor, behind its socket. */
static rlim_t needed(const struct lg_plan *plan)
{
	unsigned streams = plan->streams ? plan->streams : 1;
	rlim_t connections = (vus_of(plan) + streams - 1) / streams;

	return connections * (plan->dial ? 2 : 1) + 2 * lg_limits_threads(plan) + SPARE_DESCRIPTORS;
}

int lg_limits_check(const struct lg_plan *plan, char error[LG_ERROR_SIZE])
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max >= needed(plan))
		return 0;
	return lg_error_set(error,
	                    "%u vus need %llu file descriptors, the limit is %llu: "
	                    "use fewer vus or raise 'ulimit -Hn'",
	                    vus_of(plan), (unsigned long long)needed(plan),
	                    (unsigned long long)limit.rlim_max);
}

int lg_limits_raise(const struct lg_plan *plan, char error[LG_ERROR_SIZE])
{
	struct rlimit limit;

	if (lg_limits_check(plan, error) < 0)
		return -1;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= needed(plan))
		return 0;
	limit.rlim_cur = needed(plan);
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return lg_error_set(error, "cannot raise the file descriptor limit to %llu: %s",
		                    (unsigned long long)needed(plan), strerror(errno));
	return 0;
}
