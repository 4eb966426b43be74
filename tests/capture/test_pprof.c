/* Is pprof there, and is its CPU profiler free? What answers instead, straight and through the tunnel. */
#include <stdio.h>
#include <string.h>

#include "app.h"

/* ---- is it there? ----------------------------------------------------------------- */

static void probe_is(const struct cap_pprof *pprof, enum cap_status status, const char *words)
{
	struct cap_error error = {.text = "untouched"};

	assert_int_equal(cap_pprof_probe(pprof, NULL, &error), status);
	if (status != CAP_OK)
		assert_int_equal(error.status, status);
	assert_has(error.text, words);
}

static void finds_the_index(void **state)
{
	static struct app app = {.pages = {{"/debug/pprof/", 200, HTML, INDEX, 0}}};
	struct cap_pprof pprof = straight(&app);

	(void)state;
	probe_is(&pprof, CAP_OK, "untouched");
	assert_int_equal(app.asked[0], 1);
	assert_int_equal(app.others, 0);
}

static void finds_a_custom_path(void **state)
{
	static struct app app = {.pages = {{"/admin/x/", 200, HTML, INDEX, 0}}};
	struct cap_pprof pprof = straight(&app);

	(void)state;
	pprof.path = "/admin/x";
	probe_is(&pprof, CAP_OK, "untouched");
}

/* Some mount the profiles without the index. */
static void finds_profiles_without_an_index(void **state)
{
	static struct app app = {
		.pages = {{"/debug/pprof/threadcreate?debug=1", 200, "text/plain", THREADS, 0}}};
	static struct app other = {
		.pages = {{"/debug/pprof/", 200, HTML, "<title>Shop</title>", 0},
	                  {"/debug/pprof/threadcreate?debug=1", 200, "text/plain", THREADS, 0}}};
	struct cap_pprof pprof = straight(&app);

	(void)state;
	probe_is(&pprof, CAP_OK, "untouched");
	pprof = straight(&other);
	probe_is(&pprof, CAP_OK, "untouched");
}

static void names_what_answers_instead(void **state)
{
	static struct app nothing, page = {.pages = {{"/debug/pprof/", 200, HTML, "<title>Shop</title>", 0}}},
				   refusal = {.pages = {{"/debug/pprof/", 401, "text/plain", "no", 0}}},
				   redirect = {.pages = {{"/debug/pprof/", 302, "text/html", INDEX, 0}}},
				   strange = {.pages = {{"/debug/pprof/", 500, "a\033[31m", "no", 0}}};
	struct cap_pprof pprof = straight(&nothing);

	(void)state;
	probe_is(&pprof, CAP_NOT_PPROF, "HTTP 404 (text/plain; charset=utf-8)");
	pprof = straight(&page);
	probe_is(&pprof, CAP_NOT_PPROF, "HTTP 200 (text/html; charset=utf-8)");
	pprof = straight(&refusal);
	probe_is(&pprof, CAP_NOT_PPROF, "HTTP 401 (text/plain)");
	pprof = straight(&redirect);
	probe_is(&pprof, CAP_NOT_PPROF, "HTTP 302 (text/html)");
	pprof = straight(&strange);
	probe_is(&pprof, CAP_NOT_PPROF, "HTTP 500 (a?[31m)");
}

static void script_endless_page(struct peer *peer, void *context)
{
	char head[4096];

	(void)context;
	if (peer_read_head(peer, head, sizeof head) && peer_say(peer, "HTTP/1.1 200 OK\r\n\r\n"))
		while (peer_say(peer, "<p>and on and on and on it goes, on and on and on</p>"))
			;
}

static void probe_fails(void **state)
{
	struct cap_pprof pprof = straight_to(bed_plain(script_ssh, NULL));
	char url[64];
	struct cap_endpoint refusing = {.url = url};

	(void)state;
	probe_is(&pprof, CAP_FORMAT, "does not speak HTTP");
	pprof = straight_to(bed_plain(script_endless_page, NULL));
	probe_is(&pprof, CAP_TOO_BIG, "larger than 1048576 bytes");
	snprintf(url, sizeof url, "http://127.0.0.1:%u", refusing_port());
	pprof.endpoint = &refusing;
	probe_is(&pprof, CAP_CONNECT, "127.0.0.1");
}

static void probe_through_the_tunnel(void **state)
{
	static struct app app = {.pages = {{"/debug/pprof/", 200, HTML, INDEX, 0}}};
	struct cap_pprof pprof = through_tunnel(stand_in_port(bed_plain(script_app, &app)));
	char words[64];

	(void)state;
	probe_is(&pprof, CAP_OK, "untouched");
	pprof.port = refusing_port();
	snprintf(words, sizeof words, "nothing listens on port %u in the pod", pprof.port);
	probe_is(&pprof, CAP_PORT, words);
	pprof.port = stand_in_port(bed_plain(script_ssh, NULL));
	probe_is(&pprof, CAP_FORMAT, "does not speak HTTP");
}

