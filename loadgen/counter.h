/*
 * Relaxed counters: one thread writes, any thread reads at any time without a
 * lock. An addition is a plain load, add and store, never a locked instruction.
 */
#ifndef LOADGEN_COUNTER_H
#define LOADGEN_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t lg_counter;

static inline uint64_t lg_counter_get(const lg_counter *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* By the writer only. */
static inline void lg_counter_add(lg_counter *counter, uint64_t n)
{
	atomic_store_explicit(counter, lg_counter_get(counter) + n, memory_order_relaxed);
}

#endif
