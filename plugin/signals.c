#include "plugin/signals.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin/error.h"

#define PATHS_MAX 1024 /* a run of many pods has some twenty files of each */
#define PATH_SIZE 4096

atomic_int signals_cancel;

/* Static, since the handler may neither allocate nor lock. */
static char paths[PATHS_MAX][PATH_SIZE];
static volatile sig_atomic_t path_count;

static void end_at_once(void)
{
	for (int i = path_count - 1; i >= 0; i--)
		if (unlink(paths[i]) != 0)
			rmdir(paths[i]);
	_exit(EXIT_INTERRUPTED);
}

static void on_signal(int number)
{
	if (signals_cancel)
		end_at_once();
	signals_cancel = number;
}

void signals_catch(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, before;

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* nohup: the run outlives its terminal. */
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

bool signals_thread(pthread_t *ret, void *(*work)(void *), void *argument)
{
	sigset_t all, before;
	int status;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	status = pthread_create(ret, NULL, work, argument);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status == 0;
}

void signals_register(const char *path)
{
	if (path_count >= PATHS_MAX || strlen(path) >= PATH_SIZE)
		return;
	snprintf(paths[path_count], PATH_SIZE, "%s", path);
	path_count++;
}

void signals_forget(void)
{
	path_count = 0;
}
