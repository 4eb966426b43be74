/* pod_parse.c, selector.c, quantity.c, wall_time.c: what the API server says of pods. */
#include "tests/plugin/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugin/pods.h"
#include "plugin/quantity.h"
#include "plugin/wall_time.h"

static void parse(const char *text, struct pod *ret)
{
	cJSON *json = json_of(text);
	struct error error = {0};

	if (pod_parse(json, ret, &error) != 0)
		fail_msg("%s", error.text);
	cJSON_Delete(json);
}

static const char *state_of(const char *text)
{
	static char state[128];
	struct pod pod;

	parse(text, &pod);
	pod_state(&pod, state, sizeof state);
	pod_release(&pod);
	return state;
}

#define META "'metadata':{'name':'api-1','namespace':'prod'}"

static const char whole[] =
	"{'metadata':{'name':'api-1','namespace':'prod','uid':'u-1','labels':{'app':'api','n':5},"
	"'annotations':{'profiles.grafana.com/cpu.port':'6061'},"
	"'ownerReferences':[{'kind':'Node','name':'x','uid':'y'},{'kind':'ReplicaSet','name':'api-7f','uid':'r-1',"
	"'controller':true}]},"
	"'spec':{'nodeName':'node-1','hostNetwork':true,'containers':["
	"{'name':'app','image':'api:1','ports':[{'name':'http','containerPort':8080},{'containerPort':53,"
	"'protocol':'UDP'},{'name':'bad','containerPort':70000}],'resources':{'limits':{'cpu':'1500m','memory':'1Gi'}}},"
	"{'name':'side','ports':[{'name':'pprof','containerPort':6060,'protocol':'TCP'}]}]},"
	"'status':{'phase':'Running','podIP':'10.0.0.9','podIPs':[{'ip':'10.0.0.9'},{'ip':'fd00::9'}],'startTime':'2026-01-02T03:04:05Z',"
	"'conditions':[{'type':'Initialized','status':'False'},{'type':'Ready','status':'True'}],"
	"'containerStatuses':[{'name':'side','ready':true,'restartCount':3,'lastState':{'terminated':{'reason':"
	"'OOMKilled'}}},{'name':'app','ready':true,'restartCount':1},{'name':'other','restartCount':9}]}}";

static void takes_all_of_a_pod(void **state)
{
	struct pod pod;

	(void)state;
	parse(whole, &pod);
	assert_string_equal(pod.ns, "prod");
	assert_string_equal(pod.name, "api-1");
	assert_string_equal(pod.node, "node-1");
	assert_string_equal(pod.ip, "10.0.0.9");
	assert_string_equal(pod.other_ip, "fd00::9");
	assert_string_equal(pod.owner_kind, "ReplicaSet");
	assert_string_equal(pod.owner_uid, "r-1");
	assert_int_equal(pod.started, 1767323045);
	assert_true(pod.ready && pod.host_network && !pod.terminating);
	assert_int_equal(pod.restarts, 4);
	assert_int_equal(pod.container_count, 2);
	assert_int_equal(pod.containers[0].port_count, 2);
	assert_int_equal(pod.containers[0].ports[0].number, 8080);
	assert_true(pod.containers[0].ports[0].tcp);
	assert_false(pod.containers[0].ports[1].tcp);
	assert_string_equal(pod.containers[0].ports[1].name, "");
	assert_int_equal(pod.containers[0].cpu_limit, 1500);
	assert_int_equal(pod.containers[0].memory_limit, 1 << 30);
	assert_int_equal(pod.containers[1].cpu_limit, 0);
	assert_string_equal(pod.containers[1].last_terminated, "OOMKilled");
	assert_null(pod.containers[0].last_terminated);
	assert_int_equal(pod.containers[1].restarts, 3);
	assert_int_equal(pod.label_count, 1);
	assert_string_equal(pod_annotation(&pod, "profiles.grafana.com/cpu.port"), "6061");
	assert_null(pod_annotation(&pod, "nothing"));
	assert_true(pod_usable(&pod));
	pod_release(&pod);
	pod_release(&pod);
}

