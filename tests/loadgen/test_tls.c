/*
 * HTTPS against OpenSSL's own server, which stands before the plain one of the other tests. Certificates are
 * made at the start.
 */
#include "test.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "pair.h"

/* The front counts once the client has gone. */
static void assert_wire(const struct lg_result *result, struct pair *pair)
{
	struct lg_counts sum = lg_counts_sum(result);

	while (pair->front.farewells < result->connections)
		sleep_ms(1);
	assert_int_equal(sum.bytes_sent, pair->front.from_clients);
	assert_true(sum.bytes_received <= pair->front.to_clients);
	assert_true(sum.bytes_received >= pair->front.to_clients - 64 * result->connections);
}

static void count_with(int version, unsigned threads, unsigned vus, bool drip)
{
	struct pair pair;
	struct lg_plan plan;
	struct lg_result *result;

	pair_start(&pair, &(struct behaviour){0}, (struct front_behaviour){.version = version, .drip = drip});
	plan = plan_for(&pair, vus, 200);
	plan.threads = threads;
	result = load_run(&plan, 200);
	assert_all_good(result, &pair, 200);
	assert_int_equal(result->connections, vus);
	assert_wire(result, &pair);
	assert_string_equal(pair.front.server_name, ""); /* an address is no name */
	lg_result_free(result);
	pair_stop(&pair);
}

static void test_counts(void **state)
{
	(void)state;
	count_with(0, 1, 1, false);
	count_with(0, 2, 8, false);
	count_with(TLS1_2_VERSION, 1, 4, false);
	count_with(0, 1, 2, true);
	count_with(TLS1_2_VERSION, 1, 2, true);
}

static void test_name_and_alpn(void **state)
{
	static const struct {
		enum lg_http_version http;
		const char *alpn;
	} cases[] = {{LG_HTTP_AUTO, NULL}, {LG_HTTP_AUTO, "\10http/1.1"}, {LG_HTTP_1, "\2h2\10http/1.1"}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct pair pair;
		struct lg_plan plan;
		struct lg_result *result;

		pair_start(&pair, &(struct behaviour){0}, (struct front_behaviour){.alpn = cases[i].alpn});
		plan = plan_for(&pair, 2, 20);
		plan.url = pair.front.named_url;
		plan.http = cases[i].http;
		result = load_run(&plan, 20);
		assert_all_good(result, &pair, 20);
		assert_string_equal(pair.front.server_name, "localhost");
		assert_int_equal(pair.front.h2, 0);
		lg_result_free(result);
		pair_stop(&pair);
	}
}

