#include "plugin/report_series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/report_write.h"

/* More would not be seen, and weigh. */
#define ROWS_MAX 1200
/* Steps of the curve to each power of ten of rarity. */
#define STEPS 20

static void take_note(char note[512], struct error *error)
{
	if (!note[0])
		snprintf(note, 512, "A part is not shown: %.400s.", error->text);
	error_release(error);
}

/* ---- timeline ----------------------------------------------------------------- */

/* Several seconds as one: rates and medians as their mean, p99 as the highest. */
static struct run_second merge(const struct run_second *rows, size_t count)
{
	struct run_second sum = rows[0];

	for (size_t i = 1; i < count; i++) {
		sum.requests += rows[i].requests;
		sum.failed += rows[i].failed;
		sum.p50 += rows[i].p50;
		sum.p99 = fmax(sum.p99, rows[i].p99);
		sum.vus = fmax(sum.vus, rows[i].vus);
		sum.cpu = fmax(sum.cpu, rows[i].cpu);
		sum.memory = fmax(sum.memory, rows[i].memory);
	}
	sum.requests /= (double)count;
	sum.failed /= (double)count;
	sum.p50 /= (double)count;
	return sum;
}

static size_t thin(struct run_second *rows, size_t count)
{
	size_t step = (count + ROWS_MAX - 1) / ROWS_MAX, kept = 0;

	for (size_t i = 0; i < count; i += step)
		rows[kept++] = merge(&rows[i], count - i < step ? count - i : step);
	return kept;
}

/* The load ends within a second: its last row counts for the part that it covers, or not at all. */
static size_t mend_end(struct run_second *rows, size_t count, double ends)
{
	double part = count && ends > 0 ? ends - rows[count - 1].elapsed : 1;

	if (part >= 1)
		return count;
	if (part < 0.2)
		return count - 1;
	rows[count - 1].requests /= part;
	rows[count - 1].failed /= part;
	if (count > 1 && rows[count - 1].vus < rows[count - 2].vus)
		rows[count - 1].vus = rows[count - 2].vus;
	return count;
}

static void write_numbers(FILE *out, const char *name, const struct run_second *rows, size_t count,
                          size_t offset)
{
	report_name(out, name, false);
	fputc('[', out);
	for (size_t i = 0; i < count; i++) {
		double value = *(const double *)((const char *)&rows[i] + offset);

		if (i)
			fputc(',', out);
		report_number(out, value < 0 ? NAN : round(10 * value) / 10);
	}
	fputc(']', out);
}

static void write_phases(FILE *out, const struct run_second *rows, size_t count)
{
	report_name(out, "phase", true);
	fputc('[', out);
	for (size_t i = 0; i < count; i++) {
		if (i)
			fputc(',', out);
		report_text(out, rows[i].phase);
	}
	fputc(']', out);
}

static double since_load(const struct run_read *run, const char *path)
{
	return run_read_number(run, path, NAN) - run_read_number(run, "timeline/load_started/elapsed_s", NAN);
}

static void write_window(FILE *out, const struct run_read *run)
{
	report_name(out, "window", false);
	fputc('{', out);
	report_name(out, "begin", true);
	report_number(out, since_load(run, "timeline/window_begin/elapsed_s"));
	report_name(out, "end", false);
	report_number(out, since_load(run, "timeline/window_end/elapsed_s"));
	fputc('}', out);
}

void report_timeline(FILE *out, const struct run_read *run, char note[512])
{
	double ends = since_load(run, "timeline/load_stopped/elapsed_s");
	struct run_second *rows = NULL;
	struct error error = {0};
	size_t count = 0;

	if (run_read_seconds(run, &rows, &count, &error) < 0)
		take_note(note, &error);
	count = thin(rows, mend_end(rows, count, ends));
	if (!count) {
		free(rows);
		fputs("null", out);
		return;
	}
	fputc('{', out);
	write_phases(out, rows, count);
	write_numbers(out, "at", rows, count, offsetof(struct run_second, elapsed));
	write_numbers(out, "vus", rows, count, offsetof(struct run_second, vus));
	write_numbers(out, "rate", rows, count, offsetof(struct run_second, requests));
	write_numbers(out, "failed", rows, count, offsetof(struct run_second, failed));
	write_numbers(out, "p50", rows, count, offsetof(struct run_second, p50));
	write_numbers(out, "p99", rows, count, offsetof(struct run_second, p99));
	write_numbers(out, "cpu", rows, count, offsetof(struct run_second, cpu));
	write_numbers(out, "memory", rows, count, offsetof(struct run_second, memory));
	write_window(out, run);
	report_name(out, "ends", false);
	report_number(out, isfinite(ends) && ends > 0 ? ends : rows[count - 1].elapsed + 1);
	fputc('}', out);
	free(rows);
}

/* ---- latency ------------------------------------------------------------------ */

static void write_point(FILE *out, bool first, double value, double second)
{
	fputs(first ? "[" : ",[", out);
	report_number(out, value);
	fputc(',', out);
	report_number(out, second);
	fputc(']', out);
}

/* Evenly spaced by how rare a request is: one in 1, ..., 10, ..., 100 and on to the last. */
static void write_curve(FILE *out, const struct lg_histogram *latency)
{
	double rarest = log10((double)lg_histogram_count(latency));

	fputs("\"points\":[", out);
	for (int i = 0; i <= STEPS * rarest; i++) {
		double part = 1 - pow(10, -(double)i / STEPS);

		write_point(out, i == 0, (double)lg_histogram_percentile(latency, 100 * part) * 1e3, part);
	}
	write_point(out, false, (double)lg_histogram_max(latency) * 1e3, 1);
	fputc(']', out);
}

static void write_table(FILE *out, const struct lg_histogram *latency)
{
	static const double levels[] = {0, 50, 75, 90, 95, 99, 99.9, 99.99, 100};

	fputs(",\"table\":[", out);
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		write_point(out, i == 0, levels[i],
		            (double)lg_histogram_percentile(latency, levels[i]) * 1e3);
	fputc(']', out);
}

static void write_latency(FILE *out, const struct run_read *run, const char *name, const char *tag,
                          bool first, char note[512])
{
	struct lg_histogram *latency = NULL;
	struct error error = {0};

	report_name(out, name, first);
	if (run_read_latency(run, tag, &latency, &error) < 0)
		take_note(note, &error);
	if (latency && lg_histogram_count(latency)) {
		fputc('{', out);
		write_curve(out, latency);
		write_table(out, latency);
		fputc('}', out);
	} else {
		fputs("null", out);
	}
	lg_histogram_free(latency);
}

void report_latency(FILE *out, const struct run_read *run, char note[512])
{
	fputc('{', out);
	write_latency(out, run, "service", "window", true, note);
	write_latency(out, run, "response", "window-response", false, note);
	write_latency(out, run, "lag", "window-lag", false, note);
	fputc('}', out);
}
