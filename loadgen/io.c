#include "loadgen/io.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/text.h"

static int uring_error; /* 0: it works */

static void probe(void)
{
	uring_error = lg_io_uring_probe();
}

static bool is_disabled(void)
{
	FILE *file = fopen("/proc/sys/kernel/io_uring_disabled", "re");
	int value = file ? fgetc(file) : '0';

	if (file)
		fclose(file);
	return value == '1' || value == '2';
}

static const char *why(int error)
{
	switch (error) {
	case ENOSYS:
		return "this kernel has none";
	case EINVAL:
		return "this kernel's is too old, it takes Linux 6.1";
	case EPERM:
	case EACCES:
		return is_disabled() ? "it is switched off by sysctl kernel.io_uring_disabled"
		                     : "it is not permitted, perhaps by a container's seccomp profile";
	default:
		return strerrordesc_np(error);
	}
}

const struct lg_io_class *lg_io_choose(enum lg_io_kind kind, char error[LG_ERROR_SIZE])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (kind == LG_IO_EPOLL)
		return &lg_io_epoll;
	pthread_once(&once, probe);
	if (!uring_error)
		return &lg_io_uring;
	if (kind == LG_IO_AUTO)
		return &lg_io_epoll;
	lg_error_set(error, "io_uring cannot be used here: %s; use epoll", why(uring_error));
	return NULL;
}

const char *lg_io_name(enum lg_io_kind kind)
{
	char error[LG_ERROR_SIZE];
	const struct lg_io_class *io = lg_io_choose(kind, error);

	return io ? io->name : "none";
}
