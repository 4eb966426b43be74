/*
 * Values of profiles with their units, as `go tool pprof` writes them
 * (github.com/google/pprof, internal/measurement). figures.h is for what is ours.
 */
#ifndef PLUGIN_MEASURE_H
#define PLUGIN_MEASURE_H

#include <stdint.h>

#define MEASURE_TEXT 64

/*
 * `value` of the unit `from` ("nanoseconds", "bytes", "count"...) in the unit
 * `to`; "minimum" picks the largest in which it is not below 1. *ret_unit is a
 * name in print ("ms"), "" where none is shown, or `to`.
 */
double measure_scale(int64_t value, const char *from, const char *to, const char **ret_unit);
/* "1.30s", "512.17kB", "12": at most two decimals; cut to fit. Returns ret. */
const char *measure_text(int64_t value, const char *from, const char *to, char ret[MEASURE_TEXT]);
/* "13.08%", " 0.77%", "  100%": six wide; of 0 it is 0. Returns ret. */
const char *measure_percent(int64_t value, int64_t total, char ret[16]);
/*
 * The unit for a column: one in which the smallest value (absolute; 0: none)
 * still shows, up to 100 times larger if the total is that much more.
 */
const char *measure_unit(int64_t smallest, int64_t total, const char *unit);

#endif
