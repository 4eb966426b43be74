/*
 * One replica that works harder than the others: found in the CPU profiles of the same window, and told apart
 * by where the difference is. If all functions have grown alike, more requests reach it; if one stands out,
 * it does other work.
 */
#ifndef PLUGIN_HOT_REPLICA_H
#define PLUGIN_HOT_REPLICA_H

#include "plugin/replicas.h"

/* So many times the CPU of the others' mean, and by so many standard errors, makes it one. */
#define HOT_TIMES  1.3
#define HOT_ERRORS 4.0

struct hot_replica {
	bool found;
	size_t which;                /* of replicas.items */
	double cores, others, error; /* its own, the mean of the others; relative, of its own */
	char title[400], means[700];
	char function[256]; /* in which it does other work, "" if it does more of the same */
};

/* Of replicas that were measured. */
void hot_replica_find(const struct replicas *replicas, struct hot_replica *ret);
/* Adds it, if found, by its share: of the CPU of all. The finding borrows from `hot`. */
void hot_replica_add(const struct hot_replica *hot, const struct replicas *replicas,
                     struct cap_findings *findings);

#endif
