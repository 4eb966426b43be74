/*
 * Go's text dumps of goroutines, /debug/pprof/goroutine?debug=1 and debug=2
 * (runtime/pprof printCountProfile; runtime goroutineheader and traceback), as
 * profile.proto: one sample type, goroutine/count.
 *
 * debug=1 counts goroutines by stack; without the lines that name its frames a
 * stack is one of addresses. debug=2 has one sample a goroutine, with the labels
 * "state" ("chan receive"), "created_by" and, if it has waited that long,
 * "minutes". Lines that are neither header nor frame are passed over, as Go adds
 * some now and then; labels of goroutines are not read.
 */
#ifndef CAPTURE_PROFILE_TEXT_H
#define CAPTURE_PROFILE_TEXT_H

#include "capture/profile.h"
#include "capture/proto.h"

/* Does it begin as such a dump does? */
bool text_is_goroutines(const unsigned char *data, size_t size);
/* What kind of text it is, if it is one of Go's that cannot be read ("heap"); else NULL. */
const char *text_is_other(const unsigned char *data, size_t size);
/* Appends the profile to `out` (whose `failed` is to be looked at). CAP_FORMAT names the line. */
enum cap_status text_convert(const unsigned char *data, size_t size, struct proto_buffer *out,
                             struct cap_error *error);

#endif
