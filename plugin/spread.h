/*
 * How far figures of a profile are from those of chance alone. The samples of a
 * function in slices of the profile would be Poisson distributed if each fell for
 * itself; garbage collections, bursts and the load's own variation make them vary
 * more. The factor is chi squared over its degrees of freedom (quasi-Poisson, from
 * 4 slices on): a row's own, drawn towards that of all rows since few slices say
 * little, and never below 1.
 */
#ifndef PLUGIN_SPREAD_H
#define PLUGIN_SPREAD_H

#include <stddef.h>

#define SPREAD_SLICES 4 /* the least */

/* A name and its samples, in a slice or in all. */
struct spread_item {
	const char *name;
	double samples;
};

struct spread {
	struct spread_item *rows; /* by name */
	double *chi;              /* of each row: the sum of y * y / expected over the slices */
	size_t count, slices;
	double seconds; /* of all slices */
	double pooled;  /* the factor of all rows, 0: not worked out */
};

/* `rows` are those of the whole profile, which takes `seconds` (any unit that the slices have too). Copied.
 */
void spread_init(struct spread *spread, const struct spread_item *rows, size_t count, double seconds);
/* A slice's rows, in any order. */
void spread_add(struct spread *spread, const struct spread_item *rows, size_t count, double seconds);
/* The factor of a row's variance, 1 when there are too few slices or no such row. */
double spread_factor(struct spread *spread, const char *name);
void spread_release(struct spread *spread);

#endif
