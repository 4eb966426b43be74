/* threshold.c, threshold_value.c: k6's grammar, and what thresholds come to. */
#include "tests/plugin/test.h"

#include <stdlib.h>

#include "loadgen/histogram.h"
#include "plugin/plan.h"
#include "plugin/text.h"
#include "plugin/threshold.h"

/* ---- grammar ----------------------------------------------------------------- */

static struct threshold good(const char *text)
{
	struct threshold threshold;
	struct error error = {0};

	if (threshold_parse("--threshold", text, METRICS, &threshold, &error) < 0)
		fail_msg("refused: %s", error.text);
	return threshold;
}

static void reads_whole_ones(void **state)
{
	struct threshold t = good("http_req_duration{status:200}: p(95)<500");

	(void)state;
	assert_string_equal(t.name, "http_req_duration{status:200}");
	assert_string_equal(t.expression, "p(95)<500");
	assert_int_equal(t.metric, METRIC_HTTP_REQ_DURATION);
	assert_int_equal(t.status, 200);
	assert_int_equal(t.phase, THRESHOLD_ALL_PHASES);
	assert_int_equal(t.method, THRESHOLD_PERCENTILE);
	assert_true(t.percentile == 95 && t.number == 500);
	assert_int_equal(t.op, THRESHOLD_UNDER);
	assert_false(t.abort_on_fail);
	threshold_release(&t);
	threshold_release(&t);
	t = good("  http_reqs { phase : window , status : '4xx' }  :  rate  >=  1.5e2 , abortOnFail ,"
	         " delayAbortEval = 1m30s ");
	assert_string_equal(t.name, "http_reqs { phase : window , status : '4xx' }");
	assert_string_equal(t.expression, "rate  >=  1.5e2");
	assert_int_equal(t.metric, METRIC_HTTP_REQS);
	assert_int_equal(t.status, 4);
	assert_int_equal(t.phase, LG_WINDOW);
	assert_int_equal(t.op, THRESHOLD_OVER_EQUAL);
	assert_true(t.number == 150 && t.abort_on_fail);
	assert_int_equal(t.delay_abort, 90 * SECOND);
	threshold_release(&t);
	t = good("http_req_failed:rate<0.01,abortOnFail,delayAbortEval:10s");
	assert_int_equal(t.delay_abort, 10 * SECOND);
	threshold_release(&t);
	t = good("checks: rate==1, abortOnFail");
	assert_true(t.abort_on_fail && t.delay_abort == 0);
	threshold_release(&t);
	t = good("vus: value>-1");
	threshold_release(&t);
}

