#include "capture/attribution.h"

#include <stdlib.h>
#include <string.h>

#include "capture/findings_rules.h"

/* Of which the words are looked at only when they are called directly. */
static uint32_t direct_patterns(void)
{
	uint32_t ret = 0;

	for (size_t i = 0; i < RULE_WORDS; i++)
		if (findings_rules[i].direct)
			ret |= RULE_BIT(i);
	return ret;
}

static void look_at_functions(struct attribution *attribution)
{
	const struct cap_profile *profile = attribution->profile;

	for (size_t i = 0; i < profile->function_count; i++) {
		const struct profile_function *function = &profile->functions[i];
		const char *name = profile_text(profile, function->shown);

		attribution->functions[i].patterns = findings_patterns(name);
		attribution->functions[i].code = go_code_of(name, profile_text(profile, function->file));
	}
}

/* A walk over the frames of one stack, the leaf first. */
struct walk {
	const struct cap_profile *profile;
	uint32_t frame, end, line;
};

static struct walk walk_begin(const struct cap_profile *profile, size_t sample)
{
	return (struct walk){profile, profile->frame_start[sample], profile->frame_start[sample + 1], 0};
}

/* The next frame that has a function; NULL: the stack is through. */
static const struct profile_line *walk_next(struct walk *walk)
{
	while (walk->frame < walk->end) {
		const struct profile_location *location =
			&walk->profile->locations[walk->profile->frames[walk->frame]];

		if (walk->line < location->line_count)
			return &walk->profile->lines[location->lines + walk->line++];
		walk->frame++;
		walk->line = 0;
	}
	return NULL;
}

static uint32_t without_excluded(uint32_t patterns)
{
	uint32_t ret = patterns;

	for (size_t i = 0; i < RULE_COUNT; i++)
		if (patterns & findings_rules[i].unless)
			ret &= ~RULE_BIT(i);
	return ret;
}

static void set_place(struct attribution_stack *stack, const struct profile_line *line)
{
	stack->function = line->function;
	stack->line = line->line;
}

static void look_at_stack(struct attribution *attribution, size_t sample, uint32_t direct)
{
	struct attribution_stack *stack = &attribution->stacks[sample];
	struct walk walk = walk_begin(attribution->profile, sample);
	const struct profile_line *line;
	uint32_t waiting = 0, found = 0;
	bool module = false;

	stack->function = PROFILE_NONE;
	while ((line = walk_next(&walk))) {
		const struct attribution_function *function = &attribution->functions[line->function];

		if (function->code != GO_RUNTIME) {
			found |= function->code == GO_LIBRARY ? 0 : waiting;
			waiting = 0;
		}
		if (function->code == GO_OWN || !module)
			set_place(stack, line);
		if (function->code == GO_OWN)
			break;
		module |= function->code == GO_MODULE;
		found |= function->patterns & ~direct;
		waiting |= function->patterns & direct;
	}
	stack->patterns = without_excluded(found);
}

enum cap_status attribution_init(struct attribution *ret, const struct cap_profile *profile,
                                 struct cap_error *error)
{
	struct attribution attribution = {.profile = profile};
	uint32_t direct = direct_patterns();

	attribution.functions = calloc(profile->function_count + 1, sizeof *attribution.functions);
	attribution.stacks = calloc(profile->sample_count + 1, sizeof *attribution.stacks);
	if (!attribution.functions || !attribution.stacks) {
		attribution_release(&attribution);
		return profile_error(error, CAP_MEMORY, "profile: out of memory");
	}
	look_at_functions(&attribution);
	for (size_t i = 0; i < profile->sample_count; i++)
		look_at_stack(&attribution, i, direct);
	*ret = attribution;
	return CAP_OK;
}

void attribution_release(struct attribution *attribution)
{
	free(attribution->functions);
	free(attribution->stacks);
	*attribution = (struct attribution){0};
}

