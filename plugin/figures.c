#include "plugin/figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Three significant digits. */
static int decimals(double value)
{
	return fabs(value) < 9.995 ? 2 : fabs(value) < 99.95 ? 1 : 0;
}

const char *figure_time(double ns, char ret[32])
{
	static const struct {
		double size;
		const char *name;
	} units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}};

	if (fabs(ns) >= 119.5e9) {
		long long seconds = llround(ns / 1e9);

		snprintf(ret, 32, "%lldm%02llds", seconds / 60, llabs(seconds % 60));
		return ret;
	}
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		double value = ns / units[i].size;

		if (fabs(value) < 0.9995)
			continue;
		snprintf(ret, 32, "%.*f%s", decimals(value), value, units[i].name);
		return ret;
	}
	snprintf(ret, 32, "%.0fns", ns);
	return ret;
}

const char *figure_count(double value, char ret[32])
{
	long long whole = llround(value);

	if (value >= 999999.5)
		snprintf(ret, 32, "%.*fM", decimals(value / 1e6), value / 1e6);
	else if (whole >= 1000)
		snprintf(ret, 32, "%lld,%03lld", whole / 1000, whole % 1000);
	else if (value < 9.95 && value > 0)
		snprintf(ret, 32, "%.1f", value);
	else
		snprintf(ret, 32, "%lld", whole);
	return ret;
}

const char *figure_bytes(double bytes, char ret[32])
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	int unit = -1;

	while (bytes >= 1023.5 && unit < 3) {
		bytes /= 1024;
		unit++;
	}
	if (unit < 0)
		snprintf(ret, 32, "%.0f B", bytes);
	else
		snprintf(ret, 32, "%.*f %s", decimals(bytes), bytes, units[unit]);
	return ret;
}
