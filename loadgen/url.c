#include "loadgen/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "loadgen/text.h"

#define URL "url '%.160s'" /* as it is quoted in a line, see lg_text_shown() */

static bool has_user(const char *text)
{
	const char *scheme_end = strstr(text, "://");
	const char *at = scheme_end ? scheme_end + 3 : text;

	return memchr(at, '@', strcspn(at, "/?#"));
}

static int check_characters(const char *text, char *error)
{
	if (strlen(text) > LG_URL_MAX)
		return lg_error_set(error, "url is longer than %u bytes", LG_URL_MAX);
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p > '~')
			return lg_error_set(error, URL ": byte %td is not allowed, percent-encode it", text,
			                    p - text + 1);
	return 0;
}

/* Past "scheme://", NULL with a line when it is not one of ours. */
static const char *parse_scheme(const char *text, struct lg_url *url, char *error)
{
	const char *colon = strstr(text, "://");

	if (!colon) {
		lg_error_set(error, URL " has no scheme, try 'http://%.160s'", text, text);
		return NULL;
	}
	url->tls = colon - text == 5 && !strncasecmp(text, "https", 5);
	if (!url->tls && (colon - text != 4 || strncasecmp(text, "http", 4) != 0)) {
		lg_error_set(error, URL ": scheme '%.*s' is not supported, use http or https", text,
		             lg_text_shown(text, colon), text);
		return NULL;
	}
	url->port = url->tls ? 443 : 80;
	return colon + 3;
}

static int parse_port(const char *at, const char *end, struct lg_url *url)
{
	unsigned long port = 0;

	if (at == end)
		return 0;
	for (; at < end; at++) {
		if (!isdigit((unsigned char)*at))
			return -1;
		port = port * 10 + (unsigned long)(*at - '0');
		if (port > UINT16_MAX)
			return -1;
	}
	if (!port)
		return -1;
	url->port_shown = port != url->port;
	url->port = (uint16_t)port;
	return 0;
}

/* The host up to `end`; where it ended, NULL if it is none. */
static const char *parse_host(const char *at, const char *end, struct lg_url *url)
{
	const char *stop = end;
	struct in6_addr ignored;

	url->ipv6 = at < end && *at == '[';
	if (url->ipv6)
		at++;
	for (const char *p = at; p < end; p++)
		if (url->ipv6 ? *p == ']' : *p == ':') {
			stop = p;
			break;
		}
	if (stop == at || (size_t)(stop - at) >= sizeof url->host || (url->ipv6 && stop == end))
		return NULL;
	snprintf(url->host, sizeof url->host, "%.*s", (int)(stop - at), at);
	if (url->ipv6)
		return inet_pton(AF_INET6, url->host, &ignored) == 1 ? stop + 1 : NULL;
	for (const char *p = url->host; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-._", *p))
			return NULL;
	return stop;
}

int lg_url_parse(const char *text, struct lg_url *ret, char error[LG_ERROR_SIZE])
{
	struct lg_url url = {0};
	const char *at, *end, *stop;
	size_t fragment;

	/* before anything that would quote it */
	if (has_user(text))
		return lg_error_set(error, "a user name in the url is not supported, "
		                           "send an Authorization header instead");
	if (check_characters(text, error) < 0)
		return -1;
	at = parse_scheme(text, &url, error);
	if (!at)
		return -1;
	end = at + strcspn(at, "/?#");
	stop = parse_host(at, end, &url);
	if (!stop || (stop < end && *stop != ':'))
		return lg_error_set(error, URL ": malformed host '%.*s'", text, lg_text_shown(at, end), at);
	if (stop < end && parse_port(stop + 1, end, &url) < 0)
		return lg_error_set(error, URL ": malformed port '%.*s', want 1 to 65535", text,
		                    lg_text_shown(stop + 1, end), stop + 1);
	fragment = strcspn(end, "#");
	snprintf(url.path, sizeof url.path, "%s%.*s", *end == '/' ? "" : "/", (int)fragment, end);
	*ret = url;
	return 0;
}
