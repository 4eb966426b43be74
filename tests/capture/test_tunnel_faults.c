/* The tunnel with servers that cannot be reached, do not let it in, or do not answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "faults.h"

/* ---- no connection ---------------------------------------------------------------- */

static void unreachable(void **state)
{
	char url[128], label[80];
	struct cap_endpoint endpoint = {.url = url};

	(void)state;
	snprintf(url, sizeof url, "http://127.0.0.1:%u", refusing_port());
	endpoint_fails_with(&endpoint, CAP_CONNECT, "127.0.0.1");
	memset(label, 'a', sizeof label); /* no resolver asks for a label of 79 characters */
	label[79] = '\0';
	snprintf(url, sizeof url, "http://%s.example:1", label);
	endpoint_fails_with(&endpoint, CAP_DNS, "aaa");
	snprintf(url, sizeof url, "ftp://127.0.0.1:1");
	endpoint_fails_with(&endpoint, CAP_FORMAT, "ftp");
}

static void no_url(void **state)
{
	const struct cap_endpoint endpoint = {.url = "127.0.0.1:6443"};
	struct cap_tunnel *tunnel = NULL;
	struct cap_error error = {0};

	(void)state;
	assert_int_not_equal(cap_tunnel_open(&endpoint, "n", "p", CAP_WAY_AUTO, &tunnel, &error), CAP_OK);
	assert_null(tunnel);
	assert_true(*error.text);
}

static void refusing_proxies(void **state)
{
	static struct proxy_seen seen;
	struct cap_endpoint endpoint = endpoint_of(bed_tls(script_echo, NULL));
	char url[64];

	(void)state;
	endpoint.proxy = stand_in_url(bed_plain(script_proxy, &seen));
	seen.refuse = 407;
	endpoint_fails_with(&endpoint, CAP_CONNECT, "the proxy refuses the connection: HTTP 407");
	seen.refuse = 503;
	endpoint_fails_with(&endpoint, CAP_CONNECT, "the proxy refuses the connection: HTTP 503");
	snprintf(url, sizeof url, "http://127.0.0.1:%u", refusing_port());
	endpoint.proxy = url;
	endpoint_fails_with(&endpoint, CAP_CONNECT, "127.0.0.1");
}

static void untrusted(void **state)
{
	struct identity other = identity_make("api.example");
	struct stand_in *server =
		bed_server(&(struct stand_in_options){.tls = bed_stranger(), .script = script_echo});
	struct stand_in *named = bed_server(&(struct stand_in_options){.tls = &other, .script = script_echo});
	struct cap_endpoint endpoint = endpoint_of(server);
	char byte;
	int fd;

	(void)state;
	endpoint_fails_with(&endpoint, CAP_TLS, "certificate");
	endpoint.url = stand_in_url(named);
	endpoint.ca = (struct cap_pem){.data = other.cert, .size = strlen(other.cert)};
	endpoint_fails_with(&endpoint, CAP_TLS, "127.0.0.1");
	endpoint.tls_server_name = "api.other";
	endpoint_fails_with(&endpoint, CAP_TLS, "api.other");
	endpoint.tls_server_name = NULL;
	endpoint.insecure = true;
	fd = bed_dial(bed_tunnel(&endpoint, NULL), 80);
	assert_true(put(fd, "x", 1));
	assert_int_equal(get(fd, &byte, 1), 1);
	bed_tunnel_close();
	identity_release(&other);
}

static void certificate_wanted(void **state)
{
	struct stand_in *server = bed_server(&(struct stand_in_options){
		.tls = bed_identity(), .wants_client = true, .script = script_echo});
	const struct identity *client = bed_stranger();
	struct cap_endpoint endpoint = endpoint_of(server);
	char byte;
	int fd;

	(void)state;
	endpoint_fails_with(&endpoint, CAP_LOST, "certificate required");
	endpoint.cert = (struct cap_pem){.data = client->cert, .size = strlen(client->cert)};
	endpoint.key = (struct cap_pem){.data = client->key, .size = strlen(client->key)};
	fd = bed_dial(bed_tunnel(&endpoint, NULL), 80);
	assert_true(put(fd, "x", 1));
	assert_int_equal(get(fd, &byte, 1), 1);
	bed_tunnel_close();
	endpoint.key = (struct cap_pem){.data = client->cert, .size = strlen(client->cert)};
	endpoint_fails_with(&endpoint, CAP_TLS, "key");
}

