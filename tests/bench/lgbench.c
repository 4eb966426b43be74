/*
 * Drives the engine once, for benchmarks: lgbench [OPTION...] URL VUS SECONDS [THREADS].
 *
 *   --http 1|2     this version alone (otherwise: HTTP/1.1, or what ALPN says)
 *   --streams N    VUs that share an HTTP/2 connection
 *   --io epoll|uring
 *   --insecure     any certificate will do
 *   --cacert FILE
 *   --no-keepalive
 *   --rate N       that many requests a second, VUS at most under way
 *   --share N      each thread may use N % of a core (SCHED_DEADLINE; root)
 *
 * One line: requests, failed, requests a second, p50 and p99 in us, CPU in us a
 * request (user and system), highest resident set in KiB, each thread's share of
 * a core. With --rate and --share the figures are of a window of SECONDS that
 * begins after a second; with --rate also starts dropped, and lag and response
 * in us.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <linux/sched/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "loadgen/loadgen.h"

#define NS_PER_SECOND 1000000000LL
#define PERIOD_NS     10000000ULL /* of --share */
#define POLICY        6           /* SCHED_DEADLINE */

static double seconds_of(struct timeval at)
{
	return (double)at.tv_sec + (double)at.tv_usec / 1e6;
}

static unsigned long long at(const struct lg_histogram *histogram, double percentile)
{
	return lg_histogram_percentile(histogram, percentile);
}

static void report_rate(const struct lg_result *result, enum lg_phase phase)
{
	const struct lg_histogram *lag = result->lag[phase], *response = result->response[phase];

	printf(" dropped %llu lag_p50 %llu lag_p99 %llu lag_p99.9 %llu lag_max %llu response_p50 %llu "
	       "response_p99 %llu",
	       (unsigned long long)result->counts[phase].dropped, at(lag, 50), at(lag, 99), at(lag, 99.9),
	       (unsigned long long)lg_histogram_max(lag), at(response, 50), at(response, 99));
}

static void report(const struct lg_result *result, const struct lg_plan *plan)
{
	enum lg_phase phase = result->window_end ? LG_WINDOW : LG_BEFORE;
	const struct lg_counts *counts = &result->counts[phase];
	int64_t begin = phase == LG_WINDOW ? result->window_begin : result->started;
	int64_t end = phase == LG_WINDOW ? result->window_end : result->stopped;
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("requests %llu failed %llu rate %.1f p50 %llu p99 %llu cpu_us %.3f maxrss_kib %ld",
	       (unsigned long long)counts->requests, (unsigned long long)counts->failed,
	       (double)counts->requests * 1e9 / (double)(end - begin), at(result->service[phase], 50),
	       at(result->service[phase], 99),
	       1e6 * (seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime)) /
	               (double)lg_counts_sum(result).requests,
	       usage.ru_maxrss);
	for (size_t i = 0; i < result->thread_count; i++)
		printf("%s%.1f%%", i ? "," : " threads ", 100 * result->threads[i].cpu);
	if (plan->model == LG_RATE)
		report_rate(result, phase);
	printf("%s%s\n", *result->first_error ? " error: " : "", result->first_error);
}

static int usage(void)
{
	fprintf(stderr,
	        "usage: lgbench [--http 1|2] [--streams N] [--io epoll|uring] [--insecure] [--cacert FILE] "
	        "[--no-keepalive] [--rate N] [--share N] URL VUS SECONDS [THREADS]\n");
	return 2;
}

static void read_option(int option, struct lg_plan *plan, double *ret_share)
{
	switch (option) {
	case 'h':
		plan->http = *optarg == '2' ? LG_HTTP_2 : LG_HTTP_1;
		break;
	case 's':
		plan->streams = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case 'i':
		plan->io = strcmp(optarg, "uring") ? LG_IO_EPOLL : LG_IO_URING;
		break;
	case 'k':
		plan->tls.insecure = true;
		break;
	case 'c':
		plan->tls.ca = optarg;
		break;
	case 'n':
		plan->no_keepalive = true;
		break;
	case 'r':
		plan->model = LG_RATE;
		plan->rate = strtod(optarg, NULL);
		break;
	case 'p':
		*ret_share = strtod(optarg, NULL) / 100;
		break;
	default:
		break;
	}
}

