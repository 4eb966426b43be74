/* What goes into the page of the report, and what cannot get out of it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/capture.h"
#include "plugin/report_names.h"
#include "plugin/report_view.h"
#include "plugin/report_write.h"

static char *text;
static size_t size;

static FILE *begin(void)
{
	free(text);
	text = NULL;
	return open_memstream(&text, &size);
}

static void expect(FILE *out, const char *wanted)
{
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, wanted);
}

static void test_text_is_harmless(void **state)
{
	FILE *out = begin();

	(void)state;
	report_text(out, "</script><!-- & \"q\" \\ \x1b[31m\n");
	expect(out, "\"\\u003c/script\\u003e\\u003c!-- \\u0026 \\\"q\\\" \\\\ ?[31m?\"");
	out = begin();
	report_html(out, "<b a=\"1\">&\x07");
	expect(out, "&lt;b a=&quot;1&quot;&gt;&amp;?");
}

static void test_text_is_cut_between_characters(void **state)
{
	char *cut;

	(void)state;
	cut = report_cut("abcdef", 6);
	assert_string_equal(cut, "abcdef");
	free(cut);
	cut = report_cut("ab\xc3\xa9"
	                 "def",
	                 6);
	assert_string_equal(cut, "ab...");
	free(cut);
}

static void test_numbers(void **state)
{
	FILE *out = begin();

	(void)state;
	report_number(out, 9007199254740.0);
	fputc(' ', out);
	report_number(out, 0.125);
	fputc(' ', out);
	report_number(out, NAN);
	expect(out, "9007199254740 0.125 null");
}

static void test_document(void **state)
{
	cJSON *json = cJSON_Parse("{\"a\":[1,true,null,\"<\"],\"long\":[],\"b\":{\"<k>\":2}}"),
	      *list = cJSON_GetObjectItem(json, "long");
	FILE *out;
	size_t commas = 0;

	(void)state;
	out = begin();
	report_document(out, json, "long");
	expect(out, "{\"a\":[1,true,null,\"\\u003c\"],\"b\":{\"\\u003ck\\u003e\":2}}");
	for (int i = 0; i < 1000; i++)
		cJSON_AddItemToArray(list, cJSON_CreateNumber(i));
	out = begin();
	report_document(out, list, NULL);
	fclose(out);
	for (const char *at = text; *at; at++)
		commas += *at == ',';
	assert_int_equal(commas, REPORT_LIST_MAX - 1);
	cJSON_Delete(json);
}

static void test_names_have_one_number(void **state)
{
	struct report_names names = {0};
	static char many[3000][16];
	FILE *out;

	(void)state;
	assert_int_equal(report_names_number(&names, "a"), 0);
	assert_int_equal(report_names_number(&names, "b<"), 1);
	assert_int_equal(report_names_number(&names, "a"), 0);
	out = begin();
	report_names_write(out, &names);
	expect(out, "[\"a\",\"b\\u003c\"]");
	for (int i = 0; i < 3000; i++) {
		snprintf(many[i], sizeof many[i], "name%d", i);
		assert_int_equal(report_names_number(&names, many[i]), i + 2);
	}
	for (int i = 0; i < 3000; i++)
		assert_int_equal(report_names_number(&names, many[i]), i + 2);
	report_names_release(&names);
}

/* ---- views -------------------------------------------------------------------- */

static struct cap_profile *load(const char *name)
{
	struct cap_profile *profile = NULL;
	struct cap_error error = {0};
	char path[512];
	unsigned char *bytes;
	size_t length;
	FILE *file;

	snprintf(path, sizeof path, PROFILES "/%s", name);
	file = fopen(path, "rb");
	assert_non_null(file);
	bytes = malloc(1 << 20);
	assert_non_null(bytes);
	length = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	assert_int_equal(cap_profile_parse(bytes, length, &profile, &error), CAP_OK);
	free(bytes);
	return profile;
}