static void script_http_only(struct peer *peer, void *context)
{
	char hello[16];

	(void)context;
	if (peer_read(peer, hello, sizeof hello))
		peer_answer(peer, 400, NULL, "Client sent no HTTP");
	peer_read_to_end(peer);
}

static void no_tls_there(void **state)
{
	struct stand_in *server = bed_plain(script_http_only, NULL);
	struct cap_endpoint endpoint = endpoint_of(server);
	char url[64];

	(void)state;
	snprintf(url, sizeof url, "https://127.0.0.1:%u", stand_in_port(server));
	endpoint.url = url;
	endpoint_fails_with(&endpoint, CAP_TLS, "what answers does not speak TLS");
}

static int no_credentials(void *context, char ***ret, char error[512])
{
	(void)context, (void)ret;
	snprintf(error, 512, "exec plugin 'aws': not found");
	return -1;
}

static void credentials_fail(void **state)
{
	struct stand_in *server = bed_plain(script_echo, NULL);
	struct cap_endpoint endpoint = endpoint_of(server);

	(void)state;
	endpoint.credentials = no_credentials;
	endpoint_fails_with(&endpoint, CAP_CONNECT, "exec plugin 'aws': not found");
	assert_int_equal(stand_in_accepted(server), 0);
}

static rlim_t limit_descriptors(rlim_t more)
{
	struct rlimit limit;
	rlim_t before;
	int next = dup(0);

	close(next);
	getrlimit(RLIMIT_NOFILE, &limit);
	before = limit.rlim_cur;
	limit.rlim_cur = more == RLIM_INFINITY ? limit.rlim_max : (rlim_t)next + more;
	setrlimit(RLIMIT_NOFILE, &limit);
	return before;
}

static void no_descriptor_left(void **state)
{
	struct cap_tunnel *tunnel = bed_tunnel_to(bed_plain(script_silent, NULL));
	struct cap_error error = {0};
	struct rlimit limit;
	int fd, second;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit_descriptors(1);
	fd = cap_tunnel_dial(tunnel, 80, &error);
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_int_equal(fd, -1);
	assert_has(error.text, "no socket left");

	limit_descriptors(2); /* enough for the pair, not for what goes on behind it */
	second = bed_dial(tunnel, 80);
	assert_true(ends(second));
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_int_not_equal(cap_tunnel_error(tunnel, 80, 0, &error), CAP_OK);
	assert_true(*error.text);
}

/* ---- the handshake ------------------------------------------------------------------- */

/* Reads the request and gives this answer; then it waits, or ends. */
struct answer {
	const char *text;
	size_t size; /* 0: strlen */
	bool ends, resets;
};

static void script_answer(struct peer *peer, void *context)
{
	const struct answer *answer = context;
	size_t size = answer->size ? answer->size : strlen(answer->text);
	char head[8192];

	if (!peer_read_head(peer, head, sizeof head))
		return;
	peer_write(peer, answer->text, size);
	if (answer->resets)
		peer_reset(peer);
	if (!answer->ends && !answer->resets)
		peer_read_to_end(peer);
}

static void answer_fails_with(const struct answer *given, enum cap_status status, const char *words)
{
	static struct answer answers[64];
	static size_t count;
	struct answer *answer = &answers[count++ % COUNT_OF(answers)];

	*answer = *given;
	server_fails_with(bed_plain(script_answer, answer), status, words);
}

#define STATUS                                                                                                   \
	"{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"pods \\\"p\\\" is forbidden: User \\\"u\\\" " \
	"cannot get resource \\\"pods/portforward\\\"\",\"reason\":\"Forbidden\",\"code\":403}"

