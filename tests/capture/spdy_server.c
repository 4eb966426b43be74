#include "spdy_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/spdy.h"

#define MESSAGE_MAX 70000

static void write32(uint8_t *at, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(number >> (24 - 8 * i));
}

static uint32_t read32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void spdy_peer_begin(struct spdy_peer *spdy, struct peer *peer, bool in_websocket)
{
	*spdy = (struct spdy_peer){.peer = peer, .in_websocket = in_websocket, .in = malloc(MESSAGE_MAX)};
	inflateInit(&spdy->inflate);
	deflateInit(&spdy->deflate, 9);
	deflateSetDictionary(&spdy->deflate, (const Bytef *)spdy_dictionary, SPDY_DICTIONARY_SIZE);
}

void spdy_peer_release(struct spdy_peer *spdy)
{
	inflateEnd(&spdy->inflate);
	deflateEnd(&spdy->deflate);
	free(spdy->in);
}

/* ---- bytes ------------------------------------------------------------------------ */

bool spdy_peer_write(struct spdy_peer *spdy, const void *data, size_t size)
{
	if (spdy->in_websocket)
		return peer_frame(spdy->peer, FRAME_FIN | FRAME_BINARY, data, size);
	return peer_write(spdy->peer, data, size);
}

static bool next_message(struct spdy_peer *spdy)
{
	struct frame *frame = malloc(sizeof *frame);
	bool good = peer_read_frame(spdy->peer, frame) && frame->masked && frame->fin &&
	            frame->opcode == FRAME_BINARY && frame->size <= MESSAGE_MAX;

	if (good)
		memcpy(spdy->in, frame->data, frame->size);
	spdy->in_begin = 0;
	spdy->in_end = good ? frame->size : 0;
	free(frame);
	return good;
}

static bool read_bytes(struct spdy_peer *spdy, uint8_t *data, size_t size)
{
	if (!spdy->in_websocket)
		return peer_read_exactly(spdy->peer, data, size);
	while (size) {
		size_t part = spdy->in_end - spdy->in_begin;

		if (!part && !next_message(spdy))
			return false;
		part = spdy->in_end - spdy->in_begin;
		part = part < size ? part : size;
		memcpy(data, spdy->in + spdy->in_begin, part);
		spdy->in_begin += part;
		data += part;
		size -= part;
	}
	return true;
}

/* ---- frames ----------------------------------------------------------------------- */

bool spdy_peer_read(struct spdy_peer *spdy, struct spdy_frame *ret)
{
	uint8_t head[8];

	if (!read_bytes(spdy, head, sizeof head))
		return false;
	ret->size = read32(head + 4) & 0xffffff;
	ret->flags = head[4];
	ret->type = head[0] & 0x80 ? read32(head) & 0xffff : S_DATA;
	if (ret->size > sizeof ret->data || !read_bytes(spdy, ret->data, ret->size))
		return false;
	ret->stream = ret->type == S_DATA ? read32(head) : ret->size >= 4 ? read32(ret->data) : 0;
	return ret->type == S_DATA || (head[0] == 0x80 && head[1] == 3);
}

bool spdy_control(struct spdy_peer *spdy, unsigned type, unsigned flags, const void *data, size_t size)
{
	uint8_t *frame = malloc(8 + size);
	bool good;

	write32(frame, 0x80030000u | type);
	write32(frame + 4, flags << 24 | (uint32_t)size);
	memcpy(frame + 8, data, size);
	good = spdy_peer_write(spdy, frame, 8 + size);
	free(frame);
	return good;
}

bool spdy_control_two(struct spdy_peer *spdy, unsigned type, uint32_t first, uint32_t second)
{
	uint8_t numbers[8];

	write32(numbers, first);
	write32(numbers + 4, second);
	return spdy_control(spdy, type, 0, numbers, sizeof numbers);
}

bool spdy_data(struct spdy_peer *spdy, uint32_t stream, unsigned flags, const void *data, size_t size)
{
	uint8_t *frame = malloc(8 + size);
	bool good;

	write32(frame, stream);
	write32(frame + 4, flags << 24 | (uint32_t)size);
	if (size)
		memcpy(frame + 8, data, size);
	good = spdy_peer_write(spdy, frame, 8 + size);
	free(frame);
	return good;
}

bool spdy_reply(struct spdy_peer *spdy, uint32_t stream, const char *name, const char *value)
{
	uint8_t block[600], frame[1024];
	size_t size = 4;

	write32(block, name ? 1 : 0);
	if (name)
		size += (size_t)snprintf((char *)block + 4, sizeof block - 4, "%*s%s%*s%s", 4, "", name, 4,
		                         "", value);
	if (name) {
		write32(block + 4, (uint32_t)strlen(name));
		write32(block + 8 + strlen(name), (uint32_t)strlen(value));
	}
	write32(frame, stream);
	spdy->deflate.next_in = block;
	spdy->deflate.avail_in = (uInt)size;
	spdy->deflate.next_out = frame + 4;
	spdy->deflate.avail_out = sizeof frame - 4;
	deflate(&spdy->deflate, Z_SYNC_FLUSH);
	return spdy_control(spdy, S_SYN_REPLY, 0, frame, sizeof frame - spdy->deflate.avail_out);
}

/* ---- a connection ------------------------------------------------------------------ */

