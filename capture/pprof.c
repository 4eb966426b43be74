/* Asking a pod's pprof (net/http/pprof): is it there, is the CPU profiler free, fetch one profile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/capture.h"
#include "capture/clock.h"
#include "capture/failure.h"
#include "capture/request.h"

#define MS              1000000LL
#define PROBE_TIMEOUT   (10000 * MS)
#define PROBE_CEILING   ((size_t)1024 * 1024)
#define CPU_FREE_WITHIN (300 * MS)
/* The runtime ends a profile up to 0.2 s after whoever asked for it has gone, which a tunnel's far end learns
 * a second late. */
#define BUSY_TRIES 15
#define BUSY_PAUSE (200 * MS)

static enum cap_status get(const struct cap_pprof *pprof, const char *name, const char *query,
                           const struct cap_request *like, struct cap_response *ret, struct cap_error *error)
{
	struct cap_request request = *like;
	struct exchange exchange = {
		.endpoint = pprof->tunnel ? NULL : pprof->endpoint,
		.tunnel = pprof->tunnel,
		.port = pprof->port,
		.tls = pprof->tls,
		.request = &request,
		.headers = pprof->headers,
	};
	enum cap_status status;
	char *path;

	*ret = (struct cap_response){0};
	if (asprintf(&path, "%s/%s%s%s", pprof->path, name, query ? "?" : "", query ? query : "") < 0)
		return failure_set(error, CAP_MEMORY, "out of memory");
	request.path = path;
	status = exchange_run(&exchange, ret, error);
	free(path);
	return status;
}

static bool says(const struct cap_response *response, const char *words)
{
	return response->size && memmem(response->body, response->size, words, strlen(words));
}

/* The index page has this title wherever it is mounted; a text profile begins with its name. */
static bool is_pprof(const struct cap_response *response)
{
	return response->status == 200 &&
	       (says(response, "<title>/debug/pprof/") || says(response, "threadcreate profile: total"));
}

static enum cap_status not_pprof(const struct cap_response *response, struct cap_error *error)
{
	return failure_set(error, CAP_NOT_PPROF, "HTTP %ld%s%.100s%s", response->status,
	                   *response->content_type ? " (" : "", response->content_type,
	                   *response->content_type ? ")" : "");
}

enum cap_status cap_pprof_probe(const struct cap_pprof *pprof, const atomic_int *cancel,
                                struct cap_error *error)
{
	/* The index; where that is not served, the smallest of the profiles. */
	static const char *const asked[][2] = {{"", NULL}, {"threadcreate", "debug=1"}};
	struct cap_request request = {.ceiling = PROBE_CEILING, .timeout = PROBE_TIMEOUT, .cancel = cancel};
	struct cap_response first = {0};
	struct cap_error failure = {0};
	enum cap_status status = CAP_OK;

	for (size_t i = 0; i < 2; i++) {
		struct cap_response response;
		bool found, answered;

		status = get(pprof, asked[i][0], asked[i][1], &request, &response, &failure);
		found = status == CAP_OK && is_pprof(&response);
		/* by the pod: a refusal on the way there is another matter */
		answered = response.status != 0;
		if (i == 0)
			first = response, first.body = NULL;
		cap_response_release(&response);
		if (found)
			return CAP_OK;
		if (!answered)
			break;
	}
	if (first.status && status != CAP_CANCELLED)
		return not_pprof(&first, error);
	*error = failure;
	return status;
}

/* runtime/pprof: one CPU profile a process at a time. */
static enum cap_status name_busy(enum cap_status status, struct cap_response *response,
                                 struct cap_error *error)
{
	if (status != CAP_HTTP || response->status != 500 || !says(response, "already in use"))
		return status;
	cap_response_release(response);
	return failure_set(error, CAP_BUSY, "CPU profiling is already in use");
}

/* A redirect, for one: there is no profile in it. */
static enum cap_status name_other(enum cap_status status, struct cap_response *response,
                                  struct cap_error *error)
{
	if (status != CAP_OK || response->status == 200)
		return status;
	not_pprof(response, error);
	cap_response_release(response);
	return CAP_NOT_PPROF;
}

enum cap_status cap_pprof_cpu_free(const struct cap_pprof *pprof, unsigned seconds, const atomic_int *cancel,
                                   struct cap_error *error)
{
	struct cap_request request = {.timeout = PROBE_TIMEOUT, .cancel = cancel};
	struct cap_error failure = {0};
	struct cap_response response;
	int64_t begin = clock_now();
	enum cap_status status;
	char query[32];

	/* How long the way there is, names and handshakes and all: silence tells something only after that.
	 */
	status = get(pprof, "", NULL, &request, &response, &failure);
	if (response.status) {
		cap_response_release(&response);
		request.timeout = 2 * (clock_now() - begin) + CPU_FREE_WITHIN;
		snprintf(query, sizeof query, "seconds=%u", seconds);
		status = get(pprof, "profile", query, &request, &response, &failure);
		status = name_busy(status, &response, &failure);
		status = name_other(status, &response, &failure);
		if (status == CAP_TIMEOUT)
			status = CAP_OK;
	}
	cap_response_release(&response);
	if (status != CAP_OK)
		*error = failure;
	return status;
}

enum cap_status cap_pprof_fetch(const struct cap_pprof *pprof, const char *name, const char *query,
                                size_t ceiling, int64_t timeout, int64_t silence, const atomic_int *cancel,
                                struct cap_response *ret, struct cap_error *error)
{
	const struct timespec pause = {.tv_nsec = BUSY_PAUSE};
	struct cap_request request = {
		.ceiling = ceiling, .timeout = timeout, .silence = silence, .cancel = cancel};
	struct cap_error failure = {0};
	enum cap_status status;

	for (int try = 1;; try++) {
		status = get(pprof, name, query, &request, ret, &failure);
		status = name_busy(status, ret, &failure);
		if (status != CAP_BUSY || try == BUSY_TRIES || (cancel && *cancel))
			break;
		nanosleep(&pause, NULL);
	}
	status = name_other(status, ret, &failure);
	if (status != CAP_OK)
		*error = failure;
	return status;
}
