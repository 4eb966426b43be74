#include "plugin/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

/* What one parse works on. */
struct parse {
	const struct option_group *groups;
	size_t group_count;
	int argc, next;
	char **argv;
	struct option_givens *givens; /* may be NULL */
	struct error *error;
};

void option_list_append(struct option_list *list, const char *item)
{
	list->items = xrealloc(list->items, (list->count + 2) * sizeof *list->items);
	list->items[list->count++] = item;
	list->items[list->count] = NULL;
}

void option_note(struct option_givens *givens, const struct option_given *given)
{
	givens->items = xrealloc(givens->items, (givens->count + 1) * sizeof *givens->items);
	givens->items[givens->count++] = *given;
}

static void note(const struct parse *parse, const char *name)
{
	if (parse->givens)
		option_note(parse->givens, &(struct option_given){.name = name});
}

static bool same_section(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

const struct option *options_find(const struct option_group *groups, size_t group_count, const char *section,
                                  const char *name, void **ret_base)
{
	for (size_t g = 0; g < group_count; g++) {
		for (const struct option *o = groups[g].options; o->name; o++) {
			if (strcmp(o->name, name) == 0 && same_section(o->section, section)) {
				*ret_base = groups[g].base;
				return o;
			}
		}
	}
	return NULL;
}

static const struct option *find(const struct parse *parse, const char *name, size_t length, char letter,
                                 void **ret_base)
{
	for (size_t g = 0; g < parse->group_count; g++) {
		for (const struct option *o = parse->groups[g].options; o->name; o++) {
			bool same = letter ? o->letter == letter
			                   : strncmp(o->name, name, length) == 0 && !o->name[length];

			if (same && !o->section) {
				*ret_base = parse->groups[g].base;
				return o;
			}
		}
	}
	return NULL;
}

static int unknown(const struct parse *parse, const char *word)
{
	const char *names[256], *near;
	size_t count = 0;

	for (size_t g = 0; g < parse->group_count; g++)
		for (const struct option *o = parse->groups[g].options; o->name && count < 254; o++)
			if (!o->section)
				names[count++] = o->name;
	names[count++] = "help";
	names[count] = NULL;
	near = text_nearest(word, names);
	if (near)
		return error_usage(parse->error,
		                   "unknown option '--%s'; did you mean '--%s'? (--help lists them)", word,
		                   near);
	return error_usage(parse->error, "unknown option '--%s'; --help lists them", word);
}

static int set_duration(const struct option *o, void *at, const char *text, struct error *error)
{
	char low[32], high[32];
	int64_t value = duration_parse(text);

	if (value < 0)
		return error_usage(error, "--%s: '%s' is not a duration; write it as 500ms, 10s or 1m30s",
		                   o->name, text);
	if (value < o->min || value > o->max)
		return error_usage(error, "--%s: %s is out of range; give %s to %s", o->name, text,
		                   duration_print(o->min, low), duration_print(o->max, high));
	*(int64_t *)at = value;
	return 0;
}

/* A whole decimal number; -1 when it is not. */
static int64_t whole_number(const char *text)
{
	char *end;
	long long value;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	value = strtoll(text, &end, 10);
	return errno || *end ? -1 : value;
}

static int set_count(const struct option *o, void *at, const char *text, struct error *error)
{
	bool port = o->kind == OPTION_PORT;
	int64_t min = port ? 1 : o->min, max = port ? 65535 : o->max, value = whole_number(text);

	if (value < min || value > max)
		return error_usage(error, "--%s: '%s' is not a whole number from %lld to %lld", o->name, text,
		                   (long long)min, (long long)max);
	if (port)
		*(uint16_t *)at = (uint16_t)value;
	else
		*(unsigned *)at = (unsigned)value;
	return 0;
}

static int set_share(const struct option *o, void *at, const char *text, struct error *error)
{
	char *end;
	double value = strtod(text, &end);

	if (*end == '/' && isdigit((unsigned char)end[1]))
		value /= strtod(end + 1, &end);
	if (end == text || *end || !(value > 0) || value > 1)
		return error_usage(error,
		                   "--%s: '%s' is not a share over 0 and up to 1; write it as 0.5 or 1/3",
		                   o->name, text);
	*(double *)at = value;
	return 0;
}

static int set_choice(const struct option *o, void *at, const char *text, struct error *error)
{
	char list[256] = "";

	for (int i = 0; o->choices[i]; i++) {
		size_t length = strlen(list);

		if (strcmp(o->choices[i], text) == 0) {
			*(int *)at = i;
			return 0;
		}
		snprintf(list + length, sizeof list - length, "%s%s", i ? ", " : "", o->choices[i]);
	}
	return error_usage(error, "--%s: '%s' is not one of %s", o->name, text, list);
}

static int set_flag(const struct option *o, void *at, const char *text, struct error *error)
{
	if (text && strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return error_usage(error, "--%s: '%s' is neither true nor false", o->name, text);
	*(bool *)at = !text || strcmp(text, "true") == 0;
	return 0;
}

int option_set(const struct option *o, void *base, const char *text, struct error *error)
{
	void *at = (char *)base + o->offset;

	switch (o->kind) {
	case OPTION_FLAG:
		return set_flag(o, at, text, error);
	case OPTION_TEXT:
		*(const char **)at = text;
		return 0;
	case OPTION_LIST:
		option_list_append(at, text);
		return 0;
	case OPTION_DURATION:
		return set_duration(o, at, text, error);
	case OPTION_COUNT:
	case OPTION_PORT:
		return set_count(o, at, text, error);
	case OPTION_SHARE:
		return set_share(o, at, text, error);
	case OPTION_CHOICE:
		return set_choice(o, at, text, error);
	}
	return 0;
}

/* The option's value: what stands behind it, or the next word. */
static int take(struct parse *parse, const struct option *o, void *base, const char *inline_value)
{
	const char *value = inline_value;

	if (o->kind != OPTION_FLAG && !value) {
		if (parse->next >= parse->argc)
			return error_usage(parse->error, "--%s wants a value: --%s %s", o->name, o->name,
			                   o->value);
		value = parse->argv[parse->next++];
	}
	note(parse, o->name);
	return option_set(o, base, value, parse->error);
}

static int parse_long(struct parse *parse, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	const struct option *o;
	void *base;

	o = find(parse, word, length, 0, &base);
	if (!o) {
		char *name = xstrndup(word, length);

		unknown(parse, name);
		free(name);
		return -1;
	}
	return take(parse, o, base, equals ? equals + 1 : NULL);
}

static int parse_letters(struct parse *parse, const char *letters)
{
	for (; *letters; letters++) {
		const struct option *o;
		void *base;

		o = find(parse, NULL, 0, *letters, &base);
		if (!o)
			return error_usage(parse->error, "unknown option '-%c'; --help lists them", *letters);
		if (o->kind != OPTION_FLAG)
			return take(parse, o, base,
			            letters[1] == '=' ? letters + 2
			            : letters[1]      ? letters + 1
			                              : NULL);
		if (take(parse, o, base, NULL) < 0)
			return -1;
	}
	return 0;
}

static void take_argument(struct parse *parse, struct option_list *arguments, const char *word)
{
	note(parse, "target");
	option_list_append(arguments, word);
}

int options_parse(const struct option_group *groups, size_t group_count, int argc, char **argv,
                  struct option_list *ret_arguments, struct option_givens *givens, bool *ret_help,
                  struct error *error)
{
	struct parse parse = {groups, group_count, argc, 0, argv, givens, error};
	bool only_arguments = false;

	while (parse.next < argc) {
		const char *word = argv[parse.next++];
		int status = 0;

		if (only_arguments || word[0] != '-' || !word[1])
			take_argument(&parse, ret_arguments, word);
		else if (strcmp(word, "--") == 0)
			only_arguments = true;
		else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
			return *ret_help = true, 0;
		else if (word[1] == '-')
			status = parse_long(&parse, word + 2);
		else
			status = parse_letters(&parse, word + 1);
		if (status < 0)
			return -1;
	}
	return 0;
}

/* Prints `text` from column 30 on, wrapped before column 100. */
static void print_wrapped(FILE *out, const char *text)
{
	int column = 30;

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (column > 30 && column + 1 + length > 100)
			column = fprintf(out, "\n%30s", "") - 1;
		else if (column > 30)
			column += fprintf(out, " ");
		column += fprintf(out, "%.*s", length, text);
		text += length;
		text += *text == ' ';
	}
	fputc('\n', out);
}

static void print_option(FILE *out, const struct option *o)
{
	char head[128];
	int length;

	if (o->letter)
		snprintf(head, sizeof head, "  -%c, --%s%s%s", o->letter, o->name, o->value ? " " : "",
		         o->value ? o->value : "");
	else
		snprintf(head, sizeof head, "      --%s%s%s", o->name, o->value ? " " : "",
		         o->value ? o->value : "");
	length = fprintf(out, "%-29s", head);
	fprintf(out, "%s%*s", length > 29 ? "\n" : "", length > 29 ? 30 : 1, "");
	print_wrapped(out, o->help);
}

void options_help(FILE *out, const struct option_group *groups, size_t group_count)
{
	for (size_t g = 0; g < group_count; g++) {
		if (groups[g].options->section)
			continue;
		fprintf(out, "\n%s:\n", groups[g].title);
		for (const struct option *o = groups[g].options; o->name; o++)
			print_option(out, o);
	}
}

void options_release(const struct option_group *groups, size_t group_count)
{
	for (size_t g = 0; g < group_count; g++)
		for (const struct option *o = groups[g].options; o->name; o++)
			if (o->kind == OPTION_LIST)
				free(((struct option_list *)((char *)groups[g].base + o->offset))->items);
}
