#include "capture/failure.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND           1000000000LL
#define RETRY_AFTER_MOST 3600
#define AGAIN_MOST       10 /* s */

/* Servers' words may hold escape sequences, in UTF-8 and as bare bytes, and be cut anywhere: ASCII is left.
 */
static void clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

enum cap_status failure_set(struct cap_error *error, enum cap_status status, const char *format, ...)
{
	va_list arguments;

	error->status = status;
	error->http_status = 0;
	error->kube_status = false;
	error->retry_after = 0;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof error->text, format, arguments);
	va_end(arguments);
	clean(error->text);
	return status;
}

static enum cap_status status_of(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return CAP_DNS;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
		return CAP_CONNECT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return CAP_TLS;
	case CURLE_OPERATION_TIMEDOUT:
		return CAP_TIMEOUT;
	case CURLE_OUT_OF_MEMORY:
		return CAP_MEMORY;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_HTTP2:
	case CURLE_URL_MALFORMAT:
		return CAP_FORMAT;
	default:
		return CAP_LOST;
	}
}

static size_t count_digits(const char *text, size_t length)
{
	size_t count = 0;

	while (count < length && text[count] >= '0' && text[count] <= '9')
		count++;
	return count;
}

/* libcurl names the place and how long it took, not the cause. */
static enum cap_status not_connected(struct cap_error *error, CURL *curl, const char *said)
{
	const char *delay = strstr(said, " after ");
	long cause = 0;

	if (curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &cause) != CURLE_OK || !cause)
		return failure_set(error, CAP_CONNECT, "%s", said);
	return failure_set(error, CAP_CONNECT, "%.*s: %s", (int)(delay ? delay - said : (long)strlen(said)),
	                   said, strerrordesc_np((int)cause));
}

enum cap_status failure_of_curl(struct cap_error *error, CURL *curl, CURLcode code, const char *said)
{
	long proxy = 0;

	curl_easy_getinfo(curl, CURLINFO_HTTP_CONNECTCODE, &proxy);
	if (proxy >= 300)
		return failure_set(error, CAP_CONNECT, "the proxy refuses the connection: HTTP %ld", proxy);
	if (code == CURLE_COULDNT_CONNECT && said && *said)
		return not_connected(error, curl, said);
	/* OpenSSL names the place, too. */
	if (code == CURLE_OUT_OF_MEMORY || (said && strstr(said, "malloc failure")))
		return failure_set(error, CAP_MEMORY, "out of memory%s%s", said && *said ? ": " : "",
		                   said ? said : "");
	/* OpenSSL's words for an answer that is no TLS record. */
	if (code == CURLE_SSL_CONNECT_ERROR && said && strstr(said, "wrong version number"))
		return failure_set(error, CAP_TLS, "what answers does not speak TLS");
	return failure_set(error, status_of(code), "%s", said && *said ? said : curl_easy_strerror(code));
}

unsigned failure_retry_after(const char *value, size_t length)
{
	char digits[8] = "";
	size_t count;

	while (length && (*value == ' ' || *value == '\t'))
		value++, length--;
	count = count_digits(value, length);
	if (!count || count >= sizeof digits)
		return count ? RETRY_AFTER_MOST : 0;
	memcpy(digits, value, count);
	count = strtoul(digits, NULL, 10);
	return count < RETRY_AFTER_MOST ? (unsigned)count : RETRY_AFTER_MOST;
}

int64_t cap_error_again(const struct cap_error *error)
{
	bool busy = error->status == CAP_HTTP && (error->http_status == 429 || error->http_status >= 500);

	return busy && error->retry_after <= AGAIN_MOST ? error->retry_after * SECOND : 0;
}

enum cap_status failure_of_http(struct cap_error *error, long http_status, const char *body, size_t size)
{
	cJSON *json = size ? cJSON_ParseWithLength(body, size) : NULL;
	const cJSON *message = cJSON_GetObjectItemCaseSensitive(json, "message");
	const cJSON *kind = cJSON_GetObjectItemCaseSensitive(json, "kind");
	size_t line = size ? strcspn(body, "\r\n") : 0;

	if (cJSON_IsString(message) && *message->valuestring)
		failure_set(error, CAP_HTTP, "%s", message->valuestring);
	else if (line)
		failure_set(error, CAP_HTTP, "HTTP %ld: %.*s", http_status, (int)(line < 300 ? line : 300),
		            body);
	else
		failure_set(error, CAP_HTTP, "HTTP %ld", http_status);
	error->http_status = http_status;
	error->kube_status = cJSON_IsString(kind) && strcmp(kind->valuestring, "Status") == 0;
	cJSON_Delete(json);
	return CAP_HTTP;
}
