#include "h2_load.h"

#include "test.h"

struct lg_plan h2_plan_for(const struct h2_server *server, unsigned vus, unsigned streams, uint64_t requests)
{
	return (struct lg_plan){.url = server->url,
	                        .vus = vus,
	                        .streams = streams,
	                        .threads = 1,
	                        .http = LG_HTTP_2,
	                        .requests = requests};
}

struct lg_result *run_against(const struct h2_behaviour *behaviour, struct h2_server *server, unsigned vus,
                              unsigned streams, uint64_t requests)
{
	struct lg_plan plan;

	h2_server_start(server, behaviour);
	plan = h2_plan_for(server, vus, streams, requests);
	return load_run(&plan, requests);
}

void await(_Atomic uint64_t *counter, uint64_t wanted)
{
	while (*counter < wanted)
		sleep_ms(1);
	assert_int_equal(*counter, wanted);
}

void h2_assert_all_good(const struct lg_result *result, struct h2_server *server, uint64_t requests)
{
	struct lg_counts sum = lg_counts_sum(result);

	assert_string_equal(result->first_error, "");
	assert_int_equal(sum.requests, requests);
	assert_int_equal(sum.status[2], requests);
	assert_int_equal(sum.failed, 0);
	assert_int_equal(result->censored, 0);
	await(&server->answers, requests);
	assert_int_equal(server->faults, 0);
	assert_int_equal(server->pushes_allowed, 0);
	assert_int_equal(server->goaways, 0);
	assert_int_equal(result->connections, acceptor_count(server->acceptor));
}