static void reads_every_word(void **state)
{
	static const struct {
		const char *text;
		enum threshold_metric metric;
		enum threshold_method method;
		enum threshold_operator op;
	} rows[] = {
		{"http_reqs: count>1", METRIC_HTTP_REQS, THRESHOLD_COUNT, THRESHOLD_OVER},
		{"http_req_failed: rate<=1", METRIC_HTTP_REQ_FAILED, THRESHOLD_RATE, THRESHOLD_UNDER_EQUAL},
		{"http_req_duration: avg<1", METRIC_HTTP_REQ_DURATION, THRESHOLD_AVG, THRESHOLD_UNDER},
		{"http_req_response: min>=1", METRIC_HTTP_REQ_RESPONSE, THRESHOLD_MIN, THRESHOLD_OVER_EQUAL},
		{"http_req_lag: max<1", METRIC_HTTP_REQ_LAG, THRESHOLD_MAX, THRESHOLD_UNDER},
		{"http_req_sending: med<1", METRIC_HTTP_REQ_SENDING, THRESHOLD_MED, THRESHOLD_UNDER},
		{"http_req_waiting: p(99.9)<1", METRIC_HTTP_REQ_WAITING, THRESHOLD_PERCENTILE,
	         THRESHOLD_UNDER},
		{"http_req_receiving: p( 0 )<1", METRIC_HTTP_REQ_RECEIVING, THRESHOLD_PERCENTILE,
	         THRESHOLD_UNDER},
		{"http_req_connecting: p(100)<1", METRIC_HTTP_REQ_CONNECTING, THRESHOLD_PERCENTILE,
	         THRESHOLD_UNDER},
		{"http_req_tls_handshaking: avg!=1", METRIC_HTTP_REQ_TLS_HANDSHAKING, THRESHOLD_AVG,
	         THRESHOLD_UNEQUAL},
		{"iterations: rate===1", METRIC_ITERATIONS, THRESHOLD_RATE, THRESHOLD_EQUAL},
		{"iteration_duration{phase:ramp}: avg<1", METRIC_ITERATION_DURATION, THRESHOLD_AVG,
	         THRESHOLD_UNDER},
		{"dropped_iterations{phase:rest}: count==0", METRIC_DROPPED_ITERATIONS, THRESHOLD_COUNT,
	         THRESHOLD_EQUAL},
		{"vus: value<1", METRIC_VUS, THRESHOLD_VALUE, THRESHOLD_UNDER},
		{"vus_max: value<1", METRIC_VUS_MAX, THRESHOLD_VALUE, THRESHOLD_UNDER},
		{"data_sent: count<1", METRIC_DATA_SENT, THRESHOLD_COUNT, THRESHOLD_UNDER},
		{"data_received: rate<1", METRIC_DATA_RECEIVED, THRESHOLD_RATE, THRESHOLD_UNDER},
		{"checks: rate>0.9", METRIC_CHECKS, THRESHOLD_RATE, THRESHOLD_OVER},
	};

	(void)state;
	assert_int_equal(COUNT_OF(rows), METRICS);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct threshold t = good(rows[i].text);

		assert_int_equal(t.metric, rows[i].metric);
		assert_int_equal(t.method, rows[i].method);
		assert_int_equal(t.op, rows[i].op);
		assert_int_equal(strncmp(threshold_metric_name(t.metric), rows[i].text,
		                         strlen(threshold_metric_name(t.metric))),
		                 0);
		threshold_release(&t);
	}
}

static const struct {
	const char *text;
	int column;
	const char *line;
} bad[] = {
	{"", 1, "want METRIC: METHOD OPERATOR NUMBER"},
	{"p(95)<500", 1, "unknown metric 'p'"},
	{"http_req_duratoin: avg<1", 1,
         "unknown metric 'http_req_duratoin'; did you mean 'http_req_duration'?"},
	{"something_else_entirely: avg<1", 1, "want one such as http_req_duration"},
	{"http_reqs", 10, "want ':' and METHOD"},
	{"http_reqs rate<1", 11, "want ':' and METHOD"},
	{"http_reqs{status:200: rate<1", 21, "want ',' or '}'"},
	{"vus{}: value>1", 5, "unknown tag ''; want status or phase"},
	{"http_reqs{code:200}: rate<1", 11, "unknown tag 'code'; want status or phase"},
	{"http_reqs{status}: rate<1", 17, "want ':' and a value"},
	{"http_reqs{status:}: rate<1", 18, "want a status such as 200 or 2xx"},
	{"http_reqs{status:20}: rate<1", 18, "want a status"},
	{"http_reqs{status:6xx}: rate<1", 18, "want a status"},
	{"http_reqs{status:0200}: rate<1", 18, "want a status"},
	{"http_reqs{status:200,status:404}: rate<1", 22, "a second 'status'"},
	{"http_reqs{phase:ramp,phase:rest}: rate<1", 22, "a second 'phase'"},
	{"http_reqs{phase:before}: rate<1", 17, "want a phase: ramp, window or rest"},
	{"http_req_failed{status:200}: rate<1", 24, "http_req_failed is not kept by status"},
	{"vus{phase:ramp}: value<1", 11, "vus is not kept by phase"},
	{"http_reqs: p(95)<1", 12, "http_reqs is a counter: want count or rate"},
	{"http_req_failed: count<1", 18, "http_req_failed is a rate: want rate"},
	{"vus: count<1", 6, "vus is a gauge: want value"},
	{"http_req_duration: rate<1", 20, "http_req_duration is a trend: want avg, min, max, med or p(N)"},
	{"http_req_duration: p95<1", 20, "is a trend"},
	{"http_req_duration: p<1", 21, "want '(', as in p(95)"},
	{"http_req_duration: p(x)<1", 22, "want a number"},
	{"http_req_duration: p(101)<1", 22, "a percentile is 0 to 100"},
	{"http_req_duration: p(-1)<1", 22, "a percentile is 0 to 100"},
	{"http_req_duration: p(95<1", 24, "want ')'"},
	{"http_req_duration: avg", 23, "want one of > >= < <= == === !="},
	{"http_req_duration: avg=1", 23, "want one of"},
	{"http_req_duration: avg<", 24, "want a number"},
	{"http_req_duration: avg<x", 24, "want a number"},
	{"http_req_duration: avg<0x10", 24, "want a number"},
	{"http_req_duration: avg<inf", 24, "want a number"},
	{"http_req_duration: avg<--1", 24, "want a number"},
	{"http_req_duration: avg<1e999", 24, "the number is out of range"},
	{"http_req_duration: avg<500ms", 27, "want ',' or nothing more (times are milliseconds"},
	{"http_req_duration: avg<1,", 26, "want abortOnFail, and behind it"},
	{"http_req_duration: avg<1, abort", 27, "want abortOnFail"},
	{"http_req_duration: avg<1, abortOnFail, abortOnFail", 40, "want abortOnFail"},
	{"http_req_duration: avg<1, delayAbortEval=1s", 27, "want abortOnFail"},
	{"http_req_duration: avg<1, abortOnFail, delayAbortEval", 54, "want '=' and a duration"},
	{"http_req_duration: avg<1, abortOnFail, delayAbortEval=10", 55, "want a duration of up to 100h"},
	{"http_req_duration: avg<1, abortOnFail, delayAbortEval=999h", 55, "want a duration"},
	{"http_req_duration: avg<1, abortOnFail, delayAbortEval=1s, delayAbortEval=1s", 59,
         "want abortOnFail"},
};

