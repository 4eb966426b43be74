#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "stand_in_tls.h"

void websocket_accept(const char *key, char ret[32])
{
	unsigned char digest[SHA_DIGEST_LENGTH];
	char text[128];

	snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	SHA1((const unsigned char *)text, strlen(text), digest);
	EVP_EncodeBlock((unsigned char *)ret, digest, sizeof digest);
}

bool head_value(const char *head, const char *name, char *ret, size_t room)
{
	size_t length = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, length) != 0 || line[length] != ':')
			continue;
		line += length + 1 + strspn(line + length + 1, " ");
		snprintf(ret, room, "%.*s", (int)strcspn(line, "\r\n"), line);
		return true;
	}
	return false;
}

uint16_t head_port(const char *head)
{
	const char *ports = strstr(head, "ports=");

	return ports ? (uint16_t)strtoul(ports + 6, NULL, 10) : 0;
}

bool peer_upgrade(struct peer *peer, char *head, size_t room)
{
	char own[8192], key[128], accept[32];

	if (!head)
		head = own, room = sizeof own;
	if (!peer_read_head(peer, head, room) || !head_value(head, "Sec-WebSocket-Key", key, sizeof key))
		return false;
	websocket_accept(key, accept);
	return peer_say(peer,
	                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	                "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n",
	                accept);
}

bool peer_begin(struct peer *peer, uint16_t port)
{
	const uint8_t told[2] = {(uint8_t)port, (uint8_t)(port >> 8)};

	return peer_message(peer, 0, told, 2) && peer_message(peer, 1, told, 2);
}

bool peer_open(struct peer *peer)
{
	char head[8192];

	return peer_upgrade(peer, head, sizeof head) && peer_begin(peer, head_port(head));
}

static size_t header_make(uint8_t *header, uint8_t first, size_t size)
{
	size_t bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;

	header[0] = first;
	header[1] = bytes == 0 ? (uint8_t)size : bytes == 2 ? 126 : 127;
	for (size_t i = 0; i < bytes; i++)
		header[2 + i] = (uint8_t)(size >> (8 * (bytes - 1 - i)));
	return 2 + bytes;
}

bool peer_frame(struct peer *peer, uint8_t first, const void *data, size_t size)
{
	uint8_t header[10];

	return peer_write(peer, header, header_make(header, first, size)) && peer_write(peer, data, size);
}

bool peer_message(struct peer *peer, uint8_t channel, const void *data, size_t size)
{
	uint8_t header[11];
	size_t length = header_make(header, FRAME_FIN | FRAME_BINARY, size + 1);

	header[length] = channel;
	return peer_write(peer, header, length + 1) && peer_write(peer, data, size);
}

bool peer_close(struct peer *peer, uint16_t code, const char *reason)
{
	uint8_t data[126] = {(uint8_t)(code >> 8), (uint8_t)code};
	size_t length = strlen(reason);

	memcpy(data + 2, reason, length);
	return peer_frame(peer, FRAME_FIN | FRAME_CLOSE, data, 2 + length);
}

bool peer_read_frame(struct peer *peer, struct frame *ret)
{
	uint8_t header[2], extended[8], mask[4] = {0};
	size_t bytes;

	if (!peer_read_exactly(peer, header, 2))
		return false;
	ret->opcode = header[0] & 0x0f;
	ret->fin = header[0] & FRAME_FIN;
	ret->masked = header[1] & 0x80;
	ret->size = header[1] & 0x7f;
	bytes = ret->size < 126 ? 0 : ret->size == 126 ? 2 : 8;
	if (bytes)
		ret->size = 0;
	if (!peer_read_exactly(peer, extended, bytes))
		return false;
	for (size_t i = 0; i < bytes; i++)
		ret->size = ret->size << 8 | extended[i];
	if (ret->size > sizeof ret->data || (ret->masked && !peer_read_exactly(peer, mask, 4)) ||
	    !peer_read_exactly(peer, ret->data, ret->size))
		return false;
	for (size_t i = 0; i < ret->size; i++)
		ret->data[i] ^= mask[i % 4];
	return true;
}

ssize_t peer_read_data(struct peer *peer, uint8_t *ret, size_t room)
{
	struct frame *frame = malloc(sizeof *frame);
	ssize_t size = -1;

	if (peer_read_frame(peer, frame) && frame->masked && frame->fin) {
		if (frame->opcode == FRAME_PING &&
		    peer_frame(peer, FRAME_FIN | FRAME_PONG, frame->data, frame->size))
			size = 0;
		if (frame->opcode == FRAME_PONG)
			size = 0;
		if (frame->opcode == FRAME_BINARY && frame->size > 1 && frame->data[0] == 0 &&
		    frame->size - 1 <= room) {
			size = (ssize_t)frame->size - 1;
			memcpy(ret, frame->data + 1, frame->size - 1);
		}
	}
	free(frame);
	return size;
}

/* ---- scripts ---------------------------------------------------------------------------- */

void script_echo(struct peer *peer, void *context)
{
	static const size_t room = 65536;
	uint8_t *data = malloc(room);
	ssize_t got;

	(void)context;
	if (peer_open(peer))
		while ((got = peer_read_data(peer, data, room)) >= 0)
			if (got && !peer_message(peer, 0, data, (size_t)got))
				break;
	free(data);
}

static bool give_message(struct peer *peer, const uint8_t *data, size_t size)
{
	return peer_message(peer, 0, data, size);
}

void script_relay(struct peer *peer, void *context)
{
	char head[8192], words[300];
	uint16_t port;

	(void)context;
	if (!peer_upgrade(peer, head, sizeof head))
		return;
	port = head_port(head);
	if (!peer_begin(peer, port))
		return;
	if (splice_to(peer, port, NULL, peer_read_data, give_message) < 0) {
		snprintf(
			words, sizeof words,
			"error forwarding port %u to pod x, uid : failed to execute portforward in network "
			"namespace \"/y\": failed to connect to localhost:%u inside namespace \"z\": dial tcp4 "
			"127.0.0.1:%u: connect: connection refused\n",
			port, port, port);
		peer_message(peer, 1, words, strlen(words));
	}
	peer_close(peer, 1000, "");
}
