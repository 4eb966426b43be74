#define PCRE2_CODE_UNIT_WIDTH 8
#include "plugin/pattern.h"

#include <pcre2.h>
#include <stdlib.h>

#include "plugin/text.h"

#define MATCH_LIMIT 1000000 /* steps for one name: well below a second */
#define HEAP_LIMIT  65536   /* KiB */

struct pattern {
	const char *option;
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	bool gave_up;
};

static int bad_expression(const char *option, const char *expression, int code, size_t at,
                          struct error *error)
{
	unsigned char reason[200] = "";

	pcre2_get_error_message(code, reason, sizeof reason);
	return error_usage(error, "--%s: '%.200s' is not a regular expression: %s at character %zu", option,
	                   expression, (const char *)reason, at + 1);
}

int pattern_new(const char *option, const char *expression, struct pattern **ret, struct error *error)
{
	struct pattern *pattern = xcalloc(1, sizeof *pattern);
	size_t at = 0;
	int code = 0;

	pattern->option = option;
	pattern->code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED,
	                              PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY |
	                                      PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE,
	                              &code, &at, NULL);
	if (!pattern->code) {
		pattern_free(pattern);
		return bad_expression(option, expression, code, at, error);
	}
	pattern->data = pcre2_match_data_create_from_pattern(pattern->code, NULL);
	pattern->limits = pcre2_match_context_create(NULL);
	if (!pattern->data || !pattern->limits) {
		pattern_free(pattern);
		return error_set(error, "--%s: out of memory", option);
	}
	pcre2_set_match_limit(pattern->limits, MATCH_LIMIT);
	pcre2_set_heap_limit(pattern->limits, HEAP_LIMIT);
	*ret = pattern;
	return 0;
}

bool pattern_matches(struct pattern *pattern, const char *text, size_t length)
{
	int status;

	if (pattern->gave_up)
		return false;
	status = pcre2_match(pattern->code, (PCRE2_SPTR)text, length, 0, 0, pattern->data, pattern->limits);
	pattern->gave_up = status < 0 && status != PCRE2_ERROR_NOMATCH;
	return status >= 0;
}

int pattern_check(const struct pattern *pattern, struct error *error)
{
	if (!pattern || !pattern->gave_up)
		return 0;
	return error_set(error,
	                 "--%s: the expression needs too many steps on a name of this profile; "
	                 "write it without nested repetition",
	                 pattern->option);
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_code_free(pattern->code);
	pcre2_match_data_free(pattern->data);
	pcre2_match_context_free(pattern->limits);
	free(pattern);
}