static int read_options(int argc, char **argv, struct lg_plan *plan, double *ret_share)
{
	static const struct option options[] = {
		{"http", required_argument, NULL, 'h'},
		{"streams", required_argument, NULL, 's'},
		{"io", required_argument, NULL, 'i'},
		{"insecure", no_argument, NULL, 'k'},
		{"cacert", required_argument, NULL, 'c'},
		{"no-keepalive", no_argument, NULL, 'n'},
		{"rate", required_argument, NULL, 'r'},
		{"share", required_argument, NULL, 'p'},
		{0},
	};

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == '?')
			return -1;
		read_option(option, plan, ret_share);
	}
	return argc - optind < 3 ? -1 : 0;
}

/* The engine's own threads are told by their names: lg-0, lg-1, ... */
static bool is_worker(const char *tid)
{
	char path[64], name[32] = "";
	FILE *file;

	snprintf(path, sizeof path, "/proc/self/task/%.16s/comm", tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	(void)!fread(name, 1, sizeof name - 1, file);
	fclose(file);
	return !strncmp(name, "lg-", 3) && name[3] >= '0' && name[3] <= '9';
}

static int set_share(double share)
{
	struct sched_attr attributes = {.size = sizeof attributes,
	                                .sched_policy = POLICY,
	                                .sched_runtime = (uint64_t)(share * PERIOD_NS),
	                                .sched_deadline = PERIOD_NS,
	                                .sched_period = PERIOD_NS};
	DIR *tasks = opendir("/proc/self/task");
	int failed = 0;

	for (struct dirent *task; tasks && (task = readdir(tasks));)
		if (is_worker(task->d_name) &&
		    syscall(SYS_sched_setattr, strtol(task->d_name, NULL, 10), &attributes, 0) != 0)
			failed = errno;
	if (tasks)
		closedir(tasks);
	if (failed)
		fprintf(stderr, "lgbench: cannot limit a thread: %s\n", strerror(failed));
	return failed ? -1 : 0;
}

static void sleep_seconds(double seconds)
{
	struct timespec left = {.tv_sec = (time_t)seconds};

	left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
	nanosleep(&left, NULL);
}

/* The window begins a second from now. */
static void set_window(struct lg_run *run, double seconds)
{
	struct timespec now;
	int64_t begin;

	clock_gettime(CLOCK_MONOTONIC, &now);
	begin = now.tv_sec * NS_PER_SECOND + now.tv_nsec + NS_PER_SECOND;
	lg_set_window(run, begin, begin + (int64_t)(seconds * 1e9));
	sleep_seconds(1.1);
}

static int drive(const struct lg_plan *plan, double seconds, double share)
{
	char error[LG_ERROR_SIZE];
	struct lg_result *result;
	struct lg_run *run;
	int status = 0;

	if (lg_start(plan, &run, error) < 0) {
		fprintf(stderr, "lgbench: %s\n", error);
		return 1;
	}
	if (share > 0)
		status = set_share(share);
	if (share > 0 || plan->model == LG_RATE)
		set_window(run, seconds);
	sleep_seconds(seconds);
	lg_stop(run, 0);
	result = lg_finish(run);
	if (!result)
		return 1;
	report(result, plan);
	lg_result_free(result);
	return status ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct lg_plan plan = {0};
	double share = 0;

	if (read_options(argc, argv, &plan, &share) < 0)
		return usage();
	argv += optind;
	plan.url = argv[0];
	plan.vus = (unsigned)strtoul(argv[1], NULL, 10);
	plan.threads = argv[3] ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
	return drive(&plan, strtod(argv[2], NULL), share);
}
