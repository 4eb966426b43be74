#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "capture/profile.h"

#define EXPRESSION_MAX 1024
#define PLUS_MAX       8    /* libc copies what a '+' repeats: nested ones double each time */
#define TEXT_MAX       4096 /* libc keeps a state for each character it saw, until it compiles again */
#define NAME_MAX_MATCH 8192

enum prune { PRUNE_UNKNOWN, PRUNE_NO, PRUNE_YES };

struct pruner {
	struct cap_profile *profile;
	regex_t drop, keep;
	bool has_drop, has_keep;
	size_t seen;                /* characters matched since the expressions were compiled */
	unsigned char *of_string;   /* enum prune by name */
	unsigned char *of_location; /* what of a location matched */
};

enum matched { MATCHED_NONE, MATCHED_INLINED, MATCHED_WHOLE };

static bool is_safe(const char *expression)
{
	size_t plus = 0;

	if (strlen(expression) > EXPRESSION_MAX || strchr(expression, '{'))
		return false;
	for (const char *c = expression; *c; c++)
		plus += *c == '+';
	if (plus > PLUS_MAX)
		return false;
	for (const char *c = strchr(expression, '\\'); c; c = strchr(c + 2, '\\'))
		if (!c[1] || isdigit((unsigned char)c[1]))
			return false;
	return true;
}

static bool compile(regex_t *ret, const char *expression)
{
	char anchored[EXPRESSION_MAX + 8];

	if (!*expression || !is_safe(expression))
		return false;
	snprintf(anchored, sizeof anchored, "^(%s)$", expression);
	return regcomp(ret, anchored, REG_EXTENDED | REG_NOSUB) == 0;
}

/* simplifyFunc: without the dot of old PowerPC and from the first '(' on, but for C++'s reserved names. */
static void simple_name(const char *name, char out[NAME_MAX_MATCH])
{
	static const char *const reserved[] = {"(anonymous namespace)", "operator()"};
	size_t used = 0, skip;

	if (*name == '.')
		name++;
	while (*name && used < NAME_MAX_MATCH - 32) {
		skip = 0;
		for (size_t i = 0; i < 2 && !skip; i++)
			if (strncmp(name, reserved[i], strlen(reserved[i])) == 0)
				skip = strlen(reserved[i]);
		if (!skip && *name == '(')
			break;
		skip += !skip;
		memcpy(out + used, name, skip);
		used += skip;
		name += skip;
	}
	out[used] = '\0';
}

static void release(struct pruner *pruner)
{
	if (pruner->has_drop)
		regfree(&pruner->drop);
	if (pruner->has_keep)
		regfree(&pruner->keep);
	pruner->has_drop = pruner->has_keep = false;
}

/* Is there something to drop? An expression that cannot be used means no. */
static bool compile_both(struct pruner *pruner)
{
	const char *drop = profile_text(pruner->profile, pruner->profile->drop_frames);
	const char *keep = profile_text(pruner->profile, pruner->profile->keep_frames);

	pruner->seen = 0;
	pruner->has_drop = compile(&pruner->drop, drop);
	if (pruner->has_drop && *keep)
		pruner->has_keep = compile(&pruner->keep, keep);
	return pruner->has_drop && (pruner->has_keep || !*keep);
}

static bool match_name(struct pruner *pruner, const char *name)
{
	pruner->seen += strlen(name);
	if (pruner->seen > TEXT_MAX) {
		release(pruner);
		compile_both(pruner);
	}
	return pruner->has_drop && regexec(&pruner->drop, name, 0, NULL, 0) == 0 &&
	       (!pruner->has_keep || regexec(&pruner->keep, name, 0, NULL, 0) != 0);
}

static bool matches(struct pruner *pruner, uint32_t string)
{
	char name[NAME_MAX_MATCH];
	bool yes;

	if (!string)
		return false;
	if (pruner->of_string[string] == PRUNE_UNKNOWN) {
		simple_name(profile_text(pruner->profile, string), name);
		yes = match_name(pruner, name);
		pruner->of_string[string] = yes ? PRUNE_YES : PRUNE_NO;
	}
	return pruner->of_string[string] == PRUNE_YES;
}

/* The outermost match goes with all that was inlined into it. */
static enum matched prune_location(struct pruner *pruner, struct profile_location *location)
{
	const struct cap_profile *profile = pruner->profile;
	uint32_t left = location->line_count;

	while (left &&
	       !matches(pruner,
	                profile->functions[profile->lines[location->lines + left - 1].function].shown))
		left--;
	if (!left)
		return MATCHED_NONE;
	if (left == location->line_count)
		return MATCHED_WHOLE;
	location->lines += left;
	location->line_count = (location->line_count - left) & 0x7fffffff;
	return MATCHED_INLINED;
}

/* Where the stack of a sample begins now. What matches before the first frame that stays, from the root,
 * stays too. */
static uint32_t prune_stack(const struct pruner *pruner, uint32_t start, uint32_t end)
{
	bool found_user = false;

	for (uint32_t i = end; i-- > start;) {
		enum matched matched = pruner->of_location[pruner->profile->frames[i]];

		if (matched == MATCHED_NONE)
			found_user = true;
		else if (found_user)
			return matched == MATCHED_WHOLE ? i + 1 : i;
	}
	return start;
}

static void prune_samples(struct pruner *pruner)
{
	struct cap_profile *profile = pruner->profile;
	uint32_t start = 0, out = 0, end, first;

	for (size_t i = 0; i < profile->sample_count; i++) {
		end = profile->frame_start[i + 1];
		first = prune_stack(pruner, start, end);
		memmove(profile->frames + out, profile->frames + first,
		        (end - first) * sizeof *profile->frames);
		out += end - first;
		profile->frame_start[i + 1] = out;
		start = end;
	}
}

static bool prune(struct pruner *pruner)
{
	struct cap_profile *profile = pruner->profile;

	if (!profile->location_count)
		return true;
	pruner->of_string = calloc(profile->strings.count, 1);
	pruner->of_location = calloc(profile->location_count, 1);
	if (!pruner->of_string || !pruner->of_location)
		return false;
	for (size_t i = 0; i < profile->location_count; i++)
		pruner->of_location[i] = (unsigned char)prune_location(pruner, &profile->locations[i]);
	prune_samples(pruner);
	return true;
}

bool profile_prune(struct cap_profile *profile)
{
	struct pruner pruner = {.profile = profile};
	bool ok = true;

	if (compile_both(&pruner))
		ok = prune(&pruner);
	release(&pruner);
	free(pruner.of_string);
	free(pruner.of_location);
	return ok;
}
