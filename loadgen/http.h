/*
 * The answer parser of HTTP/1.x (RFC 9110, RFC 9112): incremental, split
 * anywhere, no allocation. Bodies are walked over (and looked into, with a match), never kept.
 *
 * Interim answers (1xx but 101) are skipped. A body ends by chunked coding, by
 * Content-Length, or with the connection, in that order; there is none after
 * HEAD, 204, 304 and 101. Lines may end with a bare LF.
 */
#ifndef LOADGEN_HTTP_H
#define LOADGEN_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/match.h"

/* Ceilings; beyond one the answer is broken. */
#define LG_HTTP_MAX_HEAD      (64U * 1024) /* bytes of all header and trailer sections of one answer */
#define LG_HTTP_MAX_FIELDS    1000U
#define LG_HTTP_MAX_EXTENSION (4U * 1024) /* bytes of one chunk's extensions */

enum lg_http_progress {
	LG_HTTP_MORE,  /* not whole yet */
	LG_HTTP_DONE,  /* whole: status and keep_alive are valid */
	LG_HTTP_BROKEN /* not HTTP/1.x or beyond a ceiling: error has words */
};

struct lg_http_memo;

struct lg_http {
	struct lg_match *match;    /* looks into the body; set after lg_http_begin, NULL: nobody does */
	struct lg_http_memo *memo; /* set after lg_http_begin, NULL: every head is read */
	const char *error;         /* static */
	uint64_t left;             /* of the body or the chunk */
	uint32_t head;             /* bytes of header sections so far */
	uint16_t status;
	uint16_t fields;
	uint16_t position; /* in the status line, a chunk's extensions or the digits of its size */
	uint8_t state;
	uint8_t field;        /* which header's value is being read */
	uint8_t token_length; /* of token; LG_HTTP_TOKEN is "too long to matter" */
	bool token_ended : 1; /* white space came after it */
	bool head_only : 1;   /* the request was HEAD */
	bool keep_alive : 1;  /* the connection may serve again */
	bool version_1_0 : 1;
	bool has_length : 1, has_coding : 1, chunked : 1, trailer : 1, close : 1, stay : 1;
#define LG_HTTP_TOKEN 20
	char token[LG_HTTP_TOKEN];
};

/*
 * The head of the last answer, and what it said. Servers repeat themselves: a head that is the same byte for
 * byte need not be read again. Zero it before use; it may serve many answers in turn.
 */
struct lg_http_memo {
#define LG_HTTP_MEMO 500 /* longer heads are read each time */
	uint16_t size;
	struct lg_http said;
	char head[LG_HTTP_MEMO];
};

/* Before each answer. */
void lg_http_begin(struct lg_http *http, bool head_only);

/* Feeds bytes; *ret_used is how many belonged to this answer (all, unless it is done or broken). */
enum lg_http_progress lg_http_feed(struct lg_http *http, const char *data, size_t size, size_t *ret_used);

/* The connection ended: DONE when that ends the body, else MORE (cut short). */
enum lg_http_progress lg_http_end(struct lg_http *http);

/* Not one byte of the answer has come. */
static inline bool lg_http_untouched(const struct lg_http *http)
{
	return !http->head;
}

#endif
