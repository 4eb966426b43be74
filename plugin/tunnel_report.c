#include "plugin/tunnel_report.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define VERB_MAX 32

void tunnel_report_make(struct cap_tunnel *tunnel, enum cap_way asked, struct tunnel_report *ret)
{
	ret->asked = asked;
	ret->taken = cap_tunnel_way(tunnel, ret->refused);
	cap_tunnel_stats(tunnel, &ret->stats);
}

const char *tunnel_report_way(const struct tunnel_report *report, char *ret, size_t size)
{
	if (report->taken == CAP_WAY_PROXY)
		snprintf(ret, size, "the API server's proxy");
	else
		snprintf(ret, size, "a tunnel inside this process (%s)", cap_way_names[report->taken]);
	return ret;
}

/* Of a Status: 'User "u" cannot VERB resource "R" ...'; false: it is none about a right. */
static bool parse_right(const struct cap_error *refused, char verb[VERB_MAX])
{
	const char *at = strstr(refused->text, " cannot ");
	size_t length = at ? strcspn(at + 8, " ") : 0;

	if (refused->status != CAP_HTTP || refused->http_status != 403 || !refused->kube_status || !length ||
	    length >= VERB_MAX)
		return false;
	memcpy(verb, at + 8, length);
	verb[length] = '\0';
	return true;
}

/* A refusal in few words: of a missing right, the right. */
static void say_refusal(enum cap_way way, const struct cap_error *refused, char *ret, size_t size)
{
	char verb[VERB_MAX];

	if (parse_right(refused, verb))
		snprintf(ret, size, "not %s: no right to %s pods/%s", cap_way_names[way], verb,
		         way == CAP_WAY_PROXY ? "proxy" : "portforward");
	else
		snprintf(ret, size, "not %s: %.160s", cap_way_names[way], refused->text);
}

const char *tunnel_report_why(const struct tunnel_report *report, char *ret, size_t size)
{
	size_t length = 0;
	char line[256];

	*ret = '\0';
	for (int way = CAP_WAY_WEBSOCKET; way < CAP_WAYS && length < size; way++) {
		if (report->refused[way].status == CAP_OK)
			continue;
		say_refusal((enum cap_way)way, &report->refused[way], line, sizeof line);
		length += (size_t)snprintf(ret + length, size - length, "%s%s", length ? "; " : "", line);
	}
	return ret;
}

const char *tunnel_report_rights(const struct cap_error refused[CAP_WAYS], char *ret, size_t size)
{
	char verbs[2][VERB_MAX] = {"", ""}, proxy[VERB_MAX] = "", forward[3 * VERB_MAX] = "";
	size_t count = 0;

	for (int way = CAP_WAY_WEBSOCKET; way < CAP_WAY_PROXY && count < 2; way++)
		if (parse_right(&refused[way], verbs[count]) && strcmp(verbs[0], verbs[1]) != 0)
			count++;
	parse_right(&refused[CAP_WAY_PROXY], proxy);
	if (count)
		snprintf(forward, sizeof forward, "%s%s%s pods/portforward", verbs[0],
		         count == 2 ? " or " : "", count == 2 ? verbs[1] : "");
	snprintf(ret, size, "%s%s%s%s", forward, *forward && *proxy ? ", nor " : "", proxy,
	         *proxy ? " pods/proxy" : "");
	return ret;
}

cJSON *tunnel_report_json(const struct tunnel_report *report)
{
	cJSON *json = cJSON_CreateObject(), *refused;

	cJSON_AddStringToObject(json, "asked", cap_way_names[report->asked]);
	cJSON_AddStringToObject(json, "way", report->taken ? cap_way_names[report->taken] : "none");
	refused = cJSON_AddObjectToObject(json, "refused");
	for (int way = CAP_WAY_WEBSOCKET; way < CAP_WAYS; way++)
		if (report->refused[way].status != CAP_OK)
			cJSON_AddStringToObject(refused, cap_way_names[way], report->refused[way].text);
	cJSON_AddNumberToObject(json, "connections", (double)report->stats.connections);
	cJSON_AddNumberToObject(json, "failed", (double)report->stats.failed);
	cJSON_AddNumberToObject(json, "bytes_in", (double)report->stats.bytes_in);
	cJSON_AddNumberToObject(json, "bytes_out", (double)report->stats.bytes_out);
	return json;
}
