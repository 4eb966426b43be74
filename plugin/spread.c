#include "plugin/spread.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/text.h"

/* Rows with fewer samples a slice say nothing of how they spread. */
#define TELLING 5
/* What all rows together weigh beside a row's own, in degrees of freedom. */
#define PRIOR 5

static int compare_names(const void *left, const void *right)
{
	const struct spread_item *a = left, *b = right;

	return strcmp(a->name, b->name);
}

void spread_init(struct spread *spread, const struct spread_item *rows, size_t count, double seconds)
{
	*spread = (struct spread){.count = count, .seconds = seconds};
	spread->rows = xcalloc(count + 1, sizeof *spread->rows);
	spread->chi = xcalloc(count + 1, sizeof *spread->chi);
	if (count)
		memcpy(spread->rows, rows, count * sizeof *rows);
	qsort(spread->rows, count, sizeof *rows, compare_names);
}

static const struct spread_item *find(const struct spread *spread, const char *name)
{
	struct spread_item key = {.name = name};

	return bsearch(&key, spread->rows, spread->count, sizeof key, compare_names);
}

void spread_add(struct spread *spread, const struct spread_item *rows, size_t count, double seconds)
{
	if (seconds <= 0 || spread->seconds <= 0)
		return;
	spread->slices++;
	spread->pooled = 0;
	for (size_t i = 0; i < count; i++) {
		const struct spread_item *row = find(spread, rows[i].name);

		if (row && row->samples > 0)
			spread->chi[row - spread->rows] += rows[i].samples * rows[i].samples /
			                                   (row->samples * seconds / spread->seconds);
	}
}

/* The sum of (y - e)^2 / e; the sums of y and of e are the row's samples both. */
static double chi_of(const struct spread *spread, size_t row)
{
	return fmax(0, spread->chi[row] - spread->rows[row].samples);
}

static bool is_telling(const struct spread *spread, size_t row)
{
	return spread->rows[row].samples >= TELLING * (double)spread->slices;
}

static double pool(const struct spread *spread)
{
	double sum = 0, freedom = 0;

	for (size_t i = 0; i < spread->count; i++) {
		if (!is_telling(spread, i))
			continue;
		sum += chi_of(spread, i);
		freedom += (double)(spread->slices - 1);
	}
	return freedom > 0 ? sum / freedom : 1;
}

double spread_factor(struct spread *spread, const char *name)
{
	const struct spread_item *row = find(spread, name);
	double freedom = (double)spread->slices - 1, all;

	if (spread->slices < SPREAD_SLICES || !row)
		return 1;
	if (spread->pooled <= 0)
		spread->pooled = pool(spread);
	all = spread->pooled;
	if (!is_telling(spread, (size_t)(row - spread->rows)))
		return fmax(1, all);
	return fmax(1, (chi_of(spread, (size_t)(row - spread->rows)) + PRIOR * all) / (freedom + PRIOR));
}

void spread_release(struct spread *spread)
{
	free(spread->rows);
	free(spread->chi);
	*spread = (struct spread){0};
}
