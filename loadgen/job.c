#include "loadgen/job.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "loadgen/clock.h"
#include "loadgen/h2.h"
#include "loadgen/limits.h"
#include "loadgen/render.h"
#include "loadgen/text.h"
#include "loadgen/tls.h"

const struct lg_target *lg_plan_targets(const struct lg_plan *plan, struct lg_target *single,
                                        size_t *ret_count)
{
	*ret_count = plan->targets ? plan->target_count : 1;
	*single = (struct lg_target){
		.url = plan->url,
		.method = plan->method,
		.headers = plan->headers,
		.body = plan->body,
		.body_size = plan->body_size,
	};
	return plan->targets ? plan->targets : single;
}

/* ---- checks ---------------------------------------------------------------- */

static int check_duration(const char *name, int64_t duration, char *error)
{
	if (duration < 0 || duration > LG_MAX_DURATION)
		return lg_error_set(error, "%s of %" PRId64 " ns is out of range, want 0 to 24 h", name,
		                    duration);
	return 0;
}

static int check_count(const char *name, uint64_t count, uint64_t low, uint64_t high, char *error)
{
	if (count < low || count > high)
		return lg_error_set(error, "%s of %" PRIu64 " is out of range, want %" PRIu64 " to %" PRIu64,
		                    name, count, low, high);
	return 0;
}

static int check_target(const struct lg_target *target, const struct lg_plan *plan, char *error)
{
	struct lg_url url;

	if (!target->url)
		return lg_error_set(error, "the plan has no url");
	if (lg_render_url(target, plan, &url, error) < 0 ||
	    check_count("weight", target->weight, 0, LG_MAX_WEIGHT, error) < 0 ||
	    lg_request_check(target, error) < 0)
		return -1;
	return lg_render_check(target, plan, error);
}

