/* libcurl handles that speak to an endpoint. Private to capture. */
#ifndef CAPTURE_ENDPOINT_H
#define CAPTURE_ENDPOINT_H

#include <curl/curl.h>

#include "capture/capture.h"

/* A handle with what must live as long as it does. */
struct easy {
	CURL *curl;
	struct curl_slist *connect_to, *headers, *resolve;
	struct endpoint_way *way;   /* of an endpoint behind SSH; NULL: straight */
	char said[CURL_ERROR_SIZE]; /* what libcurl has to say of a failure */
	bool no_memory;             /* an option or a header is missing for lack of it: see easy_complete */
};

/* Sets an option. Without its proxy, certificate or headers a request must not be sent: see easy_complete. */
#define easy_set(easy, option, value)                                                                        \
	((easy)->no_memory |= curl_easy_setopt((easy)->curl, option, value) == CURLE_OUT_OF_MEMORY)
/* Has all been set that was to be? Asked before the handle is used; CAP_MEMORY: no. */
enum cap_status easy_complete(const struct easy *easy, struct cap_error *error);

/*
 * A handle for endpoint URL + path: TLS, proxy and limits set, HTTP/1.1 only
 * (a WebSocket wants it, and nothing here gains by another), no redirect, no
 * environment. A TLS server name other than the URL's host is the URL's host
 * to libcurl, which is told where to connect instead (CURLOPT_CONNECT_TO).
 */
enum cap_status endpoint_easy(const struct cap_endpoint *endpoint, const char *path, struct easy *ret,
                              struct cap_error *error);
/* What every handle of ours has, with or without an endpoint. */
enum cap_status endpoint_easy_plain(const char *url, struct easy *ret, struct cap_error *error);
void easy_release(struct easy *easy);

/* What a failed transfer of this handle comes to: SSH's own failure stands for what libcurl makes of it. */
enum cap_status easy_failure(const struct easy *easy, CURLcode code, struct cap_error *error);

/* Adds a header line to the handle's. */
void easy_header(struct easy *easy, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds those of the endpoint's credentials; CAP_CONNECT if they cannot be had. */
enum cap_status endpoint_credentials(const struct cap_endpoint *endpoint, struct easy *easy,
                                     struct cap_error *error);

/* "host:port" of the endpoint's URL as a Host header has it; malloc'd, NULL if it is no URL. */
char *endpoint_host(const struct cap_endpoint *endpoint);

#endif
