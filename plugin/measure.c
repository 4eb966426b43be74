#include "plugin/measure.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define UNITS_MAX 9

struct unit {
	const char *name;
	const char *aliases[3];
	double factor;
};

struct family {
	struct unit units[UNITS_MAX];
	const char *usual; /* where a value fits none */
	double usual_factor;
};

/* clang-format off */
static const struct family families[] = {
	{{{"B", {"b", "byte"}, 1},
	  {"kB", {"kb", "kbyte", "kilobyte"}, 0x1p10},
	  {"MB", {"mb", "mbyte", "megabyte"}, 0x1p20},
	  {"GB", {"gb", "gbyte", "gigabyte"}, 0x1p30},
	  {"TB", {"tb", "tbyte", "terabyte"}, 0x1p40},
	  {"PB", {"pb", "pbyte", "petabyte"}, 0x1p50}}, "B", 1},
	{{{"ns", {"ns", "nanosecond"}, 1},
	  {"us", {"\316\274s", "us", "microsecond"}, 1e3},
	  {"ms", {"ms", "millisecond"}, 1e6},
	  {"s", {"s", "sec", "second"}, 1e9},
	  {"hrs", {"hour", "hr"}, 3600e9}}, "s", 1e9},
	{{{"n*GCU", {"nanogcu"}, 1e-9},
	  {"u*GCU", {"microgcu"}, 1e-6},
	  {"m*GCU", {"milligcu"}, 1e-3},
	  {"GCU", {"gcu"}, 1},
	  {"k*GCU", {"kilogcu"}, 1e3},
	  {"M*GCU", {"megagcu"}, 1e6},
	  {"G*GCU", {"gigagcu"}, 1e9},
	  {"T*GCU", {"teragcu"}, 1e12},
	  {"P*GCU", {"petagcu"}, 1e15}}, "GCU", 1},
};
/* clang-format on */

#define FAMILIES (sizeof families / sizeof *families)

/* Case and a plural 's' do not count. */
static const struct unit *find_unit(const struct family *family, const char *name)
{
	char lower[24];
	size_t length = strlen(name);

	if (length >= sizeof lower)
		return NULL;
	for (size_t i = 0; i <= length; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	if (length > 2 && lower[length - 1] == 's')
		lower[length - 1] = '\0';
	for (size_t i = 0; i < UNITS_MAX && family->units[i].name; i++)
		for (size_t a = 0; a < 3 && family->units[i].aliases[a]; a++)
			if (strcmp(family->units[i].aliases[a], lower) == 0)
				return &family->units[i];
	return NULL;
}

/* The largest unit in which the value is not below 1. */
static const struct unit *fit(const struct family *family, double value)
{
	const struct unit *ret = NULL;

	for (size_t i = 0; i < UNITS_MAX && family->units[i].name; i++)
		if (value / family->units[i].factor >= 1)
			ret = &family->units[i];
	return ret;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

static double scale_known(double value, const struct family *family, const char *to, const char **ret_unit)
{
	static const char *const automatic[] = {"minimum", "auto", NULL};
	const struct unit *unit = is_one_of(to, automatic) ? fit(family, value) : find_unit(family, to);

	*ret_unit = unit ? unit->name : family->usual;
	return value / (unit ? unit->factor : family->usual_factor);
}

double measure_scale(int64_t value, const char *from, const char *to, const char **ret_unit)
{
	static const char *const silent[] = {"count", "sample", "unit", "minimum", "auto", NULL};

	if (value < 0 && value != INT64_MIN)
		return -measure_scale(-value, from, to, ret_unit);
	for (size_t i = 0; i < FAMILIES; i++) {
		const struct unit *unit = find_unit(&families[i], from);

		if (unit)
			return scale_known((double)value * unit->factor, &families[i], to, ret_unit);
	}
	*ret_unit = is_one_of(to, silent) ? "" : to;
	return (double)value;
}

const char *measure_text(int64_t value, const char *from, const char *to, char ret[MEASURE_TEXT])
{
	const char *unit;
	size_t length;

	snprintf(ret, MEASURE_TEXT, "%.2f", measure_scale(value, from, to, &unit));
	length = strlen(ret);
	if (length > 3 && strcmp(ret + length - 3, ".00") == 0)
		ret[length -= 3] = '\0';
	if (strcmp(ret, "0") == 0 || strcmp(ret, "-0") == 0)
		return memcpy(ret, "0", 2);
	snprintf(ret + length, MEASURE_TEXT - length, "%s", unit);
	return ret;
}

const char *measure_percent(int64_t value, int64_t total, char ret[16])
{
	double percent = total ? fabs((double)value / (double)total) * 100 : 0;

	if (percent >= 99.95 && percent <= 100.05)
		snprintf(ret, 16, "  100%%");
	else
		snprintf(ret, 16, percent >= 1 ? "%5.2f%%" : "%5.2g%%", percent);
	return ret;
}

const char *measure_unit(int64_t smallest, int64_t total, const char *unit)
{
	const char *low, *high;

	if (!smallest)
		smallest = total;
	measure_scale(smallest, unit, "minimum", &low);
	measure_scale(total, unit, "minimum", &high);
	if (strcmp(low, high) != 0 && (double)smallest * 100 < (double)total)
		measure_scale((int64_t)((uint64_t)smallest * 100), unit, "minimum", &low);
	return *low ? low : unit;
}
