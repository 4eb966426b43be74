#include "plugin/threshold.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

enum kind { COUNTER, RATE, GAUGE, TREND };

static const struct metric {
	const char *name;
	enum kind kind;
	bool has_status, has_phase;
} metrics[METRICS] = {
	[METRIC_HTTP_REQS] = {"http_reqs", COUNTER, true, true},
	[METRIC_HTTP_REQ_FAILED] = {"http_req_failed", RATE, false, true},
	[METRIC_HTTP_REQ_DURATION] = {"http_req_duration", TREND, true, true},
	[METRIC_HTTP_REQ_RESPONSE] = {"http_req_response", TREND, false, true},
	[METRIC_HTTP_REQ_LAG] = {"http_req_lag", TREND, false, true},
	[METRIC_HTTP_REQ_SENDING] = {"http_req_sending", TREND, false, false},
	[METRIC_HTTP_REQ_WAITING] = {"http_req_waiting", TREND, false, false},
	[METRIC_HTTP_REQ_RECEIVING] = {"http_req_receiving", TREND, false, false},
	[METRIC_HTTP_REQ_CONNECTING] = {"http_req_connecting", TREND, false, false},
	[METRIC_HTTP_REQ_TLS_HANDSHAKING] = {"http_req_tls_handshaking", TREND, false, false},
	[METRIC_ITERATIONS] = {"iterations", COUNTER, false, true},
	[METRIC_ITERATION_DURATION] = {"iteration_duration", TREND, false, true},
	[METRIC_DROPPED_ITERATIONS] = {"dropped_iterations", COUNTER, false, true},
	[METRIC_VUS] = {"vus", GAUGE, false, false},
	[METRIC_VUS_MAX] = {"vus_max", GAUGE, false, false},
	[METRIC_DATA_SENT] = {"data_sent", COUNTER, false, true},
	[METRIC_DATA_RECEIVED] = {"data_received", COUNTER, false, true},
	[METRIC_CHECKS] = {"checks", RATE, false, true},
};

static const char *const method_names[THRESHOLD_METHODS] = {"count", "rate", "value", "avg",
                                                            "min",   "max",  "med",   "p"};

static const struct {
	const char *kind, *methods;
	unsigned allowed; /* bits of enum threshold_method */
} kinds[] = {
	[COUNTER] = {"counter", "count or rate", 1 << THRESHOLD_COUNT | 1 << THRESHOLD_RATE},
	[RATE] = {"rate", "rate", 1 << THRESHOLD_RATE},
	[GAUGE] = {"gauge", "value", 1 << THRESHOLD_VALUE},
	[TREND] = {"trend", "avg, min, max, med or p(N)",
                   1 << THRESHOLD_AVG | 1 << THRESHOLD_MIN | 1 << THRESHOLD_MAX | 1 << THRESHOLD_MED |
                           1 << THRESHOLD_PERCENTILE},
};

/* The longer ones first. */
static const struct {
	const char *text;
	enum threshold_operator op;
} operators[] = {
	{"===", THRESHOLD_EQUAL},     {"==", THRESHOLD_EQUAL},       {"!=", THRESHOLD_UNEQUAL},
	{">=", THRESHOLD_OVER_EQUAL}, {"<=", THRESHOLD_UNDER_EQUAL}, {">", THRESHOLD_OVER},
	{"<", THRESHOLD_UNDER},
};

struct parser {
	const char *option, *text, *at;
	struct error *error;
};

const char *threshold_metric_name(enum threshold_metric metric)
{
	return metrics[metric].name;
}

/* ---- words -------------------------------------------------------------------- */

static int fail(const struct parser *p, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(const struct parser *p, const char *at, const char *format, ...)
{
	char text[sizeof p->error->text];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return error_usage(p->error, "%s: '%.300s', column %td: %s", p->option, p->text, at - p->text + 1,
	                   text);
}

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, " \t");
}

