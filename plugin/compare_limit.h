/*
 * What a comparison must not show: --fail-on METRIC>NUMBER% (or METRIC<-NUMBER%).
 *
 *     cost           CPU a request            p50 p90 p95 p99 p99.9            latency, sent to done
 *     rate           requests a second        response-p50 and so on           due to done: a load by rate
 *     errors         the failed share of the requests; NUMBER is in percentage points
 *     function       the function that grew most; NUMBER is in per cent of the base's whole cost a request
 *
 * NUMBER is 0 to 1000000, with or without a decimal part; blanks may stand around each part. A limit is
 * broken when the figure changed by more and the change is distinguishable from none; undecided when it is
 * not broken and a change beyond the limit could hide.
 */
#ifndef PLUGIN_COMPARE_LIMIT_H
#define PLUGIN_COMPARE_LIMIT_H

#include "plugin/compare.h"
#include "plugin/options.h"

enum compare_state { LIMIT_HOLDS, LIMIT_UNDECIDED, LIMIT_BROKEN, LIMIT_ABSENT };

struct compare_limit {
	const char *text;   /* as it was given, borrowed */
	const char *metric; /* static */
	double limit;       /* 0.05 of 5%; below 0 with '<' */
	/* after compare_limit_check: */
	enum compare_state state;
	const struct compare_row *row; /* what it was told by; NULL: there is none */
};

/* 0, or -1 with a line (exit 2) that names the column. */
int compare_limit_parse(const char *text, struct compare_limit *ret, struct error *error);
void compare_limit_check(struct compare_limit *limit, const struct comparison *comparison);
/* "holds", "undecided", "broken", "absent". */
const char *compare_state_name(enum compare_state state);

#endif
