#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "plugin/command.h"
#include "plugin/document.h"
#include "plugin/guard.h"
#include "plugin/option_file.h"
#include "plugin/plan.h"
#include "plugin/run.h"
#include "plugin/signals.h"

#define AT(field) offsetof(struct plan, field)
#define HOUR      (3600 * SECOND)

static const char *const by_names[] = {"cpu", "memory", NULL};

/* clang-format off */
static const struct option target_options[] = {
	{.name = "file", .letter = 'f', .kind = OPTION_TEXT, .offset = AT(file), .value = "PLAN.yaml", .by_hand = true,
	 .help = "plan file: these options by their long names, 'target' for TYPE/NAME; the command line wins over it, and "
	         "it over the config file; '-' is standard input"},
	{.name = "selector", .letter = 'l', .against = "target", .kind = OPTION_TEXT, .offset = AT(selector), .value = "SELECTOR",
	 .help = "pods by label, as for kubectl get -l"},
	{.name = "by", .kind = OPTION_CHOICE, .offset = AT(by), .value = "cpu|memory", .choices = by_names,
	 .help = "what makes a pod the top one (default cpu)"},
	{.name = "pprof-port", .kind = OPTION_PORT, .offset = AT(pprof_port), .value = "PORT",
	 .help = "pprof's port in the pod (default: scrape annotations, a port named pprof, then 6060)"},
	{.name = "pprof-path", .kind = OPTION_TEXT, .offset = AT(pprof_path), .value = "PATH",
	 .help = "pprof's path (default /debug/pprof)"},
	{.name = "pprof-url", .against = "target selector", .kind = OPTION_TEXT, .offset = AT(pprof_url), .value = "URL",
	 .help = "pprof of a plain process, no cluster: http://127.0.0.1:6060"},
	{.name = "pprof-header", .kind = OPTION_LIST, .offset = AT(pprof_header_texts), .value = "'NAME: VALUE'|@FILE",
	 .help = "header line for a pprof that wants one (Authorization), or a file of such lines; repeatable, its value is "
	         "written nowhere"},
	{.name = "pprof-insecure", .kind = OPTION_FLAG, .offset = AT(pprof_insecure),
	 .help = "do not verify the certificate of an https --pprof-url"},
	{.name = "tunnel", .kind = OPTION_CHOICE, .offset = AT(tunnel), .value = "WAY", .choices = cap_way_names,
	 .help = "auto|websocket|spdy-websocket|spdy|proxy: how the pod is reached through the API server (default auto: "
	         "the first of them that is allowed there)"},
	{.name = "pods", .kind = OPTION_TEXT, .offset = AT(pods_text), .value = "N|all",
	 .help = "capture from so many of the ready pods at once, the hottest first, at most 32: their profiles are summed, and "
	         "each is kept; load through the tunnel goes to all of them (default 1)"},
	{.name = "pod-share", .kind = OPTION_SHARE, .offset = AT(pod_share), .value = "SHARE",
	 .help = "share of the requests that what is captured serves, e.g. 1/3 (default: 1 through the tunnel, to "
	         "the pod's own IP and without a cluster, else its part of the CPU of the ready pods at peak)"},
	{0},
};
/* clang-format on */

/* clang-format off */
static const struct option load_options[] = {
	{.name = "url", .kind = OPTION_TEXT, .offset = AT(url), .value = "URL",
	 .help = "where the load goes, straight, without a proxy (default: through the tunnel to the pod, and the "
	         "result is marked tunnel-bound)"},
	{.name = "port", .against = "url", .kind = OPTION_PORT, .offset = AT(port), .value = "PORT",
	 .help = "the pod's HTTP port for load through the tunnel (default: a port named http, else the first)"},
	{.name = "path", .kind = OPTION_TEXT, .offset = AT(path), .value = "PATH",
	 .help = "path for load through the tunnel (default /)"},
	{.name = "method", .letter = 'X', .kind = OPTION_TEXT, .offset = AT(method), .value = "METHOD",
	 .help = "HTTP method (default GET, with a body POST)"},
	{.name = "header", .letter = 'H', .secret = true, .kind = OPTION_LIST, .offset = AT(headers), .value = "'NAME: VALUE'",
	 .help = "header line, repeatable"},
	{.name = "body", .secret = true, .kind = OPTION_TEXT, .offset = AT(body), .value = "TEXT", .help = "body of each request"},
	{.name = "body-file", .against = "body", .kind = OPTION_TEXT, .offset = AT(body_file), .value = "FILE",
	 .help = "body from a file, up to 64 MiB"},
	{.name = "timeout", .kind = OPTION_DURATION, .offset = AT(timeout), .value = "DURATION",
	 .help = "of one request (default 1m0s)", .min = MILLI, .max = HOUR},
	{.name = "targets", .against = "url method", .kind = OPTION_TEXT, .offset = AT(targets_file), .value = "FILE",
	 .help = "instead of --url, several kinds of request in vegeta's form: METHOD URL, header lines, @body-file, a blank "
	         "line between; '# weight: N' above one"},
	{.name = "data", .kind = OPTION_TEXT, .offset = AT(data_file), .value = "FILE",
	 .help = "CSV with a header line: {{csv.COLUMN}} in URL, headers and body is filled in from its rows, round robin; "
	         "{{seq}}, {{uuid}} and {{rand 1 100}} need no file"},
	{.name = "no-templates", .kind = OPTION_FLAG, .offset = AT(no_templates),
	 .help = "send '{{' as it stands"},
	{.name = "expect-status", .kind = OPTION_TEXT, .offset = AT(expect_status), .value = "LIST",
	 .help = "statuses of a good answer, such as 200,204,3xx (default: any below 400)"},
	{.name = "expect-body", .kind = OPTION_TEXT, .offset = AT(expect_body), .value = "TEXT",
	 .help = "text that a good answer's body holds"},
	{0},
};

