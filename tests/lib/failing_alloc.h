/*
 * Allocations that fail, one run after another, in whatever library they are made: this malloc takes the
 * place of the C library's, or of the sanitizer's. Linked into a test with -Wl,--wrap=pthread_create; for a
 * whole program there is failing_program.c.
 *
 *   struct failing walk = {0};
 *
 *   while (failing_next(&walk)) {
 *           failing_begin(&walk);
 *           what is tested
 *           failing_end(&walk);
 *           failing_hit(&walk) says if an allocation has failed
 *   }
 *
 * The walk goes over all allocations thrice. First only over those that our own code makes itself, each
 * failing in turn. Then over all of them, OpenSSL's and curl's too; last again, and from the one on that
 * fails all others fail as well. There are thousands of those: from the 200th on it goes in strides, which
 * grow.
 *
 * Only the thread that asks is meant, and those that our own code starts meanwhile, and so on: the servers of
 * a test, started before, are left alone.
 */
#ifndef TESTS_LIB_FAILING_ALLOC_H
#define TESTS_LIB_FAILING_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum failing_kind { FAILING_OWN, FAILING_ANY, FAILING_ALL_BEHIND, FAILING_KINDS };

struct failing {
	enum failing_kind kind;
	uint64_t nth;   /* the allocation that fails, from 1 */
	uint64_t asked; /* how many there were in the last run */
	unsigned runs;
};

/* False: it has been over all. */
bool failing_next(struct failing *walk);
void failing_begin(const struct failing *walk);
void failing_end(struct failing *walk);
bool failing_hit(const struct failing *walk);
/* "own 17", for messages. */
const char *failing_name(const struct failing *walk, char ret[40]);

/* Should an allocation of the calling thread, by code at `caller`, fail? Counts it. */
bool failing_now(const void *caller);

#endif
