#include "plugin/option_file.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

#define TARGET "target"

static int fail(const struct option_file *file, unsigned line, unsigned column, struct error *error,
                const char *what)
{
	return error_usage(error, "%s:%u:%u: %s", file->name, line, column, what);
}

static int fail_key(const struct option_file *file, const struct yaml_node *node, struct error *error,
                    const char *what)
{
	return error_usage(error, "%s:%u:%u: '%s' %s", file->name, node->key_line, node->key_column,
	                   node->key, what);
}

static int unknown(const struct option_file *file, const struct yaml_node *node, const char *section,
                   struct error *error)
{
	const char *names[256], *near;
	size_t count = 0;

	for (size_t g = 0; g < file->group_count; g++)
		for (const struct option *o = file->groups[g].options; o->name && count < 254; o++)
			if (!o->by_hand && !section == !o->section)
				names[count++] = o->name;
	if (!section)
		names[count++] = TARGET;
	names[count] = NULL;
	near = text_nearest(node->key, names);
	if (!near)
		return fail_key(file, node, error, "is no option; those of --help are, without the dashes");
	return error_usage(error, "%s:%u:%u: '%s' is no option; did you mean '%s'?", file->name,
	                   node->key_line, node->key_column, node->key, near);
}

/* ---- what wins ------------------------------------------------------------ */

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (; words && *words; words += strcspn(words, " "), words += *words == ' ')
		if (strncmp(words, word, length) == 0 && strchr(" ", words[length]))
			return true;
	return false;
}

/* `option` is NULL for the argument. */
static bool against(const struct option_file *file, const struct option *option, const char *name,
                    const char *other_name)
{
	void *base;
	const struct option *other = options_find(file->groups, file->group_count, NULL, other_name, &base);

	return (option && has_word(option->against, other_name)) || (other && has_word(other->against, name));
}

static bool outranked(const struct option_file *file, const struct option *option, const char *name)
{
	for (size_t i = 0; i < file->givens->count; i++) {
		const struct option_given *given = &file->givens->items[i];

		if (given->source < file->source &&
		    (strcmp(given->name, name) == 0 || against(file, option, name, given->name)))
			return true;
	}
	return false;
}

/* ---- values ---------------------------------------------------------------- */

static int take_value(const struct option_file *file, const struct option *option, void *base,
                      const struct yaml_node *node, struct error *error)
{
	if (node->kind != YAML_SCALAR)
		return fail(file, node->line, node->column, error,
		            node->kind == YAML_NULL ? "a value is missing" : "one value is wanted here");
	if (option_set(option, base, node->text, error) == 0)
		return 0;
	return error_prefix(error, "%s:%u:%u", file->name, node->line, node->column);
}

static int take_list(const struct option_file *file, const struct option *option, void *base,
                     const struct yaml_node *node, struct error *error)
{
	struct option_list *list = (struct option_list *)((char *)base + option->offset);

	if (!list->items) /* an empty one was given, too */
		list->items = xcalloc(1, sizeof *list->items);
	for (const struct yaml_node *item = node->first; item; item = item->next)
		if (take_value(file, option, base, item, error) < 0)
			return -1;
	return 0;
}

static int take_target(const struct option_file *file, const struct yaml_node *node, struct error *error)
{
	if (node->kind != YAML_SCALAR)
		return fail(file, node->line, node->column, error, "one TYPE/NAME is wanted here");
	option_list_append(file->arguments, node->text);
	return 0;
}

static int take(const struct option_file *file, const struct yaml_node *node, const char *section,
                struct error *error)
{
	bool target = !section && strcmp(node->key, TARGET) == 0;
	void *base = NULL;
	const struct option *option =
		target ? NULL : options_find(file->groups, file->group_count, section, node->key, &base);
	struct option_given given = {
		option ? option->name : TARGET, file->source, section, file->name, node->line, node->column};

	if (!target && !option)
		return unknown(file, node, section, error);
	if (option && option->by_hand)
		return fail_key(file, node, error, "can be given on the command line only");
	if (!section && outranked(file, option, given.name))
		return 0;
	option_note(file->givens, &given);
	if (target)
		return take_target(file, node, error);
	if (option->kind == OPTION_LIST && node->kind == YAML_LIST)
		return take_list(file, option, base, node, error);
	return take_value(file, option, base, node, error);
}

int option_file_apply(const struct option_file *file, const struct yaml_node *map, const char *section,
                      struct error *error)
{
	if (!map || map->kind == YAML_NULL)
		return 0;
	if (map->kind != YAML_MAP)
		return fail(file, map->line, map->column, error,
		            "options are wanted here, one a line, such as 'vus: 32'");
	for (const struct yaml_node *node = map->first; node; node = node->next)
		if (take(file, node, section, error) < 0)
			return -1;
	return 0;
}

