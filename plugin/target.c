#include "plugin/target.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/clock.h"
#include "plugin/guard.h"
#include "plugin/peers.h"
#include "plugin/pprof_port.h"
#include "plugin/signals.h"
#include "plugin/target_parts.h"
#include "plugin/text.h"
#include "plugin/tunnel_report.h"

/* The one way that was tried, because --tunnel asks for it; NULL: there were more. */
static const char *forced_way(const struct cap_error refused[CAP_WAYS])
{
	const char *ret = NULL;

	for (size_t i = 0; i < CAP_WAYS; i++) {
		if (refused[i].status == CAP_OK)
			continue;
		if (ret)
			return NULL;
		ret = cap_way_names[i];
	}
	return ret;
}

static int tunnel_failure(const struct target *target, const struct cap_error *failure, struct error *error)
{
	struct cap_error refused[CAP_WAYS];
	char words[400], rights[160];
	const char *way;

	cap_tunnel_way(target->tunnel, refused);
	way = forced_way(refused);
	if (way && failure->http_status && !failure->kube_status)
		return error_set(
			error,
			"port-forward to pod '%s': the API server '%s' refuses %s (%s) and does not say "
			"why, as one does that does not know this way; without --tunnel one that it "
			"knows is found",
			target->pod->name, cluster_server(target->cluster), way, failure->text);
	snprintf(words, sizeof words, "port-forward to pod '%s'", target->pod->name);
	cluster_failure_rights(target->cluster, error, failure, words,
	                       tunnel_report_rights(refused, rights, sizeof rights), target->pod->ns);
	return -1;
}

int target_failure(const struct target *target, const struct cap_error *failure, const char *doing,
                   struct error *error)
{
	bool tunnel = target->tunnel != NULL;

	switch (failure->status) {
	case CAP_CANCELLED:
		error_set(error, "interrupted while trying to %s", doing);
		error->exit = EXIT_INTERRUPTED;
		return -1;
	case CAP_BUSY:
		return error_set(
			error,
			"%s: CPU profiling is already in use in '%s' (a continuous profiler, another capture); "
			"stop it, or leave cpu out of --profiles",
			doing, target->name);
	case CAP_NOT_PPROF:
		return error_set(error, "%s: what answers is not pprof: %s; give %s", doing, failure->text,
		                 target->pod ? "--pprof-port or --pprof-path"
		                             : "the address that serves net/http/pprof");
	case CAP_DNS:
	case CAP_CONNECT:
		if (target->pod)
			break;
		return error_set(error, "%s: %s; is the process up, and its pprof there?", doing,
		                 failure->text);
	case CAP_PORT:
		return error_set(error, "%s: %s; give --pprof-port, or serve net/http/pprof in the pod",
		                 doing, failure->text);
	default:
		break;
	}
	if (tunnel && (failure->status == CAP_HTTP || failure->status == CAP_TLS) &&
	    failure->http_status != 500) {
		return tunnel_failure(target, failure, error);
	}
	return error_set(error, "%s: %s", doing, failure->text);
}

/* Whom the API server and pprof are reached through. */
static struct cap_ssh *ssh_for_api(const struct plan *plan, const struct target *target)
{
	return target->bastion && plan->ssh_for != SSH_FOR_LOAD ? bastion_ssh(target->bastion) : NULL;
}

/* ---- a plain process ---------------------------------------------------- */

/* Splits --pprof-url into the endpoint (scheme and host) and the path. */
static int prepare_process(const struct plan *plan, struct target *target, struct error *error)
{
	const char *host = strstr(plan->pprof_url, "://") + 3;
	size_t length = (size_t)(host - plan->pprof_url) + strcspn(host, "/?#");
	const char *path = plan->pprof_url + length;

	if (length >= sizeof target->process_url || strlen(path) >= sizeof target->pprof_path)
		return error_usage(error, "--pprof-url is too long");
	if (!*host || *host == '/')
		return error_usage(error, "--pprof-url: '%s' has no host", plan->pprof_url);
	snprintf(target->process_url, sizeof target->process_url, "%.*s", (int)length, plan->pprof_url);
	snprintf(target->name, sizeof target->name, "%.*s", (int)strcspn(host, "/?#"), host);
	snprintf(target->why, sizeof target->why, "--pprof-url");
	if (*path && strcmp(path, "/") != 0)
		snprintf(target->pprof_path, sizeof target->pprof_path, "%s", path);
	else
		snprintf(target->pprof_path, sizeof target->pprof_path, "%s",
		         plan->pprof_path ? plan->pprof_path : "/debug/pprof");
	length = strlen(target->pprof_path);
	if (length > 1 && target->pprof_path[length - 1] == '/')
		target->pprof_path[length - 1] = '\0';
	snprintf(target->pprof_why, sizeof target->pprof_why, "--pprof-url");
	target->process = (struct cap_endpoint){.url = target->process_url,
	                                        .user_agent = "kubectl-pprof/" KP_VERSION,
	                                        .insecure = plan->pprof_insecure,
	                                        .ssh = ssh_for_api(plan, target)};
	target->pprof = (struct cap_pprof){.endpoint = &target->process,
	                                   .path = target->pprof_path,
	                                   .headers = (const char *const *)plan->pprof_headers};
	return 0;
}

