/* The handshake of a port-forward as text: what is asked, and what the answers mean, however they are cut. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bed.h"
#include "capture/upgrade.h"

/* ---- what is asked ------------------------------------------------------------ */

static void accept_is_of_the_rfc(void **state)
{
	char accept[32];

	(void)state;
	websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", accept); /* RFC 6455, section 1.3 */
	assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void keys_are_fresh(void **state)
{
	struct upgrade first, second;
	char accept[32];

	(void)state;
	assert_int_equal(upgrade_init(&first, CAP_WAY_WEBSOCKET), 0);
	assert_int_equal(upgrade_init(&second, CAP_WAY_WEBSOCKET), 0);
	assert_int_equal(strlen(first.key), 24);
	assert_string_not_equal(first.key, second.key);
	websocket_accept(first.key, accept);
	assert_string_equal(first.accept, accept);
	websocket_accept(second.key, accept);
	assert_string_equal(second.accept, accept);
}

static void request_is_whole(void **state)
{
	const char *const headers[] = {"Authorization: Bearer t", "Impersonate-Group: a",
	                               "Impersonate-Group: b"};
	struct upgrade upgrade = {.way = CAP_WAY_WEBSOCKET, .key = "KEY"};
	char *text = upgrade_request(&upgrade, "/x/api/v1/n", 6060, "api:6443", "me/1", headers, 3);

	(void)state;
	assert_string_equal(text, "GET /x/api/v1/n?ports=6060 HTTP/1.1\r\n"
	                          "Host: api:6443\r\n"
	                          "Upgrade: websocket\r\n"
	                          "Connection: Upgrade\r\n"
	                          "Sec-WebSocket-Key: KEY\r\n"
	                          "Sec-WebSocket-Version: 13\r\n"
	                          "Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n"
	                          "User-Agent: me/1\r\n"
	                          "Authorization: Bearer t\r\n"
	                          "Impersonate-Group: a\r\n"
	                          "Impersonate-Group: b\r\n"
	                          "\r\n");
	free(text);
	text = upgrade_request(&upgrade, "/", 1, "api", NULL, NULL, 0);
	assert_null(strstr(text, "User-Agent"));
	assert_string_equal(text + strlen(text) - 6, "io\r\n\r\n");
	free(text);
}

/* ---- what is answered ------------------------------------------------------------ */

static const struct upgrade asked = {.way = CAP_WAY_WEBSOCKET,
                                     .key = "dGhlIHNhbXBsZSBub25jZQ==",
                                     .accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="};

#define ACCEPT   "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define PROTOCOL "Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n"
#define SWITCH   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"

/* The bytes are followed by a NUL and nothing else, so that asan sees a step too far. */
static enum upgrade_state answer(const char *data, size_t size, bool ended, size_t *ret_head,
                                 struct cap_error *error)
{
	char *copy = malloc(size + 1);
	enum upgrade_state state;

	memcpy(copy, data, size);
	copy[size] = '\0';
	*error = (struct cap_error){0};
	state = upgrade_answer(&asked, copy, size, ended, ret_head, error);
	free(copy);
	return state;
}

static void opens_with(const char *text)
{
	size_t size = strlen(text), head = 0;
	struct cap_error error;
	char *with_frame;

	for (size_t i = 0; i < size; i++)
		assert_int_equal(answer(text, i, false, &head, &error), UPGRADE_MORE);
	assert_int_equal(answer(text, size, false, &head, &error), UPGRADE_OPEN);
	assert_int_equal(head, size);
	assert_int_equal(error.status, CAP_OK);
	assert_int_equal(answer(text, size, true, &head, &error), UPGRADE_OPEN);
	assert_true(asprintf(&with_frame, "%s\x82\x03\r\n\r\n", text) > 0);
	assert_int_equal(answer(with_frame, strlen(with_frame), false, &head, &error), UPGRADE_OPEN);
	assert_int_equal(head, size);
	free(with_frame);
}

static void opens(void **state)
{
	(void)state;
	opens_with(SWITCH ACCEPT PROTOCOL "\r\n");
	opens_with(SWITCH PROTOCOL "X: y\r\n" ACCEPT "\r\n");
	opens_with("HTTP/1.1 101\r\n" ACCEPT PROTOCOL "\r\n");
	opens_with("HTTP/1.1 101 Switching Protocols\r\n"
	           "sec-websocket-accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	           "SEC-WEBSOCKET-PROTOCOL: \t v4.channel.k8s.io \t\r\n\r\n");
}

/* It ends so, with that status and words, as soon as all of `text` is there: not earlier. */
static void ends_as(enum upgrade_state state, const char *text, enum cap_status status, long http_status,
                    const char *words)
{
	size_t size = strlen(text), head;
	struct cap_error error;

	for (size_t i = 0; i < size; i++)
		assert_int_equal(answer(text, i, false, &head, &error), UPGRADE_MORE);
	assert_int_equal(answer(text, size, false, &head, &error), state);
	assert_int_equal(error.status, status);
	assert_int_equal(error.http_status, http_status);
	assert_has(error.text, words);
}

static void refuses_with(const char *text, enum cap_status status, long http_status, const char *words)
{
	ends_as(UPGRADE_REFUSED, text, status, http_status, words);
}

static void wrong_upgrades(void **state)
{
	(void)state;
	refuses_with(SWITCH PROTOCOL "\r\n", CAP_FORMAT, 0, "wrong accept key");
	refuses_with(SWITCH PROTOCOL "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=\r\n\r\n", CAP_FORMAT,
	             0, "wrong accept key");
	refuses_with(SWITCH PROTOCOL "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=\r\n\r\n", CAP_FORMAT,
	             0, "wrong accept key");
	refuses_with(SWITCH PROTOCOL "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=x\r\n\r\n",
	             CAP_FORMAT, 0, "wrong accept key");
	refuses_with(SWITCH PROTOCOL "Sec-WebSocket-Accept:\r\n\r\n", CAP_FORMAT, 0, "wrong accept key");
	refuses_with(SWITCH ACCEPT "\r\n", CAP_FORMAT, 0, "does not speak v4.channel.k8s.io");
	refuses_with(SWITCH ACCEPT "Sec-WebSocket-Protocol: portforward.k8s.io\r\n\r\n", CAP_FORMAT, 0,
	             "does not speak v4.channel.k8s.io");
	refuses_with(SWITCH ACCEPT "Sec-WebSocket-Protocol: v4.channel.k8s.io, x\r\n\r\n", CAP_FORMAT, 0,
	             "does not speak v4.channel.k8s.io");
}

static void refusals(void **state)
{
	(void)state;
	refuses_with("HTTP/1.1 401 Unauthorized\r\nContent-Length: 13\r\n\r\nUnauthorized\n", CAP_HTTP, 401,
	             "HTTP 401: Unauthorized");
	refuses_with("HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 68\r\n\r\n"
	             "{\"kind\":\"Status\",\"message\":\"pods \\\"p\\\" is forbidden\",\"reason\":\"x\"}..",
	             CAP_HTTP, 403, "pods \"p\" is forbidden");
	refuses_with("HTTP/1.1 403 Forbidden\r\nContent-Length: 44\r\n\r\n"
	             "unable to upgrade: no subprotocol\r\nsecond ..",
	             CAP_HTTP, 403, "HTTP 403: unable to upgrade: no subprotocol");
	refuses_with("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", CAP_HTTP, 500, "HTTP 500");
	refuses_with("HTTP/1.0 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad", CAP_HTTP, 400,
	             "HTTP 400: bad");
	refuses_with("HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 2\r\n\r\nhi", CAP_FORMAT, 0,
	             "HTTP 302 instead of an upgrade");
	refuses_with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", CAP_FORMAT, 0,
	             "HTTP 200 instead of an upgrade");
	refuses_with("HTTP/1.1 204 No Content\r\n\r\n", CAP_FORMAT, 0, "HTTP 204 instead");
	refuses_with("HTTP/1.1 304 Not Modified\r\n\r\n", CAP_FORMAT, 0, "HTTP 304 instead");
	refuses_with("HTTP/1.1 103 Early Hints\r\n\r\n", CAP_FORMAT, 0, "HTTP 103 instead");
}

static void chunked_refusals(void **state)
{
#define CHUNKED "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n"
	(void)state;
	refuses_with(CHUNKED "3\r\nfor\r\n6;x=y\r\nbidden\r\n0\r\n", CAP_HTTP, 403, "HTTP 403: forbidden");
	refuses_with(CHUNKED "10\r\n{\"message\":\"not \r\n9\r\nallowed\"}\r\n0\r\n", CAP_HTTP, 403,
	             "not allowed");
	refuses_with(CHUNKED "what?\r\n", CAP_HTTP, 403, "HTTP 403");
	refuses_with("HTTP/1.1 502 Bad\r\ntransfer-encoding:  Chunked \r\n\r\n0\r\n", CAP_HTTP, 502,
	             "HTTP 502");
#undef CHUNKED
}

/* A body without a length ends with the connection. */
static void refusal_up_to_the_end(void **state)
{
	static const char *const texts[] = {
		"HTTP/1.1 403 Forbidden\r\n\r\nno way",
		"HTTP/1.1 403 Forbidden\r\nContent-Length: 600\r\n\r\nno way",
		"HTTP/1.1 403 Forbidden\r\nContent-Length: -1\r\n\r\nno way",
		"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nno way",
		"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\nno way",
	};
	struct cap_error error;
	size_t head;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		assert_int_equal(answer(texts[i], strlen(texts[i]), false, &head, &error), UPGRADE_MORE);
		assert_int_equal(answer(texts[i], strlen(texts[i]), true, &head, &error), UPGRADE_REFUSED);
		assert_int_equal(error.status, CAP_HTTP);
		assert_int_equal(error.http_status, 403);
		assert_string_equal(error.text, "HTTP 403: no way");
	}
}

static void no_http(void **state)
{
	static const char *const texts[] = {
		"SSH-2.0-OpenSSH_9.2\r\n\r\n",   "\r\n\r\n",
		"HTTP/2 101 x\r\n\r\n",          "HTTP/1.2 101 x\r\n\r\n",
		"HTTP/1.1  101 x\r\n\r\n",       "HTTP/1.1 1010 x\r\n\r\n",
		"HTTP/1.1 4294967397 x\r\n\r\n", /* 2^32 + 101 */
		"HTTP/1.1 10 x\r\n\r\n",         "HTTP/1.1 -10 x\r\n\r\n",
		"HTTP/1.1 101x\r\n\r\n",         "HTTP/1.1\r\n\r\n",
		"http/1.1 101 x\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ends_as(UPGRADE_BROKEN, texts[i], CAP_FORMAT, 0, "does not speak HTTP");
}

static void cut_in_the_head(void **state)
{
	static const char with_nul[] = SWITCH ACCEPT PROTOCOL "X: \0\r\n\r\n";
	struct cap_error error;
	size_t head;

	(void)state;
	assert_int_equal(answer("HTTP/1.1 101 Sw", 15, true, &head, &error), UPGRADE_BROKEN);
	assert_int_equal(error.status, CAP_FORMAT);
	assert_int_equal(answer(with_nul, sizeof with_nul - 1, false, &head, &error), UPGRADE_BROKEN);
	assert_int_equal(error.status, CAP_FORMAT);
}

/* ---- ceilings ------------------------------------------------------------------------ */

static char *long_text(const char *begin, char fill, size_t size)
{
	char *text = malloc(size + 1);

	memset(text, fill, size);
	memcpy(text, begin, strlen(begin));
	text[size] = '\0';
	return text;
}

static void endless_head(void **state)
{
	char *text = long_text("HTTP/1.1 101 x\r\nX: ", 'x', 70000);
	struct cap_error error;
	size_t head;

	(void)state;
	assert_int_equal(answer(text, 8000, false, &head, &error), UPGRADE_MORE);
	assert_int_equal(answer(text, 70000, false, &head, &error), UPGRADE_BROKEN);
	assert_int_equal(error.status, CAP_FORMAT);
	memcpy(text + 60000, "\r\n\r\n", 4);
	assert_int_equal(answer(text, 70000, false, &head, &error), UPGRADE_BROKEN);
	assert_int_equal(error.status, CAP_FORMAT);
	free(text);
}

static void endless_body(void **state)
{
	char *text = long_text("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 1000000000000\r\n\r\n", 'b',
	                       UPGRADE_MAX);
	struct cap_error error;
	size_t head;

	(void)state;
	assert_int_equal(answer(text, UPGRADE_MAX - 1, false, &head, &error), UPGRADE_MORE);
	assert_int_equal(answer(text, UPGRADE_MAX, false, &head, &error), UPGRADE_REFUSED);
	assert_int_equal(error.status, CAP_HTTP);
	assert_int_equal(error.http_status, 502);
	assert_has(error.text, "HTTP 502: bbb");
	assert_true(strlen(error.text) < 400);
	free(text);
}

/* A server's words end up on a terminal. */
static void words_are_cleaned(void **state)
{
	static const char text[] =
		"HTTP/1.1 403 No\r\nContent-Length: 40\r\n\r\n"
		"a\033[31mb\tc\x7f"
		"d\xc2\x9b"
		"e\xffg\xc3\xa9h\xe2\x82\xaci\xed\xa0\x80j\xf0\x9f\x98\x80k\xc0\x80l\xe2\x82..";
	struct cap_error error;
	size_t head;

	(void)state;
	assert_int_equal(answer(text, sizeof text - 1, true, &head, &error), UPGRADE_REFUSED);
	assert_string_equal(error.text, "HTTP 403: a?[31mb?c?d??e?g??h???i???j????k??l??..");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accept_is_of_the_rfc),
		cmocka_unit_test(keys_are_fresh),
		cmocka_unit_test(request_is_whole),
		cmocka_unit_test(opens),
		cmocka_unit_test(wrong_upgrades),
		cmocka_unit_test(refusals),
		cmocka_unit_test(chunked_refusals),
		cmocka_unit_test(refusal_up_to_the_end),
		cmocka_unit_test(no_http),
		cmocka_unit_test(cut_in_the_head),
		cmocka_unit_test(endless_head),
		cmocka_unit_test(endless_body),
		cmocka_unit_test(words_are_cleaned),
	};

	return cmocka_run_group_tests_name("upgrade", tests, NULL, NULL);
}
