/*
 * gzip (RFC 1952) in memory, through zlib.
 */
#ifndef CAPTURE_GZIP_H
#define CAPTURE_GZIP_H

#include "capture/capture.h"

/* Do the bytes begin as gzip does? */
bool gzip_is(const void *data, size_t size);

/*
 * Decompresses every member of `data`, one after the other (RFC 1952, 2.2);
 * bytes that follow the last one and are no member are an error, as in Go.
 * The buffer grows with what comes out of the stream, never by what the
 * trailer claims. CAP_TOO_BIG beyond `ceiling` bytes, CAP_FORMAT when cut short
 * or damaged. *ret is malloc'd.
 */
enum cap_status gzip_inflate(const void *data, size_t size, size_t ceiling, unsigned char **ret,
                             size_t *ret_size, struct cap_error *error);

/* Compresses into one member, without name or time: the same bytes each time. *ret is malloc'd. */
enum cap_status gzip_deflate(const void *data, size_t size, unsigned char **ret, size_t *ret_size,
                             struct cap_error *error);

#endif
