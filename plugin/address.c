#include "plugin/address.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "plugin/text.h"

bool address_parse(const char *text, unsigned char ret[16])
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (inet_pton(AF_INET6, text, ret) == 1)
		return true;
	memcpy(ret, mapped, sizeof mapped);
	return inet_pton(AF_INET, text, ret + 12) == 1;
}

bool host_is_loopback(const char *host)
{
	static const unsigned char one[16] = {[15] = 1};
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	unsigned char address[16];

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (!address_parse(host, address))
		return false;
	return memcmp(address, one, 16) == 0 ||
	       (memcmp(address, mapped, sizeof mapped) == 0 && address[12] == 127);
}

static size_t name_length(const char *name)
{
	size_t length = strlen(name);

	return length && name[length - 1] == '.' ? length - 1 : length;
}

bool host_equal(const char *a, const char *b)
{
	unsigned char x[16], y[16];

	if (address_parse(a, x))
		return address_parse(b, y) && memcmp(x, y, sizeof x) == 0;
	return *a && name_length(a) == name_length(b) && strncasecmp(a, b, name_length(a)) == 0;
}

char *url_host(const char *url)
{
	const char *at = strstr(url, "://"), *user;
	size_t length;

	at = at ? at + 3 : url;
	user = memrchr(at, '@', strcspn(at, "/?#"));
	at = user ? user + 1 : at;
	if (*at == '[')
		return xstrndup(at + 1, strcspn(at + 1, "]/?#"));
	length = strcspn(at, ":/?#");
	return xstrndup(at, length);
}
