#include "plugin/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/capture.h"
#include "plugin/bastion.h"
#include "plugin/capacity.h"
#include "plugin/guard.h"
#include "plugin/load_model.h"
#include "plugin/pprof_headers.h"
#include "plugin/ranking.h"
#include "plugin/text.h"

#define BODY_MAX  (64 * 1024 * 1024)
#define NO_MEMORY "out of memory" /* how the engine begins such a line: no wrong usage */

const char *const late_names[] = {"drop", "queue", NULL};
const char *const http_names[] = {"auto", "1.1", "2", NULL};
const char *const ssh_for_names[] = {"api", "load", "both", NULL};
const char *const io_names[] = {"auto", "epoll", "uring", NULL};

static const char *const profile_names[] = {"cpu",   "goroutine",    "heap",  "allocs", "mutex",
                                            "block", "threadcreate", "trace", NULL};

void plan_init(struct plan *plan)
{
	*plan = (struct plan){
		.path = "/",
		.vus = 16,
		.ramp = -1,
		.timeout = 60 * SECOND,
		.graceful_stop = 1 * SECOND,
		.capacity_share = 1,
		.capacity_step = 3 * SECOND,
		.settle = 10 * SECOND,
		.window = 30 * SECOND,
		.slice = 5 * SECOND,
		.profiles_text = "cpu,goroutine",
		.top = 10,
	};
}

static int profile_bit(const char *name, size_t length)
{
	for (int i = 0; profile_names[i]; i++)
		if (strncmp(profile_names[i], name, length) == 0 && !profile_names[i][length])
			return 1 << i;
	return 0;
}

static int unknown_profile(const char *name, size_t length, struct error *error)
{
	char *word = xstrndup(name, length);
	const char *near = text_nearest(word, profile_names);

	if (near)
		error_usage(error, "--profiles: unknown profile '%s'; did you mean '%s'?", word, near);
	else
		error_usage(
			error,
			"--profiles: unknown profile '%s'; give none or some of cpu, goroutine, heap, allocs, "
			"mutex, block, threadcreate, trace",
			word);
	free(word);
	return -1;
}

static int read_profiles(struct plan *plan, struct error *error)
{
	const char *at = plan->profiles_text;

	if (strcmp(at, "none") == 0)
		return 0;
	while (true) {
		size_t length = strcspn(at, ",");
		int bit = profile_bit(at, length);

		if (!bit)
			return unknown_profile(at, length, error);
		plan->profiles |= (unsigned)bit;
		if (!at[length])
			return 0;
		at += length + 1;
	}
}

static int read_all(int fd, struct plan *plan)
{
	struct stat status;
	ssize_t got = 0;

	if (fstat(fd, &status) != 0)
		return -1;
	if (!S_ISREG(status.st_mode) || status.st_size > BODY_MAX)
		return errno = EFBIG, -1;
	plan->body_data = xcalloc((size_t)status.st_size + 1, 1);
	while (plan->body_size < (size_t)status.st_size) {
		got = read(fd, plan->body_data + plan->body_size, (size_t)status.st_size - plan->body_size);
		if (got <= 0)
			break;
		plan->body_size += (size_t)got;
	}
	return got < 0 ? -1 : 0;
}

static size_t body_size(const struct plan *plan)
{
	return plan->body_data ? plan->body_size : plan->body ? strlen(plan->body) : 0;
}

static int read_body(struct plan *plan, struct error *error)
{
	int fd, status;

	if (!plan->body_file)
		return 0;
	if (plan->body)
		return error_usage(error, "give --body or --body-file, not both");
	fd = open(plan->body_file, O_RDONLY | O_CLOEXEC);
	status = fd < 0 ? -1 : read_all(fd, plan);
	if (status < 0)
		error_usage(error, "--body-file: cannot read '%s': %s", plan->body_file,
		            errno == EFBIG ? "not a regular file of up to 64 MiB" : strerror(errno));
	if (fd >= 0)
		close(fd);
	return status;
}

