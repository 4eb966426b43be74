/* Places that each request fills in: what they come to, and what is refused. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "loadgen/h2.h"
#include "loadgen/h2_fields.h"
#include "loadgen/render.h"
#include "loadgen/worker.h"

static const char *const columns[] = {"name", "e mail", "x"};
static const char *const rows[] = {"ann", "ann@a", "", "b b", "\xc3\xa9/?", "two", "c\r\nX: y", "%", "3"};
static const struct lg_table table = {columns, 3, rows, 3};
static const uint64_t seed[2] = {1, 2};

/* ---- one text ------------------------------------------------------------------ */

static void compile(struct lg_template *template, const char *text, enum lg_encoding encoding)
{
	const struct lg_place place = {"text", text};
	char error[LG_ERROR_SIZE];

	*template = (struct lg_template){0};
	if (lg_template_add(template, text, strlen(text), encoding, &table, &place, error) < 0)
		fail_msg("'%s' refused: %s", text, error);
}

/* What it comes to, terminated; never longer than it said. */
static void render(const struct lg_template *template, uint64_t seq, char *ret, size_t size)
{
	struct lg_values values = {.seq = seq, .length = 7, .random = lg_random_at(seed, seq)};
	char *end;

	assert_true(template->most < size);
	end = lg_template_render(template, &values, ret);
	assert_true((size_t)(end - ret) <= template->most);
	*end = '\0';
}

static void assert_renders(const char *text, enum lg_encoding encoding, uint64_t seq, const char *want)
{
	struct lg_template template;
	char got[256];

	compile(&template, text, encoding);
	render(&template, seq, got, sizeof got);
	assert_string_equal(got, want);
	lg_template_release(&template);
}

static void test_values(void **state)
{
	(void)state;
	assert_renders("", LG_ENCODE_NOTHING, 0, "");
	assert_renders("plain } }} { text", LG_ENCODE_NOTHING, 0, "plain } }} { text");
	assert_renders("{{seq}}", LG_ENCODE_NOTHING, 0, "0");
	assert_renders("a{{ seq\t}}b{{seq}}", LG_ENCODE_URL, UINT64_MAX,
	               "a18446744073709551615b18446744073709551615");
	assert_renders("{{rand 7 7}} {{rand  -3\t-3 }}", LG_ENCODE_NOTHING, 5, "7 -3");
	assert_renders("{{rand -9223372036854775808 -9223372036854775808}}", LG_ENCODE_NOTHING, 1,
	               "-9223372036854775808");
	assert_renders("{{rand 9223372036854775807 9223372036854775807}}", LG_ENCODE_NOTHING, 1,
	               "9223372036854775807");
	assert_renders("{{csv.name}}={{csv.x}}", LG_ENCODE_NOTHING, 0, "ann=");
	assert_renders("{{csv.name}}={{csv.x}}", LG_ENCODE_NOTHING, 1, "b b=two");
	assert_renders("{{csv.name}}", LG_ENCODE_NOTHING, 2, "c\r\nX: y");
	assert_renders("{{csv.name}}", LG_ENCODE_NOTHING, 3, "ann");
	assert_renders("{{csv.name}}", LG_ENCODE_NOTHING, UINT64_MAX, "ann");
	assert_renders("{{ csv.e mail }}", LG_ENCODE_NOTHING, 0, "ann@a");
	assert_renders("?q={{csv.name}}&{{csv.e mail}}", LG_ENCODE_URL, 1, "?q=b%20b&%C3%A9%2F%3F");
	assert_renders("?q={{csv.name}}&{{csv.e mail}}", LG_ENCODE_URL, 2, "?q=c%0D%0AX%3A%20y&%25");
	assert_renders("{{csv.name}}", LG_ENCODE_FIELD, 2, "cX: y");
	assert_renders("{{\"{{\"}}{{\"}}\"}}{{ \"a b\" }}{{\"\"}}", LG_ENCODE_NOTHING, 0, "{{}}a b");
	assert_renders("{{\"a b\"}}", LG_ENCODE_URL, 0, "a%20b");
	assert_renders("{{\"azAZ09-._~!\"}}", LG_ENCODE_URL, 0, "azAZ09-._~%21");
	assert_renders("{{\"a\x7f\tb\"}}", LG_ENCODE_FIELD, 0, "a\tb");
}

