/* Label selectors of Kubernetes objects as the query text that means the same. */
#include <stdlib.h>
#include <string.h>

#include "plugin/pods.h"
#include "plugin/text.h"

#define SELECTOR_MAX 8192

static const char *text_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

static bool is_label(const char *text, bool key)
{
	static const char value[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
	size_t plain = strspn(text, value);

	if (key && text[plain] == '/')
		plain += 1 + strspn(text + plain + 1, value);
	return text[plain] == '\0' && plain <= 320 && (!key || *text);
}

static int append(char *ret, const char *piece, struct error *error)
{
	size_t used = strlen(ret), length = strlen(piece);

	if (used + length >= SELECTOR_MAX)
		return error_set(error, "the object's selector is over 8 KiB");
	memcpy(ret + used, piece, length + 1);
	return 0;
}

static int append_clause(char *ret, const char *clause, struct error *error)
{
	if (*ret && append(ret, ",", error) < 0)
		return -1;
	return append(ret, clause, error);
}

static int malformed(struct error *error)
{
	return error_set(error, "the object's selector is malformed");
}

static int append_equal(char *ret, const cJSON *map, struct error *error)
{
	const cJSON *json;
	int status = 0;

	cJSON_ArrayForEach(json, map)
	{
		char *clause;

		if (!cJSON_IsString(json) || !json->string || !is_label(json->string, true) ||
		    !is_label(json->valuestring, false))
			return malformed(error);
		clause = xprintf("%s=%s", json->string, json->valuestring);
		status = append_clause(ret, clause, error);
		free(clause);
		if (status < 0)
			return -1;
	}
	return 0;
}

static int append_set(char *ret, const cJSON *expression, const char *word, struct error *error)
{
	const cJSON *values = cJSON_GetObjectItemCaseSensitive(expression, "values"), *value;
	const char *between = " (";

	if (append_clause(ret, text_of(expression, "key"), error) < 0 || append(ret, word, error) < 0)
		return -1;
	if (cJSON_GetArraySize(values) == 0)
		return malformed(error);
	cJSON_ArrayForEach(value, values)
	{
		if (!cJSON_IsString(value) || !is_label(value->valuestring, false))
			return malformed(error);
		if (append(ret, between, error) < 0 || append(ret, value->valuestring, error) < 0)
			return -1;
		between = ",";
	}
	return append(ret, ")", error);
}

static int append_expression(char *ret, const cJSON *expression, struct error *error)
{
	const char *word = text_of(expression, "operator"), *key = text_of(expression, "key");

	if (!is_label(key, true))
		return malformed(error);
	if (strcmp(word, "In") == 0)
		return append_set(ret, expression, " in", error);
	if (strcmp(word, "NotIn") == 0)
		return append_set(ret, expression, " notin", error);
	if (strcmp(word, "Exists") == 0)
		return append_clause(ret, key, error);
	if (strcmp(word, "DoesNotExist") == 0)
		return append_clause(ret, "!", error) < 0 ? -1 : append(ret, key, error);
	return malformed(error);
}

char *selector_text(const cJSON *selector, struct error *error)
{
	const cJSON *labels = cJSON_GetObjectItemCaseSensitive(selector, "matchLabels");
	const cJSON *expressions = cJSON_GetObjectItemCaseSensitive(selector, "matchExpressions"),
		    *expression;
	char *ret = xcalloc(1, SELECTOR_MAX);
	int status = append_equal(ret, labels, error);

	cJSON_ArrayForEach(expression, expressions)
	{
		if (status == 0)
			status = append_expression(ret, expression, error);
	}
	if (status == 0)
		return ret;
	free(ret);
	return NULL;
}
