/*
 * Each stack of a profile looked at once: whose it is (its place, cap_profile_places
 * in capture.h says which that is) and which patterns lie between the leaf and the
 * first frame of the program's own. What findings and places are both made from.
 * Private to capture/.
 */
#ifndef CAPTURE_ATTRIBUTION_H
#define CAPTURE_ATTRIBUTION_H

#include "capture/go_name.h"
#include "capture/profile.h"

/* What one function of the profile is. */
struct attribution_function {
	uint32_t patterns; /* bit i: rule i of findings_rules.h names it */
	enum go_code code;
};

/* A sample's stack. */
struct attribution_stack {
	uint32_t patterns; /* as the rules want them */
	uint32_t function; /* of the place; PROFILE_NONE: no frame has a name */
	int64_t line;
};

struct attribution {
	const struct cap_profile *profile;
	struct attribution_function *functions;
	struct attribution_stack *stacks;
};

enum cap_status attribution_init(struct attribution *ret, const struct cap_profile *profile,
                                 struct cap_error *error);
void attribution_release(struct attribution *attribution);

/* The outermost function with the pattern in the part of a sample's stack that counts; PROFILE_NONE: none. */
uint32_t attribution_outermost(const struct attribution *attribution, size_t sample, uint32_t pattern);

/*
 * The samples for which chosen[i] (NULL: all) added up by place, descending. Only
 * positive values. malloc'd; strings belong to the profile.
 */
enum cap_status attribution_places(const struct attribution *attribution, size_t type, const bool *chosen,
                                   struct cap_place **ret, size_t *ret_count, struct cap_error *error);

#endif
