/* The bytes of the request, built once for a run. */
#ifndef LOADGEN_REQUEST_H
#define LOADGEN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/loadgen.h"
#include "loadgen/url.h"

/* Ceilings of what a plan may ask for. */
#define LG_REQUEST_MAX_HEAD (64U * 1024)
#define LG_REQUEST_MAX_BODY (256U * 1024 * 1024)

struct lg_request {
	char *bytes; /* head and body */
	size_t size;
	bool head_only;  /* HEAD: the answer has no body */
	bool idempotent; /* may be sent again (RFC 9110, section 9.2.2) */
};

/* Method and headers are well-formed; 0, or -1 with a line. */
int lg_request_check(const struct lg_plan *plan, char error[LG_ERROR_SIZE]);

/* Of a plan that passed the check; 0, or -1 with a line and *ret untouched. */
int lg_request_init(struct lg_request *ret, const struct lg_plan *plan, const struct lg_url *url,
                    char error[LG_ERROR_SIZE]);
void lg_request_release(struct lg_request *request);

#endif