/* A view as the page gets it, parsed. */
static cJSON *view_of(const struct cap_profile *profile, const struct cap_profile *base, const char *type,
                      size_t nodes, size_t rows)
{
	struct report_side now = {
		.profile = profile, .file = "cpu.pb.gz", .seconds = 10, .per_request = 0.001};
	struct report_side before = {.profile = base, .file = "base"};
	struct report_names names = {0};
	struct report_view view;
	struct cap_error error = {0};
	cJSON *json;
	FILE *out = begin();

	assert_int_equal(report_view_make("cpu", &now, &before, (size_t)cap_profile_type_index(profile, type),
	                                  &view, &error),
	                 0);
	report_view_write(out, &view, &names, nodes, rows);
	fclose(out);
	report_view_release(&view);
	report_names_release(&names);
	json = cJSON_Parse(text);
	assert_non_null(json);
	return json;
}

static double number(const cJSON *json, const char *name)
{
	return cJSON_GetNumberValue(cJSON_GetObjectItem(json, name));
}

static double item(const cJSON *json, const char *list, int i)
{
	return cJSON_GetNumberValue(cJSON_GetArrayItem(cJSON_GetObjectItem(json, list), i));
}

static double self_sum(const cJSON *json, int stride)
{
	double sum = 0;

	for (int i = 3; i < cJSON_GetArraySize(cJSON_GetObjectItem(json, "nodes")); i += stride)
		sum += item(json, "nodes", i);
	return sum * number(json, "scale");
}

static void test_view_holds_the_profile(void **state)
{
	struct cap_profile *profile = load("cpu.pb.gz");
	cJSON *json = view_of(profile, NULL, "cpu", 1000000, 1000000);
	double total = (double)cap_profile_total(profile, (size_t)cap_profile_type_index(profile, "cpu"));

	(void)state;
	assert_true(number(json, "total") == total);
	assert_true(number(json, "scale") == 1e7);
	assert_true(number(json, "period") == 1e7);
	assert_true(item(json, "nodes", 0) == 0);
	assert_true(item(json, "nodes", 2) * number(json, "scale") == total);
	assert_true(self_sum(json, 4) == total);
	assert_null(cJSON_GetObjectItem(json, "pruned_share"));
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "rows")),
	                 4 * (int)number(json, "functions"));
	cJSON_Delete(json);
	cap_profile_free(profile);
}

static void test_view_is_pruned_to_what_it_says(void **state)
{
	struct cap_profile *profile = load("cpu.pb.gz");
	cJSON *json = view_of(profile, NULL, "cpu", 50, 7);
	double total = number(json, "total");

	(void)state;
	assert_true(cJSON_GetArraySize(cJSON_GetObjectItem(json, "nodes")) <= 4 * 50);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "rows")), 4 * 7);
	assert_true(number(json, "pruned_below") > 0);
	assert_true(fabs(number(json, "pruned_share") - (1 - self_sum(json, 4) / total)) < 1e-6);
	cJSON_Delete(json);
	cap_profile_free(profile);
}

static void test_view_has_the_base_beside(void **state)
{
	struct cap_profile *profile = load("cpu.pb.gz"), *base = load("cpu-2.pb.gz");
	cJSON *json = view_of(profile, base, "cpu", 1000000, 1000000);
	double total = 0;

	(void)state;
	for (int i = 5; i < cJSON_GetArraySize(cJSON_GetObjectItem(json, "nodes")); i += 6)
		total += item(json, "nodes", i) * number(json, "scale");
	assert_true(total == number(json, "base_total"));
	assert_true(total == (double)cap_profile_total(base, (size_t)cap_profile_type_index(base, "cpu")));
	total = 0;
	for (int i = 4; i < cJSON_GetArraySize(cJSON_GetObjectItem(json, "rows")); i += 6)
		total += item(json, "rows", i) * number(json, "scale");
	assert_true(total == number(json, "base_total"));
	cJSON_Delete(json);
	cap_profile_free(profile);
	cap_profile_free(base);
}

static int release(void **state)
{
	(void)state;
	free(text);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_harmless),
		cmocka_unit_test(test_text_is_cut_between_characters),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_names_have_one_number),
		cmocka_unit_test(test_view_holds_the_profile),
		cmocka_unit_test(test_view_is_pruned_to_what_it_says),
		cmocka_unit_test(test_view_has_the_base_beside),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
