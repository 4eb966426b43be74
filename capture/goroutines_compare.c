#include <stdlib.h>
#include <string.h>

#include "capture/profile.h"

#define LEAK_LEAST  10
#define LEAK_SHARE  10 /* per cent of idle */
#define STALL_LEAST 10

enum phase { IDLE, LOADED, AFTER, PHASES };

/* A stack in a state, over the phases. */
struct joined {
	const struct cap_goroutine_group *of[PHASES];
	uint32_t stack; /* the same for all states of one stack */
};

struct join {
	struct joined *items;
	size_t count, room;
	struct profile_index index, stacks;
	const struct cap_goroutines *dumps[PHASES];
	int64_t (*sums)[PHASES]; /* of each stack: goroutines in all states */
};

static const struct cap_goroutine_group *any_of(const struct joined *joined)
{
	for (int phase = LOADED; phase < PHASES; phase++)
		if (joined->of[phase])
			return joined->of[phase];
	return joined->of[IDLE];
}

static bool same_stack(const struct cap_goroutine_group *a, const struct cap_goroutine_group *b)
{
	if (a->frame_count != b->frame_count || a->created != b->created)
		return false;
	for (size_t i = 0; i < a->frame_count; i++)
		if (a->frames[i].line != b->frames[i].line ||
		    strcmp(a->frames[i].function, b->frames[i].function) != 0 ||
		    strcmp(a->frames[i].file, b->frames[i].file) != 0)
			return false;
	return true;
}

static bool same_stacks(const void *context, uint32_t a, uint32_t b)
{
	const struct join *join = context;

	return same_stack(any_of(&join->items[a]), any_of(&join->items[b]));
}

static bool same_groups(const void *context, uint32_t a, uint32_t b)
{
	const struct join *join = context;

	return strcmp(any_of(&join->items[a])->state, any_of(&join->items[b])->state) == 0 &&
	       same_stacks(context, a, b);
}

static uint32_t hash_stack(const struct cap_goroutine_group *group)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < group->frame_count; i++) {
		hash = profile_hash(group->frames[i].function, strlen(group->frames[i].function), hash);
		hash = profile_hash(&group->frames[i].line, sizeof group->frames[i].line, hash);
	}
	return hash;
}

static bool add(struct join *join, const struct cap_goroutine_group *group, enum phase phase)
{
	uint32_t next = (uint32_t)join->count, found, hash = hash_stack(group);

	if (!profile_reserve(&join->items, &join->room, join->count, 1, sizeof *join->items))
		return false;
	join->items[next] = (struct joined){0};
	join->items[next].of[phase] = group;
	found = profile_index_put(&join->index, profile_hash(group->state, strlen(group->state), hash), next,
	                          same_groups, join);
	if (found == PROFILE_NONE)
		return false;
	if (found != next) {
		join->items[found].of[phase] = group;
		return true;
	}
	join->items[next].stack = profile_index_put(&join->stacks, hash, next, same_stacks, join);
	join->count++;
	return join->items[next].stack != PROFILE_NONE;
}

static int64_t count_in(const struct join *join, const struct joined *joined, enum phase phase)
{
	if (!join->dumps[phase])
		return -1;
	return joined->of[phase] ? (int64_t)joined->of[phase]->count : 0;
}

static bool sum_stacks(struct join *join)
{
	join->sums = calloc(join->count + 1, sizeof *join->sums);
	if (!join->sums)
		return false;
	for (size_t i = 0; i < join->count; i++)
		for (int phase = 0; phase < PHASES; phase++)
			if (join->items[i].of[phase])
				join->sums[join->items[i].stack][phase] +=
					(int64_t)join->items[i].of[phase]->count;
	return true;
}

/* ---- suspects ----------------------------------------------------------------- */

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool waits_for_lock(const char *state)
{
	return starts(state, "semacquire") || starts(state, "sync.Mutex") || starts(state, "sync.RWMutex");
}

/* As the workers of a pool do that has nothing to do. */
static bool waits_for_work(const char *state)
{
	return starts(state, "chan receive") || starts(state, "select") || starts(state, "sync.Cond.Wait");
}

static bool is_main(const struct cap_goroutine_group *group)
{
	return group->frame_count && strcmp(group->frames[group->frame_count - 1].function, "main.main") == 0;
}

static bool is_forever(const struct cap_goroutine_group *group)
{
	return strstr(group->state, "(nil chan)") || (strstr(group->state, "(no cases)") && !is_main(group));
}

static bool is_leak(const struct join *join, const struct joined *joined)
{
	const int64_t *sums = join->sums[joined->stack];
	int64_t least = sums[IDLE] / (100 / LEAK_SHARE);

	if (!join->dumps[IDLE] || !join->dumps[AFTER] || !joined->of[AFTER])
		return false;
	return sums[AFTER] - sums[IDLE] >= (least > LEAK_LEAST ? least : LEAK_LEAST);
}

