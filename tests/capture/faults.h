/* Connections through a tunnel that are expected to fail: the socket ends, and then the reason is known. */
#ifndef TESTS_CAPTURE_FAULTS_H
#define TESTS_CAPTURE_FAULTS_H

#include "bed.h"

/* Dials port 6060, sends a request, and expects the end, that status, those words. */
void fails_with(struct cap_tunnel *tunnel, enum cap_status status, const char *words);
/* The same twice, through a tunnel of its own. */
void server_fails_with(struct stand_in *server, enum cap_status status, const char *words);
void endpoint_fails_with(const struct cap_endpoint *endpoint, enum cap_status status, const char *words);

#endif