/* What is sent, from files. */
static int read_targets(struct plan *plan, struct error *error)
{
	struct targets_defaults defaults = {.headers = plan->headers.items,
	                                    .table = plan->data_file ? &plan->csv.table : NULL,
	                                    .no_templates = plan->no_templates};

	if (plan->data_file && csv_read(plan->data_file, &plan->csv, error) < 0)
		return -1;
	if (!plan->targets_file)
		return 0;
	if (plan->url || plan->method)
		return error_usage(error, "give --targets or %s, not both: the file says it for each target",
		                   plan->url ? "--url" : "--method");
	defaults.body = plan->body_data ? plan->body_data : plan->body;
	defaults.body_size = body_size(plan);
	if (targets_read(plan->targets_file, &defaults, &plan->targets, error) < 0)
		return -1;
	plan->url = plan->targets.items[0].url;
	return 0;
}

static int check_url(const char *option, const char *url, struct error *error)
{
	const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url;

	if (memchr(host, '@', strcspn(host, "/?#")))
		return error_usage(
			error, "%s: no user name or password in it: they would be kept with the run", option);
	if (!scheme)
		return error_usage(error, "%s: '%s' has no scheme; did you mean 'http://%s'?", option, url,
		                   url);
	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return error_usage(error, "%s: '%s' is neither http:// nor https://", option, url);
	return 0;
}

static int check_ssh(const struct plan *plan, struct error *error)
{
	if (!plan->kube.ssh)
		return plan->ssh_for == SSH_FOR_API ? 0 : error_usage(error, "--ssh-for wants --ssh as well");
	if (plan->ssh_for != SSH_FOR_API && !plan->url)
		return error_usage(error,
		                   "--ssh-for %s wants --url as well: without it the load goes through the "
		                   "tunnel, as the API server's traffic does",
		                   ssh_for_names[plan->ssh_for]);
	if (plan->ssh_for == SSH_FOR_API && plan_is_local(plan) && !plan->pprof_url)
		return error_usage(error,
		                   "--ssh: nothing goes through it; --ssh-for load sends the load that way");
	return bastion_check(plan->kube.ssh, error);
}

/* Options that contradict each other. */
static int check_combination(const struct plan *plan, struct error *error)
{
	if (plan->target && plan->selector)
		return error_usage(error, "give TYPE/NAME or --selector, not both");
	if (plan->pprof_url && (plan->target || plan->selector))
		return error_usage(error, "--pprof-url is for a process without a cluster: leave '%s' out",
		                   plan->target ? plan->target : plan->selector);
	if (plan->pprof_url && !plan->url)
		return error_usage(error, "--pprof-url wants --url as well: where the load goes");
	if (!plan->profiles && !plan->url && !plan->target && !plan->selector)
		return error_usage(error,
		                   "nothing to capture and nowhere to send load: give --url or a target");
	if (plan->url && plan->port)
		return error_usage(error,
		                   "give --url or --port, not both: --port is for load through the tunnel");
	if (plan->tunnel == CAP_WAY_PROXY && !plan->url)
		return error_usage(error, "--tunnel proxy carries captures, no load: give --url");
	if (plan->tunnel && plan->pprof_url)
		return error_usage(error, "--tunnel is for a pod: there is none with --pprof-url");
	if (plan->pprof_insecure && (!plan->pprof_url || strncasecmp(plan->pprof_url, "https:", 6) != 0))
		return error_usage(error,
		                   "--pprof-insecure is for an https --pprof-url; in a pod the API server "
		                   "says whom one speaks to");
	if (plan->pprof_path && plan->pprof_path[0] != '/')
		return error_usage(error, "--pprof-path: '%s' does not start with '/'", plan->pprof_path);
	if (plan->out && !*plan->out)
		return error_usage(error, "--out: give the run directory's name");
	if (plan->path[0] != '/')
		return error_usage(error, "--path: '%s' does not start with '/'", plan->path);
	if (plan->pgo && !(plan->profiles & PROFILE_CPU))
		return error_usage(error, "--pgo is made of the CPU profile; add cpu to --profiles");
	if (plan->cooldown && !(plan->profiles & (PROFILE_GOROUTINE | PROFILE_HEAP)))
		return error_usage(error, "--cooldown looks at goroutines and heap; add one to --profiles");
	if (plan->window % SECOND || plan->slice % SECOND || plan->baseline % SECOND)
		return error_usage(error,
		                   "--window, --slice and --baseline are whole seconds, as pprof counts");
	return 0;
}

