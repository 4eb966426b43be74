/* A server of one answer, and requests to it. */
#ifndef TESTS_CAPTURE_SITE_H
#define TESTS_CAPTURE_SITE_H

#include "bed.h"

/* A server that keeps the request and answers, on each connection once. */
struct site {
	const char *answer;  /* NULL: 200 "hello" */
	size_t size;         /* 0: strlen */
	size_t given;        /* bytes of it that are sent; 0: all */
	bool by_number;      /* the n-th connection is given n bytes */
	bool resets, stays;  /* at the end: resets, or waits for the client to end */
	const char *endless; /* repeated after the answer until the client goes */
	char head[8192], body[1024];
	_Atomic unsigned served;
};

/* Serves a struct site. */
void script_site(struct peer *peer, void *context);

/* Asks (for "/path", unless the request says otherwise); the answer is put into *ret, the line into *error.
 */
enum cap_status ask(const struct cap_endpoint *endpoint, struct cap_request request, struct cap_response *ret,
                    struct cap_error *error);
/* It fails with that status and those words. */
void assert_failed(const struct cap_endpoint *endpoint, struct cap_request request, enum cap_status status,
                   const char *words);
/* The answer is a 200 with that body. */
void assert_answered(const struct cap_endpoint *endpoint, struct cap_request request, const char *body);

#endif