static const struct option model_options[] = {
	{.name = "vus", .kind = OPTION_COUNT, .offset = AT(vus), .value = "N",
	 .help = "virtual users, one connection each, each waiting for its answer (default 16); with --rate those made "
	         "ready beforehand", .min = 1, .max = LG_MAX_VUS},
	{.name = "rate", .against = "vus", .kind = OPTION_TEXT, .offset = AT(rate_text), .value = "N/s",
	 .help = "requests a second whatever comes back, evenly spaced, instead of a number of users; also N/m, N/h"},
	{.name = "ramp", .kind = OPTION_DURATION, .offset = AT(ramp), .value = "DURATION",
	 .help = "users or rate rise evenly over this time (default 15s, with --requests 0)", .max = HOUR},
	{.name = "stage", .against = "rate ramp vus", .kind = OPTION_LIST, .offset = AT(stage_texts), .value = "DURATION:TARGET",
	 .help = "instead of --ramp, repeatable: a straight line to so many users (15s:50) or to a rate (15s:2000/s); "
	         "the highest target is held until the capture is done"},
	{.name = "requests", .kind = OPTION_COUNT, .offset = AT(requests), .value = "N",
	 .help = "end after so many requests", .min = 1, .max = UINT32_MAX},
	{.name = "think", .against = "rate", .kind = OPTION_DURATION, .offset = AT(think), .value = "DURATION",
	 .help = "pause of a virtual user between its requests (default 0)", .max = HOUR},
	{.name = "expected-interval", .against = "rate", .kind = OPTION_DURATION, .offset = AT(expected_interval), .value = "DURATION",
	 .help = "what a user's requests should be apart, to correct response latency for those that a slow one kept "
	         "from being sent (with --rate it is exact without this)", .max = HOUR},
	{.name = "max-vus", .against = "vus", .kind = OPTION_COUNT, .offset = AT(max_vus), .value = "N",
	 .help = "with --rate, most requests at a time (default: the rate's requests of one second, 64 to 10000)",
	 .min = 1, .max = LG_MAX_VUS},
	{.name = "on-late", .kind = OPTION_CHOICE, .offset = AT(late), .value = "drop|queue", .choices = late_names,
	 .help = "with --rate, a start for which no user is free is counted as dropped (default), or made late"},
	{.name = "find-capacity", .against = "stage requests", .kind = OPTION_TEXT, .offset = AT(find_capacity), .value = "'EXPR'",
	 .help = "search for the highest rate that meets a threshold, such as 'p(99)<50' (ms of http_req_duration) or "
	         "'http_req_failed: rate<0.01': from --rate (100/s) up, then halving; at most 5m; the window is at that rate"},
	{.name = "capacity-share", .kind = OPTION_SHARE, .offset = AT(capacity_share), .value = "SHARE",
	 .help = "with --find-capacity, the window is at this share of the rate found (default 1)"},
	{.name = "capacity-step", .kind = OPTION_DURATION, .offset = AT(capacity_step), .value = "DURATION",
	 .help = "with --find-capacity, what a rate is judged over, after a second to settle (default 3s)",
	 .min = SECOND, .max = HOUR},
	{.name = "abort-if", .kind = OPTION_LIST, .offset = AT(abort_texts), .value = "'EXPR'",
	 .help = "stop the load at once when this holds over its last second, repeatable: 'http_req_failed: rate>0.1', "
	         "'p(99)>2000' (ms), 'restarts' (of the pod's containers); exit status 99"},
	{.name = "graceful-stop", .kind = OPTION_DURATION, .offset = AT(graceful_stop), .value = "DURATION",
	 .help = "what requests in flight get to finish at the end (default 1s)", .max = HOUR},
	{0},
};

