#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "capture/profile.h"

#define ARENA_FIRST 1024
#define ARENA_MOST  ((size_t)1 << 20)
#define INDEX_FIRST 16

bool profile_reserve(void *array, size_t *capacity, size_t count, size_t more, size_t size)
{
	size_t wanted = *capacity ? *capacity : 8;
	void *items;

	if (more <= *capacity - count)
		return true;
	while (wanted - count < more) {
		if (wanted > SIZE_MAX / 2 / size)
			return false;
		wanted *= 2;
	}
	memcpy(&items, array, sizeof items);
	items = realloc(items, wanted * size);
	if (!items)
		return false;
	memcpy(array, &items, sizeof items);
	*capacity = wanted;
	return true;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Two threads may both draw; what one of them sees stays, since it is set once. */
static uint64_t hash_seed(void)
{
	static uint64_t seed;
	uint64_t drawn = __atomic_load_n(&seed, __ATOMIC_RELAXED), none = 0;

	if (drawn)
		return drawn;
	if (getrandom(&drawn, sizeof drawn, GRND_NONBLOCK) != (ssize_t)sizeof drawn)
		drawn = (uint64_t)(uintptr_t)&drawn;
	drawn |= 1;
	if (!__atomic_compare_exchange_n(&seed, &none, drawn, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		drawn = none;
	return drawn;
}

uint32_t profile_hash(const void *bytes, size_t size, uint32_t before)
{
	const unsigned char *p = bytes;
	uint64_t state = hash_seed() ^ before ^ (uint64_t)size << 32, word;

	for (; size >= sizeof word; size -= sizeof word, p += sizeof word) {
		memcpy(&word, p, sizeof word);
		state = mix(state ^ word, UINT64_C(0x9e3779b97f4a7c15));
	}
	word = 0;
	if (size)
		memcpy(&word, p, size);
	state = mix(state ^ word, UINT64_C(0xd6e8feb86659fd93));
	return (uint32_t)(state ^ state >> 32);
}

static bool index_grow(struct profile_index *index)
{
	size_t count = index->slots ? (index->mask + 1) * 2 : INDEX_FIRST, at;
	struct profile_index bigger = {.mask = count - 1, .count = index->count};

	bigger.slots = malloc(count * sizeof *bigger.slots);
	if (!bigger.slots)
		return false;
	memset(bigger.slots, 0xff, count * sizeof *bigger.slots);
	for (size_t i = 0; index->slots && i <= index->mask; i++) {
		if (index->slots[i].item == PROFILE_NONE)
			continue;
		at = index->slots[i].hash & bigger.mask;
		while (bigger.slots[at].item != PROFILE_NONE)
			at = (at + 1) & bigger.mask;
		bigger.slots[at] = index->slots[i];
	}
	free(index->slots);
	*index = bigger;
	return true;
}

uint32_t profile_index_put(struct profile_index *index, uint32_t hash, uint32_t item, profile_same *same,
                           const void *context)
{
	size_t at;

	if ((!index->slots || index->count > index->mask / 3 * 2) && !index_grow(index))
		return PROFILE_NONE;
	for (at = hash & index->mask; index->slots[at].item != PROFILE_NONE; at = (at + 1) & index->mask)
		if (index->slots[at].hash == hash && same(context, index->slots[at].item, item))
			return index->slots[at].item;
	index->slots[at].hash = hash;
	index->slots[at].item = item;
	index->count++;
	return item;
}

void profile_index_release(struct profile_index *index)
{
	free(index->slots);
	*index = (struct profile_index){0};
}

struct profile_chunk {
	struct profile_chunk *older;
	size_t size;
	char bytes[];
};

static bool arena_grow(struct profile_arena *arena, size_t size)
{
	size_t room = arena->next ? arena->next : ARENA_FIRST;
	struct profile_chunk *chunk;

	if (room < size)
		room = size;
	chunk = malloc(sizeof *chunk + room);
	if (!chunk)
		return false;
	chunk->older = arena->chunks;
	chunk->size = room;
	arena->chunks = chunk;
	arena->left = room;
	arena->next = room < ARENA_MOST / 2 ? room * 2 : ARENA_MOST;
	return true;
}

char *profile_arena_take(struct profile_arena *arena, size_t size)
{
	struct profile_chunk *chunk;

	if ((!arena->chunks || size > arena->left) && !arena_grow(arena, size))
		return NULL;
	chunk = arena->chunks;
	arena->left -= size;
	return chunk->bytes + (chunk->size - arena->left - size);
}

void profile_arena_release(struct profile_arena *arena)
{
	struct profile_chunk *chunk;

	while ((chunk = arena->chunks)) {
		arena->chunks = chunk->older;
		free(chunk);
	}
	*arena = (struct profile_arena){0};
}

static bool string_same(const void *context, uint32_t a, uint32_t b)
{
	const struct profile_string *items = ((const struct profile_strings *)context)->items;

	return items[a].length == items[b].length &&
	       memcmp(items[a].text, items[b].text, items[a].length) == 0;
}

/* The bytes move into the arena only once the string is known to be new. */
static bool string_keep(struct profile_strings *strings, struct profile_string *string)
{
	char *copy = profile_arena_take(&strings->arena, (size_t)string->length + 1);

	if (!copy)
		return false;
	memcpy(copy, string->text, string->length);
	copy[string->length] = '\0';
	string->text = copy;
	strings->count++;
	return true;
}

uint32_t profile_strings_put(struct profile_strings *strings, const char *text, size_t length)
{
	struct profile_string *added;
	uint32_t item;

	if (strings->count >= PROFILE_NONE - 1 || length >= UINT32_MAX ||
	    !profile_reserve(&strings->items, &strings->capacity, strings->count, 1, sizeof *strings->items))
		return PROFILE_NONE;
	added = &strings->items[strings->count];
	added->text = text;
	added->length = (uint32_t)length;
	added->hash = profile_hash(text, length, 0);
	item = profile_index_put(&strings->index, added->hash, (uint32_t)strings->count, string_same,
	                         strings);
	if (item == strings->count && !string_keep(strings, added))
		return PROFILE_NONE;
	return item;
}

void profile_strings_release(struct profile_strings *strings)
{
	profile_arena_release(&strings->arena);
	profile_index_release(&strings->index);
	free(strings->items);
	*strings = (struct profile_strings){0};
}
