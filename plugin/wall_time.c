#include "plugin/wall_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Seconds east of UTC of "Z", "+02:00", "-05:30"; -1000000 if malformed. */
static long zone_offset(const char *text)
{
	int hours, minutes;

	if (*text == 'Z' || *text == 'z')
		return 0;
	if ((*text != '+' && *text != '-') || sscanf(text + 1, "%2d:%2d", &hours, &minutes) != 2)
		return -1000000;
	return (*text == '-' ? -1 : 1) * (hours * 3600L + minutes * 60L);
}

time_t wall_time_parse(const char *text)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	long offset;

	if (!rest)
		return 0;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	offset = zone_offset(rest);
	return offset == -1000000 ? 0 : timegm(&tm) - offset;
}
