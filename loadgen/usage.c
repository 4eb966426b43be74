#include "loadgen/usage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "loadgen/clock.h"
#include "loadgen/text.h"

/* The second number of the file, see Documentation/scheduler/sched-stats.rst of the kernel. */
static int64_t wait_of(pid_t tid)
{
	char path[64], text[128] = "";
	long long run, wait = -1;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/self/task/%d/schedstat", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	return n > 0 && sscanf(text, "%lld %lld", &run, &wait) == 2 ? wait : -1;
}

struct lg_usage lg_usage_take(pthread_t thread, pid_t tid)
{
	struct lg_usage usage = {.at = lg_clock_now(), .wait = tid ? wait_of(tid) : -1};
	clockid_t clock;

	if (pthread_getcpuclockid(thread, &clock) == 0)
		usage.cpu = lg_clock_of(clock);
	return usage;
}

struct lg_thread_use lg_usage_between(const struct lg_usage *from, const struct lg_usage *to)
{
	struct lg_thread_use use = {.run_queue_wait = -1};
	double elapsed = (double)(to->at - from->at);

	if (!from->at || elapsed <= 0)
		return use;
	use.cpu = (double)(to->cpu - from->cpu) / elapsed;
	if (use.cpu > 1)
		use.cpu = 1;
	if (from->wait >= 0 && to->wait >= 0)
		use.run_queue_wait = (double)(to->wait - from->wait) / elapsed;
	return use;
}

bool lg_usage_saturated(const struct lg_thread_use *use, size_t thread, char reason[LG_ERROR_SIZE])
{
	if (use->cpu > LG_SATURATED_CPU) {
		lg_error_set(
			reason,
			"thread lg-%zu ran %.0f %% of a core: use more threads, less load or another machine",
			thread, 100 * use->cpu);
		return true;
	}
	if (use->run_queue_wait > LG_SATURATED_WAIT ||
	    (use->run_queue_wait > 0.1 && use->run_queue_wait + use->cpu > LG_SATURATED_CPU)) {
		lg_error_set(reason,
		             "thread lg-%zu waited for a core %.0f %% of the time: "
		             "the machine is too busy or the CPU limit too low for this load",
		             thread, 100 * use->run_queue_wait);
		return true;
	}
	return false;
}