static void test_rand_is_even(void **state)
{
	struct lg_template template;
	unsigned hits[7] = {0};
	char text[64];

	(void)state;
	compile(&template, "{{rand -3 3}}", LG_ENCODE_NOTHING);
	assert_int_equal(template.most, 2);
	for (uint64_t seq = 0; seq < 70000; seq++) {
		long value;

		render(&template, seq, text, sizeof text);
		value = strtol(text, NULL, 10);
		assert_true(value >= -3 && value <= 3);
		hits[value + 3]++;
	}
	for (size_t i = 0; i < COUNT_OF(hits); i++)
		assert_in_range(hits[i], 9600, 10400); /* 4 standard deviations */
	lg_template_release(&template);
	compile(&template, "{{rand -9223372036854775808 9223372036854775807}}", LG_ENCODE_NOTHING);
	render(&template, 1, text, sizeof text);
	lg_template_release(&template);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 36);
}

static void test_uuids(void **state)
{
	enum { COUNT = 50000 };
	char(*all)[74] = malloc(COUNT * sizeof *all);
	char *flat = malloc((size_t)COUNT * 2 * 36);
	struct lg_template template;

	(void)state;
	assert_true(all && flat);
	compile(&template, "{{uuid}}{{uuid}}", LG_ENCODE_NOTHING);
	for (uint64_t seq = 0; seq < COUNT; seq++) {
		render(&template, seq, all[seq], sizeof all[seq]);
		for (int i = 0; i < 72; i++)
			assert_true(i % 36 == 8 || i % 36 == 13 || i % 36 == 18 || i % 36 == 23
			                    ? all[seq][i] == '-'
			                    : strchr("0123456789abcdef", all[seq][i]) != NULL);
		assert_true(all[seq][14] == '4' && strchr("89ab", all[seq][19]));
		memcpy(flat + seq * 72, all[seq], 72);
	}
	qsort(flat, (size_t)COUNT * 2, 36, compare);
	for (size_t i = 1; i < (size_t)COUNT * 2; i++)
		assert_true(memcmp(flat + i * 36, flat + (i - 1) * 36, 36) != 0);
	lg_template_release(&template);
	free(all);
	free(flat);
}

static void assert_fails(const char *text, const struct lg_table *with, const char *want)
{
	struct lg_template template = {0};
	const struct lg_place place = {"body", text};
	char error[LG_ERROR_SIZE] = "";

	assert_int_equal(
		lg_template_add(&template, text, strlen(text), LG_ENCODE_NOTHING, with, &place, error), -1);
	assert_string_equal(error, want);
	lg_template_release(&template);
}

static void test_faults(void **state)
{
	static const struct lg_table empty = {columns, 3, rows, 0};

	(void)state;
	assert_fails("a {{seq}} {{ sec}}", &table,
	             "body: template: column 14: unknown name 'sec'; want seq, uuid, rand A B or csv.COLUMN");
	assert_fails(
		"a\nb\n c{{}}", &table,
		"body: template: line 3, column 5: unknown name ''; want seq, uuid, rand A B or csv.COLUMN");
	assert_fails(
		"{{seq 1}}", NULL,
		"body: template: column 3: unknown name 'seq 1'; want seq, uuid, rand A B or csv.COLUMN");
	assert_fails(
		"{{\"a\"b}}", NULL,
		"body: template: column 3: unknown name '\"a\"b'; want seq, uuid, rand A B or csv.COLUMN");
	assert_fails("x {{seq}", NULL,
	             "body: template: column 3: '{{' without '}}'; for a plain '{{' write {{\"{{\"}}");
	assert_fails("{{\"}}", NULL,
	             "body: template: column 1: '{{' without '}}'; for a plain '{{' write {{\"{{\"}}");
	assert_fails("{{csv.name}}", NULL,
	             "body: template: column 3: there is no data to take a column from");
	assert_fails("{{csv.name}}", &empty,
	             "body: template: column 3: there is no data to take a column from");
	assert_fails("{{csv.nam}}", &table,
	             "body: template: column 3: the data has no column 'nam'; it has name, e mail, x");
	assert_fails("{{csv.}}", &table,
	             "body: template: column 3: the data has no column ''; it has name, e mail, x");
}

static void test_faulty_rands(void **state)
{
	static const char *const bad[] = {
		"{{rand}}",       "{{rand 1}}",    "{{rand 1 2 3}}",
		"{{rand 2 1}}",   "{{rand a b}}",  "{{rand 1 9223372036854775808}}",
		"{{rand 1.5 2}}", "{{rand - 2}}",  "{{rand -9223372036854775809 2}}",
		"{{rand 1-2}}",   "{{rand 1 2x}}", "{{rand 9223372036854775808 5}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_fails(bad[i], NULL,
		             "body: template: column 3: rand wants two whole numbers, the smaller one first: "
		             "rand 1 100");
}

