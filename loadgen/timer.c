#include "loadgen/timer.h"

#include <stdlib.h>

int lg_timers_init(struct lg_timers *timers, uint32_t capacity)
{
	timers->slots = calloc((size_t)capacity + 1, sizeof *timers->slots);
	timers->count = 0;
	timers->capacity = capacity;
	return timers->slots ? 0 : -1;
}

void lg_timers_release(struct lg_timers *timers)
{
	free(timers->slots);
	timers->slots = NULL;
	timers->count = 0;
}

static void put(struct lg_timers *timers, uint32_t slot, struct lg_timer_slot entry)
{
	timers->slots[slot] = entry;
	entry.timer->slot = slot;
}

static void sift_up(struct lg_timers *timers, uint32_t slot, struct lg_timer_slot entry)
{
	for (; slot > 1 && timers->slots[slot / 2].key > entry.key; slot /= 2)
		put(timers, slot, timers->slots[slot / 2]);
	put(timers, slot, entry);
}

static void sift_down(struct lg_timers *timers, uint32_t slot, struct lg_timer_slot entry)
{
	for (uint32_t child = 2 * slot; child <= timers->count; child = 2 * slot) {
		if (child < timers->count && timers->slots[child + 1].key < timers->slots[child].key)
			child++;
		if (timers->slots[child].key >= entry.key)
			break;
		put(timers, slot, timers->slots[child]);
		slot = child;
	}
	put(timers, slot, entry);
}

void lg_timers_place(struct lg_timers *timers, struct lg_timer *timer)
{
	uint32_t slot = timer->slot;

	if (!slot)
		slot = ++timers->count;
	sift_up(timers, slot, (struct lg_timer_slot){.key = timer->when, .timer = timer});
}

static void remove_first(struct lg_timers *timers)
{
	struct lg_timer_slot last = timers->slots[timers->count--];

	if (timers->count)
		sift_down(timers, 1, last);
}

struct lg_timer *lg_timers_expire(struct lg_timers *timers, int64_t now)
{
	while (timers->count && timers->slots[1].key <= now) {
		struct lg_timer_slot first = timers->slots[1];

		if (first.timer->when > first.key) {
			first.key = first.timer->when;
			sift_down(timers, 1, first);
			continue;
		}
		remove_first(timers);
		first.timer->slot = 0;
		return first.timer;
	}
	return NULL;
}
