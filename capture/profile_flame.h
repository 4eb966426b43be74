/*
 * What profile_flame.c (stacks into a tree) hands to profile_flame_order.c
 * (the tree pruned and put in order).
 */
#ifndef CAPTURE_PROFILE_FLAME_H
#define CAPTURE_PROFILE_FLAME_H

#include "capture/profile.h"

/* A node as it is made: parents before children, in the order of the samples. */
struct flame_node {
	uint32_t parent, name;     /* the root's parent is PROFILE_NONE; name: index of names */
	int64_t self[2], total[2]; /* of the profile, of the base */
	int64_t weight[2];         /* sums of absolute values: what pruning goes by */
	uint32_t depth;
};

struct flame_name {
	const char *text, *file; /* of one of the profiles */
	int64_t line;
};

struct flame_tree {
	struct flame_node *nodes;
	struct flame_name *names;
	size_t count, room, name_room;
	struct profile_index index;
	struct profile_strings strings; /* number i is the text of names[i] */
};

/* Sums up totals, prunes, sorts; *ret is malloc'd. False when memory is out. */
bool flame_order(struct flame_tree *tree, double prune_below, struct cap_flame **ret, size_t *ret_count);

#endif
