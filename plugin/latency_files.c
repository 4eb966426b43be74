#include "plugin/latency_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugin/text_out.h"

#define TICKS_PER_HALVING 5
#define BUCKETS           22
#define SUB_BUCKETS       2048

static void print_interval(FILE *out, const char *tag, int64_t begin, int64_t length,
                           const struct lg_histogram *h)
{
	char *encoded = h && lg_histogram_count(h) ? lg_histogram_encode(h) : NULL;

	if (encoded)
		fprintf(out, "Tag=%s,%.3f,%.3f,%.3f,%s\n", tag, (double)begin / SECOND,
		        (double)length / SECOND, (double)lg_histogram_max(h), encoded);
	free(encoded);
}

static void print_phase(FILE *out, const struct lg_result *load, int phase)
{
	static const char *const names[LG_PHASES] = {"before", "window", "after"};
	const int64_t begins[] = {load->started, load->window_begin, load->window_end};
	const int64_t ends[] = {load->window_begin ? load->window_begin : load->stopped, load->window_end,
	                        load->stopped};
	int64_t begin = begins[phase] - load->started, length = ends[phase] - begins[phase];
	char tag[32];

	if (!begins[phase])
		return;
	print_interval(out, names[phase], begin, length, load->service[phase]);
	snprintf(tag, sizeof tag, "%s-response", names[phase]);
	print_interval(out, tag, begin, length, load->response[phase]);
	snprintf(tag, sizeof tag, "%s-lag", names[phase]);
	print_interval(out, tag, begin, length, load->lag[phase]);
}

char *latency_hlog(const struct outcome *outcome)
{
	const struct lg_result *load = outcome->load;
	struct text_out text;
	char wall[40];
	FILE *out;

	text_out_begin(&text);
	out = text.file;
	/* readers look for the words behind the number, as HdrHistogram's own writer has them */
	fprintf(out,
	        "#[Histogram log format version 1.3]\n#[latency in microseconds]\n"
	        "#[StartTime: %.3f (seconds since epoch), %s]\n",
	        (double)(load->started + outcome->at.wall_offset) / SECOND,
	        outcome_wall(outcome, load->started, wall));
	fputs("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
	      out);
	for (int i = 0; i < LG_PHASES; i++)
		print_phase(out, load, i);
	return text_out_end(&text, NULL);
}

static void print_percentile(FILE *out, const struct lg_histogram *h, double percentile)
{
	uint64_t value = lg_histogram_percentile(h, percentile);

	fprintf(out, "%12.3f %2.12f %10llu", (double)value / 1e3, percentile / 100,
	        (unsigned long long)lg_histogram_count_to(h, value));
	if (percentile < 100)
		fprintf(out, " %14.2f", 1 / (1 - percentile / 100));
	fputc('\n', out);
}

/* The levels of HdrHistogram's PercentileIterator: five to each halving of what is left to 100 %. */
static void print_percentiles(FILE *out, const struct lg_histogram *h)
{
	uint64_t count = lg_histogram_count(h);
	double level = 0;

	while (lg_histogram_count_to(h, lg_histogram_percentile(h, level)) < count) {
		print_percentile(out, h, level);
		level += 100 / (TICKS_PER_HALVING * exp2(floor(log2(100 / (100 - level))) + 1));
	}
	print_percentile(out, h, level);
	if (level < 100)
		print_percentile(out, h, 100);
}

char *latency_hgrm(const struct outcome *outcome)
{
	const struct lg_histogram *h = outcome->load->service[LG_WINDOW];
	struct text_out text;
	FILE *out;

	text_out_begin(&text);
	out = text.file;
	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
	if (lg_histogram_count(h))
		print_percentiles(out, h);
	fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", lg_histogram_mean(h) / 1e3,
	        lg_histogram_stddev(h) / 1e3);
	fprintf(out, "#[Max     = %12.3f, Total count    = %12llu]\n", (double)lg_histogram_max(h) / 1e3,
	        (unsigned long long)lg_histogram_count(h));
	fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", BUCKETS, SUB_BUCKETS);
	return text_out_end(&text, NULL);
}
