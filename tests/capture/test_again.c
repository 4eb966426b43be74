/*
 * The whole of what capture does in a run, a hundred times in one process. bed_teardown counts descriptors
 * and threads; what is allocated is the same behind the last time as behind an early one.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"

#define TIMES 100

static struct app app = {.pages = {{"/debug/pprof/", 200, HTML, INDEX, 0},
                                   {"/debug/pprof/heap", 200, "application/octet-stream", "h", 0}}};

static void fetch(const struct cap_pprof *pprof)
{
	struct cap_error error = {.status = CAP_OK};
	struct cap_response response = {0};

	if (cap_pprof_probe(pprof, NULL, &error) != CAP_OK ||
	    cap_pprof_fetch(pprof, "heap", NULL, 0, PATIENCE, 0, NULL, &response, &error) != CAP_OK)
		fail_msg("%s", error.text);
	assert_int_equal(response.size, 1);
	cap_response_release(&response);
}

/* The tunnel closes with a connection open. */
static void once(const struct cap_endpoint *endpoint, enum cap_way way, uint16_t port)
{
	struct cap_pprof pprof = {
		.tunnel = bed_tunnel_by(endpoint, way, NULL), .port = port, .path = "/debug/pprof"};
	int fd = bed_dial(pprof.tunnel, port);

	fetch(&pprof);
	bed_tunnel_close();
	assert_true(ends(fd));
	hang_up(fd);
}

static void again_and_again(const struct cap_endpoint *endpoint, enum cap_way way)
{
	uint16_t port = stand_in_port(bed_plain(script_app, &app));

	for (int i = 0; i < TIMES; i++)
		once(endpoint, way, port);
}

static void tunnels(void **state)
{
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_relay, NULL));

	(void)state;
	again_and_again(&endpoint, CAP_WAY_WEBSOCKET);
}

static void tunnels_over_tls(void **state)
{
	struct cap_endpoint endpoint = endpoint_of(bed_tls(script_relay, NULL));

	(void)state;
	again_and_again(&endpoint, CAP_WAY_AUTO);
}

static void straight_on(void **state)
{
	struct cap_pprof pprof = straight(&app);

	(void)state;
	for (int i = 0; i < TIMES; i++)
		fetch(&pprof);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(tunnels),
		bed_test(tunnels_over_tls),
		bed_test(straight_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
