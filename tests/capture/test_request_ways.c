/* Requests by TLS, by proxies, by several threads, to servers that go. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "site.h"

static void trust(void **state)
{
	static struct site site;
	struct cap_endpoint endpoint = endpoint_of(bed_tls(script_site, &site));
	char path[] = "/tmp/capture-ca-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(write(fd, endpoint.ca.data, endpoint.ca.size) == (ssize_t)endpoint.ca.size);
	close(fd);
	assert_answered(&endpoint, (struct cap_request){0}, "hello");
	endpoint.ca = (struct cap_pem){.path = path};
	assert_answered(&endpoint, (struct cap_request){0}, "hello");
	unlink(path);
	assert_failed(&endpoint, (struct cap_request){0}, CAP_TLS, path);
	endpoint.ca = (struct cap_pem){.data = bed_stranger()->cert, .size = strlen(bed_stranger()->cert)};
	assert_failed(&endpoint, (struct cap_request){0}, CAP_TLS, "certificate");
	endpoint.ca = (struct cap_pem){.data = "no certificate", .size = 14};
	assert_failed(&endpoint, (struct cap_request){0}, CAP_TLS, "");
	endpoint.ca = (struct cap_pem){0};
	assert_failed(&endpoint, (struct cap_request){0}, CAP_TLS, "certificate");
	endpoint.insecure = true;
	assert_answered(&endpoint, (struct cap_request){0}, "hello");
}

static void names(void **state)
{
	static struct site site;
	struct identity named = identity_make("api.example");
	struct stand_in *server = bed_server(
		&(struct stand_in_options){.tls = &named, .script = script_site, .context = &site});
	struct cap_endpoint endpoint = endpoint_of(server);
	char host[64];

	(void)state;
	endpoint.ca = (struct cap_pem){.data = named.cert, .size = strlen(named.cert)};
	assert_failed(&endpoint, (struct cap_request){0}, CAP_TLS, "127.0.0.1");
	endpoint.tls_server_name = "api.example";
	assert_answered(&endpoint, (struct cap_request){.path = "/x?y=1"}, "hello");
	snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%u\r\n", stand_in_port(server));
	assert_has(site.head, host);
	assert_ptr_equal(strstr(site.head, "GET /x?y=1 HTTP/1.1\r\n"), site.head);
	endpoint.tls_server_name = "other.example";
	assert_failed(&endpoint, (struct cap_request){0}, CAP_TLS, "other.example");
	identity_release(&named);
}

static void client_certificates(void **state)
{
	static struct site site;
	const struct identity *client = bed_stranger();
	struct cap_endpoint endpoint = endpoint_of(bed_server(&(struct stand_in_options){
		.tls = bed_identity(), .wants_client = true, .script = script_site, .context = &site}));

	(void)state;
	assert_failed(&endpoint, (struct cap_request){0}, CAP_LOST, "certificate required");
	endpoint.cert = (struct cap_pem){.data = client->cert, .size = strlen(client->cert)};
	endpoint.key = (struct cap_pem){.data = client->key, .size = strlen(client->key)};
	assert_answered(&endpoint, (struct cap_request){0}, "hello");
	endpoint.key = (struct cap_pem){.data = bed_identity()->key, .size = strlen(bed_identity()->key)};
	assert_failed(&endpoint, (struct cap_request){0}, CAP_TLS, "");
}

static void proxies(void **state)
{
	static struct site site, seen_by_proxy;
	static struct proxy_seen seen;
	struct stand_in *server = bed_tls(script_site, &site);
	struct stand_in *plain = bed_plain(script_site, &site);
	struct cap_endpoint endpoint = endpoint_of(server);
	char target[64], url[64];

	(void)state;
	endpoint.proxy = stand_in_url(bed_plain(script_proxy, &seen));
	assert_answered(&endpoint, (struct cap_request){0}, "hello");
	snprintf(target, sizeof target, "127.0.0.1:%u", stand_in_port(server));
	assert_string_equal(seen.target, target);
	seen.refuse = 403;
	assert_failed(&endpoint, (struct cap_request){0}, CAP_CONNECT,
	              "the proxy refuses the connection: HTTP 403");
	snprintf(url, sizeof url, "http://127.0.0.1:%u", refusing_port());
	endpoint.proxy = url;
	assert_failed(&endpoint, (struct cap_request){0}, CAP_CONNECT, "127.0.0.1");
	endpoint.proxy = "";
	assert_answered(&endpoint, (struct cap_request){0}, "hello");

	endpoint = endpoint_of(plain); /* without TLS a proxy is asked for the whole URL */
	endpoint.proxy = stand_in_url(bed_plain(script_site, &seen_by_proxy));
	assert_answered(&endpoint, (struct cap_request){0}, "hello");
	snprintf(target, sizeof target, "GET http://127.0.0.1:%u/path HTTP/1.1\r\n", stand_in_port(plain));
	assert_ptr_equal(strstr(seen_by_proxy.head, target), seen_by_proxy.head);
}

/* A server that goes while it is written to ends the request, not the program. */
static void script_goes(struct peer *peer, void *context)
{
	char byte;

	(void)context;
	peer_read(peer, &byte, 1);
	peer_reset(peer);
}

static void no_signal_of_a_broken_pipe(void **state)
{
	struct stand_in *servers[] = {bed_plain(script_goes, NULL), bed_tls(script_goes, NULL)};
	static char body[3000000];

	(void)state;
	memset(body, 'b', sizeof body - 1);
	for (size_t i = 0; i < COUNT_OF(servers); i++) {
		struct cap_endpoint endpoint = endpoint_of(servers[i]);

		assert_failed(&endpoint, (struct cap_request){.method = "POST", .body = body}, CAP_LOST, "");
	}
}

static void *ask_often(void *context)
{
	const struct cap_endpoint *endpoint = context;

	for (int i = 0; i < 20; i++) {
		const struct cap_request request = {.path = "/"};
		struct cap_response response;
		struct cap_error error;

		if (cap_request(endpoint, &request, &response, &error) != CAP_OK || response.size != 5)
			return context;
		cap_response_release(&response);
	}
	return NULL;
}

static void script_hello(struct peer *peer, void *context)
{
	char head[4096];

	(void)context;
	if (peer_read_head(peer, head, sizeof head))
		peer_answer(peer, 200, NULL, "hello");
}

static void threads_share_an_endpoint(void **state)
{
	struct cap_endpoint endpoint = endpoint_of(bed_tls(script_hello, NULL));
	pthread_t threads[4];
	void *failed = NULL, *one;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &endpoint), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		pthread_join(threads[i], &one);
		failed = one ? one : failed;
	}
	assert_null(failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(trust),
		bed_test(names),
		bed_test(client_certificates),
		bed_test(proxies),
		bed_test(no_signal_of_a_broken_pipe),
		bed_test(threads_share_an_endpoint),
	};

	return cmocka_run_group_tests_name("request ways", tests, NULL, NULL);
}
