#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capture/attribution.h"
#include "capture/findings_rules.h"

/* Standard errors between a share and its threshold. */
#define ERRORS_SURE   2
#define ERRORS_LIKELY 1

struct engine {
	const struct cap_profile *profile;
	struct attribution attribution;
	size_t type;
	double period;  /* ns a sample */
	uint8_t *taken; /* for each sample: 1 + the rule that has it, 0: none */
	bool *chosen;
	struct cap_findings findings;
};

static int not_a_profile(const struct cap_profile *profile, struct cap_error *error)
{
	char types[200] = "";
	size_t used = 0;

	for (size_t i = 0; i < profile->type_count && used < sizeof types - 1; i++)
		used += (size_t)snprintf(types + used, sizeof types - used, "%s%.40s", i ? ", " : "",
		                         cap_profile_type(profile, i, NULL));
	return (int)profile_error(error, CAP_FORMAT,
	                          "not a CPU profile: it has %s; findings are made of samples of cpu", types);
}

/* Go's CPU profiles have samples and ns; others are not explained. */
static enum cap_status measure(struct engine *engine, struct cap_error *error)
{
	int ns = cap_profile_type_index(engine->profile, "cpu");
	int samples = cap_profile_type_index(engine->profile, "samples");
	int64_t count;

	if (ns < 0 || samples < 0)
		return (enum cap_status)not_a_profile(engine->profile, error);
	count = cap_profile_total(engine->profile, (size_t)samples);
	engine->type = (size_t)ns;
	engine->findings.total = cap_profile_total(engine->profile, (size_t)ns);
	engine->findings.samples = count > 0 ? (uint64_t)count : 0;
	if (count > 0)
		engine->period = (double)engine->findings.total / (double)count;
	return CAP_OK;
}

static int64_t value_of(const struct engine *engine, size_t sample)
{
	int64_t value = engine->profile->values[sample * engine->profile->type_count + engine->type];

	return value > 0 ? value : 0;
}

/* The stacks that a rule would have: those that fit and that no rule before it has. */
static int64_t choose(struct engine *engine, size_t rule)
{
	int64_t sum = 0;

	for (size_t i = 0; i < engine->profile->sample_count; i++) {
		engine->chosen[i] =
			!engine->taken[i] && engine->attribution.stacks[i].patterns & RULE_BIT(rule);
		if (engine->chosen[i])
			sum = profile_sum(sum, value_of(engine, i));
	}
	return sum;
}

static enum cap_confidence confidence_of(const struct cap_findings *findings,
                                         const struct cap_finding *finding)
{
	double n = (double)findings->samples;
	double error = sqrt(finding->share * fmax(1 - finding->share, 0) / n);
	double above = finding->share - finding->threshold;

	if (findings->samples < CAP_SAMPLES_SURE || above < ERRORS_LIKELY * error)
		return CAP_SURE_LOW;
	return above < ERRORS_SURE * error ? CAP_SURE_MEDIUM : CAP_SURE_HIGH;
}

/* The function of most of the CPU among the outermost ones of the chosen stacks. */
static enum cap_status name_function(const struct engine *engine, size_t rule, const char **ret,
                                     struct cap_error *error)
{
	const struct cap_profile *profile = engine->profile;
	int64_t *sums = calloc(profile->function_count + 1, sizeof *sums);
	uint32_t best = PROFILE_NONE;

	if (!sums)
		return profile_error(error, CAP_MEMORY, "profile: out of memory");
	for (size_t i = 0; i < profile->sample_count; i++) {
		uint32_t function;

		if (!engine->chosen[i])
			continue;
		function = attribution_outermost(&engine->attribution, i, RULE_BIT(rule));
		if (function == PROFILE_NONE)
			continue;
		sums[function] = profile_sum(sums[function], value_of(engine, i));
		if (best == PROFILE_NONE || sums[function] > sums[best])
			best = function;
	}
	free(sums);
	*ret = best == PROFILE_NONE ? "" : profile_text(profile, profile->functions[best].shown);
	return CAP_OK;
}

/* Nobody calls the collector: who allocates makes it work. */
static void choose_causes(struct engine *engine)
{
	for (size_t i = 0; i < engine->profile->sample_count; i++)
		engine->chosen[i] = engine->attribution.stacks[i].patterns & RULE_BIT(RULE_ALLOCATION);
}

