/* ranking.c, ranking_print.c, usage.c: which pod is taken, and why. */
#include "tests/plugin/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugin/ranking.h"

static struct pod pods[8];
static struct ranked_pod items[8];
static struct ranking ranking;

/* A ranking of pods that have no usage yet. */
static void begin(enum ranking_by by, enum ranking_source source)
{
	memset(pods, 0, sizeof pods);
	memset(items, 0, sizeof items);
	ranking = (struct ranking){
		.items = items, .by = by, .source = source, .pods = {.what = "deployment/api"}};
}

static struct ranked_pod *add(const char *ns, const char *name, int64_t milli, int64_t bytes)
{
	struct pod *pod = &pods[ranking.count];
	struct ranked_pod *ret = &items[ranking.count++];

	*pod = (struct pod){.ns = (char *)ns,
	                    .name = (char *)name,
	                    .node = "",
	                    .uid = "",
	                    .phase = "Running",
	                    .reason = "",
	                    .init_state = "",
	                    .ready = true};
	*ret = (struct ranked_pod){.pod = pod, .measured = milli >= 0, .usable = true};
	if (ret->measured)
		ret->usage = (struct pod_usage){.cpu_nano = milli * 1000000,
		                                .cpu_milli = milli,
		                                .memory_bytes = bytes,
		                                .window = 15000000000,
		                                .timestamp = "2026-01-02T14:03:10Z"};
	return ret;
}

/* The names in order. */
static const char *order(void)
{
	static char text[256];

	*text = '\0';
	ranking_sort(&ranking);
	for (size_t i = 0; i < ranking.count; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
		         items[i].pod->name);
	return text;
}

static void orders_as_kubectl_top(void **state)
{
	(void)state;
	begin(RANK_CPU, RANKED_BY_METRICS);
	add("n", "idle", 0, 900);
	add("n", "unmeasured", -1, 0);
	add("n", "busy", 900, 1);
	add("n", "half", 450, 5);
	assert_string_equal(order(), "busy half idle unmeasured");
	ranking.by = RANK_MEMORY;
	assert_string_equal(order(), "idle half busy unmeasured");
	begin(RANK_CPU, RANKED_BY_METRICS);
	assert_string_equal(order(), "");
}

static void ties_go_by_namespace_and_name(void **state)
{
	(void)state;
	begin(RANK_CPU, RANKED_BY_METRICS);
	add("b", "first-of-b", 5, 10);
	add("a", "z-of-a", 5, 30);
	add("a", "y-of-a", 5, 20);
	add("b", "none-2", -1, 0);
	add("a", "none-9", -1, 0);
	items[1].usage.cpu_nano = 4000001; /* the same when rounded up to milli */
	assert_string_equal(order(), "y-of-a z-of-a first-of-b none-9 none-2");
}

static const char *picked(void)
{
	const struct ranked_pod *ret = NULL;
	struct error error = {0};

	assert_int_equal(ranking_pick(&ranking, &ret, &error), 0);
	return ret->pod->name;
}

static void picks_the_first_usable(void **state)
{
	(void)state;
	begin(RANK_CPU, RANKED_BY_METRICS);
	add("n", "ending", 900, 0)->usable = false;
	add("n", "good", 500, 0);
	add("n", "new", -1, 0);
	assert_string_equal(picked(), "good");
	items[1].usable = false;
	assert_string_equal(picked(), "new");
	begin(RANK_CPU, RANKED_BY_NONE);
	add("n", "a", -1, 0)->usable = false;
	add("n", "b", -1, 0);
	add("n", "c", -1, 0);
	assert_string_equal(picked(), "b");
}

static void says_why_none_is_usable(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};
	const struct ranked_pod *ret = (struct ranked_pod *)1;
	struct error error = {0};

	(void)state;
	begin(RANK_CPU, RANKED_BY_NONE);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		add("n", names[i], -1, 0)->usable = false;
		pods[i].phase = "Pending";
	}
	pods[1].terminating = true;
	assert_int_equal(ranking_pick(&ranking, &ret, &error), -1);
	assert_ptr_equal(ret, (struct ranked_pod *)1);
	assert_string_equal(error.text,
	                    "no ready pod among the 7 of deployment/api: a: Pending, b: Terminating, "
	                    "c: Pending, d: Pending, e: Pending and 2 more");
}

