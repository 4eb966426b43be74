#include "loadgen/h2_fields.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "loadgen/h2.h"
#include "loadgen/render.h"
#include "loadgen/request.h"
#include "loadgen/worker.h"

#define OWN_FIELDS 7 /* method, scheme, authority, path, user-agent, accept, content-length */
#define OWN_TEXT   256

static size_t room_for(const struct lg_target *target, const struct lg_url *url, size_t *ret_fields)
{
	size_t size = OWN_TEXT + strlen(lg_target_method(target)) + strlen(url->host) + strlen(url->path);

	*ret_fields = OWN_FIELDS;
	for (const char *const *header = target->headers; header && *header; header++) {
		size += strlen(*header);
		++*ret_fields;
	}
	return size;
}

static uint8_t *keep(char **at, const char *text, size_t size)
{
	char *ret = *at;

	memcpy(ret, text, size);
	*at += size;
	return (uint8_t *)ret;
}

static void add_bytes(struct lg_h2_fields *fields, char **at, int source, const char *name, size_t name_size,
                      const char *value, size_t value_size)
{
	nghttp2_nv *field = &fields->fields[fields->count];

	fields->sources[fields->count++] = source;
	field->name = keep(at, name, name_size);
	field->namelen = name_size;
	field->value = keep(at, value, value_size);
	field->valuelen = value_size;
	field->flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
	for (size_t i = 0; i < name_size; i++)
		field->name[i] = (uint8_t)tolower(field->name[i]);
}

static void add(struct lg_h2_fields *fields, char **at, int source, const char *name, const char *value)
{
	add_bytes(fields, at, source, name, strlen(name), value, strlen(value));
}

static void add_header(struct lg_h2_fields *fields, char **at, const struct lg_target *target, int index,
                       const char *name, size_t name_size)
{
	size_t size;
	const char *value = lg_header_value(target->headers[index], &size);

	add_bytes(fields, at, index, name, name_size, value, size);
}

/* Those that speak of the connection are not allowed (RFC 9113, section 8.2.2). */
static bool is_allowed(const char *header)
{
	static const char *const banned[] = {
		"Connection",     "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade",
		"HTTP2-Settings", "Host"};
	size_t size;
	const char *value = lg_header_value(header, &size);

	for (size_t i = 0; i < sizeof banned / sizeof *banned; i++)
		if (lg_header_is(header, banned[i]))
			return false;
	return !lg_header_is(header, "TE") || (size == 8 && !strncasecmp(value, "trailers", size));
}

static void add_authority(struct lg_h2_fields *fields, char **at, const struct lg_target *target,
                          const struct lg_url *url)
{
	char authority[sizeof url->host + 16], port[8] = "";

	for (int i = 0; target->headers && target->headers[i]; i++)
		if (lg_header_is(target->headers[i], "Host")) {
			add_header(fields, at, target, i, ":authority", strlen(":authority"));
			return;
		}
	if (url->port_shown)
		snprintf(port, sizeof port, ":%u", url->port);
	snprintf(authority, sizeof authority, url->ipv6 ? "[%s]%s" : "%s%s", url->host, port);
	add(fields, at, LG_H2_FIXED, ":authority", authority);
}

static void add_headers(struct lg_h2_fields *fields, char **at, const struct lg_target *target)
{
	for (int i = 0; target->headers && target->headers[i]; i++)
		if (is_allowed(target->headers[i]))
			add_header(fields, at, target, i, target->headers[i],
			           strcspn(target->headers[i], ":"));
}

static void add_all(struct lg_h2_fields *fields, char **at, const struct lg_target *target,
                    const struct lg_url *url)
{
	char length[24];

	add(fields, at, LG_H2_FIXED, ":method", lg_target_method(target));
	add(fields, at, LG_H2_FIXED, ":scheme", url->tls ? "https" : "http");
	add_authority(fields, at, target, url);
	add(fields, at, LG_H2_PATH, ":path", url->path);
	add_headers(fields, at, target);
	if (!lg_target_has_header(target, "User-Agent"))
		add(fields, at, LG_H2_FIXED, "user-agent", "kubectl-pprof/" KP_VERSION);
	if (!lg_target_has_header(target, "Accept"))
		add(fields, at, LG_H2_FIXED, "accept", "*/*");
	if (lg_target_has_length(target)) {
		snprintf(length, sizeof length, "%zu", target->body_size);
		add(fields, at, LG_H2_LENGTH, "content-length", length);
	}
}

int lg_h2_prepare(struct lg_request *request, const struct lg_url *url)
{
	size_t most, size = room_for(&request->target, url, &most);
	struct lg_h2_fields *fields = malloc(sizeof *fields + most * sizeof *fields->fields);
	char *text = malloc(size), *at = text;
	int *sources = malloc(most * sizeof *sources);

	if (!fields || !text || !sources) {
		free(fields);
		free(text);
		free(sources);
		return -1;
	}
	fields->count = 0;
	fields->text = text;
	fields->sources = sources;
	add_all(fields, &at, &request->target, url);
	request->h2 = fields;
	return 0;
}

static const struct lg_text *value_of(const struct lg_rendered *rendered, int source)
{
	if (source == LG_H2_PATH)
		return &rendered->path;
	return source == LG_H2_LENGTH ? &rendered->length : &rendered->values[source];
}

void lg_h2_fill(const struct lg_h2_fields *fields, const struct lg_rendered *rendered, nghttp2_nv *ret)
{
	memcpy(ret, fields->fields, fields->count * sizeof *ret);
	for (size_t i = 0; i < fields->count; i++) {
		const struct lg_text *value;

		if (fields->sources[i] == LG_H2_FIXED)
			continue;
		value = value_of(rendered, fields->sources[i]);
		ret[i].value = (uint8_t *)value->data;
		ret[i].valuelen = value->size;
	}
}

const nghttp2_nv *lg_h2_fill_request(struct lg_h2_filled *filled, struct lg_vu *vu, struct lg_text *ret_body)
{
	const struct lg_h2_fields *fields = vu->request->h2;
	struct lg_rendered rendered;

	if (filled->room < fields->count) {
		nghttp2_nv *grown = realloc(filled->fields, fields->count * sizeof *grown);

		if (!grown)
			return NULL;
		*filled = (struct lg_h2_filled){grown, fields->count};
	}
	if (lg_render_fields(vu, &rendered) < 0)
		return NULL;
	lg_h2_fill(fields, &rendered, filled->fields);
	*ret_body = rendered.body;
	return filled->fields;
}

void lg_h2_release(struct lg_request *request)
{
	if (request->h2) {
		free(request->h2->text);
		free(request->h2->sources);
	}
	free(request->h2);
	request->h2 = NULL;
}