static int probe_process(struct target *target, struct error *error)
{
	struct cap_error failure = {0};

	if (cap_pprof_probe(&target->pprof, &signals_cancel, &failure) != CAP_OK) {
		char doing[1400];

		snprintf(doing, sizeof doing, "reach pprof at '%s%s/'", target->process_url,
		         target->pprof_path);
		return target_failure(target, &failure, doing, error);
	}
	target->has_pprof = true;
	return 0;
}

/* ---- a pod --------------------------------------------------------------- */

void target_name_pod(struct target *target, const struct ranked_pod *ranked)
{
	target->ranked = ranked;
	target->pod = ranked->pod;
	snprintf(target->name, sizeof target->name, "%.100s/%.150s", target->pod->ns, target->pod->name);
}

void target_take_ranked(struct target *target, const struct ranked_pod *ranked)
{
	target_name_pod(target, ranked);
	ranking_reason(&target->ranking, target->ranked, target->why, sizeof target->why);
}

int target_pick(const struct plan *plan, struct target *target, struct error *error)
{
	struct pod_query query = {plan->target, plan->selector, false};
	const struct ranked_pod *ranked;
	int status;

	status = ranking_make(target->cluster, &query, (enum ranking_by)plan->by, &target->ranking, error);
	if (status < 0)
		return status;
	if (ranking_pick(&target->ranking, &ranked, error) < 0)
		return -1;
	for (size_t i = 0; i < target->ranking.count; i++)
		target->ready_pods += target->ranking.items[i].usable;
	target_take_ranked(target, ranked);
	return 0;
}

int target_open_tunnel(const struct plan *plan, struct target *target, struct error *error)
{
	struct cap_error failure = {0};

	if (cap_tunnel_open(cluster_endpoint(target->cluster), target->pod->ns, target->pod->name,
	                    (enum cap_way)plan->tunnel, &target->tunnel, &failure) != CAP_OK)
		return error_set(error, "open a tunnel to pod '%s': %s", target->pod->name, failure.text);
	return 0;
}

/* A failure that every other candidate would meet as well. */
static bool is_final(const struct cap_error *failure)
{
	return failure->status == CAP_CANCELLED ||
	       (failure->status != CAP_PORT && failure->status != CAP_NOT_PPROF &&
	        failure->status != CAP_LOST && failure->status != CAP_TIMEOUT &&
	        failure->status != CAP_FORMAT);
}

static enum cap_status probe_candidate(const struct plan *plan, struct target *target,
                                       const struct pprof_candidate *candidate, struct cap_error *failure)
{
	snprintf(target->pprof_path, sizeof target->pprof_path, "%s", candidate->path);
	target->pprof = (struct cap_pprof){
		.tunnel = target->tunnel,
		.port = candidate->port,
		.tls = strcmp(candidate->scheme, "https") == 0,
		.path = target->pprof_path,
		.headers = (const char *const *)plan->pprof_headers,
	};
	snprintf(target->pprof_why, sizeof target->pprof_why, "%s", candidate->why);
	return cap_pprof_probe(&target->pprof, &signals_cancel, failure);
}

int target_find_pprof(const struct plan *plan, struct target *target, struct error *error)
{
	struct pprof_candidate candidates[PPROF_CANDIDATES_MAX];
	size_t count = pprof_candidates(target->pod, plan->pprof_port, plan->pprof_path, candidates);
	struct cap_error failure = {0};
	char doing[640];

	for (size_t i = 0; i < count; i++) {
		if (probe_candidate(plan, target, &candidates[i], &failure) == CAP_OK) {
			target->has_pprof = true;
			return 0;
		}
		snprintf(doing, sizeof doing, "reach pprof in pod '%s' at port %u%s/ (%s)", target->pod->name,
		         candidates[i].port, candidates[i].path, candidates[i].why);
		if (is_final(&failure))
			break;
	}
	return target_failure(target, &failure, doing, error);
}

