#include "plugin/summary.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/figures.h"
#include "plugin/pgo.h"
#include "plugin/replicas_report.h"
#include "plugin/text.h"

#define LABEL "%-11s"

static void print_target(FILE *out, const struct outcome *outcome)
{
	const struct target *target = &outcome->target;
	char way[80], why[1024], changed[800];

	fprintf(out, LABEL "%s (%s)\n", "Target", target->name, target->why);
	for (unsigned i = 0; i < outcome->change_count; i++)
		fprintf(out, LABEL "%s\n", "Replaced",
		        change_text(&outcome->changes[i], changed, sizeof changed));
	if (target->has_pprof && target->pod)
		fprintf(out, LABEL "port %u%s (%s), through %s\n", "Pprof", target->pprof.port,
		        target->pprof_path, target->pprof_why,
		        tunnel_report_way(&outcome->tunnel, way, sizeof way));
	else if (target->has_pprof)
		fprintf(out, LABEL "%s%s\n", "Pprof", target->process_url, target->pprof_path);
	if (*tunnel_report_why(&outcome->tunnel, why, sizeof why))
		fprintf(out, LABEL "%s\n", "Tunnel", why);
}

/* Asked for in the window. */
static double load_rate(const struct outcome *outcome)
{
	return outcome->capacity.knee > 0 ? outcome->capacity.knee * outcome->plan->capacity_share
	                                  : outcome->plan->rate;
}

static void print_load(FILE *out, const struct outcome *outcome)
{
	const struct plan *plan = outcome->plan;
	const struct target *target = &outcome->target;
	char ramp[32], think[32], rate[32];

	if (plan->targets.count > 1)
		fprintf(out, LABEL "%zu targets of %s, ", "Load", plan->targets.count, plan->targets_file);
	else
		fprintf(out, LABEL "%s, ", "Load", target->load_url);
	if (plan->rate > 0)
		fprintf(out, "%s/s by up to %u VUs", figure_count(load_rate(outcome), rate), plan->max_vus);
	else
		fprintf(out, "%u VU%s", plan->vus, plan->vus == 1 ? "" : "s");
	fprintf(out, ", ramp %s", duration_print(plan->ramp, ramp));
	if (plan->think)
		fprintf(out, ", think %s", duration_print(plan->think, think));
	fputs(target->tunnel_bound ? ", tunnel-bound" : target->bastion_bound ? ", bastion-bound" : "", out);
	if (target->tunnel_bound && target->peer_count)
		fprintf(out, " to %zu pods in turn", target->peer_count + 1);
	fputc('\n', out);
}

static void print_errors(FILE *out, const struct lg_result *load)
{
	const struct lg_counts *counts = &load->counts[LG_WINDOW];
	const char *separator = "";

	if (!counts->failed)
		return;
	fprintf(out, LABEL, "Failed");
	for (int i = 4; i <= 5; i++) {
		if (counts->status[i])
			fprintf(out, "%s%llu with status %dxx", separator,
			        (unsigned long long)counts->status[i], i);
		separator = counts->status[i] ? ", " : separator;
	}
	for (int i = 0; i < LG_ERROR_KINDS; i++) {
		if (counts->errors[i])
			fprintf(out, "%s%llu %s", separator, (unsigned long long)counts->errors[i],
			        lg_error_kind_name((enum lg_error_kind)i));
		separator = counts->errors[i] ? ", " : separator;
	}
	if (load->first_error[0]) {
		char *line = xstrdup(load->first_error);

		text_clean(line);
		fprintf(out, "; the first: %s", line);
		free(line);
	}
	fputc('\n', out);
}

static void print_latency(FILE *out, const char *label, const struct lg_histogram *latency)
{
	static const struct {
		const char *name;
		double percentile;
	} points[] = {{"p50", 50}, {"p90", 90}, {"p95", 95}, {"p99", 99}, {"p99.9", 99.9}};
	char figure[32];

	if (!latency || !lg_histogram_count(latency))
		return;
	fprintf(out, LABEL, label);
	for (size_t i = 0; i < sizeof points / sizeof *points; i++)
		fprintf(out, "%s %s  ", points[i].name,
		        figure_time((double)lg_histogram_percentile(latency, points[i].percentile) * 1e3,
		                    figure));
	fprintf(out, "max %s", figure_time((double)lg_histogram_max(latency) * 1e3, figure));
	if (lg_histogram_over_range(latency))
		fprintf(out, " (%llu over 1h)", (unsigned long long)lg_histogram_over_range(latency));
	fputc('\n', out);
}

/* Nothing is known of them but that they took longer than they were given. */
static void print_unfinished(FILE *out, const struct lg_result *load)
{
	if (load->censored)
		fprintf(out, LABEL "%llu when the load ended, in no figure here\n", "In flight",
		        (unsigned long long)load->censored);
}

static void print_window(FILE *out, const struct outcome *outcome)
{
	int64_t window = outcome_window(outcome);
	const struct lg_counts *counts;
	char length[32], requests[32], rate[32];

	if (!window) {
		fprintf(out, LABEL "none: the run ended before the capture\n", "Window");
		return;
	}
	counts = &outcome->load->counts[LG_WINDOW];
	fprintf(out, LABEL "%s: %s requests, %s/s, %llu failed\n", "Window",
	        figure_time((double)window, length), figure_count((double)counts->requests, requests),
	        figure_count((double)counts->requests * SECOND / (double)window, rate),
	        (unsigned long long)counts->failed);
	print_errors(out, outcome->load);
	print_latency(out, "Latency", outcome->load->service[LG_WINDOW]);
	print_latency(out, "Response", outcome->load->response[LG_WINDOW]);
	print_latency(out, "Lag", outcome->load->lag[LG_WINDOW]);
}

