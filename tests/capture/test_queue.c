/* The queue against an array that does the same in the simplest way. */
#include <stdlib.h>
#include <string.h>

#include "bed.h"
#include "capture/queue.h"

#define ROOM 60000

static void fresh_is_empty(void **state)
{
	struct queue queue = {0};

	(void)state;
	assert_int_equal(queue_size(&queue), 0);
	assert_int_equal(queue_add(&queue, "", 0), 0);
	queue_drop(&queue, 0);
	assert_int_equal(queue_size(&queue), 0);
	assert_null(queue.data);
	queue_release(&queue);
}

static void keeps_order(void **state)
{
	struct queue queue = {0};

	(void)state;
	queue_add(&queue, "one", 3);
	queue_add(&queue, "two", 3);
	queue_drop(&queue, 2);
	assert_int_equal(queue_size(&queue), 4);
	assert_memory_equal(queue_head(&queue), "etwo", 4);
	queue_drop(&queue, 4);
	queue_add(&queue, "x", 1);
	assert_memory_equal(queue_head(&queue), "x", 1);
	queue_release(&queue);
	assert_int_equal(queue_size(&queue), 0);
	assert_null(queue.data);
}

/* What has been dropped in front makes room: a queue that is kept short stays small. */
static void memory_is_bounded(void **state)
{
	struct queue queue = {0};
	uint8_t block[3000];
	uint64_t in = 0, out = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		stream_fill(block, in, sizeof block);
		assert_int_equal(queue_add(&queue, block, sizeof block), 0);
		in += sizeof block;
		while (in - out > 3500) {
			assert_true(stream_is(queue_head(&queue), out, 700));
			queue_drop(&queue, 700);
			out += 700;
		}
	}
	assert_true(queue.room <= 8192);
	queue_release(&queue);
}

static void like_an_array(void **state)
{
	static uint8_t model[ROOM], block[ROOM];
	struct queue queue = {0};
	size_t size = 0;
	uint64_t at = 0;

	(void)state;
	srandom(4);
	for (int i = 0; i < 5000; i++) {
		size_t some = (size_t)random() % (random() % 50 ? 1000 : 20000);

		if (random() & 1) {
			some = some < ROOM - size ? some : ROOM - size;
			stream_fill(block, at, some);
			memcpy(model + size, block, some);
			assert_int_equal(queue_add(&queue, block, some), 0);
			at += some, size += some;
		} else {
			some = some < size ? some : size;
			queue_drop(&queue, some);
			memmove(model, model + some, size - some);
			size -= some;
		}
		assert_int_equal(queue_size(&queue), size);
		if (size)
			assert_memory_equal(queue_head(&queue), model, size);
	}
	queue_release(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fresh_is_empty),
		cmocka_unit_test(keeps_order),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(like_an_array),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
