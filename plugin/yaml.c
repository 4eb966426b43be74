#include "plugin/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "plugin/kube_file.h"
#include "plugin/text.h"

#define TEXT_MAX  (4U << 20)
#define DEPTH_MAX 64
#define NODES_MAX 100000
#define KEYS_MAX  5000

/* One walk over a libyaml document. */
struct walk {
	const char *name;
	yaml_document_t *document;
	size_t nodes;
	struct error *error;
};

void yaml_node_free(struct yaml_node *node)
{
	while (node) {
		struct yaml_node *next = node->next;

		yaml_node_free(node->first);
		text_wipe(node->text);
		free(node->key);
		free(node->text);
		free(node);
		node = next;
	}
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(text, *words) == 0)
			return true;
	return false;
}

static bool is_null(const char *text)
{
	static const char *const nulls[] = {"~", "null", NULL};

	return !*text || is_one_of(text, nulls);
}

static struct yaml_node *build(struct walk *walk, int index, unsigned depth);

static struct yaml_node *refuse(const struct walk *walk, const yaml_node_t *at, const char *what)
{
	error_set(walk->error, "%s:%zu:%zu: %s", walk->name, at->start_mark.line + 1,
	          at->start_mark.column + 1, what);
	return NULL;
}

static int set_scalar(struct walk *walk, struct yaml_node *node, const yaml_node_t *at)
{
	if (memchr(at->data.scalar.value, 0, at->data.scalar.length))
		return refuse(walk, at, "a value holds a NUL byte"), -1;
	node->quoted = at->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->text = xstrndup((const char *)at->data.scalar.value, at->data.scalar.length);
	node->kind = !node->quoted && is_null(node->text) ? YAML_NULL : YAML_SCALAR;
	return 0;
}

static int add_items(struct walk *walk, const yaml_node_t *at, struct yaml_node *list, unsigned depth)
{
	struct yaml_node **tail = &list->first;

	for (yaml_node_item_t *item = at->data.sequence.items.start; item < at->data.sequence.items.top;
	     item++) {
		*tail = build(walk, *item, depth + 1);
		if (!*tail)
			return -1;
		tail = &(*tail)->next;
	}
	return 0;
}

static int add_pair(struct walk *walk, const yaml_node_pair_t *pair, struct yaml_node *map,
                    struct yaml_node **tail, unsigned depth)
{
	const yaml_node_t *key = yaml_document_get_node(walk->document, pair->key);
	const char *text;

	if (key->type != YAML_SCALAR_NODE)
		return refuse(walk, key, "a key must be plain text"), -1;
	text = (const char *)key->data.scalar.value;
	if (strlen(text) != key->data.scalar.length)
		return refuse(walk, key, "a key holds a NUL byte"), -1;
	if (yaml_get(map, text))
		return refuse(walk, key, "this key stands twice in the same map"), -1;
	*tail = build(walk, pair->value, depth + 1);
	if (!*tail)
		return -1;
	(*tail)->key = xstrdup(text);
	(*tail)->key_line = (unsigned)key->start_mark.line + 1;
	(*tail)->key_column = (unsigned)key->start_mark.column + 1;
	if ((*tail)->kind == YAML_NULL || (*tail)->line < key->start_mark.line + 1) {
		(*tail)->line = (unsigned)key->start_mark.line + 1; /* an alias, or nothing */
		(*tail)->column = (unsigned)key->start_mark.column + 1;
	}
	return 0;
}

static int add_pairs(struct walk *walk, const yaml_node_t *at, struct yaml_node *map, unsigned depth)
{
	struct yaml_node **tail = &map->first;

	if (at->data.mapping.pairs.top - at->data.mapping.pairs.start > KEYS_MAX)
		return refuse(walk, at, "more than 5000 keys in one map"), -1;
	for (yaml_node_pair_t *pair = at->data.mapping.pairs.start; pair < at->data.mapping.pairs.top;
	     pair++) {
		if (add_pair(walk, pair, map, tail, depth) < 0)
			return -1;
		tail = &(*tail)->next;
	}
	return 0;
}

static struct yaml_node *build(struct walk *walk, int index, unsigned depth)
{
	const yaml_node_t *at = yaml_document_get_node(walk->document, index);
	struct yaml_node *node;
	int status = 0;

	if (depth > DEPTH_MAX)
		return refuse(walk, at, "nested more than 64 deep");
	if (++walk->nodes > NODES_MAX)
		return refuse(walk, at, "more than 100000 nodes");
	node = xcalloc(1, sizeof *node);
	node->line = (unsigned)at->start_mark.line + 1;
	node->column = (unsigned)at->start_mark.column + 1;
	if (at->type == YAML_SCALAR_NODE) {
		status = set_scalar(walk, node, at);
	} else if (at->type == YAML_SEQUENCE_NODE) {
		node->kind = YAML_LIST;
		status = add_items(walk, at, node, depth);
	} else {
		node->kind = YAML_MAP;
		status = add_pairs(walk, at, node, depth);
	}
	if (status == 0)
		return node;
	yaml_node_free(node);
	return NULL;
}

static int syntax_error(const char *name, const yaml_parser_t *parser, struct error *error)
{
	const yaml_mark_t *mark = &parser->problem_mark;

	if (parser->error == YAML_READER_ERROR)
		return error_set(error, "%s: %s at byte %zu; the file must be UTF-8", name, parser->problem,
		                 parser->problem_offset);
	return error_set(error, "%s:%zu:%zu: %s%s%s", name, mark->line + 1, mark->column + 1,
	                 parser->problem ? parser->problem : "malformed YAML", parser->context ? " " : "",
	                 parser->context ? parser->context : "");
}

