/*
 * Buffers for what an io_uring receives, shared by all its connections and taken by the kernel in turn. Few,
 * so that they stay in the cache; more, up to one for each connection, once they have run out.
 */
#ifndef LOADGEN_IO_POOL_H
#define LOADGEN_IO_POOL_H

#include <liburing.h>
#include <stdbool.h>

#define LG_IO_POOL_BUFFER (16U * 1024)
#define LG_IO_POOL_GROUP  0

struct lg_io_pool {
	struct io_uring_buf_ring *ring; /* the kernel's view of it, then the bytes */
	char *data;
	unsigned count, most;
	unsigned back; /* given back, which the kernel does not know yet */
	bool starved;  /* they have run out */
};

/* 0, or a negative errno; as liburing's. */
int lg_io_pool_init(struct lg_io_pool *pool, struct io_uring *ring, unsigned connections);
/* After the ring. Zeroed, or released before, is fine. */
void lg_io_pool_release(struct lg_io_pool *pool);

/* The buffer is the kernel's again, once it is shown. */
void lg_io_pool_give(struct lg_io_pool *pool, unsigned id);
void lg_io_pool_show(struct lg_io_pool *pool);
/* Twice as many, where there may be; they are to be shown. */
void lg_io_pool_grow(struct lg_io_pool *pool);

static inline const char *lg_io_pool_at(const struct lg_io_pool *pool, unsigned id)
{
	return pool->data + (size_t)id * LG_IO_POOL_BUFFER;
}

#endif
