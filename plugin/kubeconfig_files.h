/* The kubeconfig files themselves: which ones, and the first that defines a name. Private to kubeconfig*.c.
 */
#ifndef PLUGIN_KUBECONFIG_FILES_H
#define PLUGIN_KUBECONFIG_FILES_H

#include "plugin/kubeconfig.h"
#include "plugin/yaml.h"

#define KUBE_FILES_MAX 64

struct kube_file {
	char *path, *folder; /* folder ends in '/' */
	struct yaml_node *root;
};

struct kube_files {
	struct kube_file items[KUBE_FILES_MAX];
	size_t count;
};

/* A named entry: the map under "cluster", "user" or "context" (NULL when empty), and its file. */
struct kube_entry {
	const struct kube_file *file;
	const struct yaml_node *body;
};

/* Reads and checks them all; `path` is --kubeconfig, NULL for the environment's. */
int kube_files_load(const char *path, struct kube_files *ret, struct error *error);
void kube_files_release(struct kube_files *files);
/* Nothing at all in any of them? */
bool kube_files_empty(const struct kube_files *files);
/* "a, b", malloc'd; "no kubeconfig file" when there is none. */
char *kube_files_source(const struct kube_files *files);
/* The first current-context set, or NULL. */
const char *kube_files_current(const struct kube_files *files);
/*
 * kind: "cluster", "user", "context". Unknown name: -1, with the nearest name
 * offered; exit 2 if the name was `given` on the command line.
 */
int kube_files_find(const struct kube_files *files, const char *kind, const char *name, bool given,
                    struct kube_entry *ret, struct error *error);

/* Fields of an entry. NULL when absent or empty; malloc'd. */
int kube_entry_text(const struct kube_entry *entry, const char *key, char **ret, struct error *error);
/* A path, resolved against its file's folder. */
int kube_entry_path(const struct kube_entry *entry, const char *key, char **ret, struct error *error);
/* KEY (a path) or KEY-data (base64); both is an error. */
int kube_entry_pem(const struct kube_entry *entry, const char *key, struct kube_pem *ret,
                   struct error *error);

#endif
