/*
 * One thread's counters and histograms. The thread writes; others look at the
 * relaxed counters at any time, and at the rows once the thread has ended.
 */
#ifndef LOADGEN_STATS_H
#define LOADGEN_STATS_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/counter.h"
#include "loadgen/histogram.h"
#include "loadgen/loadgen.h"

struct lg_tally {
	lg_counter requests, failed, bytes_sent, bytes_received;
	lg_counter status[6], errors[LG_ERROR_KINDS];
	lg_counter checks[LG_CHECKS][2], dropped, no_port;
};

struct lg_row {
	uint64_t requests, failed;
};

struct lg_latencies {
	struct lg_histogram *service[6];          /* by status class */
	struct lg_histogram *response, *lag;      /* NULL: no schedule */
	struct lg_histogram *apart[LG_MAX_APART]; /* by plan.apart */
};

struct lg_stats {
	struct lg_tally tallies[LG_PHASES];
	struct lg_latencies latencies[LG_PHASES];
	struct lg_histogram *connect, *handshake, *sending, *waiting, *receiving;
	int64_t expected_interval; /* closed model */
	uint16_t apart[LG_MAX_APART];
	size_t apart_count;
	lg_counter vus, in_flight;                  /* now */
	lg_counter vus_started, vus_peak, censored; /* ever */
	lg_counter connections;
	_Atomic int64_t last_start; /* when the last VU started, 0: none yet */
	_Atomic int64_t finished;   /* when plan.requests were done, 0: not yet */
	_Atomic unsigned last_status;
	/* where the current instant falls; see lg_stats_move */
	struct lg_tally *tally;
	struct lg_latencies *latency;
	struct lg_row *row, *rows; /* one a second, from `began` */
	size_t row_count, row_capacity;
	int64_t began, row_end;
};

/* A whole answer; instants in ns. */
struct lg_answer {
	unsigned status;
	bool good_status, good_body;
	int64_t scheduled, sent, flushed, first, done;
};

/* 0, or -1 when out of memory. */
int lg_stats_init(struct lg_stats *stats, const struct lg_plan *plan);
void lg_stats_release(struct lg_stats *stats);

/* The run begins: seconds count from here. */
void lg_stats_begin(struct lg_stats *stats, int64_t began);

/* The clock has moved: what is recorded next was done at `now`, in `phase`. */
void lg_stats_move(struct lg_stats *stats, int64_t now, enum lg_phase phase);

void lg_stats_answer(struct lg_stats *stats, const struct lg_answer *answer);
void lg_stats_error(struct lg_stats *stats, enum lg_error_kind kind);
/* A start that was given up. */
void lg_stats_drop(struct lg_stats *stats);

/* The sum of the threads' phases so far, added to *sum. */
void lg_tally_add(struct lg_counts *sum, const struct lg_tally *tally);

#endif
