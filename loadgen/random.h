/*
 * Random numbers of one request: a function of the run's seed and the request's number, so that they are the
 * same on whatever thread it is sent, and when it is sent again. Nothing is shared. (splitmix64 to begin,
 * xoroshiro128++ to go on: https://prng.di.unimi.it. No secrets are made of it.)
 */
#ifndef LOADGEN_RANDOM_H
#define LOADGEN_RANDOM_H

#include <stdint.h>

struct lg_random {
	uint64_t a, b;
};

static inline uint64_t lg_random_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* `a` is another one for each number: no two of them go the same way. */
static inline struct lg_random lg_random_at(const uint64_t seed[2], uint64_t number)
{
	struct lg_random random = {.a = lg_random_mix(seed[0] + number * 0x9e3779b97f4a7c15)};

	random.b = lg_random_mix(random.a ^ seed[1]);
	random.b += !(random.a | random.b);
	return random;
}

static inline uint64_t lg_random_rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline uint64_t lg_random_next(struct lg_random *random)
{
	uint64_t a = random->a, b = random->b ^ random->a, ret = lg_random_rotate(a + random->b, 17) + a;

	random->a = lg_random_rotate(a, 49) ^ b ^ b << 21;
	random->b = lg_random_rotate(b, 28);
	return ret;
}

/* Evenly in [0, most], but for a share of 2^-64 at most. */
static inline uint64_t lg_random_upto(struct lg_random *random, uint64_t most)
{
	uint64_t x = lg_random_next(random);

	return most == UINT64_MAX ? x : (uint64_t)((unsigned __int128)x * (most + 1) >> 64);
}

#endif
