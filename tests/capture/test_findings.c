/* Findings: real programs with one fault each, by Go of three ages, and their healthy twins; and by hand. */
#include "tests/capture/profile_help.h"

#include <stdlib.h>

static const char *const versions[] = {"1.19.13", "1.24.13", "1.26.8"};

/* The finding that a fault's program must lead to, and who causes it. The twin must not have it. */
static const struct {
	const char *fault, *caller;
} faults[] = {
	{"allocation", "main.allocation"},
	{"gc-mark", "main.allocateBuffer"},
	{"gc-assist", "main.assist"},
	{"mutex-contention", "main.lock"},
	{"runtime-locks", NULL},
	{"scheduler", NULL},
	{"syscalls", "main.write"},
	{"maps", "main.count"},
	{"json-reflect", "main.encode"},
	{"tls-handshake", NULL},
	{"string-conversion", "main.join"},
	{"interface-boxing", "main.box"},
	{"regexp-compile", "main.check"},
	{"fmt", "main.key"},
	{"logging", "main.logLine"},
	{"clock", "main.stamp"},
	{"copies", "main.copyPage"},
};

static const struct cap_finding *finding_of(const struct cap_findings *findings, const char *name)
{
	for (size_t i = 0; i < findings->count; i++)
		if (strcmp(findings->items[i].name, name) == 0)
			return &findings->items[i];
	return NULL;
}

/* What holds of all findings. */
static void check_sums(const struct cap_findings *findings)
{
	double sum = 0;

	for (size_t i = 0; i < findings->count; i++) {
		const struct cap_finding *finding = &findings->items[i];
		int64_t callers = 0;

		assert_true(finding->share > finding->threshold);
		assert_true(i == 0 || finding->value <= findings->items[i - 1].value);
		assert_true(*finding->title && *finding->means && *finding->todo && *finding->function);
		for (size_t c = 0; c < finding->caller_count; c++)
			callers += finding->callers[c].value;
		if (strcmp(finding->name, "gc-mark") != 0)
			assert_true(callers <= finding->value);
		sum += finding->share;
	}
	assert_true(sum <= 1 + 1e-9);
}

static void check_fault(const char *version, const char *fault, const char *caller)
{
	char name[128];
	struct cap_profile *profile;
	struct cap_findings findings;
	struct cap_error error;
	const struct cap_finding *finding;

	snprintf(name, sizeof name, "%s/%s.pb.gz", version, fault);
	profile = profile_read(name);
	assert_int_equal(cap_findings_make(profile, &findings, &error), CAP_OK);
	check_sums(&findings);
	finding = finding_of(&findings, fault);
	if (!finding)
		fail_msg("%s: not found", name);
	if (finding->confidence != CAP_SURE_HIGH)
		fail_msg("%s: %llu samples, sure %d", name, (unsigned long long)findings.samples,
		         (int)finding->confidence);
	if (caller) {
		if (!finding->caller_count || strcmp(finding->callers[0].function, caller) != 0)
			fail_msg("%s: caused by %s", name,
			         finding->caller_count ? finding->callers[0].function : "nobody");
		assert_true(finding->callers[0].own && finding->callers[0].line > 0);
		assert_non_null(strstr(finding->callers[0].file, ".go"));
	}
	cap_findings_release(&findings);
	cap_profile_free(profile);
}

static void check_twin(const char *version, const char *fault)
{
	char name[128];
	struct cap_profile *profile;
	struct cap_findings findings;
	struct cap_error error;

	snprintf(name, sizeof name, "%s/%s-twin.pb.gz", version, fault);
	profile = profile_read(name);
	assert_int_equal(cap_findings_make(profile, &findings, &error), CAP_OK);
	if (findings.refused[0])
		fail_msg("%s: %s", name, findings.refused);
	check_sums(&findings);
	if (finding_of(&findings, fault))
		fail_msg("%s: found in the healthy twin", name);
	cap_findings_release(&findings);
	cap_profile_free(profile);
}