static int check_profiler(const struct plan *plan, const struct target *target, struct error *error)
{
	int64_t seconds = (plan->slice < plan->window ? plan->slice : plan->window) / SECOND;
	struct cap_error failure = {0};

	if (!(plan->profiles & PROFILE_CPU) ||
	    cap_pprof_cpu_free(&target->pprof, (unsigned)seconds, &signals_cancel, &failure) == CAP_OK)
		return 0;
	return target_failure(target, &failure, "start a CPU profile", error);
}

int target_reach(const struct plan *plan, struct target *target, struct error *error)
{
	if (target_open_tunnel(plan, target, error) < 0 ||
	    (plan->profiles && target_find_pprof(plan, target, error) < 0))
		return -1;
	return target->is_peer ? check_profiler(plan, target, error) : 0;
}

static int prepare_pod(const struct plan *plan, struct target *target, struct error *error)
{
	if (cluster_open(&plan->kube, ssh_for_api(plan, target), &target->cluster, error) < 0)
		return -1;
	if (target_pick(plan, target, error) < 0 || guard_hosts(plan, target->cluster, error) < 0 ||
	    target_reach(plan, target, error) < 0)
		return -1;
	return peers_open(plan, target, error);
}

/* ---- where the load goes -------------------------------------------------- */

static int dial_pod(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	struct target *target = context;
	const struct target_route *route = atomic_load(&target->route);
	size_t turn = atomic_fetch_add(&target->dialled, 1) % (target->peer_count + 1);
	struct cap_tunnel *tunnel = turn ? target->peers[turn - 1].tunnel : route->tunnel;
	struct cap_error failure = {0};
	int fd = cap_tunnel_dial(tunnel, route->port, &failure);

	(void)host, (void)port; /* those of the pod are the tunnel's matter */
	if (fd < 0)
		snprintf(error, LG_ERROR_SIZE, "%s", failure.text);
	return fd;
}

static int dial_bastion(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	struct target *target = context;
	struct cap_error failure = {0};
	int fd = cap_ssh_dial(bastion_ssh(target->bastion), host, port, &failure);

	if (fd < 0)
		snprintf(error, LG_ERROR_SIZE, "%s", failure.text);
	return fd;
}

void target_dial_for(struct target *target, struct lg_plan *load)
{
	load->dial = target->tunnel_bound ? dial_pod : target->bastion_bound ? dial_bastion : NULL;
	load->dial_context = target;
}

void target_set_route(struct target *target)
{
	struct target_route *route = xcalloc(1, sizeof *route);

	*route = (struct target_route){target->tunnel, target->load_port, atomic_load(&target->route)};
	atomic_store(&target->route, route);
}

static int choose_load(const struct plan *plan, struct target *target, struct error *error)
{
	if (plan->url) {
		if (strlen(plan->url) >= sizeof target->load_url)
			return error_usage(error, "--url is too long");
		snprintf(target->load_url, sizeof target->load_url, "%s", plan->url);
		target->bastion_bound = target->bastion && plan->ssh_for != SSH_FOR_API;
		snprintf(target->load_why, sizeof target->load_why, "--url, %s",
		         target->bastion_bound ? "through the bastion" : "straight");
		return 0;
	}
	target->load_port = plan->port;
	snprintf(target->load_why, sizeof target->load_why, "--port");
	if (!plan->port && pod_http_port(target->pod, &target->load_port, target->load_why, error) < 0)
		return -1;
	target->tunnel_bound = true;
	target_set_route(target);
	snprintf(target->load_url, sizeof target->load_url, "http://localhost:%u%s", target->load_port,
	         plan->path);
	return 0;
}

static bool url_is_a_pod(const struct target *target, const char *url)
{
	bool ret = pod_is_at(target->pod, url);

	for (size_t i = 0; i < target->peer_count; i++)
		ret |= pod_is_at(target->peers[i].pod, url);
	return ret;
}

