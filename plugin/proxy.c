#include "plugin/proxy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plugin/address.h"
#include "plugin/text.h"

static bool same_bits(const unsigned char *a, const unsigned char *b, long bits)
{
	for (; bits >= 8; bits -= 8)
		if (*a++ != *b++)
			return false;
	return bits == 0 || (*a ^ *b) >> (8 - bits) == 0;
}

/* `entry` is ADDRESS/BITS. */
static bool in_range(const char *entry, const char *host)
{
	const char *slash = strchr(entry, '/');
	char *network = xstrndup(entry, (size_t)(slash - entry)), *end;
	unsigned char base[16], address[16];
	long bits = strtol(slash + 1, &end, 10);
	bool ipv4 = !strchr(network, ':'), ret;

	ret = isdigit((unsigned char)slash[1]) && !*end && bits <= (ipv4 ? 32 : 128) &&
	      address_parse(network, base) && address_parse(host, address) &&
	      same_bits(base, address, bits + (ipv4 ? 96 : 0));
	free(network);
	return ret;
}

static bool name_matches(const char *entry, const char *host)
{
	size_t host_length, length;

	if (strncmp(entry, "*.", 2) == 0)
		entry++;
	host_length = strlen(host);
	length = strlen(entry);
	if (*entry != '.' && strcasecmp(entry, host) == 0)
		return true;
	if (host_length <= length || strcasecmp(host + host_length - length, entry) != 0)
		return false;
	return *entry == '.' || host[host_length - length - 1] == '.';
}

/* Splits [HOST]:PORT, HOST:PORT or HOST in place; a bare IPv6 address has no port. */
static char *split_port(char *text, char **ret_port)
{
	char *colon = strrchr(text, ':'), *close;

	*ret_port = NULL;
	if (*text == '[' && (close = strchr(text, ']'))) {
		*close = '\0';
		*ret_port = close[1] == ':' ? close + 2 : NULL;
		return text + 1;
	}
	if (colon && strchr(text, ':') == colon) {
		*colon = '\0';
		*ret_port = colon + 1;
	}
	return text;
}

static bool entry_matches(char *entry, const char *host, const char *port)
{
	unsigned char a[16], b[16];
	char *entry_port;

	if (strcmp(entry, "*") == 0)
		return true;
	if (strchr(entry, '/'))
		return in_range(entry, host);
	entry = split_port(entry, &entry_port);
	if (!*entry || (entry_port && strcmp(entry_port, port) != 0))
		return false;
	if (address_parse(entry, a))
		return address_parse(host, b) && memcmp(a, b, 16) == 0;
	return name_matches(entry, host);
}

bool proxy_excluded(const char *no_proxy, const char *host, const char *port)
{
	char *copy = xstrdup(no_proxy), *rest = copy, *entry;
	bool ret = host_is_loopback(host);

	while (!ret && (entry = strsep(&rest, ", \t")))
		ret = *entry && entry_matches(entry, host, port);
	free(copy);
	return ret;
}

static const char *variable(const char *upper, const char *lower)
{
	const char *value = getenv(upper);

	return value && *value ? value : getenv(lower);
}

static bool server_excluded(const char *server)
{
	const char *authority = strstr(server, "://"), *list = variable("NO_PROXY", "no_proxy");
	char *copy, *host, *port;
	bool ret;

	authority = authority ? authority + 3 : server;
	copy = xstrndup(authority, strcspn(authority, "/"));
	host = split_port(copy, &port);
	ret = proxy_excluded(list ? list : "", host,
	                     port                                    ? port
	                     : strncasecmp(server, "https:", 6) == 0 ? "443"
	                                                             : "80");
	free(copy);
	return ret;
}

int proxy_from_environment(const char *server, char **ret, struct error *error)
{
	static const char *const schemes[] = {"http://", "https://", "socks5://", "socks5h://", NULL};
	bool tls = strncasecmp(server, "https:", 6) == 0;
	const char *value =
		tls ? variable("HTTPS_PROXY", "https_proxy") : variable("HTTP_PROXY", "http_proxy");

	if (!value || !*value || server_excluded(server)) {
		*ret = NULL;
		return 0;
	}
	if (!strstr(value, "://")) {
		*ret = xprintf("http://%s", value);
		return 0;
	}
	for (const char *const *scheme = schemes; *scheme; scheme++) {
		if (strncasecmp(value, *scheme, strlen(*scheme)) == 0) {
			*ret = xstrdup(value);
			return 0;
		}
	}
	return error_set(error, "the proxy in $%s must start with http://, https:// or socks5://",
	                 tls ? "HTTPS_PROXY" : "HTTP_PROXY");
}
