/* The fields of a request in HTTP/2 (RFC 9113, section 8.3). */
#ifndef LOADGEN_H2_FIELDS_H
#define LOADGEN_H2_FIELDS_H

#include <nghttp2/nghttp2.h>

struct lg_h2_fields {
	size_t count;
	char *text; /* their names and values */
	nghttp2_nv fields[];
};

#endif