/* How many of the requests the profiled pods serve. */
void target_set_share(const struct plan *plan, struct target *target)
{
	size_t captured = target->peer_count + 1;

	target->share = 1;
	if (plan->pod_share > 0) {
		target->share = plan->pod_share;
		snprintf(target->share_why, sizeof target->share_why, "--pod-share");
	} else if (!target->pod) {
		snprintf(target->share_why, sizeof target->share_why, "one process");
	} else if (target->tunnel_bound) {
		snprintf(target->share_why, sizeof target->share_why, "load goes to %s alone",
		         captured > 1 ? "these pods" : "this pod");
	} else if (url_is_a_pod(target, plan->url)) {
		snprintf(target->share_why, sizeof target->share_why, "--url is %s",
		         captured > 1 ? "the IP of one of these pods" : "this pod's IP");
	} else if (target->ready_pods <= captured) {
		snprintf(target->share_why, sizeof target->share_why, "%s",
		         captured > 1 ? "all ready pods" : "the only ready pod");
	} else {
		target->share = (double)captured / (double)target->ready_pods;
		target->share_assumed = true;
		snprintf(target->share_why, sizeof target->share_why,
		         "assumed: %zu ready pods share the load evenly; --pod-share sets it",
		         target->ready_pods);
	}
}

void target_take_share(struct target *target, double share)
{
	if (!target->share_assumed || share <= 0)
		return;
	target->share = share;
	target->share_assumed = false;
	target->share_measured = true;
	snprintf(target->share_why, sizeof target->share_why, "%s part of the CPU of %zu ready pods at peak",
	         target->peer_count ? "their" : "its", target->ready_pods);
}

static int probe_load(const struct plan *plan, struct target *target, struct error *error)
{
	struct lg_plan load = plan_load(plan, target->load_url);
	int64_t began = clock_now();
	struct cap_error failure = {0}, refused[CAP_WAYS];
	char line[LG_ERROR_SIZE];

	load.cancel = &signals_cancel;
	target_dial_for(target, &load);
	if (load.timeout > 10 * SECOND)
		load.timeout = 10 * SECOND;
	if (lg_probe(&load, line) >= 0)
		return 0;
	if (target->tunnel_bound && cap_tunnel_way(target->tunnel, refused) == CAP_WAY_PROXY)
		return error_set(
			error,
			"send load to pod '%s': port-forward is not open to you, and the API server's "
			"proxy carries captures but no load; give --url",
			target->pod->name);
	if (target->tunnel_bound &&
	    cap_tunnel_error(target->tunnel, target->load_port, began, &failure) != CAP_OK)
		return error_set(error, "send one request to port %u of pod '%s': %s; --port sets another",
		                 target->load_port, target->pod->name, failure.text);
	if (target->bastion_bound && cap_ssh_error(bastion_ssh(target->bastion), began, &failure) != CAP_OK)
		return error_set(error, "send one request to '%s': %s; no load was sent", target->load_url,
		                 failure.text);
	return error_set(error, "send one request to '%s': %s; no load was sent%s", target->load_url, line,
	                 target->bastion && !target->bastion_bound
	                         ? " (it goes straight; --ssh-for both sends it through the bastion)"
	                         : "");
}

/* Load alone: the run is called after where it goes. */
static void prepare_nothing(const struct plan *plan, struct target *target)
{
	const char *host = strstr(plan->url, "://") + 3;

	snprintf(target->name, sizeof target->name, "%.*s", (int)strcspn(host, "/?#"), host);
	snprintf(target->why, sizeof target->why, "--url; nothing is captured");
}

int target_prepare(const struct plan *plan, struct target *ret, struct error *error)
{
	int status = 0;

	*ret = (struct target){0};
	if (plan->kube.ssh && bastion_open(plan->kube.ssh, &ret->bastion, error) < 0)
		return -1;
	if (plan->pprof_url)
		status = prepare_process(plan, ret, error);
	else if (!plan_is_local(plan))
		status = prepare_pod(plan, ret, error);
	else
		prepare_nothing(plan, ret);
	if (status < 0 || choose_load(plan, ret, error) < 0)
		return -1;
	if (plan->pprof_url && plan->profiles && probe_process(ret, error) < 0)
		return -1;
	target_set_share(plan, ret);
	if (probe_load(plan, ret, error) < 0)
		return -1;
	return check_profiler(plan, ret, error);
}

void target_release(struct target *target)
{
	target_close_tunnels(target);
	for (size_t i = 0; i < target->peer_count; i++)
		target_release(&target->peers[i]);
	free(target->peers);
	target_release_formers(target);
	ranking_release(&target->ranking);
	if (!target->is_peer) {
		cluster_close(target->cluster);
		bastion_close(target->bastion);
	}
	*target = (struct target){0};
}