static void test_too_many_places(void **state)
{
	size_t size = (size_t)LG_TEMPLATE_MAX_PARTS * 8;
	char *text = malloc(size + 1);
	struct lg_template template = {0};
	struct lg_place place = {"body", text};
	char error[LG_ERROR_SIZE];

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < size; i += 8)
		memcpy(text + i, "{{seq}}x", 8);
	assert_int_equal(lg_template_add(&template, text, size, LG_ENCODE_NOTHING, NULL, &place, error), -1);
	assert_says(error, "too many places");
	assert_true(template.count <= LG_TEMPLATE_MAX_PARTS);
	lg_template_release(&template);
	free(text);
}

/* ---- one request ---------------------------------------------------------------- */

/* A VU with a request, as the engine would have it. */
struct bench {
	struct lg_plan plan;
	struct lg_request request;
	struct lg_job job;
	struct lg_worker worker;
	struct lg_vu vu;
};

static void bench_init(struct bench *b, const struct lg_target *target)
{
	char error[LG_ERROR_SIZE] = "";
	struct lg_url url;

	memset(b, 0, sizeof *b);
	b->plan = (struct lg_plan){.targets = target, .target_count = 1, .vus = 1, .table = &table};
	if (lg_check(&b->plan, error) < 0 || lg_render_url(target, &b->plan, &url, error) < 0 ||
	    lg_request_init(&b->request, target, &url, true, error) < 0 ||
	    lg_render_new(&b->request.render, &b->request, &b->plan, error) < 0)
		fail_msg("'%s' refused: %s", target->url, error);
	b->job.seed[0] = 5;
	b->job.text_size = b->request.render ? b->request.render->most : 0;
	b->worker.job = &b->job;
	b->vu = (struct lg_vu){.worker = &b->worker, .request = &b->request};
}

static void bench_release(struct bench *b)
{
	lg_request_release(&b->request);
	free(b->vu.text);
}

/* Terminated, for the caller to free. */
static char *bytes_of(struct bench *b, uint64_t seq)
{
	const char *bytes;
	size_t size;

	b->vu.seq = seq;
	bytes = lg_render_bytes(&b->vu, &size);
	assert_non_null(bytes);
	return strndup(bytes, size);
}

static void assert_bytes(struct bench *b, uint64_t seq, const char *want)
{
	char *got = bytes_of(b, seq);

	assert_string_equal(got, want);
	free(got);
}

#define AGENT "User-Agent: kubectl-pprof/" KP_VERSION "\r\nAccept: */*\r\n"

static void test_requests(void **state)
{
	const char *const headers[] = {"Host: {{csv.x}}", "X-Id:  {{seq}}-{{csv.name}} ", "X-Plain: 1", NULL};
	const struct lg_target post = {.url = "http://h:81/a/{{seq}}?q={{csv.name}}#{{seq}}",
	                               .headers = headers,
	                               .body = "{\"n\": \"{{csv.name}}\"}",
	                               .body_size = 21};
	struct bench b;

	(void)state;
	bench_init(&b, &post);
	assert_bytes(&b, 0,
	             "POST /a/0?q=ann HTTP/1.1\r\nHost: \r\nX-Id: 0-ann\r\nX-Plain: 1\r\n" AGENT
	             "Content-Length: 12\r\n\r\n{\"n\": \"ann\"}");
	assert_bytes(&b, 1000001,
	             "POST /a/1000001?q=c%0D%0AX%3A%20y HTTP/1.1\r\nHost: 3\r\nX-Id: 1000001-cX: y\r\n"
	             "X-Plain: 1\r\n" AGENT "Content-Length: 16\r\n\r\n{\"n\": \"c\r\nX: y\"}");
	bench_release(&b);
	bench_init(&b, &(struct lg_target){.url = "http://h?{{seq}}"});
	assert_bytes(&b, 12, "GET /?12 HTTP/1.1\r\nHost: h\r\n" AGENT "\r\n");
	bench_release(&b);
	bench_init(&b, &(struct lg_target){
			       .url = "http://h", .method = "PUT", .body = "{{csv.x}}", .body_size = 9});
	assert_bytes(&b, 0, "PUT / HTTP/1.1\r\nHost: h\r\n" AGENT "Content-Length: 0\r\n\r\n");
	assert_bytes(&b, 1, "PUT / HTTP/1.1\r\nHost: h\r\n" AGENT "Content-Length: 3\r\n\r\ntwo");
	bench_release(&b);
	bench_init(&b, &(struct lg_target){.url = "http://[::1]/{{\"{{\"}}/{{rand 5 5}}"});
	assert_bytes(&b, 0, "GET /%7B%7B/5 HTTP/1.1\r\nHost: [::1]\r\n" AGENT "\r\n");
	bench_release(&b);
	bench_init(&b, &(struct lg_target){.url = "http://h/}}{"});
	assert_null(b.request.render);
	bench_release(&b);
}

