#include "capture/endpoint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/clock.h"
#include "capture/failure.h"
#include "capture/ssh.h"

#define CONNECT_TIMEOUT_MS 15000L

/* The way to an endpoint behind SSH. */
struct endpoint_way {
	struct cap_ssh *ssh;
	char *host;
	uint16_t port;
	int64_t since;
};

static void wipe(void *secret, size_t size)
{
	explicit_bzero(secret, size);
}

void easy_release(struct easy *easy)
{
	if (easy->curl)
		curl_easy_cleanup(easy->curl);
	for (struct curl_slist *item = easy->headers; item; item = item->next)
		wipe(item->data, strlen(item->data));
	curl_slist_free_all(easy->headers);
	curl_slist_free_all(easy->connect_to);
	curl_slist_free_all(easy->resolve);
	if (easy->way)
		free(easy->way->host);
	free(easy->way);
	*easy = (struct easy){0};
}

static int append(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer)
		*list = longer;
	return longer ? 0 : -1;
}

int easy_header(struct easy *easy, const char *format, ...)
{
	va_list arguments;
	char *line;
	int status;

	va_start(arguments, format);
	status = vasprintf(&line, format, arguments);
	va_end(arguments);
	if (status < 0)
		return -1;
	status = append(&easy->headers, line);
	wipe(line, strlen(line));
	free(line);
	return status;
}

enum cap_status endpoint_easy_plain(const char *url, struct easy *ret, struct cap_error *error)
{
	CURL *curl = curl_easy_init();

	*ret = (struct easy){.curl = curl};
	if (!curl)
		return failure_set(error, CAP_MEMORY, "out of memory");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, ret->said);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "");
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	return CAP_OK;
}

static void set_pem(CURL *curl, const struct cap_pem *pem, CURLoption path, CURLoption blob)
{
	struct curl_blob bytes = {(void *)(size_t)pem->data, pem->size, CURL_BLOB_COPY};

	if (pem->data)
		curl_easy_setopt(curl, blob, &bytes);
	else if (pem->path)
		curl_easy_setopt(curl, path, pem->path);
}

static void set_tls(const struct cap_endpoint *endpoint, CURL *curl)
{
	struct cap_pem cert = endpoint->cert, key = endpoint->key;

	if (endpoint->identity)
		endpoint->identity(endpoint->credentials_context, &cert, &key);
	set_pem(curl, &endpoint->ca, CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB);
	set_pem(curl, &cert, CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB);
	set_pem(curl, &key, CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, endpoint->insecure ? 0L : 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, endpoint->insecure ? 0L : 2L);
	if (endpoint->proxy && *endpoint->proxy) {
		curl_easy_setopt(curl, CURLOPT_PROXY, endpoint->proxy);
		/* An https proxy is trusted as the server is, as in Go's transport. */
		set_pem(curl, &endpoint->ca, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAINFO_BLOB);
		curl_easy_setopt(curl, CURLOPT_PROXY_SSL_VERIFYPEER, endpoint->insecure ? 0L : 1L);
		curl_easy_setopt(curl, CURLOPT_PROXY_SSL_VERIFYHOST, endpoint->insecure ? 0L : 2L);
	}
}

/* ---- behind SSH ----------------------------------------------------------- */

/* libcurl connects to us, and the session carries our end. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	const struct endpoint_way *way = context;
	struct handover handover = HANDOVER_INIT;
	curl_socket_t fd = handover_open(&handover, address);
	struct cap_error error;

	(void)purpose;
	if (fd == CURL_SOCKET_BAD || ssh_carry(way->ssh, way->host, way->port, &handover, &error) == 0)
		return fd;
	close(fd);
	return CURL_SOCKET_BAD;
}

/* The name is the far end's to resolve: libcurl is given an address, for which open_socket puts another. */
static int add_resolve(struct easy *easy, const struct endpoint_way *way)
{
	char *line;
	int status;

	if (asprintf(&line, "%s:%u:127.0.0.1", way->host, way->port) < 0)
		return -1;
	status = append(&easy->resolve, line);
	free(line);
	return status;
}

/* "[::1]" is an address in a URL, and "::1" everywhere else. */
static char *unbracketed(const char *host)
{
	size_t length = strlen(host);

	return *host == '[' ? strndup(host + 1, length - 2) : strdup(host);
}

