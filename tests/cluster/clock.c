/* Preloaded: CLOCK_REALTIME jumps by $KP_CLOCK_STEP seconds once the file $KP_CLOCK_FILE is there. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long step(void)
{
	const char *file = getenv("KP_CLOCK_FILE"), *seconds = getenv("KP_CLOCK_STEP");

	return file && seconds && access(file, F_OK) == 0 ? strtol(seconds, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	long status = syscall(SYS_clock_gettime, clock, ret);

	if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ret->tv_sec += step();
	return (int)status;
}

time_t time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	*ret = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
	return 0;
}
