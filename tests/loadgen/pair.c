#include "pair.h"

#include "load.h"
#include "test.h"

struct identities ids;

int make_identities(void **state)
{
	(void)state;
	identities_init();
	identity_make(&ids.ca, &(struct wish){.name = "ca", .days = 30});
	identity_make(&ids.other_ca, &(struct wish){.name = "other-ca", .days = 30});
	identity_make(&ids.good, &(struct wish){.name = "good",
	                                        .alternatives = "DNS:localhost,IP:127.0.0.1",
	                                        .by = &ids.ca,
	                                        .days = 30});
	identity_make(&ids.other_name, &(struct wish){.name = "other",
	                                              .alternatives = "DNS:other.test,IP:127.0.0.9",
	                                              .by = &ids.ca,
	                                              .days = 30});
	identity_make(&ids.expired, &(struct wish){.name = "expired",
	                                           .alternatives = "DNS:localhost,IP:127.0.0.1",
	                                           .by = &ids.ca,
	                                           .days = -2});
	identity_make(&ids.client, &(struct wish){.name = "client", .by = &ids.ca, .days = 30});
	identity_make(&ids.strange_client,
	              &(struct wish){.name = "strange", .by = &ids.other_ca, .days = 30});
	return 0;
}

int release_identities(void **state)
{
	(void)state;
	for (struct identity *i = &ids.ca; i <= &ids.strange_client; i++)
		identity_release(i);
	identities_release();
	return 0;
}

void pair_start(struct pair *pair, const struct behaviour *behaviour, struct front_behaviour front)
{
	pair->server = server_start(behaviour);
	front.port = server_port(pair->server);
	front.identity = front.identity ? front.identity : &ids.good;
	front_start(&pair->front, &front);
}

void pair_stop(struct pair *pair)
{
	front_stop(&pair->front);
	server_stop(pair->server);
}

struct lg_plan plan_for(const struct pair *pair, unsigned vus, uint64_t requests)
{
	return (struct lg_plan){.url = pair->front.url,
	                        .vus = vus,
	                        .threads = 1,
	                        .requests = requests,
	                        .tls.ca = ids.ca.certificate_path};
}

void assert_all_good(const struct lg_result *result, const struct pair *pair, uint64_t requests)
{
	struct lg_counts sum = lg_counts_sum(result);

	assert_string_equal(result->first_error, "");
	assert_int_equal(sum.requests, requests);
	assert_int_equal(sum.status[2], requests);
	assert_int_equal(sum.failed, 0);
	assert_int_equal(server_count(pair->server, ANSWERED), requests);
	assert_int_equal(server_count(pair->server, REQUESTED), requests);
	assert_int_equal(result->connections, acceptor_count(pair->front.acceptor));
	assert_int_equal(lg_histogram_count(result->handshake), result->connections);
}
