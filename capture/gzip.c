#include "capture/gzip.h"

#include <stdlib.h>
#include <zlib.h>

#include "capture/profile.h"

#define GZIP_WINDOW (15 + 16)  /* zlib: the largest window, gzip framing only */
#define GZIP_CHUNK  (1u << 30) /* zlib counts in unsigned int */

struct output {
	unsigned char *bytes;
	size_t size, capacity, ceiling;
};

bool gzip_is(const void *data, size_t size)
{
	const unsigned char *bytes = data;

	return size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

static unsigned int chunk(size_t size)
{
	return size < GZIP_CHUNK ? (unsigned int)size : GZIP_CHUNK;
}

/* Room for at least one more byte. One byte beyond the ceiling is allowed, to see that there is more. */
static enum cap_status output_grow(struct output *output, struct cap_error *error)
{
	size_t limit = output->ceiling + 1, capacity = output->capacity * 2;
	unsigned char *bytes;

	if (output->size > output->ceiling)
		return profile_error(error, CAP_TOO_BIG, "gzip: more than %zu MiB when decompressed",
		                     output->ceiling >> 20);
	if (output->size < output->capacity)
		return CAP_OK;
	if (capacity > limit)
		capacity = limit;
	bytes = realloc(output->bytes, capacity);
	if (!bytes)
		return profile_error(error, CAP_MEMORY, "gzip: out of memory at %zu bytes", output->size);
	output->bytes = bytes;
	output->capacity = capacity;
	return CAP_OK;
}

static enum cap_status inflate_error(int code, const z_stream *stream, struct cap_error *error)
{
	if (code == Z_MEM_ERROR)
		return profile_error(error, CAP_MEMORY, "gzip: out of memory");
	if (code == Z_BUF_ERROR || code == Z_OK)
		return profile_error(error, CAP_FORMAT, "gzip: cut short");
	return profile_error(error, CAP_FORMAT, "gzip: damaged (%s)",
	                     stream->msg ? stream->msg : "no reason given");
}

/* One call of inflate, over as much as zlib can count. */
static int inflate_some(z_stream *stream, struct output *output, const unsigned char **in,
                        const unsigned char *end)
{
	int code;

	stream->next_in = (unsigned char *)*in;
	stream->avail_in = chunk((size_t)(end - *in));
	stream->next_out = output->bytes + output->size;
	stream->avail_out = chunk(output->capacity - output->size);
	code = inflate(stream, Z_NO_FLUSH);
	*in = stream->next_in;
	output->size = (size_t)(stream->next_out - output->bytes);
	return code;
}

static enum cap_status inflate_members(z_stream *stream, struct output *output, const unsigned char *in,
                                       const unsigned char *end, struct cap_error *error)
{
	enum cap_status status;
	int code;

	for (;;) {
		status = output_grow(output, error);
		if (status != CAP_OK)
			return status;
		code = inflate_some(stream, output, &in, end);
		if (code == Z_STREAM_END) {
			if (output->size > output->ceiling)
				continue;
			if (in == end)
				return CAP_OK;
			code = inflateReset(stream);
		}
		if (code == Z_BUF_ERROR && output->size == output->capacity)
			continue;
		if (code != Z_OK || (in == end && output->size < output->capacity))
			return inflate_error(code, stream, error);
	}
}

enum cap_status gzip_inflate(const void *data, size_t size, size_t ceiling, unsigned char **ret,
                             size_t *ret_size, struct cap_error *error)
{
	struct output output = {.capacity = size < ceiling / 4 ? size * 4 + 64 : ceiling + 1,
	                        .ceiling = ceiling};
	z_stream stream = {0};
	enum cap_status status;

	if (output.capacity > ceiling + 1)
		output.capacity = ceiling + 1;
	output.bytes = malloc(output.capacity);
	if (!output.bytes || inflateInit2(&stream, GZIP_WINDOW) != Z_OK) {
		free(output.bytes);
		return profile_error(error, CAP_MEMORY, "gzip: out of memory");
	}
	status = inflate_members(&stream, &output, data, (const unsigned char *)data + size, error);
	inflateEnd(&stream);
	if (status != CAP_OK) {
		free(output.bytes);
		return status;
	}
	*ret = output.bytes;
	*ret_size = output.size;
	return CAP_OK;
}

static int deflate_all(z_stream *stream, const unsigned char *in, size_t size, unsigned char *out,
                       size_t capacity)
{
	const unsigned char *end = in + size, *out_end = out + capacity;
	int code = Z_OK;

	stream->next_in = (unsigned char *)in;
	stream->next_out = out;
	while (code == Z_OK) {
		stream->avail_in = chunk((size_t)(end - stream->next_in));
		stream->avail_out = chunk((size_t)(out_end - stream->next_out));
		code = deflate(stream, stream->next_in + stream->avail_in == end ? Z_FINISH : Z_NO_FLUSH);
	}
	return code;
}

enum cap_status gzip_deflate(const void *data, size_t size, unsigned char **ret, size_t *ret_size,
                             struct cap_error *error)
{
	z_stream stream = {0};
	unsigned char *bytes;
	size_t capacity;
	int code;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		return profile_error(error, CAP_MEMORY, "gzip: out of memory");
	capacity = deflateBound(&stream, size);
	bytes = malloc(capacity);
	code = bytes ? deflate_all(&stream, data, size, bytes, capacity) : Z_MEM_ERROR;
	*ret_size = code == Z_STREAM_END ? (size_t)(stream.next_out - bytes) : *ret_size;
	deflateEnd(&stream);
	if (code != Z_STREAM_END) {
		free(bytes);
		return profile_error(error, CAP_MEMORY, "gzip: out of memory for %zu bytes", size);
	}
	*ret = bytes;
	return CAP_OK;
}
