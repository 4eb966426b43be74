/* Which way a tunnel tries next, for each answer; and a tunnel that goes by them, with servers that know
 * some. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "capture/ways.h"
#include "spdy_server.h"

/* ---- the choice alone ------------------------------------------------------------ */

static struct cap_error http(long status, bool kube)
{
	return (struct cap_error){
		.status = CAP_HTTP, .http_status = status, .kube_status = kube, .text = "x"};
}

static void unknown_ways_lead_on(void **state)
{
	static const long statuses[] = {400, 403, 405, 406, 415, 426, 501};
	struct cap_error error;

	(void)state;
	for (size_t i = 0; i <= COUNT_OF(statuses); i++) {
		struct ways ways = {0};

		error = i < COUNT_OF(statuses) ? http(statuses[i], false)
		                               : (struct cap_error){.status = CAP_FORMAT};
		assert_int_equal(ways_first(&ways), CAP_WAY_WEBSOCKET);
		assert_int_equal(ways_next(&ways, CAP_WAY_WEBSOCKET, &error), CAP_WAY_SPDY_WEBSOCKET);
		assert_int_equal(ways_next(&ways, CAP_WAY_SPDY_WEBSOCKET, &error), CAP_WAY_SPDY);
		assert_int_equal(ways_next(&ways, CAP_WAY_SPDY, &error), CAP_WAY_PROXY);
		assert_int_equal(ways_next(&ways, CAP_WAY_PROXY, &error), CAP_WAY_AUTO);
	}
}

static void a_missing_right_leads_to_another_verb(void **state)
{
	struct cap_error denied = http(403, true), unknown = http(400, true);
	struct ways ways = {0};

	(void)state;
	assert_int_equal(ways_next(&ways, CAP_WAY_WEBSOCKET, &unknown), CAP_WAY_SPDY_WEBSOCKET);
	assert_int_equal(ways_next(&ways, CAP_WAY_SPDY_WEBSOCKET, &denied), CAP_WAY_SPDY);
	assert_int_equal(ways_next(&ways, CAP_WAY_SPDY, &denied), CAP_WAY_PROXY);
	ways = (struct ways){0};
	assert_int_equal(ways_next(&ways, CAP_WAY_WEBSOCKET, &denied), CAP_WAY_SPDY);
	assert_int_equal(ways.refused[CAP_WAY_WEBSOCKET].http_status, 403);
	assert_int_equal(ways_next(&ways, CAP_WAY_SPDY, &unknown), CAP_WAY_PROXY);
	assert_ptr_equal(ways_refusal(&ways, &unknown), &ways.refused[CAP_WAY_WEBSOCKET]);
	snprintf(denied.text, sizeof denied.text, "User \"u\" cannot create resource");
	ways_next(&ways, CAP_WAY_SPDY, &denied);
	assert_ptr_equal(ways_refusal(&ways, &unknown), &ways.refused[CAP_WAY_SPDY]);
}

static void other_answers_end_it(void **state)
{
	static const long statuses[] = {401, 404, 429, 500, 502, 503};
	struct cap_error cut = {.status = CAP_LOST};
	struct ways ways = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(statuses); i++)
		assert_int_equal(ways_next(&ways, CAP_WAY_WEBSOCKET, &(struct cap_error){0}), CAP_WAY_AUTO);
	for (size_t i = 0; i < 2 * COUNT_OF(statuses); i++) {
		struct cap_error error = http(statuses[i / 2], i % 2);

		assert_int_equal(ways_next(&ways, CAP_WAY_WEBSOCKET, &error), CAP_WAY_AUTO);
	}
	assert_int_equal(ways_next(&ways, CAP_WAY_WEBSOCKET, &cut), CAP_WAY_AUTO);
	assert_int_equal(ways.refused[CAP_WAY_WEBSOCKET].status, CAP_OK);
}

static void forced_and_settled_ways_stay(void **state)
{
	struct cap_error unknown = http(400, false);
	struct ways ways = {.asked = CAP_WAY_SPDY};

	(void)state;
	assert_int_equal(ways_first(&ways), CAP_WAY_SPDY);
	assert_int_equal(ways_next(&ways, CAP_WAY_SPDY, &unknown), CAP_WAY_AUTO);
	ways = (struct ways){0};
	ways_settle(&ways, CAP_WAY_SPDY);
	ways_settle(&ways, CAP_WAY_WEBSOCKET);
	assert_int_equal(ways_first(&ways), CAP_WAY_SPDY);
	assert_int_equal(ways_next(&ways, CAP_WAY_SPDY, &unknown), CAP_WAY_AUTO);
}