static void each_fault_is_found_and_its_twin_is_not(void **state)
{
	(void)state;
	for (size_t v = 0; v < COUNT_OF(versions); v++)
		for (size_t i = 0; i < COUNT_OF(faults); i++) {
			check_fault(versions[v], faults[i].fault, faults[i].caller);
			check_twin(versions[v], faults[i].fault);
		}
}

/* Places add up to all of the profile, each stack once. */
static void places_add_up(void **state)
{
	(void)state;
	for (size_t v = 0; v < COUNT_OF(versions); v++)
		for (size_t i = 0; i < COUNT_OF(faults); i++) {
			char name[128];
			struct cap_profile *profile;
			struct cap_place *places;
			size_t count, type;
			int64_t sum = 0;

			snprintf(name, sizeof name, "%s/%s.pb.gz", versions[v], faults[i].fault);
			profile = profile_read(name);
			type = (size_t)cap_profile_type_index(profile, "cpu");
			assert_int_equal(cap_profile_places(profile, type, &places, &count, NULL), CAP_OK);
			for (size_t p = 0; p < count; p++) {
				assert_true(p == 0 || places[p].value <= places[p - 1].value);
				assert_true(places[p].own == (strncmp(places[p].function, "main.", 5) == 0));
				sum += places[p].value;
			}
			assert_int_equal(sum, cap_profile_total(profile, type));
			free(places);
			cap_profile_free(profile);
		}
}

/* ---- by hand --------------------------------------------------------------------- */

/* A CPU profile: samples of stacks, each a list of functions by number, the leaf first. */
struct made {
	struct proto_buffer buffer;
	int64_t next;
};

static void put_type(struct proto_buffer *buffer, int64_t type, int64_t unit)
{
	size_t mark = proto_begin(buffer, 1);

	proto_put(buffer, 1, (uint64_t)(type));
	proto_put(buffer, 2, (uint64_t)(unit));
	proto_end(buffer, mark);
}

static const char *const strings[] = {"",
                                      "samples",
                                      "count",
                                      "cpu",
                                      "nanoseconds",
                                      "main.handle",
                                      "runtime.mallocgc",
                                      "encoding/json.Marshal",
                                      "runtime.convT64",
                                      "fmt.Sprintf",
                                      "github.com/x/y.Do",
                                      "runtime.gcDrainMarkWorkerIdle",
                                      "runtime.gcBgMarkWorker",
                                      "main.middleware",
                                      "log.Printf",
                                      "/src/main.go",
                                      "/usr/local/go/src/x.go",
                                      "/go/pkg/mod/github.com/x/y@v1.0.0/y.go"};

enum { HANDLE = 5, MALLOC, JSON, BOX, SPRINTF, OTHER, IDLE_MARK, MARK, MIDDLEWARE, LOG, FUNCTIONS_END };

static int64_t file_of(int function)
{
	return function == HANDLE || function == MIDDLEWARE ? 15 : function == OTHER ? 17 : 0;
}

static struct proto_buffer cpu_begin(void)
{
	struct proto_buffer buffer = {0};

	put_type(&buffer, 1, 2);
	put_type(&buffer, 3, 4);
	for (size_t i = 0; i < COUNT_OF(strings); i++)
		proto_put_bytes(&buffer, 6, strings[i], strlen(strings[i]));
	for (int i = HANDLE; i < FUNCTIONS_END; i++) {
		size_t mark = proto_begin(&buffer, 5), inner;

		proto_put(&buffer, 1, (uint64_t)(i));
		proto_put(&buffer, 2, (uint64_t)(i));
		proto_put(&buffer, 3, (uint64_t)(i));
		proto_put(&buffer, 4, (uint64_t)(file_of(i)));
		proto_end(&buffer, mark);
		mark = proto_begin(&buffer, 4);
		proto_put(&buffer, 1, (uint64_t)(i));
		inner = proto_begin(&buffer, 4);
		proto_put(&buffer, 1, (uint64_t)(i));
		proto_put(&buffer, 2, (uint64_t)(10 * i));
		proto_end(&buffer, inner);
		proto_end(&buffer, mark);
	}
	return buffer;
}

