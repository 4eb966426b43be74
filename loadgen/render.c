#include "loadgen/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/request.h"
#include "loadgen/text.h"
#include "loadgen/worker.h"

#define LENGTH_TEXT sizeof "18446744073709551615"

/* ---- URLs ------------------------------------------------------------------- */

/* Writes a 0 over each character of the places. */
static void mask(char *url)
{
	char *end = url + strlen(url), *open = url;

	while ((open = memmem(open, (size_t)(end - open), "{{", 2))) {
		const char *behind = lg_template_skip(open, end);

		if (!behind)
			return;
		memset(open, '0', (size_t)(behind - open));
		open += behind - open;
	}
}

/* Where scheme, host and port of a masked URL end. */
static size_t authority_end(const char *masked)
{
	const char *host = strstr(masked, "://");

	host = host ? host + 3 : masked;
	return (size_t)(host - masked) + strcspn(host, "/?#");
}

static int parse_masked(const char *text, const char *masked, struct lg_url *ret, char *error)
{
	const char *open = lg_template_find(text, strlen(text));

	if (open && masked[open - text] != '{' && (size_t)(open - text) < authority_end(masked))
		return lg_error_set(error,
		                    "url: template: column %td: only path and query may have places to "
		                    "fill in",
		                    open - text + 1);
	return lg_url_parse(masked, ret, error);
}

int lg_render_url(const struct lg_target *target, const struct lg_plan *plan, struct lg_url *ret,
                  char error[LG_ERROR_SIZE])
{
	char *masked;
	int status;

	if (plan->no_templates || !strstr(target->url, "{{"))
		return lg_url_parse(target->url, ret, error);
	masked = strdup(target->url);
	if (!masked)
		return lg_error_set(error, "out of memory for a url");
	mask(masked);
	status = parse_masked(target->url, masked, ret, error);
	free(masked);
	return status;
}

/* Path and query as they were given, of a URL that lg_render_url takes; no data when memory is out. */
static struct lg_text given_path(const char *url)
{
	char *masked = strdup(url);
	struct lg_text path = {0};
	size_t begin;

	if (!masked)
		return path;
	mask(masked);
	begin = authority_end(masked);
	path = (struct lg_text){.data = url + begin, .size = strcspn(masked + begin, "#")};
	free(masked);
	return path;
}

/* ---- reading ------------------------------------------------------------------ */

static int too_long(const char *what, size_t most, size_t ceiling, char *error)
{
	return lg_error_set(error, "%s: may come to %zu bytes, the most is %zu", what, most, ceiling);
}

static bool lacks_slash(const struct lg_text *path)
{
	return !path->size || *path->data != '/';
}

static int read_path(struct lg_render *render, const struct lg_target *target, const struct lg_plan *plan,
                     char *error)
{
	const struct lg_place place = {.name = "url", .origin = target->url};
	struct lg_text given = given_path(target->url);

	if (!given.data)
		return lg_error_set(error, "out of memory for a url");
	render->given = given;
	if (lg_template_add(&render->path, "/", lacks_slash(&given), LG_ENCODE_URL, NULL, &place, error) <
	            0 ||
	    lg_template_add(&render->path, given.data, given.size, LG_ENCODE_URL, plan->table, &place,
	                    error) < 0)
		return -1;
	if (render->path.most > LG_URL_MAX)
		return too_long("url", render->path.most, LG_URL_MAX, error);
	return 0;
}

static int read_value(struct lg_template *value, const char *header, const struct lg_plan *plan, char *error)
{
	char name[80];
	const struct lg_place place = {.name = name, .origin = header};
	size_t size;
	const char *text = lg_header_value(header, &size);

	snprintf(name, sizeof name, "header '%.*s'", (int)strcspn(header, ":"), header);
	return lg_template_add(value, text, size, LG_ENCODE_FIELD, plan->table, &place, error);
}