static int dial(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	(void)host, (void)port;
	int fd = connect_to(*(const uint16_t *)context);

	(void)error;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* A name may end with a dot; what is sent and what the certificate says do not (RFC 6066, section 3). */
static void test_dialled(void **state)
{
	struct pair pair;
	struct lg_plan plan;
	struct lg_result *result;
	uint16_t port;

	(void)state;
	pair_start(&pair, &(struct behaviour){0}, (struct front_behaviour){0});
	port = acceptor_port(pair.front.acceptor);
	plan = plan_for(&pair, 2, 20);
	plan.url = "https://localhost./";
	plan.dial = dial;
	plan.dial_context = &port;
	result = load_run(&plan, 20);
	assert_all_good(result, &pair, 20);
	assert_string_equal(pair.front.server_name, "localhost");
	lg_result_free(result);
	pair_stop(&pair);
}

/* ---- connections that come and go ------------------------------------------------------- */

/* Each thread shakes hands in full once; the server's tickets serve all that follow. */
static void test_resumption(void **state)
{
	(void)state;
	for (int version = 0; version <= TLS1_2_VERSION; version += TLS1_2_VERSION)
		for (unsigned threads = 1; threads <= 2; threads++) {
			struct pair pair;
			struct lg_plan plan;
			struct lg_result *result;

			pair_start(&pair, &(struct behaviour){0},
			           (struct front_behaviour){.version = version});
			plan = plan_for(&pair, threads, 40);
			plan.threads = threads;
			plan.no_keepalive = true;
			result = load_run(&plan, 40);
			assert_all_good(result, &pair, 40);
			assert_int_equal(result->connections, 40);
			assert_int_equal(pair.front.handshakes, 40);
			assert_int_equal(pair.front.resumed, 40 - threads);
			assert_wire(result, &pair);
			lg_result_free(result);
			pair_stop(&pair);
		}
}

/* The n-th connection ends after n * STEP bytes from the server: an error each, until there is room for all.
 */
static void cut_with(int version, unsigned step)
{
	enum { CONNECTIONS = 240 };
	struct pair pair;
	struct lg_plan plan;
	struct lg_result *result;
	struct lg_counts sum;

	pair_start(&pair, &(struct behaviour){0}, (struct front_behaviour){.version = version, .cut = step});
	plan = plan_for(&pair, CONNECTIONS, CONNECTIONS);
	result = load_run(&plan, CONNECTIONS);
	sum = lg_counts_sum(result);
	assert_int_equal(result->connections, CONNECTIONS);
	assert_int_equal(sum.requests, CONNECTIONS);
	assert_true(sum.errors[LG_ERROR_TLS] > 500 / step);
	assert_true(sum.status[2] > 0);
	assert_int_equal(load_errors(&sum), sum.errors[LG_ERROR_TLS] + sum.errors[LG_ERROR_RESET]);
	assert_true(load_errors(&sum) <= pair.front.cuts);
	assert_true(sum.status[2] <= server_count(pair.server, ANSWERED));
	lg_result_free(result);
	pair_stop(&pair);
}

static void test_cut(void **state)
{
	(void)state;
	cut_with(0, 7);
	cut_with(TLS1_2_VERSION, 11);
}

/* A body that ends with the connection is whole only if the server says so. */
static void test_close_notify(void **state)
{
	const struct behaviour until_close = {.answer = "HTTP/1.1 200 OK\r\n\r\nhello", .ending = CLOSES};

	(void)state;
	for (int rude = 0; rude < 2; rude++) {
		struct pair pair;
		struct lg_plan plan;
		struct lg_result *result;
		struct lg_counts sum;

		pair_start(&pair, &until_close, (struct front_behaviour){.rude = rude});
		plan = plan_for(&pair, 3, 3);
		result = load_run(&plan, 3);
		sum = lg_counts_sum(result);
		assert_int_equal(sum.status[2], rude ? 0 : 3);
		assert_int_equal(sum.errors[LG_ERROR_RESET], rude ? 3 : 0);
		assert_int_equal(server_count(pair.server, ANSWERED), 3);
		lg_result_free(result);
		pair_stop(&pair);
	}
}

/* Keep-alive connections that the server ends between two requests. */
static void test_closed_when_idle(void **state)
{
	(void)state;
	for (int rude = 0; rude < 2; rude++) {
		struct pair pair;
		struct lg_plan plan;
		struct lg_result *result;
		struct lg_counts sum;

		pair_start(&pair, &(struct behaviour){.close_idle = 3},
		           (struct front_behaviour){.rude = rude});
		plan = plan_for(&pair, 2, 30);
		result = load_run(&plan, 30);
		sum = lg_counts_sum(result);
		assert_string_equal(result->first_error, "");
		assert_int_equal(sum.status[2], 30);
		assert_int_equal(server_count(pair.server, ANSWERED), 30);
		assert_true(result->connections >= 10);
		lg_result_free(result);
		pair_stop(&pair);
	}
}

static void test_new_keys(void **state)
{
	struct pair pair;
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	pair_start(&pair, &(struct behaviour){0}, (struct front_behaviour){.new_keys = 3});
	plan = plan_for(&pair, 2, 50);
	result = load_run(&plan, 50);
	assert_all_good(result, &pair, 50);
	assert_int_equal(result->connections, 2);
	lg_result_free(result);
	pair_stop(&pair);
}

/* ---- bodies ------------------------------------------------------------------------------ */

static void test_uploads(void **state)
{
	enum { SIZE = 3000000 };
	char *body = letters(SIZE);
	struct pair pair;
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	pair_start(&pair, &(struct behaviour){.body = body, .body_size = SIZE}, (struct front_behaviour){0});
	plan = plan_for(&pair, 2, 8);
	plan.body = body;
	plan.body_size = SIZE;
	result = load_run(&plan, 8);
	assert_all_good(result, &pair, 8);
	assert_int_equal(server_faults(pair.server), 0);
	assert_true(lg_counts_sum(result).bytes_sent > 8ULL * SIZE);
	lg_result_free(result);
	pair_stop(&pair);
	free(body);
}

/* A body is not encrypted as a whole. */
static void test_uploads_take_no_memory(void **state)
{
	enum { SIZE = 8 << 20, VUS = 16 };
	char *body = letters(SIZE);
	long before = most_memory();
	struct pair pair;
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	pair_start(&pair, &(struct behaviour){.body = body, .body_size = SIZE}, (struct front_behaviour){0});
	plan = plan_for(&pair, VUS, VUS);
	plan.body = body;
	plan.body_size = SIZE;
	result = load_run(&plan, VUS);
	assert_all_good(result, &pair, VUS);
	assert_true(most_memory() - before < VUS / 2 * SIZE);
	lg_result_free(result);
	pair_stop(&pair);
	free(body);
}

/* The server answers before it has read the body, and does not read on. */
static void test_answered_early(void **state)
{
	enum { SIZE = 8000000 };
	char *body = letters(SIZE);
	struct pair pair;
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	pair_start(
		&pair,
		&(struct behaviour){.early = true, .answer = "HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n"},
		(struct front_behaviour){0});
	plan = plan_for(&pair, 2, 6);
	plan.body = body;
	plan.body_size = SIZE;
	result = load_run(&plan, 6);
	assert_string_equal(result->first_error, "");
	assert_int_equal(lg_counts_sum(result).status[4], 6);
	assert_int_equal(result->connections, 6);
	lg_result_free(result);
	pair_stop(&pair);
	free(body);
}

static void test_downloads(void **state)
{
	enum { SIZE = 2000000 };
	char *body = letters(SIZE), *answer = NULL;
	struct pair pair;
	struct lg_plan plan;
	struct lg_result *result;

	(void)state;
	assert_true(asprintf(&answer, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%send", SIZE + 3, body) >
	            0);
	pair_start(&pair, &(struct behaviour){.answer = answer}, (struct front_behaviour){0});
	plan = plan_for(&pair, 2, 8);
	plan.expect.body = "end";
	result = load_run(&plan, 8);
	assert_all_good(result, &pair, 8);
	assert_true(lg_counts_sum(result).bytes_received > 8ULL * SIZE);
	lg_result_free(result);
	pair_stop(&pair);
	free(answer);
	free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_counts),
		leaves_nothing(test_name_and_alpn),
		leaves_nothing(test_dialled),
		leaves_nothing(test_resumption),
		leaves_nothing(test_cut),
		leaves_nothing(test_close_notify),
		leaves_nothing(test_closed_when_idle),
		leaves_nothing(test_new_keys),
		leaves_nothing(test_uploads),
		leaves_nothing(test_uploads_take_no_memory),
		leaves_nothing(test_answered_early),
		leaves_nothing(test_downloads),
	};

	return cmocka_run_group_tests(tests, make_identities, release_identities);
}
