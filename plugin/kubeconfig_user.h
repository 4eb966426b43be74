/* users[]: credentials of a kubeconfig. Private to kubeconfig*.c. */
#ifndef PLUGIN_KUBECONFIG_USER_H
#define PLUGIN_KUBECONFIG_USER_H

#include "plugin/kubeconfig_files.h"

/* Fills the credential fields of *config from a user's entry (which may be empty) and the flags.
 * On failure what was filled is left for kubeconfig_release. */
int kubeconfig_user(const struct kube_entry *user, const struct kube_flags *flags, struct kubeconfig *config,
                    struct error *error);
/* Is there any credential but impersonation? */
bool kubeconfig_has_credentials(const struct kubeconfig *config);
/* Wipes and frees them. */
void kubeconfig_user_release(struct kubeconfig *config);

#endif
