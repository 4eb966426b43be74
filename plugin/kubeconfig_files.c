#include "plugin/kubeconfig_files.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/text.h"

#define NAMES_SHOWN 8

/* clusters, users, contexts: lists of {name, cluster|user|context}. */
static int check_list(const struct kube_file *file, const char *kind, struct error *error)
{
	char key[16];
	const struct yaml_node *list, *body;

	snprintf(key, sizeof key, "%ss", kind);
	if (yaml_child(file->path, file->root, key, YAML_LIST, &list, error) < 0)
		return -1;
	for (const struct yaml_node *item = list ? list->first : NULL; item; item = item->next) {
		const char *name = NULL;

		if (item->kind != YAML_MAP)
			return error_set(error, "%s:%u:%u: each of '%s' must be a map with 'name' and '%s'",
			                 file->path, item->line, item->column, key, kind);
		if (yaml_text(file->path, item, "name", &name, error) < 0 ||
		    yaml_child(file->path, item, kind, YAML_MAP, &body, error) < 0)
			return -1;
		for (const struct yaml_node *other = list->first; name && other != item;
		     other = other->next) {
			const struct yaml_node *same = yaml_get(other, "name");

			if (same && same->text && strcmp(same->text, name) == 0)
				return error_set(
					error, "%s:%u:%u: a second %s named '%s' (the first: line %u)",
					file->path, item->line, item->column, kind, name, other->line);
		}
	}
	return 0;
}

static int check(const struct kube_file *file, struct error *error)
{
	const char *kind = "Config", *current;

	if (file->root->kind == YAML_NULL)
		return 0;
	if (file->root->kind != YAML_MAP)
		return error_set(error, "%s:%u:%u: not a kubeconfig: the top must be a map", file->path,
		                 file->root->line, file->root->column);
	if (yaml_text(file->path, file->root, "kind", &kind, error) < 0 ||
	    yaml_text(file->path, file->root, "current-context", &current, error) < 0)
		return -1;
	if (strcmp(kind, "Config") != 0)
		return error_set(error, "%s:%u:%u: not a kubeconfig: its kind is '%s', not 'Config'",
		                 file->path, yaml_get(file->root, "kind")->line,
		                 yaml_get(file->root, "kind")->column, kind);
	if (check_list(file, "cluster", error) < 0 || check_list(file, "user", error) < 0)
		return -1;
	return check_list(file, "context", error);
}

static char *folder_of(const char *path)
{
	char *whole = *path == '/' ? xstrdup(path) : NULL, *cwd = NULL, *slash;

	if (!whole) {
		cwd = getcwd(NULL, 0);
		whole = xprintf("%s/%s", cwd ? cwd : ".", path);
		free(cwd);
	}
	slash = strrchr(whole, '/');
	slash[1] = '\0';
	return whole;
}

/* Adds one file; a missing one is skipped if it may be missing. */
static int add(struct kube_files *files, const char *path, bool may_miss, struct error *error)
{
	struct kube_file file = {0};
	struct error local = {0};

	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].path, path) == 0)
			return 0;
	if (files->count == KUBE_FILES_MAX)
		return error_set(error, "$KUBECONFIG names more than %d files", KUBE_FILES_MAX);
	if (yaml_read(path, &file.root, &local) < 0) {
		if (may_miss && errno == ENOENT)
			return 0;
		error_set(error, "%s", local.text);
		return error_prefix(error, "kubeconfig");
	}
	file.path = xstrdup(path);
	file.folder = folder_of(path);
	files->items[files->count++] = file;
	return check(&file, error) < 0 ? error_prefix(error, "kubeconfig") : 0;
}

static int add_listed(struct kube_files *files, const char *list, struct error *error)
{
	char *copy = xstrdup(list), *rest = copy, *path;
	int status = 0;

	while (status == 0 && (path = strsep(&rest, ":")))
		if (*path)
			status = add(files, path, true, error);
	free(copy);
	return status;
}

static int add_home(struct kube_files *files, struct error *error)
{
	const char *home = getenv("HOME");
	char *path;
	int status;

	if (!home || !*home)
		return 0;
	path = xprintf("%s/.kube/config", home);
	status = add(files, path, true, error);
	free(path);
	return status;
}

int kube_files_load(const char *path, struct kube_files *ret, struct error *error)
{
	const char *listed = getenv("KUBECONFIG");
	struct kube_files files = {0};
	int status;

	if (path && *path)
		status = add(&files, path, false, error);
	else if (listed && *listed)
		status = add_listed(&files, listed, error);
	else
		status = add_home(&files, error);
	if (status == 0)
		*ret = files;
	else
		kube_files_release(&files);
	return status;
}

void kube_files_release(struct kube_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].path);
		free(files->items[i].folder);
		yaml_node_free(files->items[i].root);
	}
	files->count = 0;
}

bool kube_files_empty(const struct kube_files *files)
{
	static const char *const keys[] = {"clusters", "users", "contexts"};

	for (size_t i = 0; i < files->count; i++) {
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
			const struct yaml_node *list = yaml_get(files->items[i].root, keys[k]);

			if (list && list->first)
				return false;
		}
	}
	return !kube_files_current(files);
}

char *kube_files_source(const struct kube_files *files)
{
	char *ret = NULL;

	for (size_t i = 0; i < files->count; i++) {
		char *longer = xprintf("%s%s%s", ret ? ret : "", ret ? ", " : "", files->items[i].path);

		free(ret);
		ret = longer;
	}
	return ret ? ret : xstrdup("no kubeconfig file");
}

