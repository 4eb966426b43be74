#include "app.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static bool is_asked(struct app *app, size_t i, const char *target)
{
	const struct page *page = &app->pages[i];

	if (!page->path || strcmp(page->path, target) != 0 ||
	    (page->times && app->asked[i] >= (unsigned)page->times))
		return false;
	app->asked[i]++;
	return true;
}

static bool serve_page(struct peer *peer, struct app *app, const char *target)
{
	const char *other = "404 page not found\n";

	for (size_t i = 0; i < PAGES; i++) {
		const struct page *page = &app->pages[i];

		if (!is_asked(app, i, target))
			continue;
		if (page->body)
			return peer_say(
				peer,
				"HTTP/1.1 %d Said\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n%s",
				page->status, page->type, page->status >= 400 ? "X-Go-Pprof: 1\r\n" : "",
				strlen(page->body), page->body);
		peer_read_to_end(peer);
		app->dropped = true;
		return false;
	}
	app->others++;
	return peer_answer(peer, 404, "text/plain; charset=utf-8", other);
}

void script_app(struct peer *peer, void *context)
{
	char head[8192], target[1024] = "";
	struct app *app = context;

	for (int i = 0; peer_read_head(peer, head, sizeof head); i++) {
		sscanf(head, "GET %1023s HTTP/1.1", target);
		if (i == 0 && app->delay_ms)
			sleep_ms(app->delay_ms);
		if (!serve_page(peer, app, target))
			return;
	}
}

static struct cap_endpoint endpoint;

struct cap_pprof straight_to(struct stand_in *server)
{
	endpoint = endpoint_of(server);
	return (struct cap_pprof){.endpoint = &endpoint, .path = "/debug/pprof"};
}

struct cap_pprof straight(struct app *app)
{
	return straight_to(bed_plain(script_app, app));
}

struct cap_pprof through_tunnel(uint16_t port)
{
	return (struct cap_pprof){
		.tunnel = bed_tunnel_to(bed_tls(script_relay, NULL)), .port = port, .path = "/debug/pprof"};
}

void script_ssh(struct peer *peer, void *context)
{
	(void)context;
	peer_say(peer, "SSH-2.0-OpenSSH_9.2\r\n");
	peer_read_to_end(peer);
}
