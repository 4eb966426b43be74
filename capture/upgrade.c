#include "capture/upgrade.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "capture/failure.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

int upgrade_init(struct upgrade *upgrade)
{
	unsigned char nonce[16], digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	char text[96];

	if (getrandom(nonce, sizeof nonce, 0) != sizeof nonce)
		return -1;
	EVP_EncodeBlock((unsigned char *)upgrade->key, nonce, sizeof nonce);
	snprintf(text, sizeof text, "%s" GUID, upgrade->key);
	if (!EVP_Digest(text, strlen(text), digest, &length, EVP_sha1(), NULL))
		return -1;
	EVP_EncodeBlock((unsigned char *)upgrade->accept, digest, (int)length);
	return 0;
}

char *upgrade_request(const struct upgrade *upgrade, const char *path, const char *host,
                      const char *user_agent, const char *const *headers, size_t header_count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out,
	        "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	        "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n"
	        "Sec-WebSocket-Protocol: " UPGRADE_PROTOCOL "\r\n",
	        path, host, upgrade->key);
	if (user_agent)
		fprintf(out, "User-Agent: %s\r\n", user_agent);
	for (size_t i = 0; i < header_count; i++)
		fprintf(out, "%s\r\n", headers[i]);
	fputs("\r\n", out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* The value of a header in the head, up to the line's end; NULL: absent. */
static const char *header_of(const char *head, const char *name, size_t *ret_length)
{
	size_t length = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, length) != 0 || line[length] != ':')
			continue;
		line += length + 1;
		line += strspn(line, " \t");
		*ret_length = strcspn(line, "\r\n");
		while (*ret_length && (line[*ret_length - 1] == ' ' || line[*ret_length - 1] == '\t'))
			(*ret_length)--;
		return line;
	}
	return NULL;
}

static bool header_is(const char *head, const char *name, const char *value)
{
	size_t length;
	const char *found = header_of(head, name, &length);

	return found && length == strlen(value) && strncmp(found, value, length) == 0;
}

/* A refusal is whole when its body is: by Content-Length, or at the connection's end. */
static bool is_whole(const char *head, size_t body, bool ended)
{
	size_t length;
	const char *value = header_of(head, "Content-Length", &length);

	return ended || (value && body >= strtoull(value, NULL, 10));
}

static enum upgrade_state opened(const struct upgrade *upgrade, const char *head, struct cap_error *error)
{
	if (!header_is(head, "Sec-WebSocket-Accept", upgrade->accept)) {
		failure_set(error, CAP_FORMAT,
		            "port-forward: what answers is no WebSocket server (wrong accept key)");
		return UPGRADE_REFUSED;
	}
	if (!header_is(head, "Sec-WebSocket-Protocol", UPGRADE_PROTOCOL)) {
		failure_set(error, CAP_FORMAT, "port-forward: the server does not speak " UPGRADE_PROTOCOL);
		return UPGRADE_REFUSED;
	}
	return UPGRADE_OPEN;
}

enum upgrade_state upgrade_answer(const struct upgrade *upgrade, const char *data, size_t size, bool ended,
                                  size_t *ret_head, struct cap_error *error)
{
	const char *end = memmem(data, size, "\r\n\r\n", 4);
	char head[8192];
	size_t length;
	int status = 0;

	if (!end || (size_t)(end - data) + 2 >= sizeof head) {
		if (!end && !ended && size < sizeof head)
			return UPGRADE_MORE;
		failure_set(error, ended && !size ? CAP_LOST : CAP_FORMAT,
		            ended && !size
		                    ? "port-forward: the server closed the connection without an answer"
		                    : "port-forward: what answers does not speak HTTP");
		return UPGRADE_REFUSED;
	}
	length = (size_t)(end - data) + 2;
	memcpy(head, data, length);
	head[length] = '\0';
	*ret_head = length + 2;
	if (sscanf(head, "HTTP/1.%*1[01] %3d", &status) != 1 || strlen(head) != length) {
		failure_set(error, CAP_FORMAT, "port-forward: what answers does not speak HTTP");
		return UPGRADE_REFUSED;
	}
	if (status == 101)
		return opened(upgrade, head, error);
	if (!is_whole(head, size - *ret_head, ended) && size < UPGRADE_MAX)
		return UPGRADE_MORE;
	if (status < 400)
		failure_set(error, CAP_FORMAT, "port-forward: HTTP %d instead of a WebSocket", status);
	else
		failure_of_http(error, status, data + *ret_head, size - *ret_head);
	return UPGRADE_REFUSED;
}