const char *kube_files_current(const struct kube_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct yaml_node *node = yaml_get(files->items[i].root, "current-context");

		if (node && node->text && *node->text)
			return node->text;
	}
	return NULL;
}

/* Calls for each named entry of a kind, in order; the walk ends when `each` returns true. */
static bool walk(const struct kube_files *files, const char *kind,
                 bool (*each)(void *, const struct kube_file *, const struct yaml_node *, const char *),
                 void *context)
{
	char key[16];

	snprintf(key, sizeof key, "%ss", kind);
	for (size_t i = 0; i < files->count; i++) {
		const struct yaml_node *list = yaml_get(files->items[i].root, key);

		for (const struct yaml_node *item = list ? list->first : NULL; item; item = item->next) {
			const struct yaml_node *name = yaml_get(item, "name");

			if (each(context, &files->items[i], item, name && name->text ? name->text : ""))
				return true;
		}
	}
	return false;
}

struct search {
	const char *kind, *name;
	struct kube_entry *ret;
	const char *names[256];
	size_t count;
};

static bool is_it(void *context, const struct kube_file *file, const struct yaml_node *item, const char *name)
{
	struct search *search = context;
	const struct yaml_node *body = yaml_get(item, search->kind);

	if (search->count < 255 && *name)
		search->names[search->count++] = name;
	if (strcmp(name, search->name) != 0)
		return false;
	search->ret->file = file;
	search->ret->body = body && body->kind == YAML_MAP ? body : NULL;
	return true;
}

static int unknown(const struct kube_files *files, const struct search *search, bool given,
                   struct error *error)
{
	const char *near = text_nearest(search->name, search->names);
	char *source = kube_files_source(files), list[512] = "";
	size_t shown = search->count < NAMES_SHOWN ? search->count : NAMES_SHOWN, used = 0;

	for (size_t i = 0; i < shown && used < sizeof list; i++)
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
		                         search->names[i]);
	if (near)
		error_set(error, "%s '%s' does not exist in %s; did you mean '%s'?", search->kind,
		          search->name, source, near);
	else if (search->count)
		error_set(error, "%s '%s' does not exist in %s; there is %s%s", search->kind, search->name,
		          source, list, shown < search->count ? ", ..." : "");
	else
		error_set(error, "%s '%s' does not exist; %s defines none", search->kind, search->name,
		          source);
	if (given)
		error->exit = EXIT_USAGE;
	free(source);
	return -1;
}

int kube_files_find(const struct kube_files *files, const char *kind, const char *name, bool given,
                    struct kube_entry *ret, struct error *error)
{
	struct search search = {.kind = kind, .name = name, .ret = ret};

	if (walk(files, kind, is_it, &search))
		return 0;
	return unknown(files, &search, given, error);
}

int kube_entry_text(const struct kube_entry *entry, const char *key, char **ret, struct error *error)
{
	const char *text = NULL;

	if (!entry->file)
		return 0;
	if (yaml_text(entry->file->path, entry->body, key, &text, error) < 0)
		return -1;
	if (text && *text)
		*ret = xstrdup(text);
	return 0;
}

int kube_entry_path(const struct kube_entry *entry, const char *key, char **ret, struct error *error)
{
	char *path = NULL;

	if (kube_entry_text(entry, key, &path, error) < 0)
		return -1;
	if (!path || *path == '/') {
		*ret = path ? path : *ret;
		return 0;
	}
	*ret = xprintf("%s%s", entry->file->folder, strncmp(path, "./", 2) == 0 ? path + 2 : path);
	free(path);
	return 0;
}

static int base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* RFC 4648, padded; newlines are skipped. NULL if malformed. */
static char *base64_decode(const char *text, size_t *ret_size)
{
	char *out = xcalloc(1, strlen(text) / 4 * 3 + 4);
	size_t size = 0, digits = 0, pads = 0;
	uint32_t bits = 0;

	for (; *text; text++) {
		int digit = base64_digit(*text);

		if (*text == '\n' || *text == '\r')
			continue;
		if (*text == '=' ? ++pads > 2 : digit < 0 || pads)
			break;
		bits = bits << 6 | (uint32_t)(digit < 0 ? 0 : digit);
		if (++digits % 4 == 0) {
			out[size++] = (char)(bits >> 16);
			out[size++] = (char)(bits >> 8);
			out[size++] = (char)bits;
		}
	}
	if (*text || digits % 4) {
		explicit_bzero(out, size);
		free(out);
		return NULL;
	}
	*ret_size = size - pads;
	out[*ret_size] = '\0';
	return out;
}

int kube_entry_pem(const struct kube_entry *entry, const char *key, struct kube_pem *ret, struct error *error)
{
	char *data_key = xprintf("%s-data", key);
	const char *data = NULL;
	const struct yaml_node *node = yaml_get(entry->body, data_key);
	struct kube_pem pem = {0};
	int status = kube_entry_path(entry, key, &pem.path, error);

	if (status == 0 && entry->file)
		status = yaml_text(entry->file->path, entry->body, data_key, &data, error);
	if (status == 0 && data && *data && pem.path)
		status = error_set(error, "%s:%u:%u: both '%s' and '%s'; give one", entry->file->path,
		                   node->line, node->column, key, data_key);
	else if (status == 0 && data && *data) {
		pem.data = base64_decode(data, &pem.size);
		if (!pem.data)
			status = error_set(error, "%s:%u:%u: '%s' is not base64", entry->file->path,
			                   node->line, node->column, data_key);
	}
	free(data_key);
	if (status == 0)
		*ret = pem;
	else
		free(pem.path);
	return status;
}
