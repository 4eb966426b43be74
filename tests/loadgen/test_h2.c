/*
 * HTTP/2 against nghttp2's own server: what the engine counts against what the server counts, by prior
 * knowledge and over TLS; and servers that misbehave.
 */
#include "test.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"
#include "h2_load.h"
#include "load.h"
#include "server.h"

static void count_with(unsigned threads, unsigned vus, unsigned streams, unsigned connections)
{
	struct h2_server server;
	struct lg_plan plan;
	struct lg_result *result;
	struct lg_counts sum;

	h2_server_start(&server, &(struct h2_behaviour){0});
	plan = h2_plan_for(&server, vus, streams, 2000);
	plan.threads = threads;
	result = load_run(&plan, 2000);
	sum = lg_counts_sum(result);
	await(&server.from_clients, sum.bytes_sent);
	h2_assert_all_good(result, &server, 2000);
	assert_int_equal(server.requests, 2000);
	assert_int_equal(result->connections, connections);
	await(&server.to_clients, sum.bytes_received);
	assert_true(server.most <= streams);
	assert_int_equal(server.resets, 0);
	lg_result_free(result);
	h2_server_stop(&server);
}

static void test_counts(void **state)
{
	(void)state;
	count_with(1, 1, 1, 1);
	count_with(1, 8, 1, 8);
	count_with(1, 100, 100, 1);
	count_with(2, 40, 10, 4);
	count_with(2, 7, 3, 3);
}

/* They are under way together: the server, which answers none, has them all at once. */
static void test_streams_are_parallel(void **state)
{
	struct h2_server server;
	struct lg_plan plan;
	struct lg_run *run;
	struct lg_result *result;

	(void)state;
	h2_server_start(&server, &(struct h2_behaviour){.silent = true});
	plan = h2_plan_for(&server, 100, 100, 100);
	run = load_start(&plan);
	while (server.requests < 100)
		sleep_ms(1);
	assert_int_equal(server.most, 100);
	assert_int_equal(load_look(run).in_flight, 100);
	result = load_finish(run, 0);
	assert_int_equal(result->censored, 100);
	assert_int_equal(result->connections, 1);
	lg_result_free(result);
	h2_server_stop(&server);
}

static void limit_with(unsigned limit, bool upload)
{
	struct h2_behaviour behaviour = {.limit = limit};
	struct h2_server server;
	struct lg_plan plan;
	struct lg_result *result;

	if (upload)
		behaviour.upload = "hello", behaviour.upload_size = 5;
	h2_server_start(&server, &behaviour);
	plan = h2_plan_for(&server, 30, 30, 600);
	plan.body = behaviour.upload;
	plan.body_size = behaviour.upload_size;
	result = load_run(&plan, 600);
	h2_assert_all_good(result, &server, 600);
	assert_int_equal(result->connections, 1);
	lg_result_free(result);
	h2_server_stop(&server);
}

/* More VUs than the server takes streams: they wait for their turn, and none is refused for good. */
static void test_limited_streams(void **state)
{
	(void)state;
	limit_with(1, false);
	limit_with(1, true);
	limit_with(7, false);
	limit_with(30, false);
}

/* Who waits is served before who comes again: the fourth request, a second one, is the last to arrive. */
static void test_turns(void **state)
{
	struct h2_server server;
	struct lg_target targets[3];
	char urls[3][80];
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	h2_server_start(&server, &(struct h2_behaviour){.limit = 1, .delay_ms = 10});
	for (unsigned i = 0; i < COUNT_OF(targets); i++) {
		snprintf(urls[i], sizeof urls[i], "%s%u", server.url, i);
		targets[i] = (struct lg_target){.url = urls[i]};
	}
	plan = h2_plan_for(&server, 3, 3, 4);
	plan.targets = targets;
	plan.target_count = COUNT_OF(targets);
	result = load_run(&plan, 4);
	h2_assert_all_good(result, &server, 4);
	assert_says(server.fields, ":path: /0\n");
	lg_result_free(result);
	h2_server_stop(&server);
}

