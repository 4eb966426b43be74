#include "plugin/pprof_port.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PPROF_PATH "/debug/pprof"
#define PPROF_PORT 6060

/* The list while it is made. */
struct candidates {
	const struct pod *pod;
	const char *path; /* --pprof-path or NULL */
	struct pprof_candidate *items;
	size_t count;
};

/* The declared port of that number, or NULL. */
static const struct pod_port *port_by_number(const struct pod *pod, uint16_t number,
                                             const struct pod_container **ret)
{
	for (size_t c = 0; c < pod->container_count; c++) {
		for (size_t p = 0; p < pod->containers[c].port_count; p++) {
			if (pod->containers[c].ports[p].number == number && pod->containers[c].ports[p].tcp) {
				*ret = &pod->containers[c];
				return &pod->containers[c].ports[p];
			}
		}
	}
	return NULL;
}

static const struct pod_port *port_by_name(const struct pod *pod, const char *name)
{
	for (size_t c = 0; c < pod->container_count; c++)
		for (size_t p = 0; p < pod->containers[c].port_count; p++)
			if (pod->containers[c].ports[p].tcp &&
			    strcmp(pod->containers[c].ports[p].name, name) == 0)
				return &pod->containers[c].ports[p];
	return NULL;
}

/* Makes PATH start with one '/' and end without. */
static void set_path(char ret[256], const char *path)
{
	size_t length;

	path += strspn(path, "/");
	snprintf(ret, 256, "/%s", path);
	for (length = strlen(ret); length > 1 && ret[length - 1] == '/'; length--)
		ret[length - 1] = '\0';
}

static bool is_same(const struct pprof_candidate *a, const struct pprof_candidate *b)
{
	return a->port == b->port && strcmp(a->path, b->path) == 0 && strcmp(a->scheme, b->scheme) == 0;
}

static void add(struct candidates *list, uint16_t port, const char *path, const char *scheme, const char *why)
{
	struct pprof_candidate *item = &list->items[list->count];
	const struct pod_container *container = NULL;

	if (list->count == PPROF_CANDIDATES_MAX)
		return;
	port_by_number(list->pod, port, &container);
	*item = (struct pprof_candidate){
		.container = container ? container->name : "",
		.port = port,
		.scheme = scheme && strcmp(scheme, "https") == 0 ? "https" : "http",
	};
	set_path(item->path, list->path ? list->path : path ? path : PPROF_PATH);
	snprintf(item->why, sizeof item->why, "%s", why);
	for (size_t i = 0; i < list->count; i++)
		if (is_same(&list->items[i], item))
			return;
	list->count++;
}

/* A port's number, 0 if `text` is none. */
static uint16_t port_number(const char *text)
{
	char *end;
	unsigned long value;

	if (!text || *text < '0' || *text > '9')
		return 0;
	value = strtoul(text, &end, 10);
	return *end || value > 65535 ? 0 : (uint16_t)value;
}

/* What can stand in a request line as it is; NULL otherwise. */
static const char *usable_path(const char *path)
{
	for (const char *p = path; p && *p; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr("?#", *p))
			return NULL;
	return path && *path ? path : NULL;
}

static const char *annotation(const struct pod *pod, const char *type, const char *field)
{
	char key[96];

	snprintf(key, sizeof key, "profiles.grafana.com/%s.%s", type, field);
	return pod_annotation(pod, key);
}

/* Grafana's path is that of one profile ("/debug/pprof/profile"): the folder is what we want. */
static const char *folder_of(const char *path, const char *type, char ret[256])
{
	static const char *const ends[] = {"/profile", "/allocs", "/heap", NULL};
	size_t length, tail;

	path = usable_path(path);
	if (!path)
		return NULL;
	snprintf(ret, 256, "%s", path);
	length = strlen(ret);
	for (const char *const *end = ends; *end; end++) {
		tail = strlen(*end);
		if (length > tail && strcmp(ret + length - tail, *end) == 0) {
			ret[length - tail] = '\0';
			return ret;
		}
	}
	tail = strlen(type);
	if (length > tail + 1 && ret[length - tail - 1] == '/' && strcmp(ret + length - tail, type) == 0)
		ret[length - tail - 1] = '\0';
	return ret;
}

