/*
 * Kubernetes quantities (apimachinery/pkg/api/resource), exact in integers:
 * [+-]digits[.digits] with a suffix n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an
 * exponent e/E[+-]digits. Rounds up (away from zero), saturates at INT64_MAX.
 */
#ifndef PLUGIN_QUANTITY_H
#define PLUGIN_QUANTITY_H

#include <stdint.h>

/* `text` in units of 10^-places (0: whole, 3: milli, 9: nano), rounded away from zero. -1: malformed. */
int quantity_parse(const char *text, int places, int64_t *ret);
/* "250m" as kubectl top prints CPU: nanocores rounded up to milli. */
int64_t quantity_milli(int64_t nano);

#endif