static void refuses_by_column(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct threshold t = {.status = 77};
		struct error error = {0};
		char *start = xprintf("--threshold: '%s', column %d: ", bad[i].text, bad[i].column);

		if (threshold_parse("--threshold", bad[i].text, METRICS, &t, &error) == 0)
			fail_msg("'%s' was taken", bad[i].text);
		assert_has(error.text, start);
		assert_has(error.text, bad[i].line);
		assert_int_equal(error.exit, EXIT_USAGE);
		assert_int_equal(t.status, 77);
		free(start);
	}
}

static void fills_in_a_metric(void **state)
{
	struct threshold t;
	struct error error = {0};

	(void)state;
	assert_int_equal(threshold_parse("--x", "p(99)<50", METRIC_HTTP_REQ_DURATION, &t, &error), 0);
	assert_int_equal(t.metric, METRIC_HTTP_REQ_DURATION);
	assert_string_equal(t.name, "http_req_duration");
	assert_string_equal(t.expression, "p(99)<50");
	threshold_release(&t);
	assert_int_equal(
		threshold_parse("--x", "http_req_failed: rate<0.5", METRIC_HTTP_REQ_DURATION, &t, &error), 0);
	assert_int_equal(t.metric, METRIC_HTTP_REQ_FAILED);
	threshold_release(&t);
	assert_int_equal(threshold_parse("--x", "http_reqs{status:2xx}: rate>0.5", METRIC_HTTP_REQ_DURATION,
	                                 &t, &error),
	                 0);
	assert_int_equal(t.status, 2);
	threshold_release(&t);
	assert_int_equal(threshold_parse("--x", "rate>1", METRIC_HTTP_REQ_DURATION, &t, &error), -1);
	assert_has(error.text, "--x: 'rate>1', column 1: http_req_duration is a trend");
}