/* ---- tunnels ------------------------------------------------------------------------ */

#define STATUS_OF(verb, resource)                                                                            \
	"{\"kind\":\"Status\",\"message\":\"pods \\\"p\\\" is forbidden: User \\\"u\\\" cannot " verb        \
	" resource \\\"" resource "\\\" in API group \\\"\\\" in the namespace \\\"n\\\"\",\"code\":403}"

static void echoes(struct cap_tunnel *tunnel)
{
	char got[6] = "";
	int fd = bed_dial(tunnel, 6060);

	assert_true(put(fd, "hello", 5));
	assert_int_equal(get(fd, got, 5), 5);
	assert_string_equal(got, "hello");
	hang_up(fd);
}

/* Goes by that way at once the second time. */
static void goes_by(struct gate *gate, enum cap_way asked, enum cap_way way, unsigned tries)
{
	struct stand_in *server = bed_plain(script_gate, gate);
	struct cap_endpoint endpoint = endpoint_of(server);
	struct cap_tunnel *tunnel = bed_tunnel_by(&endpoint, asked, NULL);
	struct cap_error refused[CAP_WAYS];
	unsigned seen = 0;

	assert_int_equal(cap_tunnel_way(tunnel, refused), CAP_WAY_AUTO);
	echoes(tunnel);
	assert_int_equal(cap_tunnel_way(tunnel, refused), way);
	for (size_t i = 0; i < CAP_WAYS; i++)
		seen += refused[i].status != CAP_OK;
	assert_int_equal(seen, tries - 1);
	assert_int_equal(stand_in_accepted(server), tries);
	echoes(tunnel);
	assert_int_equal(stand_in_accepted(server), tries + 1);
	bed_tunnel_close();
}

static void the_way_that_is_open_is_taken(void **state)
{
	static struct gate all = {.open = GATE_V4 | GATE_SPDY_WEBSOCKET | GATE_SPDY};
	static struct gate no_v4 = {.open = GATE_SPDY_WEBSOCKET | GATE_SPDY, .status = 400, .answer = "bad"};
	static struct gate post = {.open = GATE_SPDY, .status = 400, .answer = "bad"};
	static struct gate plain = {.open = GATE_SPDY, .status = 403, .answer = "no subprotocol"};
	static struct gate denied = {
		.open = GATE_SPDY, .status = 403, .answer = STATUS_OF("get", "pods/portforward")};

	(void)state;
	goes_by(&all, CAP_WAY_AUTO, CAP_WAY_WEBSOCKET, 1);
	goes_by(&no_v4, CAP_WAY_AUTO, CAP_WAY_SPDY_WEBSOCKET, 2);
	goes_by(&post, CAP_WAY_AUTO, CAP_WAY_SPDY, 3);
	goes_by(&plain, CAP_WAY_AUTO, CAP_WAY_SPDY, 3);
	goes_by(&denied, CAP_WAY_AUTO, CAP_WAY_SPDY, 2);
	goes_by(&all, CAP_WAY_SPDY_WEBSOCKET, CAP_WAY_SPDY_WEBSOCKET, 1);
	goes_by(&all, CAP_WAY_SPDY, CAP_WAY_SPDY, 1);
}

/* As an API server of 1.20 does: v4 alone, and a plain 403 for what it does not know. */
static void an_old_server(void **state)
{
	static struct gate old = {
		.open = GATE_V4 | GATE_SPDY, .status = 403, .answer = "unsupported subprotocol"};
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_gate, &old));

	(void)state;
	goes_by(&old, CAP_WAY_AUTO, CAP_WAY_WEBSOCKET, 1);
	endpoint = endpoint_of(bed_plain(script_gate, &old));
	{
		struct cap_tunnel *tunnel = bed_tunnel_by(&endpoint, CAP_WAY_SPDY_WEBSOCKET, NULL);
		struct cap_error error;

		assert_int_equal(ends_with(tunnel, bed_dial(tunnel, 80), &error), CAP_HTTP);
		assert_has(error.text, "unsupported subprotocol");
		bed_tunnel_close();
	}
}

/* ---- the API server's proxy ------------------------------------------------------------ */