/* The value of a header in an inflated block. */
static void value_of(const uint8_t *block, const char *name, char *ret, size_t room)
{
	const uint8_t *at = block + 4;

	*ret = '\0';
	for (uint32_t count = read32(block); count; count--) {
		uint32_t length = read32(at), value = read32(at + 4 + length);
		const uint8_t *text = at + 8 + length;

		if (length == strlen(name) && memcmp(at + 4, name, length) == 0)
			snprintf(ret, room, "%.*s", (int)value, (const char *)text);
		at = text + value;
	}
}

static bool take_stream(struct spdy_peer *spdy, struct spdy_frame *frame)
{
	uint8_t block[1024] = {0};
	char type[16];
	z_stream *z = &spdy->inflate;

	z->next_in = frame->data + 10;
	z->avail_in = (uInt)(frame->size - 10);
	z->next_out = block;
	z->avail_out = sizeof block;
	if (inflate(z, Z_SYNC_FLUSH) == Z_NEED_DICT) {
		inflateSetDictionary(z, (const Bytef *)spdy_dictionary, SPDY_DICTIONARY_SIZE);
		inflate(z, Z_SYNC_FLUSH);
	}
	value_of(block, "streamtype", type, sizeof type);
	value_of(block, "port", spdy->port, sizeof spdy->port);
	value_of(block, "requestid", spdy->request, sizeof spdy->request);
	if (strcmp(type, "error") == 0)
		spdy->error_stream = frame->stream;
	else if (strcmp(type, "data") == 0)
		spdy->data_stream = frame->stream;
	return *spdy->port && *spdy->request && frame->stream % 2;
}

bool spdy_peer_open(struct spdy_peer *spdy)
{
	struct spdy_frame *frame = malloc(sizeof *frame);
	bool good = true;

	while (good && !(spdy->error_stream && spdy->data_stream))
		good = spdy_peer_read(spdy, frame) && frame->type == S_SYN_STREAM && take_stream(spdy, frame);
	/* Nothing may come on a stream before it is replied to. */
	good = good && spdy_reply(spdy, spdy->error_stream, NULL, NULL) && spdy_peer_read(spdy, frame) &&
	       frame->type == S_DATA && frame->flags == S_FIN && frame->stream == spdy->error_stream &&
	       spdy_reply(spdy, spdy->data_stream, "status", "200");
	free(frame);
	return good;
}

void spdy_echo(struct spdy_peer *spdy)
{
	struct spdy_frame *frame = malloc(sizeof *frame);
	bool good = true;

	while (good && spdy_peer_read(spdy, frame) && !(frame->flags & S_FIN)) {
		if (frame->type == S_DATA)
			good = spdy_data(spdy, frame->stream, 0, frame->data, frame->size);
		else if (frame->type == S_PING)
			good = spdy_control(spdy, S_PING, 0, frame->data, 4);
		else
			good = false;
	}
	free(frame);
}

/* ---- a server with some of the ways --------------------------------------------------- */

static bool upgrade(struct peer *peer, const char *head, const char *protocol)
{
	char key[128], accept[32];

	if (!head_value(head, "Sec-WebSocket-Key", key, sizeof key))
		return peer_say(
			peer,
			"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
			"X-Stream-Protocol-Version: %s\r\n\r\n",
			protocol);
	websocket_accept(key, accept);
	return peer_say(peer,
	                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	                "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
	                accept, protocol);
}

static void echo_v4(struct peer *peer, const char *head)
{
	static const size_t room = 65536;
	uint8_t *data = malloc(room);
	ssize_t got;

	if (upgrade(peer, head, "v4.channel.k8s.io") && peer_begin(peer, head_port(head)))
		while ((got = peer_read_data(peer, data, room)) >= 0)
			if (got && !peer_message(peer, 0, data, (size_t)got))
				break;
	free(data);
}

static void talk_spdy(struct peer *peer, struct gate *gate, const char *head, bool in_websocket)
{
	struct spdy_peer spdy;

	if (!upgrade(peer, head, in_websocket ? "SPDY/3.1+portforward.k8s.io" : "portforward.k8s.io"))
		return;
	spdy_peer_begin(&spdy, peer, in_websocket);
	if (gate->talk)
		gate->talk(&spdy, gate->context);
	else if (spdy_peer_open(&spdy))
		spdy_echo(&spdy);
	spdy_peer_release(&spdy);
}

static unsigned way_of(const char *head)
{
	char protocol[128];

	if (strstr(head, "/proxy/"))
		return GATE_PROXY;
	if (strncmp(head, "POST ", 5) == 0)
		return GATE_SPDY;
	head_value(head, "Sec-WebSocket-Protocol", protocol, sizeof protocol);
	return strcmp(protocol, "v4.channel.k8s.io") == 0 ? GATE_V4 : GATE_SPDY_WEBSOCKET;
}

void script_gate(struct peer *peer, void *context)
{
	struct gate *gate = context;
	char head[8192];
	unsigned way;

	if (!peer_read_head(peer, head, sizeof head))
		return;
	way = way_of(head);
	if (way == GATE_PROXY) {
		snprintf(gate->proxied, sizeof gate->proxied, "%s", head);
		peer_answer(peer, gate->proxy_status ? gate->proxy_status : 200, "text/html",
		            gate->page ? gate->page : "");
	} else if (!(gate->open & way)) {
		peer_answer(peer, gate->status, NULL, gate->answer);
	} else if (way == GATE_V4) {
		echo_v4(peer, head);
	} else {
		talk_spdy(peer, gate, head, way == GATE_SPDY_WEBSOCKET);
	}
}
