/* pprof_port.c: where pprof may be, best first, and where the load goes. */
#include "tests/plugin/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugin/pprof_port.h"

/* A pod with these ports of one container and these annotations, both as JSON. */
static void parse(const char *ports, const char *annotations, struct pod *ret)
{
	char text[4096];
	struct error error = {0};
	cJSON *json;

	snprintf(text, sizeof text,
	         "{'metadata':{'name':'a','namespace':'n','annotations':{%s}},"
	         "'spec':{'containers':[{'name':'app','ports':[%s]}]}}",
	         annotations, ports);
	json = json_of(text);
	assert_int_equal(pod_parse(json, ret, &error), 0);
	cJSON_Delete(json);
}

/* Candidates as "scheme:port/path (why) container", by '|'. */
static void finds(const char *ports, const char *annotations, uint16_t port, const char *path,
                  const char *wanted)
{
	struct pprof_candidate list[PPROF_CANDIDATES_MAX];
	char text[2048] = "";
	struct pod pod;
	size_t count;

	parse(ports, annotations, &pod);
	count = pprof_candidates(&pod, port, path, list);
	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s:%u%s (%s)%s%s", i ? "|" : "",
		         list[i].scheme, (unsigned)list[i].port, list[i].path, list[i].why,
		         *list[i].container ? " " : "", list[i].container);
	assert_string_equal(text, wanted);
	pod_release(&pod);
}

#define USUAL    "http:6060/debug/pprof (Go's usual pprof port)"
#define NAMED(n) "{'name':'" n "','containerPort':7000}"

static void goes_by_rank(void **state)
{
	(void)state;
	finds("", "", 0, NULL, USUAL);
	finds("", "", 9000, NULL, "http:9000/debug/pprof (--pprof-port)");
	finds(NAMED("pprof"), "'pyroscope.io/port':'1'", 7000, "/x/", "http:7000/x (--pprof-port) app");
	finds(NAMED("pprof"), "", 0, NULL, "http:7000/debug/pprof (container port 'pprof') app|" USUAL);
	finds(NAMED("http") ",{'name':'app-pprof','containerPort':1},{'name':'pprof-x','containerPort':2},"
	                    "{'name':'apprpof','containerPort':3},{'name':'pprof','containerPort':4,'protocol':'UDP'}",
	      "", 0, NULL,
	      "http:1/debug/pprof (container port 'app-pprof') app|http:2/debug/pprof (container port 'pprof-x') app|" USUAL);
	finds(NAMED("pprof"),
	      "'pyroscope.io/port':'5','profiles.grafana.com/memory.port':'4','profiles.grafana.com/cpu.port':'3'",
	      0, NULL,
	      "http:3/debug/pprof (annotation profiles.grafana.com/cpu.port)|"
	      "http:4/debug/pprof (annotation profiles.grafana.com/memory.port)|"
	      "http:5/debug/pprof (annotation pyroscope.io/port)|"
	      "http:7000/debug/pprof (container port 'pprof') app|" USUAL);
}

static void no_two_are_the_same(void **state)
{
	(void)state;
	finds("{'name':'pprof','containerPort':6060}",
	      "'profiles.grafana.com/cpu.port':'6060','profiles.grafana.com/memory.port':'6060'", 0, NULL,
	      "http:6060/debug/pprof (annotation profiles.grafana.com/cpu.port) app");
	finds("", "'profiles.grafana.com/cpu.port':'6060','profiles.grafana.com/cpu.scheme':'https'", 0, NULL,
	      "https:6060/debug/pprof (annotation profiles.grafana.com/cpu.port)|" USUAL);
}

