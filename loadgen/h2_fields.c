#include "loadgen/h2_fields.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "loadgen/h2.h"
#include "loadgen/request.h"

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

static void add_bytes(struct lg_h2_fields *fields, char **at, const char *name, size_t name_size,
                      const char *value, size_t value_size)
{
	nghttp2_nv *field = &fields->fields[fields->count++];

	field->name = keep(at, name, name_size);
	field->namelen = name_size;
	field->value = keep(at, value, value_size);
	field->valuelen = value_size;
	field->flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
	for (size_t i = 0; i < name_size; i++)
		field->name[i] = (uint8_t)tolower(field->name[i]);
}

static void add(struct lg_h2_fields *fields, char **at, const char *name, const char *value)
{
	add_bytes(fields, at, name, strlen(name), value, strlen(value));
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

	for (const char *const *header = target->headers; header && *header; header++)
		if (lg_header_is(*header, "Host")) {
			size_t size;
			const char *value = lg_header_value(*header, &size);

			add_bytes(fields, at, ":authority", 10, value, size);
			return;
		}
	if (url->port_shown)
		snprintf(port, sizeof port, ":%u", url->port);
	snprintf(authority, sizeof authority, url->ipv6 ? "[%s]%s" : "%s%s", url->host, port);
	add(fields, at, ":authority", authority);
}

static void add_headers(struct lg_h2_fields *fields, char **at, const struct lg_target *target)
{
	for (const char *const *header = target->headers; header && *header; header++)
		if (is_allowed(*header)) {
			size_t size;
			const char *value = lg_header_value(*header, &size);

			add_bytes(fields, at, *header, strcspn(*header, ":"), value, size);
		}
}

static void add_all(struct lg_h2_fields *fields, char **at, const struct lg_target *target,
                    const struct lg_url *url)
{
	char length[24];

	add(fields, at, ":method", lg_target_method(target));
	add(fields, at, ":scheme", url->tls ? "https" : "http");
	add_authority(fields, at, target, url);
	add(fields, at, ":path", url->path);
	add_headers(fields, at, target);
	if (!lg_target_has_header(target, "User-Agent"))
		add(fields, at, "user-agent", "kubectl-pprof/" KP_VERSION);
	if (!lg_target_has_header(target, "Accept"))
		add(fields, at, "accept", "*/*");
	if (lg_target_has_length(target)) {
		snprintf(length, sizeof length, "%zu", target->body_size);
		add(fields, at, "content-length", length);
	}
}

int lg_h2_prepare(struct lg_request *request, const struct lg_url *url)
{
	size_t most, size = room_for(&request->target, url, &most);
	struct lg_h2_fields *fields = malloc(sizeof *fields + most * sizeof *fields->fields);
	char *text = malloc(size), *at = text;

	if (!fields || !text) {
		free(fields);
		free(text);
		return -1;
	}
	fields->count = 0;
	fields->text = text;
	add_all(fields, &at, &request->target, url);
	request->h2 = fields;
	return 0;
}

void lg_h2_release(struct lg_request *request)
{
	if (request->h2)
		free(request->h2->text);
	free(request->h2);
	request->h2 = NULL;
}
