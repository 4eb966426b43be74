/* One request, one answer: what is sent, what comes back, and every way in which that fails. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "site.h"

/* ---- what is sent --------------------------------------------------------------- */

static int give_token(void *context, char ***ret, char error[512])
{
	char **lines = calloc(3, sizeof *lines);

	(void)context, (void)error;
	lines[0] = strdup("Authorization: Bearer t0ken");
	lines[1] = strdup("Impersonate-User: u");
	*ret = lines;
	return 0;
}

static void sends_a_get(void **state)
{
	static struct site site;
	struct stand_in *server = bed_plain(script_site, &site);
	struct cap_endpoint endpoint = endpoint_of(server);
	char url[128], host[64];

	(void)state;
	snprintf(url, sizeof url, "%s/prefix", stand_in_url(server));
	snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%u\r\n", stand_in_port(server));
	endpoint.url = url;
	endpoint.user_agent = "me/1";
	endpoint.credentials = give_token;
	assert_answered(&endpoint, (struct cap_request){.path = "/api/v1/pods?limit=5"}, "hello");
	assert_ptr_equal(strstr(site.head, "GET /prefix/api/v1/pods?limit=5 HTTP/1.1\r\n"), site.head);
	assert_has(site.head, host);
	assert_has(site.head, "\r\nUser-Agent: me/1\r\n");
	assert_has(site.head, "\r\nAuthorization: Bearer t0ken\r\n");
	assert_has(site.head, "\r\nImpersonate-User: u\r\n");
	assert_null(strstr(site.head, "Content-Type"));
}

static void sends_a_body(void **state)
{
	static struct site site;
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_site, &site));

	(void)state;
	assert_answered(&endpoint, (struct cap_request){.method = "POST", .body = "{\"a\":1}"}, "hello");
	assert_ptr_equal(strstr(site.head, "POST /path HTTP/1.1\r\n"), site.head);
	assert_has(site.head, "\r\nContent-Type: application/json\r\n");
	assert_has(site.head, "\r\nContent-Length: 7\r\n");
	assert_null(strstr(site.head, "Expect"));
	assert_string_equal(site.body, "{\"a\":1}");
	assert_answered(&endpoint,
	                (struct cap_request){.method = "PATCH",
	                                     .content_type = "application/merge-patch+json",
	                                     .body = "[]"},
	                "hello");
	assert_ptr_equal(strstr(site.head, "PATCH /path HTTP/1.1\r\n"), site.head);
	assert_has(site.head, "\r\nContent-Type: application/merge-patch+json\r\n");
	assert_answered(&endpoint, (struct cap_request){.method = "DELETE"}, "hello");
	assert_ptr_equal(strstr(site.head, "DELETE /path HTTP/1.1\r\n"), site.head);
}

static int no_token(void *context, char ***ret, char error[512])
{
	(void)context, (void)ret;
	snprintf(error, 512, "no\ttoken");
	return -1;
}

static void sends_nothing_without_credentials(void **state)
{
	static struct site site;
	struct stand_in *server = bed_plain(script_site, &site);
	struct cap_endpoint endpoint = endpoint_of(server);

	(void)state;
	endpoint.credentials = no_token;
	assert_failed(&endpoint, (struct cap_request){0}, CAP_CONNECT, "no?token");
	assert_int_equal(stand_in_accepted(server), 0);
}

/* No environment, whatever it says. */
static void knows_no_environment(void **state)
{
	static struct site site;
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_site, &site));

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	assert_answered(&endpoint, (struct cap_request){0}, "hello");
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

/* ---- what comes back --------------------------------------------------------------- */

static void answer_is(const char *answer, enum cap_status status, long http_status, const char *body,
                      const char *words)
{
	static struct site sites[24];
	static size_t count;
	struct site *site = &sites[count++];
	struct cap_endpoint endpoint;
	struct cap_response response;
	struct cap_error error;

	site->answer = answer;
	endpoint = endpoint_of(bed_plain(script_site, site));
	assert_int_equal(ask(&endpoint, (struct cap_request){0}, &response, &error), status);
	assert_int_equal(response.status, http_status);
	assert_string_equal((char *)response.body, body);
	assert_int_equal(response.size, strlen(body));
	assert_has(error.text, words);
	assert_int_equal(error.http_status, status == CAP_HTTP ? http_status : 0);
	cap_response_release(&response);
}

static void forms_of_answers(void **state)
{
	(void)state;
	answer_is(
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n",
		CAP_OK, 200, "abcde", "untouched");
	answer_is("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok", CAP_OK,
	          201, "ok", "untouched");
	answer_is("HTTP/1.0 200 OK\r\n\r\nto the end", CAP_OK, 200, "to the end", "untouched");
	answer_is("HTTP/1.1 204 No Content\r\n\r\n", CAP_OK, 204, "", "untouched");
	answer_is("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 4\r\n\r\ngone",
	          CAP_OK, 302, "gone", "untouched");
}