static int read_pods(struct plan *plan, struct error *error)
{
	const char *text = plan->pods_text ? plan->pods_text : "1";
	char *end;
	unsigned long count = strtoul(text, &end, 10);

	if (strcmp(text, "all") == 0)
		count = PODS_ALL;
	else if (*text < '0' || *text > '9' || *end || !count || count > PODS_MAX)
		return error_usage(error, "--pods: '%s' is neither a number from 1 to %d nor 'all'", text,
		                   PODS_MAX);
	plan->pods = (unsigned)count;
	if (count > 1 && (plan_is_local(plan) || !plan->profiles))
		return error_usage(error, "--pods %s: there are no pods to capture from", text);
	return 0;
}

int plan_check(struct plan *plan, struct error *error)
{
	char line[LG_ERROR_SIZE];
	struct lg_plan load;

	if (read_body(plan, error) < 0 || read_targets(plan, error) < 0 ||
	    pprof_headers_read(&plan->pprof_header_texts, &plan->pprof_headers, error) < 0)
		return -1;
	if (plan->url && check_url("--url", plan->url, error) < 0)
		return -1;
	if (plan->pprof_url && check_url("--pprof-url", plan->pprof_url, error) < 0)
		return -1;
	if (guard_read(plan, error) < 0 || load_model_read(plan, error) < 0 ||
	    read_profiles(plan, error) < 0 || check_combination(plan, error) < 0 ||
	    check_ssh(plan, error) < 0 || read_pods(plan, error) < 0)
		return -1;
	if (thresholds_parse("--threshold", &plan->threshold_texts, &plan->thresholds, error) < 0)
		return -1;
	if (abort_rules_parse(&plan->abort_texts, &plan->abort_rules, error) < 0)
		return -1;
	if (plan->abort_rules.restarts && plan_is_local(plan))
		return error_usage(error, "--abort-if restarts is for a pod, and there is none");
	if (plan->find_capacity &&
	    capacity_goal_parse("--find-capacity", plan->find_capacity, &plan->goal, error) < 0)
		return -1;
	load = plan_load(plan, plan->url ? plan->url : "http://localhost/");
	if (lg_check(&load, line) < 0)
		return strncmp(line, NO_MEMORY, strlen(NO_MEMORY)) == 0 ? error_set(error, "%s", line)
		                                                        : error_usage(error, "%s", line);
	for (size_t i = 0; i < plan->thresholds.count; i++)
		if (threshold_fits("--threshold", &plan->thresholds.items[i], &load, error) < 0)
			return -1;
	for (size_t i = 0; i < plan->abort_rules.count; i++)
		if (threshold_fits("--abort-if", &plan->abort_rules.items[i], &load, error) < 0)
			return -1;
	return guard_check(plan, error);
}

void plan_release(struct plan *plan)
{
	text_wipe(plan->body_data);
	free(plan->body_data);
	pprof_headers_free(plan->pprof_headers);
	free(plan->stages);
	targets_release(&plan->targets);
	csv_release(&plan->csv);
	thresholds_release(&plan->thresholds);
	abort_rules_release(&plan->abort_rules);
	threshold_release(&plan->goal);
}

bool plan_is_local(const struct plan *plan)
{
	return plan->pprof_url || (!plan->profiles && plan->url && !plan->target && !plan->selector);
}

bool plan_is_counted(const struct plan *plan)
{
	return plan->requests && !plan->profiles;
}