static void assert_text(struct lg_text text, const char *want)
{
	assert_int_equal(text.size, strlen(want));
	assert_memory_equal(text.data, want, text.size);
}

/* The parts for HTTP/2 hold what the bytes for HTTP/1.1 hold, random numbers too. */
static void test_fields(void **state)
{
	const char *const headers[] = {"A: {{uuid}}", "B: x", "C: {{csv.x}}{{\" \"}}", NULL};
	const struct lg_target target = {.url = "http://h/{{rand 0 1000000000}}",
	                                 .headers = headers,
	                                 .body = "{{uuid}}{{rand 1 9}}",
	                                 .body_size = 20};
	struct lg_rendered fields;
	struct bench b;
	char *bytes, want[1024];

	(void)state;
	bench_init(&b, &target);
	for (uint64_t seq = 0; seq < 50; seq++) {
		bytes = bytes_of(&b, seq);
		assert_int_equal(lg_render_fields(&b.vu, &fields), 0);
		assert_text(fields.values[1], "x");
		assert_text(fields.values[2], rows[seq % 3 * 3 + 2]);
		snprintf(want, sizeof want,
		         "POST %.*s HTTP/1.1\r\nHost: h\r\nA: %.*s\r\nB: x\r\nC: %.*s \r\n" AGENT
		         "Content-Length: 37\r\n\r\n%.*s",
		         (int)fields.path.size, fields.path.data, (int)fields.values[0].size,
		         fields.values[0].data, (int)fields.values[2].size, fields.values[2].data,
		         (int)fields.body.size, fields.body.data);
		assert_string_equal(bytes, want);
		free(bytes);
	}
	bench_release(&b);
}

/* Also one request's head and another's body. */
static void test_no_uuid_twice(void **state)
{
	enum { COUNT = 1000 };
	const char *const headers[] = {"A: {{uuid}}", NULL};
	const struct lg_target target = {
		.url = "http://h/", .headers = headers, .body = "{{uuid}}", .body_size = 8};
	static char all[2 * COUNT][36];
	struct lg_rendered fields;
	struct bench b;

	(void)state;
	bench_init(&b, &target);
	for (b.vu.seq = 0; b.vu.seq < COUNT; b.vu.seq++) {
		assert_int_equal(lg_render_fields(&b.vu, &fields), 0);
		assert_int_equal(fields.body.size, 36);
		memcpy(all[2 * b.vu.seq], fields.body.data, 36);
		memcpy(all[2 * b.vu.seq + 1], fields.values[0].data, 36);
	}
	qsort(all, 2 * (size_t)COUNT, 36, compare);
	for (size_t i = 1; i < 2 * (size_t)COUNT; i++)
		assert_true(memcmp(all[i], all[i - 1], 36) != 0);
	bench_release(&b);
}

static void assert_field(const nghttp2_nv *field, const char *name, const char *value)
{
	assert_int_equal(field->namelen, strlen(name));
	assert_memory_equal(field->name, name, field->namelen);
	assert_int_equal(field->valuelen, strlen(value));
	assert_memory_equal(field->value, value, field->valuelen);
}

static void test_http2(void **state)
{
	const char *const headers[] = {"Connection: {{seq}}", "A: {{seq}}", "Host: {{csv.x}}", NULL};
	const struct lg_target target = {
		.url = "http://h/{{csv.name}}", .headers = headers, .body = "{{seq}}", .body_size = 7};
	struct lg_rendered rendered;
	struct lg_url url;
	nghttp2_nv fields[16];
	struct bench b;
	char error[LG_ERROR_SIZE];

	(void)state;
	bench_init(&b, &target);
	assert_int_equal(lg_render_url(&target, &b.plan, &url, error), 0);
	assert_int_equal(lg_h2_prepare(&b.request, &url), 0);
	assert_int_equal(b.request.h2->count, 8);
	b.vu.seq = 100;
	assert_int_equal(lg_render_fields(&b.vu, &rendered), 0);
	lg_h2_fill(b.request.h2, &rendered, fields);
	assert_field(&fields[0], ":method", "POST");
	assert_field(&fields[1], ":scheme", "http");
	assert_field(&fields[2], ":authority", "two");
	assert_field(&fields[3], ":path", "/b%20b");
	assert_field(&fields[4], "a", "100");
	assert_field(&fields[5], "user-agent", "kubectl-pprof/" KP_VERSION);
	assert_field(&fields[6], "accept", "*/*");
	assert_field(&fields[7], "content-length", "3");
	bench_release(&b);
}

