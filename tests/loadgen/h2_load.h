/* Drives the engine against a stand-in server of HTTP/2. */
#ifndef TESTS_LOADGEN_H2_LOAD_H
#define TESTS_LOADGEN_H2_LOAD_H

#include "h2_server.h"
#include "load.h"

/* Of one thread, by prior knowledge. */
struct lg_plan h2_plan_for(const struct h2_server *server, unsigned vus, unsigned streams, uint64_t requests);

/* Starts the server and has the requests done. */
struct lg_result *run_against(const struct h2_behaviour *behaviour, struct h2_server *server, unsigned vus,
                              unsigned streams, uint64_t requests);

/* Until it has come to that, which it must not pass: the server's thread may still be busy with what came of
 * it last. */
void await(_Atomic uint64_t *counter, uint64_t wanted);

/* All were answered, and the server knows of each. */
void h2_assert_all_good(const struct lg_result *result, struct h2_server *server, uint64_t requests);

#endif