struct lg_plan plan_load(const struct plan *plan, const char *url)
{
	return (struct lg_plan){
		.url = url,
		.method = plan->method,
		.headers = plan->headers.items,
		.body = plan->body_data ? plan->body_data : plan->body,
		.body_size = body_size(plan),
		.targets = plan->targets.items,
		.target_count = plan->targets.count,
		.table = plan->data_file ? &plan->csv.table : NULL,
		.no_templates = plan->no_templates,
		.apart = plan->thresholds.apart,
		.apart_count = plan->thresholds.apart_count,
		.model = plan->rate > 0 ? LG_RATE : LG_VUS,
		.vus = plan->vus,
		.max_vus = plan->max_vus,
		.rate = plan->rate,
		.ramp = plan->ramp,
		.stages = plan->stages,
		.stage_count = plan->stage_count,
		.late = (enum lg_late)plan->late,
		.requests = plan->requests,
		.think = plan->think,
		.expected_interval = plan->expected_interval,
		.timeout = plan->timeout,
		.window_at_start = plan_is_counted(plan),
		.threads = plan->threads,
		.io = (enum lg_io_kind)plan->io,
		.http = (enum lg_http_version)plan->http,
		.streams = plan->streams,
		.no_keepalive = plan->no_keepalive,
		.tls = {.ca = plan->cacert, .cert = plan->cert, .key = plan->key, .insecure = plan->insecure},
		.expect = {.status = plan->expect_status, .body = plan->expect_body},
	};
}

int64_t plan_longest(const struct plan *plan)
{
	return plan->baseline + plan->ramp + (plan->find_capacity ? CAPACITY_MOST : 0) + plan->settle +
	       plan->window + plan->cooldown;
}

static void add_duration(cJSON *json, const char *name, int64_t ns)
{
	char text[32];

	cJSON_AddStringToObject(json, name, duration_print(ns, text));
}

static void add_text(cJSON *json, const char *name, const char *text)
{
	if (text)
		cJSON_AddStringToObject(json, name, text);
}

static void add_texts(cJSON *json, const char *name, const struct option_list *texts)
{
	cJSON *list = texts->count ? cJSON_AddArrayToObject(json, name) : NULL;

	for (size_t i = 0; i < texts->count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(texts->items[i]));
}

/* k6's names for the four models. */
static const char *executor(const struct plan *plan)
{
	if (plan->rate > 0)
		return plan->ramp || plan->stage_count ? "ramping-arrival-rate" : "constant-arrival-rate";
	return plan->ramp || plan->stage_count ? "ramping-vus" : "constant-vus";
}

static void add_model(cJSON *json, const struct plan *plan)
{
	add_text(json, "executor", executor(plan));
	if (plan->rate > 0) {
		cJSON_AddNumberToObject(json, "rate", plan->rate);
		cJSON_AddNumberToObject(json, "max_vus", plan->max_vus);
		add_text(json, "on_late", late_names[plan->late]);
	}
	cJSON_AddNumberToObject(json, "vus", plan->vus);
	add_texts(json, "stages", &plan->stage_texts);
	add_duration(json, "ramp", plan->ramp);
	if (plan->requests)
		cJSON_AddNumberToObject(json, "requests", plan->requests);
	if (plan->rate <= 0)
		add_duration(json, "think", plan->think);
	if (plan->expected_interval)
		add_duration(json, "expected_interval", plan->expected_interval);
}

static void add_wire(cJSON *json, const struct plan *plan)
{
	if (plan->threads)
		cJSON_AddNumberToObject(json, "threads", plan->threads);
	add_text(json, "io", io_names[plan->io]);
	add_text(json, "http", http_names[plan->http]);
	if (plan->kube.ssh)
		add_text(json, "ssh_for", ssh_for_names[plan->ssh_for]);
	if (plan->streams)
		cJSON_AddNumberToObject(json, "streams", plan->streams);
	cJSON_AddBoolToObject(json, "keepalive", !plan->no_keepalive);
}

/* The value may be a secret. */
static void add_header_name(cJSON *json, const char *list, const char *line)
{
	cJSON *names = cJSON_GetObjectItem(json, list);
	char *name = xstrndup(line, strcspn(line, ":"));

	cJSON_AddItemToArray(names ? names : cJSON_AddArrayToObject(json, list), cJSON_CreateString(name));
	free(name);
}