static void reads_lists(void **state)
{
	const char *items[] = {"http_reqs{status:200}: count>0", "http_req_duration{status:404}: avg<1",
	                       "http_reqs{status:200}: rate>0", "http_reqs{status:5xx}: count==0", NULL};
	struct option_list texts = {.items = items, .count = 4};
	struct thresholds list;
	struct error error = {0};
	char *many[10];

	(void)state;
	assert_int_equal(thresholds_parse("--threshold", &texts, &list, &error), 0);
	assert_int_equal(list.count, 4);
	assert_int_equal(list.apart_count, 2);
	assert_int_equal(list.apart[0], 200);
	assert_int_equal(list.apart[1], 404);
	thresholds_release(&list);
	items[3] = "nonsense";
	assert_int_equal(thresholds_parse("--threshold", &texts, &list, &error), -1);
	assert_has(error.text, "'nonsense', column 1");
	for (int i = 0; i < 9; i++)
		many[i] = xprintf("http_reqs{status:%d}: count>0", 200 + i);
	texts = (struct option_list){.items = (const char **)many, .count = 8};
	assert_int_equal(thresholds_parse("--threshold", &texts, &list, &error), 0);
	thresholds_release(&list);
	texts.count = 9;
	assert_int_equal(thresholds_parse("--threshold", &texts, &list, &error), -1);
	assert_has(error.text, "--threshold: more than 8 different statuses; use classes such as 2xx");
	for (int i = 0; i < 9; i++)
		free(many[i]);
	texts = (struct option_list){0};
	assert_int_equal(thresholds_parse("--threshold", &texts, &list, &error), 0);
	assert_int_equal(list.count, 0);
	thresholds_release(&list);
}

/* ---- values -------------------------------------------------------------------- */

/* 1, 2, ... 100 ms, times `scale`. */
static struct lg_histogram *spread(unsigned scale)
{
	struct lg_histogram *h = lg_histogram_new();

	assert_non_null(h);
	for (unsigned i = 1; i <= 100; i++)
		lg_histogram_record(h, (uint64_t)1000 * i * scale);
	return h;
}

/* 10 s of ramp, 20 s of window, 5 s of the rest, with 100, 200 and 300 answers that take 1, 2 and 4 times as
 * long, half of those in the window 200 and half 404. */
static struct lg_result *made_result(void)
{
	struct lg_result *load = xcalloc(1, sizeof *load);
	static const unsigned scales[LG_PHASES] = {1, 2, 4};

	load->started = 100 * SECOND;
	load->window_begin = 110 * SECOND;
	load->window_end = 130 * SECOND;
	load->stopped = 135 * SECOND;
	load->most_vus = 9;
	load->apart[0] = 200, load->apart[1] = 404;
	load->apart_count = 2;
	for (unsigned i = 0; i < LG_PHASES; i++) {
		load->counts[i] = (struct lg_counts){
			.requests = 100 * (i + 1),
			.failed = 10 * i,
			.dropped = i,
			.status = {[2] = 60 * (i + 1), [4] = 40 * (i + 1)},
			.bytes_sent = 1000,
			.bytes_received = 5000,
			.checks = {[LG_CHECK_STATUS] = {1, 9}, [LG_CHECK_BODY] = {5, 5}},
		};
		load->service[i] = spread(scales[i]);
		load->response[i] = spread(2 * scales[i]);
		load->lag[i] = spread(3 * scales[i]);
		for (int hundred = 0; hundred < 6; hundred++)
			load->by_status[i][hundred] =
				hundred == 2 ? spread(5 * scales[i]) : lg_histogram_new();
		load->by_code[i][0] = lg_histogram_new();
		load->by_code[i][1] = i == LG_WINDOW ? spread(7) : lg_histogram_new();
	}
	load->whole = spread(1);
	load->sending = spread(10);
	load->waiting = spread(20);
	load->receiving = spread(30);
	load->connect = spread(40);
	load->handshake = lg_histogram_new();
	return load;
}

static const struct lg_plan made_plan = {.vus = 3, .max_vus = 12, .model = LG_RATE, .expect.status = "200"};

static enum threshold_verdict verdict_of(const char *text, const struct threshold_source *source,
                                         double *value)
{
	struct threshold t = good(text);
	enum threshold_verdict verdict = threshold_evaluate(&t, source, value);

	threshold_release(&t);
	return verdict;
}