/* Does the line begin with "--NAME:", or "SECTION.NAME:"? */
static bool is_about(const char *line, const struct option_given *given)
{
	const char *rest = line;
	size_t length = strlen(given->name);

	if (given->section) {
		if (strncmp(rest, given->section, strlen(given->section)) != 0)
			return false;
		rest += strlen(given->section);
	}
	if (strncmp(rest, given->section ? "." : "--", given->section ? 1 : 2) != 0)
		return false;
	rest += given->section ? 1 : 2;
	return strncmp(rest, given->name, length) == 0 && rest[length] == ':';
}

void option_file_locate(const struct option_givens *givens, struct error *error)
{
	for (size_t i = 0; i < givens->count; i++) {
		const struct option_given *given = &givens->items[i];

		if (!is_about(error->text, given))
			continue;
		if (given->file)
			error_prefix(error, "%s:%u:%u", given->file, given->line, given->column);
		return;
	}
}

/* ---- written out ------------------------------------------------------------ */

static cJSON *list_json(const struct option_list *list)
{
	cJSON *ret = list->count ? cJSON_CreateArray() : NULL;

	for (size_t i = 0; i < list->count; i++)
		cJSON_AddItemToArray(ret, cJSON_CreateString(list->items[i]));
	return ret;
}

static cJSON *text_json(const char *text)
{
	return text ? cJSON_CreateString(text) : NULL;
}

/* NULL: not set. */
static cJSON *value_json(const struct option *option, const void *base)
{
	const void *at = (const char *)base + option->offset;
	char duration[32];

	switch (option->kind) {
	case OPTION_FLAG:
		return *(const bool *)at ? cJSON_CreateTrue() : NULL;
	case OPTION_TEXT:
		return text_json(*(const char *const *)at);
	case OPTION_LIST:
		return list_json(at);
	case OPTION_DURATION:
		return *(const int64_t *)at > 0 || (*(const int64_t *)at == 0 && option->min == 0)
		               ? cJSON_CreateString(duration_write(*(const int64_t *)at, duration))
		               : NULL;
	case OPTION_COUNT:
		return *(const unsigned *)at ? cJSON_CreateNumber(*(const unsigned *)at) : NULL;
	case OPTION_PORT:
		return *(const uint16_t *)at ? cJSON_CreateNumber(*(const uint16_t *)at) : NULL;
	case OPTION_SHARE:
		return *(const double *)at > 0 ? cJSON_CreateNumber(*(const double *)at) : NULL;
	case OPTION_CHOICE:
		return cJSON_CreateString(option->choices[*(const int *)at]);
	}
	return NULL;
}

static void leave_out(char **list, const char *name)
{
	char *longer = xprintf("%s%s--%s", *list ? *list : "", *list ? ", " : "", name);

	free(*list);
	*list = longer;
}

cJSON *option_file_json(const struct option_group *groups, size_t group_count,
                        const struct option_list *arguments, char **ret_left_out)
{
	cJSON *ret = cJSON_CreateObject();

	*ret_left_out = NULL;
	if (arguments->count)
		cJSON_AddStringToObject(ret, TARGET, arguments->items[0]);
	for (size_t g = 0; g < group_count; g++) {
		for (const struct option *o = groups[g].options; o->name; o++) {
			cJSON *value = o->by_hand || o->section ? NULL : value_json(o, groups[g].base);

			if (value && o->secret) {
				leave_out(ret_left_out, o->name);
				cJSON_Delete(value);
			} else if (value) {
				cJSON_AddItemToObject(ret, o->name, value);
			}
		}
	}
	return ret;
}

static void print_template(FILE *out, const struct option *option)
{
	const char *text = option->help;
	int column = 0;

	for (size_t length; *text; text += length, text += strspn(text, " ")) {
		length = strcspn(text, " ");
		if (column && column + 1 + (int)length > 96)
			column = fprintf(out, "\n") - 1;
		column += fprintf(out, "%s%.*s", column ? " " : "  # ", (int)length, text);
	}
	if (option->kind == OPTION_LIST)
		fprintf(out, "\n  #%s: [%s]\n", option->name, option->value);
	else
		fprintf(out, "\n  #%s: %s\n", option->name, option->value ? option->value : "true");
}

void option_file_template(FILE *out, const char *section, const char *command,
                          const struct option_group *groups, size_t group_count)
{
	bool begun = false;

	for (size_t g = 0; g < group_count; g++) {
		for (const struct option *o = groups[g].options; o->name; o++) {
			if (o->by_hand || strcmp(o->section ? o->section : command, section) != 0)
				continue;
			if (!begun)
				fprintf(out, "\n%s:\n", section);
			begun = true;
			print_template(out, o);
		}
	}
}
