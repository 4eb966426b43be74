/* Which way the tunnel went, and why not another: for people, for run.json, and for what is missing. */
#ifndef PLUGIN_TUNNEL_REPORT_H
#define PLUGIN_TUNNEL_REPORT_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "capture/capture.h"

struct tunnel_report {
	enum cap_way asked, taken; /* taken AUTO: none was found */
	struct cap_error refused[CAP_WAYS];
	struct cap_tunnel_stats stats;
};

/* Before the tunnel is closed. */
void tunnel_report_make(struct cap_tunnel *tunnel, enum cap_way asked, struct tunnel_report *ret);
/* "a tunnel inside this process (websocket)"; "the API server's proxy". */
const char *tunnel_report_way(const struct tunnel_report *report, char *ret, size_t size);
/* "not websocket: WHY; not spdy: WHY" of the ways before the one that was taken, "" if it was the first one;
 * returns `ret`. */
const char *tunnel_report_why(const struct tunnel_report *report, char *ret, size_t size);
/* The rights that the refusals ask for: "get or create pods/portforward, nor get pods/proxy"; "" if none
 * does. */
const char *tunnel_report_rights(const struct cap_error refused[CAP_WAYS], char *ret, size_t size);
cJSON *tunnel_report_json(const struct tunnel_report *report);

#endif