/* To the histogram's three digits. */
static void assert_value(const char *text, const struct threshold_source *source, double want)
{
	double value = -77;
	enum threshold_verdict verdict = verdict_of(text, source, &value);

	if (verdict != THRESHOLD_HOLDS || value < want * 0.999 - 1e-9 || value > want * 1.001 + 1e-9)
		fail_msg("'%s' is %g (verdict %d), not %g", text, value, verdict, want);
}

static void takes_counts_and_rates(void **state)
{
	struct lg_result *load = made_result();
	struct threshold_source source = threshold_source_result(load, 0, &made_plan);

	(void)state;
	assert_value("http_reqs: count>0", &source, 600);
	assert_value("http_reqs: rate>0", &source, 600.0 / 35);
	assert_value("http_reqs{phase:ramp}: rate>0", &source, 10);
	assert_value("http_reqs{phase:window}: rate>0", &source, 10);
	assert_value("http_reqs{phase:rest}: rate>0", &source, 60);
	assert_value("http_reqs{status:2xx}: count>0", &source, 360);
	assert_value("http_reqs{status:4xx,phase:window}: count>0", &source, 80);
	assert_value("http_reqs{status:404}: count>0", &source, 100);
	assert_value("http_reqs{status:404,phase:window}: rate>0", &source, 5);
	assert_value("http_reqs{status:200}: count>=0", &source, 0);
	assert_value("iterations: count>0", &source, 600);
	assert_value("dropped_iterations: count>0", &source, 3);
	assert_value("dropped_iterations{phase:rest}: rate>0", &source, 0.4);
	assert_value("data_sent: count>0", &source, 3000);
	assert_value("data_received{phase:ramp}: rate>0", &source, 500);
	assert_value("http_req_failed: rate>0", &source, 30.0 / 600);
	assert_value("http_req_failed{phase:rest}: rate>0", &source, 20.0 / 300);
	assert_value("checks: rate>0", &source, 0.9);
	assert_value("vus: value>0", &source, 9);
	assert_value("vus_max: value>0", &source, 12);
	source.checks[LG_CHECK_BODY] = true;
	assert_value("checks: rate>0", &source, 0.7);
	lg_result_free(load);
}

static void takes_latencies(void **state)
{
	struct lg_result *load = made_result();
	struct threshold_source source = threshold_source_result(load, 0, &made_plan);
	double value = 0;

	(void)state;
	assert_value("http_req_duration{phase:ramp}: avg>0", &source, 50.5);
	assert_value("http_req_duration{phase:ramp}: min>0", &source, 1);
	assert_value("http_req_duration{phase:ramp}: max>0", &source, 100);
	assert_value("http_req_duration{phase:ramp}: med>0", &source, 50);
	assert_value("http_req_duration{phase:window}: p(99)>0", &source, 198);
	assert_value("http_req_duration{phase:rest}: p(0)>0", &source, 4);
	/* 1 to 100, 2 to 200 by 2, 4 to 400 by 4: of 300 values 270 are up to 280 */
	assert_value("http_req_duration: p(90)>0", &source, 280);
	assert_value("http_req_duration: max>0", &source, 400);
	assert_value("iteration_duration{phase:window}: max>0", &source, 200);
	assert_value("http_req_duration{status:2xx,phase:window}: max>0", &source, 1000);
	assert_value("http_req_duration{status:2xx}: max>0", &source, 2000);
	assert_value("http_req_duration{status:404}: max>0", &source, 700);
	assert_value("http_req_response{phase:window}: max>0", &source, 400);
	assert_value("http_req_response: max>0", &source, 800);
	assert_value("http_req_lag{phase:window}: max>0", &source, 600);
	assert_value("http_req_sending: max>0", &source, 1000);
	assert_value("http_req_waiting: max>0", &source, 2000);
	assert_value("http_req_receiving: max>0", &source, 3000);
	assert_value("http_req_connecting: max>0", &source, 4000);
	assert_int_equal(verdict_of("http_req_tls_handshaking: max>0", &source, &value), THRESHOLD_EMPTY);
	assert_int_equal(verdict_of("http_req_duration{status:200}: max>0", &source, &value),
	                 THRESHOLD_EMPTY);
	assert_int_equal(verdict_of("http_req_duration{status:5xx}: max>0", &source, &value),
	                 THRESHOLD_EMPTY);
	assert_int_equal(verdict_of("http_req_duration{status:500}: max>0", &source, &value),
	                 THRESHOLD_UNKNOWN);
	lg_result_free(load);
}