static void tells_which_are_usable(void **state)
{
	static const struct {
		const char *text;
		bool usable;
	} rows[] = {
		{"{" META ",'status':{'phase':'Running','conditions':[{'type':'Ready','status':'True'}]}}",
	         true},
		{"{" META ",'status':{'phase':'Running','conditions':[{'type':'Ready','status':'False'}]}}",
	         false},
		{"{" META ",'status':{'phase':'Running'}}", false},
		{"{" META ",'status':{'phase':'Succeeded','conditions':[{'type':'Ready','status':'True'}]}}",
	         false},
		{"{'metadata':{'name':'a','namespace':'n','deletionTimestamp':'2026-01-02T03:04:05Z'},"
	         "'status':{'phase':'Running','conditions':[{'type':'Ready','status':'True'}]}}",
	         false},
	};
	struct pod pod;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		parse(rows[i].text, &pod);
		assert_int_equal(pod_usable(&pod), rows[i].usable);
		pod_release(&pod);
	}
}

static void says_the_state_as_kubectl_does(void **state)
{
	(void)state;
	assert_string_equal(state_of(whole), "Running");
	assert_string_equal(state_of("{" META "}"), "Unknown");
	assert_string_equal(state_of("{" META ",'status':{'phase':'Pending'}}"), "Pending");
	assert_string_equal(state_of("{" META ",'status':{'phase':'Failed','reason':'Evicted'}}"), "Evicted");
	assert_string_equal(
		state_of("{'metadata':{'name':'a','namespace':'n','deletionTimestamp':'x'},'status':{'phase':"
	                 "'Running'}}"),
		"Terminating");
	assert_string_equal(state_of("{" META
	                             ",'spec':{'containers':[{'name':'a'},{'name':'b'}]},'status':{'phase':"
	                             "'Running','containerStatuses':[{'name':'a','ready':true}]}}"),
	                    "not Ready (1/2)");
	assert_string_equal(
		state_of(
			"{" META ",'spec':{'containers':[{'name':'a'}]},'status':{'phase':'Running',"
			"'containerStatuses':[{'name':'a','state':{'waiting':{'reason':'CrashLoopBackOff'}}}]}}"),
		"CrashLoopBackOff");
	assert_string_equal(
		state_of("{" META ",'spec':{'containers':[{'name':'a'}]},'status':{'phase':'Failed',"
	                 "'containerStatuses':[{'name':'a','state':{'terminated':{'exitCode':2}}}]}}"),
		"ExitCode:2");
}

#define INIT(policy, statuses)                                                                               \
	"{" META ",'spec':{'initContainers':[{'name':'a'" policy                                             \
	"},{'name':'b'}]},'status':{'phase':'Pending',"                                                      \
	"'initContainerStatuses':[" statuses "]}}"
#define DONE    "'state':{'terminated':{'exitCode':0}}"
#define RUNNING "'started':true,'state':{'running':{}}"

static void says_how_far_init_containers_are(void **state)
{
	(void)state;
	assert_string_equal(state_of(INIT("", "{'name':'a'," RUNNING "},{'name':'b'}")), "Init:0/2");
	assert_string_equal(state_of(INIT("", "{'name':'a'," DONE "},{'name':'b'," RUNNING "}")), "Init:1/2");
	assert_string_equal(state_of(INIT("", "{'name':'a'," DONE "},{'name':'b'," DONE "}")), "Pending");
	assert_string_equal(
		state_of(INIT(",'restartPolicy':'Always'", "{'name':'a'," RUNNING "},{'name':'b'}")),
		"Init:1/2");
	assert_string_equal(
		state_of(INIT("", "{'name':'a','state':{'waiting':{'reason':'PodInitializing'}}}")),
		"Init:0/2");
	assert_string_equal(state_of(INIT("", "{'name':'a','state':{'waiting':{'reason':'ErrImagePull'}}}")),
	                    "Init:ErrImagePull");
	assert_string_equal(state_of(INIT("", "{'name':'a','state':{'terminated':{'exitCode':7}}}")),
	                    "Init:ExitCode:7");
}

static void refuses(const char *text, const char *says)
{
	cJSON *json = json_of(text);
	struct pod pod = {.name = (char *)1};
	struct error error = {0};

	assert_int_equal(pod_parse(json, &pod, &error), -1);
	assert_ptr_equal(pod.name, (char *)1);
	assert_has(error.text, says);
	cJSON_Delete(json);
}

