/*
 * Fuzzes plan files: what is refused names a place; what is taken is the same when it is written and read
 * again, but for the values that may be secrets. tests/fuzz drives it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/command.h"
#include "plugin/option_file.h"
#include "plugin/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int good)
{
	if (!good)
		abort();
}

/* Of main.c, which is not linked. */
const char *program_name(void)
{
	return "fuzz";
}

void command_names(const char *ret[COMMANDS_MAX + 1])
{
	ret[0] = NULL;
}

struct taken {
	struct plan plan;
	struct option_group groups[PLAN_GROUPS];
	struct option_givens givens;
	struct option_list arguments;
	struct yaml_node *root;
	cJSON *json;
};

/* 0, or -1 with a line. */
static int take(const char *text, size_t size, struct taken *ret, struct error *error)
{
	struct option_file file = {.name = "t", .source = SOURCE_PLAN, .groups = ret->groups};
	char *left_out;

	*ret = (struct taken){0};
	plan_init(&ret->plan);
	file.group_count = plan_options(&ret->plan, ret->groups);
	file.givens = &ret->givens;
	file.arguments = &ret->arguments;
	if (yaml_parse("t", text, size, &ret->root, error) < 0 ||
	    option_file_apply(&file, ret->root, NULL, error) < 0)
		return -1;
	ret->json = option_file_json(ret->groups, PLAN_GROUPS, &ret->arguments, &left_out);
	free(left_out);
	return 0;
}

static void release(struct taken *taken)
{
	cJSON_Delete(taken->json);
	options_release(taken->groups, PLAN_GROUPS);
	free(taken->arguments.items);
	free(taken->givens.items);
	yaml_node_free(taken->root);
}

static void same_when_read_again(const cJSON *json)
{
	struct error error = {0};
	struct taken again;
	char *text = cJSON_PrintUnformatted(json);

	check(text != NULL);
	check(take(text, strlen(text), &again, &error) == 0);
	check(cJSON_Compare(json, again.json, 1));
	release(&again);
	cJSON_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = {0};
	struct taken taken;
	int status = take((const char *)data, size, &taken, &error);

	if (status < 0)
		check(!strncmp(error.text, "t:", 2));
	else
		same_when_read_again(taken.json);
	release(&taken);
	return 0;
}
