#include "capture/ways.h"

#include <string.h>

const char *const cap_way_names[] = {"auto", "websocket", "spdy-websocket", "spdy", "proxy", NULL};

enum cap_way ways_first(const struct ways *ways)
{
	if (ways->asked != CAP_WAY_AUTO)
		return ways->asked;
	return ways->settled != CAP_WAY_AUTO ? ways->settled : CAP_WAY_WEBSOCKET;
}

/* A right is missing, says the API server itself. */
static bool is_denied(const struct cap_error *refusal)
{
	return refusal->status == CAP_HTTP && refusal->http_status == 403 && refusal->kube_status;
}

/* The way is not known there; not: it is, and something else is wrong. */
static bool is_unknown(const struct cap_error *refusal)
{
	switch (refusal->status == CAP_HTTP ? refusal->http_status : 0) {
	case 400:
	case 403: /* a plain one: an older API server refuses subprotocols so, gateways methods */
	case 405:
	case 406:
	case 415:
	case 426:
	case 501:
		return true;
	default:
		return refusal->status == CAP_FORMAT;
	}
}

static bool needs_get(enum cap_way way)
{
	return way == CAP_WAY_WEBSOCKET || way == CAP_WAY_SPDY_WEBSOCKET;
}

enum cap_way ways_next(struct ways *ways, enum cap_way way, const struct cap_error *refusal)
{
	if (!is_denied(refusal) && !is_unknown(refusal))
		return CAP_WAY_AUTO;
	ways->refused[way] = *refusal;
	if (ways->asked != CAP_WAY_AUTO || ways->settled != CAP_WAY_AUTO)
		return CAP_WAY_AUTO;
	if (is_denied(refusal) && needs_get(way))
		return CAP_WAY_SPDY;
	return way + 1 < CAP_WAYS ? way + 1 : CAP_WAY_AUTO;
}

void ways_settle(struct ways *ways, enum cap_way way)
{
	if (ways->settled == CAP_WAY_AUTO)
		ways->settled = way;
}

const struct cap_error *ways_refusal(const struct ways *ways, const struct cap_error *last)
{
	const struct cap_error *best = last;
	int most = -1;

	for (size_t i = 0; i < CAP_WAYS; i++) {
		const struct cap_error *refused = &ways->refused[i];
		int worth = is_denied(refused) ? strstr(refused->text, " cannot ") ? 2 : 1 : 0;

		if (refused->status == CAP_OK || worth <= most)
			continue;
		best = refused;
		most = worth;
	}
	return best;
}
