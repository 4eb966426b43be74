/* Places that each request fills in, as a server sees them. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "server.h"

static const char *const columns[] = {"name", "x"};
static const char *const rows[] = {"ann", "", "b b", "two", "c\r\nX: y", "3"};
static const struct lg_table table = {columns, 2, rows, 3};

#define MOST_SEEN 4096

/* By their number, which their path has. */
struct seen {
	unsigned times[MOST_SEEN];
	char uuids[MOST_SEEN][40];
	unsigned wrong;
};

static void see(void *context, const char *head, const char *body, size_t body_size)
{
	struct seen *seen = context;
	char name[32], uuid[40], want[128];
	unsigned seq;

	if (sscanf(head, "%*4[A-Z] /%u?n=%31[^ ] HTTP/1.1\r\nX-Id: %39[^\r]", &seq, name, uuid) != 3 ||
	    seq >= MOST_SEEN) {
		seen->wrong++;
		return;
	}
	snprintf(want, sizeof want, "%u %s %s", seq, rows[seq % 3 * 2 + 1], uuid);
	if (body_size != strlen(want) - 36 || memcmp(body, want, body_size) != 0)
		seen->wrong++;
	if (seen->times[seq]++ && strcmp(seen->uuids[seq], uuid) != 0)
		seen->wrong++;
	strcpy(seen->uuids[seq], uuid);
	if (strcmp(name, seq % 3 == 0 ? "ann" : seq % 3 == 1 ? "b%20b" : "c%0D%0AX%3A%20y") != 0)
		seen->wrong++;
}

static const char *const see_headers[] = {"X-Id: {{uuid}}", "Host: h", NULL};

static struct lg_plan plan_to(const struct server *server, char url[64])
{
	snprintf(url, 64, "%s{{seq}}?n={{csv.name}}", server_url(server));
	return (struct lg_plan){.url = url,
	                        .headers = see_headers,
	                        .body = "{{seq}} {{csv.x}} ",
	                        .body_size = 18,
	                        .table = &table};
}

/* Each number once, each with the row that is its own. */
static void send_all(struct seen *seen, unsigned threads, unsigned vus, uint64_t seed_of_run)
{
	struct server *server = server_start(&(struct behaviour){.see = see, .context = seen});
	char url[64];
	struct lg_plan plan = plan_to(server, url);

	memset(seen, 0, sizeof *seen);
	plan.vus = vus;
	plan.threads = threads;
	plan.requests = 500;
	plan.seed = seed_of_run;
	lg_result_free(load_run(&plan, 500));
	server_stop(server);
	assert_int_equal(seen->wrong, 0);
	for (unsigned seq = 0; seq < MOST_SEEN; seq++)
		assert_int_equal(seen->times[seq], seq < 500);
}

static void test_every_number_once(void **state)
{
	struct seen *one = malloc(sizeof *one), *three = malloc(sizeof *three),
		    *other = malloc(sizeof *other);

	(void)state;
	assert_true(one && three && other);
	send_all(one, 1, 1, 77);
	send_all(three, 3, 8, 77);
	assert_memory_equal(one, three, sizeof *one);
	send_all(other, 3, 8, 78);
	for (int i = 0; i < 500; i++)
		assert_string_not_equal(one->uuids[i], other->uuids[i]);
	send_all(one, 2, 2, 0);
	send_all(other, 2, 2, 0);
	for (int i = 0; i < 500; i++)
		assert_string_not_equal(one->uuids[i], other->uuids[i]);
	free(one);
	free(three);
	free(other);
}

/* What is sent again is what was sent, number and all. */
static void test_again(void **state)
{
	struct seen *seen = calloc(1, sizeof *seen);
	struct server *server;
	char url[64];
	struct lg_plan plan;
	unsigned times = 0;

	(void)state;
	assert_non_null(seen);
	server = server_start(&(struct behaviour){.see = see, .context = seen, .close_idle = 5});
	plan = plan_to(server, url);
	plan.method = "PUT";
	plan.vus = 2;
	plan.threads = 1;
	plan.requests = 100;
	lg_result_free(load_run(&plan, 100));
	server_stop(server);
	for (unsigned seq = 0; seq < 100; seq++) {
		assert_in_range(seen->times[seq], 1, 2);
		times += seen->times[seq];
	}
	assert_int_equal(seen->wrong, 0);
	assert_true(times > 100);
	free(seen);
}

/* Braces mean nothing where the plan says so. */
static void test_no_templates(void **state)
{
	const char *const headers[] = {"X: {{seq}}", NULL};
	struct server *server = server_start(&(struct behaviour){.body = "{{nothing}}", .body_size = 11});
	char url[64];
	struct lg_plan plan = {.url = url,
	                       .headers = headers,
	                       .body = "{{nothing}}",
	                       .body_size = 11,
	                       .vus = 1,
	                       .requests = 1,
	                       .no_templates = true};

	(void)state;
	snprintf(url, sizeof url, "%s{{seq}}", server_url(server));
	lg_result_free(load_run(&plan, 1));
	assert_says(server_last_head(server), "POST /{{seq}} HTTP");
	assert_says(server_last_head(server), "\r\nX: {{seq}}\r\n");
	assert_int_equal(server_faults(server), 0);
	server_stop(server);
}

static void test_probe(void **state)
{
	struct seen *seen = calloc(1, sizeof *seen);
	struct server *server = server_start(&(struct behaviour){.see = see, .context = seen});
	char url[64], error[LG_ERROR_SIZE];
	struct lg_plan plan = plan_to(server, url);

	(void)state;
	plan.vus = 1;
	plan.io = load_io();
	assert_int_equal(lg_probe(&plan, error), 200);
	server_stop(server);
	assert_int_equal(seen->times[0], 1);
	assert_int_equal(seen->wrong, 0);
	free(seen);
}

/* The server answers before it has read the body, and hangs up: what is unsent is in nobody's way. */
static void test_unsent_bodies(void **state)
{
	struct server *server = server_start(&(struct behaviour){.early = true, .ending = CLOSES});
	size_t size = 4 << 20;
	char *body = malloc(size);
	struct lg_plan plan = {
		.url = server_url(server), .body = body, .body_size = size, .vus = 4, .threads = 2};

	(void)state;
	assert_non_null(body);
	memset(body, 'x', size);
	memcpy(body + size - 8, "{{uuid}}", 8);
	lg_result_free(load_run(&plan, 60));
	server_stop(server);
	free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_every_number_once), leaves_nothing(test_again),
		leaves_nothing(test_no_templates),      leaves_nothing(test_probe),
		leaves_nothing(test_unsent_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