static cJSON *load_json(const struct plan *plan)
{
	cJSON *json = cJSON_CreateObject();

	add_text(json, "targets", plan->targets_file);
	if (plan->targets.count)
		cJSON_AddNumberToObject(json, "target_count", (double)plan->targets.count);
	add_text(json, "data", plan->data_file);
	add_text(json, "url", plan->url ? plan->url : "through the tunnel");
	if (!plan->url) {
		add_text(json, "path", plan->path);
		if (plan->port)
			cJSON_AddNumberToObject(json, "port", plan->port);
	}
	add_text(json, "method",
	         plan->method                    ? plan->method
	         : plan->body || plan->body_data ? "POST"
	                                         : "GET");
	for (size_t i = 0; i < plan->headers.count; i++)
		add_header_name(json, "headers", plan->headers.items[i]);
	if (plan->body || plan->body_data)
		cJSON_AddNumberToObject(json, "body_bytes", (double)body_size(plan));
	add_model(json, plan);
	add_duration(json, "timeout", plan->timeout);
	add_wire(json, plan);
	add_text(json, "expect_status", plan->expect_status);
	add_text(json, "expect_body", plan->expect_body);
	add_texts(json, "thresholds", &plan->threshold_texts);
	add_texts(json, "abort_if", &plan->abort_texts);
	add_text(json, "find_capacity", plan->find_capacity);
	if (plan->find_capacity)
		cJSON_AddNumberToObject(json, "capacity_share", plan->capacity_share);
	return json;
}

static cJSON *capture_json(const struct plan *plan)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "profiles", plan->profiles_text);
	add_duration(json, "baseline", plan->baseline);
	add_duration(json, "settle", plan->settle);
	add_duration(json, "window", plan->window);
	add_duration(json, "slice", plan->slice);
	if (plan->cooldown)
		add_duration(json, "cooldown", plan->cooldown);
	add_text(json, "pgo", plan->pgo);
	return json;
}

cJSON *plan_json(const struct plan *plan)
{
	cJSON *json = cJSON_CreateObject(), *target = cJSON_AddObjectToObject(json, "target");

	add_text(target, "pprof_url", plan->pprof_url);
	add_text(target, "context", plan->kube.context);
	add_text(target, "namespace", plan->kube.ns);
	add_text(target, "ssh", plan->kube.ssh);
	add_text(target, "object", plan->target);
	add_text(target, "selector", plan->selector);
	if (!plan_is_local(plan))
		add_text(target, "by", plan->by == RANK_MEMORY ? "memory" : "cpu");
	if (plan->pprof_port)
		cJSON_AddNumberToObject(target, "pprof_port", plan->pprof_port);
	add_text(target, "pprof_path", plan->pprof_path);
	for (char **line = plan->pprof_headers; line && *line; line++)
		add_header_name(target, "pprof_headers", *line);
	if (plan->pprof_insecure)
		cJSON_AddBoolToObject(target, "pprof_insecure", true);
	if (!plan_is_local(plan))
		add_text(target, "tunnel", cap_way_names[plan->tunnel]);
	if (plan->pods > 1)
		add_text(target, "pods", plan->pods_text);
	if (plan->pod_share > 0)
		cJSON_AddNumberToObject(target, "pod_share", plan->pod_share);
	cJSON_AddItemToObject(json, "load", load_json(plan));
	cJSON_AddItemToObject(json, "capture", capture_json(plan));
	return json;
}

static void print_value(FILE *out, const cJSON *value)
{
	char *text = cJSON_IsString(value) ? xstrdup(value->valuestring)
	             : cJSON_IsBool(value) ? xstrdup(cJSON_IsTrue(value) ? "true" : "false")
	                                   : xprintf("%.10g", value->valuedouble);

	text_clean(text);
	fputs(text, out);
	free(text);
}

static void print_list(FILE *out, const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		fputs(item == list->child ? "" : ", ", out);
		print_value(out, item);
	}
}

static void print_section(FILE *out, const cJSON *section)
{
	const cJSON *item;

	fprintf(out, "%s:\n", section->string);
	cJSON_ArrayForEach(item, section)
	{
		fprintf(out, "  %-11s ", item->string);
		if (cJSON_IsArray(item))
			print_list(out, item);
		else
			print_value(out, item);
		fputc('\n', out);
	}
}

void plan_print(FILE *out, const struct plan *plan)
{
	cJSON *json = plan_json(plan);
	const cJSON *section;
	char longest[32];

	cJSON_ArrayForEach(section, json) print_section(out, section);
	fprintf(out, "at most %s; nothing was sent\n", duration_print(plan_longest(plan), longest));
	cJSON_Delete(json);
}
