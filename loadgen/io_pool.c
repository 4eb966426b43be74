#include "loadgen/io_pool.h"

#include <errno.h>
#include <sys/mman.h>

#ifdef LG_URING_TINY
#define BUFFERS_FIRST 2U
#define BUFFERS_MOST  4U
#else
#define BUFFERS_FIRST 32U
#define BUFFERS_MOST  512U
#endif

static size_t pool_ring_size(const struct lg_io_pool *pool)
{
	return pool->most * sizeof(struct io_uring_buf);
}

static size_t pool_size(const struct lg_io_pool *pool)
{
	return pool_ring_size(pool) + (size_t)pool->most * LG_IO_POOL_BUFFER;
}

void lg_io_pool_give(struct lg_io_pool *pool, unsigned id)
{
	io_uring_buf_ring_add(pool->ring, pool->data + (size_t)id * LG_IO_POOL_BUFFER, LG_IO_POOL_BUFFER,
	                      (unsigned short)id, io_uring_buf_ring_mask(pool->most), (int)pool->back++);
}

void lg_io_pool_show(struct lg_io_pool *pool)
{
	io_uring_buf_ring_advance(pool->ring, (int)pool->back);
	pool->back = 0;
}

void lg_io_pool_grow(struct lg_io_pool *pool)
{
	unsigned count = pool->count ? 2 * pool->count : BUFFERS_FIRST;

	while (pool->count < count && pool->count < pool->most)
		lg_io_pool_give(pool, pool->count++);
	pool->starved = false;
}

void lg_io_pool_release(struct lg_io_pool *pool)
{
	if (pool->ring)
		munmap(pool->ring, pool_size(pool));
	pool->ring = NULL;
}

int lg_io_pool_init(struct lg_io_pool *pool, struct io_uring *ring, unsigned connections)
{
	struct io_uring_buf_reg reg = {.bgid = LG_IO_POOL_GROUP};
	void *memory;
	int status;

	*pool = (struct lg_io_pool){.most = BUFFERS_FIRST};
	while (pool->most < connections && pool->most < BUFFERS_MOST)
		pool->most *= 2;
	memory = mmap(NULL, pool_size(pool), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	pool->ring = memory;
	pool->data = (char *)memory + pool_ring_size(pool);
	reg.ring_addr = (uintptr_t)memory;
	reg.ring_entries = pool->most;
	status = io_uring_register_buf_ring(ring, &reg, 0);
	if (status < 0) {
		lg_io_pool_release(pool);
		return status;
	}
	io_uring_buf_ring_init(pool->ring);
	lg_io_pool_grow(pool);
	lg_io_pool_show(pool);
	return 0;
}
