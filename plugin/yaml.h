/*
 * YAML (and so JSON) files as a tree that remembers lines, read by libyaml.
 *
 * Ceilings: 4 MiB of text, 64 levels, 100,000 nodes after aliases are resolved;
 * one document a file; mapping keys are scalars and unique. Errors name file,
 * line and column: "FILE:3:7: did not find expected ...". Columns count from 1.
 */
#ifndef PLUGIN_YAML_H
#define PLUGIN_YAML_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "plugin/error.h"

enum yaml_kind { YAML_NULL, YAML_SCALAR, YAML_LIST, YAML_MAP };

/* A node owns its children; siblings are linked. Strings may hold secrets: they are wiped when freed. */
struct yaml_node {
	enum yaml_kind kind;
	unsigned line, column;
	unsigned key_line, key_column; /* of the key inside a map, else 0 */
	char *key;                     /* inside a map; else NULL */
	char *text;                    /* of a scalar, else NULL */
	bool quoted;                   /* a quoted scalar is a string, whatever it looks like */
	struct yaml_node *first, *next;
};

/* An empty file gives a YAML_NULL node. `name` is how errors call the file; text need not end in NUL. */
int yaml_parse(const char *name, const char *text, size_t size, struct yaml_node **ret, struct error *error);
/* -1 with errno kept (ENOENT ...) when the file cannot be read, else errno 0. */
int yaml_read(const char *path, struct yaml_node **ret, struct error *error);
/* (libyaml has a yaml_free of its own.) NULL is fine. */
void yaml_node_free(struct yaml_node *node);

/* The value of a key, NULL if absent or if `map` is NULL or no map. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/*
 * Typed reads of MAP.KEY: absent or null leaves *ret alone; a wrong type is an
 * error that names `name`, line, column and key. Texts belong to the tree.
 */
int yaml_text(const char *name, const struct yaml_node *map, const char *key, const char **ret,
              struct error *error);
int yaml_bool(const char *name, const struct yaml_node *map, const char *key, bool *ret, struct error *error);
/* A child that is of `kind` or null/absent (then *ret is NULL). */
int yaml_child(const char *name, const struct yaml_node *map, const char *key, enum yaml_kind kind,
               const struct yaml_node **ret, struct error *error);
/* By YAML 1.2's core schema: plain scalars become null, bool, number or string. The caller's to delete. */
cJSON *yaml_to_json(const struct yaml_node *node);

#endif
