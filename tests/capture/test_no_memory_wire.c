/*
 * Every allocation fails in turn, here and in libcurl and OpenSSL: a request, a tunnel and what goes through
 * it come to an end, with the reason, and leave nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "site.h"
#include "tests/lib/failing_alloc.h"

#ifdef __SANITIZE_ADDRESS__
const char *__lsan_default_suppressions(void);

/* wslay 1.1 forgets a message that it has no memory to queue. */
const char *__lsan_default_suppressions(void)
{
	return "leak:wslay_event_queue_msg_ex\n";
}
#endif

static unsigned failures;

/* Of our own allocations it is said that memory is out. Libraries say what they like, in a line. */
static void check(const struct failing *walk, enum cap_status status, const struct cap_error *error)
{
	char name[40];

	failing_name(walk, name);
	if (status == CAP_OK)
		return;
	failures++;
	if (!failing_hit(walk))
		fail_msg("%s: %d, '%s'", name, status, error->text);
	if (error->status != status || !*error->text)
		fail_msg("%s: %d, but %d, '%s'", name, status, error->status, error->text);
	if (walk->kind == FAILING_OWN && !strstr(error->text, "memory"))
		fail_msg("%s: %d, '%s'", name, status, error->text);
}

typedef enum cap_status step(void *context, struct cap_error *error);

static void walk_over(step *run, void *context)
{
	struct failing walk = {0};

	failures = 0;
	while (failing_next(&walk)) {
		struct cap_error error = {.status = CAP_OK};
		enum cap_status status;

		failing_begin(&walk);
		status = run(context, &error);
		failing_end(&walk);
		check(&walk, status, &error);
	}
	assert_true(failures > 10);
}

/* ---- a request ------------------------------------------------------------------------------ */

static enum cap_status request(void *context, struct cap_error *error)
{
	const struct cap_request request = {.path = "/path", .method = "POST", .body = "{}"};
	struct cap_response response = {0};
	enum cap_status status = cap_request(context, &request, &response, error);

	if (status == CAP_OK && strcmp((char *)response.body, "hello") != 0)
		status = CAP_FORMAT;
	cap_response_release(&response);
	return status;
}

static int give_token(void *context, char ***ret, char error[512])
{
	char **lines = calloc(2, sizeof *lines);

	(void)context;
	if (lines)
		lines[0] = strdup("Authorization: Bearer t0ken");
	if (!lines || !lines[0]) {
		free(lines);
		snprintf(error, 512, "out of memory for a token");
		return -1;
	}
	*ret = lines;
	return 0;
}

static void a_request(void **state)
{
	static struct site site;
	struct cap_endpoint endpoint = endpoint_of(bed_tls(script_site, &site));

	(void)state;
	endpoint.user_agent = "me/1";
	endpoint.credentials = give_token;
	walk_over(request, &endpoint);
}

/* ---- a tunnel --------------------------------------------------------------------------------- */

struct way {
	struct cap_endpoint endpoint;
	enum cap_way way;
	uint16_t port;
};

/* What was said of the connection, which has ended. */
static enum cap_status why(struct cap_tunnel *tunnel, struct cap_error *error)
{
	enum cap_status status = cap_tunnel_error(tunnel, 0, 0, error);

	return status == CAP_OK ? CAP_FORMAT : status;
}

static enum cap_status exchange(struct cap_tunnel *tunnel, uint16_t port, struct cap_error *error)
{
	int fd = cap_tunnel_dial(tunnel, port, error);
	enum cap_status status = CAP_OK;
	char got[6] = "";

	if (fd < 0)
		return error->status;
	if (!put(fd, "hello", 5) || get(fd, got, 5) != 5 || memcmp(got, "hello", 5) != 0)
		status = why(tunnel, error);
	close(fd);
	return status;
}

static enum cap_status tunnel(void *context, struct cap_error *error)
{
	struct way *way = context;
	struct cap_tunnel *tunnel = NULL;
	enum cap_status status = cap_tunnel_open(&way->endpoint, "n", "p", way->way, &tunnel, error);

	if (status == CAP_OK)
		status = exchange(tunnel, 6060, error);
	cap_tunnel_close(tunnel);
	return status;
}

static void a_tunnel(void **state)
{
	struct way way = {.endpoint = endpoint_of(bed_tls(script_echo, NULL)), .way = CAP_WAY_WEBSOCKET};

	(void)state;
	walk_over(tunnel, &way);
}

static void a_tunnel_that_finds_its_way(void **state)
{
	struct way way = {.endpoint = endpoint_of(bed_plain(script_echo, NULL)), .way = CAP_WAY_AUTO};

	(void)state;
	walk_over(tunnel, &way);
}

/* ---- pprof ------------------------------------------------------------------------------------ */

static enum cap_status fetch(const struct cap_pprof *pprof, struct cap_error *error)
{
	struct cap_response response = {0};
	enum cap_status status = cap_pprof_probe(pprof, NULL, error);

	if (status == CAP_OK)
		status = cap_pprof_fetch(pprof, "heap", NULL, 0, PATIENCE, 0, NULL, &response, error);
	cap_response_release(&response);
	return status;
}

static enum cap_status fetch_straight(void *context, struct cap_error *error)
{
	return fetch(context, error);
}

static enum cap_status fetch_through(void *context, struct cap_error *error)
{
	struct way *way = context;
	struct cap_pprof pprof = {.port = way->port, .path = "/debug/pprof"};
	enum cap_status status = cap_tunnel_open(&way->endpoint, "n", "p", way->way, &pprof.tunnel, error);

	if (status == CAP_OK)
		status = fetch(&pprof, error);
	cap_tunnel_close(pprof.tunnel);
	return status;
}

static struct app app = {.pages = {{"/debug/pprof/", 200, HTML, INDEX, 0},
                                   {"/debug/pprof/heap", 200, "application/octet-stream", "h", 0}}};

static void pprof(void **state)
{
	struct cap_pprof where = straight(&app);

	(void)state;
	walk_over(fetch_straight, &where);
}

static void pprof_through_a_tunnel(void **state)
{
	struct way way = {.endpoint = endpoint_of(bed_tls(script_relay, NULL)),
	                  .way = CAP_WAY_WEBSOCKET,
	                  .port = stand_in_port(bed_plain(script_app, &app))};

	(void)state;
	walk_over(fetch_through, &way);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(a_request),
		bed_test(a_tunnel),
		bed_test(a_tunnel_that_finds_its_way),
		bed_test(pprof),
		bed_test(pprof_through_a_tunnel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