static const char *reason(const struct ranked_pod *ranked)
{
	static char text[256];

	ranking_reason(&ranking, ranked, text, sizeof text);
	return text;
}

static void says_why_this_one(void **state)
{
	struct ranked_pod *one;

	(void)state;
	begin(RANK_CPU, RANKED_BY_METRICS);
	one = add("n", "a", 412, 3 << 20);
	assert_string_equal(reason(one),
	                    "the CPU of 1 ready pod: 412m (metrics of 14:03:10 UTC, window 15s)");
	add("n", "b", 1, 1);
	add("n", "c", 1, 1)->usable = false;
	assert_string_equal(reason(one),
	                    "highest CPU of 2 ready pods: 412m (metrics of 14:03:10 UTC, window 15s)");
	add("n", "d", 412, 1);
	assert_string_equal(
		reason(one),
		"highest CPU of 3 ready pods: 412m, as 1 other (metrics of 14:03:10 UTC, window 15s)");
	add("n", "e", 412, 1);
	add("n", "f", 412, 1)->usable = false;
	assert_string_equal(
		reason(one),
		"highest CPU of 4 ready pods: 412m, as 2 others (metrics of 14:03:10 UTC, window 15s)");
	ranking.by = RANK_MEMORY;
	ranking.source = RANKED_BY_KUBELET;
	one->usage.window = 0;
	*one->usage.timestamp = '\0';
	assert_string_equal(reason(one),
	                    "highest memory of 4 ready pods: 3Mi (kubelet summary of unknown UTC)");
	begin(RANK_CPU, RANKED_BY_NONE);
	one = add("n", "a", -1, 0);
	assert_string_equal(reason(one), "the only pod of deployment/api");
	add("n", "b", -1, 0);
	strcpy(ranking.note, "no metrics: because; first ready pod taken");
	assert_string_equal(reason(one), ranking.note);
}

/* ---- figures ------------------------------------------------------------------------------ */

static int figures(const char *text, struct pod_usage *ret)
{
	cJSON *json = json_of(text);
	struct error error = {0};
	int status = usage_parse(json, ret, &error);

	assert_int_equal(status < 0, *error.text != '\0');
	cJSON_Delete(json);
	return status;
}

static void tells_a_pods_part_of_the_work(void **state)
{
	const time_t at = 1767362590; /* of the timestamp of add() */
	time_t first = 1, last = 2;
	struct ranked_pod *one;

	(void)state;
	begin(RANK_CPU, RANKED_BY_METRICS);
	one = add("n", "a", 300, 0);
	assert_float_equal(ranking_cpu_share(&ranking, one, &first, &last), 1, 1e-9);
	assert_int_equal(first, at - 15);
	assert_int_equal(last, at);
	add("n", "b", 100, 0);
	strcpy(items[1].usage.timestamp, "2026-01-02T14:03:00Z");
	items[1].usage.window = 0; /* taken as 15 s */
	add("n", "ending", 500, 0)->usable = false;
	assert_float_equal(ranking_cpu_share(&ranking, one, &first, &last), 0.75, 1e-9);
	assert_int_equal(first, at - 25);
	assert_int_equal(last, at - 10);
	items[1].usage.timestamp[0] = '\0';
	assert_float_equal(ranking_cpu_share(&ranking, one, &first, &last), 0, 0);
	items[1].measured = false;
	assert_float_equal(ranking_cpu_share(&ranking, one, &first, &last), 0, 0);
	begin(RANK_CPU, RANKED_BY_METRICS);
	assert_float_equal(ranking_cpu_share(&ranking, add("n", "a", 0, 0), &first, &last), 0, 0);
}

