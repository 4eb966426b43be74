// Holds a pod's namespaces: sleeps, and collects the dead as their first process must.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int number)
{
	(void)number;
	_exit(0);
}

static void collect(int number)
{
	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

int main(void)
{
	signal(SIGTERM, leave);
	signal(SIGINT, leave);
	signal(SIGCHLD, collect);
	for (;;)
		pause();
}
