/*
 * Two releases held against each other: what a request costs in CPU, function by function, how long it takes,
 * how many are served and how many fail, each with an interval and with words that go no further than the
 * data.
 *
 * A side (base, new) is one run or several. Everything is a rate, never a share: samples of a profile over
 * the requests it covers. How far such a rate varies is
 *
 *   the sampling itself   counts vary by their square root (Poisson), at the least
 *   within a run          from its slices, as a factor phi on that variance (Pearson's statistic over its
 * degrees of freedom), once there are 4 degrees of freedom or more. Of 705 functions in 20 recorded runs phi
 * was 0.98 on average, so that a single one is drawn towards 1 (with the weight of 20 degrees of freedom) and
 * is never less from run to run       from the runs of a side, likewise, once there are 4 degrees of freedom
 * (six runs on two sides): where it is beyond that of the slices (an F test at 5 %) it is taken alone, else
 *                         both are pooled. With fewer runs it is assumed: a standard deviation of run_spread
 * in every figure of a run, of twice that for time in the kernel and p95, three times for p99, ten times for
 * p99.9. With 4 % that is what those 20 runs had (3.9 % for the whole cost, 3.6 % for p50, 8.6 % in the
 * kernel; nearly every other function had none)
 *
 * The test is the conditional one of two Poisson rates: of n samples in all, the new side's are binomial with
 * the new side's part of the exposure. Below 10 samples on a side that is worked out exactly, else by the
 * normal distribution (t with the degrees of freedom that phi has). Rows are findings by Benjamini and
 * Hochberg at q = 0.05, functions (of 10 samples and more) and headlines each among themselves, and only if
 * the change is large enough to matter (compare_matters). Nothing is ever said to be unchanged: what is no
 * finding is "not distinguishable", with the change that could hide.
 */
#ifndef PLUGIN_COMPARE_H
#define PLUGIN_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/capture.h"
#include "loadgen/loadgen.h"
#include "plugin/error.h"
#include "plugin/run_read.h"

enum { BASE, NEW, SIDES };

/* Degrees of freedom from which on the runs themselves tell how far they differ. */
#define COMPARE_RUNS_DF    4
#define COMPARE_RUN_SPREAD 0.04

#define COMPARE_RUNS_MAX 64 /* of both sides */
#define COMPARE_Q        0.05
#define COMPARE_SAMPLES  10    /* in both sides together: below that a function is not tested */
#define COMPARE_POINTS   0.01  /* of the base's whole cost: a change from there on matters */
#define COMPARE_CHANGE   0.05  /* and so does this part of the row's own value */
#define COMPARE_ERRORS   0.001 /* share of failed requests */

/* ---- counts ------------------------------------------------------------------------ */

/*
 * What was counted when. Exposure is what counts are divided by for the figure that people read: for CPU
 * samples requests over the sampling period, so that samples / exposure is nanoseconds a request.
 */
struct compare_blocks {
	size_t run_count, slice_count;
	int *side;         /* of each run */
	double *run_x;     /* exposure of each run */
	size_t *slice_run; /* of each slice, ascending; a run without slices has none */
	double *slice_x;
	double run_spread; /* assumed while the runs are too few to tell */
};
void compare_blocks_release(struct compare_blocks *blocks);

/* What can be said of two rates. */
struct compare_effect {
	double value[SIDES]; /* count over exposure; NAN: no exposure */
	double count[SIDES], exposure[SIDES];
	double change, low, high; /* new over base less 1, and its interval of 95 %; NAN: one side is 0 */
	double p;
	double phi, df; /* what the interval rests on; df INFINITY: phi is taken as it is */
};

/* `floored`: phi is at least 1, as it is for what is sampled; else a spread from run to run is taken as it
 * is. */
void compare_counts(const struct compare_blocks *blocks, const double *run_k, const double *slice_k,
                    bool floored, struct compare_effect *ret);

