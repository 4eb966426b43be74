/* Bytes on their way. Private to capture. Owned memory grows as needed; the user keeps it below a ceiling. */
#ifndef CAPTURE_QUEUE_H
#define CAPTURE_QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct queue {
	uint8_t *data;
	size_t begin, end, room;
};

static inline size_t queue_size(const struct queue *queue)
{
	return queue->end - queue->begin;
}

static inline const uint8_t *queue_head(const struct queue *queue)
{
	return queue->data ? queue->data + queue->begin : NULL;
}

/* 0, or -1 when memory is out. */
int queue_add(struct queue *queue, const void *data, size_t size);
/* Takes `size` bytes, no more than there are, off the front. */
void queue_drop(struct queue *queue, size_t size);
void queue_release(struct queue *queue);

#endif
