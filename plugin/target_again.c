#include <stdlib.h>
#include <string.h>

#include "plugin/pprof_port.h"
#include "plugin/target.h"
#include "plugin/target_parts.h"
#include "plugin/text.h"

static bool is_same(const struct pod *a, const struct pod *b)
{
	return strcmp(a->uid, b->uid) == 0;
}

/* The pod of before, if it is there; usable or not. */
static const struct ranked_pod *find_same(const struct target *target, const struct ranking *ranking)
{
	for (size_t i = 0; i < ranking->count; i++)
		if (is_same(ranking->items[i].pod, target->pod))
			return &ranking->items[i];
	return NULL;
}

static int pick_again(const struct plan *plan, const struct target *target, bool other, struct target *ret,
                      struct error *error)
{
	const struct ranked_pod *same;
	char state[128];
	int status = target_pick(plan, ret, error);

	if (status < 0)
		return status;
	same = find_same(target, &ret->ranking);
	if (!same || same->pod->terminating || (other && !same->usable))
		return 0;
	if (!same->usable) {
		pod_state(same->pod, state, sizeof state);
		return error_set(error, "pod '%s' is not ready again: %s", same->pod->name, state);
	}
	target_take_ranked(ret, same);
	return 0;
}

/* A load that does not follow: it goes to the address of the pod that is lost. */
static int check_address(const struct plan *plan, const struct target *target, const struct target *fresh,
                         struct error *error)
{
	if (!plan->url || !pod_is_at(target->pod, plan->url) || pod_is_at(fresh->pod, plan->url))
		return 0;
	return error_set(error,
	                 "the load goes to its address (--url), so that no other pod can take its place");
}

/* Named itself, a pod comes back if a StatefulSet makes it anew. */
static bool none_will_come(const struct plan *plan, const struct target *target)
{
	const struct pod_query query = {plan->target, plan->selector, false};

	return pod_query_is_pod(&query) && strcmp(target->pod->owner_kind, "StatefulSet") != 0;
}

static int make_ready(const struct plan *plan, const struct target *target, struct target *fresh,
                      struct error *error)
{
	if (is_same(fresh->pod, target->pod))
		fresh->tunnel = target->tunnel;
	else if (target_open_tunnel(plan, fresh, error) < 0)
		return -1;
	fresh->load_port = plan->port;
	if (target->tunnel_bound && !plan->port &&
	    pod_http_port(fresh->pod, &fresh->load_port, fresh->load_why, error) < 0)
		return -1;
	return plan->profiles ? target_find_pprof(plan, fresh, error) : 0;
}

int target_again(const struct plan *plan, const struct target *target, bool other, struct target *ret,
                 bool *ret_final, struct error *error)
{
	struct target fresh = {.cluster = target->cluster, .bastion = target->bastion};
	int status = pick_again(plan, target, other, &fresh, error);

	*ret_final = status == -404 && none_will_come(plan, target);
	if (*ret_final) {
		error_release(error);
		error_set(error, "it was named itself, so that no other may take its place");
	}
	if (status == 0 && check_address(plan, target, &fresh, error) < 0)
		*ret_final = true, status = -1;
	if (status == 0)
		status = make_ready(plan, target, &fresh, error);
	if (status < 0)
		target_drop(target, &fresh);
	else
		*ret = fresh;
	return status < 0 ? -1 : 0;
}

void target_drop(const struct target *target, struct target *fresh)
{
	if (fresh->tunnel != target->tunnel)
		cap_tunnel_close(fresh->tunnel);
	ranking_release(&fresh->ranking);
	*fresh = (struct target){0};
}

void target_move(const struct plan *plan, struct target *target, struct target *fresh)
{
	struct target_former *former = xcalloc(1, sizeof *former);
	bool goes_on = fresh->tunnel == target->tunnel;

	*former = (struct target_former){target->ranking, goes_on ? NULL : target->tunnel, target->formers};
	target->formers = former;
	memcpy(target->name, fresh->name, sizeof target->name);
	memcpy(target->why, fresh->why, sizeof target->why);
	target->ranking = fresh->ranking;
	target->ranked = fresh->ranked;
	target->pod = fresh->pod;
	target->ready_pods = fresh->ready_pods;
	target->tunnel = fresh->tunnel;
	target->pprof = fresh->pprof;
	memcpy(target->pprof_path, fresh->pprof_path, sizeof target->pprof_path);
	memcpy(target->pprof_why, fresh->pprof_why, sizeof target->pprof_why);
	target->pprof.path = target->pprof_path;
	if (target->tunnel_bound) {
		target->load_port = fresh->load_port;
		target_set_route(target);
	}
	target->share_assumed = target->share_measured = false;
	target_set_share(plan, target);
}

void target_close_tunnels(struct target *target)
{
	for (size_t i = 0; i < target->peer_count; i++)
		target_close_tunnels(&target->peers[i]);
	for (struct target_former *former = target->formers; former; former = former->older) {
		cap_tunnel_close(former->tunnel);
		former->tunnel = NULL;
	}
	cap_tunnel_close(target->tunnel);
	target->tunnel = NULL;
}

void target_release_formers(struct target *target)
{
	struct target_route *route = atomic_load(&target->route);

	while (target->formers) {
		struct target_former *former = target->formers;

		target->formers = former->older;
		ranking_release(&former->ranking);
		free(former);
	}
	while (route) {
		struct target_route *older = route->older;

		free(route);
		route = older;
	}
	atomic_store(&target->route, NULL);
}

bool target_other(const struct plan *plan, const struct target *target, char *ret, size_t size)
{
	struct target other = {.cluster = target->cluster};
	struct error error = {0};
	bool found = target_pick(plan, &other, &error) == 0 && !is_same(other.pod, target->pod);

	if (found)
		snprintf(ret, size, "%s", other.pod->name);
	ranking_release(&other.ranking);
	error_release(&error);
	return found;
}
