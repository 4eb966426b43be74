/*
 * One thread's event loop over epoll, edge-triggered: a descriptor is added
 * once, for everything, and never changed. Whoever gets an event reads until
 * a short read, and writes until a short write.
 */
#ifndef LOADGEN_LOOP_H
#define LOADGEN_LOOP_H

#include <stdint.h>
#include <sys/epoll.h>

#define LG_LOOP_BATCH 256

#define LG_EVENT_IN  (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR) /* there is something to read, or an end */
#define LG_EVENT_OUT EPOLLOUT
#define LG_EVENT_END (EPOLLRDHUP | EPOLLHUP | EPOLLERR) /* an end lies behind what is to be read */
#define LG_EVENT_BAD (EPOLLHUP | EPOLLERR)

struct lg_loop {
	int epoll, wake;
	struct epoll_event events[LG_LOOP_BATCH];
};

/* 0, or -1 with errno. */
int lg_loop_init(struct lg_loop *loop);
void lg_loop_release(struct lg_loop *loop);

/* `owner` comes back with each event; it is never NULL. Closing the descriptor removes it. */
int lg_loop_add(struct lg_loop *loop, int fd, void *owner);

/*
 * Waits up to `timeout` ns (INT64_MAX: for ever). Returns how many events are in
 * loop->events; data.ptr NULL is a wake-up.
 */
int lg_loop_wait(struct lg_loop *loop, int64_t timeout);

/* From any thread: ends the wait. */
void lg_loop_wake(struct lg_loop *loop);

#endif
