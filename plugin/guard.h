/*
 * What keeps load from going where or being what nobody meant it to:
 *
 *   - a context or cluster whose name looks like production is asked about on a terminal, and needs --yes
 * elsewhere;
 *   - rate and VUs stay under the ceilings of --max-rate and of the config file's section `guard`;
 *   - the load goes to this machine, to the cluster's own hosts, or to hosts that --allow-host or the config
 * file names.
 *
 * The cluster's own hosts are, as its API server lists them: addresses of nodes, of the namespace's pods, of
 * services (cluster IPs, external IPs, load balancers), hosts and addresses of ingresses, HTTP routes and
 * gateways, and NAME.NAMESPACE.svc[.cluster.local] of a service that is no ExternalName. What a name resolves
 * to is not asked.
 */
#ifndef PLUGIN_GUARD_H
#define PLUGIN_GUARD_H

#include <stdint.h>

#include "plugin/cluster.h"
#include "plugin/error.h"
#include "plugin/plan.h"

/* The rules of the config file, of struct option.section. Base: struct guard_rules. */
extern const struct option guard_options[];

/* Reads the ceilings into plan->max_rate; before the load's model is read. */
int guard_read(struct plan *plan, struct error *error);
/* Is the plan under its ceilings (exit 2)? And, without a cluster, are its hosts this machine or allowed? */
int guard_check(const struct plan *plan, struct error *error);
/*
 * Asks about a production context. Not a terminal and no --yes: exit 2. An answer that is not yes: exit 1.
 * Reads the kubeconfig, sends nothing.
 */
int guard_confirm(const struct plan *plan, struct error *error);
/* The plan's hosts, with a cluster to ask (exit 2). */
int guard_hosts(const struct plan *plan, struct cluster *cluster, struct error *error);

/* Does the name match one of the patterns (shell's, whatever the case), and which one? NULL: none. */
const char *guard_match(const struct option_list *patterns, const char *name);
/* Is the host this machine, or named by --allow-host or the config file? */
bool guard_host_allowed(const struct plan *plan, const char *host);
/* Where in the cluster the host was found ("nodes"), or NULL: then ret_unseen has what could not be looked
 * at ("nodes, ingresses of other namespaces"), "" if all was. */
const char *guard_host_owner(struct cluster *cluster, const char *host, char ret_unseen[512]);

/* A load by --vus has a rate of its own: is it over the ceiling? */
struct guard_watch {
	int64_t since; /* ns; 0: not begun */
	uint64_t requests;
	double rate; /* of the last second */
};
/* Once a tick; `requests` are all so far. */
bool guard_over(struct guard_watch *watch, double max_rate, int64_t now, uint64_t requests);

#endif
