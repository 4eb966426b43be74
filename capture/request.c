#include "capture/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "capture/clock.h"
#include "capture/endpoint.h"
#include "capture/failure.h"
#include "capture/handover.h"
#include "capture/tunnel.h"

#define CEILING_DEFAULT ((size_t)16 * 1024 * 1024)
#define TIMEOUT_DEFAULT 30000000000LL
#define POLL_MS         100
#define BODY_FIRST      16384
#define HEAD_MAX        ((size_t)256 * 1024)

/* An answer as it comes in. */
struct answer {
	struct cap_response response;
	size_t room, ceiling, head;
	bool whole_head, too_big, out_of_memory;
	unsigned retry_after;
	int64_t heard;            /* when the last byte came, or it began */
	struct handover handover; /* through a tunnel */
	struct cap_error failure; /* of the tunnel to take it */
};

static int grow(struct answer *answer, size_t wanted)
{
	size_t room = answer->room ? answer->room : BODY_FIRST;
	unsigned char *body;

	while (room < wanted)
		room *= 2;
	if (room == answer->room)
		return 0;
	body = realloc(answer->response.body, room);
	if (!body)
		return -1;
	answer->response.body = body;
	answer->room = room;
	return 0;
}

static size_t take_body(char *data, size_t unit, size_t count, void *context)
{
	struct answer *answer = context;
	size_t size = unit * count;

	answer->too_big = size > answer->ceiling - answer->response.size;
	if (answer->too_big)
		return CURL_WRITEFUNC_ERROR;
	if (grow(answer, answer->response.size + size + 1) < 0) {
		answer->out_of_memory = true;
		return CURL_WRITEFUNC_ERROR;
	}
	memcpy(answer->response.body + answer->response.size, data, size);
	answer->response.size += size;
	answer->heard = clock_now();
	answer->response.body[answer->response.size] = '\0';
	return size;
}

static size_t take_header(char *data, size_t unit, size_t count, void *context)
{
	struct answer *answer = context;
	static const char mark[] = "X-Go-Pprof:", later[] = "Retry-After:";

	answer->head += unit * count;
	if (answer->head > HEAD_MAX)
		return 0;
	if (unit * count > 5 && memcmp(data, "HTTP/", 5) == 0)
		answer->whole_head = false;
	else if (*data == '\r' || *data == '\n')
		answer->whole_head = true;
	answer->heard = clock_now();
	if (unit * count > sizeof later && strncasecmp(data, later, sizeof later - 1) == 0)
		answer->retry_after =
			failure_retry_after(data + sizeof later - 1, unit * count - sizeof later + 1);
	if (unit * count >= sizeof mark && strncasecmp(data, mark, sizeof mark - 1) == 0)
		answer->response.go_pprof_error = true;
	return unit * count;
}

/* ---- through a tunnel: libcurl connects to us, and the tunnel carries our end ---- */

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)purpose;
	return handover_open(context, address);
}

/* Once libcurl has connected; whatever it has sent by then waits in the socket. */
static void carry(const struct exchange *exchange, struct answer *answer)
{
	int fd = handover_take(&answer->handover);

	if (fd >= 0)
		tunnel_carry(exchange->tunnel, fd, exchange->port, &answer->failure);
}

static enum cap_status easy_of_tunnel(const struct exchange *exchange, struct answer *answer,
                                      struct easy *ret, struct cap_error *error)
{
	enum cap_status status;
	char *url;

