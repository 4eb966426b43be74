/*
 * Drives the engine once, for benchmarks: lgbench [OPTION...] URL VUS SECONDS [THREADS].
 *
 *   --http 1|2     this version alone (otherwise: HTTP/1.1, or what ALPN says)
 *   --streams N    VUs that share an HTTP/2 connection
 *   --io epoll|uring
 *   --insecure     any certificate will do
 *   --cacert FILE
 *   --no-keepalive
 *
 * One line: requests, failed, requests a second, p50 and p99 in us, CPU in us a
 * request (user and system), highest resident set in KiB.
 */
#include <getopt.h>
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

static int usage(void)
{
	fprintf(stderr,
	        "usage: lgbench [--http 1|2] [--streams N] [--io epoll|uring] [--insecure] [--cacert FILE] "
	        "[--no-keepalive] URL VUS SECONDS [THREADS]\n");
	return 2;
}

static int read_options(int argc, char **argv, struct lg_plan *plan)
{
	static const struct option options[] = {
		{"http", required_argument, NULL, 'h'},
		{"streams", required_argument, NULL, 's'},
		{"io", required_argument, NULL, 'i'},
		{"insecure", no_argument, NULL, 'k'},
		{"cacert", required_argument, NULL, 'c'},
		{"no-keepalive", no_argument, NULL, 'n'},
		{0},
	};

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
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
		default:
			return -1;
		}
	}
	return argc - optind < 3 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct lg_plan plan = {0};
	char error[LG_ERROR_SIZE];
	struct lg_result *result;
	struct lg_run *run;

	if (read_options(argc, argv, &plan) < 0)
		return usage();
	argv += optind;
	plan.url = argv[0];
	plan.vus = (unsigned)strtoul(argv[1], NULL, 10);
	plan.threads = argv[3] ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
	if (lg_start(&plan, &run, error) < 0) {
		fprintf(stderr, "lgbench: %s\n", error);
		return 1;
	}
	nanosleep(&(struct timespec){.tv_sec = strtol(argv[2], NULL, 10)}, NULL);
	lg_stop(run, 0);
	result = lg_finish(run);
	if (!result)
		return 1;
	report(result);
	lg_result_free(result);
	return 0;
}