static enum cap_status name_callers(const struct engine *engine, struct cap_finding *finding,
                                    struct cap_error *error)
{
	struct cap_place *places;
	size_t count;
	enum cap_status status = attribution_places(&engine->attribution, engine->type, engine->chosen,
	                                            &places, &count, error);

	if (status != CAP_OK)
		return status;
	for (size_t i = 0; i < count && finding->caller_count < CAP_FINDING_CALLERS; i++)
		if (go_code_of(places[i].function, places[i].file) != GO_RUNTIME)
			finding->callers[finding->caller_count++] = places[i];
	free(places);
	return CAP_OK;
}

static enum cap_status find(struct engine *engine, size_t rule, int64_t value, struct cap_error *error)
{
	const struct findings_rule *words = &findings_rules[rule];
	struct cap_findings *findings = &engine->findings;
	struct cap_finding *finding = &findings->items[findings->count];
	enum cap_status status;

	*finding = (struct cap_finding){.name = words->name,
	                                .title = words->title,
	                                .means = words->means,
	                                .todo = words->todo,
	                                .threshold = words->threshold,
	                                .value = value,
	                                .share = (double)value / (double)findings->total};
	finding->samples = (uint64_t)llround((double)value / engine->period);
	finding->error = finding->samples ? 1 / sqrt((double)finding->samples) : 1;
	finding->confidence = confidence_of(findings, finding);
	for (size_t i = 0; i < engine->profile->sample_count; i++)
		if (engine->chosen[i])
			engine->taken[i] = (uint8_t)(rule + 1);
	status = name_function(engine, rule, &finding->function, error);
	if (status == CAP_OK && rule == RULE_GC_MARK)
		choose_causes(engine);
	if (status == CAP_OK)
		status = name_callers(engine, finding, error);
	findings->count++;
	return status;
}

static int compare_findings(const void *left, const void *right)
{
	const struct cap_finding *a = left, *b = right;

	if (a->value != b->value)
		return a->value > b->value ? -1 : 1;
	return strcmp(a->name, b->name);
}

static enum cap_status explain(struct engine *engine, struct cap_error *error)
{
	size_t samples = engine->profile->sample_count + 1;
	enum cap_status status = attribution_init(&engine->attribution, engine->profile, error);

	if (status != CAP_OK)
		return status;
	engine->taken = calloc(samples, sizeof *engine->taken);
	engine->chosen = calloc(samples, sizeof *engine->chosen);
	engine->findings.items = calloc(RULE_COUNT, sizeof *engine->findings.items);
	if (!engine->taken || !engine->chosen || !engine->findings.items)
		return profile_error(error, CAP_MEMORY, "profile: out of memory");
	for (size_t rule = 0; rule < RULE_COUNT && status == CAP_OK; rule++) {
		int64_t value = choose(engine, rule);

		if ((double)value > findings_rules[rule].threshold * (double)engine->findings.total)
			status = find(engine, rule, value, error);
	}
	qsort(engine->findings.items, engine->findings.count, sizeof *engine->findings.items,
	      compare_findings);
	return status;
}

enum cap_status cap_findings_make(const struct cap_profile *cpu, struct cap_findings *ret,
                                  struct cap_error *error)
{
	struct engine engine = {.profile = cpu};
	struct cap_findings *findings = &engine.findings;
	enum cap_status status = measure(&engine, error);

	if (status == CAP_OK && (findings->samples < CAP_SAMPLES_LEAST || findings->total <= 0))
		snprintf(
			findings->refused, sizeof findings->refused,
			"%llu CPU sample%s are too few to explain: %d are the least, %d are needed to be sure; "
			"profile longer or under more load",
			(unsigned long long)findings->samples, findings->samples == 1 ? "" : "s",
			CAP_SAMPLES_LEAST, CAP_SAMPLES_SURE);
	else if (status == CAP_OK)
		status = explain(&engine, error);
	attribution_release(&engine.attribution);
	free(engine.taken);
	free(engine.chosen);
	if (status != CAP_OK)
		cap_findings_release(findings);
	else
		*ret = *findings;
	return status;
}

void cap_findings_release(struct cap_findings *findings)
{
	free(findings->items);
	*findings = (struct cap_findings){0};
}

const char *cap_confidence_name(enum cap_confidence confidence)
{
	static const char *const names[] = {"low", "medium", "high"};

	return names[confidence];
}

bool cap_profile_has_start_lines(const struct cap_profile *profile)
{
	bool any = false;

	for (size_t i = 0; i < profile->function_count && !any; i++)
		any = profile->functions[i].start_line > 0;
	return any;
}
