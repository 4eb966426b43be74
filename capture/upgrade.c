#include "capture/upgrade.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "capture/failure.h"

#define GUID     "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define HEAD_MAX 16384

int upgrade_init(struct upgrade *upgrade, enum cap_way way)
{
	unsigned char nonce[16], digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	char text[96];

	upgrade->way = way;
	if (getrandom(nonce, sizeof nonce, 0) != sizeof nonce)
		return -1;
	EVP_EncodeBlock((unsigned char *)upgrade->key, nonce, sizeof nonce);
	snprintf(text, sizeof text, "%s" GUID, upgrade->key);
	if (!EVP_Digest(text, strlen(text), digest, &length, EVP_sha1(), NULL))
		return -1;
	EVP_EncodeBlock((unsigned char *)upgrade->accept, digest, (int)length);
	return 0;
}

/* The protocol that is offered in a WebSocket. */
static const char *offer_of(const struct upgrade *upgrade)
{
	return upgrade->way == CAP_WAY_WEBSOCKET ? UPGRADE_V4 : UPGRADE_SPDY;
}

static void print_request(FILE *out, const struct upgrade *upgrade, const char *path, uint16_t port,
                          const char *host)
{
	if (upgrade->way == CAP_WAY_SPDY)
		fprintf(out,
		        "POST %s HTTP/1.1\r\nHost: %s\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\n"
		        "X-Stream-Protocol-Version: portforward.k8s.io\r\nContent-Length: 0\r\n",
		        path, host);
	else
		fprintf(out,
		        "GET %s?ports=%u HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		        "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n"
		        "Sec-WebSocket-Protocol: %s\r\n",
		        path, port, host, upgrade->key, offer_of(upgrade));
}

char *upgrade_request(const struct upgrade *upgrade, const char *path, uint16_t port, const char *host,
                      const char *user_agent, const char *const *headers, size_t header_count)
{
	/* open_memstream leaves gaps where it has no memory to grow, and does not say so. */
	size_t room = 512 + strlen(path) + strlen(host) + (user_agent ? strlen(user_agent) : 0);
	char *text;
	FILE *out;

	for (size_t i = 0; i < header_count; i++)
		room += strlen(headers[i]) + strlen("\r\n");
	text = calloc(1, room);
	out = text ? fmemopen(text, room, "w") : NULL;
	if (!out) {
		free(text);
		return NULL;
	}
	print_request(out, upgrade, path, port, host);
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

static bool is_chunked(const char *head)
{
	size_t length;
	const char *found = header_of(head, "Transfer-Encoding", &length);

	return found && length == 7 && strncasecmp(found, "chunked", length) == 0;
}

/* The status of a head; 0: that is no HTTP/1. */
static int status_of(const char *head)
{
	int status = 0;

	if (strncmp(head, "HTTP/1.", 7) != 0 || (head[7] != '0' && head[7] != '1') || head[8] != ' ')
		return 0;
	for (head += 9; *head >= '0' && *head <= '9' && status < 1000; head++)
		status = status * 10 + *head - '0';
	return status >= 100 && status < 1000 && (*head == ' ' || *head == '\r') ? status : 0;
}

/* Takes chunks apart (RFC 9112, section 7.1); `ret` has room for `size` bytes. True: the last one is there.
 */
static bool dechunk(const char *data, size_t size, char *ret, size_t *ret_size)
{
	const char *end = data + size, *line;

	*ret_size = 0;
	while ((line = memchr(data, '\n', (size_t)(end - data)))) {
		size_t length = strtoul(data, NULL, 16), there = (size_t)(end - line - 1);

		if (!length)
			return true;
		if (length > there)
			length = there;
		memcpy(ret + *ret_size, line + 1, length);
		*ret_size += length;
		if (there - length < 2)
			return false;
		data = line + 1 + length + 2;
	}
	return false;
}

/* A body that says itself where it ends; without, the connection's end is its end. */
static bool is_whole(const char *head, int status, size_t size)
{
	size_t length;
	const char *value = header_of(head, "Content-Length", &length);

	return status < 200 || status == 204 || status == 304 || (value && size >= strtoull(value, NULL, 10));
}

static void refused_by_http(const char *head, int status, const char *body, size_t size,
                            struct cap_error *error)
{
	size_t length;
	const char *later = header_of(head, "Retry-After", &length);

	failure_of_http(error, status, body, size);
	error->retry_after = later ? failure_retry_after(later, length) : 0;
}

static enum upgrade_state refused(const char *head, int status, const char *body, size_t size, bool ended,
                                  struct cap_error *error)
{
	char *text = malloc(size + 1);
	bool whole;

	if (!text) {
		failure_set(error, CAP_MEMORY, "out of memory");
		return UPGRADE_REFUSED;
	}
	if (is_chunked(head)) {
		whole = dechunk(body, size, text, &size);
	} else {
		whole = is_whole(head, status, size);
		memcpy(text, body, size);
	}
	text[size] = '\0';
	if (whole || ended) {
		if (status < 400)
			failure_set(error, CAP_FORMAT, "port-forward: HTTP %d instead of an upgrade", status);
		else
			refused_by_http(head, status, text, size, error);
	}
	free(text);
	return whole || ended ? UPGRADE_REFUSED : UPGRADE_MORE;
}

static enum upgrade_state opened_spdy(const char *head, struct cap_error *error)
{
	if (header_is(head, "Upgrade", "SPDY/3.1") &&
	    header_is(head, "X-Stream-Protocol-Version", "portforward.k8s.io"))
		return UPGRADE_OPEN;
	failure_set(error, CAP_FORMAT,
	            "port-forward: the server does not speak portforward.k8s.io over SPDY/3.1");
	return UPGRADE_REFUSED;
}

static enum upgrade_state opened(const struct upgrade *upgrade, const char *head, struct cap_error *error)
{
	if (upgrade->way == CAP_WAY_SPDY)
		return opened_spdy(head, error);
	if (!header_is(head, "Sec-WebSocket-Accept", upgrade->accept)) {
		failure_set(error, CAP_FORMAT,
		            "port-forward: what answers is no WebSocket server (wrong accept key)");
		return UPGRADE_REFUSED;
	}
	if (!header_is(head, "Sec-WebSocket-Protocol", offer_of(upgrade))) {
		failure_set(error, CAP_FORMAT, "port-forward: the server does not speak %s",
		            offer_of(upgrade));
		return UPGRADE_REFUSED;
	}
	return UPGRADE_OPEN;
}

/* The head is not there as a whole. */
static enum upgrade_state no_head(size_t size, bool ended, struct cap_error *error)
{
	if (size < HEAD_MAX && !ended)
		return UPGRADE_MORE;
	failure_set(error, CAP_FORMAT, "port-forward: what answers does not speak HTTP");
	return UPGRADE_BROKEN;
}

enum upgrade_state upgrade_answer(const struct upgrade *upgrade, const char *data, size_t size, bool ended,
                                  size_t *ret_head, struct cap_error *error)
{
	const char *end = memmem(data, size, "\r\n\r\n", 4);
	char head[HEAD_MAX + 1];
	size_t length;
	int status;

	if (!end || (size_t)(end - data) + 2 > HEAD_MAX)
		return no_head(size, ended, error);
	length = (size_t)(end - data) + 2;
	memcpy(head, data, length);
	head[length] = '\0';
	status = status_of(head);
	if (!status || strlen(head) != length)
		return no_head(size, true, error);
	*ret_head = length + 2;
	if (status == 101)
		return opened(upgrade, head, error);
	return refused(head, status, data + length + 2, size - length - 2, ended || size >= UPGRADE_MAX,
	               error);
}
