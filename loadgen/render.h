/*
 * Requests that have places to fill in (template.h) in their URL's path and query, their headers' values or
 * their body. What a request comes to is a function of the run's seed and the request's number (lg_vu.seq),
 * by whichever protocol and however often it is sent.
 *
 * It is written into memory of its VU (lg_vu.text): got with the VU's first request, never grown, and good
 * until the VU's next request.
 */
#ifndef LOADGEN_RENDER_H
#define LOADGEN_RENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/template.h"
#include "loadgen/url.h"

#define LG_RENDER_MAX_BODY (64U * 1024 * 1024)

struct lg_request;
struct lg_vu;

struct lg_text {
	const char *data; /* not terminated */
	size_t size;
};

struct lg_render {
	struct lg_template path, body;
	struct lg_template *values; /* of the target's headers, in their order */
	size_t value_count;
	struct lg_text given;    /* path and query, as the target has them */
	char *head_text;         /* HTTP/1.1: all up to the body's length */
	struct lg_template head; /* HTTP/1.1: all up to the body */
	size_t most;             /* bytes of memory that one request takes */
};

/* The target's URL, read with a 0 for each character of its places; 0, or -1 with a line. */
int lg_render_url(const struct lg_target *target, const struct lg_plan *plan, struct lg_url *ret,
                  char error[LG_ERROR_SIZE]);
/* Are the places of a target that is well-formed otherwise? 0, or -1 with a line. */
int lg_render_check(const struct lg_target *target, const struct lg_plan *plan, char error[LG_ERROR_SIZE]);

/* For a request that is made and whose target passed the check: *ret is NULL when there is nothing to fill
 * in. 0, or -1 with a line. */
int lg_render_new(struct lg_render **ret, const struct lg_request *request, const struct lg_plan *plan,
                  char error[LG_ERROR_SIZE]);
void lg_render_free(struct lg_render *render);

/* HTTP/1.1: head and body of the VU's request; NULL when memory is out. */
const char *lg_render_bytes(struct lg_vu *vu, size_t *ret_size);

/* HTTP/2: the same in parts. */
struct lg_rendered {
	struct lg_text path, body, length; /* of the body, in digits */
	const struct lg_text
		*values; /* of the target's headers, in their order, without white space around */
};

/* 0, or -1 when memory is out. */
int lg_render_fields(struct lg_vu *vu, struct lg_rendered *ret);

#endif
