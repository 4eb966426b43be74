#include "loadgen/loop.h"

#include <errno.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "loadgen/clock.h"

int lg_loop_init(struct lg_loop *loop)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};

	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->epoll >= 0 && loop->wake >= 0 &&
	    epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &event) == 0)
		return 0;
	lg_loop_release(loop);
	return -1;
}

void lg_loop_release(struct lg_loop *loop)
{
	int saved = errno;

	if (loop->epoll >= 0)
		close(loop->epoll);
	if (loop->wake >= 0)
		close(loop->wake);
	loop->epoll = loop->wake = -1;
	errno = saved;
}

int lg_loop_add(struct lg_loop *loop, int fd, void *owner)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = owner};

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* For kernels before 5.11, or a filter that knows no newer call: milliseconds, never early. */
static int wait_ms(struct lg_loop *loop, int64_t timeout)
{
	int64_t ms = timeout == INT64_MAX ? -1 : (timeout + LG_NS_PER_MS - 1) / LG_NS_PER_MS;

	return epoll_wait(loop->epoll, loop->events, LG_LOOP_BATCH, ms > INT32_MAX ? INT32_MAX : (int)ms);
}

int lg_loop_wait(struct lg_loop *loop, int64_t timeout)
{
	struct timespec limit = lg_clock_timespec(timeout);
	int count = epoll_pwait2(loop->epoll, loop->events, LG_LOOP_BATCH,
	                         timeout == INT64_MAX ? NULL : &limit, NULL);

	if (count < 0 && (errno == ENOSYS || errno == EPERM))
		count = wait_ms(loop, timeout);
	return count < 0 ? 0 : count;
}

void lg_loop_wake(struct lg_loop *loop)
{
	(void)!write(loop->wake, &(uint64_t){1}, sizeof(uint64_t));
}