static void put_stack(struct proto_buffer *buffer, int64_t samples, const int *stack)
{
	size_t mark = proto_begin(buffer, 2);

	for (; *stack; stack++)
		proto_put(buffer, 1, (uint64_t)(*stack));
	proto_put(buffer, 2, (uint64_t)(samples));
	proto_put(buffer, 2, (uint64_t)(samples * 10000000));
	proto_end(buffer, mark);
}

#define STACK(buffer, samples, ...) put_stack(buffer, samples, (const int[]){__VA_ARGS__, 0})

static struct cap_findings explained(struct proto_buffer *buffer, struct cap_profile **ret_profile)
{
	struct cap_findings findings;
	struct cap_error error;

	*ret_profile = profile_parsed(buffer->bytes, buffer->size);
	proto_buffer_release(buffer);
	assert_int_equal(cap_findings_make(*ret_profile, &findings, &error), CAP_OK);
	return findings;
}

static void expect(struct proto_buffer *buffer, const char *names)
{
	struct cap_profile *profile;
	struct cap_findings findings = explained(buffer, &profile);
	char got[512] = "";

	for (size_t i = 0; i < findings.count; i++) {
		size_t used = strlen(got);

		snprintf(got + used, sizeof got - used, "%s%s %.0f%% %s", i ? ", " : "",
		         findings.items[i].name, 100 * findings.items[i].share,
		         findings.items[i].caller_count ? findings.items[i].callers[0].function : "-");
	}
	assert_string_equal(got, names);
	cap_findings_release(&findings);
	cap_profile_free(profile);
}

/* One stack has several patterns: it is counted for the first in order that reaches its threshold. */
static void a_stack_counts_once(void **state)
{
	struct proto_buffer buffer = cpu_begin();

	(void)state;
	STACK(&buffer, 200, MALLOC, JSON, HANDLE);
	STACK(&buffer, 300, JSON, HANDLE);
	STACK(&buffer, 500, HANDLE);
	expect(&buffer, "json-reflect 30% main.handle, allocation 20% main.handle");
	buffer = cpu_begin();
	STACK(&buffer, 100, MALLOC, JSON, HANDLE); /* not enough for allocation: left to JSON */
	STACK(&buffer, 300, JSON, HANDLE);
	STACK(&buffer, 600, HANDLE);
	expect(&buffer, "json-reflect 40% main.handle");
}

/* Boxing is the program's only when the program does it, not when fmt does. */
static void what_the_library_does_itself_is_not_the_callers(void **state)
{
	struct proto_buffer buffer = cpu_begin();

	(void)state;
	STACK(&buffer, 300, MALLOC, BOX, HANDLE);
	STACK(&buffer, 700, HANDLE);
	expect(&buffer, "interface-boxing 30% main.handle");
	buffer = cpu_begin();
	STACK(&buffer, 100, BOX, SPRINTF, HANDLE);
	STACK(&buffer, 900, HANDLE);
	expect(&buffer, "fmt 10% main.handle");
}

/* What lies above the program's own frame does not make its work logging. */
static void what_calls_the_program_does_not_count(void **state)
{
	struct proto_buffer buffer = cpu_begin();

	(void)state;
	STACK(&buffer, 1000, HANDLE, LOG, MIDDLEWARE);
	expect(&buffer, "");
}

static void another_module_is_named_when_nobody_else_is(void **state)
{
	struct proto_buffer buffer = cpu_begin();

	(void)state;
	STACK(&buffer, 300, MALLOC, OTHER, JSON);
	STACK(&buffer, 700, MALLOC, OTHER, HANDLE);
	expect(&buffer, "allocation 100% main.handle");
	buffer = cpu_begin();
	STACK(&buffer, 300, MALLOC, OTHER, JSON);
	STACK(&buffer, 700, HANDLE);
	expect(&buffer, "allocation 30% github.com/x/y.Do");
}

static void idle_marking_costs_nobody(void **state)
{
	struct proto_buffer buffer = cpu_begin();

	(void)state;
	STACK(&buffer, 500, IDLE_MARK, MARK);
	STACK(&buffer, 500, HANDLE);
	expect(&buffer, "");
	buffer = cpu_begin();
	STACK(&buffer, 250, MARK);
	STACK(&buffer, 100, MALLOC,
	      HANDLE); /* not enough to be reported, but it is what makes the collector work */
	STACK(&buffer, 650, HANDLE);
	expect(&buffer, "gc-mark 25% main.handle");
}

