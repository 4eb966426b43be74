/* What a failed API call means, in one line. Private to cluster*.c. */
#ifndef PLUGIN_CLUSTER_FAILURE_H
#define PLUGIN_CLUSTER_FAILURE_H

#include "capture/capture.h"
#include "plugin/kubeconfig.h"

/* What was tried, for the words and the Role. Unknown parts are NULL. */
struct cluster_call {
	const struct kubeconfig *config;
	const char *doing; /* "list pods" */
	const char *verb, *resource, *ns;
	const char *rights; /* that are missing, in words; NULL: those of the answer */
	int64_t timeout;    /* ns */
};

/* `body` is the answer's, may be NULL (or no JSON). -1, or the HTTP status negated. */
int cluster_call_failed(const struct cluster_call *call, const struct cap_error *failure, const char *body,
                        struct error *error);

#endif