static void refuses_what_is_no_pod(void **state)
{
	(void)state;
	refuses("[]", "something that is no pod");
	refuses("{}", "names a pod '' in namespace ''");
	refuses("{'metadata':{'name':'../x','namespace':'n'}}", "names a pod '../x'");
	refuses("{'metadata':{'name':'a','namespace':'n.m'}}", "in namespace 'n.m', which cannot be");
	refuses("{'metadata':{'name':'a?b','namespace':'n'}}", "which cannot be");
	refuses("{'metadata':{'name':5,'namespace':'n'}}", "which cannot be");
}

/* Wrong types everywhere, lists without end, control characters: cut and cleaned, no crash. */
static void survives_hostile_pods(void **state)
{
	static const char *const odd[] = {
		"{" META ",'spec':[],'status':'x'}",
		"{" META
		",'spec':{'containers':{'a':{'name':[]}}},'status':{'containerStatuses':{'x':{'name':5}}}}",
		"{" META
		",'spec':{'containers':[null,5,'x',{'ports':[null,{'containerPort':'80'},{'containerPort':-1},"
		"{'containerPort':1e300},{'containerPort':80.9}]}]},'status':{'conditions':[null,{'type':5}]}}",
		"{" META
		",'spec':{'initContainers':5},'status':{'initContainerStatuses':[null,5],'phase':null}}",
		"{'metadata':{'name':'a','namespace':'n','labels':[1],'annotations':'x','ownerReferences':{'a':1}}}",
	};
	char *big = malloc(400000);
	size_t size;
	struct pod pod;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(odd); i++)
		assert_non_null(state_of(odd[i]));
	size = (size_t)sprintf(big, "{" META ",'spec':{'containers':[");
	for (int i = 0; i < 100; i++) {
		size += (size_t)sprintf(big + size, "%s{'name':'c%d','ports':[", i ? "," : "", i);
		for (int j = 0; j < 100; j++)
			size += (size_t)sprintf(big + size, "%s{'containerPort':%d}", j ? "," : "", j + 1);
		size += (size_t)sprintf(big + size, "]}");
	}
	sprintf(big + size, "]}}");
	parse(big, &pod);
	assert_int_equal(pod.container_count, 64);
	assert_int_equal(pod.containers[63].port_count, 64);
	pod_release(&pod);
	size = (size_t)sprintf(big, "{'metadata':{'name':'a','namespace':'n','labels':{");
	for (int i = 0; i < 300; i++)
		size += (size_t)sprintf(big + size, "'l%d':'\\u001b[31m',", i);
	size += (size_t)sprintf(big + size, "'z':'");
	memset(big + size, 'z', 5000);
	sprintf(big + size + 5000, "'},'annotations':{'k':'");
	size = strlen(big);
	memset(big + size, 'z', 5000);
	sprintf(big + size + 5000, "'}},'spec':{'nodeName':'");
	size = strlen(big);
	memset(big + size, 'n', 500);
	sprintf(big + size + 500, "'}}");
	parse(big, &pod);
	assert_int_equal(pod.label_count, 256);
	assert_string_equal(pod.labels[0].value, "?[31m");
	assert_int_equal(strlen(pod_annotation(&pod, "k")), 4096);
	assert_int_equal(strlen(pod.node), 253);
	pod_release(&pod);
	free(big);
}

static void names(void **state)
{
	char name[260];

	(void)state;
	assert_true(name_valid("a"));
	assert_true(name_valid("api-7f.x-1"));
	assert_false(name_valid(""));
	assert_false(name_valid("-a"));
	assert_false(name_valid("a-"));
	assert_false(name_valid(".a"));
	assert_false(name_valid("a..b"));
	assert_false(name_valid("A"));
	assert_false(name_valid("a/b"));
	assert_false(name_valid("a b"));
	assert_false(name_valid("a?b"));
	memset(name, 'a', sizeof name);
	name[253] = '\0';
	assert_true(name_valid(name));
	name[253] = 'a';
	name[254] = '\0';
	assert_false(name_valid(name));
}

static void tells_a_pod_from_what_stands_for_pods(void **state)
{
	static const char *const pods[] = {"api-0", "pod/api-0", "po/api-0", "pods/api-0"};
	static const char *const others[] = {"deploy/api",  "svc/api", "sts/api",
	                                     "nothing/api", "pod/A B", ""};

	(void)state;
	for (size_t i = 0; i < sizeof pods / sizeof *pods; i++)
		assert_true(pod_query_is_pod(&(struct pod_query){.target = pods[i]}));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(pod_query_is_pod(&(struct pod_query){.target = others[i]}));
	assert_false(pod_query_is_pod(&(struct pod_query){.selector = "app=api"}));
}