static void thresholds_are_exceeded_not_met(void **state)
{
	struct proto_buffer buffer = cpu_begin();

	(void)state;
	STACK(&buffer, 150, MALLOC, HANDLE);
	STACK(&buffer, 850, HANDLE);
	expect(&buffer, "");
	buffer = cpu_begin();
	STACK(&buffer, 151, MALLOC, HANDLE);
	STACK(&buffer, 849, HANDLE);
	expect(&buffer, "allocation 15% main.handle");
}

static enum cap_confidence sure_of(int64_t found, int64_t others)
{
	struct proto_buffer buffer = cpu_begin();
	struct cap_profile *profile;
	struct cap_findings findings;
	enum cap_confidence ret;

	STACK(&buffer, found, MALLOC, HANDLE);
	STACK(&buffer, others, HANDLE);
	findings = explained(&buffer, &profile);
	assert_int_equal(findings.count, 1);
	ret = findings.items[0].confidence;
	cap_findings_release(&findings);
	cap_profile_free(profile);
	return ret;
}

static void confidence_follows_samples(void **state)
{
	(void)state;
	assert_int_equal(sure_of(300, 700), CAP_SURE_HIGH);
	assert_int_equal(sure_of(170, 830), CAP_SURE_MEDIUM); /* 17 % +- 1.2 % against 15 % */
	assert_int_equal(sure_of(155, 845), CAP_SURE_LOW);
	assert_int_equal(sure_of(100, 100), CAP_SURE_LOW); /* few, however clear */
	assert_int_equal(sure_of(250, 250), CAP_SURE_HIGH);
}

static void too_few_samples_are_refused(void **state)
{
	static const int64_t counts[] = {3, 99};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		struct proto_buffer buffer = cpu_begin();
		struct cap_profile *profile;
		struct cap_findings findings;
		char number[32];

		STACK(&buffer, counts[i], MALLOC, HANDLE);
		findings = explained(&buffer, &profile);
		snprintf(number, sizeof number, "%d CPU samples", (int)counts[i]);
		assert_non_null(strstr(findings.refused, number));
		assert_int_equal(findings.count, 0);
		cap_findings_release(&findings);
		cap_profile_free(profile);
	}
}

static void another_profile_is_refused(void **state)
{
	struct proto_buffer buffer = made_begin("main.main", NULL);
	struct cap_profile *profile = made_end(&buffer);
	struct cap_findings findings;
	struct cap_error error = {0};

	(void)state;
	assert_int_equal(cap_findings_make(profile, &findings, &error), CAP_FORMAT);
	assert_non_null(strstr(error.text, "value"));
	cap_profile_free(profile);
}

/* Go says where functions start from 1.20 on. */
static void start_lines_are_noticed(void **state)
{
	(void)state;
	for (size_t v = 0; v < COUNT_OF(versions); v++) {
		char name[128];
		struct cap_profile *profile;

		snprintf(name, sizeof name, "%s/allocation.pb.gz", versions[v]);
		profile = profile_read(name);
		assert_int_equal(cap_profile_has_start_lines(profile), v > 0);
		cap_profile_free(profile);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stack_counts_once),
		cmocka_unit_test(what_the_library_does_itself_is_not_the_callers),
		cmocka_unit_test(what_calls_the_program_does_not_count),
		cmocka_unit_test(another_module_is_named_when_nobody_else_is),
		cmocka_unit_test(idle_marking_costs_nobody),
		cmocka_unit_test(thresholds_are_exceeded_not_met),
		cmocka_unit_test(confidence_follows_samples),
		cmocka_unit_test(too_few_samples_are_refused),
		cmocka_unit_test(another_profile_is_refused),
		cmocka_unit_test(each_fault_is_found_and_its_twin_is_not),
		cmocka_unit_test(places_add_up),
		cmocka_unit_test(start_lines_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