	/* An address, so that nothing is resolved; open_socket puts another in its place. */
	if (asprintf(&url, "%s://127.0.0.1:%u%s", exchange->tls ? "https" : "http", exchange->port,
	             exchange->request->path) < 0)
		return failure_set(error, CAP_MEMORY, "out of memory");
	status = endpoint_easy_plain(url, ret, error);
	free(url);
	if (status != CAP_OK)
		return status;
	easy_set(ret, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	easy_set(ret, CURLOPT_OPENSOCKETDATA, &answer->handover);
	easy_set(ret, CURLOPT_SSL_VERIFYPEER, 0L);
	easy_set(ret, CURLOPT_SSL_VERIFYHOST, 0L);
	return CAP_OK;
}

/* ---- the exchange ----------------------------------------------------------- */

static void set_body(const struct cap_request *request, struct easy *easy)
{
	if (request->body) {
		easy_set(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->body));
		easy_set(easy, CURLOPT_POSTFIELDS, request->body);
		easy_header(easy, "Content-Type: %s",
		            request->content_type ? request->content_type : "application/json");
		easy_header(easy, "Expect:");
	}
	if (request->method)
		easy_set(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static enum cap_status set_up(const struct exchange *exchange, struct answer *answer, struct easy *easy,
                              struct cap_error *error)
{
	const struct cap_request *request = exchange->request;
	int64_t timeout = request->timeout ? request->timeout : TIMEOUT_DEFAULT;
	enum cap_status status;

	if (exchange->tunnel)
		status = easy_of_tunnel(exchange, answer, easy, error);
	else
		status = endpoint_easy(exchange->endpoint, request->path, easy, error);
	if (status == CAP_OK && exchange->endpoint)
		status = endpoint_credentials(exchange->endpoint, easy, error);
	if (status != CAP_OK)
		return status;
	for (const char *const *line = exchange->headers; line && *line; line++)
		easy_header(easy, "%s", *line);
	set_body(request, easy);
	if (exchange->endpoint && exchange->endpoint->compression)
		easy_set(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	easy_set(easy, CURLOPT_HTTPHEADER, easy->headers);
	easy_set(easy, CURLOPT_TIMEOUT_MS, (long)(timeout / 1000000));
	easy_set(easy, CURLOPT_WRITEFUNCTION, take_body);
	easy_set(easy, CURLOPT_WRITEDATA, answer);
	easy_set(easy, CURLOPT_HEADERFUNCTION, take_header);
	easy_set(easy, CURLOPT_HEADERDATA, answer);
	return easy_complete(easy, error);
}

static bool is_silent(const struct cap_request *request, const struct answer *answer)
{
	return request->silence && clock_now() - answer->heard > request->silence;
}

/* CURLE_ABORTED_BY_CALLBACK: cancelled. */
static CURLcode perform(CURLM *multi, const struct exchange *exchange, struct answer *answer)
{
	const atomic_int *cancel = exchange->request->cancel;
	int running = 1, left;
	CURLMsg *message;

	while (running) {
		if (cancel && *cancel)
			return CURLE_ABORTED_BY_CALLBACK;
		if (is_silent(exchange->request, answer))
			return CURLE_OPERATION_TIMEDOUT;
		if (curl_multi_perform(multi, &running) != CURLM_OK)
			return CURLE_OUT_OF_MEMORY;
		carry(exchange, answer);
		if (running)
			curl_multi_poll(multi, NULL, 0, POLL_MS, NULL);
	}
	message = curl_multi_info_read(multi, &left);
	return message ? message->data.result : CURLE_OUT_OF_MEMORY;
}

static CURLcode perform_alone(CURL *curl, const struct exchange *exchange, struct answer *answer)
{
	CURLM *multi = curl_multi_init();
	CURLcode code = CURLE_OUT_OF_MEMORY;

	if (multi && curl_multi_add_handle(multi, curl) == CURLM_OK) {
		code = perform(multi, exchange, answer);
		curl_multi_remove_handle(multi, curl);
	}
	curl_multi_cleanup(multi);
	return code;
}

static enum cap_status failed(const struct exchange *exchange, const struct answer *answer, CURLcode code,
                              const struct easy *easy, int64_t since, struct cap_error *error)
{
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return failure_set(error, CAP_CANCELLED, "cancelled");
	if (code == CURLE_OPERATION_TIMEDOUT && is_silent(exchange->request, answer))
		return failure_set(error, CAP_TIMEOUT, "not a byte came for %g s",
		                   (double)exchange->request->silence / 1e9);
	if (answer->too_big)
		return failure_set(error, CAP_TOO_BIG, "the answer is larger than %zu bytes",
		                   answer->ceiling);
	if (answer->head > HEAD_MAX)
		return failure_set(error, CAP_TOO_BIG, "the answer's head is larger than %zu bytes",
		                   HEAD_MAX);
	if (answer->out_of_memory)
		return failure_set(error, CAP_MEMORY, "out of memory");
	if (answer->failure.status != CAP_OK) {
		*error = answer->failure;
		return error->status;
	}
	if (exchange->tunnel && code != CURLE_OPERATION_TIMEDOUT &&
	    cap_tunnel_error(exchange->tunnel, exchange->port, since, error) != CAP_OK)
		return error->status;
	if (code == CURLE_UNSUPPORTED_PROTOCOL && strstr(easy->said, "HTTP/0.9"))
		return failure_set(error, CAP_FORMAT, "what answers does not speak HTTP");
	return easy_failure(easy, code, error);
}

static enum cap_status accept_answer(struct answer *answer, CURL *curl, struct cap_response *ret,
                                     struct cap_error *error)
{
	struct cap_response *response = &answer->response;
	char *type = NULL;

	if (!response->body && grow(answer, 1) < 0)
		return failure_set(error, CAP_MEMORY, "out of memory");
	response->body[response->size] = '\0';
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response->status);
	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	snprintf(response->content_type, sizeof response->content_type, "%s", type ? type : "");
	*ret = *response;
	answer->response.body = NULL;
	if (ret->status < 400)
		return CAP_OK;
	failure_of_http(error, ret->status, (const char *)ret->body, ret->size);
	error->retry_after = answer->retry_after;
	return CAP_HTTP;
}

enum cap_status exchange_once(const struct exchange *exchange, struct cap_response *ret,
                              struct cap_error *error)
{
	const struct cap_request *request = exchange->request;
	struct answer answer = {.ceiling = request->ceiling ? request->ceiling : CEILING_DEFAULT,
	                        .heard = clock_now(),
	                        .handover = HANDOVER_INIT};
	struct easy easy = {0};
	int64_t since = clock_now();
	enum cap_status status = set_up(exchange, &answer, &easy, error);

	*ret = (struct cap_response){0};
	if (status == CAP_OK) {
		CURLcode code = perform_alone(easy.curl, exchange, &answer);

		if (code == CURLE_OK && !answer.whole_head) /* libcurl takes such a cut for the end of all */
			code = CURLE_GOT_NOTHING;
		if (code == CURLE_OK)
			status = accept_answer(&answer, easy.curl, ret, error);
		else
			status = failed(exchange, &answer, code, &easy, since, error);
	}
	easy_release(&easy);
	handover_release(&answer.handover);
	free(answer.response.body);
	return status;
}

enum cap_status cap_request(const struct cap_endpoint *endpoint, const struct cap_request *request,
                            struct cap_response *ret, struct cap_error *error)
{
	struct exchange exchange = {.endpoint = endpoint, .request = request};

	return exchange_run(&exchange, ret, error);
}

void cap_response_release(struct cap_response *response)
{
	free(response->body);
	*response = (struct cap_response){0};
}