/* CPU samples of every function. */
struct compare_table {
	struct compare_blocks blocks;
	size_t count;
	char **names;
	float *run_k, *slice_k;      /* count rows of blocks.run_count and .slice_count */
	double *run_all, *slice_all; /* all samples: with `cum` rows do not add up to it */
	bool per_request;            /* else there were no requests: exposures are seconds, values cores */
};
void compare_table_release(struct compare_table *table);

/* ---- rows ---------------------------------------------------------------------------- */

enum compare_kind {
	COMPARE_COST,     /* ns of CPU a request; cores without requests */
	COMPARE_RATE,     /* requests a second */
	COMPARE_LATENCY,  /* us */
	COMPARE_FAILED,   /* share of the requests */
	COMPARE_FUNCTION, /* as cost */
};

struct compare_row {
	enum compare_kind kind;
	char *name; /* "cost", "rate", "p99", "response-p99", "errors", or a function's: control characters
	               are out, no more */
	struct compare_effect effect;
	double points; /* functions: the change as a part of the base's whole cost */
	bool unknown;  /* the figures are there but not how far they vary: never a finding */
	bool tested;
	bool told; /* a finding */
};

struct compare_rows {
	struct compare_row *items;
	size_t count;
};
/* An empty row at the end. */
struct compare_row *compare_rows_add(struct compare_rows *rows, enum compare_kind kind, const char *name);
void compare_rows_release(struct compare_rows *rows);

/* Is the change large enough to be worth a word? */
bool compare_matters(const struct compare_row *row);
/* Marks the findings among rows. */
void compare_judge(struct compare_rows *rows);
/* The largest change, as a part of the base's value (of COMPARE_FAILED: as a share), that the interval holds.
 */
double compare_hidden(const struct compare_row *row);
/* Half the interval of 95 %. */
double compare_error(const struct compare_row *row);

/* The row of the whole cost, then the functions with samples, judged: findings first, by the size of the
 * change. */
void compare_cost(const struct compare_table *table, struct compare_rows *heads,
                  struct compare_rows *functions);

/* ---- runs ------------------------------------------------------------------------------ */

struct compare_run {
	struct run_read read;
	int side;
	struct run_second *seconds; /* of the window; NULL: not known */
	size_t second_count;
	struct lg_histogram *latency[2]; /* service, response; NULL: there is none */
	double cores;                    /* CPU of the profile over its time; -1: no profile */
};

struct compare_notes {
	struct compare_note {
		bool grave; /* the figures may differ for that reason alone, or cannot be trusted */
		char *text;
	} * items;
	size_t count;
};
void compare_note(struct compare_notes *notes, bool grave, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

struct comparison {
	struct compare_run runs[COMPARE_RUNS_MAX];
	size_t run_count;
	double run_spread; /* assumed while the runs are too few to tell, as a part of a figure */
	bool cum;
	struct compare_rows heads, functions;
	struct compare_notes notes;
	bool untrusted; /* one of the runs */
};

/* The folders of each side's runs. */
struct compare_paths {
	const char *const *paths[SIDES];
	size_t counts[SIDES];
};

/* Reads the runs and compares them. 0, or -1 with a line. Release it either way. */
int compare_runs(const struct compare_paths *paths, bool cum, double run_spread, struct comparison *ret,
                 struct error *error);
void comparison_release(struct comparison *comparison);

/* The runs are enough to tell how far they differ. */
bool compare_knows_runs(const struct comparison *comparison);

/* compare_read.c: the samples of the runs by function. */
int compare_table_read(struct comparison *comparison, struct compare_table *ret, struct error *error);
/* compare_load.c: rate, latencies and errors; the rows go to comparison->heads. */
int compare_load(struct comparison *comparison, struct error *error);
/* compare_notes.c: what the runs' plans and verdicts say against comparing them. */
void compare_notes_make(struct comparison *comparison);

#endif