static bool is_stall(const struct join *join, const struct joined *joined, enum phase phase)
{
	const struct cap_goroutine_group *group = joined->of[phase];
	bool work;

	if (!group || group->minutes < 1 || group->count < STALL_LEAST)
		return false;
	work = waits_for_work(group->state);
	if (!work && !waits_for_lock(group->state) && !starts(group->state, "chan send"))
		return false;
	return !work || !join->dumps[IDLE] || (int64_t)group->count > count_in(join, joined, IDLE);
}

/* A lock that someone waits for since a minute or more; 0: none, or its address is not known. */
static uint64_t stuck_lock(const struct joined *joined)
{
	for (int phase = AFTER; phase > IDLE; phase--) {
		const struct cap_goroutine_group *group = joined->of[phase];

		if (group && group->minutes && waits_for_lock(group->state))
			return group->lock;
	}
	return 0;
}

/* Of two locks at least, each with someone stuck at it. */
static bool has_deadlock(const struct join *join)
{
	uint64_t first = 0;

	for (size_t i = 0; i < join->count; i++) {
		uint64_t lock = stuck_lock(&join->items[i]);

		if (lock && first && lock != first)
			return true;
		first = first ? first : lock;
	}
	return false;
}

/* Those that wait for a lock do not leak: whoever holds it does. */
static enum cap_suspect suspect_of(const struct join *join, const struct joined *joined, bool deadlock)
{
	bool stall;

	if (is_forever(any_of(joined)))
		return CAP_SUSPECT_FOREVER;
	if (deadlock && stuck_lock(joined))
		return CAP_SUSPECT_DEADLOCK;
	stall = is_stall(join, joined, LOADED) || is_stall(join, joined, AFTER);
	if (stall && waits_for_lock(any_of(joined)->state))
		return CAP_SUSPECT_STALL;
	if (is_leak(join, joined))
		return CAP_SUSPECT_LEAK;
	return stall ? CAP_SUSPECT_STALL : CAP_SUSPECT_NONE;
}

/* ---- the rows ------------------------------------------------------------------ */

static struct cap_growth growth_of(const struct join *join, const struct joined *joined, bool deadlock)
{
	struct cap_growth ret = {.group = any_of(joined),
	                         .idle = count_in(join, joined, IDLE),
	                         .loaded = count_in(join, joined, LOADED),
	                         .after = count_in(join, joined, AFTER),
	                         .suspect = suspect_of(join, joined, deadlock)};

	for (int phase = 0; phase < PHASES; phase++) {
		const struct cap_goroutine_group *group = joined->of[phase];

		if (!group)
			continue;
		if (phase != IDLE && group->minutes > ret.minutes)
			ret.minutes = group->minutes;
		if (group->count > ret.group->count)
			ret.group = group;
	}
	return ret;
}

static int compare_growth(const void *left, const void *right)
{
	const struct cap_growth *a = left, *b = right;
	bool suspect_a = a->suspect != CAP_SUSPECT_NONE, suspect_b = b->suspect != CAP_SUSPECT_NONE;
	int compared;

	if (suspect_a != suspect_b)
		return suspect_a ? -1 : 1;
	if (a->group->count != b->group->count)
		return a->group->count > b->group->count ? -1 : 1;
	compared = strcmp(a->group->state, b->group->state);
	if (compared || !a->group->frame_count || !b->group->frame_count)
		return compared;
	return strcmp(a->group->frames[0].function, b->group->frames[0].function);
}

static struct cap_growth *make_rows(const struct join *join)
{
	struct cap_growth *rows = calloc(join->count + 1, sizeof *rows);
	bool deadlock = has_deadlock(join);

	for (size_t i = 0; rows && i < join->count; i++)
		rows[i] = growth_of(join, &join->items[i], deadlock);
	if (rows)
		qsort(rows, join->count, sizeof *rows, compare_growth);
	return rows;
}

enum cap_status cap_goroutines_compare(const struct cap_goroutines *idle, const struct cap_goroutines *loaded,
                                       const struct cap_goroutines *after, struct cap_growth **ret,
                                       size_t *ret_count, struct cap_error *error)
{
	struct join join = {.dumps = {idle, loaded, after}};
	struct cap_growth *rows = NULL;
	bool ok = true;

	for (int phase = 0; phase < PHASES; phase++)
		for (size_t i = 0; ok && join.dumps[phase] && i < join.dumps[phase]->count; i++)
			ok = add(&join, &join.dumps[phase]->groups[i], (enum phase)phase);
	if (ok && sum_stacks(&join))
		rows = make_rows(&join);
	profile_index_release(&join.index);
	profile_index_release(&join.stacks);
	free(join.items);
	free(join.sums);
	if (!rows)
		return profile_error(error, CAP_MEMORY, "goroutines: out of memory");
	*ret = rows;
	*ret_count = join.count;
	return CAP_OK;
}

const char *cap_suspect_name(enum cap_suspect suspect)
{
	static const char *const names[] = {"", "leak", "stall", "blocked for ever", "deadlock"};

	return names[suspect];
}
