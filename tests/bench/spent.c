/*
 * spent COMMAND...: runs it with its output thrown away and prints "WALL CPU MEMORY": milliseconds,
 * milliseconds, and KiB at the peak. What starts it must be small, since a process's peak counts from before
 * its exec.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void become(char **command)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(command[0], command);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct rusage used;
	double began = now(), cpu;
	int status;
	pid_t pid;

	if (argc < 2)
		return 2;
	pid = fork();
	if (pid == 0)
		become(argv + 1);
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid || status != 0) {
		fprintf(stderr, "failed: %s\n", argv[1]);
		return 1;
	}
	cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
	      (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
	printf("%.1f %.1f %ld\n", now() - began, cpu, used.ru_maxrss);
	return 0;
}
