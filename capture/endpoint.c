#include "capture/endpoint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/failure.h"

#define CONNECT_TIMEOUT_MS 15000L

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
		if (endpoint->user_agent)
			curl_easy_setopt(ret->curl, CURLOPT_USERAGENT, endpoint->user_agent);
		if (endpoint->tls_server_name && *endpoint->tls_server_name &&
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
