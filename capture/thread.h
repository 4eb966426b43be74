/* A thread that no signal interrupts: they are for whoever uses this library. Private to capture. */
#ifndef CAPTURE_THREAD_H
#define CAPTURE_THREAD_H

#include <pthread.h>
#include <signal.h>

/* As pthread_create. */
static inline int thread_start(pthread_t *ret, void *(*work)(void *), void *argument)
{
	sigset_t all, before;
	int status;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	status = pthread_create(ret, NULL, work, argument);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status;
}

#endif
