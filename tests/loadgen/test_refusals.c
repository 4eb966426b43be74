/* What fails on this side: plans, names, descriptors, a dial function. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"
#include "server.h"

/* Refused, *ret untouched. */
static void assert_not_started(const struct lg_plan *plan, const char *words)
{
	struct lg_run *const untouched = (struct lg_run *)(uintptr_t)0x5a, *run = untouched;
	char error[LG_ERROR_SIZE] = "";

	assert_int_equal(lg_start(plan, &run, error), -1);
	assert_ptr_equal(run, untouched);
	assert_says(error, words);
}

/* ---- plans --------------------------------------------------------------- */

static void assert_bad(const struct lg_plan *plan, const char *words)
{
	char error[LG_ERROR_SIZE] = "";

	assert_int_equal(lg_check(plan, error), -1);
	assert_says(error, words);
	assert_not_started(plan, words);
}

static void assert_good(const struct lg_plan *plan)
{
	char error[LG_ERROR_SIZE] = "untouched";

	if (lg_check(plan, error) < 0)
		fail_msg("%s", error);
	assert_string_equal(error, "untouched");
}

static void test_ceilings(void **state)
{
	const int64_t day = 24 * 60 * MINUTE;
	struct lg_plan plan = {.url = "http://127.0.0.1/", .vus = 1, .threads = LG_MAX_THREADS};

	(void)state;
	plan.ramp = plan.think = plan.timeout = day;
	assert_good(&plan);
	plan.threads = LG_MAX_THREADS + 1;
	assert_bad(&plan, "threads of 257 is out of range");
	plan.threads = 0;
	plan.vus = UINT32_MAX;
	assert_bad(&plan, "vus of 4294967295 is out of range");
	plan.vus = 1;
	plan.ramp = day + 1;
	assert_bad(&plan, "ramp of 86400000000001 ns is out of range");
	plan.ramp = 0;
	plan.think = day + 1;
	assert_bad(&plan, "think time of 86400000000001 ns is out of range");
	plan.think = 0;
	plan.timeout = -1;
	assert_bad(&plan, "timeout of -1 ns is out of range");
	plan.timeout = 0;
	plan.body = "x";
	plan.body_size = (256U << 20) + 1;
	assert_bad(&plan, "body is longer than 268435456 bytes");
}

static void test_long_texts(void **state)
{
	static char header[65536 - 2 + 1 + 1], url[8192 + 1 + 1];
	const char *headers[] = {header, NULL};
	struct lg_plan plan = {.url = url, .headers = headers, .vus = 1};

	(void)state;
	memset(header, 'x', sizeof header - 1);
	memset(url, 'x', sizeof url - 1);
	memcpy(header, "X: ", 3);
	memcpy(url, "http://127.0.0.1/", 17);
	assert_bad(&plan, "url is longer than 8192 bytes");
	url[8192] = '\0';
	assert_bad(&plan, "headers are longer than 65536 bytes");
	header[65534] = '\0';
	assert_good(&plan);
	plan.method = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	assert_good(&plan);
	plan.method = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	assert_bad(&plan, "malformed method");
	plan.method = NULL;
	memset(url + 7, 'h', 256);
	memcpy(url + 7 + 256, "/", 1);
	assert_bad(&plan, "malformed host");
}

/* What is quoted from a plan brings no control characters, and never pushes the reason off the line. */
static void test_lines(void **state)
{
	static char x[8000];
	char url[8100];
	const char *headers[] = {url, NULL};
	struct lg_plan plan = {.url = url, .vus = 1};

	(void)state;
	memset(x, 'x', sizeof x - 1);
	snprintf(url, sizeof url, "%s", x);
	assert_bad(&plan, "has no scheme, try 'http://xxx");
	snprintf(url, sizeof url, "%s://a/", x);
	assert_bad(&plan, "is not supported, use http");
	snprintf(url, sizeof url, "https://%s!/", x);
	assert_bad(&plan, "malformed host 'xxx");
	snprintf(url, sizeof url, "http://%s!/", x);
	assert_bad(&plan, "malformed host 'xxx");
	snprintf(url, sizeof url, "http://a:%s/", x);
	assert_bad(&plan, "want 1 to 65535");
	snprintf(url, sizeof url, "http://a/%s /", x);
	assert_bad(&plan, "percent-encode it");
	snprintf(url, sizeof url, "%s: a\nb", x);
	assert_bad(&(struct lg_plan){.url = "http://a/", .vus = 1, .headers = headers}, "line break");
	assert_bad(&(struct lg_plan){.url = "http://a/", .vus = 1, .method = x}, "malformed method 'xxx");
	assert_bad(&(struct lg_plan){.url = "http://\x1b[31m/", .vus = 1}, "url 'http://?[31m/'");
	assert_bad(&(struct lg_plan){.url = "http://a/", .method = "\x1b]0;", .vus = 1}, "method '?]0;'");
}

