#include "site.h"

#include <stdlib.h>
#include <string.h>

static size_t read_request(struct peer *peer, struct site *site)
{
	char length[32] = "";
	size_t size;

	if (!peer_read_head(peer, site->head, sizeof site->head))
		return 0;
	head_value(site->head, "Content-Length", length, sizeof length);
	size = strtoul(length, NULL, 10);
	if (size < sizeof site->body && peer_read_exactly(peer, site->body, size))
		site->body[size] = '\0';
	return 1;
}

static void write_on(struct peer *peer, const char *text)
{
	char block[16384];
	size_t size = 0, length = strlen(text);

	for (; size + length <= sizeof block; size += length)
		memcpy(block + size, text, length);
	while (peer_write(peer, block, size))
		;
}

void script_site(struct peer *peer, void *context)
{
	struct site *site = context;
	size_t size = site->size ? site->size : strlen(site->answer ? site->answer : "");

	if (!read_request(peer, site))
		return;
	site->served++;
	if (site->by_number)
		size = peer_number(peer) < size ? peer_number(peer) : size;
	if (!site->answer)
		peer_answer(peer, 200, "text/plain; charset=utf-8", "hello");
	else
		peer_write(peer, site->answer, site->given ? site->given : size);
	if (site->endless)
		write_on(peer, site->endless);
	if (site->stays)
		peer_read_to_end(peer);
	if (site->resets)
		peer_reset(peer);
}

enum cap_status ask(const struct cap_endpoint *endpoint, struct cap_request request, struct cap_response *ret,
                    struct cap_error *error)
{
	*ret = (struct cap_response){.status = -1};
	*error = (struct cap_error){.text = "untouched"};
	request.path = request.path ? request.path : "/path";
	return cap_request(endpoint, &request, ret, error);
}

void assert_failed(const struct cap_endpoint *endpoint, struct cap_request request, enum cap_status status,
                   const char *words)
{
	struct cap_response response;
	struct cap_error error;

	assert_int_equal(ask(endpoint, request, &response, &error), status);
	assert_int_equal(error.status, status);
	assert_has(error.text, words);
	assert_null(response.body);
	assert_int_equal(response.status, 0);
}

void assert_answered(const struct cap_endpoint *endpoint, struct cap_request request, const char *body)
{
	struct cap_response response;
	struct cap_error error;

	if (ask(endpoint, request, &response, &error) != CAP_OK)
		fail_msg("%s", error.text);
	assert_int_equal(response.status, 200);
	assert_int_equal(response.size, strlen(body));
	assert_string_equal((char *)response.body, body); /* the NUL behind it, too */
	assert_string_equal(error.text, "untouched");
	cap_response_release(&response);
	assert_null(response.body);
}