/* ---- selectors -------------------------------------------------------------------------- */

static void selects(const char *text, const char *wanted)
{
	cJSON *json = json_of(text);
	struct error error = {0};
	char *ret = selector_text(json, &error);

	if (wanted)
		assert_string_equal(ret ? ret : error.text, wanted);
	else
		assert_null(ret);
	assert_int_equal(!ret, *error.text != '\0');
	free(ret);
	cJSON_Delete(json);
}

static void builds_selectors(void **state)
{
	(void)state;
	selects("{}", "");
	selects("{'matchLabels':{'app':'api'}}", "app=api");
	selects("{'matchLabels':{'app.kubernetes.io/name':'api','tier':''}}",
	        "app.kubernetes.io/name=api,tier=");
	selects("{'matchLabels':{'a':'b'},'matchExpressions':[{'key':'c','operator':'In','values':['d','e']},"
	        "{'key':'f','operator':'NotIn','values':['g']},{'key':'h','operator':'Exists'},"
	        "{'key':'i','operator':'DoesNotExist'}]}",
	        "a=b,c in (d,e),f notin (g),h,!i");
	selects("{'matchLabels':{'a':5}}", NULL);
	selects("{'matchLabels':{'a':'b,c=d'}}", NULL);
	selects("{'matchLabels':{'a b':'c'}}", NULL);
	selects("{'matchLabels':{'':'c'}}", NULL);
	selects("{'matchLabels':{'a/b/c':'c'}}", NULL);
	selects("{'matchExpressions':[{'key':'c','operator':'In','values':[]}]}", NULL);
	selects("{'matchExpressions':[{'key':'c','operator':'In','values':['x)']}]}", NULL);
	selects("{'matchExpressions':[{'key':'c','operator':'In','values':[5]}]}", NULL);
	selects("{'matchExpressions':[{'key':'c','operator':'Gt','values':['1']}]}", NULL);
	selects("{'matchExpressions':[{'operator':'Exists'}]}", NULL);
	selects("{'matchExpressions':['x']}", NULL);
}

static void selectors_have_a_ceiling(void **state)
{
	char *text = malloc(40000);
	size_t size = (size_t)sprintf(text, "{'matchLabels':{");

	(void)state;
	for (int i = 0; i < 2000; i++)
		size += (size_t)sprintf(text + size, "%s'k%d':'v'", i ? "," : "", i);
	sprintf(text + size, "}}");
	selects(text, NULL);
	free(text);
}

/* ---- quantities and times ------------------------------------------------------------------ */

static const struct {
	const char *text;
	int places;
	int64_t value;
} amounts[] = {
	{"0", 0, 0},
	{"1", 0, 1},
	{"+1", 0, 1},
	{"-1", 0, -1},
	{"100m", 3, 100},
	{"100m", 9, 100000000},
	{"1", 3, 1000},
	{"1.5", 3, 1500},
	{".5", 3, 500},
	{"5.", 0, 5},
	{"123456789n", 9, 123456789},
	{"1n", 3, 1}, /* up */
	{"1000001n", 3, 2},
	{"1000000n", 3, 1},
	{"-1n", 3, -1}, /* away from zero */
	{"1u", 9, 1000},
	{"250u", 3, 1},
	{"2k", 0, 2000},
	{"3M", 0, 3000000},
	{"4G", 0, 4000000000},
	{"5T", 0, 5000000000000},
	{"6P", 0, 6000000000000000},
	{"7E", 0, 7000000000000000000},
	{"1Ki", 0, 1024},
	{"1Mi", 0, 1048576},
	{"1Gi", 0, 1073741824},
	{"1Ti", 0, 1099511627776},
	{"1Pi", 0, 1125899906842624},
	{"1Ei", 0, 1152921504606846976},
	{"0.5Gi", 0, 536870912},
	{"1.1Ki", 0, 1127},
	{"1e3", 0, 1000},
	{"1E3", 0, 1000},
	{"12e-1", 0, 2},
	{"1e-3", 3, 1},
	{"1.25e2", 0, 125},
	{"0.000000001", 0, 1},
	{"1e-1000", 0, 1},
	{"0e99999999999", 0, 0},
	{"8Ei", 0, INT64_MAX},
	{"9E", 3, INT64_MAX},
	{"1e999", 0, INT64_MAX},
	{"-1e999", 0, -INT64_MAX},
	{"9223372036854775807", 0, INT64_MAX},
	{"9223372036854775808", 0, INT64_MAX},
	{"9223372036854775806", 0, INT64_MAX - 1},
	{"123456789012345678901234567890", 0, INT64_MAX},
	{"0000000000000000000000000000001", 0, 1},
	{"1.00000000000000000000000000000000001", 0, 2},
};
static const char *const no_amounts[] = {"",    "+",    "-",    ".",     "k",   "Ki",  "1K",    "1ki",
                                         "1kk", "1e",   "1e+",  "1 ",    " 1",  "1,5", "1.2.3", "0x10",
                                         "1mi", "1Kii", "1e1k", "1e1.5", "--1", "inf", "1_000"};

