/*
 * Fuzzes requests with places to fill in: the first line is the URL's path, the second a header's value,
 * the rest the body. What is taken comes to a request with one head, values that stay where they were put,
 * the length of its body, and no more bytes than it said. tests/fuzz drives it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/render.h"
#include "loadgen/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const columns[] = {"a", "b"};
static const char *const rows[] = {"", "plain", "\r\n\r\nGET / HTTP/1.1", "{{seq}} ?#%&", "\x80\xff\x01",
                                   "x"};
static const struct lg_table table = {columns, 2, rows, 3};

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_bytes(const char *bytes, size_t size, const struct lg_rendered *parts)
{
	const char *behind = memmem(bytes, size, "\r\n\r\n", 4),
		   *field = memmem(bytes, size, "\r\nX-Fuzz: ", 10);
	const char *length = memmem(bytes, size, "\r\nContent-Length: ", 18),
		   *space = memchr(bytes, ' ', size);

	check(behind && field && length && space && length < behind);
	check((size_t)(bytes + size - behind - 4) == parts->body.size);
	check(!memcmp(behind + 4, parts->body.data, parts->body.size));
	check(strtoul(length + 18, NULL, 10) == parts->body.size);
	check(!memcmp(space + 1, parts->path.data, parts->path.size));
	check(!memcmp(space + 1 + parts->path.size, " HTTP/1.1\r\n", 11));
	check(!memmem(parts->path.data, parts->path.size, " ", 1));
	check(memmem(field + 10, (size_t)(behind - field - 10), parts->values[0].data,
	             parts->values[0].size));
	check(!memchr(parts->values[0].data, '\n', parts->values[0].size));
}

static void render(const struct lg_plan *plan, struct lg_request *request)
{
	struct lg_job job = {.plan = plan, .seed = {1, 2}, .text_size = request->render->most};
	struct lg_worker worker = {.job = &job};
	struct lg_vu vu = {.worker = &worker, .request = request};
	const uint64_t numbers[] = {0, 1, 2, UINT64_MAX};
	struct lg_rendered parts;

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		size_t size;
		char *bytes;

		vu.seq = numbers[i];
		bytes = (char *)lg_render_bytes(&vu, &size);
		check(bytes && size <= request->render->most);
		bytes = memcpy(malloc(size), bytes, size);
		check(lg_render_fields(&vu, &parts) == 0);
		check_bytes(bytes, size, &parts);
		free(bytes);
	}
	free(vu.text);
}

static void try_request(const char *path, const char *value, const char *body, size_t body_size)
{
	char url[LG_URL_MAX * 2], header[2048], error[LG_ERROR_SIZE];
	const char *const headers[] = {header, NULL};
	struct lg_target target = {
		.url = url, .method = "PUT", .headers = headers, .body = body, .body_size = body_size};
	struct lg_plan plan = {.targets = &target, .target_count = 1, .vus = 1, .table = &table};
	struct lg_request request;
	struct lg_url parsed;

	snprintf(url, sizeof url, "http://h%s", path);
	snprintf(header, sizeof header, "X-Fuzz: %s", value);
	if (lg_check(&plan, error) < 0) {
		check(*error);
		return;
	}
	check(lg_render_url(&target, &plan, &parsed, error) == 0);
	check(lg_request_init(&request, &target, &parsed, true, error) == 0);
	check(lg_render_new(&request.render, &request, &plan, error) == 0);
	if (request.render)
		render(&plan, &request);
	lg_request_release(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *value, *body;

	check(text);
	memcpy(text, data, size);
	text[size] = '\0';
	value = text + strcspn(text, "\n");
	if (*value)
		*value++ = '\0';
	body = value + strcspn(value, "\n");
	if (*body)
		*body++ = '\0';
	try_request(text, value, body, (size_t)(text + size - body));
	free(text);
	return 0;
}
