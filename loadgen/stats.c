#include "loadgen/stats.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/clock.h"

#define FIRST_ROWS 128

int lg_stats_init(struct lg_stats *stats)
{
	bool failed = false;

	memset(stats, 0, sizeof *stats);
	for (int i = 0; i < LG_PHASES; i++) {
		stats->service[i] = lg_histogram_new();
		failed = failed || !stats->service[i];
	}
	stats->connect = lg_histogram_new();
	stats->rows = calloc(FIRST_ROWS, sizeof *stats->rows);
	stats->row_capacity = FIRST_ROWS;
	if (!failed && stats->connect && stats->rows)
		return 0;
	lg_stats_release(stats);
	return -1;
}

void lg_stats_release(struct lg_stats *stats)
{
	for (int i = 0; i < LG_PHASES; i++)
		lg_histogram_free(stats->service[i]);
	lg_histogram_free(stats->connect);
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
	stats->latency = stats->service[phase];
	if (__builtin_expect(now >= stats->row_end, 0))
		next_row(stats, now);
}

void lg_stats_answer(struct lg_stats *stats, unsigned status, int64_t latency)
{
	struct lg_tally *tally = stats->tally;
	unsigned class = status / 100;

	lg_counter_add(&tally->requests, 1);
	lg_counter_add(&tally->status[class <= 5 ? class : 0], 1);
	stats->row->requests++;
	if (status >= 400) {
		lg_counter_add(&tally->failed, 1);
		stats->row->failed++;
	}
	lg_histogram_record(stats->latency, (uint64_t)(latency + LG_NS_PER_US / 2) / LG_NS_PER_US);
}

void lg_stats_error(struct lg_stats *stats, enum lg_error_kind kind)
{
	lg_counter_add(&stats->tally->requests, 1);
	lg_counter_add(&stats->tally->errors[kind], 1);
	lg_counter_add(&stats->tally->failed, 1);
	stats->row->requests++;
	stats->row->failed++;
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
}
