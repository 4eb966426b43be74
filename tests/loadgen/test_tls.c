/*
 * HTTPS against OpenSSL's own server, which stands before the plain one of the other tests. Certificates are
 * made at the start.
 */
#include "test.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "front.h"
#include "load.h"
#include "server.h"

static struct {
	struct identity ca, other_ca, good, other_name, expired, client, strange_client;
} ids;

static int make_identities(void **state)
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

static int release_identities(void **state)
{
	(void)state;
	for (struct identity *i = &ids.ca; i <= &ids.strange_client; i++)
		identity_release(i);
	identities_release();
	return 0;
}

/* A plain server and TLS before it. */
struct pair {
	struct server *server;
	struct front front;
};

static void pair_start(struct pair *pair, const struct behaviour *behaviour, struct front_behaviour front)
{
	pair->server = server_start(behaviour);
	front.port = server_port(pair->server);
	front.identity = front.identity ? front.identity : &ids.good;
	front_start(&pair->front, &front);
}

static void pair_stop(struct pair *pair)
{
	front_stop(&pair->front);
	server_stop(pair->server);
}

static struct lg_plan plan_for(const struct pair *pair, unsigned vus, uint64_t requests)
{
	return (struct lg_plan){.url = pair->front.url,
	                        .vus = vus,
	                        .threads = 1,
	                        .requests = requests,
	                        .tls.ca = ids.ca.certificate_path};
}

/* All were answered, and the server knows of each. */
static void assert_all_good(const struct lg_result *result, const struct pair *pair, uint64_t requests)
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

/* ---- failures ------------------------------------------------------------------------ */

/* Every request fails so, and the server behind hears of none. */
static void assert_fails(struct pair *pair, const struct lg_plan *plan, enum lg_error_kind kind,
                         const char *words, const char *more_words)
{
	struct lg_result *result = load_run(plan, 2);
	struct lg_counts sum = lg_counts_sum(result);

	assert_int_equal(sum.requests, 2);
	assert_int_equal(sum.errors[kind], 2);
	assert_says(result->first_error, words);
	assert_says(result->first_error, more_words);
	assert_int_equal(server_count(pair->server, REQUESTED), 0);
	lg_result_free(result);
}

static void fail_with(struct front_behaviour front, struct lg_tls_options tls, bool named, const char *words,
                      const char *more_words, int alert)
{
	struct pair pair;
	struct lg_plan plan;

	pair_start(&pair, &(struct behaviour){0}, front);
	plan = plan_for(&pair, 2, 2);
	plan.url = named ? pair.front.named_url : pair.front.url;
	plan.tls = tls;
	assert_fails(&pair, &plan, LG_ERROR_TLS, words, more_words);
	while (alert >= 0 && pair.front.alert < 0)
		sleep_ms(1);
	assert_int_equal(pair.front.alert, alert);
	pair_stop(&pair);
}

static void test_untrusted(void **state)
{
	const struct lg_tls_options ours = {.ca = ids.ca.certificate_path};
	const struct lg_tls_options other = {.ca = ids.other_ca.certificate_path};

	(void)state;
	for (int version = 0; version <= TLS1_2_VERSION; version += TLS1_2_VERSION) {
		const struct front_behaviour good = {.version = version},
					     self = {.version = version, .identity = &ids.ca},
					     name = {.version = version, .identity = &ids.other_name},
					     old = {.version = version, .identity = &ids.expired};

		fail_with(good, (struct lg_tls_options){0}, false, "signed by unknown authority", "--cacert",
		          SSL_AD_UNKNOWN_CA);
		fail_with(good, other, true, "signed by unknown authority", "--insecure", SSL_AD_UNKNOWN_CA);
		fail_with(self, other, false, "signed by unknown authority", "'127.0.0.1'",
		          SSL_AD_UNKNOWN_CA);
		fail_with(name, ours, true, "not for this name", "'localhost'", SSL_AD_BAD_CERTIFICATE);
		fail_with(name, ours, false, "not for this address", "'127.0.0.1'", SSL_AD_BAD_CERTIFICATE);
		fail_with(old, ours, false, "has expired", "--insecure", SSL_AD_CERTIFICATE_EXPIRED);
	}
}