/* ---- names --------------------------------------------------------------- */

/* No name leaves this process. */
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **ret);

static int lookup_status;
static unsigned lookups;

int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **ret)
{
	(void)host;
	(void)service;
	(void)hints;
	(void)ret;
	lookups++;
	errno = lookup_status == EAI_SYSTEM ? EMFILE : 0;
	return lookup_status;
}

static void test_lookup(void **state)
{
	const struct lg_plan plan = {.url = "http://nowhere.test/", .vus = 1};
	char error[LG_ERROR_SIZE] = "";

	(void)state;
	lookups = 0;
	assert_good(&plan);
	assert_int_equal(lookups, 0);
	lookup_status = EAI_NONAME;
	assert_not_started(&plan, "cannot resolve 'nowhere.test': Name or service not known");
	assert_int_equal(lg_probe(&plan, error), -1);
	assert_says(error, "cannot resolve 'nowhere.test'");
	lookup_status = EAI_AGAIN;
	assert_not_started(&plan, "cannot resolve 'nowhere.test': Temporary failure");
	lookup_status = EAI_SYSTEM;
	assert_not_started(&plan, "cannot resolve 'nowhere.test': Too many open files");
	assert_int_equal(lookups, 4);
}

/* ---- descriptors --------------------------------------------------------- */

static int dial_nothing(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	(void)host, (void)port;
	if (context)
		snprintf(error, LG_ERROR_SIZE, "%s", (const char *)context);
	return -1;
}

/* In a child, for a hard limit may not be raised again: the number of checks that went wrong. */
static int check_hard_limit(void)
{
	struct lg_plan plan = {.url = "http://127.0.0.1/", .vus = 300, .threads = 2};
	struct lg_run *run;
	char error[LG_ERROR_SIZE] = "";
	int wrong = 0;

	setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_cur = 432, .rlim_max = 432});
	wrong += lg_check(&plan, error) != 0;
	plan.vus = 301;
	wrong += lg_check(&plan, error) != -1;
	wrong += !strstr(error, "301 vus need 433 file descriptors, the limit is 432");
	wrong += lg_start(&plan, &run, error) != -1;
	plan.vus = 150;
	plan.dial = dial_nothing;
	wrong += lg_check(&plan, error) != 0;
	plan.vus = 151;
	wrong += lg_check(&plan, error) != -1;
	return wrong;
}

static void test_hard_limit(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	assert_true(child >= 0);
	if (!child)
		_exit(check_hard_limit());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void set_soft_limit(rlim_t limit, rlim_t *ret_before)
{
	struct rlimit limits;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limits), 0);
	if (ret_before)
		*ret_before = limits.rlim_cur;
	limits.rlim_cur = limit;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limits), 0);
}

static void test_soft_limit_is_raised(void **state)
{
	struct lg_plan plan = {
		.url = "http://a.test/", .vus = 60, .ramp = MINUTE, .threads = 2, .dial = dial_nothing};
	rlim_t before, raised;
	struct lg_run *run;

	(void)state;
	set_soft_limit(64, &before);
	run = load_start(&plan);
	lg_result_free(load_finish(run, 0));
	set_soft_limit(before, &raised);
	assert_int_equal(raised, 2 * 60 + 2 * 2 + 128);
}

static int dial_server(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	(void)host, (void)port;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
		snprintf(error, LG_ERROR_SIZE, "no pair: %s", strerrordesc_np(errno));
		return -1;
	}
	server_adopt(context, pair[1]);
	return pair[0];
}