/* The parts of a request's time: the server thinks, and nothing else takes as long for sure. */
static void test_times(void **state)
{
	struct h2_server server;
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	h2_server_start(&server, &(struct h2_behaviour){.delay_ms = 20, .upload = "12345", .upload_size = 5});
	plan = h2_plan_for(&server, 1, 1, 10);
	plan.body = "12345";
	plan.body_size = 5;
	result = load_run(&plan, 10);
	h2_assert_all_good(result, &server, 10);
	assert_int_equal(lg_histogram_count(result->waiting), 10);
	assert_true(lg_histogram_min(result->waiting) >= 20000);
	assert_true(lg_histogram_min(result->service[LG_BEFORE]) >= 20000);
	lg_result_free(result);
	h2_server_stop(&server);
}

/* ---- what is sent ------------------------------------------------------------------------ */

/* `authority` NULL: that of the url. */
static void assert_fields(const struct lg_target *target, const char *method, const char *authority,
                          const char *rest)
{
	struct h2_server server;
	char url[128], own[64], text[2048];
	struct lg_target with_port = *target;
	struct lg_plan plan;
	struct lg_result *result;

	h2_server_start(&server,
	                &(struct h2_behaviour){.upload = target->body, .upload_size = target->body_size});
	snprintf(url, sizeof url, "%s%s", server.url, target->url);
	snprintf(own, sizeof own, "127.0.0.1:%u", acceptor_port(server.acceptor));
	with_port.url = url;
	plan = h2_plan_for(&server, 1, 1, 2);
	plan.targets = &with_port;
	plan.target_count = 1;
	result = load_run(&plan, 2);
	h2_assert_all_good(result, &server, 2);
	snprintf(text, sizeof text, ":method: %s\n:scheme: http\n:authority: %s\n:path: %s", method,
	         authority ? authority : own, rest);
	assert_string_equal(server.fields, text);
	lg_result_free(result);
	h2_server_stop(&server);
}

#define AGENT "user-agent: kubectl-pprof/" KP_VERSION "\naccept: */*\n"

static void test_fields(void **state)
{
	const char *const headers[] = {
		"HOST: other.test:1", "X-Own:  A b ",        "Connection: close", "keep-alive: 3", "TE: gzip",
		"upgrade: x",         "Proxy-Connection: x", "User-Agent: me",    "X-Own: second", NULL};
	const char *const trailers[] = {"te: trailers", "Accept: text/plain", NULL};

	(void)state;
	assert_fields(&(struct lg_target){.url = "a/b?c=d#e"}, "GET", NULL, "/a/b?c=d\n" AGENT);
	assert_fields(&(struct lg_target){.url = "", .headers = headers, .method = "PUT"}, "PUT",
	              "other.test:1",
	              "/\nx-own: A b\nuser-agent: me\nx-own: second\naccept: */*\ncontent-length: 0\n");
	assert_fields(&(struct lg_target){.url = "", .headers = trailers, .body = "12345", .body_size = 5},
	              "POST", NULL,
	              "/\nte: trailers\naccept: text/plain\nuser-agent: kubectl-pprof/" KP_VERSION
	              "\ncontent-length: 5\n");
}

static void upload_with(size_t size, unsigned window)
{
	char *body = letters(size);
	struct h2_server server;
	struct lg_plan plan;
	struct lg_result *result;

	h2_server_start(&server,
	                &(struct h2_behaviour){.upload = body, .upload_size = size, .window = window});
	plan = h2_plan_for(&server, 4, 4, 12);
	plan.body = body;
	plan.body_size = size;
	result = load_run(&plan, 12);
	h2_assert_all_good(result, &server, 12);
	assert_int_equal(server.requests, 12);
	assert_true(lg_counts_sum(result).bytes_sent > 12 * size);
	lg_result_free(result);
	h2_server_stop(&server);
	free(body);
}