static void test_insecure(void **state)
{
	const struct identity *const any[] = {&ids.good, &ids.ca, &ids.other_name, &ids.expired};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(any); i++) {
		struct pair pair;
		struct lg_plan plan;
		struct lg_result *result;

		pair_start(&pair, &(struct behaviour){0}, (struct front_behaviour){.identity = any[i]});
		plan = plan_for(&pair, 1, 5);
		plan.tls = (struct lg_tls_options){.insecure = true};
		result = load_run(&plan, 5);
		assert_all_good(result, &pair, 5);
		lg_result_free(result);
		pair_stop(&pair);
	}
}

static void test_client_certificates(void **state)
{
	const struct lg_tls_options none = {.ca = ids.ca.certificate_path};
	const struct lg_tls_options given = {.ca = ids.ca.certificate_path,
	                                     .cert = ids.client.certificate_path,
	                                     .key = ids.client.key_path};
	const struct lg_tls_options strange = {.ca = ids.ca.certificate_path,
	                                       .cert = ids.strange_client.certificate_path,
	                                       .key = ids.strange_client.key_path};

	(void)state;
	for (int version = 0; version <= TLS1_2_VERSION; version += TLS1_2_VERSION) {
		const struct front_behaviour front = {.version = version, .clients = &ids.ca};
		struct pair pair;
		struct lg_plan plan;
		struct lg_result *result;

		fail_with(front, none, false, "wants a client certificate", "--cert and --key", -1);
		fail_with(front, strange, false, "client certificate refused", "unknown CA", -1);
		pair_start(&pair, &(struct behaviour){0}, front);
		plan = plan_for(&pair, 2, 10);
		plan.tls = given;
		result = load_run(&plan, 10);
		assert_all_good(result, &pair, 10);
		assert_string_equal(pair.front.client_name, "client");
		lg_result_free(result);
		pair_stop(&pair);
	}
}

static void test_no_common_version(void **state)
{
	(void)state;
	fail_with((struct front_behaviour){.version = TLS1_1_VERSION},
	          (struct lg_tls_options){.ca = ids.ca.certificate_path}, false, "TLS", "'127.0.0.1'", -1);
}

/* What is asked for by ALPN and not to be had: refused, or passed over in silence. */
static void test_no_http2(void **state)
{
	static const char *const alpn[] = {"\10http/1.1", NULL};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(alpn); i++) {
		struct pair pair;
		struct lg_plan plan;

		pair_start(&pair, &(struct behaviour){0}, (struct front_behaviour){.alpn = alpn[i]});
		plan = plan_for(&pair, 2, 2);
		plan.http = LG_HTTP_2;
		assert_fails(&pair, &plan, alpn[i] ? LG_ERROR_TLS : LG_ERROR_PROTOCOL,
		             "the server does not speak HTTP/2", "");
		pair_stop(&pair);
	}
}

struct speech {
	const char *bytes;
	size_t size;
	const char *words; /* that the client has for it */
};

/* Answers the first bytes, and closes. */
static void say(void *context, int fd, unsigned number)
{
	const struct speech *speech = context;
	char scratch[4096];

	(void)number;
	if (recv(fd, scratch, sizeof scratch, 0) > 0)
		put_all(fd, speech->bytes, speech->size);
	shutdown(fd, SHUT_WR);
	while (recv(fd, scratch, sizeof scratch, 0) > 0)
		;
}