static void quantities(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(amounts); i++) {
		int64_t value = 77;

		if (quantity_parse(amounts[i].text, amounts[i].places, &value) != 0 ||
		    value != amounts[i].value)
			fail_msg("'%s' is %lld", amounts[i].text, (long long)value);
	}
	for (size_t i = 0; i < COUNT_OF(no_amounts); i++) {
		int64_t value = 77;

		if (quantity_parse(no_amounts[i], 0, &value) != -1 || value != 77)
			fail_msg("'%s' is taken as %lld", no_amounts[i], (long long)value);
	}
	assert_int_equal(quantity_milli(0), 0);
	assert_int_equal(quantity_milli(1), 1);
	assert_int_equal(quantity_milli(1000000), 1);
	assert_int_equal(quantity_milli(1000001), 2);
}

static void times(void **state)
{
	(void)state;
	assert_int_equal(wall_time_parse("1970-01-01T00:00:01Z"), 1);
	assert_int_equal(wall_time_parse("2026-01-02T03:04:05Z"), 1767323045);
	assert_int_equal(wall_time_parse("2026-01-02T03:04:05.123456Z"), 1767323045);
	assert_int_equal(wall_time_parse("2026-01-02T05:04:05+02:00"), 1767323045);
	assert_int_equal(wall_time_parse("2026-01-01T21:34:05-05:30"), 1767323045);
	assert_int_equal(wall_time_parse(""), 0);
	assert_int_equal(wall_time_parse("2026-01-02"), 0);
	assert_int_equal(wall_time_parse("2026-01-02T03:04:05"), 0);
	assert_int_equal(wall_time_parse("2026-01-02T03:04:05+x"), 0);
	assert_int_equal(wall_time_parse("yesterday"), 0);
}

static void is_known_by_each_of_its_addresses(void **state)
{
	char four[] = "10.0.0.9", six[] = "fd00::9", none[] = "";
	const struct pod dual = {.ip = four, .other_ip = six}, six_only = {.ip = six, .other_ip = none};

	(void)state;
	assert_true(pod_is_at(&dual, "http://10.0.0.9:8080/x"));
	assert_true(pod_is_at(&dual, "http://[fd00::9]:8080/x"));
	assert_true(pod_is_at(&dual, "http://[FD00:0::9]/"));
	assert_false(pod_is_at(&dual, "http://10.0.0.99/"));
	assert_false(pod_is_at(&dual, "http://[fd00::99]/"));
	assert_true(pod_is_at(&six_only, "http://[fd00::9]"));
	assert_false(pod_is_at(&six_only, "http://10.0.0.9/"));
	assert_false(pod_is_at(&six_only, "http:///"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_all_of_a_pod),
		cmocka_unit_test(is_known_by_each_of_its_addresses),
		cmocka_unit_test(tells_which_are_usable),
		cmocka_unit_test(says_the_state_as_kubectl_does),
		cmocka_unit_test(says_how_far_init_containers_are),
		cmocka_unit_test(refuses_what_is_no_pod),
		cmocka_unit_test(survives_hostile_pods),
		cmocka_unit_test(names),
		cmocka_unit_test(tells_a_pod_from_what_stands_for_pods),
		cmocka_unit_test(builds_selectors),
		cmocka_unit_test(selectors_have_a_ceiling),
		cmocka_unit_test(quantities),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