static void test_uploads(void **state)
{
	(void)state;
	upload_with(1, 0);
	upload_with(16384, 0);
	upload_with(1000000, 0);
	upload_with(300000, 1000);
	upload_with(1000000, 10000000);
}

/* A body is not copied for each request, but once a run. */
static void test_uploads_take_no_memory(void **state)
{
	enum { SIZE = 8 << 20, VUS = 16 };
	char *body = letters(SIZE);
	struct h2_server server;
	long before = most_memory();
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	h2_server_start(&server,
	                &(struct h2_behaviour){.upload = body, .upload_size = SIZE, .window = 1 << 30});
	plan = h2_plan_for(&server, VUS, 4, VUS);
	plan.body = body;
	plan.body_size = SIZE;
	result = load_run(&plan, VUS);
	h2_assert_all_good(result, &server, VUS);
	assert_true(most_memory() - before < VUS / 2 * SIZE);
	lg_result_free(result);
	h2_server_stop(&server);
	free(body);
}

/* The answer comes while the request's body is still on its way, and nobody reads that. */
static void test_answered_early(void **state)
{
	enum { SIZE = 1000000 };
	char *body = letters(SIZE);
	struct h2_server server;
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	h2_server_start(&server, &(struct h2_behaviour){.early = true, .status = 413});
	plan = h2_plan_for(&server, 4, 2, 20);
	plan.body = body;
	plan.body_size = SIZE;
	result = load_run(&plan, 20);
	assert_string_equal(result->first_error, "");
	assert_int_equal(lg_counts_sum(result).status[4], 20);
	assert_int_equal(server.requests, 20);
	assert_int_equal(result->connections, 2);
	lg_result_free(result);
	h2_server_stop(&server);
	free(body);
}

/* ---- answers ------------------------------------------------------------------------------ */

static void answer_with(struct h2_behaviour behaviour, const char *method)
{
	struct h2_server server;
	struct lg_plan plan;
	struct lg_result *result;
	struct lg_counts sum;
	unsigned class = behaviour.status ? behaviour.status / 100 : 2;

	h2_server_start(&server, &behaviour);
	plan = h2_plan_for(&server, 5, 5, 50);
	plan.method = method;
	result = load_run(&plan, 50);
	sum = lg_counts_sum(result);
	assert_string_equal(result->first_error, "");
	assert_int_equal(sum.status[class], 50);
	assert_int_equal(sum.requests, 50);
	await(&server.answers, 50);
	await(&server.to_clients, sum.bytes_received);
	lg_result_free(result);
	h2_server_stop(&server);
}

static void test_answers(void **state)
{
	(void)state;
	answer_with((struct h2_behaviour){.interim = true}, NULL);
	answer_with((struct h2_behaviour){.trailers = true}, NULL);
	answer_with((struct h2_behaviour){.interim = true, .trailers = true, .length = true}, NULL);
	answer_with((struct h2_behaviour){.body = "", .status = 204}, NULL);
	answer_with((struct h2_behaviour){.body = "", .status = 304}, NULL);
	answer_with((struct h2_behaviour){.body = ""}, NULL);
	answer_with((struct h2_behaviour){.body = "", .wrong_length = 77}, "HEAD");
	answer_with((struct h2_behaviour){.status = 404}, NULL);
	answer_with((struct h2_behaviour){.status = 503, .piece = 1}, NULL);
	answer_with((struct h2_behaviour){.fields = 900, .field_size = 40}, NULL);
	answer_with((struct h2_behaviour){.repeat = 200000, .length = true}, NULL);
	answer_with((struct h2_behaviour){.status = 200}, "DELETE");
}