static void http_refusals(void **state)
{
	static char json[3][1000];

	(void)state;
	answer_fails_with(
		&(struct answer){
			.text = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\nUnauthorized"},
		CAP_HTTP, "HTTP 401: Unauthorized");
	snprintf(json[0], sizeof json[0], "HTTP/1.1 403 Forbidden\r\nContent-Length: %zu\r\n\r\n%s",
	         strlen(STATUS), STATUS);
	answer_fails_with(&(struct answer){.text = json[0]}, CAP_HTTP,
	                  "pods \"p\" is forbidden: User \"u\" cannot get resource \"pods/portforward\"");
	snprintf(json[1], sizeof json[1],
	         "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n0\r\n",
	         strlen(STATUS), STATUS);
	answer_fails_with(&(struct answer){.text = json[1]}, CAP_HTTP, "pods \"p\" is forbidden");
	answer_fails_with(
		&(struct answer){.text = "HTTP/1.1 403 Forbidden\r\n\r\nunable to upgrade", .ends = true},
		CAP_HTTP, "HTTP 403: unable to upgrade");
	answer_fails_with(
		&(struct answer){
			.text = "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"},
		CAP_FORMAT, "HTTP 302 instead of an upgrade");
	answer_fails_with(
		&(struct answer){.text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	                                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"},
		CAP_FORMAT, "wrong accept key");
}

static void no_answer(void **state)
{
	static char garbage[70000];

	(void)state;
	answer_fails_with(&(struct answer){.text = "", .ends = true}, CAP_LOST,
	                  "the server cut the connection");
	answer_fails_with(&(struct answer){.text = "", .resets = true}, CAP_LOST,
	                  "the server cut the connection");
	answer_fails_with(&(struct answer){.text = "HTTP/1.1 101 Swi", .ends = true}, CAP_FORMAT,
	                  "does not speak HTTP");
	answer_fails_with(&(struct answer){.text = "SSH-2.0-OpenSSH\r\n\r\n"}, CAP_FORMAT,
	                  "does not speak HTTP");
	stream_fill((uint8_t *)garbage, 0, sizeof garbage);
	answer_fails_with(&(struct answer){.text = garbage, .size = sizeof garbage}, CAP_FORMAT,
	                  "does not speak HTTP");
}

static void script_wrong_protocol(struct peer *peer, void *context)
{
	char head[8192] = "", key[128] = "", accept[32];

	(void)context;
	peer_read_head(peer, head, sizeof head);
	head_value(head, "Sec-WebSocket-Key", key, sizeof key);
	websocket_accept(key, accept);
	peer_say(peer,
	         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	         "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n",
	         accept);
	peer_read_to_end(peer);
}

static void wrong_protocol(void **state)
{
	(void)state;
	server_fails_with(bed_plain(script_wrong_protocol, NULL), CAP_FORMAT,
	                  "port-forward: the server does not speak v4.channel.k8s.io");
}

/* What has been said until the time is over counts. */
static void handshake_takes_too_long(void **state)
{
	const struct channel_times times = {.handshake = 300 * MS, .ping = PATIENCE, .silence = PATIENCE};
	static struct answer unfinished = {
		.text = "HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\nno way"};
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_silent, NULL));

	(void)state;
	fails_with(bed_tunnel(&endpoint, &times), CAP_TIMEOUT,
	           "port-forward to port 6060: no answer to the handshake");
	bed_tunnel_close();
	endpoint = endpoint_of(bed_plain(script_answer, &unfinished));
	fails_with(bed_tunnel(&endpoint, &times), CAP_HTTP, "HTTP 403: no way");
}

/* ---- refusals that pass ------------------------------------------------------------ */

/* Refuses the first `times` connections with these lines, and lets the rest in. */
struct gatekeeper {
	const char *answer;
	unsigned times;
	_Atomic unsigned refused;
};

