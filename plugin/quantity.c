#include "plugin/quantity.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX   20 /* 10^20 * 2^60 fits 127 bits */
#define EXPONENT_MAX 1000

typedef unsigned __int128 wide;

/* |value| = (digits + something below 1 if `rest`) * 10^exponent * 2^shift */
struct parts {
	wide digits;
	bool rest;
	int exponent;
	int shift;
};

static void add_digit(struct parts *parts, int *kept, char c, bool fraction)
{
	if (*kept == DIGITS_MAX) {
		parts->rest |= c != '0';
		parts->exponent += fraction ? 0 : 1;
		return;
	}
	parts->digits = parts->digits * 10 + (unsigned)(c - '0');
	*kept += parts->digits != 0;
	parts->exponent -= fraction ? 1 : 0;
}

static const char *read_digits(const char *text, struct parts *parts)
{
	int kept = 0;
	bool fraction = false, any = false;

	for (; isdigit((unsigned char)*text) || (*text == '.' && !fraction); text++) {
		if (*text == '.') {
			fraction = true;
			continue;
		}
		any = true;
		if (parts->exponent < EXPONENT_MAX && parts->exponent > -EXPONENT_MAX)
			add_digit(parts, &kept, *text, fraction);
	}
	return any ? text : NULL;
}

static bool read_exponent(const char *text, struct parts *parts)
{
	char *end;
	long exponent;

	if (!isdigit((unsigned char)text[*text == '+' || *text == '-']))
		return false;
	exponent = strtol(text, &end, 10);
	if (exponent > EXPONENT_MAX)
		exponent = EXPONENT_MAX;
	if (exponent < -EXPONENT_MAX)
		exponent = -EXPONENT_MAX;
	parts->exponent += (int)exponent;
	return *end == '\0';
}

static bool read_suffix(const char *text, struct parts *parts)
{
	static const char binary[] = "KMGTPE";
	static const struct {
		char letter;
		int exponent;
	} decimal[] = {{'n', -9}, {'u', -6}, {'m', -3}, {'k', 3}, {'M', 6},
	               {'G', 9},  {'T', 12}, {'P', 15}, {'E', 18}};
	const char *at;

	if (!*text)
		return true;
	if (text[1] == 'i' && !text[2] && (at = strchr(binary, text[0]))) {
		parts->shift = 10 * (int)(at - binary + 1);
		return true;
	}
	for (size_t i = 0; !text[1] && i < sizeof decimal / sizeof *decimal; i++) {
		if (decimal[i].letter == *text) {
			parts->exponent += decimal[i].exponent;
			return true;
		}
	}
	return (*text == 'e' || *text == 'E') && read_exponent(text + 1, parts);
}

static int64_t settle(struct parts *parts)
{
	wide value = parts->digits << parts->shift;
	bool rest = parts->rest;

	for (; parts->exponent < 0 && value; parts->exponent++) {
		rest |= value % 10 != 0;
		value /= 10;
	}
	for (; parts->exponent > 0 && value && value <= INT64_MAX; parts->exponent--)
		value *= 10;
	value += rest;
	return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

int quantity_parse(const char *text, int places, int64_t *ret)
{
	struct parts parts = {.exponent = 0};
	bool negative = *text == '-';
	int64_t value;

	text = read_digits(text + (*text == '-' || *text == '+'), &parts);
	if (!text || !read_suffix(text, &parts))
		return -1;
	parts.exponent += places;
	value = settle(&parts);
	*ret = negative ? -value : value;
	return 0;
}

int64_t quantity_milli(int64_t nano)
{
	return nano / 1000000 + (nano % 1000000 > 0);
}