/* A text that lies across frames, in one of them, or nowhere. */
static void test_expected_body(void **state)
{
	static const struct {
		const char *text;
		size_t piece;
		bool held;
	} cases[] = {{"needle", 1, true},    {"needle", 4, true},   {"needle", 0, true},
	             {"needles", 1, false},  {"needles", 0, false}, {"needneedle ha", 5, true},
	             {"end of hay", 3, true}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct h2_server server;
		struct lg_plan plan;
		struct lg_result *result;
		struct lg_counts sum;

		h2_server_start(&server, &(struct h2_behaviour){.body = "hay needneedle hay: end of hay",
		                                                .piece = cases[i].piece});
		plan = h2_plan_for(&server, 6, 3, 60);
		plan.expect.body = cases[i].text;
		result = load_run(&plan, 60);
		sum = lg_counts_sum(result);
		assert_int_equal(sum.status[2], 60);
		assert_int_equal(sum.errors[LG_ERROR_CHECK], cases[i].held ? 0 : 60);
		assert_int_equal(sum.checks[LG_CHECK_BODY][1], cases[i].held ? 60 : 0);
		lg_result_free(result);
		h2_server_stop(&server);
	}
}

/* ---- versions of HTTP ---------------------------------------------------------------------------- */

static void test_server_of_http1(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server),
	                       .vus = 2,
	                       .streams = 2,
	                       .threads = 1,
	                       .http = LG_HTTP_2,
	                       .requests = 2};
	struct lg_result *result = load_run(&plan, 2);

	(void)state;
	assert_int_equal(lg_counts_sum(result).errors[LG_ERROR_PROTOCOL], 2);
	assert_says(result->first_error, "the server does not speak HTTP/2");
	lg_result_free(result);
	server_stop(server);
}

struct secure {
	struct identity ca, own;
	struct h2_server server;
	struct front front;
};

static void secure_start(struct secure *secure, const struct h2_behaviour *behaviour,
                         struct front_behaviour front)
{
	identities_init();
	identity_make(&secure->ca, &(struct wish){.name = "ca", .days = 30});
	identity_make(&secure->own, &(struct wish){.name = "own",
	                                           .alternatives = "DNS:localhost,IP:127.0.0.1",
	                                           .by = &secure->ca,
	                                           .days = 30});
	h2_server_start(&secure->server, behaviour);
	front.identity = &secure->own;
	front.alpn = "\2h2\10http/1.1";
	front.h2_port = acceptor_port(secure->server.acceptor);
	front_start(&secure->front, &front);
}

static void secure_stop(struct secure *secure)
{
	front_stop(&secure->front);
	h2_server_stop(&secure->server);
	identity_release(&secure->own);
	identity_release(&secure->ca);
	identities_release();
}

static struct lg_plan secure_plan(const struct secure *secure, unsigned vus, unsigned streams,
                                  uint64_t requests)
{
	struct lg_plan plan = h2_plan_for(&secure->server, vus, streams, requests);

	plan.url = secure->front.named_url;
	plan.tls.ca = secure->ca.certificate_path;
	return plan;
}

static void secure_with(enum lg_http_version http, struct front_behaviour front, uint64_t requests)
{
	struct secure secure;
	struct lg_plan plan;
	struct lg_result *result;
	uint64_t sent;

	secure_start(&secure, &(struct h2_behaviour){0}, front);
	plan = secure_plan(&secure, 24, 8, requests);
	plan.http = http;
	result = load_run(&plan, requests);
	h2_assert_all_good(result, &secure.server, requests);
	assert_int_equal(result->connections, 3);
	assert_int_equal(secure.front.h2, 3);
	await(&secure.front.farewells, 3);
	sent = lg_counts_sum(result).bytes_sent; /* but for the farewells of the end */
	assert_in_range(secure.front.from_clients, sent, sent + 3 * 64);
	assert_string_equal(secure.front.server_name, "localhost");
	lg_result_free(result);
	secure_stop(&secure);
}

static void test_over_tls(void **state)
{
	(void)state;
	secure_with(LG_HTTP_AUTO, (struct front_behaviour){0}, 1000);
	secure_with(LG_HTTP_2, (struct front_behaviour){0}, 1000);
	secure_with(LG_HTTP_2, (struct front_behaviour){.version = TLS1_2_VERSION}, 1000);
	secure_with(LG_HTTP_AUTO, (struct front_behaviour){.drip = true}, 200);
	secure_with(LG_HTTP_AUTO, (struct front_behaviour){.new_keys = 2}, 500);
}

