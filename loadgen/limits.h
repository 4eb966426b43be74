/* What the machine lets us have. */
#ifndef LOADGEN_LIMITS_H
#define LOADGEN_LIMITS_H

#include "loadgen/loadgen.h"

/* Cores this process may run on, at least 1. */
unsigned lg_limits_cores(void);

/* plan->threads, or the cores; never more than vus. */
unsigned lg_limits_threads(const struct lg_plan *plan);

/* The descriptors a plan needs are within the hard limit; 0, or -1 with a line. */
int lg_limits_check(const struct lg_plan *plan, char error[LG_ERROR_SIZE]);

/* Raises the soft limit as far as the plan needs; 0, or -1 with a line. */
int lg_limits_raise(const struct lg_plan *plan, char error[LG_ERROR_SIZE]);

#endif