static void compares(void **state)
{
	static const struct {
		const char *op;
		bool below, same, above; /* does 9 hold against 10, 9 and 8? */
	} rows[] = {
		{">", false, false, true}, {">=", false, true, true},  {"<", true, false, false},
		{"<=", true, true, false}, {"==", false, true, false}, {"===", false, true, false},
		{"!=", true, false, true},
	};
	struct lg_result *load = made_result();
	struct threshold_source source = threshold_source_result(load, 0, &made_plan);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const bool want[] = {rows[i].above, rows[i].same, rows[i].below};

		for (int number = 8; number <= 10; number++) {
			char *text = xprintf("vus: value%s%d", rows[i].op, number);
			double value = 0;

			assert_int_equal(verdict_of(text, &source, &value),
			                 want[number - 8] ? THRESHOLD_HOLDS : THRESHOLD_BROKEN);
			assert_true(value == 9);
			free(text);
		}
	}
	lg_result_free(load);
}

/* A run that is looked at, one that never came to its window, one of nothing at all. */
static void takes_unfinished_runs(void **state)
{
	struct lg_result *load = made_result();
	struct threshold_source source;
	double value = -77;

	(void)state;
	load->stopped = load->window_end = 0;
	source = threshold_source_result(load, 120 * SECOND, &made_plan);
	assert_value("http_reqs{phase:window}: rate>0", &source, 20);
	assert_int_equal(verdict_of("http_reqs{phase:rest}: rate>0", &source, &value), THRESHOLD_EMPTY);
	load->window_begin = 0;
	source = threshold_source_result(load, 105 * SECOND, &made_plan);
	assert_value("http_reqs{phase:ramp}: rate>0", &source, 20);
	assert_value("http_reqs: rate>0", &source, 120);
	assert_int_equal(verdict_of("http_reqs{phase:window}: rate>0", &source, &value), THRESHOLD_EMPTY);
	memset(load->counts, 0, sizeof load->counts);
	source = threshold_source_result(load, 105 * SECOND, &made_plan);
	assert_int_equal(verdict_of("http_req_failed: rate<1", &source, &value), THRESHOLD_EMPTY);
	assert_int_equal(verdict_of("checks: rate<1", &source, &value), THRESHOLD_EMPTY);
	assert_int_equal(verdict_of("http_reqs: count<1", &source, &value), THRESHOLD_HOLDS);
	for (int i = 0; i < LG_PHASES; i++) {
		lg_histogram_free(load->response[i]);
		load->response[i] = NULL;
	}
	value = -77;
	assert_int_equal(verdict_of("http_req_response: avg<1", &source, &value), THRESHOLD_UNKNOWN);
	assert_int_equal(verdict_of("http_req_response{phase:ramp}: avg<1", &source, &value),
	                 THRESHOLD_UNKNOWN);
	assert_true(value == -77);
	lg_result_free(load);
}

static void takes_snapshots(void **state)
{
	const struct lg_snapshot snapshot = {
		.now = 110 * SECOND,
		.vus = 4,
		.total = {.requests = 100, .failed = 5, .status = {[2] = 95}, .bytes_sent = 7},
	};
	struct threshold_source source = threshold_source_snapshot(&snapshot, 100 * SECOND, &made_plan);
	double value = -77;

	(void)state;
	assert_value("http_reqs: rate>0", &source, 10);
	assert_value("http_reqs{status:2xx}: count>0", &source, 95);
	assert_value("http_req_failed: rate>0", &source, 0.05);
	assert_value("data_sent: count>0", &source, 7);
	assert_value("vus: value>0", &source, 4);
	assert_int_equal(verdict_of("http_req_duration: avg<1", &source, &value), THRESHOLD_UNKNOWN);
	assert_int_equal(verdict_of("http_req_sending: avg<1", &source, &value), THRESHOLD_UNKNOWN);
	assert_int_equal(verdict_of("http_reqs{status:200}: rate>0", &source, &value), THRESHOLD_UNKNOWN);
	assert_int_equal(verdict_of("http_reqs{phase:ramp}: rate>0", &source, &value), THRESHOLD_UNKNOWN);
	assert_true(value == -77);
}

