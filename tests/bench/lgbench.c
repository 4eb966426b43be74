/*
 * Drives the engine once, for benchmarks: lgbench URL VUS SECONDS [THREADS].
 * One line: requests, failed, requests a second, p50 and p99 in us, CPU in us a
 * request (user and system), highest resident set in KiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "loadgen/loadgen.h"

static double seconds_of(struct timeval at)
{
	return (double)at.tv_sec + (double)at.tv_usec / 1e6;
}

static void report(const struct lg_result *result)
{
	const struct lg_counts *counts = &result->counts[LG_BEFORE];
	double elapsed = (double)(result->stopped - result->started) / 1e9;
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("requests %llu failed %llu rate %.0f p50 %llu p99 %llu cpu_us %.3f maxrss_kib %ld%s%s\n",
	       (unsigned long long)counts->requests, (unsigned long long)counts->failed,
	       (double)counts->requests / elapsed,
	       (unsigned long long)lg_histogram_percentile(result->service[LG_BEFORE], 50),
	       (unsigned long long)lg_histogram_percentile(result->service[LG_BEFORE], 99),
	       1e6 * (seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime)) / (double)counts->requests,
	       usage.ru_maxrss, *result->first_error ? " error: " : "", result->first_error);
}

int main(int argc, char **argv)
{
	struct lg_plan plan = {0};
	char error[LG_ERROR_SIZE];
	struct lg_result *result;
	struct lg_run *run;

	if (argc < 4) {
		fprintf(stderr, "usage: lgbench URL VUS SECONDS [THREADS]\n");
		return 2;
	}
	plan.url = argv[1];
	plan.vus = (unsigned)strtoul(argv[2], NULL, 10);
	plan.threads = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 1;
	if (argc > 5)
		plan.io = !strcmp(argv[5], "uring") ? LG_IO_URING : LG_IO_EPOLL;
	if (lg_start(&plan, &run, error) < 0) {
		fprintf(stderr, "lgbench: %s\n", error);
		return 1;
	}
	nanosleep(&(struct timespec){.tv_sec = strtol(argv[3], NULL, 10)}, NULL);
	lg_stop(run, 0);
	result = lg_finish(run);
	if (!result)
		return 1;
	report(result);
	lg_result_free(result);
	return 0;
}