/* The certificate is for nobody that could be looked up here: it is not verified. */
static void tls_within_the_tunnel(void **state)
{
	static struct app app = {
		.pages = {{"/debug/pprof/", 200, HTML, INDEX, 0},
	                  {"/debug/pprof/heap", 200, "application/octet-stream", "heap", 0}}};
	struct stand_in *pod = bed_server(
		&(struct stand_in_options){.tls = bed_stranger(), .script = script_app, .context = &app});
	struct cap_pprof pprof = through_tunnel(stand_in_port(pod));
	struct cap_response response;
	struct cap_error error;

	(void)state;
	pprof.tls = true;
	probe_is(&pprof, CAP_OK, "untouched");
	assert_int_equal(cap_pprof_fetch(&pprof, "heap", NULL, 0, PATIENCE, 0, NULL, &response, &error),
	                 CAP_OK);
	assert_string_equal((char *)response.body, "heap");
	cap_response_release(&response);
	pprof.port = stand_in_port(bed_plain(script_ssh, NULL));
	probe_is(&pprof, CAP_TLS, "");
}

/* ---- is the CPU profiler free? -------------------------------------------------------- */

static void cpu_is(const struct cap_pprof *pprof, enum cap_status status, const char *words)
{
	struct cap_error error = {.text = "untouched"};

	assert_int_equal(cap_pprof_cpu_free(pprof, 5, NULL, &error), status);
	if (status != CAP_OK)
		assert_int_equal(error.status, status);
	assert_has(error.text, words);
}

static void silence_means_free(void **state)
{
	static struct app app = {.pages = {{.path = "/debug/pprof/profile?seconds=5"}}}, again;
	struct cap_pprof pprof = straight(&app);

	(void)state;
	cpu_is(&pprof, CAP_OK, "untouched");
	assert_int_equal(app.asked[0], 1);
	assert_soon(app.dropped); /* which ends that profile */
	memcpy(&again.pages, &app.pages, sizeof again.pages);
	pprof = through_tunnel(stand_in_port(bed_plain(script_app, &again)));
	cpu_is(&pprof, CAP_OK, "untouched");
	assert_int_equal(again.asked[0], 1);
	assert_soon(again.dropped);
	assert_soon(tunnel_open_count(pprof.tunnel) == 0);
}

static void an_answer_means_free(void **state)
{
	static struct app app = {
		.pages = {{"/debug/pprof/profile?seconds=5", 200, "application/octet-stream", "profile", 0}}};
	static struct app redirect = {
		.pages = {{"/debug/pprof/profile?seconds=5", 302, "text/html", "there", 0}}};
	struct cap_pprof pprof = straight(&app);

	(void)state;
	cpu_is(&pprof, CAP_OK, "untouched");
	pprof = straight(&redirect);
	cpu_is(&pprof, CAP_NOT_PPROF, "HTTP 302 (text/html)");
}

static void busy_is_seen(void **state)
{
	static struct app app = {.pages = {{"/debug/pprof/profile?seconds=5", 500, "text/plain", BUSY, 0}}};
	static struct app other = {
		.pages = {{"/debug/pprof/profile?seconds=5", 500, "text/plain", "oh no\n", 0}}};
	static struct app limit = {.pages = {{"/debug/pprof/profile?seconds=5", 400, "text/plain",
	                                      "profile duration exceeds server's WriteTimeout\n", 0}}};
	struct cap_pprof pprof = straight(&app);

	(void)state;
	cpu_is(&pprof, CAP_BUSY, "CPU profiling is already in use");
	pprof = straight(&other);
	cpu_is(&pprof, CAP_HTTP, "HTTP 500: oh no");
	pprof = straight(&limit);
	cpu_is(&pprof, CAP_HTTP, "HTTP 400: profile duration exceeds server's WriteTimeout");
}

/* A way there that is slower than the answer may be does not pass for an answer. */
static void busy_is_seen_from_afar(void **state)
{
	static struct app app = {.pages = {{"/debug/pprof/profile?seconds=5", 500, "text/plain", BUSY, 0}},
	                         .delay_ms = 1500};
	struct cap_pprof pprof = through_tunnel(stand_in_port(bed_plain(script_app, &app)));

	(void)state;
	cpu_is(&pprof, CAP_BUSY, "CPU profiling is already in use");
	pprof.port = refusing_port();
	cpu_is(&pprof, CAP_PORT, "nothing listens");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(finds_the_index),
		bed_test(finds_a_custom_path),
		bed_test(finds_profiles_without_an_index),
		bed_test(names_what_answers_instead),
		bed_test(probe_fails),
		bed_test(probe_through_the_tunnel),
		bed_test(tls_within_the_tunnel),
		bed_test(silence_means_free),
		bed_test(an_answer_means_free),
		bed_test(busy_is_seen),
		bed_test(busy_is_seen_from_afar),
	};

	return cmocka_run_group_tests_name("pprof", tests, NULL, NULL);
}
