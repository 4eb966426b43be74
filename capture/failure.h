/* Filling struct cap_error. Private to capture. */
#ifndef CAPTURE_FAILURE_H
#define CAPTURE_FAILURE_H

#include <curl/curl.h>

#include "capture/capture.h"

/* Sets the line, cleaned of what a terminal would act on; returns `status`. */
enum cap_status failure_set(struct cap_error *error, enum cap_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* What libcurl reports of a transfer: `said` is its error buffer, may be empty. */
enum cap_status failure_of_curl(struct cap_error *error, CURL *curl, CURLcode code, const char *said);
/* An answer of status >= 400: the message of a Kubernetes Status, or "HTTP 502: " and the body's first line.
 * The body is followed by a NUL. */
enum cap_status failure_of_http(struct cap_error *error, long http_status, const char *body, size_t size);

/* Seconds of a Retry-After (RFC 9110, section 10.2.3), an hour at most; 0: it is a date, or nothing. */
unsigned failure_retry_after(const char *value, size_t length);

#endif
