/*
 * Where a pod's pprof may be, and where its HTTP is: guesses from the pod's
 * spec and annotations, best first. The caller probes them.
 */
#ifndef PLUGIN_PPROF_PORT_H
#define PLUGIN_PPROF_PORT_H

#include <stddef.h>
#include <stdint.h>

#include "plugin/error.h"
#include "plugin/pods.h"

#define PPROF_CANDIDATES_MAX 16

struct pprof_candidate {
	const char *container; /* the pod's; "" if the port is declared by none */
	uint16_t port;
	char path[256];     /* starts with '/', no trailing slash */
	const char *scheme; /* "http" or "https" */
	char why[128]; /* "--pprof-port", "annotation profiles.grafana.com/cpu.port", "container port 'pprof'"
	                */
};

/*
 * --pprof-port (0: not given) and --pprof-path (NULL: not given; else it holds
 * for every candidate). An explicit port is the only candidate. Otherwise
 * annotations profiles.grafana.com/{cpu,memory,goroutine,block,mutex}.{port,port_name,path,scheme}
 * and pyroscope.io/port, then container ports named pprof, *-pprof or
 * pprof-*, then 6060. No two share port, path and scheme. Returns their number, at least 1.
 */
size_t pprof_candidates(const struct pod *pod, uint16_t port, const char *path,
                        struct pprof_candidate ret[PPROF_CANDIDATES_MAX]);

/*
 * The pod's HTTP port, for load through the tunnel: named http, http-*, web,
 * else the first TCP port that is no pprof candidate, else one that an
 * annotation gives (it may serve both). *ret_why ("container port 'http'") is
 * written when it is not NULL. None: an error that says what to pass.
 */
int pod_http_port(const struct pod *pod, uint16_t *ret, char ret_why[128], struct error *error);

#endif