static void test_uploads_over_tls(void **state)
{
	enum { SIZE = 700000 };
	char *body = letters(SIZE);
	struct secure secure;
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	secure_start(&secure, &(struct h2_behaviour){.upload = body, .upload_size = SIZE},
	             (struct front_behaviour){0});
	plan = secure_plan(&secure, 3, 3, 12);
	plan.body = body;
	plan.body_size = SIZE;
	result = load_run(&plan, 12);
	h2_assert_all_good(result, &secure.server, 12);
	lg_result_free(result);
	secure_stop(&secure);
	free(body);
}

/* ---- models ---------------------------------------------------------------------------------------- */

/* Several kinds of requests and two hosts, one of which serves HTTP/2 with streams shared. */
static void test_two_hosts(void **state)
{
	struct h2_server one, two;
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	h2_server_start(&one, &(struct h2_behaviour){0});
	h2_server_start(&two, &(struct h2_behaviour){.limit = 2});
	const struct lg_target targets[] = {{.url = one.url}, {.url = two.url, .weight = 2}};

	plan = h2_plan_for(&one, 10, 5, 300);
	plan.targets = targets;
	plan.target_count = COUNT_OF(targets);
	result = load_run(&plan, 300);
	assert_string_equal(result->first_error, "");
	await(&one.answers, 100);
	await(&two.answers, 200);
	assert_int_equal(lg_counts_sum(result).status[2], 300);
	assert_int_equal(result->connections, 4);
	assert_true(two.most <= 2);
	lg_result_free(result);
	h2_server_stop(&one);
	h2_server_stop(&two);
}

/* The open model hands streams around. */
static void test_rate(void **state)
{
	struct h2_server server;
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	h2_server_start(&server, &(struct h2_behaviour){.limit = 5});
	plan = h2_plan_for(&server, 40, 20, 400);
	plan.model = LG_RATE;
	plan.rate = 5000;
	plan.late = LG_QUEUE;
	result = load_run(&plan, 400);
	h2_assert_all_good(result, &server, 400);
	assert_true(result->connections <= 2);
	assert_int_equal(lg_histogram_count(result->lag[LG_BEFORE]), 400);
	lg_result_free(result);
	h2_server_stop(&server);
}

/* VUs that leave while others' streams go on. */
static void test_ramp_down(void **state)
{
	static const struct lg_stage stages[] = {
		{100 * MS, 20}, {100 * MS, 20}, {300 * MS, 2}, {100 * MS, 0}};
	struct h2_server server;
	struct lg_plan plan;
	struct lg_run *run;
	struct lg_result *result;

	(void)state;
	h2_server_start(&server, &(struct h2_behaviour){.limit = 6});
	plan = h2_plan_for(&server, 20, 10, 0);
	plan.stages = stages;
	plan.stage_count = COUNT_OF(stages);
	run = load_start(&plan);
	load_await_vus(run, 20);
	lg_release(run);
	load_await_vus(run, 0);
	result = load_finish(run, 0);
	assert_string_equal(result->first_error, "");
	assert_int_equal(result->censored, 0);
	await(&server.answers, lg_counts_sum(result).status[2]);
	lg_result_free(result);
	h2_server_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_counts),          leaves_nothing(test_streams_are_parallel),
		leaves_nothing(test_limited_streams), leaves_nothing(test_turns),
		leaves_nothing(test_times),           leaves_nothing(test_fields),
		leaves_nothing(test_uploads),         leaves_nothing(test_uploads_take_no_memory),
		leaves_nothing(test_answered_early),  leaves_nothing(test_answers),
		leaves_nothing(test_expected_body),   leaves_nothing(test_server_of_http1),
		leaves_nothing(test_over_tls),        leaves_nothing(test_uploads_over_tls),
		leaves_nothing(test_two_hosts),       leaves_nothing(test_rate),
		leaves_nothing(test_ramp_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
