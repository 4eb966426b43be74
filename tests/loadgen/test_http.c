/* The answer parser: each answer whole, cut in two at every place, and byte by byte. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/http.h"

enum want { WHOLE, AT_END, CUT, BAD };

struct answer {
	const char *text;
	enum want want;
	int status;
	bool keep_alive;
	size_t extra; /* bytes after the answer */
	bool head;
};

#define OK "HTTP/1.1 200 OK\r\n"

static const struct answer answers[] = {
	{OK "Content-Length: 5\r\n\r\nhello", WHOLE, 200, true, 0, false},
	{OK "content-LENGTH:5\r\n\r\nhello", WHOLE, 200, true, 0, false},
	{OK "Content-Length: 0\r\n\r\n", WHOLE, 200, true, 0, false},
	{"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", WHOLE, 200, true, 0, false},
	{"HTTP/1.1 200 \nContent-Length: 2\n\nab", WHOLE, 200, true, 0, false},
	{OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", WHOLE, 200, true, 0, false},
	{OK "Content-Length: 5, 5\r\n\r\nhello", WHOLE, 200, true, 0, false},
	{OK "Content-Length: 5\r\n\r\nhelloHTTP", WHOLE, 200, true, 4, false},
	{OK "X-Empty:\r\nX-Folded: a\r\n b\r\nContent-Length: 1\r\n\r\nx", WHOLE, 200, true, 0, false},
	{OK "Content-Length: 1\r\nConnection: close\r\n\r\nx", WHOLE, 200, false, 0, false},
	{OK "Content-Length: 1\r\nConnection: Foo , CLOSE\r\n\r\nx", WHOLE, 200, false, 0, false},
	{OK "Content-Length: 1\r\nConnection: closed\r\n\r\nx", WHOLE, 200, true, 0, false},
	{"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", WHOLE, 200, false, 0, false},
	{"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n\r\nx", WHOLE, 200, true, 0,
         false},
	{OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", WHOLE, 200, true, 0, false},
	{OK "Transfer-Encoding: Chunked\r\n\r\nA;n=v\r\n0123456789\r\n1 \r\nx\r\n00\r\n\r\n", WHOLE, 200,
         true, 0, false},
	{OK "Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0;e\r\nT: 1\r\nContent-Length: 9\r\n\r\n",
         WHOLE, 200, true, 0, false},
	{OK "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: nine\r\n\r\n", WHOLE, 200, true, 0,
         false},
	{OK "Transfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n0\r\n\r\n", WHOLE, 200, true, 0, false},
	{OK "Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", WHOLE, 200, true, 0, false},
	{OK "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nx", WHOLE, 200, true, 0, false},
	{"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", WHOLE,
         200, false, 0, false},
	{"HTTP/1.1 204 No Content\r\n\r\n", WHOLE, 204, true, 0, false},
	{"HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n", WHOLE, 304, true, 0, false},
	{OK "Content-Length: 50\r\n\r\n", WHOLE, 200, true, 0, true},
	{OK "Transfer-Encoding: chunked\r\n\r\n", WHOLE, 200, true, 0, true},
	{OK "\r\n", WHOLE, 200, true, 0, true},
	{"HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\nx", WHOLE, 200, true, 0, false},
	{"HTTP/1.1 103 Hints\r\nLink: a\r\nContent-Length: 7\r\nConnection: close\r\n\r\nHTTP/1.1 102 P\r\n\r\n" OK
         "Content-Length: 0\r\n\r\n",
         WHOLE, 200, true, 0, false},
	{"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", WHOLE, 101, false, 0, false},
	{"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", WHOLE, 999, true, 0, false},
	{OK "\r\nbody to the end", AT_END, 200, false, 0, false},
	{OK "Transfer-Encoding: gzip\r\n\r\nxyz", AT_END, 200, false, 0, false},
	{OK "Transfer-Encoding: chunked, gzip\r\n\r\nxyz", AT_END, 200, false, 0, false},
	{"", CUT, 0, false, 0, false},
	{"HTTP/1.1 20", CUT, 0, false, 0, false},
	{OK "Content-Length: 5\r\n\r\nhell", CUT, 0, false, 0, false},
	{OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", CUT, 0, false, 0, false},
	{"HTTP/1.1 100 Continue\r\n\r\n", CUT, 0, false, 0, false},
	{OK "X: y\r\n", CUT, 0, false, 0, false},
	{"garbage", BAD, 0, false, 0, false},
	{"\r\n" OK "\r\n", BAD, 0, false, 0, false},
	{"HTTP/2.0 200 OK\r\n\r\n", BAD, 0, false, 0, false},
	{"HTTP/1.x 200 OK\r\n\r\n", BAD, 0, false, 0, false},
	{"HTTP/1.1  200 OK\r\n\r\n", BAD, 0, false, 0, false},
	{"HTTP/1.1 2000 OK\r\n\r\n", BAD, 0, false, 0, false},
	{"HTTP/1.1 20x OK\r\n\r\n", BAD, 0, false, 0, false},
	{"HTTP/1.1 099 OK\r\n\r\n", BAD, 0, false, 0, false},
	{OK "no colon\r\n\r\n", BAD, 0, false, 0, false},
	{OK "nocolon\r\n\r\n", BAD, 0, false, 0, false},
	{OK ": no name\r\n\r\n", BAD, 0, false, 0, false},
	{OK "Name : x\r\n\r\n", BAD, 0, false, 0, false},
	{OK " folded first\r\n\r\n", BAD, 0, false, 0, false},
	{OK "Content-Length: 1\r\n 2\r\n\r\n", BAD, 0, false, 0, false},
	{OK "\rx", BAD, 0, false, 0, false},
	{OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", BAD, 0, false, 0, false},
	{OK "Content-Length: 5, 6\r\n\r\nhello", BAD, 0, false, 0, false},
	{OK "Content-Length: \r\n\r\n", BAD, 0, false, 0, false},
	{OK "Content-Length: -1\r\n\r\n", BAD, 0, false, 0, false},
	{OK "Content-Length: +1\r\n\r\n", BAD, 0, false, 0, false},
	{OK "Content-Length: 1 2\r\n\r\n", BAD, 0, false, 0, false},
	{OK "Content-Length: 0x10\r\n\r\n", BAD, 0, false, 0, false},
	{OK "Content-Length: 9223372036854775808\r\n\r\n", BAD, 0, false, 0, false},
	{OK "Content-Length: 99999999999999999999999999\r\n\r\n", BAD, 0, false, 0, false},
	{OK "Transfer-Encoding: chunked, chunked\r\n\r\n", BAD, 0, false, 0, false},
	{OK "Transfer-Encoding: chunked\r\n\r\n\r\n", BAD, 0, false, 0, false},
	{OK "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", BAD, 0, false, 0, false},
	{OK "Transfer-Encoding: chunked\r\n\r\n-1\r\n", BAD, 0, false, 0, false},
	{OK "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n", BAD, 0, false, 0, false},
	{OK "Transfer-Encoding: chunked\r\n\r\n1\r\nx\rz\r\n", BAD, 0, false, 0, false},
	{OK "Transfer-Encoding: chunked\r\n\r\n1\rx", BAD, 0, false, 0, false},
	{OK "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", BAD, 0, false, 0, false},
	{OK "Transfer-Encoding: chunked\r\n\r\n0\r\nbad trailer\r\n\r\n", BAD, 0, false, 0, false},
};

/* Feeds pieces of `step` bytes after a first of `first`, each in a buffer of its own size. */
static enum lg_http_progress feed(struct lg_http *http, const char *text, size_t size, size_t first,
                                  size_t step, size_t *used)
{
	enum lg_http_progress progress = LG_HTTP_MORE;
	size_t at = 0, piece = first;

	*used = 0;
	while (at < size && progress == LG_HTTP_MORE) {
		char *copy;
		size_t taken;

		piece = piece < size - at ? piece : size - at;
		copy = malloc(piece ? piece : 1);
		memcpy(copy, text + at, piece);
		progress = lg_http_feed(http, copy, piece, &taken);
		assert_true(taken <= piece && (progress != LG_HTTP_MORE || taken == piece));
		*used += taken;
		free(copy);
		at += piece;
		piece = step;
	}
	return progress;
}

static void check(const struct answer *answer, size_t first, size_t step)
{
	static const enum lg_http_progress fed[] = {LG_HTTP_DONE, LG_HTTP_MORE, LG_HTTP_MORE, LG_HTTP_BROKEN};
	size_t size = strlen(answer->text), used;
	struct lg_http http;

	lg_http_begin(&http, answer->head);
	assert_true(lg_http_untouched(&http));
	if (feed(&http, answer->text, size, first, step, &used) != fed[answer->want])
		fail_msg("cut at %zu, step %zu: %s", first, step, answer->text);
	if (answer->want == BAD) {
		assert_non_null(http.error);
		return;
	}
	assert_int_equal(used, size - answer->extra);
	assert_true(lg_http_untouched(&http) == !size);
	assert_int_equal(lg_http_end(&http), answer->want == CUT ? LG_HTTP_MORE : LG_HTTP_DONE);
	if (answer->want == CUT)
		return;
	assert_int_equal(http.status, answer->status);
	if (http.keep_alive != answer->keep_alive)
		fail_msg("keep alive, cut at %zu: %s", first, answer->text);
}

static void test_every_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		size_t size = strlen(answers[i].text);

		for (size_t first = 0; first <= size; first++)
			check(&answers[i], first, size + 1);
		check(&answers[i], 1, 1);
		check(&answers[i], 3, 7);
	}
}

struct outcome {
	enum lg_http_progress progress;
	size_t used;
	bool found;
	struct lg_http http;
};

/* What an answer comes to, cut at `first`, with or without a memo of what came before. */
static struct outcome outcome_of(const struct answer *answer, size_t first, struct lg_http_memo *memo)
{
	struct lg_pattern pattern;
	struct lg_match match = {.pattern = &pattern};
	struct outcome outcome;

	lg_pattern_init(&pattern, "x");
	lg_http_begin(&outcome.http, answer->head);
	outcome.http.match = &match;
	outcome.http.memo = memo;
	outcome.progress = feed(&outcome.http, answer->text, strlen(answer->text), first,
	                        strlen(answer->text) + 1, &outcome.used);
	outcome.found = match.found;
	return outcome;
}

static void same_outcome(const struct answer *answer, size_t first, struct lg_http_memo *memo)
{
	struct outcome want = outcome_of(answer, first, NULL), got = outcome_of(answer, first, memo);

	if (got.progress != want.progress || got.used != want.used || got.found != want.found ||
	    got.http.error != want.http.error || got.http.status != want.http.status ||
	    got.http.keep_alive != want.http.keep_alive || got.http.head != want.http.head ||
	    got.http.fields != want.http.fields || lg_http_end(&got.http) != lg_http_end(&want.http))
		fail_msg("with a memo, cut at %zu: %s", first, answer->text);
}

/* A remembered head changes nothing, whichever answer it was of. */
static void test_memo(void **state)
{
	static struct lg_http_memo memo;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		for (size_t j = 0; j < COUNT_OF(answers); j++) {
			outcome_of(&answers[i], strlen(answers[i].text), &memo);
			same_outcome(&answers[j], strlen(answers[j].text), &memo);
		}
		for (size_t first = 0; first <= strlen(answers[i].text); first++) {
			outcome_of(&answers[i], strlen(answers[i].text), &memo);
			same_outcome(&answers[i], first, &memo);
		}
	}
}

/* It is in use, at all: a head that was tampered with says what the tamperer wants. */
static void test_memo_is_used(void **state)
{
	struct answer answer = {OK "Content-Length: 1\r\n\r\nx", WHOLE, 200, true, 0, false};
	static struct lg_http_memo memo;
	char text[600] = OK "X: ";

	(void)state;
	outcome_of(&answer, 100, &memo);
	memo.said.status = 299;
	assert_int_equal(outcome_of(&answer, 100, &memo).http.status, 299);
	answer.head = true;
	assert_int_equal(outcome_of(&answer, 100, &memo).http.status, 200);
	memset(text + strlen(text), 'y', LG_HTTP_MEMO);
	strcat(text, "\r\n\r\n");
	memo.size = 0;
	answer.text = text;
	outcome_of(&answer, sizeof text, &memo);
	assert_int_equal(memo.size, 0);
}

static enum lg_http_progress repeat(struct lg_http *http, const char *text, size_t times)
{
	enum lg_http_progress progress = LG_HTTP_MORE;
	size_t used;

	while (times-- && progress == LG_HTTP_MORE)
		progress = lg_http_feed(http, text, strlen(text), &used);
	return progress;
}

static void begin(struct lg_http *http, const char *head)
{
	size_t used;

	lg_http_begin(http, false);
	assert_int_equal(lg_http_feed(http, head, strlen(head), &used), LG_HTTP_MORE);
}

static void test_ceilings(void **state)
{
	struct lg_http http;

	(void)state;
	begin(&http, OK);
	assert_int_equal(repeat(&http, "X: y\r\n", 1000), LG_HTTP_MORE);
	assert_int_equal(repeat(&http, "X: y\r\n", 1), LG_HTTP_BROKEN);
	begin(&http, OK "X: ");
	assert_int_equal(repeat(&http, "0123456789abcdef", 4090), LG_HTTP_MORE);
	assert_int_equal(repeat(&http, "0123456789abcdef", 100), LG_HTTP_BROKEN);
	begin(&http, OK);
	assert_int_equal(repeat(&http, "0123456789abcdef", 5000), LG_HTTP_BROKEN);
	begin(&http, "HTTP/1.1 100 Continue\r\n\r\n");
	assert_int_equal(repeat(&http, "HTTP/1.1 100 Continue\r\n\r\n", 5000), LG_HTTP_BROKEN);
	/* the semicolon is the first byte of an extension */
	begin(&http, OK "Transfer-Encoding: chunked\r\n\r\n1;");
	assert_int_equal(repeat(&http, "x", LG_HTTP_MAX_EXTENSION - 1), LG_HTTP_MORE);
	assert_int_equal(repeat(&http, "x", 1), LG_HTTP_BROKEN);
	begin(&http, OK "Transfer-Encoding: chunked\r\n\r\n");
	assert_int_equal(repeat(&http, "0", 100), LG_HTTP_BROKEN);
	begin(&http, OK "Transfer-Encoding: chunked\r\n\r\n");
	assert_int_equal(repeat(&http, "2;abc\r\nxy\r\n", 100000), LG_HTTP_MORE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_split), cmocka_unit_test(test_memo),
	                                   cmocka_unit_test(test_memo_is_used),
	                                   cmocka_unit_test(test_ceilings)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