static void add_annotated(struct candidates *list)
{
	static const char *const types[] = {"cpu", "memory", "goroutine", "block", "mutex"};
	char folder[256], why[128];

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		const char *name = annotation(list->pod, types[i], "port_name");
		uint16_t port = port_number(annotation(list->pod, types[i], "port"));
		const struct pod_port *named = name && !port ? port_by_name(list->pod, name) : NULL;

		if (named)
			port = named->number;
		snprintf(why, sizeof why, "annotation profiles.grafana.com/%s.%s", types[i],
		         named ? "port_name" : "port");
		if (port)
			add(list, port, folder_of(annotation(list->pod, types[i], "path"), types[i], folder),
			    annotation(list->pod, types[i], "scheme"), why);
	}
	if (port_number(pod_annotation(list->pod, "pyroscope.io/port")))
		add(list, port_number(pod_annotation(list->pod, "pyroscope.io/port")), NULL, NULL,
		    "annotation pyroscope.io/port");
}

static bool is_pprof_name(const char *name)
{
	size_t length = strlen(name);

	return strcmp(name, "pprof") == 0 || strncmp(name, "pprof-", 6) == 0 ||
	       (length > 6 && strcmp(name + length - 6, "-pprof") == 0);
}

static void add_named(struct candidates *list)
{
	const struct pod *pod = list->pod;
	char why[128];

	for (size_t c = 0; c < pod->container_count; c++) {
		for (size_t p = 0; p < pod->containers[c].port_count; p++) {
			const struct pod_port *port = &pod->containers[c].ports[p];

			if (!port->tcp || !is_pprof_name(port->name))
				continue;
			snprintf(why, sizeof why, "container port '%.63s'", port->name);
			add(list, port->number, NULL, strstr(port->name, "https") ? "https" : NULL, why);
		}
	}
}

size_t pprof_candidates(const struct pod *pod, uint16_t port, const char *path,
                        struct pprof_candidate ret[PPROF_CANDIDATES_MAX])
{
	struct candidates list = {pod, path && *path ? path : NULL, ret, 0};

	if (port) {
		add(&list, port, NULL, NULL, "--pprof-port");
		return list.count;
	}
	add_annotated(&list);
	add_named(&list);
	if (list.count == PPROF_CANDIDATES_MAX)
		list.count--;
	add(&list, PPROF_PORT, NULL, NULL, "Go's usual pprof port");
	return list.count;
}

static bool is_http_name(const char *name)
{
	return strcmp(name, "http") == 0 || strncmp(name, "http-", 5) == 0 || strcmp(name, "web") == 0;
}

static bool is_candidate(const struct pod *pod, const struct pod_port *port)
{
	struct pprof_candidate list[PPROF_CANDIDATES_MAX];
	size_t count = pprof_candidates(pod, 0, NULL, list);

	for (size_t i = 0; i < count; i++)
		if (list[i].port == port->number)
			return true;
	return false;
}

static bool is_named_http(const struct pod *pod, const struct pod_port *port)
{
	(void)pod;
	return is_http_name(port->name);
}

static bool is_no_candidate(const struct pod *pod, const struct pod_port *port)
{
	return !is_candidate(pod, port);
}

/* An annotated port, which may serve both. */
static bool is_shared(const struct pod *pod, const struct pod_port *port)
{
	(void)pod;
	return port->number != PPROF_PORT;
}

static const struct pod_port *find_http(const struct pod *pod,
                                        bool (*fits)(const struct pod *, const struct pod_port *))
{
	for (size_t c = 0; c < pod->container_count; c++) {
		for (size_t p = 0; p < pod->containers[c].port_count; p++) {
			const struct pod_port *port = &pod->containers[c].ports[p];

			if (port->tcp && !is_pprof_name(port->name) && fits(pod, port))
				return port;
		}
	}
	return NULL;
}

int pod_http_port(const struct pod *pod, uint16_t *ret, char ret_why[128], struct error *error)
{
	const struct pod_port *port = find_http(pod, is_named_http);

	if (!port)
		port = find_http(pod, is_no_candidate);
	if (!port)
		port = find_http(pod, is_shared);
	if (!port)
		return error_usage(
			error,
			"pod '%s' declares no HTTP port to send load to; give --port PORT (a port in the pod) "
			"or --url URL",
			pod->name);
	if (ret_why && *port->name)
		snprintf(ret_why, 128, "container port '%.63s'", port->name);
	else if (ret_why)
		snprintf(ret_why, 128, "first TCP container port");
	*ret = port->number;
	return 0;
}