static int set_way(const struct cap_endpoint *endpoint, struct easy *easy)
{
	struct endpoint_way *way = easy->way = calloc(1, sizeof *way);
	char *host = NULL, *port = NULL;
	CURLU *parts = curl_url();
	int status = -1;

	if (way && parts && curl_url_set(parts, CURLUPART_URL, endpoint->url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK) {
		way->ssh = endpoint->ssh;
		way->host = unbracketed(host);
		way->port = (uint16_t)strtoul(port, NULL, 10);
		way->since = clock_now();
		status = way->host ? add_resolve(easy, way) : -1;
	}
	if (status == 0) {
		curl_easy_setopt(easy->curl, CURLOPT_RESOLVE, easy->resolve);
		curl_easy_setopt(easy->curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
		curl_easy_setopt(easy->curl, CURLOPT_OPENSOCKETDATA, way);
	}
	curl_url_cleanup(parts);
	curl_free(host);
	curl_free(port);
	return status;
}

enum cap_status easy_failure(const struct easy *easy, CURLcode code, struct cap_error *error)
{
	if (easy->way && code != CURLE_OPERATION_TIMEDOUT &&
	    cap_ssh_error(easy->way->ssh, easy->way->since, error) != CAP_OK)
		return error->status;
	return failure_of_curl(error, easy->curl, code, easy->said);
}

/* The URL with the server name as its host, and where that really is. */
static int set_server_name(const struct cap_endpoint *endpoint, const char *url, struct easy *easy)
{
	char *host = NULL, *port = NULL, *real = endpoint_host(endpoint), *line = NULL, *named = NULL;
	CURLU *parts = curl_url();
	int status = -1;

	if (parts && real && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	    asprintf(&line, "%s:%s:%s:%s", endpoint->tls_server_name, port, host, port) >= 0 &&
	    curl_url_set(parts, CURLUPART_HOST, endpoint->tls_server_name, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_URL, &named, 0) == CURLUE_OK &&
	    append(&easy->connect_to, line) == 0 && easy_header(easy, "Host: %s", real) == 0) {
		curl_easy_setopt(easy->curl, CURLOPT_URL, named);
		curl_easy_setopt(easy->curl, CURLOPT_CONNECT_TO, easy->connect_to);
		status = 0;
	}
	curl_url_cleanup(parts);
	curl_free(host);
	curl_free(port);
	curl_free(named);
	free(line);
	free(real);
	return status;
}

enum cap_status endpoint_easy(const struct cap_endpoint *endpoint, const char *path, struct easy *ret,
                              struct cap_error *error)
{
	enum cap_status status;
	char *url;

	if (asprintf(&url, "%s%s", endpoint->url, path) < 0) {
		*ret = (struct easy){0};
		return failure_set(error, CAP_MEMORY, "out of memory");
	}
	status = endpoint_easy_plain(url, ret, error);
	if (status == CAP_OK) {
		set_tls(endpoint, ret->curl);
		if (endpoint->ssh && set_way(endpoint, ret) < 0)
			status = failure_set(error, CAP_FORMAT, "'%s' is no URL to reach by SSH",
			                     endpoint->url);
		if (endpoint->user_agent)
			curl_easy_setopt(ret->curl, CURLOPT_USERAGENT, endpoint->user_agent);
		if (status == CAP_OK && endpoint->tls_server_name && *endpoint->tls_server_name &&
		    set_server_name(endpoint, url, ret) < 0)
			status = failure_set(error, CAP_FORMAT,
			                     "'%s' as the TLS server name of '%s' does not work",
			                     endpoint->tls_server_name, endpoint->url);
	}
	free(url);
	return status;
}

static void free_lines(char **lines)
{
	for (size_t i = 0; lines && lines[i]; i++) {
		wipe(lines[i], strlen(lines[i]));
		free(lines[i]);
	}
	free(lines);
}

enum cap_status endpoint_credentials(const struct cap_endpoint *endpoint, struct easy *easy,
                                     struct cap_error *error)
{
	char line[512] = "", **lines = NULL;
	int status = 0;

	if (!endpoint->credentials)
		return CAP_OK;
	if (endpoint->credentials(endpoint->credentials_context, &lines, line) < 0) {
		failure_set(error, CAP_CONNECT, "%s", line);
		return CAP_CONNECT;
	}
	for (size_t i = 0; status == 0 && lines && lines[i]; i++)
		status = easy_header(easy, "%s", lines[i]);
	free_lines(lines);
	return status == 0 ? CAP_OK : failure_set(error, CAP_MEMORY, "out of memory");
}

char *endpoint_host(const struct cap_endpoint *endpoint)
{
	const char *begin = strstr(endpoint->url, "://"), *at;

	if (!begin)
		return NULL;
	begin += 3;
	at = memchr(begin, '@', strcspn(begin, "/?#"));
	begin = at ? at + 1 : begin;
	return strndup(begin, strcspn(begin, "/?#"));
}
