#include "memory_wire.h"

#include <errno.h>
#include <string.h>

struct memory wire;
struct cap_error failure;
struct forward *forward;

static ssize_t memory_read(void *context, void *data, size_t room)
{
	struct memory *memory = context;
	size_t size = queue_size(&memory->in) - memory->endless_at;

	if (!size && !memory->ends)
		errno = EAGAIN;
	if (!size)
		return memory->ends ? 0 : -1;
	size = size < room ? size : room;
	size = memory->step && memory->step < size ? memory->step : size;
	memcpy(data, queue_head(&memory->in) + memory->endless_at, size);
	if (memory->endless)
		memory->endless_at = (memory->endless_at + size) % queue_size(&memory->in);
	else
		queue_drop(&memory->in, size);
	return (ssize_t)size;
}

static ssize_t memory_write(void *context, const void *data, size_t size)
{
	struct memory *memory = context;

	assert_true(!memory->tried || (memory->tried == data && memory->tried_size == size));
	memory->tried = memory->blocked ? data : NULL;
	memory->tried_size = size;
	if (memory->blocked || memory->broken) {
		errno = memory->blocked ? EAGAIN : EPIPE;
		return -1;
	}
	assert_int_equal(queue_add(&memory->out, data, size), 0);
	return (ssize_t)size;
}

const struct forward_wire memory_calls = {memory_read, memory_write};

static int open_forward(struct forward *(*open)(const struct forward_setup *setup))
{
	struct queue early = {0};

	forward = open(&(struct forward_setup){&memory_calls, &wire, PORT, &early, &failure});
	return forward ? 0 : -1;
}

static int setup(struct forward *(*open)(const struct forward_setup *setup))
{
	wire = (struct memory){0};
	failure = (struct cap_error){0};
	return open_forward(open);
}

int forward_setup_v4(void **state)
{
	(void)state;
	return setup(forward_v4_new);
}

static struct forward *open_spdy(const struct forward_setup *given)
{
	return forward_spdy_new(given, false);
}

int forward_setup_spdy(void **state)
{
	(void)state;
	return setup(open_spdy);
}

int forward_teardown(void **state)
{
	(void)state;
	forward_free(forward);
	forward = NULL;
	queue_release(&wire.in);
	queue_release(&wire.out);
	return 0;
}

void again(void)
{
	forward_teardown(NULL);
	assert_int_equal(forward_setup_v4(NULL), 0);
}

void add(const void *data, size_t size)
{
	assert_int_equal(queue_add(&wire.in, data, size), 0);
}

void add_header(uint8_t first, uint64_t size)
{
	uint8_t header[10] = {first};
	size_t bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;

	header[1] = bytes == 0 ? (uint8_t)size : bytes == 2 ? 126 : 127;
	for (size_t i = 0; i < bytes; i++)
		header[2 + i] = (uint8_t)(size >> (8 * (bytes - 1 - i)));
	add(header, 2 + bytes);
}

void add_frame(uint8_t first, const void *data, size_t size)
{
	add_header(first, size);
	add(data, size);
}

void add_message(uint8_t channel, const void *data, size_t size)
{
	add_header(FRAME_FIN | FRAME_BINARY, size + 1);
	add(&channel, 1);
	add(data, size);
}

void add_ports(void)
{
	add_message(0, "\xac\x17", 2);
	add_message(1, "\xac\x17", 2);
}

void add_endless(void)
{
	static uint8_t data[10000];

	add_ports();
	forward_read(forward);
	add_message(0, data, sizeof data);
	wire.endless = true;
}
