#include "plugin/rbac.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

static const char rules[] = "rules:\n"
			    "- apiGroups: [\"\"]\n"
			    "  resources: [pods, services]\n"
			    "  verbs: [get, list]\n"
			    "- apiGroups: [\"\"]\n"
			    "  resources: [pods/portforward]\n"
			    "  verbs: [get, create]\n"
			    "- apiGroups: [metrics.k8s.io]\n"
			    "  resources: [pods]\n"
			    "  verbs: [get, list]\n"
			    "- apiGroups: [apps]\n"
			    "  resources: [deployments, statefulsets, daemonsets, replicasets]\n"
			    "  verbs: [get]\n"
			    "- apiGroups: [batch]\n"
			    "  resources: [jobs]\n"
			    "  verbs: [get]\n";

static char *subject(const char *user)
{
	static const char prefix[] = "system:serviceaccount:";
	const char *ns = user + sizeof prefix - 1, *name;

	if (strncmp(user, prefix, sizeof prefix - 1) == 0 && (name = strchr(ns, ':')))
		return xprintf("- kind: ServiceAccount\n  namespace: \"%.*s\"\n  name: \"%s\"\n",
		               (int)(name - ns), ns, name + 1);
	return xprintf("- kind: User\n  apiGroup: rbac.authorization.k8s.io\n  name: \"%s\"\n", user);
}

/* For a double-quoted YAML scalar: what the API server said may not add lines to it. NULL: the placeholder.
 */
static char *clean(const char *name, const char *placeholder)
{
	char *ret;

	if (!name || !*name || strlen(name) > 512)
		return xstrdup(placeholder);
	ret = xstrdup(name);
	text_clean(ret);
	for (char *p = ret; *p; p++)
		if (*p == '"' || *p == '\\')
			*p = '?';
	return ret;
}

char *rbac_role_yaml(const char *ns, const char *user)
{
	char *name = clean(user, "YOUR-USER"), *who = subject(name), *place = clean(ns, "YOUR-NAMESPACE"),
	     *where, *ret;
	const char *kind = ns ? "" : "Cluster";

	where = ns ? xprintf("  namespace: \"%s\"\n", place) : xstrdup("");
	ret = xprintf("apiVersion: rbac.authorization.k8s.io/v1\n"
	              "kind: %sRole\n"
	              "metadata:\n"
	              "  name: kubectl-pprof\n"
	              "%s%s"
	              "---\n"
	              "apiVersion: rbac.authorization.k8s.io/v1\n"
	              "kind: %sRoleBinding\n"
	              "metadata:\n"
	              "  name: kubectl-pprof\n"
	              "%s"
	              "roleRef:\n"
	              "  apiGroup: rbac.authorization.k8s.io\n"
	              "  kind: %sRole\n"
	              "  name: kubectl-pprof\n"
	              "subjects:\n%s",
	              kind, where, rules, kind, where, kind, who);
	free(where);
	free(place);
	free(who);
	free(name);
	return ret;
}