/* Descriptors run out while the load runs: counted, said, and over when there are some again. */
static void test_descriptors_run_out(void **state)
{
	struct server *server = server_start(&(struct behaviour){.ending = CLOSES});
	struct lg_plan plan = {
		.url = "http://a.test/", .vus = 2, .dial = dial_server, .dial_context = server};
	struct lg_run *run = load_start(&plan);
	struct lg_counts counts;
	struct lg_result *result;
	rlim_t before;

	(void)state;
	load_await_done(run, 5);
	set_soft_limit(3, &before);
	while (!load_look(run).total.errors[LG_ERROR_CONNECT])
		sleep_ms(1);
	set_soft_limit(before, NULL);
	counts = load_look(run).total;
	while (load_look(run).total.status[2] < counts.status[2] + 5)
		sleep_ms(1);
	result = load_finish(run, 60 * MINUTE);
	counts = lg_counts_sum(result);
	assert_int_equal(counts.status[2] + counts.errors[LG_ERROR_CONNECT], counts.requests);
	assert_int_equal(counts.status[2], server_count(server, ANSWERED));
	assert_string_equal(result->first_error, "no pair: Too many open files");
	lg_result_free(result);
	server_stop(server);
}

/* ---- a dial function that fails ------------------------------------------ */

static int dial_a_file(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	(void)host, (void)port;
	(void)context;
	(void)error;
	return open("/proc/self/status", O_RDONLY | O_CLOEXEC);
}

static void run_dial(lg_dial_fn *dial, void *context, const char *words)
{
	struct lg_plan plan = {
		.url = "http://pod.test/", .vus = 3, .threads = 2, .dial = dial, .dial_context = context};
	struct lg_result *result;

	if (dial == dial_a_file)
		plan.io = LG_IO_EPOLL; /* io_uring takes it, and finds out later */
	result = load_run(&plan, 8);
	assert_int_equal(lg_counts_sum(result).errors[LG_ERROR_CONNECT], lg_counts_sum(result).requests);
	assert_string_equal(result->first_error, words);
	assert_int_equal(lg_histogram_count(result->connect), 0);
	lg_result_free(result);
}

/* A socket whose other end is gone, with `context` still to be read. */
static int dial_leftovers(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	(void)host, (void)port;
	const char *text = context;
	int pair[2];

	(void)error;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	if (write(pair[1], text, strlen(text)) < 0)
		abort();
	close(pair[1]);
	return pair[0];
}

static void test_dial_fails(void **state)
{
	(void)state;
	run_dial(dial_nothing, "the tunnel is gone", "the tunnel is gone");
	run_dial(dial_nothing, "\x1b[2J\xff", "?[2J?");
	run_dial(dial_nothing, NULL, "cannot open a connection");
	run_dial(dial_a_file, NULL, "cannot watch a connection: Operation not permitted");
	run_dial(dial_leftovers, "", "connection to 'pod.test' ended before any answer");
}

static int dial_counting(void *context, const char *host, uint16_t port, char error[LG_ERROR_SIZE])
{
	(void)host, (void)port;
	unsigned *count = context;

	snprintf(error, LG_ERROR_SIZE, "failure %u", ++*count);
	return -1;
}

/* One VU, so one thread dials; the result has the first words, a look the newest. */
static void test_first_and_last_words(void **state)
{
	unsigned count = 0;
	struct lg_plan plan = {
		.url = "http://pod.test/", .vus = 1, .dial = dial_counting, .dial_context = &count};
	struct lg_run *run = load_start(&plan);
	struct lg_snapshot look;
	struct lg_result *result;
	char words[32];

	(void)state;
	load_await_done(run, 3);
	lg_stop(run, 0);
	load_await_vus(run, 0);
	look = load_look(run);
	result = load_finish(run, 0);
	snprintf(words, sizeof words, "failure %llu", (unsigned long long)lg_counts_sum(result).requests);
	assert_string_equal(look.last_error, words);
	assert_string_equal(result->first_error, "failure 1");
	lg_result_free(result);
}

/* An answer that lies there before the request can be sent is one, and leaves the thread to others. */
static void test_dialled_answer_without_a_peer(void **state)
{
	struct lg_plan plan = {.url = "http://pod.test/",
	                       .vus = 3,
	                       .threads = 2,
	                       .dial = dial_leftovers,
	                       .dial_context = "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno"};
	struct lg_result *result = load_run(&plan, 5000);

	(void)state;
	assert_int_equal(lg_counts_sum(result).status[5], lg_counts_sum(result).requests);
	assert_int_equal(result->connections, lg_counts_sum(result).requests);
	lg_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		leaves_nothing(test_ceilings),
		leaves_nothing(test_long_texts),
		leaves_nothing(test_lines),
		leaves_nothing(test_lookup),
		leaves_nothing(test_hard_limit),
		leaves_nothing(test_soft_limit_is_raised),
		leaves_nothing(test_descriptors_run_out),
		leaves_nothing(test_dial_fails),
		leaves_nothing(test_first_and_last_words),
		leaves_nothing(test_dialled_answer_without_a_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