static const struct option wire_options[] = {
	{.name = "http", .kind = OPTION_CHOICE, .offset = AT(http), .value = "auto|1.1|2", .choices = http_names,
	 .help = "HTTP version: what TLS agrees on and 1.1 without (default), or that one alone"},
	{.name = "streams", .kind = OPTION_COUNT, .offset = AT(streams), .value = "N",
	 .help = "virtual users that share a connection by HTTP/2 (default 1)", .min = 1, .max = 1000},
	{.name = "no-keepalive", .kind = OPTION_FLAG, .offset = AT(no_keepalive),
	 .help = "a connection for each request"},
	{.name = "cacert", .kind = OPTION_TEXT, .offset = AT(cacert), .value = "FILE",
	 .help = "CA that signed the target's certificate (default: the system's)"},
	{.name = "cert", .kind = OPTION_TEXT, .offset = AT(cert), .value = "FILE",
	 .help = "client certificate for the target"},
	{.name = "key", .kind = OPTION_TEXT, .offset = AT(key), .value = "FILE", .help = "its key"},
	{.name = "insecure", .letter = 'k', .kind = OPTION_FLAG, .offset = AT(insecure),
	 .help = "do not check the target's certificate"},
	{.name = "ssh-for", .kind = OPTION_CHOICE, .offset = AT(ssh_for), .value = "api|load|both", .choices = ssh_for_names,
	 .help = "with --ssh, what goes through it: the API server and pprof (default), the load to --url, or both"},
	{.name = "threads", .kind = OPTION_COUNT, .offset = AT(threads), .value = "N",
	 .help = "threads of the load engine (default: one for each core)", .min = 1, .max = LG_MAX_THREADS},
	{.name = "io", .kind = OPTION_CHOICE, .offset = AT(io), .value = "auto|epoll|uring", .choices = io_names,
	 .help = "how the engine waits: io_uring where the kernel has it, else epoll (default), or one of them alone"},
	{0},
};
/* clang-format on */

/* clang-format off */
static const struct option capture_options[] = {
	{.name = "baseline", .kind = OPTION_DURATION, .offset = AT(baseline), .value = "DURATION",
	 .help = "CPU profile of the idle pod before the load (default 0: goroutines only)", .max = HOUR},
	{.name = "settle", .kind = OPTION_DURATION, .offset = AT(settle), .value = "DURATION",
	 .help = "longest wait for a steady rate after the ramp (default 10s)", .max = HOUR},
	{.name = "window", .kind = OPTION_DURATION, .offset = AT(window), .value = "DURATION",
	 .help = "length of the capture at peak (default 30s)", .min = SECOND, .max = HOUR},
	{.name = "slice", .kind = OPTION_DURATION, .offset = AT(slice), .value = "DURATION",
	 .help = "CPU is captured in slices of this length, so that a cut loses one at most (default 5s)",
	 .min = SECOND, .max = HOUR},
	{.name = "cooldown", .kind = OPTION_DURATION, .offset = AT(cooldown), .value = "DURATION",
	 .help = "wait so long once the load has ended, then look at goroutines (and heap) again: what stays is suspected of "
	         "a leak (default 0: do not)", .max = HOUR},
	{.name = "profiles", .kind = OPTION_TEXT, .offset = AT(profiles_text), .value = "LIST",
	 .help = "none or some of cpu,goroutine,heap,allocs,mutex,block,threadcreate,trace (default cpu,goroutine)"},
	{0},
};
/* clang-format on */

/* clang-format off */
static const struct option output_options[] = {
	{.name = "out", .kind = OPTION_TEXT, .offset = AT(out), .value = "DIR",
	 .help = "run directory, must not exist yet (default pprof-runs/TIME-TARGET)"},
	{.name = "output", .letter = 'o', .kind = OPTION_CHOICE, .offset = AT(output), .value = "text|json|yaml",
	 .choices = document_formats, .help = "format of standard output (default text)"},
	{.name = "pgo", .kind = OPTION_TEXT, .offset = AT(pgo), .value = "FILE",
	 .help = "write the window's CPU profile there for profile-guided optimisation: default.pgo"},
	{.name = "prometheus-listen", .kind = OPTION_TEXT, .offset = AT(prometheus_listen), .value = "HOST:PORT",
	 .help = "live figures of the load at http://HOST:PORT/metrics while it runs, with k6's names"},
	{.name = "top", .kind = OPTION_COUNT, .offset = AT(top), .value = "N",
	 .help = "functions in the summary (default 10)", .min = 1, .max = 1000},
	{.name = "threshold", .kind = OPTION_LIST, .offset = AT(threshold_texts), .value = "'METRIC: EXPR'",
	 .help = "k6's thresholds, repeatable: 'http_req_duration{status:200}: p(95)<500', with ', abortOnFail' and "
	         "', delayAbortEval=10s' behind; exit 99 when one does not hold"},
	{.name = "strict", .kind = OPTION_FLAG, .offset = AT(strict),
	 .help = "exit 98 when the run cannot be trusted"},
	{.name = "quiet", .letter = 'q', .kind = OPTION_FLAG, .offset = AT(quiet),
	 .help = "no progress on standard error"},
	{.name = "dry-run", .by_hand = true, .kind = OPTION_FLAG, .offset = AT(dry_run),
	 .help = "print the plan, send nothing; with -o yaml as a plan file to give back with -f"},
	{0},
};
/* clang-format on */

