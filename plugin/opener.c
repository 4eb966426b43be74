#include "plugin/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPENER "xdg-open"

static int spawn(const char *path, pid_t *ret)
{
	char *argv[] = {(char *)OPENER, (char *)path, NULL};
	posix_spawn_file_actions_t actions;
	int cause;

	/* Standard output is ours: the page's path is on it. */
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	cause = posix_spawnp(ret, OPENER, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return cause;
}

int opener_open(const char *path, struct error *error)
{
	char *whole = realpath(path, NULL);
	int cause = whole ? 0 : errno, status = 0;
	pid_t pid = 0;

	if (!cause)
		cause = spawn(whole, &pid);
	free(whole);
	if (cause)
		return error_set(error, "cannot open '%s': " OPENER ": %s; open the file yourself", path,
		                 strerror(cause));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_set(error, "cannot open '%s': " OPENER ": %s", path, strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(error, "cannot open '%s': " OPENER " failed; open the file yourself", path);
	return 0;
}
