/* The rights this tool needs, as YAML to apply: the one place that knows them. */
#ifndef PLUGIN_RBAC_H
#define PLUGIN_RBAC_H

/*
 * A Role for `ns` and a RoleBinding for `user` ("system:serviceaccount:NS:NAME"
 * becomes a ServiceAccount subject; NULL: a placeholder). With `ns` NULL a
 * ClusterRole and ClusterRoleBinding. malloc'd, cleaned, ends in a newline.
 */
char *rbac_role_yaml(const char *ns, const char *user);

#endif
