#include "loadgen/stats.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/clock.h"

#define FIRST_ROWS 128

static bool init_latencies(struct lg_latencies *latencies, bool scheduled, size_t apart_count)
{
	bool failed = false;

	for (int i = 0; i < 6; i++) {
		latencies->service[i] = lg_histogram_new();
		failed = failed || !latencies->service[i];
	}
	for (size_t i = 0; i < apart_count; i++) {
		latencies->apart[i] = lg_histogram_new();
		failed = failed || !latencies->apart[i];
	}
	if (scheduled) {
		latencies->response = lg_histogram_new();
		latencies->lag = lg_histogram_new();
		failed = failed || !latencies->response || !latencies->lag;
	}
	return !failed;
}

/* The histograms of the whole run. */
#define OTHERS 5

static struct lg_histogram **other(struct lg_stats *stats, size_t i)
{
	struct lg_histogram **const all[OTHERS] = {&stats->connect, &stats->handshake, &stats->sending,
	                                           &stats->waiting, &stats->receiving};

	return all[i];
}

int lg_stats_init(struct lg_stats *stats, const struct lg_plan *plan)
{
	bool scheduled = plan->model == LG_RATE || plan->expected_interval, failed = false;

	memset(stats, 0, sizeof *stats);
	stats->expected_interval = plan->model == LG_RATE ? 0 : plan->expected_interval;
	stats->apart_count = plan->apart_count;
	for (size_t i = 0; i < plan->apart_count; i++)
		stats->apart[i] = plan->apart[i];
	for (int i = 0; i < LG_PHASES; i++)
		failed = !init_latencies(&stats->latencies[i], scheduled, stats->apart_count) || failed;
	for (size_t i = 0; i < OTHERS; i++) {
		*other(stats, i) = lg_histogram_new();
		failed = failed || !*other(stats, i);
	}
	stats->rows = calloc(FIRST_ROWS, sizeof *stats->rows);
	stats->row_capacity = FIRST_ROWS;
	if (!failed && stats->rows)
		return 0;
	lg_stats_release(stats);
	return -1;
}

static void release_latencies(struct lg_latencies *latencies)
{
	for (int i = 0; i < 6; i++)
		lg_histogram_free(latencies->service[i]);
	for (size_t i = 0; i < LG_MAX_APART; i++)
		lg_histogram_free(latencies->apart[i]);
	lg_histogram_free(latencies->response);
	lg_histogram_free(latencies->lag);
}

void lg_stats_release(struct lg_stats *stats)
{
	for (int i = 0; i < LG_PHASES; i++)
		release_latencies(&stats->latencies[i]);
	for (size_t i = 0; i < OTHERS; i++)
		lg_histogram_free(*other(stats, i));
	free(stats->rows);
	memset(stats, 0, sizeof *stats);
}

void lg_stats_begin(struct lg_stats *stats, int64_t began)
{
	stats->began = began;
	stats->row_end = began + LG_NS_PER_SECOND;
	stats->row = stats->rows;
	stats->row_count = 1;
	lg_stats_move(stats, began, LG_BEFORE);
}

/* Without memory for a new row the last one takes all that follows: the sums stay exact. */
static void next_row(struct lg_stats *stats, int64_t now)
{
	size_t index = (size_t)((now - stats->began) / LG_NS_PER_SECOND);

	if (index >= stats->row_capacity) {
		size_t capacity = 2 * (index + 1);
		struct lg_row *rows = realloc(stats->rows, capacity * sizeof *rows);

		stats->row_end = INT64_MAX;
		if (!rows)
			return;
		memset(rows + stats->row_capacity, 0, (capacity - stats->row_capacity) * sizeof *rows);
		stats->rows = rows;
		stats->row_capacity = capacity;
	}
	stats->row = stats->rows + index;
	stats->row_count = index + 1;
	stats->row_end = stats->began + (int64_t)(index + 1) * LG_NS_PER_SECOND;
}

void lg_stats_move(struct lg_stats *stats, int64_t now, enum lg_phase phase)
{
	stats->tally = &stats->tallies[phase];
	stats->latency = &stats->latencies[phase];
	if (__builtin_expect(now >= stats->row_end, 0))
		next_row(stats, now);
}

