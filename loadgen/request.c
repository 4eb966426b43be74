#include "loadgen/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "loadgen/h2.h"
#include "loadgen/render.h"
#include "loadgen/text.h"

const char *lg_target_method(const struct lg_target *target)
{
	return target->method ? target->method : target->body_size ? "POST" : "GET";
}

static int check_method(const char *method, char *error)
{
	if (strlen(method) > 32 || !lg_text_is_token(method, strlen(method)))
		return lg_error_set(error, "malformed method '%.32s'", method);
	if (!strcmp(method, "CONNECT"))
		return lg_error_set(error, "method 'CONNECT' is not supported");
	return 0;
}

bool lg_header_is(const char *header, const char *name)
{
	size_t length = strlen(name);

	return !strncasecmp(header, name, length) && header[length] == ':';
}

static int check_header(const char *header, char *error)
{
	const char *colon = strchr(header, ':');

	if (!colon || !lg_text_is_token(header, (size_t)(colon - header)))
		return lg_error_set(error, "malformed header, want 'Name: value'");
	for (const char *p = colon; *p; p++)
		if ((unsigned char)*p < ' ' && *p != '\t')
			return lg_error_set(error, "header '%.*s' has a line break or control character",
			                    lg_text_shown(header, colon), header);
	if (lg_header_is(header, "Content-Length") || lg_header_is(header, "Transfer-Encoding"))
		return lg_error_set(error, "header '%.*s' is set by the load engine, leave it out",
		                    lg_text_shown(header, colon), header);
	return 0;
}

int lg_request_check(const struct lg_target *target, char error[LG_ERROR_SIZE])
{
	size_t size = 0;

	if (check_method(lg_target_method(target), error) < 0)
		return -1;
	for (const char *const *header = target->headers; header && *header; header++) {
		if (check_header(*header, error) < 0)
			return -1;
		size += strlen(*header) + 2;
		if (size > LG_REQUEST_MAX_HEAD)
			return lg_error_set(error, "headers are longer than %u bytes", LG_REQUEST_MAX_HEAD);
	}
	if (target->body_size > LG_REQUEST_MAX_BODY)
		return lg_error_set(error, "body is longer than %u bytes", LG_REQUEST_MAX_BODY);
	if (target->body_size && !target->body)
		return lg_error_set(error, "body has a size but no bytes");
	return 0;
}

bool lg_target_has_header(const struct lg_target *target, const char *name)
{
	for (const char *const *header = target->headers; header && *header; header++)
		if (lg_header_is(*header, name))
			return true;
	return false;
}

bool lg_target_has_length(const struct lg_target *target)
{
	const char *method = lg_target_method(target);

	return target->body_size || !strcmp(method, "POST") || !strcmp(method, "PUT") ||
	       !strcmp(method, "PATCH");
}

const char *lg_header_value(const char *header, size_t *ret_size)
{
	const char *value = strchr(header, ':') + 1;
	size_t size;

	value += strspn(value, " \t");
	for (size = strlen(value); size && strchr(" \t", value[size - 1]);)
		size--;
	*ret_size = size;
	return value;
}

static void write_host(FILE *out, const struct lg_url *url)
{
	fprintf(out, url->ipv6 ? "Host: [%s]" : "Host: %s", url->host);
	if (url->port_shown)
		fprintf(out, ":%u", url->port);
	fputs("\r\n", out);
}

static void write_header(FILE *out, const char *header)
{
	size_t size;
	const char *value = lg_header_value(header, &size);

	fprintf(out, "%.*s: %.*s\r\n", (int)strcspn(header, ":"), header, (int)size, value);
}

static void write_request(FILE *out, const struct lg_target *target, const struct lg_url *url,
                          bool keep_alive)
{
	fprintf(out, "%s %s HTTP/1.1\r\n", lg_target_method(target), url->path);
	if (!lg_target_has_header(target, "Host"))
		write_host(out, url);
	for (const char *const *header = target->headers; header && *header; header++)
		write_header(out, *header);
	if (!lg_target_has_header(target, "User-Agent"))
		fputs("User-Agent: kubectl-pprof/" KP_VERSION "\r\n", out);
	if (!keep_alive && !lg_target_has_header(target, "Connection"))
		fputs("Connection: close\r\n", out);
	if (!lg_target_has_header(target, "Accept"))
		fputs("Accept: */*\r\n", out);
	if (lg_target_has_length(target))
		fprintf(out, "Content-Length: %zu\r\n", target->body_size);
	fputs("\r\n", out);
	if (target->body_size)
		fwrite(target->body, 1, target->body_size, out);
}

static bool is_idempotent(const char *method)
{
	static const char *const names[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(method, names[i]))
			return true;
	return false;
}

/* No request is longer. */
static size_t room_for(const struct lg_target *target, const struct lg_url *url)
{
	size_t room = 512 + strlen(lg_target_method(target)) + strlen(url->path) + strlen(url->host) +
	              target->body_size;

	for (const char *const *header = target->headers; header && *header; header++)
		room += strlen(*header) + strlen(": \r\n");
	return room;
}

/* Into memory of enough size: open_memstream leaves gaps where it has no memory to grow, and does not say so.
 */
static int make_bytes(struct lg_request *request, const struct lg_url *url, bool keep_alive)
{
	size_t room = room_for(&request->target, url);
	FILE *out;
	long size;

	request->bytes = malloc(room);
	out = request->bytes ? fmemopen(request->bytes, room, "w") : NULL;
	if (!out)
		return -1;
	write_request(out, &request->target, url, keep_alive);
	size = fflush(out) == 0 && !ferror(out) ? ftell(out) : -1;
	fclose(out);
	request->size = (size_t)size;
	return size < 0 ? -1 : 0;
}

int lg_request_init(struct lg_request *ret, const struct lg_target *target, const struct lg_url *url,
                    bool keep_alive, char error[LG_ERROR_SIZE])
{
	struct lg_request request = {.target = *target,
	                             .head_only = !strcmp(lg_target_method(target), "HEAD"),
	                             .idempotent = is_idempotent(lg_target_method(target))};

	if (make_bytes(&request, url, keep_alive) < 0) {
		free(request.bytes);
		return lg_error_set(error, "out of memory for the request");
	}
	*ret = request;
	return 0;
}

void lg_request_release(struct lg_request *request)
{
	free(request->bytes);
	lg_render_free(request->render);
	lg_h2_release(request);
	*request = (struct lg_request){0};
}
