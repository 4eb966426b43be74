#include "plugin/targets.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plugin/kube_file.h"
#include "plugin/text.h"

/* A line without the white space around it. */
struct line {
	const char *text;
	size_t size;
	size_t number, column; /* of its first byte */
};

struct parser {
	const char *name, *at, *end;
	const struct targets_defaults *defaults;
	targets_open_fn *open_body;
	struct targets *targets;
	struct line line;
	size_t bodies;        /* bytes */
	const char **headers; /* of the target at hand, NULL-terminated; the target's */
	size_t header_count;
	bool in_headers;         /* header lines and a body may follow */
	unsigned weight;         /* of the target to come, 0: not said */
	struct line weight_line; /* where it was said */
	struct error *error;
};

static int fail(struct parser *p, const struct line *line, size_t offset, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static int fail(struct parser *p, const struct line *line, size_t offset, const char *format, ...)
{
	char text[sizeof p->error->text];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return error_usage(p->error, "%.255s:%zu:%zu: %s", p->name, line->number, line->column + offset,
	                   text);
}

static char *keep(struct targets *targets, char *text)
{
	targets->owned = xrealloc(targets->owned, (targets->owned_count + 1) * sizeof *targets->owned);
	return targets->owned[targets->owned_count++] = text;
}

static struct lg_target *current(struct parser *p)
{
	return &p->targets->items[p->targets->count - 1];
}

/* ---- lines ------------------------------------------------------------------ */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int check_line(struct parser *p)
{
	const struct line *line = &p->line;

	if (line->size > TARGETS_MAX_LINE)
		return fail(p, line, 0, "a line of %zu bytes, the most is %u", line->size, TARGETS_MAX_LINE);
	for (size_t i = 0; i < line->size; i++)
		if (((unsigned char)line->text[i] < ' ' && line->text[i] != '\t') || line->text[i] == 0x7f)
			return fail(p, line, i, "a control character (byte %d)", line->text[i]);
	return 0;
}

/* 1: p->line is the next line; 0: there is none; -1: there is, and it is bad. */
static int next_line(struct parser *p)
{
	const char *end = p->at < p->end ? memchr(p->at, '\n', (size_t)(p->end - p->at)) : NULL;
	const char *begin = p->at, *stop;

	if (p->at == p->end)
		return 0;
	stop = end ? end : p->end;
	p->at = end ? end + 1 : p->end;
	if (stop > begin && stop[-1] == '\r')
		stop--;
	p->line = (struct line){.number = p->line.number + 1, .column = 1};
	for (; begin < stop && is_blank(*begin); begin++)
		p->line.column++;
	while (stop > begin && is_blank(stop[-1]))
		stop--;
	p->line.text = begin;
	p->line.size = (size_t)(stop - begin);
	return check_line(p) < 0 ? -1 : 1;
}

/* ---- checks by the engine ------------------------------------------------------ */

static int check(struct parser *p, const struct lg_target *target, size_t offset)
{
	const struct lg_plan plan = {.targets = target,
	                             .target_count = 1,
	                             .vus = 1,
	                             .table = p->defaults ? p->defaults->table : NULL,
	                             .no_templates = p->defaults && p->defaults->no_templates};
	char line[LG_ERROR_SIZE];

	if (lg_check(&plan, line) < 0)
		return fail(p, &p->line, offset, "%s", line);
	return 0;
}

/* ---- weights ------------------------------------------------------------------- */

/* Past "# weight:" and the blanks behind it; NULL: another comment. */
static const char *weight_at(const struct line *line)
{
	static const char word[] = "weight";
	const char *at = line->text + 1, *end = line->text + line->size;

	while (at < end && is_blank(*at))
		at++;
	if ((size_t)(end - at) < strlen(word) || strncasecmp(at, word, strlen(word)) != 0)
		return NULL;
	at += strlen(word);
	while (at < end && is_blank(*at))
		at++;
	if (at == end || *at != ':')
		return NULL;
	for (at++; at < end && is_blank(*at);)
		at++;
	return at;
}

static int read_comment(struct parser *p)
{
	const char *at = weight_at(&p->line), *end = p->line.text + p->line.size, *digit = at;
	unsigned weight = 0;

	if (!at)
		return 0;
	for (; digit < end && isdigit((unsigned char)*digit) && weight <= TARGETS_MAX_WEIGHT; digit++)
		weight = weight * 10 + (unsigned)(*digit - '0');
	if (digit == at || digit < end || !weight || weight > TARGETS_MAX_WEIGHT)
		return fail(p, &p->line, (size_t)(at - p->line.text), "a weight is a number from 1 to %u",
		            TARGETS_MAX_WEIGHT);
	if (p->weight)
		return fail(p, &p->line, 0, "a second weight for one target, the first is in line %zu",
		            p->weight_line.number);
	p->weight = weight;
	p->weight_line = p->line;
	return 0;
}

/* ---- targets --------------------------------------------------------------------- */

/* A header's name is followed by its colon at once, a method by a blank. */
static bool is_target(const struct line *line)
{
	size_t size = 0;

	while (size < line->size &&
	       (isupper((unsigned char)line->text[size]) || strchr("-_", line->text[size])))
		size++;
	return size && size < line->size && is_blank(line->text[size]);
}

static void add_header(struct parser *p, const char *header)
{
	p->headers = xrealloc(p->headers, (p->header_count + 2) * sizeof *p->headers);
	if (header)
		p->headers[p->header_count++] = header;
	p->headers[p->header_count] = NULL;
	current(p)->headers = p->headers;
}

static int begin_target(struct parser *p)
{
	const struct line *line = &p->line;
	size_t method = 0, url;
	struct lg_target *target;

	if (!is_target(line))
		return fail(p, line, 0, "'%.*s' is no target; want METHOD URL, such as GET http://host/",
		            line->size < 60 ? (int)line->size : 60, line->text);
	if (p->targets->count == TARGETS_MAX)
		return fail(p, line, 0, "more than %d targets", TARGETS_MAX);
	while (!is_blank(line->text[method]))
		method++;
	for (url = method; is_blank(line->text[url]);)
		url++;
	p->targets->items = xrealloc(p->targets->items, (p->targets->count + 1) * sizeof *target);
	target = &p->targets->items[p->targets->count++];
	*target = (struct lg_target){.weight = p->weight ? p->weight : 1};
	target->method = keep(p->targets, xstrndup(line->text, method));
	target->url = keep(p->targets, xstrndup(line->text + url, line->size - url));
	p->headers = NULL;
	p->header_count = p->weight = 0;
	p->in_headers = true;
	add_header(p, NULL);
	return check(p, target, url);
}

static int read_header(struct parser *p)
{
	struct lg_target target = *current(p);
	const char *header = keep(p->targets, xstrndup(p->line.text, p->line.size));
	const char *const alone[] = {header, NULL};

	target.headers = alone;
	if (check(p, &target, 0) < 0)
		return -1;
	add_header(p, header);
	return 0;
}

/* Beside the targets file, unless that is a pipe's name. */
static char *body_path(const struct parser *p)
{
	const char *slash = strrchr(p->name, '/');
	bool alone = p->line.text[1] == '/' || !slash || !strncmp(p->name, "/dev/", 5);

	return xprintf("%.*s%.*s", alone ? 0 : (int)(slash + 1 - p->name), p->name, (int)p->line.size - 1,
	               p->line.text + 1);
}

static int read_body(struct parser *p)
{
	struct lg_target *target = current(p);
	struct error cause = {0};
	char *path, *body;

	if (p->line.size == 1)
		return fail(p, &p->line, 0, "a body without the name of its file, such as @body.json");
	path = body_path(p);
	body = p->open_body(path, TARGETS_MAX_BODY, &target->body_size, &cause);
	free(path);
	if (!body)
		return fail(p, &p->line, 1, "%s", cause.text);
	target->body = keep(p->targets, body);
	p->bodies += target->body_size;
	if (p->bodies > TARGETS_MAX_BODIES)
		return fail(p, &p->line, 0, "the bodies are over %u MiB together", TARGETS_MAX_BODIES >> 20);
	return check(p, target, 1);
}

/* ---- defaults --------------------------------------------------------------------- */

static bool has_header(const struct parser *p, size_t count, const char *like)
{
	size_t size = strcspn(like, ":");

	for (size_t i = 0; i < count; i++)
		if (strncasecmp(p->headers[i], like, size) == 0 && p->headers[i][size] == ':')
			return true;
	return false;
}

static void end_target(struct parser *p, bool has_body)
{
	const struct targets_defaults *defaults = p->defaults;
	size_t own = p->header_count;

	if (!p->in_headers)
		return;
	p->in_headers = false;
	if (!defaults)
		return;
	for (const char *const *header = defaults->headers; header && *header; header++)
		if (!has_header(p, own, *header))
			add_header(p, *header);
	if (!has_body) {
		current(p)->body = defaults->body;
		current(p)->body_size = defaults->body_size;
	}
}

/* ---- all -------------------------------------------------------------------------- */

static int read_line(struct parser *p)
{
	const struct line *line = &p->line;

	if (!line->size) {
		end_target(p, false);
		return 0;
	}
	if (*line->text == '#')
		return read_comment(p);
	if (!p->in_headers || is_target(line)) {
		end_target(p, false);
		return begin_target(p);
	}
	if (*line->text != '@')
		return read_header(p);
	if (read_body(p) < 0)
		return -1;
	end_target(p, true);
	return 0;
}

static int read_lines(struct parser *p)
{
	int more;

	while ((more = next_line(p)) > 0)
		if (read_line(p) < 0)
			return -1;
	if (more < 0)
		return -1;
	end_target(p, false);
	if (p->weight)
		return fail(p, &p->weight_line, 0, "a weight, and no target below it");
	if (!p->targets->count)
		return error_usage(p->error, "%s: no target in it; want lines such as GET http://host/",
		                   p->name);
	return 0;
}

int targets_parse(const char *name, const char *text, size_t size, const struct targets_defaults *defaults,
                  targets_open_fn *open_body, struct targets *ret, struct error *error)
{
	struct targets targets = {0};
	struct parser parser = {.name = name,
	                        .at = text,
	                        .end = text + size,
	                        .defaults = defaults,
	                        .open_body = open_body,
	                        .targets = &targets,
	                        .error = error};

	if (read_lines(&parser) < 0) {
		targets_release(&targets);
		return -1;
	}
	*ret = targets;
	return 0;
}

int targets_read(const char *path, const struct targets_defaults *defaults, struct targets *ret,
                 struct error *error)
{
	size_t size;
	char *text = kube_file_read(path, TARGETS_MAX_FILE, &size, error);
	int status;

	if (!text) {
		error->exit = EXIT_USAGE;
		return -1;
	}
	status = targets_parse(path, text, size, defaults, kube_file_read, ret, error);
	text_wipe(text);
	free(text);
	return status;
}

/* Headers and bodies may hold secrets. */
void targets_release(struct targets *targets)
{
	for (size_t i = 0; i < targets->owned_count; i++) {
		text_wipe(targets->owned[i]);
		free(targets->owned[i]);
	}
	for (size_t i = 0; i < targets->count; i++)
		free((void *)targets->items[i].headers);
	free(targets->owned);
	free(targets->items);
	*targets = (struct targets){0};
}