static uint64_t microseconds(int64_t ns)
{
	return ns <= 0 ? 0 : (uint64_t)(ns + LG_NS_PER_US / 2) / LG_NS_PER_US;
}

static void count_fail(struct lg_stats *stats)
{
	lg_counter_add(&stats->tally->failed, 1);
	stats->row->failed++;
}

static void check(struct lg_stats *stats, const struct lg_answer *answer)
{
	lg_counter_add(&stats->tally->checks[LG_CHECK_STATUS][answer->good_status], 1);
	lg_counter_add(&stats->tally->checks[LG_CHECK_BODY][answer->good_body], 1);
	if (answer->good_status && answer->good_body)
		return;
	count_fail(stats);
	if (!answer->good_body || answer->status < 400)
		lg_counter_add(&stats->tally->errors[LG_ERROR_CHECK], 1);
}

/*
 * Open model: from when it was due. Closed model: a request that took longer than the interval has kept
 * others from being sent, which would have taken less and less (HdrHistogram's recordCorrectedValue).
 */
static void record_response(struct lg_stats *stats, const struct lg_answer *answer)
{
	int64_t left = answer->done - answer->scheduled;

	lg_histogram_record(stats->latency->lag, microseconds(answer->sent - answer->scheduled));
	lg_histogram_record(stats->latency->response, microseconds(left));
	if (!stats->expected_interval)
		return;
	for (left -= stats->expected_interval; left >= stats->expected_interval;
	     left -= stats->expected_interval)
		lg_histogram_record(stats->latency->response, microseconds(left));
}

void lg_stats_answer(struct lg_stats *stats, const struct lg_answer *answer)
{
	struct lg_tally *tally = stats->tally;
	unsigned class = answer->status / 100;

	class = class <= 5 ? class : 0;
	lg_counter_add(&tally->requests, 1);
	lg_counter_add(&tally->status[class], 1);
	stats->row->requests++;
	atomic_store_explicit(&stats->last_status, answer->status, memory_order_relaxed);
	check(stats, answer);
	lg_histogram_record(stats->latency->service[class], microseconds(answer->done - answer->sent));
	for (size_t i = 0; i < stats->apart_count; i++)
		if (stats->apart[i] == answer->status)
			lg_histogram_record(stats->latency->apart[i],
			                    microseconds(answer->done - answer->sent));
	lg_histogram_record(stats->sending, microseconds(answer->flushed - answer->sent));
	lg_histogram_record(stats->waiting, microseconds(answer->first - answer->flushed));
	lg_histogram_record(stats->receiving, microseconds(answer->done - answer->first));
	if (stats->latency->response)
		record_response(stats, answer);
}

void lg_stats_drop(struct lg_stats *stats)
{
	lg_counter_add(&stats->tally->dropped, 1);
}

void lg_stats_error(struct lg_stats *stats, enum lg_error_kind kind)
{
	lg_counter_add(&stats->tally->requests, 1);
	lg_counter_add(&stats->tally->errors[kind], 1);
	stats->row->requests++;
	count_fail(stats);
}

void lg_tally_add(struct lg_counts *sum, const struct lg_tally *tally)
{
	sum->requests += lg_counter_get(&tally->requests);
	sum->failed += lg_counter_get(&tally->failed);
	sum->bytes_sent += lg_counter_get(&tally->bytes_sent);
	sum->bytes_received += lg_counter_get(&tally->bytes_received);
	for (int i = 0; i < 6; i++)
		sum->status[i] += lg_counter_get(&tally->status[i]);
	for (int i = 0; i < LG_ERROR_KINDS; i++)
		sum->errors[i] += lg_counter_get(&tally->errors[i]);
	for (int i = 0; i < LG_CHECKS; i++)
		for (int held = 0; held < 2; held++)
			sum->checks[i][held] += lg_counter_get(&tally->checks[i][held]);
	sum->dropped += lg_counter_get(&tally->dropped);
	sum->no_port += lg_counter_get(&tally->no_port);
}