static void script_gatekeeper(struct peer *peer, void *context)
{
	struct gatekeeper *keeper = context;
	char head[4096];

	if (peer_number(peer) >= keeper->times) {
		script_echo(peer, NULL);
		return;
	}
	if (!peer_read_head(peer, head, sizeof head))
		return;
	keeper->refused++; /* before it can be known */
	peer_say(peer, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", keeper->answer);
}

static void gets_through(struct cap_tunnel *tunnel)
{
	int fd = bed_dial(tunnel, 80);
	char byte;

	assert_true(put(fd, "x", 1));
	assert_int_equal(get(fd, &byte, 1), 1);
	bed_tunnel_close();
}

static void asks_again_when_it_is_told_to(void **state)
{
	static struct gatekeeper keepers[] = {
		{.answer = "429 Too Many Requests\r\nRetry-After: 1", .times = 2},
		{.answer = "503 Service Unavailable\r\nRetry-After:1", .times = 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(keepers); i++) {
		struct cap_endpoint endpoint = endpoint_of(bed_plain(script_gatekeeper, &keepers[i]));
		int64_t begin = clock_now();

		gets_through(bed_tunnel(&endpoint, NULL));
		assert_true(clock_now() - begin >= keepers[i].times * SECOND);
		assert_int_equal(keepers[i].refused, keepers[i].times);
	}
}

static void does_not_ask_again_otherwise(void **state)
{
	static struct gatekeeper keepers[] = {
		{.answer = "429 Too Many Requests\r\nRetry-After: 11", .times = 1},
		{.answer = "429 Too Many Requests", .times = 1},
		{.answer = "503 Service Unavailable\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT",
	         .times = 1},
		{.answer = "404 Not Found\r\nRetry-After: 1", .times = 1},
		{.answer = "401 Unauthorized\r\nRetry-After: 1", .times = 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(keepers); i++) {
		struct cap_endpoint endpoint = endpoint_of(bed_plain(script_gatekeeper, &keepers[i]));

		fails_with(bed_tunnel(&endpoint, NULL), CAP_HTTP, "HTTP");
		bed_tunnel_close();
		assert_int_equal(keepers[i].refused, 1);
	}
}

static void does_not_ask_for_ever(void **state)
{
	static struct gatekeeper keeper = {.answer = "429 Too Many Requests\r\nRetry-After: 1", .times = 100};
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_gatekeeper, &keeper));

	(void)state;
	fails_with(bed_tunnel(&endpoint, NULL), CAP_HTTP, "HTTP 429");
	bed_tunnel_close();
	assert_int_equal(keeper.refused, 4);
}

static bool others_are_there(void *context)
{
	(*(_Atomic unsigned *)context)++;
	return true;
}

static void renews_credentials_once(void **state)
{
	static struct gatekeeper once = {.answer = "401 Unauthorized", .times = 1},
				 always = {.answer = "401 Unauthorized", .times = 100};
	_Atomic unsigned renewed = 0;
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_gatekeeper, &once));

	(void)state;
	endpoint.credentials_rejected = others_are_there;
	endpoint.credentials_context = &renewed;
	gets_through(bed_tunnel(&endpoint, NULL));
	assert_int_equal(renewed, 1);
	endpoint.url = stand_in_url(bed_plain(script_gatekeeper, &always));
	fails_with(bed_tunnel(&endpoint, NULL), CAP_HTTP, "HTTP 401");
	bed_tunnel_close();
	assert_int_equal(renewed, 2);
	assert_int_equal(always.refused, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(unreachable),
		bed_test(no_url),
		bed_test(refusing_proxies),
		bed_test(untrusted),
		bed_test(certificate_wanted),
		bed_test(no_tls_there),
		bed_test(credentials_fail),
		bed_test(no_descriptor_left),
		bed_test(http_refusals),
		bed_test(no_answer),
		bed_test(wrong_protocol),
		bed_test(handshake_takes_too_long),
		bed_test(asks_again_when_it_is_told_to),
		bed_test(does_not_ask_again_otherwise),
		bed_test(does_not_ask_for_ever),
		bed_test(renews_credentials_once),
	};

	return cmocka_run_group_tests_name("tunnel faults", tests, NULL, NULL);
}