static void sums_the_containers(void **state)
{
	struct pod_usage usage = {.cpu_nano = 77};

	(void)state;
	assert_int_equal(
		figures("{'timestamp':'2026-01-02T03:04:05Z','window':'15.25s','containers':["
	                "{'usage':{'cpu':'1500001n','memory':'1Mi'}},{'usage':{'cpu':'250m','memory':'500'}},{}]}",
	                &usage),
		0);
	assert_int_equal(usage.cpu_nano, 251500001);
	assert_int_equal(usage.cpu_milli, 252);
	assert_int_equal(usage.memory_bytes, 1049076);
	assert_int_equal(usage.window, 15250000000);
	assert_string_equal(usage.timestamp, "2026-01-02T03:04:05Z");
	assert_int_equal(figures("{'containers':[]}", &usage), 0);
	assert_int_equal(usage.cpu_milli, 0);
	assert_int_equal(usage.window, 0);
	assert_int_equal(figures("{'containers':[{'usage':{'cpu':'9E'}},{'usage':{'cpu':'9E'}}]}", &usage),
	                 0);
	assert_int_equal(usage.cpu_nano, INT64_MAX);
	usage.cpu_nano = 77;
	assert_int_equal(figures("{}", &usage), -1);
	assert_int_equal(figures("{'containers':[{'usage':{'cpu':'x'}}]}", &usage), -1);
	assert_int_equal(figures("{'containers':[{'usage':{'cpu':5}}]}", &usage), -1);
	assert_int_equal(figures("{'containers':[{'usage':{'cpu':'-5m'}}]}", &usage), -1);
	assert_int_equal(figures("{'containers':[{'usage':{'memory':'1\\u001b[31m'}}]}", &usage), -1);
	assert_int_equal(usage.cpu_nano, 77);
}

/* ---- the table -------------------------------------------------------------------------------- */

static char *printed(bool all_namespaces, bool headers)
{
	char *ret = NULL;
	size_t size;
	FILE *out = open_memstream(&ret, &size);

	ranking_print(out, &ranking, all_namespaces, headers);
	fclose(out);
	return ret;
}

static void prints_a_table(void **state)
{
	char *text;

	(void)state;
	begin(RANK_CPU, RANKED_BY_METRICS);
	add("prod", "api-1", 412, 100 << 20);
	add("prod", "worker", -1, 0);
	pods[0].node = "node-1";
	pods[0].restarts = 12;
	text = printed(true, true);
	assert_string_equal(
		text,
		"NAMESPACE   NAME     CPU(cores)   MEMORY(bytes)   READY   RESTARTS   STATUS    NODE\n"
		"prod        api-1    412m         100Mi           0/0     12         Running   node-1\n"
		"prod        worker   -            -               0/0     0          Running   <none>\n");
	free(text);
	text = printed(false, false);
	assert_string_equal(text, "api-1    412m   100Mi   0/0   12   Running   node-1\n"
	                          "worker   -      -       0/0   0    Running   <none>\n");
	free(text);
}

static void gives_json(void **state)
{
	cJSON *json, *list;

	(void)state;
	begin(RANK_MEMORY, RANKED_BY_KUBELET);
	add("prod", "api-1", 412, 100);
	add("prod", "worker", -1, 0)->usable = false;
	strcpy(ranking.note, "a note");
	json = ranking_json(&ranking);
	list = cJSON_GetObjectItem(json, "pods");
	assert_string_equal(cJSON_GetObjectItem(json, "source")->valuestring, "kubelet");
	assert_string_equal(cJSON_GetObjectItem(json, "by")->valuestring, "memory");
	assert_string_equal(cJSON_GetObjectItem(json, "note")->valuestring, "a note");
	assert_int_equal(cJSON_GetArraySize(list), 2);
	assert_int_equal(
		cJSON_GetObjectItem(cJSON_GetObjectItem(list->child, "usage"), "cpuMillicores")->valueint,
		412);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(list->child, "usable")));
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(list->child->next, "usage")));
	cJSON_Delete(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_as_kubectl_top),
		cmocka_unit_test(ties_go_by_namespace_and_name),
		cmocka_unit_test(picks_the_first_usable),
		cmocka_unit_test(says_why_none_is_usable),
		cmocka_unit_test(says_why_this_one),
		cmocka_unit_test(tells_a_pods_part_of_the_work),
		cmocka_unit_test(sums_the_containers),
		cmocka_unit_test(prints_a_table),
		cmocka_unit_test(gives_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
