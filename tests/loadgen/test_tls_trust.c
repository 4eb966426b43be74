/* What keeps a TLS connection from being made, and what is said of it. */
#include "test.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "load.h"
#include "pair.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_untrusted),
		leaves_nothing(test_insecure),
		leaves_nothing(test_client_certificates),
		leaves_nothing(test_no_common_version),
		leaves_nothing(test_no_http2),
		leaves_nothing(test_not_tls),
		leaves_nothing(test_bad_files),
	};

	return cmocka_run_group_tests(tests, make_identities, release_identities);
}