static int read_values(struct lg_render *render, const struct lg_target *target, const struct lg_plan *plan,
                       char *error)
{
	size_t count = 0, most = 0;

	while (target->headers && target->headers[count])
		count++;
	render->values = calloc(count + 1, sizeof *render->values);
	if (!render->values)
		return lg_error_set(error, "out of memory for headers");
	for (; render->value_count < count; most += render->values[render->value_count++].most)
		if (read_value(&render->values[render->value_count], target->headers[render->value_count],
		               plan, error) < 0) {
			render->value_count++;
			return -1;
		}
	if (most > LG_REQUEST_MAX_HEAD)
		return too_long("headers", most, LG_REQUEST_MAX_HEAD, error);
	return 0;
}

static int read_body(struct lg_render *render, const struct lg_target *target, const struct lg_plan *plan,
                     char *error)
{
	const struct lg_place place = {.name = "body", .origin = target->body};

	if (lg_template_add(&render->body, target->body, target->body_size, LG_ENCODE_NOTHING, plan->table,
	                    &place, error) < 0)
		return -1;
	if (render->body.most > LG_RENDER_MAX_BODY)
		return too_long("body", render->body.most, LG_RENDER_MAX_BODY, error);
	return 0;
}

static int read_parts(struct lg_render *render, const struct lg_target *target, const struct lg_plan *plan,
                      char *error)
{
	if (read_path(render, target, plan, error) < 0 || read_values(render, target, plan, error) < 0)
		return -1;
	return read_body(render, target, plan, error);
}

static bool has_places(const struct lg_target *target, const struct lg_plan *plan)
{
	if (plan->no_templates)
		return false;
	for (const char *const *header = target->headers; header && *header; header++)
		if (strstr(strchr(*header, ':'), "{{"))
			return true;
	return strstr(target->url, "{{") || lg_template_find(target->body, target->body_size);
}

static void release(struct lg_render *render)
{
	lg_template_release(&render->path);
	lg_template_release(&render->body);
	lg_template_release(&render->head);
	for (size_t i = 0; i < render->value_count; i++)
		lg_template_release(&render->values[i]);
	free(render->values);
	free(render->head_text);
}

int lg_render_check(const struct lg_target *target, const struct lg_plan *plan, char error[LG_ERROR_SIZE])
{
	struct lg_render render = {0};
	int status = has_places(target, plan) ? read_parts(&render, target, plan, error) : 0;

	release(&render);
	return status;
}

/* ---- HTTP/1.1 --------------------------------------------------------------------- */

/* The request as it would be without templates, up to its length, but with the path as it was given. */
static char *make_head_text(const struct lg_render *render, const struct lg_request *request)
{
	const struct lg_target *target = &request->target;
	size_t tail = strlen("\r\n");
	char *text;

	if (lg_target_has_length(target))
		tail = (size_t)snprintf(NULL, 0, "Content-Length: %zu\r\n\r\n", target->body_size);
	text = strndup(request->bytes, request->size - target->body_size - tail);
	if (text)
		memcpy(strchr(text, ' ') + 1 + lacks_slash(&render->given), render->given.data,
		       render->given.size);
	return text;
}

static int add_length(struct lg_template *head, const struct lg_place *place, char *error)
{
	if (lg_template_add(head, "Content-Length: ", 16, LG_ENCODE_NOTHING, NULL, place, error) < 0)
		return -1;
	if (lg_template_add_length(head) < 0)
		return lg_error_set(error, "out of memory for a request");
	return lg_template_add(head, "\r\n", 2, LG_ENCODE_NOTHING, NULL, place, error);
}

/* Method, path and query are the URL's, what follows are fields. */
static int read_head(struct lg_render *render, const struct lg_request *request, const struct lg_plan *plan,
                     char *error)
{
	const char *text = render->head_text, *end = text + strlen(text);
	const char *path = strchr(text, ' ') + 1;
	const char *behind = path + lacks_slash(&render->given) + render->given.size;
	const struct lg_place place = {.name = "head", .origin = text};
	struct lg_template *head = &render->head;

	if (lg_template_add(head, text, (size_t)(behind - text), LG_ENCODE_URL, plan->table, &place, error) <
	            0 ||
	    lg_template_add(head, behind, (size_t)(end - behind), LG_ENCODE_FIELD, plan->table, &place,
	                    error) < 0)
		return -1;
	if (lg_target_has_length(&request->target) && add_length(head, &place, error) < 0)
		return -1;
	return lg_template_add(head, "\r\n", 2, LG_ENCODE_NOTHING, NULL, &place, error);
}