/* clang-format off */
static const struct option guard_line_options[] = {
	{.name = "yes", .letter = 'y', .kind = OPTION_FLAG, .offset = AT(yes), .by_hand = true,
	 .help = "a context that counts as production (*prod*, or as the config file says) is meant: do not ask"},
	{.name = "allow-host", .kind = OPTION_LIST, .offset = AT(allow_hosts), .value = "HOST",
	 .help = "load may go to this host, repeatable; this machine and the cluster's own nodes, pods, services and "
	         "ingresses are free"},
	{.name = "max-rate", .kind = OPTION_TEXT, .offset = AT(max_rate_text), .value = "N/s",
	 .help = "refuse or end a load over this rate; --find-capacity stays below"},
	{0},
};
/* clang-format on */

static int take_target(struct plan *plan, const struct option_list *arguments, struct error *error)
{
	if (arguments->count > 1)
		return error_usage(error, "loadtest takes one TYPE/NAME, '%s' is one too many",
		                   arguments->items[1]);
	if (arguments->count)
		plan->target = arguments->items[0];
	return 0;
}

/* As text, or as a plan file: what was asked for, before plan_check completes it. */
static int print_plan(struct plan *plan, const struct option_group *groups, size_t count,
                      const struct option_list *arguments, struct error *error)
{
	char *left_out;
	cJSON *json = option_file_json(groups, count, arguments, &left_out);
	int status = plan_check(plan, error);

	cJSON_DeleteItemFromObject(json, "output"); /* is how this is printed */
	if (status == 0 && plan->output == DOCUMENT_TEXT)
		plan_print(stdout, plan);
	else if (status == 0)
		document_print(stdout, json, plan->output);
	if (status == 0 && plan->output != DOCUMENT_TEXT && left_out)
		fprintf(stderr, "note: left out, since they may hold secrets: %s\n", left_out);
	free(left_out);
	cJSON_Delete(json);
	return status;
}

static int execute(struct plan *plan, struct error *error)
{
	int status = plan_check(plan, error);

	if (status == 0)
		status = guard_confirm(plan, error);
	if (status == 0) {
		signals_catch();
		status = run_loadtest(plan, error);
	}
	return status;
}

size_t plan_options(struct plan *plan, struct option_group ret[PLAN_GROUPS])
{
	const struct option_group groups[PLAN_GROUPS] = {
		{"Target", target_options, plan},           {"Load", load_options, plan},
		{"Model of the load", model_options, plan}, {"Connections of the load", wire_options, plan},
		{"Capture", capture_options, plan},         {"Output", output_options, plan},
		{"Guard", guard_line_options, plan},        {"Cluster", kube_options, &plan->kube},
		{"Guard", guard_options, &plan->guard},
	};

	memcpy(ret, groups, sizeof groups);
	return PLAN_GROUPS;
}

static int run(const struct command *command, int argc, char **argv, struct error *error)
{
	struct plan plan;
	struct option_group groups[PLAN_GROUPS];
	size_t count = plan_options(&plan, groups);
	struct option_list arguments = {0};
	int status;

	plan_init(&plan);
	status = command_parse(command, groups, count, argc, argv, &arguments, error);
	if (status == 0)
		status = take_target(&plan, &arguments, error);
	if (status == 0 && plan.dry_run)
		status = print_plan(&plan, groups, count, &arguments, error);
	else if (status == 0)
		status = execute(&plan, error);
	else if (status > 0)
		status = EXIT_GOOD;
	free(arguments.items);
	options_release(groups, count);
	plan_release(&plan);
	return status < 0 ? (int)error->exit : status;
}

const struct command cmd_loadtest = {
	.name = "loadtest",
	.usage = "loadtest [TYPE/NAME | POD] [-l SELECTOR] [-n NS] [--url URL] [options]",
	.summary = "Loads a service, captures its top pod's profiles at peak, says if the run can be trusted",
	.help = "Picks the pod with the highest CPU among those of TYPE/NAME (deployment, statefulset, daemonset,\n"
		"replicaset, job, service, pod) or of a selector, reaches its pprof through a tunnel inside this\n"
		"process, drives the load, waits for a steady rate, captures, and tears everything down.\n"
		"Everything is kept in a run directory; 'go tool pprof' opens every .pb.gz in it.",
	.run = run,
};
