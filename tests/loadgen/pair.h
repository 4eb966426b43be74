/* A plain server, and TLS before it, with certificates that are made at the start of a group of tests. */
#ifndef TESTS_LOADGEN_PAIR_H
#define TESTS_LOADGEN_PAIR_H

#include "front.h"
#include "loadgen/loadgen.h"
#include "server.h"

struct identities {
	struct identity ca, other_ca;
	struct identity good;                   /* for localhost and 127.0.0.1 */
	struct identity other_name;             /* for others */
	struct identity expired;                /* else good */
	struct identity client, strange_client; /* by ca, by other_ca */
};
extern struct identities ids;

/* cmocka group fixtures. */
int make_identities(void **state);
int release_identities(void **state);

struct pair {
	struct server *server;
	struct front front;
};

/* The front's identity is ids.good unless it has one. */
void pair_start(struct pair *pair, const struct behaviour *behaviour, struct front_behaviour front);
void pair_stop(struct pair *pair);

/* Of one thread, to 127.0.0.1, trusting ids.ca. */
struct lg_plan plan_for(const struct pair *pair, unsigned vus, uint64_t requests);

/* All were answered, and the server knows of each. */
void assert_all_good(const struct lg_result *result, const struct pair *pair, uint64_t requests);

#endif
