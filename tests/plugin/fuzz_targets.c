/*
 * Fuzzes targets files: what is taken passes the engine's own check, and is the same when it is
 * written and read again; what is refused names a place. tests/fuzz drives it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/targets.h"
#include "plugin/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

/* A file holds its own name; none of those that begin with "no" is there. */
static char *open_body(const char *path, size_t ceiling, size_t *ret_size, struct error *error)
{
	(void)ceiling;
	if (!strncmp(path, "no", 2)) {
		error_set(error, "cannot read '%s'", path);
		return NULL;
	}
	*ret_size = strlen(path);
	return xstrdup(path);
}

static char *write_targets(const struct targets *targets)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	check(out);
	for (size_t i = 0; i < targets->count; i++) {
		const struct lg_target *target = &targets->items[i];

		fprintf(out, "# weight: %u\n%s %s\n", target->weight, target->method, target->url);
		for (const char *const *header = target->headers; *header; header++)
			fprintf(out, "%s\n", *header);
		if (target->body)
			fprintf(out, "@%s\n", (const char *)target->body);
		fputc('\n', out);
	}
	check(fclose(out) == 0);
	return text;
}

static void same(const struct targets *a, const struct targets *b)
{
	check(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct lg_target *one = &a->items[i], *other = &b->items[i];
		size_t header = 0;

		check(!strcmp(one->method, other->method) && !strcmp(one->url, other->url));
		check(one->weight == other->weight && one->body_size == other->body_size);
		for (; one->headers[header]; header++)
			check(other->headers[header] &&
			      !strcmp(one->headers[header], other->headers[header]));
		check(!other->headers[header]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct targets targets, again;
	struct error error = {0};
	struct lg_plan plan = {.vus = 1};
	char line[LG_ERROR_SIZE], *text;

	if (targets_parse("t", (const char *)data, size, NULL, open_body, &targets, &error) < 0) {
		check(!strncmp(error.text, "t:", 2) && error.exit == EXIT_USAGE);
		return 0;
	}
	check(targets.count > 0);
	plan.targets = targets.items;
	plan.target_count = targets.count;
	check(lg_check(&plan, line) == 0);
	text = write_targets(&targets);
	check(targets_parse("t", text, strlen(text), NULL, open_body, &again, &error) == 0);
	same(&targets, &again);
	free(text);
	targets_release(&targets);
	targets_release(&again);
	return 0;
}
