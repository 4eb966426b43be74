#include "capture/dialer.h"

#include <string.h>

#include "capture/failure.h"

#define STEP_MS 100 /* longest wait between two steps */

static short events_of(int what)
{
	return (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
}

static int on_socket(CURL *curl, curl_socket_t fd, int what, void *context, void *of_socket)
{
	struct dialer *dialer = context;
	size_t i = 0;

	(void)curl, (void)of_socket;
	while (i < dialer->count && dialer->sockets[i].fd != fd)
		i++;
	if (what == CURL_POLL_REMOVE && i < dialer->count)
		dialer->sockets[i] = dialer->sockets[--dialer->count];
	else if (what != CURL_POLL_REMOVE && i < DIALER_SOCKETS)
		dialer->sockets[i] = (struct pollfd){.fd = fd, .events = events_of(what)};
	if (what != CURL_POLL_REMOVE && i == dialer->count && i < DIALER_SOCKETS)
		dialer->count++;
	return 0;
}

int dialer_begin(struct dialer *dialer, struct easy *easy)
{
	*dialer = (struct dialer){.multi = curl_multi_init(), .easy = *easy};
	*easy = (struct easy){0};
	curl_easy_setopt(dialer->easy.curl, CURLOPT_ERRORBUFFER, dialer->easy.said);
	curl_easy_setopt(dialer->easy.curl, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(dialer->easy.curl, CURLOPT_HTTPPROXYTUNNEL, 1L);
	if (!dialer->multi)
		return -1;
	curl_multi_setopt(dialer->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(dialer->multi, CURLMOPT_SOCKETDATA, dialer);
	return curl_multi_add_handle(dialer->multi, dialer->easy.curl) == CURLM_OK ? 0 : -1;
}

static int mask_of(short revents)
{
	return (revents & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0) |
	       (revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
	       (revents & (POLLERR | POLLNVAL) ? CURL_CSELECT_ERR : 0);
}

/* A handle that ran out of memory once is not fit to go on: libcurl is left with half a table. */
static bool act(struct dialer *dialer, const struct pollfd *polled, size_t count)
{
	int running;

	for (size_t i = 0; i < count; i++)
		if (polled[i].revents &&
		    curl_multi_socket_action(dialer->multi, polled[i].fd, mask_of(polled[i].revents),
		                             &running) == CURLM_OUT_OF_MEMORY)
			return false;
	return curl_multi_socket_action(dialer->multi, CURL_SOCKET_TIMEOUT, 0, &running) !=
	       CURLM_OUT_OF_MEMORY;
}

enum dialer_state dialer_step(struct dialer *dialer, const struct pollfd *polled, size_t count,
                              curl_socket_t *ret_socket, struct cap_error *error)
{
	int left;
	CURLMsg *message;
	CURLcode code;

	if (!act(dialer, polled, count)) {
		failure_set(error, CAP_MEMORY, "out of memory");
		return DIALER_FAILED;
	}
	message = curl_multi_info_read(dialer->multi, &left);
	if (!message)
		return DIALER_MORE;
	code = message->data.result;
	if (code == CURLE_OK)
		code = curl_easy_getinfo(dialer->easy.curl, CURLINFO_ACTIVESOCKET, ret_socket);
	if (code == CURLE_OK && *ret_socket != CURL_SOCKET_BAD)
		return DIALER_CONNECTED;
	easy_failure(&dialer->easy, code == CURLE_OK ? CURLE_COULDNT_CONNECT : code, error);
	return DIALER_FAILED;
}

int dialer_timeout(const struct dialer *dialer)
{
	long ms = -1;

	curl_multi_timeout(dialer->multi, &ms);
	return ms < 0 || ms > STEP_MS ? STEP_MS : (int)ms;
}

void dialer_release(struct dialer *dialer)
{
	if (dialer->multi && dialer->easy.curl)
		curl_multi_remove_handle(dialer->multi, dialer->easy.curl);
	easy_release(&dialer->easy);
	curl_multi_cleanup(dialer->multi);
	*dialer = (struct dialer){0};
}