static enum cap_status probe(struct gate *gate, enum cap_way asked, struct cap_error *error,
                             enum cap_way *ret_way)
{
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_gate, gate));
	struct cap_pprof pprof = {
		.tunnel = bed_tunnel_by(&endpoint, asked, NULL), .port = 6060, .path = "/debug/pprof"};
	struct cap_error refused[CAP_WAYS];
	enum cap_status status;

	*error = (struct cap_error){0};
	status = cap_pprof_probe(&pprof, NULL, error);
	*ret_way = cap_tunnel_way(pprof.tunnel, refused);
	if (*ret_way == CAP_WAY_PROXY) {
		struct cap_error line;

		assert_int_equal(cap_tunnel_dial(pprof.tunnel, 80, &line), -1);
		assert_has(line.text, "forwards no connections");
	}
	bed_tunnel_close();
	return status;
}

static void the_proxy_is_the_last_way(void **state)
{
	static struct gate gate = {.open = GATE_PROXY,
	                           .status = 403,
	                           .answer = STATUS_OF("get", "pods/portforward"),
	                           .page = INDEX};
	struct cap_error error;
	enum cap_way way;

	(void)state;
	assert_int_equal(probe(&gate, CAP_WAY_AUTO, &error, &way), CAP_OK);
	assert_int_equal(way, CAP_WAY_PROXY);
	assert_has(gate.proxied, "GET /api/v1/namespaces/n/pods/http:p:6060/proxy/debug/pprof/ HTTP/1.1");
	assert_int_equal(probe(&gate, CAP_WAY_PROXY, &error, &way), CAP_OK);
	gate.page = "<html>no pprof</html>";
	assert_int_equal(probe(&gate, CAP_WAY_PROXY, &error, &way), CAP_NOT_PPROF);
}

static void all_ways_denied(void **state)
{
	static struct gate gate = {.status = 403,
	                           .answer = STATUS_OF("get", "pods/portforward"),
	                           .proxy_status = 403,
	                           .page = STATUS_OF("get", "pods/proxy")};
	struct cap_error error;
	enum cap_way way;

	(void)state;
	assert_int_equal(probe(&gate, CAP_WAY_AUTO, &error, &way), CAP_HTTP);
	assert_int_equal(way, CAP_WAY_AUTO);
	assert_int_equal(error.http_status, 403);
	assert_has(error.text, "cannot get resource \"pods/portforward\"");
	assert_int_equal(probe(&gate, CAP_WAY_PROXY, &error, &way), CAP_HTTP);
	assert_has(error.text, "cannot get resource \"pods/proxy\"");
}

static void the_proxy_does_not_reach_it(void **state)
{
	static struct gate gate = {
		.status = 403,
		.answer = STATUS_OF("get", "pods/portforward"),
		.proxy_status = 503,
		.page = "{\"kind\":\"Status\",\"message\":\"error trying to reach service: dial tcp 10.0.0.1:6060: "
			"connect: connection refused\",\"reason\":\"ServiceUnavailable\",\"code\":503}"};
	struct cap_error error;
	enum cap_way way;

	(void)state;
	assert_int_equal(probe(&gate, CAP_WAY_AUTO, &error, &way), CAP_PORT);
	assert_int_equal(way, CAP_WAY_PROXY);
	assert_has(error.text, "nothing listens on port 6060 at the pod's address");
}

static void headers_for_pprof(void **state)
{
	static const char *const auth[] = {"Authorization: Basic c2VjcmV0", NULL};
	static const char *const other[] = {"X-Pprof-Key: k", NULL};
	static struct gate gate = {.open = GATE_PROXY, .page = INDEX};
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_gate, &gate));
	struct cap_pprof pprof = {.tunnel = bed_tunnel_by(&endpoint, CAP_WAY_PROXY, NULL),
	                          .port = 1,
	                          .path = "/p",
	                          .headers = auth};
	struct cap_error error = {0};

	(void)state;
	assert_int_equal(cap_pprof_probe(&pprof, NULL, &error), CAP_CONNECT);
	assert_has(error.text, "an Authorization header for pprof cannot pass");
	assert_null(strstr(error.text, "c2VjcmV0"));
	assert_string_equal(gate.proxied, "");
	pprof.headers = other;
	assert_int_equal(cap_pprof_probe(&pprof, NULL, &error), CAP_OK);
	assert_has(gate.proxied, "\r\nX-Pprof-Key: k\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_ways_lead_on),
		cmocka_unit_test(a_missing_right_leads_to_another_verb),
		cmocka_unit_test(other_answers_end_it),
		cmocka_unit_test(forced_and_settled_ways_stay),
		bed_test(the_way_that_is_open_is_taken),
		bed_test(an_old_server),
		bed_test(the_proxy_is_the_last_way),
		bed_test(all_ways_denied),
		bed_test(the_proxy_does_not_reach_it),
		bed_test(headers_for_pprof),
	};

	return cmocka_run_group_tests_name("ways", tests, NULL, NULL);
}
