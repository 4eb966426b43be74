#include "plugin/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "plugin/clock.h"
#include "plugin/figures.h"
#include "plugin/plan.h"
#include "plugin/text.h"

#define LIVE_EVERY  (250 * MILLI)
#define PLAIN_EVERY (5 * SECOND)
/* A rate over less than this says nothing. */
#define RATE_OVER (200 * MILLI)

void progress_init(struct progress *progress, bool quiet, unsigned vus)
{
	const char *term = getenv("TERM");

	*progress = (struct progress){.quiet = quiet, .vus = vus, .phase = "", .limit = ""};
	progress->terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

void progress_end(struct progress *progress)
{
	if (progress->dirty)
		fputs("\r\033[K", stderr);
	progress->dirty = false;
}

void progress_note(struct progress *progress, const char *format, ...)
{
	va_list arguments;
	char line[2048];

	if (progress->quiet)
		return;
	progress_end(progress);
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	text_clean(line);
	fprintf(stderr, "%s\n", line);
}

void progress_phase(struct progress *progress, const char *name, const char *limit, int64_t length)
{
	char text[32];

	progress->phase = name;
	progress->limit = limit;
	progress->phase_begun = clock_now();
	progress->phase_length = length;
	progress->next = progress->phase_begun + (progress->terminal ? 0 : PLAIN_EVERY);
	if (progress->terminal || progress->quiet)
		return;
	progress->requests_at = 0; /* the rate of a plain line is that of its phase */
	if (length)
		fprintf(stderr, "%-7s %s%s\n", name, limit, duration_print(length, text));
	else
		fprintf(stderr, "%s\n", name);
}

/* "5s of 15s", "5s". */
static void print_elapsed(FILE *out, const struct progress *progress, int64_t now)
{
	long long elapsed = (now - progress->phase_begun) / SECOND;
	long long length = progress->phase_length / SECOND;

	fprintf(out, "%-7s %llds", progress->phase, elapsed);
	if (length && elapsed <= length)
		fprintf(out, " of %s%llds", progress->limit, length);
}

static void note_rate(struct progress *progress, const struct lg_snapshot *snapshot)
{
	int64_t elapsed = snapshot->now - progress->requests_at;

	if (elapsed < RATE_OVER)
		return;
	progress->rate = (double)(snapshot->total.requests - progress->requests) * SECOND / (double)elapsed;
	progress->requests = snapshot->total.requests;
	progress->requests_at = snapshot->now;
}

/* Counts from the first look on, printed or not. */
static void note_first(struct progress *progress, const struct lg_snapshot *snapshot)
{
	if (progress->requests_at)
		return;
	progress->requests = snapshot->total.requests;
	progress->requests_at = snapshot->now;
}

/* Between two snapshots there may be no answer at all. */
static void note_latency(struct progress *progress, const struct lg_snapshot *snapshot)
{
	if (!snapshot->recent_p99)
		return;
	progress->p50 = snapshot->recent_p50;
	progress->p99 = snapshot->recent_p99;
}

static void print_load(FILE *out, struct progress *progress, const struct lg_snapshot *snapshot)
{
	char rate[32], p50[32], p99[32];

	note_rate(progress, snapshot);
	fprintf(out, "  %u/%u VUs  %s req/s", snapshot->vus, progress->vus,
	        figure_count(progress->rate, rate));
	if (progress->p99)
		fprintf(out, "  p50 %s p99 %s", figure_time((double)progress->p50 * 1e3, p50),
		        figure_time((double)progress->p99 * 1e3, p99));
	fprintf(out, "  %llu failed", (unsigned long long)snapshot->total.failed);
	if (snapshot->total.failed && snapshot->last_error[0])
		fprintf(out, " (%.60s)", snapshot->last_error);
}

static unsigned columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

void progress_tick(struct progress *progress, const struct lg_snapshot *snapshot, int64_t pod_cpu)
{
	int64_t now = clock_now();
	char line[512] = "";
	FILE *out;

	if (snapshot) {
		note_first(progress, snapshot);
		note_latency(progress, snapshot);
	}
	if (progress->quiet || now < progress->next)
		return;
	progress->next = now + (progress->terminal ? LIVE_EVERY : PLAIN_EVERY);
	out = fmemopen(line, sizeof line, "w");
	if (!out)
		return;
	print_elapsed(out, progress, now);
	if (snapshot)
		print_load(out, progress, snapshot);
	if (pod_cpu >= 0)
		fprintf(out, "  pod %lldm", (long long)pod_cpu);
	fclose(out);
	text_clean(line);
	if (progress->terminal)
		fprintf(stderr, "\r\033[K%.*s", (int)columns() - 1, line);
	else
		fprintf(stderr, "%s\n", line);
	progress->dirty = progress->terminal;
	fflush(stderr);
}
