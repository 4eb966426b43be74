#include "plugin/meaning.h"

#include <stdlib.h>

#include "plugin/findings.h"
#include "plugin/goroutine_groups.h"
#include "plugin/outcome.h"
#include "plugin/wait_findings.h"

static bool read_dump(const struct shots *shots, struct cap_goroutines *ret)
{
	const struct shot *shot = shots_find(shots, "goroutine.txt");
	struct cap_error error;

	return shot && shot->data && cap_goroutines_parse(shot->data, shot->size, ret, &error) == CAP_OK;
}

static void read_goroutines(const struct outcome *outcome, struct meaning *meaning)
{
	bool idle = read_dump(outcome_idle(outcome), &meaning->idle);
	bool loaded = read_dump(outcome->shots, &meaning->loaded);
	bool after = read_dump(outcome->after, &meaning->after);

	if (idle || loaded || after)
		cap_goroutines_compare(idle ? &meaning->idle : NULL, loaded ? &meaning->loaded : NULL,
		                       after ? &meaning->after : NULL, &meaning->groups,
		                       &meaning->group_count, NULL);
}

void meaning_make(const struct outcome *outcome, struct meaning *ret)
{
	const struct cap_profile *cpu = shots_cpu(outcome->shots);
	uint64_t requests = outcome->load ? outcome->load->counts[LG_WINDOW].requests : 0;

	*ret = (struct meaning){0};
	ret->explained = cpu && cap_findings_make(cpu, &ret->findings, NULL) == CAP_OK;
	wait_findings_add(outcome, &ret->findings, &ret->mutex);
	hot_replica_find(&outcome->replicas, &ret->hot);
	hot_replica_add(&ret->hot, &outcome->replicas, &ret->findings);
	read_goroutines(outcome, ret);
	memory_cost_make(outcome_idle(outcome), outcome->shots, outcome->after, outcome_window(outcome),
	                 requests, outcome->target.share, &ret->memory);
}

void meaning_release(struct meaning *meaning)
{
	cap_findings_release(&meaning->findings);
	cap_profile_free(meaning->mutex);
	cap_goroutines_release(&meaning->idle);
	cap_goroutines_release(&meaning->loaded);
	cap_goroutines_release(&meaning->after);
	free(meaning->groups);
	memory_cost_release(&meaning->memory);
	*meaning = (struct meaning){0};
}

static double scale_of(const struct cost *cost)
{
	return cost->cpu > 0 && cost->per_request > 0 ? cost->per_request / (double)cost->cpu : 0;
}

void meaning_json(cJSON *json, const struct outcome *outcome)
{
	const struct meaning *meaning = &outcome->meaning;

	if (meaning->explained || meaning->findings.count)
		findings_json(json, &meaning->findings, scale_of(&outcome->cost));
	if (meaning->groups)
		goroutine_groups_json(json, meaning->groups, meaning->group_count);
	memory_cost_json(json, &meaning->memory);
}

void meaning_print_cpu(FILE *out, const struct outcome *outcome)
{
	const char *directory = outcome->directory[0] ? outcome->directory : "RUN";

	if (outcome->meaning.explained || outcome->meaning.findings.count)
		findings_print_short(out, &outcome->meaning.findings, directory);
}

void meaning_print_rest(FILE *out, const struct outcome *outcome)
{
	const struct meaning *meaning = &outcome->meaning;

	goroutine_groups_print(out, meaning->groups, meaning->group_count, false);
	memory_cost_print(out, &meaning->memory);
}
