/*
 * Several kinds of request from a file, in the form that vegeta reads (https://github.com/tsenart/vegeta,
 * "http" format), plus weights that vegeta takes for comments:
 *
 *     # weight: 3
 *     GET http://shop:8080/goods?page={{rand 1 100}}
 *     Accept: application/json
 *
 *     POST http://shop:8080/orders
 *     Content-Type: application/json
 *     @order.json
 *
 * A target is a line METHOD URL, then its header lines, then its body's file after an '@'. A blank line ends
 * it; so does the body, or the next METHOD URL. White space around a line does not count. A line that begins
 * with '#' is a comment; "# weight: N" says how often the next target is sent in relation to the others
 * (1 to 10000, 1 if it is not said). The body's file is looked for from the folder that the targets file is
 * in (for a targets file in /dev, such as /dev/stdin, from the working directory).
 *
 * Ceilings: 1000 targets, 16 KiB a line, 16 MiB of targets, 64 MiB a body, 256 MiB of bodies. Errors (exit 2)
 * begin with FILE:LINE:COLUMN, both from 1, columns in bytes. What the load engine would refuse is refused
 * here, where there is a line to name.
 */
#ifndef PLUGIN_TARGETS_H
#define PLUGIN_TARGETS_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/loadgen.h"
#include "plugin/error.h"

#define TARGETS_MAX        1000
#define TARGETS_MAX_WEIGHT 10000U
#define TARGETS_MAX_LINE   (16U * 1024)
#define TARGETS_MAX_FILE   (16U * 1024 * 1024)
#define TARGETS_MAX_BODY   (64U * 1024 * 1024)
#define TARGETS_MAX_BODIES (256U * 1024 * 1024)

/* At least one. Strings are owned, but for what is the defaults'. */
struct targets {
	struct lg_target *items;
	size_t count;
	char **owned;
	size_t owned_count;
};

/* What a target has if it does not say so itself, borrowed; all may be NULL. */
struct targets_defaults {
	const char *const
		*headers; /* "Name: value", NULL-terminated: those whose names the target has not got */
	const void *body;
	size_t body_size;
	const struct lg_table *table; /* that {{csv.COLUMN}} is looked up in, for the checks */
	bool no_templates;            /* as in struct lg_plan */
};

/* Reads a body's file, as kube_file_read does. */
typedef char *targets_open_fn(const char *path, size_t ceiling, size_t *ret_size, struct error *error);

/* 0, or -1 with a line and *ret untouched. */
int targets_read(const char *path, const struct targets_defaults *defaults, struct targets *ret,
                 struct error *error);
/* The same from text, which errors call `name`; bodies are looked for beside it. */
int targets_parse(const char *name, const char *text, size_t size, const struct targets_defaults *defaults,
                  targets_open_fn *open_body, struct targets *ret, struct error *error);
void targets_release(struct targets *targets);

#endif