uint32_t attribution_outermost(const struct attribution *attribution, size_t sample, uint32_t pattern)
{
	struct walk walk = walk_begin(attribution->profile, sample);
	const struct profile_line *line;
	uint32_t ret = PROFILE_NONE;

	while ((line = walk_next(&walk))) {
		const struct attribution_function *function = &attribution->functions[line->function];

		if (function->code == GO_OWN)
			break;
		if (function->patterns & pattern)
			ret = line->function;
	}
	return ret;
}

/* ---- adding up ------------------------------------------------------------- */

struct part {
	uint32_t name, function; /* the shown name, string 0 when there is none */
	int64_t line, value;
};

static int compare_parts(const void *left, const void *right)
{
	const struct part *a = left, *b = right;

	if (a->name != b->name)
		return a->name < b->name ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

static int compare_places(const void *left, const void *right)
{
	const struct cap_place *a = left, *b = right;

	if (a->value != b->value)
		return a->value > b->value ? -1 : 1;
	return strcmp(a->function, b->function);
}

static size_t gather(const struct attribution *attribution, size_t type, const bool *chosen,
                     struct part *parts)
{
	const struct cap_profile *profile = attribution->profile;
	size_t count = 0;

	for (size_t i = 0; i < profile->sample_count; i++) {
		const struct attribution_stack *stack = &attribution->stacks[i];
		int64_t value = profile->values[i * profile->type_count + type];

		if (value <= 0 || (chosen && !chosen[i]))
			continue;
		parts[count] = (struct part){0, stack->function, stack->line, value};
		if (stack->function != PROFILE_NONE)
			parts[count].name = profile->functions[stack->function].shown;
		count++;
	}
	qsort(parts, count, sizeof *parts, compare_parts);
	return count;
}

static struct cap_place place_of(const struct attribution *attribution, const struct part *part)
{
	const struct cap_profile *profile = attribution->profile;
	const struct profile_function *function;

	if (part->function == PROFILE_NONE)
		return (struct cap_place){.function = "<unknown>", .file = ""};
	function = &profile->functions[part->function];
	return (struct cap_place){.function = profile_text(profile, function->shown),
	                          .file = profile_text(profile, function->file),
	                          .own = attribution->functions[part->function].code == GO_OWN};
}

/* Parts of one name follow each other, and of those the ones of one line. */
static size_t sum_up(const struct attribution *attribution, const struct part *parts, size_t count,
                     struct cap_place *places)
{
	size_t ret = 0, i = 0;

	while (i < count) {
		struct cap_place place = place_of(attribution, &parts[i]);
		uint32_t name = parts[i].name;
		int64_t most = 0;

		while (i < count && parts[i].name == name) {
			int64_t line = parts[i].line, value = 0;

			for (; i < count && parts[i].name == name && parts[i].line == line; i++)
				value = profile_sum(value, parts[i].value);
			place.value = profile_sum(place.value, value);
			if (value > most) {
				most = value;
				place.line = line;
			}
		}
		places[ret++] = place;
	}
	return ret;
}

enum cap_status attribution_places(const struct attribution *attribution, size_t type, const bool *chosen,
                                   struct cap_place **ret, size_t *ret_count, struct cap_error *error)
{
	size_t most = attribution->profile->sample_count + 1, count;
	struct part *parts = malloc(most * sizeof *parts);
	struct cap_place *places = malloc(most * sizeof *places);

	if (!parts || !places) {
		free(parts);
		free(places);
		return profile_error(error, CAP_MEMORY, "profile: out of memory");
	}
	count = gather(attribution, type, chosen, parts);
	*ret_count = sum_up(attribution, parts, count, places);
	qsort(places, *ret_count, sizeof *places, compare_places);
	free(parts);
	*ret = places;
	return CAP_OK;
}

enum cap_status cap_profile_places(const struct cap_profile *profile, size_t type, struct cap_place **ret,
                                   size_t *ret_count, struct cap_error *error)
{
	struct attribution attribution;
	enum cap_status status = attribution_init(&attribution, profile, error);

	if (status != CAP_OK)
		return status;
	status = attribution_places(&attribution, type, NULL, ret, ret_count, error);
	attribution_release(&attribution);
	return status;
}