static int check_targets(const struct lg_plan *plan, char *error)
{
	struct lg_target single;
	size_t count;
	const struct lg_target *targets = lg_plan_targets(plan, &single, &count);

	if (check_count("number of targets", count, 1, LG_MAX_TARGETS, error) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (check_target(&targets[i], plan, error) < 0)
			return -1;
	return 0;
}

static int check_stages(const struct lg_plan *plan, char *error)
{
	double most = plan->model == LG_RATE ? LG_MAX_RATE : plan->vus;

	for (size_t i = 0; i < plan->stage_count; i++) {
		if (check_duration("stage", plan->stages[i].length, error) < 0)
			return -1;
		if (!(plan->stages[i].target >= 0) || plan->stages[i].target > most)
			return lg_error_set(error, "target %g of stage %zu is out of range, want 0 to %g",
			                    plan->stages[i].target, i + 1, most);
	}
	return 0;
}

static int check_model(const struct lg_plan *plan, char *error)
{
	if (check_count("vus", plan->vus, 1, LG_MAX_VUS, error) < 0 ||
	    check_count("threads", plan->threads, 0, LG_MAX_THREADS, error) < 0 ||
	    check_count("streams", plan->streams, 0, LG_MAX_STREAMS, error) < 0)
		return -1;
	if (plan->model == LG_RATE && (!(plan->rate > 0) || plan->rate > LG_MAX_RATE))
		return lg_error_set(error, "rate of %g a second is out of range, want over 0 to %g",
		                    plan->rate, LG_MAX_RATE);
	if (plan->model == LG_RATE && plan->max_vus &&
	    check_count("max_vus", plan->max_vus, plan->vus, LG_MAX_VUS, error) < 0)
		return -1;
	if (plan->streams > 1 && plan->http == LG_HTTP_1)
		return lg_error_set(error, "streams are of HTTP/2, the plan asks for HTTP/1.1");
	return check_stages(plan, error);
}

static int check_apart(const struct lg_plan *plan, char *error)
{
	if (check_count("number of statuses apart", plan->apart_count, 0, LG_MAX_APART, error) < 0)
		return -1;
	for (size_t i = 0; i < plan->apart_count; i++)
		if (check_count("status apart", plan->apart[i], 100, 999, error) < 0)
			return -1;
	return 0;
}

static int check_times(const struct lg_plan *plan, char *error)
{
	if (check_duration("ramp", plan->ramp, error) < 0 ||
	    check_duration("think time", plan->think, error) < 0 ||
	    check_duration("expected interval", plan->expected_interval, error) < 0)
		return -1;
	return check_duration("timeout", plan->timeout, error);
}

int lg_check(const struct lg_plan *plan, char error[LG_ERROR_SIZE])
{
	struct lg_job job = {0};

	if (check_targets(plan, error) < 0 || check_model(plan, error) < 0 || check_times(plan, error) < 0 ||
	    check_apart(plan, error) < 0 || lg_job_read_expect(&job, plan, error) < 0)
		return -1;
	return lg_limits_check(plan, error);
}

/* ---- what makes an answer a good one ------------------------------------------ */

static void expect_status(struct lg_job *job, unsigned low, unsigned high)
{
	for (unsigned status = low; status <= high; status++)
		job->good_status[status / 64] |= 1ULL << status % 64;
}

/* "204" or "2xx"; how many characters, 0: neither. */
static size_t read_status(struct lg_job *job, const char *at)
{
	unsigned value;

	if (at[0] < '1' || at[0] > '5')
		return 0;
	if (at[1] == 'x' && at[2] == 'x') {
		value = (unsigned)(at[0] - '0') * 100;
		expect_status(job, value, value + 99);
		return 3;
	}
	if (at[1] < '0' || at[1] > '9' || at[2] < '0' || at[2] > '9')
		return 0;
	value = (unsigned)((at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0'));
	expect_status(job, value, value);
	return 3;
}

int lg_job_read_expect(struct lg_job *job, const struct lg_plan *plan, char error[LG_ERROR_SIZE])
{
	const char *at = plan->expect.status;

	if (!at)
		expect_status(job, 100, 399);
	while (at) {
		size_t length = read_status(job, at);

		if (!length || (at[length] && at[length] != ','))
			return lg_error_set(
				error, "expected status '%s': column %td is no status such as 200 or 2xx",
				plan->expect.status, at - plan->expect.status + 1);
		at = at[length] ? at + length + 1 : NULL;
	}
	if (plan->expect.body && lg_pattern_init(&job->pattern, plan->expect.body) < 0)
		return lg_error_set(error, "expected body text is longer than %u bytes", LG_PATTERN_MAX);
	return 0;
}

/* ---- hosts and requests ----------------------------------------------------------- */

static struct lg_host *find_host(struct lg_job *job, const struct lg_url *url)
{
	for (unsigned i = 0; i < job->host_count; i++)
		if (lg_host_is(&job->hosts[i], url))
			return &job->hosts[i];
	return NULL;
}

static int add_host(struct lg_job *job, const struct lg_url *url, char *error)
{
	struct lg_host *host = &job->hosts[job->host_count];

	*host = (struct lg_host){.url = *url, .tls = url->tls};
	if (!job->plan->dial && lg_host_resolve(host, error) < 0)
		return -1;
	job->host_count++;
	return 0;
}

static int add_request(struct lg_job *job, const struct lg_target *target, char *error)
{
	struct lg_request *request = &job->requests[job->request_count];
	struct lg_url url;

	if (lg_render_url(target, job->plan, &url, error) < 0 ||
	    (!find_host(job, &url) && add_host(job, &url, error) < 0) ||
	    lg_request_init(request, target, &url, !job->plan->no_keepalive, error) < 0)
		return -1;
	job->request_count++;
	request->host = find_host(job, &url);
	if (lg_render_new(&request->render, request, job->plan, error) < 0)
		return -1;
	if (request->render && request->render->most > job->text_size)
		job->text_size = request->render->most;
	if (job->plan->http != LG_HTTP_1 && (url.tls || job->plan->http == LG_HTTP_2) &&
	    lg_h2_prepare(request, &url) < 0)
		return lg_error_set(error, "out of memory for a request");
	return 0;
}

/* Each pick raises every target's credit by its weight, takes the highest, and costs it the sum: smooth and
 * repeatable. */
static int mix(struct lg_job *job, const struct lg_target *targets, size_t count, char *error)
{
	int64_t *credit = calloc(count, sizeof *credit);
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += targets[i].weight ? targets[i].weight : 1;
	job->order = calloc(sum, sizeof *job->order);
	if (!credit || !job->order) {
		free(credit);
		return lg_error_set(error, "out of memory for %zu targets", count);
	}
	for (job->order_count = 0; job->order_count < sum; job->order_count++) {
		size_t best = 0;

		for (size_t i = 0; i < count; i++) {
			credit[i] += targets[i].weight ? targets[i].weight : 1;
			best = credit[i] > credit[best] ? i : best;
		}
		credit[best] -= (int64_t)sum;
		job->order[job->order_count] = (uint32_t)best;
	}
	free(credit);
	return 0;
}

static int add_targets(struct lg_job *job, char *error)
{
	struct lg_target single;
	size_t count;
	const struct lg_target *targets = lg_plan_targets(job->plan, &single, &count);
	bool tls = false;

	job->hosts = calloc(count, sizeof *job->hosts);
	job->requests = calloc(count, sizeof *job->requests);
	if (!job->hosts || !job->requests)
		return lg_error_set(error, "out of memory for %zu targets", count);
	for (size_t i = 0; i < count; i++)
		if (add_request(job, &targets[i], error) < 0)
			return -1;
	for (unsigned i = 0; i < job->host_count; i++)
		tls = tls || job->hosts[i].tls;
	if (tls && lg_tls_new(job, &job->tls, error) < 0)
		return -1;
	return mix(job, targets, count, error);
}

/* Without a source of random numbers in the kernel the clock has to do. */
static void seed(struct lg_job *job)
{
	const uint64_t given = job->plan->seed;

	job->seed[0] = given ? given : (uint64_t)lg_clock_now();
	job->seed[1] = ~job->seed[0];
	if (!given)
		(void)!getrandom(job->seed, sizeof job->seed, 0);
}

int lg_job_init(struct lg_job *ret, const struct lg_plan *plan, char error[LG_ERROR_SIZE])
{
	struct lg_job job = {.plan = plan,
	                     .vus = plan->model == LG_RATE && plan->max_vus ? plan->max_vus : plan->vus,
	                     .threads = lg_limits_threads(plan),
	                     .streams = plan->streams ? plan->streams : 1,
	                     .think = plan->think,
	                     .timeout = plan->timeout ? plan->timeout : LG_DEFAULT_TIMEOUT};

	if (lg_check(plan, error) < 0)
		return -1;
	seed(&job);
	job.io = lg_io_choose(plan->io, error);
	if (!job.io || lg_job_read_expect(&job, plan, error) < 0 || add_targets(&job, error) < 0) {
		lg_job_release(&job);
		return -1;
	}
	*ret = job;
	return 0;
}

void lg_job_release(struct lg_job *job)
{
	for (unsigned i = 0; i < job->request_count; i++)
		lg_request_release(&job->requests[i]);
	for (unsigned i = 0; i < job->host_count; i++)
		lg_host_release(&job->hosts[i]);
	lg_tls_free(job->tls);
	free(job->requests);
	free(job->hosts);
	free(job->order);
	*job = (struct lg_job){0};
}
