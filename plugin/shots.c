#include <stdlib.h>
#include <string.h>

#include "plugin/clock.h"
#include "plugin/shots_private.h"
#include "plugin/signals.h"
#include "plugin/text.h"

#define CEILING     ((size_t)256 * 1024 * 1024)
#define SLACK       (30 * SECOND)
#define SILENCE     (10 * SECOND) /* beyond what the server measures: it is slow, or nobody is there */
#define AT_LEAST    (5 * SECOND)  /* for snapshots that fail, where there is no length */
#define RETRY_PAUSE (500 * MILLI)

/* In the order of enum profile_bit; goroutine and heap have two. */
static const struct kind kinds[] = {
	{PROFILE_CPU, WHOLE_IN_SLICES, "profile", NULL, "cpu.pb.gz"},
	{PROFILE_GOROUTINE, MIDDLE, "goroutine", NULL, "goroutine.pb.gz"},
	{PROFILE_GOROUTINE, MIDDLE, "goroutine", "debug=2", "goroutine.txt"},
	{PROFILE_HEAP, MIDDLE, "heap", NULL, "heap.pb.gz"},
	{PROFILE_HEAP_ALIVE, MIDDLE, "heap", "gc=1", "heap.pb.gz"},
	{PROFILE_ALLOCS, WHOLE, "allocs", NULL, "allocs.pb.gz"},
	{PROFILE_MUTEX, WHOLE, "mutex", NULL, "mutex.pb.gz"},
	{PROFILE_BLOCK, WHOLE, "block", NULL, "block.pb.gz"},
	{PROFILE_THREADCREATE, MIDDLE, "threadcreate", NULL, "threadcreate.pb.gz"},
	{PROFILE_TRACE, MIDDLE, "trace", "seconds=1", "trace.out"},
};

#define KIND_COUNT (sizeof kinds / sizeof *kinds)

/* A thread's work: the shots [first, first + count) that are taken in the middle, or one other. */
struct work {
	struct shots *shots;
	size_t shot;
};

/* The API server's or the kubelet's answer, where the pod has none. */
static void name_way(struct shot *shot)
{
	char said[sizeof shot->error.text];

	memcpy(said, shot->error.text, sizeof said);
	snprintf(shot->error.text, sizeof shot->error.text, "%s answers %ld: %.400s",
	         shot->error.kube_status ? "the API server" : "the way to the pod", shot->error.http_status,
	         said);
}

static void fetch(struct shots *shots, struct shot *shot, const struct kind *kind, const char *query,
                  int64_t seconds)
{
	struct cap_response response = {0};

	shot->begin = clock_now();
	shot->error = (struct cap_error){0};
	if (cap_pprof_fetch(shots->pprof, kind->name, query, CEILING, seconds * SECOND + SLACK,
	                    seconds * SECOND + SILENCE, &shots->cancel, &response, &shot->error) == CAP_OK) {
		shot->data = response.body;
		shot->size = response.size;
		response.body = NULL;
	}
	shot->way = shot->error.status == CAP_HTTP && !response.status;
	if (shot->way)
		name_way(shot);
	cap_response_release(&response);
	shot->end = clock_now();
}

/* What does not open in go tool pprof is not kept as if it did. */
static void check_profile(struct shot *shot)
{
	struct cap_profile *profile = NULL;

	if (!shot->data || !strstr(shot->file, ".pb.gz"))
		return;
	if (cap_profile_parse(shot->data, shot->size, &profile, &shot->error) != CAP_OK) {
		free(shot->data);
		shot->data = NULL;
	}
	cap_profile_free(profile);
}

static void wait_until(struct shots *shots, int64_t instant)
{
	while (!shots->cancel && clock_now() < instant) {
		int64_t left = instant - clock_now();

		clock_sleep(left < 50 * MILLI ? left : 50 * MILLI);
	}
}

/* Trying again may find the way open: a container that was restarted, a tunnel that was cut, a server that is
 * too busy. */