static void assert_refused(const struct lg_plan *plan, const char *want)
{
	char error[LG_ERROR_SIZE] = "";

	assert_int_equal(lg_check(plan, error), -1);
	assert_string_equal(error, want);
}

static void test_refused_plans(void **state)
{
	const char *const header[] = {"A: 1", "X-Id: a{{sec}}", NULL}, *const name[] = {"X-{{seq}}: a", NULL};

	(void)state;
	assert_refused(&(struct lg_plan){.url = "http://a{{seq}}/", .vus = 1},
	               "url: template: column 9: only path and query may have places to fill in");
	assert_refused(&(struct lg_plan){.url = "http://a:{{rand 1 9}}/", .vus = 1},
	               "url: template: column 10: only path and query may have places to fill in");
	assert_refused(&(struct lg_plan){.url = "{{csv.url}}", .vus = 1},
	               "url: template: column 1: only path and query may have places to fill in");
	assert_refused(
		&(struct lg_plan){.url = "http://a/{{sec}}", .vus = 1},
		"url: template: column 12: unknown name 'sec'; want seq, uuid, rand A B or csv.COLUMN");
	assert_refused(&(struct lg_plan){.url = "http://a/{{seq", .vus = 1},
	               "url: template: column 10: '{{' without '}}'; for a plain '{{' write {{\"{{\"}}");
	assert_refused(&(struct lg_plan){.url = "http://a/{{rand 1 9}} b", .vus = 1},
	               "url 'http://a/000000000000 b': byte 22 is not allowed, percent-encode it");
	assert_refused(&(struct lg_plan){.url = "http://a/", .vus = 1, .headers = header},
	               "header 'X-Id': template: column 10: unknown name 'sec'; want seq, uuid, rand A B or "
	               "csv.COLUMN");
	assert_refused(&(struct lg_plan){.url = "http://a/", .vus = 1, .headers = name},
	               "malformed header, want 'Name: value'");
	assert_refused(&(struct lg_plan){.url = "http://a/", .vus = 1, .body = "{{csv.a}}", .body_size = 9},
	               "body: template: column 3: there is no data to take a column from");
}

/* By the longest cell, and three characters for each in a URL. */
static void test_ceilings(void **state)
{
	char *cell = calloc(70001, 1);
	const char *const cells[] = {"a", cell, "b"}, *const one[] = {"c"},
			  *const header[] = {"A: {{csv.c}}", NULL};
	const struct lg_table big = {one, 1, cells, 3};
	struct lg_plan plan = {.url = "http://h/{{csv.c}}", .vus = 1, .table = &big};
	char error[LG_ERROR_SIZE];

	(void)state;
	assert_non_null(cell);
	memset(cell, 'x', (LG_URL_MAX - 1) / 3);
	assert_int_equal(lg_check(&plan, error), 0);
	memset(cell, 'x', (LG_URL_MAX - 1) / 3 + 1);
	assert_refused(&plan, "url: may come to 8194 bytes, the most is 8192");
	plan.url = "http://h/";
	plan.headers = header;
	memset(cell, 'x', 65536);
	assert_int_equal(lg_check(&plan, error), 0);
	cell[65536] = 'x';
	assert_refused(&plan, "headers: may come to 65537 bytes, the most is 65536");
	free(cell);
}

static void test_big_bodies(void **state)
{
	size_t most = LG_RENDER_MAX_BODY - strlen("18446744073709551615") + strlen("{{seq}}");
	char *body = malloc(most + 1), error[LG_ERROR_SIZE];
	struct lg_plan plan = {.url = "http://h/", .vus = 1, .body = body, .body_size = most};

	(void)state;
	assert_non_null(body);
	memset(body, 'x', most + 1);
	memcpy(body + 1000, "{{seq}}", 7);
	assert_int_equal(lg_check(&plan, error), 0);
	plan.body_size++;
	assert_refused(&plan, "body: may come to 67108865 bytes, the most is 67108864");
	free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),        cmocka_unit_test(test_rand_is_even),
		cmocka_unit_test(test_uuids),         cmocka_unit_test(test_faults),
		cmocka_unit_test(test_faulty_rands),  cmocka_unit_test(test_too_many_places),
		cmocka_unit_test(test_requests),      cmocka_unit_test(test_fields),
		cmocka_unit_test(test_http2),         cmocka_unit_test(test_no_uuid_twice),
		cmocka_unit_test(test_refused_plans), cmocka_unit_test(test_ceilings),
		cmocka_unit_test(test_big_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