/* The first document of the parser, as a tree; *ret stays NULL when there is none. */
static int load(const char *name, yaml_parser_t *parser, struct yaml_node **ret, struct error *error)
{
	yaml_document_t document;
	struct walk walk = {name, &document, 0, error};
	int status = 0;

	if (!yaml_parser_load(parser, &document))
		return syntax_error(name, parser, error);
	if (yaml_document_get_root_node(&document)) {
		*ret = build(&walk, 1, 0);
		status = *ret ? 0 : -1;
	}
	yaml_document_delete(&document);
	return status;
}

static int load_all(const char *name, yaml_parser_t *parser, struct yaml_node **ret, struct error *error)
{
	struct yaml_node *node = NULL, *second = NULL;
	int status = load(name, parser, &node, error);

	if (status == 0 && node)
		status = load(name, parser, &second, error);
	if (status == 0 && second)
		status = error_set(error, "%s:%u: a second document; only one is taken", name, second->line);
	yaml_node_free(second);
	if (status == 0)
		*ret = node ? node : xcalloc(1, sizeof *node);
	else
		yaml_node_free(node);
	return status;
}

int yaml_parse(const char *name, const char *text, size_t size, struct yaml_node **ret, struct error *error)
{
	yaml_parser_t parser;
	int status;

	if (size > TEXT_MAX)
		return error_set(error, "%s: larger than 4 MiB", name);
	if (!yaml_parser_initialize(&parser))
		return error_set(error, "%s: out of memory", name);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	status = load_all(name, &parser, ret, error);
	yaml_parser_delete(&parser);
	return status;
}

int yaml_read(const char *path, struct yaml_node **ret, struct error *error)
{
	size_t size;
	char *text = kube_file_read(path, TEXT_MAX, &size, error);
	int status;

	if (!text)
		return -1;
	status = yaml_parse(path, text, size, ret, error);
	explicit_bzero(text, size);
	free(text);
	errno = 0;
	return status;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (const struct yaml_node *node = map->first; node; node = node->next)
		if (node->key && strcmp(node->key, key) == 0)
			return node;
	return NULL;
}

static int wrong_type(const char *name, const struct yaml_node *node, const char *key, const char *wanted,
                      struct error *error)
{
	return error_set(error, "%s:%u:%u: '%s' must be %s", name, node->line, node->column, key, wanted);
}

int yaml_text(const char *name, const struct yaml_node *map, const char *key, const char **ret,
              struct error *error)
{
	const struct yaml_node *node = yaml_get(map, key);

	if (!node || node->kind == YAML_NULL)
		return 0;
	if (node->kind != YAML_SCALAR)
		return wrong_type(name, node, key, "text", error);
	*ret = node->text;
	return 0;
}

/* 1, 0, or -1 when it is no bool. YAML 1.1's words, as kubectl takes them. */
static int scalar_bool(const struct yaml_node *node)
{
	static const char *const yes[] = {"true", "yes", "on", NULL}, *const no[] = {"false", "no", "off",
	                                                                             NULL};

	if (node->kind != YAML_SCALAR || node->quoted)
		return -1;
	return is_one_of(node->text, yes) ? 1 : is_one_of(node->text, no) ? 0 : -1;
}

int yaml_bool(const char *name, const struct yaml_node *map, const char *key, bool *ret, struct error *error)
{
	const struct yaml_node *node = yaml_get(map, key);
	int value;

	if (!node || node->kind == YAML_NULL)
		return 0;
	value = scalar_bool(node);
	if (value < 0)
		return wrong_type(name, node, key, "true or false", error);
	*ret = value;
	return 0;
}

int yaml_child(const char *name, const struct yaml_node *map, const char *key, enum yaml_kind kind,
               const struct yaml_node **ret, struct error *error)
{
	const struct yaml_node *node = yaml_get(map, key);

	if (node && node->kind != YAML_NULL && node->kind != kind)
		return wrong_type(name, node, key, kind == YAML_LIST ? "a list" : "a map", error);
	*ret = node && node->kind == kind ? node : NULL;
	return 0;
}

static cJSON *scalar_json(const struct yaml_node *node)
{
	char *end;
	double number;

	if (node->quoted)
		return cJSON_CreateString(node->text);
	if (strcasecmp(node->text, "true") == 0 || strcasecmp(node->text, "false") == 0)
		return cJSON_CreateBool(tolower((unsigned char)*node->text) == 't');
	if (isdigit((unsigned char)*node->text) || strchr("+-.", *node->text)) {
		number = strtod(node->text, &end);
		if (*end == '\0' && end != node->text && number - number == 0)
			return cJSON_CreateNumber(number);
	}
	return cJSON_CreateString(node->text);
}

cJSON *yaml_to_json(const struct yaml_node *node)
{
	cJSON *ret;

	if (node->kind == YAML_NULL)
		return cJSON_CreateNull();
	if (node->kind == YAML_SCALAR)
		return scalar_json(node);
	ret = node->kind == YAML_LIST ? cJSON_CreateArray() : cJSON_CreateObject();
	for (const struct yaml_node *child = node->first; child; child = child->next) {
		if (node->kind == YAML_LIST)
			cJSON_AddItemToArray(ret, yaml_to_json(child));
		else
			cJSON_AddItemToObject(ret, child->key, yaml_to_json(child));
	}
	return ret;
}