static bool may_pass(const struct shot *shot)
{
	const struct cap_error *error = &shot->error;
	long status = error->http_status;

	switch (error->status) {
	case CAP_HTTP: /* a kubelet that has just been started knows no pod, and says so by itself */
		return status == 429 || (status > 500 && status <= 504) ||
		       (shot->way && (status == 401 || status == 408 || status == 500 ||
		                      (status == 404 && !error->kube_status)));
	case CAP_LOST:
	case CAP_PORT:
	case CAP_DNS:
	case CAP_CONNECT:
	case CAP_TLS:
	case CAP_TIMEOUT:
	case CAP_FORMAT:
	case CAP_BUSY:
		return true;
	default:
		return false;
	}
}

/* After one that failed: whole seconds until the end, once some time has passed; up, so that a cut costs the
 * slice it came in and no other. */
static int64_t seconds_left(struct shots *shots, int64_t left)
{
	int64_t until;

	wait_until(shots, clock_now() + RETRY_PAUSE);
	until = (shots->begin + shots->length - clock_now() + SECOND - 1) / SECOND;
	return until < left ? until : left;
}

/* Until it is got, or the time is over; false: it is over, and nobody answers. */
static bool take_snapshot(struct shots *shots, size_t i)
{
	struct shot *shot = &shots->list[i];
	int64_t end = shots->begin + (shots->length > AT_LEAST ? shots->length : AT_LEAST);

	do {
		fetch(shots, shot, shots->kind[i], shots->kind[i]->query, 1);
		check_profile(shot);
		if (shot->data || !may_pass(shot))
			return true;
		wait_until(shots, clock_now() + RETRY_PAUSE);
	} while (!shots->cancel && clock_now() < end);
	return false;
}

static void take_middle(struct shots *shots)
{
	wait_until(shots, shots->begin + shots->length / 2);
	for (size_t i = 0; i < shots->count && !shots->cancel; i++)
		if (shots->kind[i]->when == MIDDLE && !take_snapshot(shots, i))
			break;
}

/* The server's own delta; a server that knows none (Go before 1.17) ignores the query and answers at once.
 * When it fails, that of the time that is left is better than none. */
static void take_whole(struct shots *shots, size_t i)
{
	struct shot *shot = &shots->list[i];
	int64_t left = shots->length / SECOND;
	struct cap_error why = {0};
	char query[32];

	while (left > 0 && !shots->cancel) {
		snprintf(query, sizeof query, "seconds=%lld", (long long)left);
		fetch(shots, shot, shots->kind[i], query, left);
		check_profile(shot);
		if (shot->data && shot->partial)
			shot->error = why;
		if (shot->data || !may_pass(shot))
			return;
		shot->partial = true;
		why = shot->error;
		left = seconds_left(shots, left);
	}
}

static bool take_slice(struct shots *shots, struct shot *shot, int64_t seconds)
{
	struct shot slice = {.file = shot->file};
	struct cap_profile *profile = NULL;
	char query[32];

	snprintf(query, sizeof query, "seconds=%lld", (long long)seconds);
	fetch(shots, &slice, shots->kind[shot - shots->list], query, seconds);
	if (slice.data && cap_profile_parse(slice.data, slice.size, &profile, &slice.error) == CAP_OK) {
		shots->slice_profiles[shots->slice_count] = profile;
		shots->slices[shots->slice_count++] = (struct shots_slice){profile, slice.begin, slice.end};
	} else {
		shot->error = slice.error;
		shot->way = slice.way;
	}
	free(slice.data);
	return profile != NULL;
}

static void merge_slices(struct shots *shots, struct shot *shot)
{
	struct cap_error error = {0};

	shot->partial |= shots->slice_count < shots->slices_wanted;
	if (!shots->slice_count)
		return;
	if (cap_profile_merge(shots->slice_profiles, shots->slice_count, &shots->cpu, &error) != CAP_OK ||
	    cap_profile_encode(shots->cpu, &shot->data, &shot->size, &error) != CAP_OK)
		shot->error = error;
}

static void take_slices(struct shots *shots, size_t i)
{
	struct shot *shot = &shots->list[i];
	int64_t left = shots->length / SECOND, slice = shots->slice / SECOND;

	shot->begin = clock_now();
	shots->slices_wanted = (unsigned)((left + slice - 1) / slice);
	while (left > 0 && !shots->cancel && shots->slice_count < SLICES_MAX) {
		int64_t seconds = left < slice ? left : slice;

		if (take_slice(shots, shot, seconds)) {
			left -= seconds;
			continue;
		}
		if (!may_pass(shot))
			break;
		left = seconds_left(shots, left);
	}
	shot->end = clock_now();
	merge_slices(shots, shot);
}