static void ends_runs(void **state)
{
	struct threshold plain = good("http_req_failed: rate<1"),
			 aborts = good("http_req_failed: rate<1, abortOnFail, delayAbortEval=10s"),
			 tagged = good("http_req_duration{status:5xx}: avg<1"),
			 in_window = good("http_req_duration{phase:window}: avg<1");

	(void)state;
	assert_false(threshold_aborts(&plain, THRESHOLD_BROKEN, 60 * SECOND));
	assert_false(threshold_aborts(&aborts, THRESHOLD_BROKEN, 10 * SECOND - 1));
	assert_true(threshold_aborts(&aborts, THRESHOLD_BROKEN, 10 * SECOND));
	assert_false(threshold_aborts(&aborts, THRESHOLD_HOLDS, 60 * SECOND));
	assert_false(threshold_aborts(&aborts, THRESHOLD_EMPTY, 60 * SECOND));
	assert_false(threshold_aborts(&aborts, THRESHOLD_UNKNOWN, 60 * SECOND));
	assert_true(threshold_succeeds(&plain, THRESHOLD_HOLDS));
	assert_false(threshold_succeeds(&plain, THRESHOLD_BROKEN));
	assert_false(threshold_succeeds(&plain, THRESHOLD_EMPTY));
	assert_false(threshold_succeeds(&plain, THRESHOLD_UNKNOWN));
	assert_true(threshold_succeeds(&tagged, THRESHOLD_EMPTY));
	assert_false(threshold_succeeds(&tagged, THRESHOLD_BROKEN));
	assert_false(threshold_succeeds(&in_window, THRESHOLD_EMPTY));
	threshold_release(&plain);
	threshold_release(&aborts);
	threshold_release(&tagged);
	threshold_release(&in_window);
}

static void assert_fits(const char *text, const struct lg_plan *plan, const char *refused)
{
	struct threshold t = good(text);
	struct error error = {0};

	assert_int_equal(threshold_fits("--threshold", &t, plan, &error), refused ? -1 : 0);
	assert_has(error.text, refused ? refused : "");
	threshold_release(&t);
}

static void asks_the_plan(void **state)
{
	const struct lg_plan closed = {.vus = 1}, paced = {.vus = 1, .expected_interval = 1},
			     rate = {.model = LG_RATE, .expect.body = "x"};

	(void)state;
	assert_fits("http_req_response: avg<1", &closed, "http_req_response needs a schedule");
	assert_fits("http_req_lag: avg<1", &closed, "http_req_lag needs a schedule");
	assert_fits("http_req_response: avg<1", &paced, NULL);
	assert_fits("http_req_lag: avg<1", &rate, NULL);
	assert_fits("checks: rate>0", &closed, "checks needs something to check");
	assert_fits("checks: rate>0", &rate, NULL);
	assert_fits("checks: rate>0", &made_plan, NULL);
	assert_fits("http_req_duration: avg<1", &closed, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_whole_ones),
		cmocka_unit_test(reads_every_word),
		cmocka_unit_test(refuses_by_column),
		cmocka_unit_test(fills_in_a_metric),
		cmocka_unit_test(reads_lists),
		cmocka_unit_test(takes_counts_and_rates),
		cmocka_unit_test(takes_latencies),
		cmocka_unit_test(compares),
		cmocka_unit_test(takes_unfinished_runs),
		cmocka_unit_test(takes_snapshots),
		cmocka_unit_test(ends_runs),
		cmocka_unit_test(asks_the_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
