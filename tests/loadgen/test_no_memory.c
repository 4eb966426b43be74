/*
 * Every allocation of a run fails in turn, in its threads too, and in OpenSSL and nghttp2: it does not start,
 * and says so, or it comes to an end with as many requests as it should have made, failed or not.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h2_load.h"
#include "pair.h"
#include "tests/lib/failing_alloc.h"

#define REQUESTS 6

#ifndef LOAD_IO
#define LOAD_IO LG_IO_AUTO
#endif

struct outcome {
	bool started;
	char error[LG_ERROR_SIZE];
	struct lg_result *result;
};

static void run(const struct lg_plan *plan, const struct failing *walk, struct outcome *ret)
{
	struct lg_run *run = NULL;

	*ret = (struct outcome){0};
	failing_begin(walk);
	if (lg_start(plan, &run, ret->error) < 0)
		return;
	ret->started = true;
	while (!load_look(run).finished)
		sleep_ms(1);
	lg_stop(run, 60 * MINUTE);
	ret->result = lg_finish(run);
}

static void check(const struct failing *walk, const struct outcome *outcome)
{
	char name[40];
	struct lg_counts sum;

	failing_name(walk, name);
	if (!outcome->started) {
		if (!failing_hit(walk) || !*outcome->error ||
		    (walk->kind == FAILING_OWN && !strstr(outcome->error, "memory")))
			fail_msg("%s: '%s'", name, outcome->error);
		return;
	}
	assert_string_equal(outcome->error, "");
	if (!outcome->result) {
		assert_true(failing_hit(walk));
		return;
	}
	load_check(outcome->result);
	sum = lg_counts_sum(outcome->result);
	assert_int_equal(sum.requests, REQUESTS);
	if (sum.failed && !failing_hit(walk))
		fail_msg("%s: %s", name, outcome->result->first_error);
}

static void walk_over(const struct lg_plan *plan)
{
	struct failing walk = {0};
	unsigned refused = 0;

	while (failing_next(&walk)) {
		struct outcome outcome;

		run(plan, &walk, &outcome);
		failing_end(&walk);
		check(&walk, &outcome);
		refused += !outcome.started;
		lg_result_free(outcome.result);
	}
	assert_true(refused > 20);
}

static void test_plain(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	const char *const headers[] = {"X: {{seq}}", "Y: {{uuid}}", NULL};
	struct lg_plan plan = {.headers = headers,
	                       .body = "{{rand 1 5}}",
	                       .body_size = 12,
	                       .vus = 2,
	                       .threads = 2,
	                       .requests = REQUESTS,
	                       .io = LOAD_IO};
	char url[64];

	(void)state;
	snprintf(url, sizeof url, "%s{{seq}}", server_url(server));
	plan.url = url;
	walk_over(&plan);
	server_stop(server);
}

static void test_open_model(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server),
	                       .model = LG_RATE,
	                       .rate = 2000,
	                       .vus = 1,
	                       .max_vus = 4,
	                       .threads = 1,
	                       .requests = REQUESTS,
	                       .late = LG_QUEUE,
	                       .io = LOAD_IO};

	(void)state;
	walk_over(&plan);
	server_stop(server);
}

static void test_tls(void **state)
{
	struct pair pair;
	struct lg_plan plan;

	(void)state;
	pair_start(&pair, &(struct behaviour){0}, (struct front_behaviour){0});
	plan = plan_for(&pair, 1, REQUESTS);
	plan.io = LOAD_IO;
	walk_over(&plan);
	pair_stop(&pair);
}

static void test_h2(void **state)
{
	struct h2_server server;
	struct lg_plan plan;

	(void)state;
	h2_server_start(&server, &(struct h2_behaviour){0});
	plan = h2_plan_for(&server, 2, 2, REQUESTS);
	plan.body = "{{seq}}";
	plan.body_size = 7;
	plan.io = LOAD_IO;
	walk_over(&plan);
	h2_server_stop(&server);
}

static void test_decode(void **state)
{
	struct lg_histogram *h = lg_histogram_new(), *again = NULL;
	struct failing walk = {0};
	char *text;

	(void)state;
	text = lg_histogram_encode(h);
	while (failing_next(&walk)) {
		failing_begin(&walk);
		again = lg_histogram_decode(text, strlen(text));
		failing_end(&walk);
		assert_int_equal(again == NULL, failing_hit(&walk));
		lg_histogram_free(again);
	}
	assert_true(walk.runs > 2 * FAILING_KINDS);
	free(text);
	lg_histogram_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_plain), leaves_nothing(test_open_model), leaves_nothing(test_tls),
		leaves_nothing(test_h2),    leaves_nothing(test_decode),
	};

	return cmocka_run_group_tests(tests, make_identities, release_identities);
}
