/*
 * Runs a command and says what it cost, as the kernel accounts it to its parent (wait4), start and end
 * included: cost FILE COMMAND [ARGUMENT...].
 *
 * One line in FILE: user and system time in us, highest resident set in KiB. Exits as the command does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long long us_of(struct timeval at)
{
	return at.tv_sec * 1000000LL + at.tv_usec;
}

static int complain(const char *what)
{
	fprintf(stderr, "cost: %s: %s\n", what, strerror(errno));
	return 127;
}

static int write_down(const char *path, const struct rusage *usage)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return complain(path);
	fprintf(file, "%lld %ld\n", us_of(usage->ru_utime) + us_of(usage->ru_stime), usage->ru_maxrss);
	return fclose(file) == 0 ? 0 : complain(path);
}

int main(int argc, char **argv)
{
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: cost FILE COMMAND [ARGUMENT...]\n");
		return 127;
	}
	pid = fork();
	if (pid < 0)
		return complain("fork");
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(complain(argv[2]));
	}
	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			return complain("wait4");
	if (write_down(argv[1], &usage))
		return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