static bool take(struct parser *p, const char *what)
{
	size_t size = strlen(what);

	skip_blanks(p);
	if (strncmp(p->at, what, size) != 0)
		return false;
	p->at += size;
	return true;
}

static size_t word_size(const char *at)
{
	size_t size = 0;

	while (isalnum((unsigned char)at[size]) || at[size] == '_')
		size++;
	return size;
}

static bool is_word(const char *at, size_t size, const char *word)
{
	return strlen(word) == size && memcmp(at, word, size) == 0;
}

/* Digits with a fraction and an exponent, if they like; nothing else that strtod would take. */
static int take_number(struct parser *p, double *ret)
{
	const char *at;
	char *end;

	skip_blanks(p);
	at = p->at + strspn(p->at, "+-");
	if (!isdigit((unsigned char)*at) || at - p->at > 1 || at[1] == 'x' || at[1] == 'X')
		return fail(p, p->at, "want a number");
	*ret = strtod(p->at, &end);
	if (!isfinite(*ret))
		return fail(p, p->at, "the number is out of range");
	p->at = end;
	return 0;
}

/* ---- metric and tags ------------------------------------------------------------ */

static int unknown_metric(const struct parser *p, size_t size)
{
	const char *names[METRICS + 1] = {NULL}, *near;
	char *word = xstrndup(p->at, size);

	for (int i = 0; i < METRICS; i++)
		names[i] = metrics[i].name;
	near = text_nearest(word, names);
	if (near)
		fail(p, p->at, "unknown metric '%s'; did you mean '%s'?", word, near);
	else
		fail(p, p->at,
		     "unknown metric '%.100s'; want one such as http_req_duration or http_req_failed", word);
	free(word);
	return -1;
}

static int take_metric(struct parser *p, struct threshold *t)
{
	size_t size;
	int i = 0;

	skip_blanks(p);
	size = word_size(p->at);
	if (!size)
		return fail(p, p->at,
		            "want METRIC: METHOD OPERATOR NUMBER, such as "
		            "'http_req_duration: p(95)<500'");
	while (i < METRICS && !is_word(p->at, size, metrics[i].name))
		i++;
	if (i == METRICS)
		return unknown_metric(p, size);
	t->metric = (enum threshold_metric)i;
	p->at += size;
	return 0;
}

