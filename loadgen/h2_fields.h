/* The fields of a request in HTTP/2 (RFC 9113, section 8.3). */
#ifndef LOADGEN_H2_FIELDS_H
#define LOADGEN_H2_FIELDS_H

#include <nghttp2/nghttp2.h>

struct lg_rendered;
struct lg_text;
struct lg_vu;

/* Where a field's value comes from when the request has places to fill in; else which of the target's
 * headers. */
enum { LG_H2_FIXED = -1, LG_H2_PATH = -2, LG_H2_LENGTH = -3 };

struct lg_h2_fields {
	size_t count;
	char *text; /* their names and values */
	int *sources;
	nghttp2_nv fields[];
};

/* Writes the fields of one request into `ret`, which has room for all of them. */
void lg_h2_fill(const struct lg_h2_fields *fields, const struct lg_rendered *rendered, nghttp2_nv *ret);

/* Room for the fields of a request that is filled in; `fields` is freed by its owner. All-zero: none yet. */
struct lg_h2_filled {
	nghttp2_nv *fields;
	size_t room;
};

/* The fields and the body of a request that has places to fill in; NULL when memory is out. */
const nghttp2_nv *lg_h2_fill_request(struct lg_h2_filled *filled, struct lg_vu *vu, struct lg_text *ret_body);

#endif
