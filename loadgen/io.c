#include "loadgen/io.h"

#include "loadgen/text.h"

const struct lg_io_class *lg_io_choose(enum lg_io_kind kind, bool dialled, char error[LG_ERROR_SIZE])
{
	(void)dialled;
	if (kind == LG_IO_URING) {
		lg_error_set(error, "io_uring is not to be had here");
		return NULL;
	}
	return &lg_io_epoll;
}

const char *lg_io_name(enum lg_io_kind kind)
{
	char error[LG_ERROR_SIZE];
	const struct lg_io_class *io = lg_io_choose(kind, false, error);

	return io ? io->name : "none";
}
