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

static void append(struct easy *easy, struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = line ? curl_slist_append(*list, line) : NULL;

	if (longer)
		*list = longer;
	else
		easy->no_memory = true;
}

void easy_header(struct easy *easy, const char *format, ...)
{
	va_list arguments;
	char *line;

	va_start(arguments, format);
	if (vasprintf(&line, format, arguments) < 0)
		line = NULL;
	va_end(arguments);
	append(easy, &easy->headers, line);
	if (line)
		wipe(line, strlen(line));
	free(line);
}

enum cap_status easy_complete(const struct easy *easy, struct cap_error *error)
{
	return easy->no_memory ? failure_set(error, CAP_MEMORY, "out of memory") : CAP_OK;
}

enum cap_status endpoint_easy_plain(const char *url, struct easy *ret, struct cap_error *error)
{
	CURL *curl = curl_easy_init();

	*ret = (struct easy){.curl = curl};
	if (!curl)
		return failure_set(error, CAP_MEMORY, "out of memory");
	easy_set(ret, CURLOPT_ERRORBUFFER, ret->said);
	easy_set(ret, CURLOPT_URL, url);
	easy_set(ret, CURLOPT_PROTOCOLS_STR, "http,https");
	easy_set(ret, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	easy_set(ret, CURLOPT_NOSIGNAL, 1L);
	easy_set(ret, CURLOPT_QUICK_EXIT, 1L);
	easy_set(ret, CURLOPT_PROXY, "");
	easy_set(ret, CURLOPT_NOPROXY, "");
	easy_set(ret, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	return CAP_OK;
}

static void set_pem(struct easy *ret, const struct cap_pem *pem, CURLoption path, CURLoption blob)
{
	struct curl_blob bytes = {(void *)(size_t)pem->data, pem->size, CURL_BLOB_COPY};

	if (pem->data)
		easy_set(ret, blob, &bytes);
	else if (pem->path)
		easy_set(ret, path, pem->path);
}

static void set_tls(const struct cap_endpoint *endpoint, struct easy *ret)
{
	struct cap_pem cert = endpoint->cert, key = endpoint->key;

	if (endpoint->identity)
		endpoint->identity(endpoint->credentials_context, &cert, &key);
	set_pem(ret, &endpoint->ca, CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB);
	set_pem(ret, &cert, CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB);
	set_pem(ret, &key, CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB);
	easy_set(ret, CURLOPT_SSL_VERIFYPEER, endpoint->insecure ? 0L : 1L);
	easy_set(ret, CURLOPT_SSL_VERIFYHOST, endpoint->insecure ? 0L : 2L);
	if (endpoint->proxy && *endpoint->proxy) {
		easy_set(ret, CURLOPT_PROXY, endpoint->proxy);
		/* An https proxy is trusted as the server is, as in Go's transport. */
		set_pem(ret, &endpoint->ca, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAINFO_BLOB);
		easy_set(ret, CURLOPT_PROXY_SSL_VERIFYPEER, endpoint->insecure ? 0L : 1L);
		easy_set(ret, CURLOPT_PROXY_SSL_VERIFYHOST, endpoint->insecure ? 0L : 2L);
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
static void add_resolve(struct easy *easy, const struct endpoint_way *way)
{
	char *line;

	if (asprintf(&line, "%s:%u:127.0.0.1", way->host, way->port) < 0)
		line = NULL;
	append(easy, &easy->resolve, line);
	free(line);
}

/* "[::1]" is an address in a URL, and "::1" everywhere else. */
static char *unbracketed(const char *host)
{
	size_t length = strlen(host);

	return *host == '[' ? strndup(host + 1, length - 2) : strdup(host);
}

/* Host and port of a URL, for curl_free; false: it is none, or (easy->no_memory) memory is out. */
static bool take_apart(CURLU *parts, const char *url, struct easy *easy, char **ret_host, char **ret_port)
{
	CURLUcode code = parts ? curl_url_set(parts, CURLUPART_URL, url, 0) : CURLUE_OUT_OF_MEMORY;

	if (code == CURLUE_OK)
		code = curl_url_get(parts, CURLUPART_HOST, ret_host, 0);
	if (code == CURLUE_OK)
		code = curl_url_get(parts, CURLUPART_PORT, ret_port, CURLU_DEFAULT_PORT);
	easy->no_memory |= code == CURLUE_OUT_OF_MEMORY;
	return code == CURLUE_OK;
}

static bool set_way(const struct cap_endpoint *endpoint, struct easy *easy)
{
	struct endpoint_way *way = easy->way = calloc(1, sizeof *way);
	char *host = NULL, *port = NULL;
	CURLU *parts = curl_url();
	bool good = take_apart(parts, endpoint->url, easy, &host, &port);

	if (good && way)
		*way = (struct endpoint_way){endpoint->ssh, unbracketed(host),
		                             (uint16_t)strtoul(port, NULL, 10), clock_now()};
	if (way && way->host) {
		add_resolve(easy, way);
		easy_set(easy, CURLOPT_RESOLVE, easy->resolve);
		easy_set(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
		easy_set(easy, CURLOPT_OPENSOCKETDATA, way);
	}
	easy->no_memory |= !way || (good && !way->host);
	curl_url_cleanup(parts);
	curl_free(host);
	curl_free(port);
	return good;
}

enum cap_status easy_failure(const struct easy *easy, CURLcode code, struct cap_error *error)
{
	if (easy->way && code != CURLE_OPERATION_TIMEDOUT &&
	    cap_ssh_error(easy->way->ssh, easy->way->since, error) != CAP_OK)
		return error->status;
	return failure_of_curl(error, easy->curl, code, easy->said);
}

/* The URL with another host; for curl_free. */
static char *with_host(CURLU *parts, const char *host, struct easy *easy)
{
	char *ret = NULL;
	CURLUcode code = curl_url_set(parts, CURLUPART_HOST, host, 0);

	if (code == CURLUE_OK)
		code = curl_url_get(parts, CURLUPART_URL, &ret, 0);
	easy->no_memory |= code == CURLUE_OUT_OF_MEMORY;
	return ret;
}

/* The URL with the server name as its host, and where that really is. */
static bool set_server_name(const struct cap_endpoint *endpoint, const char *url, struct easy *easy)
{
	char *host = NULL, *port = NULL, *real = endpoint_host(endpoint), *line = NULL, *named = NULL;
	CURLU *parts = curl_url();

	if (take_apart(parts, url, easy, &host, &port))
		named = with_host(parts, endpoint->tls_server_name, easy);
	if (named && asprintf(&line, "%s:%s:%s:%s", endpoint->tls_server_name, port, host, port) < 0)
		line = NULL;
	if (named) {
		easy->no_memory |= !real;
		append(easy, &easy->connect_to, line);
		easy_header(easy, "Host: %s", real ? real : "");
		easy_set(easy, CURLOPT_URL, named);
		easy_set(easy, CURLOPT_CONNECT_TO, easy->connect_to);
	}
	curl_url_cleanup(parts);
	curl_free(host);
	curl_free(port);
	curl_free(named);
	free(line);
	free(real);
	return named != NULL;
}

static enum cap_status set_places(const struct cap_endpoint *endpoint, const char *url, struct easy *easy,
                                  struct cap_error *error)
{
	const char *name = endpoint->tls_server_name;

	if (endpoint->ssh && !set_way(endpoint, easy) && !easy->no_memory)
		return failure_set(error, CAP_FORMAT, "'%s' is no URL to reach by SSH", endpoint->url);
	if (name && *name && !set_server_name(endpoint, url, easy) && !easy->no_memory)
		return failure_set(error, CAP_FORMAT, "'%s' as the TLS server name of '%s' does not work",
		                   name, endpoint->url);
	return easy_complete(easy, error);
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
		set_tls(endpoint, ret);
		if (endpoint->user_agent)
			easy_set(ret, CURLOPT_USERAGENT, endpoint->user_agent);
		status = set_places(endpoint, url, ret, error);
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

	if (!endpoint->credentials)
		return CAP_OK;
	if (endpoint->credentials(endpoint->credentials_context, &lines, line) < 0) {
		failure_set(error, CAP_CONNECT, "%s", line);
		return CAP_CONNECT;
	}
	for (size_t i = 0; lines && lines[i]; i++)
		easy_header(easy, "%s", lines[i]);
	free_lines(lines);
	return easy_complete(easy, error);
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
