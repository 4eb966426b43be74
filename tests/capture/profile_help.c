#include "tests/capture/profile_help.h"

#include <stdlib.h>

#include "capture/gzip.h"

struct bytes bytes_read(const char *name)
{
	char path[512];
	struct bytes ret = {.data = NULL};
	FILE *file;
	long size;

	snprintf(path, sizeof path, PROFILES "/%s", name);
	file = fopen(path, "rbe");
	if (!file)
		fail_msg("%s: cannot be read", path);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	rewind(file);
	ret.size = (size_t)size;
	ret.data = malloc(ret.size + 1);
	assert_int_equal(fread(ret.data, 1, ret.size, file), ret.size);
	ret.data[ret.size] = '\0';
	fclose(file);
	return ret;
}

struct bytes bytes_plain(const char *name)
{
	struct bytes packed = bytes_read(name), ret = {.data = NULL};
	struct cap_error error = {0};

	if (!gzip_is(packed.data, packed.size))
		return packed;
	assert_int_equal(gzip_inflate(packed.data, packed.size, 1 << 28, &ret.data, &ret.size, &error),
	                 CAP_OK);
	free(packed.data);
	return ret;
}

struct cap_profile *profile_parsed(const void *data, size_t size)
{
	struct cap_profile *ret = NULL;
	struct cap_error error = {0};

	if (cap_profile_parse(data, size, &ret, &error) != CAP_OK)
		fail_msg("%s", error.text);
	return ret;
}

struct cap_profile *profile_read(const char *name)
{
	struct bytes bytes = bytes_read(name);
	struct cap_profile *ret = profile_parsed(bytes.data, bytes.size);

	free(bytes.data);
	return ret;
}

struct proto_buffer made_begin(const char *string, ...)
{
	struct proto_buffer buffer = {.bytes = NULL};
	size_t begun;
	va_list rest;

	proto_put_bytes(&buffer, 6, "", 0);
	proto_put_bytes(&buffer, 6, "value", 5);
	proto_put_bytes(&buffer, 6, "count", 5);
	va_start(rest, string);
	for (; string; string = va_arg(rest, const char *))
		proto_put_bytes(&buffer, 6, string, strlen(string));
	va_end(rest);
	begun = proto_begin(&buffer, 1);
	proto_put(&buffer, 1, 1);
	proto_put(&buffer, 2, 2);
	proto_end(&buffer, begun);
	return buffer;
}

void made_function(struct proto_buffer *buffer, uint64_t id, uint64_t name)
{
	size_t begun = proto_begin(buffer, 5), line;

	proto_put(buffer, 1, id);
	proto_put(buffer, 2, name);
	proto_put(buffer, 3, name);
	proto_end(buffer, begun);
	begun = proto_begin(buffer, 4);
	proto_put(buffer, 1, id);
	line = proto_begin(buffer, 4);
	proto_put(buffer, 1, id);
	proto_end(buffer, line);
	proto_end(buffer, begun);
}

void made_sample(struct proto_buffer *buffer, int64_t value, ...)
{
	size_t begun = proto_begin(buffer, 2), list;
	va_list rest;
	int id;

	list = proto_begin(buffer, 2);
	proto_put_varint(buffer, (uint64_t)value);
	proto_end(buffer, list);
	list = proto_begin(buffer, 1);
	va_start(rest, value);
	while ((id = va_arg(rest, int)))
		proto_put_varint(buffer, (uint64_t)id);
	va_end(rest);
	proto_end(buffer, list);
	proto_end(buffer, begun);
}

struct cap_profile *made_end(struct proto_buffer *buffer)
{
	struct cap_profile *ret = profile_parsed(buffer->bytes, buffer->size);

	proto_buffer_release(buffer);
	return ret;
}

char *rows_of(const struct cap_profile *profile, const char *type, bool by_cum)
{
	int index = cap_profile_type_index(profile, type);
	struct cap_error error = {0};
	struct cap_row *rows;
	size_t count, size;
	char *ret = NULL;
	FILE *out = open_memstream(&ret, &size);

	assert_true(index >= 0);
	assert_int_equal(cap_profile_top(profile, (size_t)index, by_cum, &rows, &count, &error), CAP_OK);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%lld\t%lld\t%s\n", (long long)rows[i].flat, (long long)rows[i].cum,
		        rows[i].function);
	fclose(out);
	free(rows);
	return ret;
}