static void answers_of_400_and_more(void **state)
{
	static const char status[] =
		"{\"kind\":\"Status\",\"message\":\"pods is forbidden:\\nUser \\\"u\\\"\",\"code\":403}";
	char text[512];

	(void)state;
	answer_is("HTTP/1.1 401 Unauthorized\r\nContent-Length: 13\r\n\r\nUnauthorized\n", CAP_HTTP, 401,
	          "Unauthorized\n", "HTTP 401: Unauthorized");
	snprintf(text, sizeof text, "HTTP/1.1 403 Forbidden\r\nContent-Length: %zu\r\n\r\n%s", strlen(status),
	         status);
	answer_is(text, CAP_HTTP, 403, status, "pods is forbidden:?User \"u\"");
	answer_is("HTTP/1.1 404 Not Found\r\n\r\n\033[2Jnot here", CAP_HTTP, 404, "\033[2Jnot here",
	          "HTTP 404: ?[2Jnot here");
	answer_is("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", CAP_HTTP, 503, "", "HTTP 503");
	answer_is("HTTP/1.1 500 Oops\r\nContent-Length: 14\r\n\r\n{\"message\":\"\"}", CAP_HTTP, 500,
	          "{\"message\":\"\"}", "HTTP 500: {\"message\":\"\"}");
	answer_is("HTTP/1.1 500 Oops\r\nContent-Length: 17\r\n\r\n{\"message\":[1,2]}", CAP_HTTP, 500,
	          "{\"message\":[1,2]}", "HTTP 500: {\"message\":[1,2]}");
}

static void headers_are_kept(void **state)
{
	static struct site
		site = {.answer = "HTTP/1.1 500 Oops\r\nx-go-pprof: 1\r\nContent-Type: text/plain\r\n"
	                          "Content-Length: 2\r\n\r\nno"},
		plain, strange = {.answer = "HTTP/1.1 200 OK\r\nX-Go-Pproof: 1\r\n\r\n"};
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_site, &site));
	struct cap_response response;
	struct cap_error error;

	(void)state;
	assert_int_equal(ask(&endpoint, (struct cap_request){0}, &response, &error), CAP_HTTP);
	assert_true(response.go_pprof_error);
	assert_string_equal(response.content_type, "text/plain");
	cap_response_release(&response);
	endpoint = endpoint_of(bed_plain(script_site, &plain));
	assert_int_equal(ask(&endpoint, (struct cap_request){0}, &response, &error), CAP_OK);
	assert_false(response.go_pprof_error);
	assert_string_equal(response.content_type, "text/plain; charset=utf-8");
	cap_response_release(&response);
	endpoint = endpoint_of(bed_plain(script_site, &strange));
	assert_int_equal(ask(&endpoint, (struct cap_request){0}, &response, &error), CAP_OK);
	assert_false(response.go_pprof_error);
	assert_string_equal(response.content_type, "");
	cap_response_release(&response);
}

/* ---- ceilings and time ---------------------------------------------------------------- */

static void ceilings(void **state)
{
	static struct site sized = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"},
			   chunked = {.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	                                        "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"},
			   endless = {.answer = "HTTP/1.1 200 OK\r\n\r\n", .endless = "more and more"},
			   head = {.answer = "HTTP/1.1 200 OK\r\n", .endless = "X-More: and more\r\n"};
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_site, &sized));

	(void)state;
	assert_answered(&endpoint, (struct cap_request){.ceiling = 10}, "0123456789");
	assert_failed(&endpoint, (struct cap_request){.ceiling = 9}, CAP_TOO_BIG, "larger than 9 bytes");
	endpoint = endpoint_of(bed_plain(script_site, &chunked));
	assert_answered(&endpoint, (struct cap_request){.ceiling = 10}, "0123456789");
	assert_failed(&endpoint, (struct cap_request){.ceiling = 9}, CAP_TOO_BIG, "larger than 9 bytes");
	endpoint = endpoint_of(bed_plain(script_site, &endless));
	assert_failed(&endpoint, (struct cap_request){.timeout = PATIENCE}, CAP_TOO_BIG,
	              "larger than 16777216 bytes");
	endpoint = endpoint_of(bed_plain(script_site, &head));
	assert_failed(&endpoint, (struct cap_request){.timeout = PATIENCE}, CAP_TOO_BIG, "head is larger");
}

static void large_bodies(void **state)
{
	static const char begin[] = "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n";
	static struct site site;
	char *answer = malloc(sizeof begin + 5000000);
	struct cap_endpoint endpoint;
	struct cap_response response;
	struct cap_error error;

	(void)state;
	memcpy(answer, begin, sizeof begin);
	stream_fill((uint8_t *)answer + sizeof begin - 1, 0, 5000000);
	site.answer = answer;
	site.size = sizeof begin - 1 + 5000000;
	endpoint = endpoint_of(bed_tls(script_site, &site));
	assert_int_equal(ask(&endpoint, (struct cap_request){0}, &response, &error), CAP_OK);
	assert_int_equal(response.size, 5000000);
	assert_true(stream_is(response.body, 0, 5000000));
	assert_int_equal(response.body[5000000], 0);
	cap_response_release(&response);
	free(answer);
}