static void *run_work(void *argument)
{
	struct work work = *(struct work *)argument;

	free(argument);
	if (work.shot == SHOTS_MAX)
		take_middle(work.shots);
	else if (work.shots->kind[work.shot]->when == WHOLE_IN_SLICES)
		take_slices(work.shots, work.shot);
	else
		take_whole(work.shots, work.shot);
	atomic_fetch_sub(&work.shots->running, 1);
	return NULL;
}

static void start_thread(struct shots *shots, size_t shot)
{
	struct work *work = xcalloc(1, sizeof *work);

	*work = (struct work){shots, shot};
	atomic_fetch_add(&shots->running, 1);
	if (signals_thread(&shots->threads[shots->thread_count], run_work, work))
		shots->thread_count++;
	else
		run_work(work);
}

struct shots *shots_start(const struct cap_pprof *pprof, unsigned profiles, int64_t length, int64_t slice)
{
	struct shots *shots = xcalloc(1, sizeof *shots);
	bool middle = false;

	*shots = (struct shots){.pprof = pprof, .begin = clock_now(), .length = length, .slice = slice};
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (!(profiles & kinds[i].bit) || (!length && kinds[i].when != MIDDLE))
			continue;
		middle |= kinds[i].when == MIDDLE;
		shots->kind[shots->count] = &kinds[i];
		shots->list[shots->count++] = (struct shot){.name = kinds[i].name, .file = kinds[i].file};
	}
	for (size_t i = 0; i < shots->count; i++)
		if (shots->kind[i]->when != MIDDLE)
			start_thread(shots, i);
	if (middle)
		start_thread(shots, SHOTS_MAX);
	return shots;
}

bool shots_done(struct shots *shots)
{
	return atomic_load(&shots->running) == 0;
}

void shots_cancel(struct shots *shots)
{
	shots->cancel = 1;
}

void shots_join(struct shots *shots)
{
	for (; shots->joined < shots->thread_count; shots->joined++)
		pthread_join(shots->threads[shots->joined], NULL);
}

void shots_free(struct shots *shots)
{
	if (!shots)
		return;
	shots_cancel(shots);
	shots_join(shots);
	for (size_t i = 0; i < shots->count; i++)
		free(shots->list[i].data);
	for (unsigned i = 0; i < shots->slice_count; i++)
		cap_profile_free(shots->slices[i].profile);
	cap_profile_free(shots->cpu);
	free(shots);
}

size_t shots_count(const struct shots *shots)
{
	return shots ? shots->count : 0;
}

const struct shot *shots_at(const struct shots *shots, size_t i)
{
	return &shots->list[i];
}

const struct shot *shots_find(const struct shots *shots, const char *file)
{
	for (size_t i = 0; i < shots_count(shots); i++)
		if (strcmp(shots->list[i].file, file) == 0)
			return &shots->list[i];
	return NULL;
}

const struct cap_profile *shots_cpu(const struct shots *shots)
{
	return shots ? shots->cpu : NULL;
}

struct cap_profile *const *shots_slice_profiles(const struct shots *shots)
{
	return shots ? shots->slice_profiles : NULL;
}

unsigned shots_slices(const struct shots *shots, unsigned *ret_wanted)
{
	*ret_wanted = shots->slices_wanted;
	return shots->slice_count;
}

const struct shots_slice *shots_slice(const struct shots *shots, unsigned i)
{
	return &shots->slices[i];
}

int64_t shots_goroutines(const struct shots *shots)
{
	const struct shot *shot = shots_find(shots, "goroutine.pb.gz");
	struct cap_profile *profile = NULL;
	struct cap_error error;
	int64_t total;

	if (!shot || !shot->data || cap_profile_parse(shot->data, shot->size, &profile, &error) != CAP_OK)
		return -1;
	total = cap_profile_total(profile, 0);
	cap_profile_free(profile);
	return total;
}