/* The highest figures that the source gave of the load. */
static void print_pod(FILE *out, const struct outcome *outcome)
{
	const char *source = outcome->target.ranking.source == RANKED_BY_KUBELET ? "kubelet" : "metrics";
	struct outcome_peak peak = outcome_peak(outcome);
	int64_t limit = outcome_cpu_limit(outcome);
	char bytes[32];

	if (peak.cpu < 0)
		return;
	fprintf(out, LABEL, "Pod");
	if (outcome->replicas.count > 1)
		fprintf(out, "%s: ", outcome->target.pod->name);
	fprintf(out, "up to %lldm CPU", (long long)peak.cpu);
	if (limit)
		fprintf(out, " of its limit of %lldm%s", (long long)limit,
		        (double)peak.cpu >= OUTCOME_AT_LIMIT * (double)limit ? ", throttled" : "");
	fprintf(out, ", %s memory (%s, %zu reading%s)\n", figure_bytes((double)peak.memory, bytes), source,
	        peak.readings, peak.readings == 1 ? "" : "s");
}

static void print_row(FILE *out, const struct cost_row *row, int64_t total)
{
	char *name = xstrdup(row->function);
	char flat[32], each[32] = "-";
	double percent = total ? 100.0 / (double)total : 0;

	text_clean(name);
	if (row->per_request >= 0)
		figure_time(row->per_request, each);
	fprintf(out, "  %8s %6.1f%% %6.1f%%  %9s  ±%3.0f%%  %s\n", figure_time((double)row->flat, flat),
	        percent * (double)row->flat, percent * (double)row->cum, each, 100 * row->error, name);
	free(name);
}

static void print_cpu(FILE *out, const struct outcome *outcome)
{
	const struct cost *cost = &outcome->cost;
	char cpu[32], profiled[32], each[32];

	if (!cost->rows)
		return;
	fprintf(out, LABEL "%s in %s (%.2f cores), %llu samples", "CPU", figure_time((double)cost->cpu, cpu),
	        figure_time((double)cost->profiled, profiled), cost->cores,
	        (unsigned long long)cost->samples);
	if (cost->per_request >= 0)
		fprintf(out, "; %s of CPU a request", figure_time(cost->per_request, each));
	if (outcome->target.share_assumed || outcome->target.share_measured)
		fprintf(out, ", taking the pod%s share of the load as %.3g",
		        outcome->replicas.count > 1 ? "s'" : "'s", outcome->target.share);
	fprintf(out, "\n  %8s %7s %7s  %9s  %5s  %s\n", "flat", "flat%", "cum%", "a request", "error",
	        "function");
	for (size_t i = 0; i < cost->count && i < outcome->plan->top && cost->rows[i].flat > 0; i++)
		print_row(out, &cost->rows[i], cost->cpu);
}

static void print_goroutines(FILE *out, const struct outcome *outcome)
{
	if (outcome->goroutines < 0 && outcome->goroutines_idle < 0)
		return;
	fprintf(out, LABEL, "Goroutines");
	if (outcome->goroutines_idle >= 0)
		fprintf(out, "%lld before the load%s", (long long)outcome->goroutines_idle,
		        outcome->goroutines >= 0 ? ", " : "");
	if (outcome->goroutines >= 0)
		fprintf(out, "%lld in the middle of the window", (long long)outcome->goroutines);
	if (outcome->goroutines_after >= 0)
		fprintf(out, ", %lld after the load", (long long)outcome->goroutines_after);
	fputc('\n', out);
}

static void print_verdict(FILE *out, const struct verdict *verdict)
{
	fprintf(out, LABEL "%s\n", "Verdict", verdict_word(verdict));
	for (size_t i = 0; i < verdict->count; i++)
		fprintf(out, "  %-7s  %s\n", check_level_name(verdict->checks[i].level),
		        verdict->checks[i].text);
}

static void print_files(FILE *out, const struct outcome *outcome)
{
	const struct shot *cpu = shots_find(outcome->shots, "cpu.pb.gz");
	char *report = xprintf("%s/report.html", outcome->directory);
	bool has_report = access(report, F_OK) == 0;

	free(report);
	if (!outcome->directory[0]) {
		fprintf(out, LABEL "none: they could not be written\n", "Files");
		return;
	}
	fprintf(out, LABEL "%s\n", "Files", outcome->directory);
	if (has_report)
		fprintf(out, LABEL "%s/report.html\n", "Report", outcome->directory);
	if (cpu && cpu->data)
		fprintf(out, LABEL "go tool pprof -http=: %s/cpu.pb.gz\n", "Next", outcome->directory);
}

void summary_print(FILE *out, const struct outcome *outcome)
{
	print_target(out, outcome);
	if (outcome->load) {
		print_load(out, outcome);
		print_window(out, outcome);
		print_unfinished(out, outcome->load);
	}
	print_pod(out, outcome);
	replicas_print(out, outcome);
	print_cpu(out, outcome);
	meaning_print_cpu(out, outcome);
	print_goroutines(out, outcome);
	meaning_print_rest(out, outcome);
	if (outcome->capacity.count)
		capacity_print(out, &outcome->capacity, &outcome->plan->goal);
	print_verdict(out, &outcome->verdict);
	if (outcome->thresholds.count)
		fprintf(out, LABEL "%s\n", "Thresholds",
		        outcome->thresholds.failed ? "not all hold" : "all hold");
	threshold_report_print(out, &outcome->thresholds);
	pgo_print(out, outcome);
	print_files(out, outcome);
}
