#include "capture/queue.h"

#include <stdlib.h>
#include <string.h>

static int make_room(struct queue *queue, size_t size)
{
	size_t used = queue_size(queue), room = queue->room ? queue->room : 4096;
	uint8_t *data;

	if (queue->room - queue->end >= size)
		return 0;
	if (used)
		memmove(queue->data, queue_head(queue), used);
	queue->begin = 0;
	queue->end = used;
	while (room - used < size)
		room *= 2;
	if (room == queue->room)
		return 0;
	data = realloc(queue->data, room);
	if (!data)
		return -1;
	queue->data = data;
	queue->room = room;
	return 0;
}

int queue_add(struct queue *queue, const void *data, size_t size)
{
	if (!size)
		return 0;
	if (make_room(queue, size) < 0)
		return -1;
	memcpy(queue->data + queue->end, data, size);
	queue->end += size;
	return 0;
}

void queue_drop(struct queue *queue, size_t size)
{
	queue->begin += size;
	if (queue->begin == queue->end)
		queue->begin = queue->end = 0;
}

void queue_release(struct queue *queue)
{
	free(queue->data);
	*queue = (struct queue){0};
}