static void timeouts(void **state)
{
	static struct site silent = {.answer = "", .stays = true},
			   slow = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nslow",
	                           .stays = true};
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_site, &silent));
	int64_t begin = clock_now();

	(void)state;
	assert_failed(&endpoint, (struct cap_request){.timeout = 300 * MS}, CAP_TIMEOUT, "timed out");
	assert_true(clock_now() - begin >= 290 * MS); /* libcurl counts in ms */
	endpoint = endpoint_of(bed_plain(script_site, &slow));
	assert_failed(&endpoint, (struct cap_request){.timeout = 300 * MS}, CAP_TIMEOUT, "timed out");
}

struct canceller {
	pthread_t thread;
	struct site *site;
	unsigned after; /* requests served */
	atomic_int cancel;
	_Atomic int64_t at;
};

static void *cancel_later(void *context)
{
	struct canceller *canceller = context;

	while (canceller->site->served < canceller->after)
		sleep_ms(2);
	sleep_ms(50);
	canceller->at = clock_now();
	canceller->cancel = 1;
	return NULL;
}

static void cancels(void **state)
{
	static struct site silent = {.answer = "", .stays = true};
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_site, &silent));
	struct canceller canceller = {.site = &silent, .after = 1};
	atomic_int at_once = 2;

	(void)state;
	assert_int_equal(pthread_create(&canceller.thread, NULL, cancel_later, &canceller), 0);
	assert_failed(&endpoint, (struct cap_request){.timeout = PATIENCE, .cancel = &canceller.cancel},
	              CAP_CANCELLED, "cancelled");
	pthread_join(canceller.thread, NULL);
	assert_true(clock_now() - canceller.at < 20 * SECOND); /* 0.2 s where the machine has time */
	assert_failed(&endpoint, (struct cap_request){.cancel = &at_once}, CAP_CANCELLED, "cancelled");
}

/* ---- failures ------------------------------------------------------------------------------ */

static void cut_at_every_byte(void **state)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
	static struct site ends_here = {.answer = answer, .by_number = true},
			   resets = {.answer = answer, .by_number = true, .resets = true},
			   tls = {.answer = answer, .by_number = true};
	struct stand_in *servers[] = {bed_plain(script_site, &ends_here), bed_plain(script_site, &resets),
	                              bed_tls(script_site, &tls)};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(servers); i++) {
		struct cap_endpoint endpoint = endpoint_of(servers[i]);

		for (size_t at = 0; at < sizeof answer - 1; at++) {
			struct cap_response response;
			struct cap_error error;
			enum cap_status status = ask(&endpoint, (struct cap_request){0}, &response, &error);

			assert_true(status == CAP_LOST || (at && at < 20 && status == CAP_FORMAT));
			assert_null(response.body);
			assert_true(*error.text);
		}
		assert_int_equal(stand_in_accepted(servers[i]), sizeof answer - 1);
		if (i != 1)
			assert_answered(&endpoint, (struct cap_request){0}, "0123456789");
	}
}

static void no_http(void **state)
{
	static struct site ssh = {.answer = "SSH-2.0-OpenSSH_9.2\r\n"},
			   binary = {.answer = "\x15\x03\x01", .size = 3};
	struct cap_endpoint endpoint = endpoint_of(bed_plain(script_site, &ssh));

	(void)state;
	assert_failed(&endpoint, (struct cap_request){0}, CAP_FORMAT, "does not speak HTTP");
	endpoint = endpoint_of(bed_plain(script_site, &binary));
	assert_failed(&endpoint, (struct cap_request){0}, CAP_FORMAT, "does not speak HTTP");
}

static void no_connection(void **state)
{
	char url[128], label[80];
	struct cap_endpoint endpoint = {.url = url};

	(void)state;
	snprintf(url, sizeof url, "http://127.0.0.1:%u", refusing_port());
	assert_failed(&endpoint, (struct cap_request){0}, CAP_CONNECT, "127.0.0.1");
	memset(label, 'a', sizeof label); /* no resolver asks for a label of 79 characters */
	label[79] = '\0';
	snprintf(url, sizeof url, "http://%s.example", label);
	assert_failed(&endpoint, (struct cap_request){0}, CAP_DNS, "aaa");
	snprintf(url, sizeof url, "gopher://127.0.0.1");
	assert_failed(&endpoint, (struct cap_request){0}, CAP_FORMAT, "gopher");
	snprintf(url, sizeof url, "http://[");
	assert_failed(&endpoint, (struct cap_request){0}, CAP_FORMAT, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bed_test(sends_a_get),
		bed_test(sends_a_body),
		bed_test(sends_nothing_without_credentials),
		bed_test(knows_no_environment),
		bed_test(forms_of_answers),
		bed_test(answers_of_400_and_more),
		bed_test(headers_are_kept),
		bed_test(ceilings),
		bed_test(large_bodies),
		bed_test(timeouts),
		bed_test(cancels),
		bed_test(cut_at_every_byte),
		bed_test(no_http),
		bed_test(no_connection),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
