#include "plugin/kube_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "plugin/text.h"

/* Grows without realloc, which would leave copies of a secret behind. */
static char *grow(char *old, size_t used, size_t size)
{
	char *ret = xcalloc(1, size + 1);

	if (old) {
		memcpy(ret, old, used);
		explicit_bzero(old, used);
	}
	free(old);
	return ret;
}

static void *discard(char *bytes, size_t used)
{
	explicit_bzero(bytes, used);
	free(bytes);
	return NULL;
}

/* Everything from `fd`, up to ceiling + 1 bytes; NULL with errno. */
static char *read_all(int fd, size_t ceiling, size_t *ret_size)
{
	size_t size = 4096, used = 0;
	char *bytes = grow(NULL, 0, size);

	while (used <= ceiling) {
		ssize_t n = read(fd, bytes + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return discard(bytes, used);
		if (n == 0)
			break;
		used += (size_t)n;
		if (used == size)
			bytes = grow(bytes, used, size *= 2);
	}
	bytes[used] = '\0';
	*ret_size = used;
	return bytes;
}

char *kube_file_read(const char *path, size_t ceiling, size_t *ret_size, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), cause;
	size_t size = 0;
	char *ret = NULL;

	if (fd >= 0) {
		ret = read_all(fd, ceiling, &size);
		cause = errno;
		close(fd);
		errno = cause;
	}
	if (!ret) {
		cause = errno;
		error_set(error, "cannot read '%s': %s", path, strerror(cause));
		errno = cause;
		return NULL;
	}
	if (size > ceiling) {
		error_set(error, "'%s' is larger than %zu KiB, which no such file is", path, ceiling / 1024);
		errno = 0;
		return discard(ret, size);
	}
	if (ret_size)
		*ret_size = size;
	return ret;
}
