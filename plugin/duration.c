/* Durations as people write them (Go's time.ParseDuration without signs). */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "plugin/options.h"

#define DURATION_MAX (100 * 3600 * 1000000000LL)

static const struct unit {
	const char *name;
	int64_t ns;
} units[] = {{"ms", 1000000},      {"us", 1000},       {"ns", 1}, {"h", 3600 * 1000000000LL},
             {"m", 60000000000LL}, {"s", 1000000000LL}};

static const struct unit *unit_at(const char *text)
{
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strncmp(text, units[i].name, strlen(units[i].name)) == 0)
			return &units[i];
	return NULL;
}

/* Reads digits[.digits] at *text; -1 if there is none. */
static double number_at(const char **text)
{
	double value = 0, scale = 1;
	const char *p = *text;

	if (!isdigit((unsigned char)*p))
		return -1;
	for (; isdigit((unsigned char)*p); p++)
		value = value * 10 + (*p - '0');
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++)
			value += (*p - '0') * (scale /= 10);
	*text = p;
	return value;
}

int64_t duration_parse(const char *text)
{
	double sum = 0;

	if (strcmp(text, "0") == 0)
		return 0;
	if (!*text)
		return -1;
	while (*text) {
		double value = number_at(&text);
		const struct unit *unit = unit_at(text);

		if (value < 0 || !unit)
			return -1;
		sum += value * (double)unit->ns;
		text += strlen(unit->name);
	}
	return sum > (double)DURATION_MAX ? INT64_MAX : (int64_t)(sum + 0.5);
}

char *duration_print(int64_t ns, char ret[32])
{
	int64_t seconds = (ns + 500000000) / 1000000000;

	if (ns < 999500)
		snprintf(ret, 32, "%.3gus", (double)ns / 1e3);
	else if (ns < 999500000)
		snprintf(ret, 32, "%.3gms", (double)ns / 1e6);
	else if (ns < 59950000000)
		snprintf(ret, 32, "%.3gs", (double)ns / 1e9);
	else if (seconds < 3600)
		snprintf(ret, 32, "%ldm%lds", (long)(seconds / 60), (long)(seconds % 60));
	else
		snprintf(ret, 32, "%ldh%ldm%lds", (long)(seconds / 3600), (long)(seconds / 60 % 60),
		         (long)(seconds % 60));
	if (ns == 0)
		snprintf(ret, 32, "0s");
	return ret;
}

char *duration_write(int64_t ns, char ret[32])
{
	if (ns % 1000000000 == 0)
		return duration_print(ns, ret);
	if (ns % 1000000 == 0)
		snprintf(ret, 32, "%lldms", (long long)(ns / 1000000));
	else if (ns % 1000 == 0)
		snprintf(ret, 32, "%lldus", (long long)(ns / 1000));
	else
		snprintf(ret, 32, "%lldns", (long long)ns);
	return ret;
}