static void reads_annotations(void **state)
{
	(void)state;
	finds(NAMED("debug"), "'profiles.grafana.com/cpu.port_name':'debug'", 0, NULL,
	      "http:7000/debug/pprof (annotation profiles.grafana.com/cpu.port_name) app|" USUAL);
	finds("", "'profiles.grafana.com/cpu.port_name':'nowhere'", 0, NULL, USUAL);
	finds("", "'profiles.grafana.com/cpu.port':'1','profiles.grafana.com/cpu.path':'/p/profile'", 0, NULL,
	      "http:1/p (annotation profiles.grafana.com/cpu.port)|" USUAL);
	finds("",
	      "'profiles.grafana.com/goroutine.port':'1','profiles.grafana.com/goroutine.path':'/p/goroutine'",
	      0, NULL, "http:1/p (annotation profiles.grafana.com/goroutine.port)|" USUAL);
	finds("", "'profiles.grafana.com/memory.port':'1','profiles.grafana.com/memory.path':'/p/heap'", 0,
	      "q",
	      "http:1/q (annotation profiles.grafana.com/memory.port)|http:6060/q (Go's usual pprof port)");
	finds("",
	      "'profiles.grafana.com/cpu.port':'0','pyroscope.io/port':'65536','profiles.grafana.com/memory.port':'x',"
	      "'profiles.grafana.com/mutex.port':'-1','profiles.grafana.com/block.port':'80x'",
	      0, NULL, USUAL);
	/* what cannot stand in a request line */
	finds("", "'profiles.grafana.com/cpu.port':'1','profiles.grafana.com/cpu.path':'/p x'", 0, NULL,
	      "http:1/debug/pprof (annotation profiles.grafana.com/cpu.port)|" USUAL);
	finds("", "'profiles.grafana.com/cpu.port':'1','profiles.grafana.com/cpu.path':''", 0, NULL,
	      "http:1/debug/pprof (annotation profiles.grafana.com/cpu.port)|" USUAL);
}

static void sixteen_at_most_and_6060_last(void **state)
{
	struct pprof_candidate list[PPROF_CANDIDATES_MAX];
	char ports[2000] = "";
	struct pod pod;

	(void)state;
	for (int i = 0; i < 30; i++)
		snprintf(ports + strlen(ports), sizeof ports - strlen(ports),
		         "%s{'name':'pprof-%d','containerPort':%d}", i ? "," : "", i, 100 + i);
	parse(ports, "", &pod);
	assert_int_equal(pprof_candidates(&pod, 0, NULL, list), PPROF_CANDIDATES_MAX);
	assert_int_equal(list[0].port, 100);
	assert_int_equal(list[PPROF_CANDIDATES_MAX - 1].port, 6060);
	pod_release(&pod);
}

/* 0: none. */
static void load_goes_to(const char *ports, const char *annotations, uint16_t wanted, const char *wanted_why)
{
	struct error error = {0};
	uint16_t port = 0;
	char why[128] = "";
	struct pod pod;
	int status;

	parse(ports, annotations, &pod);
	status = pod_http_port(&pod, &port, why, &error);
	assert_int_equal(port, wanted);
	assert_string_equal(status ? error.text : why, wanted_why);
	assert_int_equal(error.exit, status ? EXIT_USAGE : 0);
	if (status == 0)
		assert_int_equal(pod_http_port(&pod, &port, NULL, &error), 0);
	pod_release(&pod);
}

#define PORT(name, number) "{'name':'" name "','containerPort':" number "}"

static void load_port(void **state)
{
	(void)state;
	load_goes_to(PORT("grpc", "9") "," PORT("http", "8"), "", 8, "container port 'http'");
	load_goes_to(PORT("grpc", "9") "," PORT("http-api", "8"), "", 8, "container port 'http-api'");
	load_goes_to(PORT("pprof", "9") "," PORT("web", "8"), "", 8, "container port 'web'");
	load_goes_to(PORT("pprof", "9") "," PORT("", "7"), "", 7, "first TCP container port");
	load_goes_to(PORT("x", "6060") "," PORT("y", "7"), "", 7, "container port 'y'");
	load_goes_to("{'name':'dns','containerPort':53,'protocol':'UDP'}," PORT("y", "7"), "", 7,
	             "container port 'y'");
	load_goes_to(PORT("debug", "9") "," PORT("y", "7"), "'profiles.grafana.com/cpu.port':'9'", 7,
	             "container port 'y'");
	load_goes_to(PORT("debug", "9"), "'profiles.grafana.com/cpu.port':'9'", 9, "container port 'debug'");
	load_goes_to(
		PORT("pprof", "9") "," PORT("x", "6060"), "", 0,
		"pod 'a' declares no HTTP port to send load to; give --port PORT (a port in the pod) or --url URL");
	load_goes_to(
		"", "", 0,
		"pod 'a' declares no HTTP port to send load to; give --port PORT (a port in the pod) or --url URL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_by_rank),      cmocka_unit_test(no_two_are_the_same),
		cmocka_unit_test(reads_annotations), cmocka_unit_test(sixteen_at_most_and_6060_last),
		cmocka_unit_test(load_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
