/*
 * One cluster: its endpoint, ready for capture, and plain API calls whose
 * failures become one clear line: unreachable (address; refused, DNS, timeout),
 * certificate not trusted, 401 (whose credentials), 403 (verb, resource and
 * namespace missing, a Role that would allow it in error.detail), 404, 5xx,
 * not JSON.
 *
 * A struct cluster may be used by several threads at once.
 */
#ifndef PLUGIN_CLUSTER_H
#define PLUGIN_CLUSTER_H

#include <cjson/cJSON.h>

#include "capture/capture.h"
#include "plugin/error.h"
#include "plugin/kubeconfig.h"

struct cluster;

/*
 * Loads the kubeconfig and decides on the way: `ssh` if it is one (it outlives the cluster; a proxy-url
 * besides is an error), else the proxy (proxy-url, else environment). Sends nothing; it may run an exec
 * credential plugin.
 */
int cluster_open(const struct kube_flags *flags, struct cap_ssh *ssh, struct cluster **ret,
                 struct error *error);
void cluster_close(struct cluster *cluster);

/* Valid until cluster_close. */
const struct cap_endpoint *cluster_endpoint(const struct cluster *cluster);
const char *cluster_namespace(const struct cluster *cluster);
const char *cluster_context(const struct cluster *cluster); /* NULL: none (in-cluster, flags only) */
const char *cluster_server(const struct cluster *cluster);

/*
 * API calls: 0 and the parsed answer (the caller deletes it), else -1 when no
 * answer came, or the HTTP status negated (-403, -404 ...); *ret is left alone.
 * Answers are cut at 64 MiB. A 401 with an exec plugin runs it again, once; a
 * 429 or 5xx with a Retry-After of at most 10 s is asked again then, up to three times.
 * Paths start with '/'; what is put in them must be percent-encoded already
 * (cluster_escape).
 */
int cluster_get(struct cluster *cluster, struct error *error, cJSON **ret, const char *path_format, ...)
	__attribute__((format(printf, 4, 5)));
int cluster_post(struct cluster *cluster, struct error *error, const cJSON *body, cJSON **ret,
                 const char *path_format, ...) __attribute__((format(printf, 5, 6)));
/* The same line for a failure that capture met on this cluster's endpoint (a tunnel):
 * `doing` is "port-forward to pod 'x'", verb and resource are for the Role ("get",
 * "pods/portforward"). Returns as above. */
int cluster_failure(const struct cluster *cluster, struct error *error, const struct cap_error *failure,
                    const char *doing, const char *verb, const char *resource, const char *ns);
/* The same, with the rights that are missing in words ("get or create pods/portforward"), "" for those that
 * the failure itself names. */
int cluster_failure_rights(const struct cluster *cluster, struct error *error,
                           const struct cap_error *failure, const char *doing, const char *rights,
                           const char *ns);
/* Forgets cached credentials, e.g. after a tunnel met a 401; true if a second try can differ. */
bool cluster_refresh(struct cluster *cluster);

/* Percent-encodes all but unreserved characters (RFC 3986); malloc'd. */
char *cluster_escape(const char *text);

#endif
