/*
 * One heap of timers for a thread. An instant moved later costs one store (the
 * heap learns of it when the old instant comes), so a timeout renewed at every
 * request is free; an instant moved earlier costs a walk up the heap.
 */
#ifndef LOADGEN_TIMER_H
#define LOADGEN_TIMER_H

#include <stdint.h>

/* Whose timer it is: the first member of that. */
enum lg_timer_kind { LG_TIMER_VU, LG_TIMER_CONNECTION, LG_TIMER_START };

struct lg_timer {
	int64_t when;
	uint32_t slot; /* in the heap, from 1; 0: not in it */
	uint8_t kind;  /* enum lg_timer_kind */
};

struct lg_timer_slot {
	int64_t key; /* no later than timer->when */
	struct lg_timer *timer;
};

struct lg_timers {
	struct lg_timer_slot *slots; /* [0] is unused */
	uint32_t count, capacity;
};

/* Room for `capacity` timers; 0, or -1 when out of memory. */
int lg_timers_init(struct lg_timers *timers, uint32_t capacity);
void lg_timers_release(struct lg_timers *timers);

void lg_timers_place(struct lg_timers *timers, struct lg_timer *timer);

static inline void lg_timer_set(struct lg_timers *timers, struct lg_timer *timer, int64_t when)
{
	timer->when = when;
	if (!timer->slot || when < timers->slots[timer->slot].key)
		lg_timers_place(timers, timer);
}

static inline void lg_timer_cancel(struct lg_timer *timer)
{
	timer->when = INT64_MAX;
}

/* No timer is due before this instant. */
static inline int64_t lg_timers_next(const struct lg_timers *timers)
{
	return timers->count ? timers->slots[1].key : INT64_MAX;
}

/* Takes out one timer that is due, NULL if there is none. */
struct lg_timer *lg_timers_expire(struct lg_timers *timers, int64_t now);

#endif