/* ---- one for each request ----------------------------------------------------------- */

/* Head and body at once, or the parts and the list of them. */
static size_t memory_for(const struct lg_render *render)
{
	size_t whole = render->head.most + render->body.most;
	size_t parts = render->value_count * sizeof(struct lg_text) + render->path.most + render->body.most +
	               LENGTH_TEXT;

	for (size_t i = 0; i < render->value_count; i++)
		parts += render->values[i].most;
	return whole > parts ? whole : parts;
}

static int read_all(struct lg_render *render, const struct lg_request *request, const struct lg_plan *plan,
                    char *error)
{
	if (read_parts(render, &request->target, plan, error) < 0)
		return -1;
	render->head_text = make_head_text(render, request);
	if (!render->head_text)
		return lg_error_set(error, "out of memory for a request");
	if (read_head(render, request, plan, error) < 0)
		return -1;
	render->most = memory_for(render);
	return 0;
}

int lg_render_new(struct lg_render **ret, const struct lg_request *request, const struct lg_plan *plan,
                  char error[LG_ERROR_SIZE])
{
	struct lg_render *render = NULL;

	if (has_places(&request->target, plan)) {
		render = calloc(1, sizeof *render);
		if (!render)
			return lg_error_set(error, "out of memory for a request");
		if (read_all(render, request, plan, error) < 0) {
			lg_render_free(render);
			return -1;
		}
	}
	*ret = render;
	return 0;
}

void lg_render_free(struct lg_render *render)
{
	if (render)
		release(render);
	free(render);
}

/* ---- filling in ----------------------------------------------------------------------- */

static char *memory_of(struct lg_vu *vu)
{
	if (!vu->text)
		vu->text = malloc(vu->worker->job->text_size);
	return vu->text;
}

/* Body and head draw numbers of their own: which is written first is of no consequence. */
static struct lg_values values_of(const struct lg_vu *vu, bool body)
{
	return (struct lg_values){
		.seq = vu->seq,
		.random = lg_random_at(vu->worker->job->seed, 2 * vu->seq + body),
	};
}

/* The body goes where the longest head would end; the head is then moved up to it. */
const char *lg_render_bytes(struct lg_vu *vu, size_t *ret_size)
{
	const struct lg_render *render = vu->request->render;
	struct lg_values in_body = values_of(vu, true), in_head = values_of(vu, false);
	char *memory = memory_of(vu), *body = memory + render->head.most, *begin = memory;
	size_t size;

	if (!memory)
		return NULL;
	in_head.length = (uint64_t)(lg_template_render(&render->body, &in_body, body) - body);
	size = (size_t)(lg_template_render(&render->head, &in_head, memory) - memory);
	if (in_head.length)
		begin = memmove(body - size, memory, size);
	*ret_size = size + in_head.length;
	return begin;
}

static struct lg_text trimmed(const char *begin, const char *end)
{
	while (begin < end && (*begin == ' ' || *begin == '\t'))
		begin++;
	while (begin < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct lg_text){.data = begin, .size = (size_t)(end - begin)};
}

int lg_render_fields(struct lg_vu *vu, struct lg_rendered *ret)
{
	const struct lg_render *render = vu->request->render;
	struct lg_values in_body = values_of(vu, true), in_head = values_of(vu, false);
	struct lg_text *values = (struct lg_text *)memory_of(vu);
	char *at, *end;

	if (!values)
		return -1;
	at = (char *)(values + render->value_count);
	end = lg_template_render(&render->path, &in_head, at);
	ret->path = (struct lg_text){.data = at, .size = (size_t)(end - at)};
	for (size_t i = 0; i < render->value_count; i++) {
		at = end;
		end = lg_template_render(&render->values[i], &in_head, at);
		values[i] = trimmed(at, end);
	}
	ret->values = values;
	at = end;
	end = lg_template_render(&render->body, &in_body, at);
	ret->body = (struct lg_text){.data = at, .size = (size_t)(end - at)};
	ret->length.data = end;
	ret->length.size = (size_t)snprintf(end, LENGTH_TEXT, "%zu", ret->body.size);
	return 0;
}