static void test_not_tls(void **state)
{
#define SPEECH(text, words)                                                                                  \
	{                                                                                                    \
		text, sizeof text - 1, words                                                                 \
	}
	static struct speech speeches[] = {
		SPEECH("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
	               "is not TLS, try an http:// url"),
		SPEECH("", "closed the connection in the TLS handshake"),
		SPEECH("\x15\x03\x03\x00\x02\x02\x70", "unrecognized name"),
		SPEECH("\x16\x03\x03\x00\x02\x02", "closed the connection in the TLS handshake"),
		SPEECH("\x16\x03\x03\x40\x00\x09\x00\x00\x00", "closed the connection in the TLS handshake"),
		SPEECH("\x16\x03\x03\xff\xff\x02", "TLS to '127.0.0.1': packet length too long"),
		SPEECH("\x16\x03\x03\x00\x04\x09\x00\x00\x00", "TLS to '127.0.0.1': unexpected message"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(speeches); i++) {
		struct acceptor *acceptor = acceptor_start(say, &speeches[i]);
		char url[64];
		struct lg_plan plan = {.url = url, .vus = 1, .threads = 1, .requests = 1};
		struct lg_result *result;

		snprintf(url, sizeof url, "https://127.0.0.1:%u/", acceptor_port(acceptor));
		result = load_run(&plan, 1);
		assert_int_equal(lg_counts_sum(result).errors[LG_ERROR_TLS], 1);
		assert_says(result->first_error, speeches[i].words);
		lg_result_free(result);
		acceptor_stop(acceptor);
	}
}

static void refuse(const struct lg_tls_options *tls, const char *words, const char *more_words)
{
	struct lg_plan plan = {.url = "https://127.0.0.1:1/", .vus = 1, .tls = *tls};
	char error[LG_ERROR_SIZE] = "";
	struct lg_run *run = NULL;

	assert_int_equal(lg_start(&plan, &run, error), -1);
	assert_null(run);
	assert_says(error, words);
	assert_says(error, more_words);
}

static void write_encrypted_key(void)
{
	BIO *file = BIO_new_file(identities_path("locked.key"), "w");

	assert_non_null(file);
	assert_true(PEM_write_bio_PrivateKey(file, ids.client.key, EVP_aes_128_cbc(),
	                                     (const unsigned char *)"secret", 6, NULL, NULL));
	BIO_free(file);
}

static void test_bad_files(void **state)
{
	const char *cert = ids.client.certificate_path;
	char path[96];

	(void)state;
	identities_write("garbage.pem", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
	write_encrypted_key();
	snprintf(path, sizeof path, "%s", identities_path("none.pem"));
	refuse(&(struct lg_tls_options){.ca = path}, "CA", "No such file");
	refuse(&(struct lg_tls_options){.cert = path}, "client certificate", "No such file");
	refuse(&(struct lg_tls_options){.cert = cert, .key = path}, "client key", "No such file");
	snprintf(path, sizeof path, "%s", identities_path("garbage.pem"));
	refuse(&(struct lg_tls_options){.ca = path}, "CA", "no PEM file");
	refuse(&(struct lg_tls_options){.cert = path}, "client certificate", "no PEM file");
	refuse(&(struct lg_tls_options){.cert = cert, .key = path}, "client key", "no PEM file");
	refuse(&(struct lg_tls_options){.cert = cert, .key = ids.good.key_path}, "client key",
	       "not the key of");
	refuse(&(struct lg_tls_options){.cert = cert}, "client key", cert);
	refuse(&(struct lg_tls_options){.key = ids.client.key_path}, "without a client certificate", "");
	snprintf(path, sizeof path, "%s", identities_path("locked.key"));
	refuse(&(struct lg_tls_options){.cert = cert, .key = path}, "client key", "encrypted");
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

static char *letters(size_t size)
{
	char *ret = malloc(size + 1);

	assert_non_null(ret);
	for (size_t i = 0; i < size; i++)
		ret[i] = (char)('a' + i % 23);
	ret[size] = '\0';
	return ret;
}

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
		leaves_nothing(test_untrusted),
		leaves_nothing(test_insecure),
		leaves_nothing(test_client_certificates),
		leaves_nothing(test_no_common_version),
		leaves_nothing(test_no_http2),
		leaves_nothing(test_not_tls),
		leaves_nothing(test_bad_files),
		leaves_nothing(test_resumption),
		leaves_nothing(test_cut),
		leaves_nothing(test_close_notify),
		leaves_nothing(test_closed_when_idle),
		leaves_nothing(test_new_keys),
		leaves_nothing(test_uploads),
		leaves_nothing(test_answered_early),
		leaves_nothing(test_downloads),
	};

	return cmocka_run_group_tests(tests, make_identities, release_identities);
}
