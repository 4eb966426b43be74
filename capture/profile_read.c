#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/profile.h"

enum cap_status cap_profile_read(int fd, struct cap_profile **ret, struct cap_error *error)
{
	unsigned char *bytes = NULL;
	size_t size = 0, room = 0;
	enum cap_status status = CAP_OK;
	ssize_t got = 1;

	while (status == CAP_OK && got) {
		if (!profile_reserve(&bytes, &room, size, 65536, 1)) {
			status = profile_error(error, CAP_MEMORY, "profile: out of memory");
			break;
		}
		got = read(fd, bytes + size, room - size);
		if (got < 0 && errno != EINTR)
			status = profile_error(error, CAP_LOST, "%s", strerror(errno));
		else if (got > 0)
			size += (size_t)got;
		if (size > PROFILE_CEILING)
			status = profile_error(error, CAP_TOO_BIG, "profile: more than %zu MiB",
			                       PROFILE_CEILING >> 20);
	}
	if (status == CAP_OK)
		status = cap_profile_parse(bytes, size, ret, error);
	free(bytes);
	return status;
}
