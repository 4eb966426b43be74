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

struct lg_host;
struct lg_h2_fields;

struct lg_request {
	struct lg_target target; /* its texts are the plan's */
	const struct lg_host *host;
	char *bytes; /* HTTP/1.1: head and body */
	size_t size;
	struct lg_h2_fields *h2; /* HTTP/2: its fields, NULL: HTTP/1.1 alone; see h2.h */
	bool head_only;          /* HEAD: the answer has no body */
	bool idempotent;         /* may be sent again (RFC 9110, section 9.2.2) */
};

/* "GET", or what the target says; static or the target's. */
const char *lg_target_method(const struct lg_target *target);
/* A body's length is sent, be it 0. */
bool lg_target_has_length(const struct lg_target *target);
bool lg_target_has_header(const struct lg_target *target, const char *name);
/* Of "Name: value": has it this name, in whatever case? */
bool lg_header_is(const char *header, const char *name);
/* The value of "Name: value" without the white space around it. */
const char *lg_header_value(const char *header, size_t *ret_size);
/* Method and headers are well-formed; 0, or -1 with a line. */
int lg_request_check(const struct lg_target *target, char error[LG_ERROR_SIZE]);

/* The HTTP/1.1 bytes for a target that passed the check; 0, or -1 with a line and *ret untouched. */
int lg_request_init(struct lg_request *ret, const struct lg_target *target, const struct lg_url *url,
                    bool keep_alive, char error[LG_ERROR_SIZE]);
void lg_request_release(struct lg_request *request);

#endif
