/*
 * SIGINT, SIGTERM and SIGHUP ask the run to end in order; a second one ends the
 * program at once, after removing the temporary files that are registered.
 * SIGHUP stays ignored where it was (nohup), SIGPIPE always is.
 */
#ifndef PLUGIN_SIGNALS_H
#define PLUGIN_SIGNALS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Non-zero (the signal's number) once the run is asked to end: hand it to capture as its cancel flag. */
extern atomic_int signals_cancel;

void signals_catch(void);

/* Starts a thread that no signal interrupts: they are the main thread's. False: none could be started. */
bool signals_thread(pthread_t *ret, void *(*work)(void *), void *argument);

/* A file or (empty) folder to remove if a second signal ends the program; removed in reverse order. */
void signals_register(const char *path);
/* Forgets all of them. */
void signals_forget(void);

#endif
