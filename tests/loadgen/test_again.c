/*
 * Twenty runs one after another in one process, of each kind of connection. leaves_nothing counts descriptors
 * and threads; what is allocated is the same behind the last run as behind an early one.
 */
#include "test.h"

#include <malloc.h>

#include "h2_load.h"
#include "pair.h"

#define RUNS     20
#define EARLY    5
#define REQUESTS 200
#define SLACK    (128 * 1024) /* what the server of the test still holds of its last connections */

static void again_and_again(const struct lg_plan *plan)
{
	size_t early = 0;

	for (int i = 0; i < RUNS; i++) {
		struct lg_result *result = load_run(plan, REQUESTS);

		assert_int_equal(lg_counts_sum(result).failed, 0);
		lg_result_free(result);
		if (i == EARLY)
			early = mallinfo2().uordblks;
	}
	assert_true(mallinfo2().uordblks < early + SLACK);
}

static void test_plain(void **state)
{
	struct server *server = server_start(&(struct behaviour){0});
	struct lg_plan plan = {.url = server_url(server), .vus = 8, .threads = 2, .requests = REQUESTS};

	(void)state;
	again_and_again(&plan);
	server_stop(server);
}

static void test_tls(void **state)
{
	struct pair pair;
	struct lg_plan plan;

	(void)state;
	pair_start(&pair, &(struct behaviour){0}, (struct front_behaviour){0});
	plan = plan_for(&pair, 8, REQUESTS);
	plan.threads = 2;
	again_and_again(&plan);
	pair_stop(&pair);
}

static void test_h2(void **state)
{
	struct h2_server server;
	struct lg_plan plan;

	(void)state;
	h2_server_start(&server, &(struct h2_behaviour){0});
	plan = h2_plan_for(&server, 8, 4, REQUESTS);
	plan.threads = 2;
	again_and_again(&plan);
	h2_server_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_plain),
		leaves_nothing(test_tls),
		leaves_nothing(test_h2),
	};

	return cmocka_run_group_tests(tests, make_identities, release_identities);
}