static int read_status(const struct parser *p, struct threshold *t, const char *at, size_t size)
{
	if (!metrics[t->metric].has_status)
		return fail(p, at, "%s is not kept by status; http_reqs and http_req_duration are",
		            metrics[t->metric].name);
	if (size == 3 && at[0] >= '1' && at[0] <= '5' && at[1] == 'x' && at[2] == 'x') {
		t->status = at[0] - '0';
		return 0;
	}
	if (size == 3 && at[0] >= '1' && at[0] <= '9' && isdigit((unsigned char)at[1]) &&
	    isdigit((unsigned char)at[2])) {
		t->status = (at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0');
		return 0;
	}
	return fail(p, at, "want a status such as 200 or 2xx");
}

static int read_phase(const struct parser *p, struct threshold *t, const char *at, size_t size)
{
	static const char *const names[LG_PHASES] = {
		[LG_BEFORE] = "ramp", [LG_WINDOW] = "window", [LG_AFTER] = "rest"};

	if (!metrics[t->metric].has_phase)
		return fail(p, at, "%s is not kept by phase", metrics[t->metric].name);
	for (unsigned i = 0; i < LG_PHASES; i++)
		if (is_word(at, size, names[i])) {
			t->phase = i;
			return 0;
		}
	return fail(p, at, "want a phase: ramp, window or rest");
}

/* A value may stand in quotes. */
static const char *take_value(struct parser *p, size_t *ret_size)
{
	const char *value;
	char quote;

	skip_blanks(p);
	quote = *p->at == '"' || *p->at == '\'' ? *p->at : '\0';
	value = p->at += quote != '\0';
	*ret_size = word_size(value);
	p->at += *ret_size;
	if (quote && *p->at == quote)
		p->at++;
	return value;
}

static int take_tag(struct parser *p, struct threshold *t)
{
	const char *key, *value;
	size_t key_size, value_size;
	bool is_status, is_phase;

	skip_blanks(p);
	key = p->at;
	key_size = word_size(key);
	is_status = is_word(key, key_size, "status");
	is_phase = is_word(key, key_size, "phase");
	if (!is_status && !is_phase)
		return fail(p, key, "unknown tag '%.*s'; want status or phase",
		            key_size < 60 ? (int)key_size : 60, key);
	if ((is_status && t->status) || (is_phase && t->phase != THRESHOLD_ALL_PHASES))
		return fail(p, key, "a second '%.*s'", (int)key_size, key);
	p->at += key_size;
	if (!take(p, ":"))
		return fail(p, p->at, "want ':' and a value");
	value = take_value(p, &value_size);
	return is_status ? read_status(p, t, value, value_size) : read_phase(p, t, value, value_size);
}

static int take_tags(struct parser *p, struct threshold *t)
{
	do {
		if (take_tag(p, t) < 0)
			return -1;
	} while (take(p, ","));
	if (!take(p, "}"))
		return fail(p, p->at, "want ',' or '}'");
	return 0;
}

/* ---- the expression --------------------------------------------------------------- */

static int take_percentile(struct parser *p, struct threshold *t)
{
	const char *number;

	if (!take(p, "("))
		return fail(p, p->at, "want '(', as in p(95)");
	skip_blanks(p);
	number = p->at;
	if (take_number(p, &t->percentile) < 0)
		return -1;
	if (t->percentile < 0 || t->percentile > 100)
		return fail(p, number, "a percentile is 0 to 100");
	if (!take(p, ")"))
		return fail(p, p->at, "want ')'");
	return 0;
}

static int take_method(struct parser *p, struct threshold *t)
{
	enum kind kind = metrics[t->metric].kind;
	const char *word;
	size_t size;
	int i = 0;

	skip_blanks(p);
	word = p->at;
	size = word_size(word);
	while (i < THRESHOLD_METHODS && !is_word(word, size, method_names[i]))
		i++;
	if (i == THRESHOLD_METHODS || !(kinds[kind].allowed >> i & 1))
		return fail(p, word, "%s is a %s: want %s", metrics[t->metric].name, kinds[kind].kind,
		            kinds[kind].methods);
	t->method = (enum threshold_method)i;
	p->at += size;
	return t->method == THRESHOLD_PERCENTILE ? take_percentile(p, t) : 0;
}

static int take_operator(struct parser *p, struct threshold *t)
{
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (take(p, operators[i].text)) {
			t->op = operators[i].op;
			return 0;
		}
	return fail(p, p->at, "want one of > >= < <= == === !=");
}

static int take_delay(struct parser *p, struct threshold *t)
{
	const char *value;
	size_t size;
	char *text;

	if (!take(p, "=") && !take(p, ":"))
		return fail(p, p->at, "want '=' and a duration, such as delayAbortEval=10s");
	skip_blanks(p);
	value = p->at;
	size = strcspn(value, ", \t");
	text = xstrndup(value, size);
	t->delay_abort = duration_parse(text);
	free(text);
	if (t->delay_abort < 0 || t->delay_abort == INT64_MAX)
		return fail(p, value, "want a duration of up to 100h, such as 500ms, 10s or 1m30s");
	p->at += size;
	return 0;
}

/* What k6 has in an object beside the expression. */
static int take_rest(struct parser *p, struct threshold *t)
{
	bool delayed = false;

	while (take(p, ",")) {
		const char *word;
		size_t size;

		skip_blanks(p);
		word = p->at;
		size = word_size(word);
		p->at += size;
		if (is_word(word, size, "abortOnFail") && !t->abort_on_fail) {
			t->abort_on_fail = true;
		} else if (is_word(word, size, "delayAbortEval") && t->abort_on_fail && !delayed) {
			delayed = true;
			if (take_delay(p, t) < 0)
				return -1;
		} else {
			return fail(p, word, "want abortOnFail, and behind it delayAbortEval=DURATION");
		}
	}
	skip_blanks(p);
	if (*p->at)
		return fail(p, p->at, "want ',' or nothing more (times are milliseconds, without a unit)");
	return 0;
}

/* ---- all ---------------------------------------------------------------------------- */

static char *trimmed(const char *begin, const char *end)
{
	begin += strspn(begin, " \t");
	while (end > begin && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return xstrndup(begin, (size_t)(end - begin));
}

static int take_name(struct parser *p, struct threshold *t, enum threshold_metric metric)
{
	const char *mark = p->text + strcspn(p->text, ":{<>=!");

	t->metric = metric;
	if (metric != METRICS && *mark != ':' && *mark != '{') {
		t->name = xstrdup(metrics[metric].name);
		return 0;
	}
	if (take_metric(p, t) < 0 || (take(p, "{") && take_tags(p, t) < 0))
		return -1;
	t->name = trimmed(p->text, p->at);
	if (!take(p, ":"))
		return fail(p, p->at, "want ':' and METHOD OPERATOR NUMBER, such as p(95)<500");
	return 0;
}

static int take_all(struct parser *p, struct threshold *t, enum threshold_metric metric)
{
	const char *expression;

	if (take_name(p, t, metric) < 0)
		return -1;
	expression = p->at;
	if (take_method(p, t) < 0 || take_operator(p, t) < 0 || take_number(p, &t->number) < 0)
		return -1;
	t->expression = trimmed(expression, p->at);
	return take_rest(p, t);
}

int threshold_parse(const char *option, const char *text, enum threshold_metric metric, struct threshold *ret,
                    struct error *error)
{
	struct parser parser = {.option = option, .text = text, .at = text, .error = error};
	struct threshold threshold = {.phase = THRESHOLD_ALL_PHASES};

	if (take_all(&parser, &threshold, metric) < 0) {
		threshold_release(&threshold);
		return -1;
	}
	*ret = threshold;
	return 0;
}

void threshold_release(struct threshold *threshold)
{
	free(threshold->name);
	free(threshold->expression);
	*threshold = (struct threshold){0};
}

static int need_status(const char *option, struct thresholds *list, int status, struct error *error)
{
	if (status < 100)
		return 0;
	for (size_t i = 0; i < list->apart_count; i++)
		if (list->apart[i] == status)
			return 0;
	if (list->apart_count == LG_MAX_APART)
		return error_usage(error, "%s: more than %d different statuses; use classes such as 2xx",
		                   option, LG_MAX_APART);
	list->apart[list->apart_count++] = (uint16_t)status;
	return 0;
}

int thresholds_parse(const char *option, const struct option_list *texts, struct thresholds *ret,
                     struct error *error)
{
	struct thresholds list = {.items = xcalloc(texts->count + 1, sizeof *list.items)};
	int status = 0;

	for (size_t i = 0; i < texts->count && status == 0; i++) {
		struct threshold *item = &list.items[list.count];

		status = threshold_parse(option, texts->items[i], METRICS, item, error);
		if (status == 0) {
			list.count++;
			status = need_status(option, &list, item->status, error);
		}
	}
	if (status < 0) {
		thresholds_release(&list);
		return -1;
	}
	*ret = list;
	return 0;
}

void thresholds_release(struct thresholds *thresholds)
{
	for (size_t i = 0; i < thresholds->count; i++)
		threshold_release(&thresholds->items[i]);
	free(thresholds->items);
	*thresholds = (struct thresholds){0};
}
