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

void progress_init(struct progress *progress, bool quiet, unsigned vus)
{
	const char *term = getenv("TERM");

	*progress = (struct progress){.quiet = quiet, .vus = vus, .phase = ""};
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

void progress_phase(struct progress *progress, const char *name, int64_t length)
{
	progress->phase = name;
	progress->phase_begun = clock_now();
	progress->phase_length = length;
	progress->next = progress->phase_begun + (progress->terminal ? 0 : PLAIN_EVERY);
	if (!progress->terminal)
		progress->requests_at = 0; /* the rate of a plain line is of its own phase */
	if (!progress->terminal && !progress->quiet)
		fprintf(stderr, "%s\n", name);
}

bool progress_due(const struct progress *progress)
{
	return !progress->quiet && clock_now() >= progress->next;
}

/* "5s of 15s", "5s". */
static void print_elapsed(FILE *out, const struct progress *progress, int64_t now)
{
	long long elapsed = (now - progress->phase_begun) / SECOND;
	long long length = progress->phase_length / SECOND;

	fprintf(out, "%-7s %llds", progress->phase, elapsed);
	if (length && elapsed <= length)
		fprintf(out, " of %llds", length);
}

static void note_requests(struct progress *progress, const struct lg_snapshot *snapshot)
{
	progress->requests = snapshot->total.requests;
	progress->requests_at = snapshot->now;
}

static double rate_since(struct progress *progress, const struct lg_snapshot *snapshot)
{
	int64_t elapsed = snapshot->now - progress->requests_at;
	double rate = 0;

	if (elapsed > 0)
		rate = (double)(snapshot->total.requests - progress->requests) * SECOND / (double)elapsed;
	note_requests(progress, snapshot);
	return rate;
}

static void print_load(FILE *out, struct progress *progress, const struct lg_snapshot *snapshot)
{
	char rate[32], p50[32], p99[32];

	fprintf(out, "  %u/%u VUs  %s req/s  p50 %s p99 %s  %llu failed", snapshot->vus, progress->vus,
	        figure_count(rate_since(progress, snapshot), rate),
	        figure_time((double)snapshot->recent_p50 * 1e3, p50),
	        figure_time((double)snapshot->recent_p99 * 1e3, p99),
	        (unsigned long long)snapshot->total.failed);
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

	if (snapshot && !progress->requests_at)
		note_requests(progress, snapshot);
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
